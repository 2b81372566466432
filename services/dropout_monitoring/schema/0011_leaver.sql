-- Leavers of last grades: "<school year>.<grade>.<person>". call_due_on sorts the call-back list, '' is no call. Days are "2023-09-01", '' is none.
CREATE TABLE leaver (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  grade TEXT NOT NULL,
  person TEXT NOT NULL,
  school TEXT NOT NULL,
  state TEXT NOT NULL,
  destination TEXT NOT NULL,
  promoted BIGINT NOT NULL,
  to_call BIGINT NOT NULL,
  call_due_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX leaver_by_area ON leaver (shard, school_year, area, id);
CREATE INDEX leaver_by_state ON leaver (shard, school_year, state);
CREATE INDEX leaver_by_person ON leaver (shard, person, school_year);
CREATE INDEX leaver_by_call ON leaver (shard, call_due_on, area, id) WHERE to_call = 1;
CREATE INDEX leaver_by_due ON leaver (shard, due_on, state);

-- Ledgers of schools: "<school year>.<school>.<version>".
CREATE TABLE leaver_ledger (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  school TEXT NOT NULL,
  number BIGINT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX leaver_ledger_by_school ON leaver_ledger (shard, school_year, school, number);
