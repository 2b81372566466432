// Why a row is not granted: the reasons of RemovedItem that are not conditions (those are in Conditions()). Inside of
// entitlement_rules only, Clauses() excepted.
#pragma once

#include <string_view>

#include "absl/types/span.h"

namespace ruraledu::student_aid {

struct ClauseInfo {
  std::string_view reason;
  std::string_view english;  // with the digest id; goes to RemovedItem.detail
  std::string_view chinese;
};
absl::Span<const ClauseInfo> Clauses();

// Positions in Clauses().
enum Clause : int {
  kAgeOutside,
  kAgeUnknown,
  kAlreadyReceived,
  kBoardingOther,
  kChargeUnknown,
  kFamilyLocal,
  kFamilyLower,
  kFeeWaived,
  kFoundAfterCutOff,
  kFreshmanGranted,
  kGradeNotStated,
  kKindAreaUrban,
  kKindEnded,
  kKindNotHeld,
  kKindStartsLater,
  kLoanOtherKind,
  kNothingCharged,
  kNotThisTerm,
  kNutritionPilot,
  kRiskEliminated,
  kScholarshipOther,
  kStageOther,
  kStatusNotEnrolled,
  kStudyYearOther,
};

}  // namespace ruraledu::student_aid
