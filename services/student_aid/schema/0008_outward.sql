-- Pupils whose household is of another county: few, looked for each term.
CREATE INDEX pupil_elsewhere ON pupil (household_shard, shard, id) WHERE household_shard <> shard;

-- Pupils who study elsewhere: "<person>.<term>", or an id of its own of somebody whom the registry does not know.
CREATE TABLE outward_case (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  term TEXT NOT NULL,
  direction TEXT NOT NULL,
  other_county TEXT NOT NULL,
  state TEXT NOT NULL,
  letter TEXT NOT NULL,
  answer_due TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX outward_case_by_area ON outward_case (shard, term, area, id);
CREATE INDEX outward_case_by_person ON outward_case (shard, person, id);

-- Hardship graduates: "<person>.<year>".
CREATE TABLE graduate (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  graduating_year BIGINT NOT NULL,
  state TEXT NOT NULL,
  responsible TEXT NOT NULL,
  measure_count BIGINT NOT NULL,
  last_contact TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX graduate_by_area ON graduate (shard, graduating_year, area, id);
CREATE INDEX graduate_by_person ON graduate (shard, person, id);

-- Publicity. `school`: id of the school, '' for a village.
CREATE TABLE publicity_activity (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  channel TEXT NOT NULL,
  school TEXT NOT NULL,
  withdrawn BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX publicity_activity_by_area ON publicity_activity (shard, term, area, id);
