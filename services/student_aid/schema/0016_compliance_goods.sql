-- Where a pupil stands in compliance by the newest comparison.
ALTER TABLE comparison ADD COLUMN compliance TEXT NOT NULL DEFAULT 'COMPLIANCE_STATUS_UNSPECIFIED';

-- Goods at schools, "<school>.<item>", and what moves them. `on_hand` never falls below zero.
CREATE TABLE goods_stock (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school TEXT NOT NULL,
  item TEXT NOT NULL,
  on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX goods_stock_by_area ON goods_stock (shard, area, id);

-- `issue`, `reverses`: ids of the movement that is given back or taken back, '' for none. `period`: what a pupil's
-- quantity counts in.
CREATE TABLE goods_movement (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  item TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  person TEXT NOT NULL,
  period TEXT NOT NULL,
  issue TEXT NOT NULL,
  reverses TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX goods_movement_by_area ON goods_movement (shard, area, id);
CREATE INDEX goods_movement_by_person ON goods_movement (shard, person, item, period) WHERE person <> '';
CREATE INDEX goods_movement_by_issue ON goods_movement (shard, issue) WHERE issue <> '';
CREATE INDEX goods_movement_by_reversed ON goods_movement (shard, reverses) WHERE reverses <> '';
CREATE INDEX goods_movement_waiting ON goods_movement (shard, id) WHERE state = 'GOODS_MOVEMENT_STATE_WAITING';
