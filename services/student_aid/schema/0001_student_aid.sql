-- Copy of the registry's roots, kept by the follower. `body` and `sealed` as in common/feed/root.h, cut to what this service needs; `version`
-- is the registry's; `mark` tells the last resync that saw the row. `claim_shard` orders persons by the shard of their claims.
CREATE TABLE pupil (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  claim_shard TEXT NOT NULL,
  area TEXT NOT NULL,
  display_name TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  household_shard TEXT NOT NULL,
  household_id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX pupil_by_claim ON pupil (shard, claim_shard, id);
CREATE INDEX pupil_merged ON pupil (shard, merged_into) WHERE merged_into <> '';

CREATE TABLE school (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE household (
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

-- Own roots. One row per revision of a decision; one revision per person and term is in force.
CREATE TABLE decision (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  revision BIGINT NOT NULL,
  in_force BIGINT NOT NULL,
  entitled BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX decision_in_force ON decision (shard, person, term) WHERE in_force = 1;
CREATE INDEX decision_by_area ON decision (shard, term, area, id) WHERE in_force = 1;

CREATE TABLE run (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  term TEXT NOT NULL,
  number BIGINT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX run_by_number ON run (shard, kind, term, number);

-- What a run changed against the run before it, one row per person.
CREATE TABLE run_difference (
  shard TEXT NOT NULL,
  run TEXT NOT NULL,
  person TEXT NOT NULL,
  area TEXT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (shard, run, person)
);

CREATE TABLE aid_record (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  item TEXT NOT NULL,
  family BIGINT NOT NULL,
  refused TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX aid_record_by_person ON aid_record (shard, person, term);
CREATE INDEX aid_record_by_area ON aid_record (shard, term, area, id);

-- The newest comparison per person and term.
CREATE TABLE comparison (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  should_aid BIGINT NOT NULL,
  should_not BIGINT NOT NULL,
  class_a BIGINT NOT NULL,
  class_b BIGINT NOT NULL,
  class_c BIGINT NOT NULL,
  class_d BIGINT NOT NULL,
  class_e BIGINT NOT NULL,
  class_f BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX comparison_by_area ON comparison (shard, term, area, id);
CREATE UNIQUE INDEX comparison_by_person ON comparison (shard, person, term);
