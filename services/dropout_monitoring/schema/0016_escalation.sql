-- Reminders of a case (DR-54): the day of the newest one, '' none; the highest level that was ever told; the highest one
-- that was told of the present action, 0 none. Levels are the numbers of AuthorityLevel, from the school upwards.
ALTER TABLE dropout_case ADD COLUMN escalated_on TEXT NOT NULL DEFAULT '';
ALTER TABLE dropout_case ADD COLUMN escalated_level BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dropout_case ADD COLUMN waiting_level BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dropout_case_by_escalation ON dropout_case (shard, escalated_on, id) WHERE escalated_on <> '';
CREATE INDEX dropout_case_by_waiting ON dropout_case (shard, waiting_level) WHERE waiting_level > 0;
-- For lists by township and school.
CREATE INDEX department_slip_by_area ON department_slip (shard, area, id);
CREATE INDEX absence_approval_by_area ON absence_approval (shard, area, id);
