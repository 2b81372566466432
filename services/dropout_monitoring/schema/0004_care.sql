-- Scores of early warning. rank sorts the most points first.
CREATE TABLE risk (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  level TEXT NOT NULL,
  rank TEXT NOT NULL,
  has_points BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX risk_by_rank ON risk (shard, rank, area, id) WHERE has_points = 1;
