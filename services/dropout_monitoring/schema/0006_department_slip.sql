-- Slips to other departments. Days are "2023-09-01", "" is none.
CREATE TABLE department_slip (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  department TEXT NOT NULL,
  child_key TEXT NOT NULL,
  is_open BIGINT NOT NULL,
  due_on TEXT NOT NULL,
  clock_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX department_slip_by_due ON department_slip (shard, due_on, id);
CREATE INDEX department_slip_by_child ON department_slip (shard, child_key, id);
CREATE INDEX department_slip_by_clock ON department_slip (shard, clock_on, id) WHERE clock_on <> '';
