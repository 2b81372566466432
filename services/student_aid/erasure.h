// Erasure of a person whose retention has ended (common/feed/erasure.h, digest 7.7): the registry decides, this service
// follows.
//
// First the rows, in one transaction: classified fields of every own root of the person, the masked name on notices,
// the files that belong to the person. A file to which a root of somebody else refers stays: it is that one's evidence
// too. Then the journal. What stays is who decided what about which person id; it cannot be replayed any more.
#pragma once

#include "common/db/jobs.h"
#include "common/rpc/resources.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kErasePersonJob = "person_erase";

// In the follower's transaction, before the copy is replaced: the registry says that the student is erased.
absl::Status InsertErasePerson(db::Transaction& tx, std::string_view person);

// The job.
absl::StatusOr<std::string> RunErasePerson(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::student_aid
