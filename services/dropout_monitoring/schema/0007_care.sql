-- Scores of early warning. rank sorts the most points first.
CREATE TABLE risk (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  level TEXT NOT NULL,
  rank TEXT NOT NULL,
  has_points BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX risk_by_rank ON risk (shard, rank, area, id) WHERE has_points = 1;

-- Disabled children. person '' is on no student register.
CREATE TABLE disabled_child (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  has_findings BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX disabled_child_by_area ON disabled_child (shard, area, id);

-- Lessons at home. Days are "2023-09-01".
CREATE TABLE home_lesson (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  child TEXT NOT NULL,
  given_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX home_lesson_by_child ON home_lesson (shard, child, given_on, id);

-- Care dossiers. reviewed_on '' is never.
CREATE TABLE dossier (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  township TEXT NOT NULL,
  is_left_behind BIGINT NOT NULL,
  is_in_difficulty BIGINT NOT NULL,
  is_open BIGINT NOT NULL,
  reviewed_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX dossier_by_area ON dossier (shard, area, id) WHERE is_open = 1;
CREATE INDEX dossier_by_township ON dossier (shard, township, id) WHERE is_open = 1;

-- Psychological notes: nothing but who, when and whose is outside of `sealed`.
CREATE TABLE psychological_note (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  dossier TEXT NOT NULL,
  written_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX psychological_note_by_dossier ON psychological_note (shard, dossier, id);

-- The last day of the daily look at disabled children and dossiers.
CREATE TABLE care_look (
  shard TEXT NOT NULL,
  looked_on TEXT NOT NULL,
  PRIMARY KEY (shard)
);
