-- How urgent a complaint is, and the number by which its complainant asks how it stands.
ALTER TABLE complaint ADD COLUMN priority TEXT NOT NULL DEFAULT 'COMPLAINT_PRIORITY_UNSPECIFIED';
ALTER TABLE complaint ADD COLUMN receipt TEXT NOT NULL DEFAULT '';
CREATE INDEX complaint_by_receipt ON complaint (shard, receipt) WHERE receipt <> '';
