-- Aid applications: "<person>.<term>.<item>".
CREATE TABLE application (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  item TEXT NOT NULL,
  state TEXT NOT NULL,
  disputed BIGINT NOT NULL,
  overpaid BIGINT NOT NULL,
  notice TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX application_by_area ON application (shard, term, area, id);
CREATE INDEX application_by_person ON application (shard, term, person, id);
CREATE INDEX application_by_notice ON application (shard, notice, id) WHERE notice <> '';

-- Restrictions of persons.
CREATE TABLE restriction (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  lifted BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX restriction_by_area ON restriction (shard, area, id);
CREATE INDEX restriction_open ON restriction (shard, id) WHERE lifted = 0;
