-- Copy of the registry's working-day calendar, one row per year, in the shard of the nation.
CREATE TABLE work_calendar (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Identification of hardship pupils: "<person>.<school year>".
CREATE TABLE identification (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  school_year TEXT NOT NULL,
  state TEXT NOT NULL,
  disputed BIGINT NOT NULL,
  adjustment_due BIGINT NOT NULL,
  notice TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX identification_by_area ON identification (shard, school_year, area, id);
CREATE INDEX identification_by_person ON identification (shard, person, school_year);
CREATE INDEX identification_by_notice ON identification (shard, notice, id) WHERE notice <> '';

CREATE TABLE notice (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX notice_by_area ON notice (shard, area, id);
