-- Complaints and requests for help.
CREATE TABLE complaint (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  category TEXT NOT NULL,
  sensitive BIGINT NOT NULL,
  is_open BIGINT NOT NULL,
  assignee TEXT NOT NULL,
  answer_due_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX complaint_by_due ON complaint (shard, answer_due_on, id);
CREATE INDEX complaint_by_person ON complaint (shard, person, id);
CREATE INDEX complaint_open ON complaint (shard, answer_due_on) WHERE is_open = 1;

-- Messages to families after payment: by the id of their order.
CREATE TABLE family_message (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  batch TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX family_message_by_batch ON family_message (shard, batch, area, id);
CREATE INDEX family_message_by_person ON family_message (shard, person, id);

-- Proof of beds and classes: "<school>.<kind>.<period>".
CREATE TABLE presence_check (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  period TEXT NOT NULL,
  has_findings BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX presence_check_by_area ON presence_check (shard, area, id);
-- The roll of a school.
CREATE INDEX pupil_by_area ON pupil (shard, area, id);

-- Performance targets and self-evaluation: by budget year.
CREATE TABLE performance_plan (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
