-- The tables that every service has. Written in the common subset of SQLite and PostgreSQL.

-- One row: the random name of this incarnation of the data; a restore replaces it.
CREATE TABLE instance (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL
);

-- The last journal entry per shard. Locking this row is the first statement of every write.
CREATE TABLE head (
  shard TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL
);

-- First answers of writes by request_id, kept 72 hours: names and version, never content.
CREATE TABLE remembered (
  shard TEXT NOT NULL,
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fingerprint BYTEA NOT NULL,
  answer_name TEXT NOT NULL,
  answer_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shard, subject, method, request_id)
);
CREATE INDEX remembered_by_age ON remembered (shard, created_at);

-- Long work. One job belongs to one shard; a province run is a parent with one child per county.
CREATE TABLE job (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent TEXT NOT NULL,
  state TEXT NOT NULL,
  input BYTEA NOT NULL,
  cursor_value BYTEA NOT NULL,
  result BYTEA NOT NULL,
  done_units BIGINT NOT NULL,
  total_units BIGINT NOT NULL,
  error BYTEA NOT NULL,
  subject TEXT NOT NULL,
  area TEXT NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_epoch BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  cancel_requested BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX job_runnable ON job (state, lease_until);
CREATE INDEX job_by_parent ON job (parent) WHERE parent <> '';

-- A thing that one owner may hold across counties; the row lives in a claim shard, see claims.h.
CREATE TABLE claim (
  shard TEXT NOT NULL,
  space TEXT NOT NULL,
  claim_key TEXT NOT NULL,
  holder TEXT NOT NULL,
  state TEXT NOT NULL,
  owner_shard TEXT NOT NULL,
  operation TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (shard, space, claim_key)
);
CREATE INDEX claim_tentative ON claim (shard, operation, updated_at) WHERE state = 'TENTATIVE';

-- In the owner's shard: what became of an operation that claimed. DONE by the write itself, BARRED by the sweeper.
CREATE TABLE claim_operation (
  shard TEXT NOT NULL,
  operation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (shard, operation)
);
