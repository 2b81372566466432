-- Keyed digest of the card of a pupil's copy, "" without one: finds pupils who share a card.
ALTER TABLE pupil ADD COLUMN card_digest TEXT NOT NULL DEFAULT '';
CREATE INDEX pupil_by_card ON pupil (shard, card_digest, id) WHERE card_digest <> '';
-- Copies of an earlier release have no cards: the counties are copied anew.
UPDATE followed SET state = 'STOPPED', resync_token = '' WHERE service = 'registry' AND shard >= 'c' AND shard < 'd';

-- Cards that the bank refused when it checked them last.
CREATE TABLE card_refusal (
  shard TEXT NOT NULL,
  card_digest TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (shard, card_digest)
);

CREATE TABLE account_check (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE payment_batch (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  number BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX payment_batch_by_term ON payment_batch (shard, term, id);

-- Orders: "<person>.<term>.<item>.<n>".
CREATE TABLE payment_order (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  batch TEXT NOT NULL,
  row_number BIGINT NOT NULL,
  card_digest TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX payment_order_by_row ON payment_order (shard, batch, row_number);
CREATE INDEX payment_order_by_area ON payment_order (shard, area, id);
CREATE INDEX payment_order_by_person ON payment_order (shard, person, id);

-- What a batch left out. `batch` is the id.
CREATE TABLE payment_left_out (
  shard TEXT NOT NULL,
  batch TEXT NOT NULL,
  area TEXT NOT NULL,
  application TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (shard, batch, area, application)
);

CREATE TABLE payment_return (
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
CREATE INDEX payment_return_by_batch ON payment_return (shard, batch, id);

-- Lines of return files and what became of them. `return_id` is the id of the return file.
CREATE TABLE payment_return_line (
  shard TEXT NOT NULL,
  return_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  reference TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  outcome BIGINT NOT NULL,
  booked BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (shard, return_id, line)
);
