-- Values of the measures of this service, changed in the transaction that changes the facts.
-- level: COUNTY, TOWNSHIP or SCHOOL; area: the prefix of that level. A STOCK rests under period '' while it is current.
CREATE TABLE counter (
  shard TEXT NOT NULL,
  level TEXT NOT NULL,
  area TEXT NOT NULL,
  period TEXT NOT NULL,
  measure TEXT NOT NULL,
  dimension TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (shard, level, area, period, measure, dimension)
);
-- For the areas above the county.
CREATE INDEX counter_by_county ON counter (area, period) WHERE level = 'COUNTY';

-- Periods whose STOCK levels have been kept.
CREATE TABLE counter_period (
  shard TEXT NOT NULL,
  period TEXT NOT NULL,
  PRIMARY KEY (shard, period)
);
