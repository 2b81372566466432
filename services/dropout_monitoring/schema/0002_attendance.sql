-- One class in one session of a day: "<class>.<day>.<session>". `whole`: it was marked as a whole.
CREATE TABLE sheet (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  class TEXT NOT NULL,
  day TEXT NOT NULL,
  session TEXT NOT NULL,
  whole BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX sheet_by_class ON sheet (shard, class, day, session);
CREATE INDEX sheet_by_day ON sheet (shard, day, area, id);

-- Who belonged to a class when it was marked: "<class>.<digest>".
CREATE TABLE roster (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  class TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX roster_by_class ON roster (shard, class, id);

-- When a school, or a county, teaches: "<school>.<school year>", "county.<school year>".
CREATE TABLE school_calendar (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school_year TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX school_calendar_by_area ON school_calendar (shard, area, id);

-- The state of a child that is or was absent, or of whom nothing is known, one row per person. `shown`: there is something to say.
CREATE TABLE absence (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  step TEXT NOT NULL,
  no_record BIGINT NOT NULL,
  shown BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX absence_by_area ON absence (shard, area, id) WHERE shown = 1;

CREATE INDEX enrolment_by_school ON enrolment (shard, school, person);
