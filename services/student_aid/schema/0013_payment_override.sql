-- Overrides of reconciliations: what the bank did to single orders, told by a letter.
CREATE TABLE payment_override (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  batch TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX payment_override_by_batch ON payment_override (shard, batch, id);
