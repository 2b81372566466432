-- Aid that other departments give, as their lists tell it. A row counts while its list does. `slot` is a keyed digest of
-- department and period: a later list of the same slot takes the place of the earlier one.
CREATE TABLE department_aid_list (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  state TEXT NOT NULL,
  digest TEXT NOT NULL,
  slot TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX department_aid_list_by_state ON department_aid_list (shard, state, id);

CREATE TABLE department_aid (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  list_id TEXT NOT NULL,
  given_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX department_aid_by_person ON department_aid (shard, person, given_on);
CREATE INDEX department_aid_by_area ON department_aid (shard, area, id);

-- Enquiries at departments about what families reported, and their entries: one per pupil and factor. `enquiry` is the id.
CREATE TABLE fact_enquiry (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE fact_enquiry_entry (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  enquiry TEXT NOT NULL,
  identification TEXT NOT NULL,
  factor TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX fact_enquiry_entry_by_record ON fact_enquiry_entry (shard, identification, factor);
CREATE INDEX fact_enquiry_entry_by_person ON fact_enquiry_entry (shard, person, id);
