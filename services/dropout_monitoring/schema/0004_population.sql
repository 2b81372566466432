-- Children of registers of other offices and of visits. The id is what makes the child one ("child-<digest>").
CREATE TABLE resident (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  matched TEXT NOT NULL,
  student TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX resident_by_area ON resident (shard, area, id);
CREATE INDEX resident_by_match ON resident (shard, matched, area, id);
CREATE INDEX resident_by_student ON resident (shard, student, id) WHERE student <> '';

-- What comparisons found of a child: "<child>.<kind>".
CREATE TABLE comparison_finding (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  child_key TEXT NOT NULL,
  is_open BIGINT NOT NULL,
  found_by TEXT NOT NULL,
  gone_by TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX comparison_finding_by_area ON comparison_finding (shard, area, id);
CREATE INDEX comparison_finding_by_child ON comparison_finding (shard, child_key, id);

CREATE TABLE comparison_run (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  on_day TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX comparison_run_by_day ON comparison_run (shard, on_day, id);

-- Versions of the three ledgers: "<kind>.<version>".
CREATE TABLE child_ledger (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  number BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX child_ledger_by_kind ON child_ledger (shard, kind, number);

-- Members of the households above who have an identity number, may be children and are no student, one row each, replaced with their household.
CREATE TABLE household_child (
  shard TEXT NOT NULL,
  household TEXT NOT NULL,
  child_key TEXT NOT NULL,
  digest TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, household, child_key)
);
CREATE INDEX household_child_by_key ON household_child (shard, child_key, birth_date);

-- pupil_number holds digests of identity numbers, and of names with birth dates, too: a child is looked for in every county.
CREATE INDEX pupil_number_by_digest ON pupil_number (digest, shard, person);
-- Copies without these digests and members are read again: a stopped follower starts from the state of the source.
UPDATE followed SET state = 'STOPPED' WHERE service = 'registry' AND state = 'FOLLOWING';
