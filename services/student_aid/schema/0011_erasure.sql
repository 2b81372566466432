-- In which counties somebody's cases lie: an erasure looks for them (common/rpc/person_erasure.h).
CREATE INDEX outward_case_of_person ON outward_case (person, shard) WHERE person <> '';
