-- Copy of the registry's roots, kept by the follower. `body` and `sealed` as in common/feed/root.h, cut to what this service needs; `version`
-- is the registry's; `mark` tells the last resync that saw the row. Days are "2023-09-01", "" is none.
CREATE TABLE pupil (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  village TEXT NOT NULL,
  display_name TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  status TEXT NOT NULL,
  status_from TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  household_shard TEXT NOT NULL,
  household_id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX pupil_by_area ON pupil (shard, area, id);
CREATE INDEX pupil_merged ON pupil (shard, merged_into) WHERE merged_into <> '';

-- Spans of enrolment of the pupils above, one row each, replaced with their pupil: who belonged to a class on a day.
CREATE TABLE enrolment (
  shard TEXT NOT NULL,
  person TEXT NOT NULL,
  number BIGINT NOT NULL,
  school TEXT NOT NULL,
  class TEXT NOT NULL,
  stage TEXT NOT NULL,
  grade TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, person, number)
);
CREATE INDEX enrolment_by_class ON enrolment (shard, class, person);

-- Numbers of pupils as keyed digests: files name pupils by them.
CREATE TABLE pupil_number (
  shard TEXT NOT NULL,
  digest TEXT NOT NULL,
  person TEXT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, digest, person)
);
CREATE INDEX pupil_number_by_person ON pupil_number (shard, person);

CREATE TABLE school (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE class (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  school TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX class_by_area ON class (shard, school_year, area, id);

CREATE TABLE household (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  village TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Copy of the working-day calendar, one row per year, in the shard of the nation.
CREATE TABLE work_calendar (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Imports of the registry that are partly applied: runs of the county wait or are refused.
CREATE TABLE open_batch (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Last resync that rewrote the accounts of a shard.
CREATE TABLE access_resync (
  shard TEXT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard)
);
