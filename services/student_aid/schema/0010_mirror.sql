-- What the national system asks of a pupil and aid itself does not need: papers, sealed apart from the pupil, found by
-- keyed digests of ID number and student number.
CREATE TABLE pupil_paper (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  id_digest TEXT NOT NULL,
  number_digest TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX pupil_paper_by_id ON pupil_paper (shard, id_digest) WHERE id_digest <> '';
CREATE INDEX pupil_paper_by_number ON pupil_paper (shard, number_digest) WHERE number_digest <> '';
-- Copies of an earlier release have no papers: the counties are copied anew.
UPDATE followed SET state = 'STOPPED', resync_token = '' WHERE service = 'registry' AND shard >= 'c' AND shard < 'd';

CREATE TABLE mirror_export (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  layout TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX mirror_export_by_term ON mirror_export (shard, term, layout, id);

-- Rows of exports, and what the national system has beside them. `export_id` is the id of the export.
CREATE TABLE mirror_entry (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  export_id TEXT NOT NULL,
  row_number BIGINT NOT NULL,
  project TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  reported_fen BIGINT NOT NULL,
  verified_fen BIGINT NOT NULL,
  verified_lines BIGINT NOT NULL,
  found_on TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX mirror_entry_by_area ON mirror_entry (shard, area, id);
CREATE INDEX mirror_entry_by_person ON mirror_entry (shard, person, id);
CREATE INDEX mirror_entry_by_day ON mirror_entry (shard, found_on) WHERE found_on <> '';

CREATE TABLE mirror_feedback (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  export_id TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- Verification after payment: samples, and who was asked. `verification` is the id.
CREATE TABLE verification (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE TABLE verification_entry (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  person TEXT NOT NULL,
  verification TEXT NOT NULL,
  answer TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX verification_entry_by_plan ON verification_entry (shard, verification, area, answer);
CREATE INDEX verification_entry_by_person ON verification_entry (shard, person, id);
