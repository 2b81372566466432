-- Outcomes that are old enough to be forgotten (claims.h, PruneOperations).
CREATE INDEX claim_operation_by_age ON claim_operation (outcome, updated_at);
