// Work on records of identification (2.6) as jobs.
//
// Proposals: persons in the order of their ids, a snapshot and a write per page, the cursor in the same transaction.
// Pupils whom a comparison hit gives a level are handed in without paper; records follow their pupils to another school
// or class while they are not on notice; a confirmed record whose level the registers give no longer is marked for an
// adjustment.
//
// Merges: of persons that are one, one record of a school year counts, that of the person who stays if there is one;
// the others are set aside until the merge ends.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "services/student_aid/identification_score_rules.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kProposalJob = "identification_proposals";
inline constexpr std::string_view kMergeRecordsJob = "identification_merge";

struct ProposalParts {
  const rpc::Host& host;
  const IdentificationBook& tables;
  int64_t page = 500;
};

// The job. Result: ProposalResult. Errors: POLICY_MISSING, TERM_FORMAT.
absl::StatusOr<std::string> RunProposals(const ProposalParts& parts, db::JobContext& context);

// In the follower's transaction: somebody was merged into the person, or is the person again.
absl::Status InsertMergeRecords(db::Transaction& tx, std::string_view person);
// The job. Looks at what the copy says now, however often it runs.
absl::StatusOr<std::string> RunMergeRecords(const rpc::Host& host, db::JobContext& context);

// --- For identification_handlers.cc too -----------------------------------------------------------------------------

// What the registers say of a pupil on a day.
struct KnownPupil {
  std::string person;
  std::string area;     // where the pupil learns
  std::string refused;  // "" on the roll; else MOVED, MERGED or NOT_A_PUPIL
  std::vector<v1::HardshipFact> hardships;
};
KnownPupil Know(const PupilCopy& pupil, const std::map<std::string, registry_v1::School>& schools,
                std::string_view county, absl::CivilDay day);

// The input of a score out of what is known and what was answered.
v1::EvaluateIdentificationRequest InputOf(const KnownPupil& pupil, std::string_view county, const std::string& term,
                                          absl::CivilDay day,
                                          const google::protobuf::RepeatedPtrField<v1::FactorFact>& factors);
// Scores it; the input names its versions then, so that it gives this answer again.
absl::StatusOr<v1::EvaluateIdentificationResponse> ScoreInput(const IdentificationBook& tables,
                                                              v1::EvaluateIdentificationRequest* input);

}  // namespace ruraledu::student_aid
