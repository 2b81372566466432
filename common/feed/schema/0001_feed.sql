-- The journal of this service's own changes.
CREATE TABLE journal (
  shard TEXT NOT NULL,
  seq BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  call_id TEXT NOT NULL,
  entity TEXT NOT NULL,
  body BYTEA NOT NULL,
  personal BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (shard, seq)
);
CREATE INDEX journal_by_entity ON journal (shard, entity, seq);

-- Daily signatures over heads.
CREATE TABLE signed_head (
  shard TEXT NOT NULL,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  signed_at BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  signature BYTEA NOT NULL,
  instance TEXT NOT NULL,
  PRIMARY KEY (shard, seq)
);

-- Where this service stands in the journals it follows. state: FOLLOWING, FAILED, STOPPED, RESYNCING (follower.h). resync_since
-- marks the latest resync, resync_token is where it goes on.
CREATE TABLE followed (
  shard TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  heard_at BIGINT NOT NULL,
  source_head BIGINT NOT NULL,
  resync_since BIGINT NOT NULL,
  resync_token TEXT NOT NULL,
  PRIMARY KEY (shard, service)
);

-- Data keys of the shards, wrapped by a key outside of the database.
CREATE TABLE data_key (
  shard TEXT NOT NULL,
  key_id BIGINT NOT NULL,
  suite BIGINT NOT NULL,
  wrapped BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shard, key_id)
);
