// The job of a county and term for pupils who study elsewhere (digest 2.8). Three phases, each a snapshot and a write
// per page, the cursor in the same transaction:
//
//   elsewhere       pupils of schools of other counties whose household is of this one: a case OUT
//   from elsewhere  pupils of this county's schools whose household is of another one: a case IN
//   payments        cases for which this county pays, by what became of their applications
//
// A pupil counts when on the roll of the school on the census date (DR-21), with a kind that is asked for. A case
// without a letter follows its pupil; one with a letter stays as it was asked.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "services/student_aid/outward_rules.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kOutwardJob = "outward_cases";

struct OutwardParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const FollowUpBook& follow_up;
  int64_t page = 500;
};

// The job. Result: OutwardRunResult. Errors: POLICY_MISSING, TERM_FORMAT.
absl::StatusOr<std::string> RunOutwardCases(const OutwardParts& parts, db::JobContext& context);

// --- For outward_handlers.cc too ------------------------------------------------------------------------------------

// Township of the household, else the county: where a case OUT belongs.
std::string HomeArea(const PupilCopy& pupil, std::string_view county);
// Evaluates the input of a case; facts of which the rules can make nothing leave the kinds that are asked for.
absl::StatusOr<v1::EvaluateOutwardCaseResponse> EvaluateFound(const PolicyBook& book, const FollowUpBook& rules,
                                                              const v1::EvaluateOutwardCaseRequest& input);

}  // namespace ruraledu::student_aid
