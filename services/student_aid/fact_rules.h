// What families report and what departments verify, side by side in the input of an identification.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/fact_enquiry.pb.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

using Factors = google::protobuf::RepeatedPtrField<v1::FactorFact>;

inline constexpr Transition kFactEnquiryRows[] = {
    {"OPEN", "read", "READING"}, {"READING", "read", "READING"}, {"READING", "close", "ANSWERED"}};
inline constexpr StateMachine kFactEnquiryStates("fact_enquiry", "OPEN", kFactEnquiryRows);
static_assert(kFactEnquiryStates.AllReachable() && kFactEnquiryStates.Unambiguous());

// STATE_TRANSITION.
absl::Status StepEnquiry(std::string_view event, v1::FactEnquiry* enquiry);

// As families report them: what is verified comes from departments only.
Factors Reported(const Factors& factors);
// Of a record, with what was verified since its list was posted.
Factors FactorsNow(const v1::Identification& record);
// What was reported now beside what is verified of the same factors already.
Factors WithVerified(const Factors& reported, const Factors& verified);

// Whether a department may be asked about a record: it was applied for, and neither refused nor revoked.
bool MayBeAsked(v1::IdentificationState state);
// Puts what was verified beside what was reported and works the score out again. Before the list is posted the record
// has the new score, and what was applied for its level; afterwards the score stays as it was decided upon and
// `adjustment_due` tells that it would be another one. False, and nothing is changed, for a record that may not be
// asked about, that does not report the factor, or whose table has no row for the value.
absl::StatusOr<bool> TakeVerified(const IdentificationBook& tables, const Act& act, const std::string& factor,
                                  const v1::VerifiedFact& verified, v1::Identification* record);

}  // namespace ruraledu::student_aid
