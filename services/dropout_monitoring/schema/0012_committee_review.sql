-- What the expert committee said of disabled children: "<school year>.<child>".
CREATE TABLE committee_review (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  child TEXT NOT NULL,
  person TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX committee_review_by_year ON committee_review (shard, school_year, area, id);
CREATE INDEX committee_review_by_child ON committee_review (shard, child, id);
CREATE INDEX committee_review_by_person ON committee_review (shard, person, id) WHERE person <> '';

-- The day behind which a resident goes whom no register knows, "2031-08-31"; '' is nobody, or who has gone.
ALTER TABLE resident ADD COLUMN keep_until TEXT NOT NULL DEFAULT '';
CREATE INDEX resident_by_keep ON resident (shard, keep_until) WHERE keep_until <> '';
