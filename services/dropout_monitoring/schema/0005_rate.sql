-- Figures that a county enters for rates, each version a row (digest 3.7).
CREATE TABLE rate_figures (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  state TEXT NOT NULL,
  is_replaced BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX rate_figures_by_area ON rate_figures (shard, area, school_year, id);
-- Who was in a grade in a school year: cohorts of a county are found by it.
CREATE INDEX enrolment_by_grade ON enrolment (shard, grade, valid_from, person);
