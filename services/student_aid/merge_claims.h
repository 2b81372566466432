// Benefits of persons that turn out to be one (common/db/claims.h, design section 6: a merge moves claims).
//
// What the alias holds, the person holds too from then on: each claim of the alias is repeated under the person's key,
// for the county that holds it. The alias keeps its own, so an un-merge loses nothing; it releases the repeated ones
// again, unless the county relied on one meanwhile: that one is the person's own by now. Where both held a benefit of
// one family and term, it was given twice: evidence of DUPLICATE_AID for the comparison.
#pragma once

#include "common/db/jobs.h"
#include "common/rpc/resources.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kMergeClaimsJob = "benefit_merge";

// In the follower's transaction: the registry merged `alias` into `person`, or ended that.
absl::Status InsertMergeClaims(db::Transaction& tx, std::string_view alias, std::string_view person);

// The job. Looks at what the copy says now, however often it runs.
absl::StatusOr<std::string> RunMergeClaims(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::student_aid
