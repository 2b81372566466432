-- Messages to guardians about a run of absence without leave: "<person>.<first day of the run>".
CREATE TABLE absence_message (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX absence_message_by_area ON absence_message (shard, area, id);
CREATE INDEX absence_message_by_person ON absence_message (shard, person, id);
