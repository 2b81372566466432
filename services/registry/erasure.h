// Erasure of a student's personal data when their retention has ended (common/crypto/erasure.h, digest 7.7).
//
// First the rows, in one transaction: every classified field of the student, the name in the household, the blind
// indexes; the claim on the identity number follows as a job. Then the journal, page by page: the personal part of
// every change of the student, and of every change of a household that still shows the name or number. What stays is
// who decided what about which person id, and a chain that is valid.
#pragma once

#include "common/db/jobs.h"
#include "common/rpc/resources.h"

namespace ruraledu::registry {

inline constexpr std::string_view kEraseJob = "student_erase";

absl::StatusOr<std::string> RunErasure(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::registry
