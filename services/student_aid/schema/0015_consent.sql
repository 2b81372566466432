-- Consents of guardians and pupils, one per use. `valid_until` is '9999-12-31' for one without an end, `withdrawn_on` ''
-- for one that was not withdrawn: whether it holds on a day follows from both.
CREATE TABLE consent (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  use_code TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  withdrawn_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX consent_by_end ON consent (shard, valid_until, id);
CREATE INDEX consent_by_person ON consent (shard, person, id);

-- Information asked of people of the family. `record` is the id of an identification or application, `due_on` the last
-- day of the answer.
CREATE TABLE information_request (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  record TEXT NOT NULL,
  state TEXT NOT NULL,
  due_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX information_request_by_due ON information_request (shard, due_on, id);
CREATE INDEX information_request_by_person ON information_request (shard, person, id);
CREATE INDEX information_request_by_record ON information_request (shard, record, due_on);
CREATE INDEX information_request_open ON information_request (shard, due_on) WHERE state = 'INFORMATION_REQUEST_STATE_OPEN';
