-- Files of children out of school: at most one open per child. Days are "2023-09-01", "" is none.
CREATE TABLE dropout_case (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  child_key TEXT NOT NULL,
  number TEXT NOT NULL,
  is_open BIGINT NOT NULL,
  state TEXT NOT NULL,
  authority_area TEXT NOT NULL,
  offered_to TEXT NOT NULL,
  officer TEXT NOT NULL,
  due_on TEXT NOT NULL,
  priority TEXT NOT NULL,
  clock_on TEXT NOT NULL,
  closed_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX dropout_case_open ON dropout_case (shard, child_key) WHERE is_open = 1;
CREATE INDEX dropout_case_by_area ON dropout_case (shard, area, id);
CREATE INDEX dropout_case_by_child ON dropout_case (shard, child_key, id);
CREATE INDEX dropout_case_by_due ON dropout_case (shard, due_on, priority, id) WHERE is_open = 1;
CREATE INDEX dropout_case_by_clock ON dropout_case (shard, clock_on, id) WHERE clock_on <> '';
-- The last number of a county and year.
CREATE TABLE case_number (
  shard TEXT NOT NULL,
  year BIGINT NOT NULL,
  last_number BIGINT NOT NULL,
  PRIMARY KEY (shard, year)
);
CREATE INDEX pupil_by_household ON pupil (shard, household_id, id) WHERE household_id <> '';

-- Names in slots. until_on '' is in force.
CREATE TABLE responsibility (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  mechanism TEXT NOT NULL,
  slot TEXT NOT NULL,
  line TEXT NOT NULL,
  subject TEXT NOT NULL,
  until_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX responsibility_by_area ON responsibility (shard, area, id);
CREATE INDEX responsibility_by_slot ON responsibility (shard, mechanism, slot, subject);

CREATE TABLE mechanism (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Children without a name in a line, counted once a day: for the gauge.
CREATE TABLE responsibility_gap (
  shard TEXT NOT NULL,
  line TEXT NOT NULL,
  counted_on TEXT NOT NULL,
  children BIGINT NOT NULL,
  PRIMARY KEY (shard, line)
);

-- Monthly zero reports, each version a row.
CREATE TABLE zero_report (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school TEXT NOT NULL,
  month TEXT NOT NULL,
  state TEXT NOT NULL,
  is_replaced BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX zero_report_by_month ON zero_report (shard, month, area, id);

-- Reviews of the "four ones".
CREATE TABLE review (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  period TEXT NOT NULL,
  state TEXT NOT NULL,
  first_month TEXT NOT NULL,
  last_month TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
