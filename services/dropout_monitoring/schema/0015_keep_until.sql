-- Until when it is kept who a child is whom no register knows (7.7): '' where a register does, 9999-12-31 as long as the
-- case or the finding is open.
ALTER TABLE dropout_case ADD COLUMN keep_until TEXT NOT NULL DEFAULT '';
CREATE INDEX dropout_case_by_keep ON dropout_case (shard, keep_until) WHERE keep_until <> '';
ALTER TABLE comparison_finding ADD COLUMN keep_until TEXT NOT NULL DEFAULT '';
CREATE INDEX comparison_finding_by_keep ON comparison_finding (shard, keep_until) WHERE keep_until <> '';
ALTER TABLE expected_child ADD COLUMN keep_until TEXT NOT NULL DEFAULT '';
CREATE INDEX expected_child_by_keep ON expected_child (shard, keep_until) WHERE keep_until <> '';
