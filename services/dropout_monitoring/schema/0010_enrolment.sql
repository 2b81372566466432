-- What a county says of an enrolment drive: "<school year>.<level>".
CREATE TABLE enrolment_drive (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE enrolment_run (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  on_day TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX enrolment_run_by_day ON enrolment_run (shard, on_day, id);

-- Children that are expected: "<school year>.<level>.<child>". digest and name_digest are keyed, '' is none. at_school is where the child reported or is
-- registered in the county. Days are "2023-09-01", '' is none.
CREATE TABLE expected_child (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  level TEXT NOT NULL,
  child_key TEXT NOT NULL,
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  name_digest TEXT NOT NULL,
  village TEXT NOT NULL,
  former_school TEXT NOT NULL,
  school TEXT NOT NULL,
  at_school TEXT NOT NULL,
  state TEXT NOT NULL,
  claim_open BIGINT NOT NULL,
  notice_number TEXT NOT NULL,
  settled_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX expected_child_by_area ON expected_child (shard, school_year, area, id);
CREATE INDEX expected_child_by_state ON expected_child (shard, school_year, state);
CREATE INDEX expected_child_by_key ON expected_child (shard, child_key, school_year);
CREATE INDEX expected_child_by_person ON expected_child (shard, person, school_year) WHERE person <> '';
CREATE INDEX expected_child_by_digest ON expected_child (shard, digest, school_year) WHERE digest <> '';
CREATE INDEX expected_child_by_name ON expected_child (shard, name_digest, school_year) WHERE name_digest <> '';
CREATE INDEX expected_child_by_notice ON expected_child (shard, notice_number) WHERE notice_number <> '';

-- The last number of a county, year and level.
CREATE TABLE enrolment_notice_number (
  shard TEXT NOT NULL,
  year BIGINT NOT NULL,
  level TEXT NOT NULL,
  last_number BIGINT NOT NULL,
  PRIMARY KEY (shard, year, level)
);
