-- Approvals by which a child may stay away for a time. Days are "2023-09-01", "" is none.
CREATE TABLE absence_approval (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  child_key TEXT NOT NULL,
  state TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  clock_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX absence_approval_by_end ON absence_approval (shard, valid_until, id);
CREATE INDEX absence_approval_by_child ON absence_approval (shard, child_key, id);
CREATE INDEX absence_approval_by_clock ON absence_approval (shard, clock_on, id) WHERE clock_on <> '';
