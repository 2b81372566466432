-- Roots of the registry. Every table of a root has shard, id, what SQL filters or orders by, and body, sealed, version (common/feed/root.h).

-- Regions live in the shard of their province, villages in the shard of their county.
CREATE TABLE region (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  parent TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Calendars live in the nation's shard.
CREATE TABLE calendar (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE school (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  code TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX school_by_area ON school (shard, area, id);
CREATE UNIQUE INDEX school_by_code ON school (shard, code);

CREATE TABLE school_class (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school TEXT NOT NULL,
  school_year TEXT NOT NULL,
  display_name TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX school_class_by_area ON school_class (shard, area, id);
CREATE INDEX school_class_by_school ON school_class (shard, school, school_year, display_name);

-- One row per student and county; the row of a county that the student left stays and names the new one.
CREATE TABLE student (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  village TEXT NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  display_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  household TEXT NOT NULL,
  gone TEXT NOT NULL,
  id_index TEXT NOT NULL,
  number_index TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX student_by_area ON student (shard, area, id);
CREATE INDEX student_by_id_index ON student (shard, id_index);
CREATE INDEX student_by_number_index ON student (shard, number_index);
CREATE INDEX student_by_birth ON student (shard, birth_date, sort_key);
CREATE INDEX student_by_household ON student (shard, household);

CREATE TABLE household (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  village TEXT NOT NULL,
  source_number TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX household_by_village ON household (shard, village, id);
CREATE INDEX household_by_number ON household (shard, source_number);

CREATE TABLE teacher (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  display_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  id_index TEXT NOT NULL,
  staff_number TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX teacher_by_area ON teacher (shard, area, id);
CREATE INDEX teacher_by_id_index ON teacher (shard, id_index);
CREATE INDEX teacher_by_staff_number ON teacher (shard, staff_number);

-- Doubtful pairs.
CREATE TABLE review (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  state TEXT NOT NULL,
  rank TEXT NOT NULL,
  pair TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX review_by_pair ON review (shard, pair);
CREATE INDEX review_by_rank ON review (shard, state, rank, id);

CREATE TABLE transfer (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  state TEXT NOT NULL,
  student TEXT NOT NULL,
  to_shard TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX transfer_by_student ON transfer (shard, student, state);
CREATE INDEX transfer_open ON transfer (state, to_shard);

-- In the hash shard of the person: where the person is now, and the record that a merge made of it.
CREATE TABLE person (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  home_shard TEXT NOT NULL,
  effective_on TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE import (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  batch TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX import_by_batch ON import (shard, source, batch);

-- Uploaded bytes, encrypted; deleted when the import is closed, refused or withdrawn.
CREATE TABLE import_chunk (
  shard TEXT NOT NULL,
  import_id TEXT NOT NULL,
  start_offset BIGINT NOT NULL,
  end_offset BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (shard, import_id, start_offset)
);

-- Staged rows: append only, encrypted, no secondary index. `outcome` and `code` say what became of the row; `row_key` is the blind index of what
-- rows about one root share, `person_key` that of the identity number of the person in the row. Line 0 holds the headers, lines from 2^40 on are
-- roots that the file does not name.
CREATE TABLE import_row (
  shard TEXT NOT NULL,
  import_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  row_key TEXT NOT NULL,
  person_key TEXT NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL,
  root TEXT NOT NULL,
  root_version BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (shard, import_id, line)
);

-- Accounts with their grants, in the access shard of the home region ("a411728").
CREATE TABLE account (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX account_by_subject ON account (issuer, subject);
