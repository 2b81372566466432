-- Programmes beyond school: who studies where, "<person>.<admission year>".
CREATE TABLE study (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  admission_year BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX study_by_area ON study (shard, area, id);
CREATE INDEX study_by_person ON study (shard, person, id);

-- Aid that others decide and pay: "<person>.<term>.<kind>".
CREATE TABLE tracked_aid (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  agreed_fen BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX tracked_aid_by_area ON tracked_aid (shard, term, area, id);
CREATE INDEX tracked_aid_by_person ON tracked_aid (shard, person, id);
