#include "services/student_aid/fact_rules.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/domain/record_state.h"
#include "services/student_aid/identification_score_rules.h"

namespace ruraledu::student_aid {
namespace {

v1::FactorFact* FindFactor(std::string_view factor, Factors* factors) {
  const auto found =
      std::find_if(factors->begin(), factors->end(), [&](const auto& fact) { return fact.factor() == factor; });
  return found == factors->end() ? nullptr : &*found;
}

bool IsPosted(v1::IdentificationState state) {
  return state != v1::IDENTIFICATION_STATE_APPLIED && state != v1::IDENTIFICATION_STATE_CLASS_REVIEWED &&
         state != v1::IDENTIFICATION_STATE_SCHOOL_REVIEWED;
}

}  // namespace

absl::Status StepEnquiry(std::string_view event, v1::FactEnquiry* enquiry) {
  return MoveState(kFactEnquiryStates, event, enquiry);
}

Factors Reported(const Factors& factors) {
  Factors reported = factors;
  for (v1::FactorFact& fact : reported) {
    fact.clear_verified();
  }
  return reported;
}

Factors FactorsNow(const v1::Identification& record) {
  return WithVerified(record.input().facts().factors(), record.verified_later());
}

Factors WithVerified(const Factors& reported, const Factors& verified) {
  Factors factors = reported;
  for (const v1::FactorFact& fact : verified) {
    v1::FactorFact* const found = FindFactor(fact.factor(), &factors);
    if (found != nullptr && fact.has_verified()) {
      *found->mutable_verified() = fact.verified();
    }
  }
  return factors;
}

bool MayBeAsked(v1::IdentificationState state) {
  return state == v1::IDENTIFICATION_STATE_APPLIED || state == v1::IDENTIFICATION_STATE_CLASS_REVIEWED ||
         state == v1::IDENTIFICATION_STATE_SCHOOL_REVIEWED || state == v1::IDENTIFICATION_STATE_ON_NOTICE ||
         state == v1::IDENTIFICATION_STATE_RECHECK || state == v1::IDENTIFICATION_STATE_CONFIRMED ||
         state == v1::IDENTIFICATION_STATE_ARCHIVED;
}

absl::StatusOr<bool> TakeVerified(const IdentificationBook& tables, const Act& act, const std::string& factor,
                                  const v1::VerifiedFact& verified, v1::Identification* record) {
  Factors factors = FactorsNow(*record);
  v1::FactorFact* const fact = FindFactor(factor, &factors);
  if (fact == nullptr || !MayBeAsked(record->state())) {
    return false;
  }
  *fact->mutable_verified() = verified;
  v1::EvaluateIdentificationRequest input = record->input();
  *input.mutable_facts()->mutable_factors() = factors;
  const auto answer = EvaluateIdentification(tables, input);
  if (ReasonOf(answer.status()) == "FACTOR_UNKNOWN") {
    return false;
  }
  RETURN_IF_ERROR(answer.status());
  record->set_proposed_level(answer->level());
  if (IsPosted(record->state())) {
    Factors later = record->verified_later();
    v1::FactorFact* const again = FindFactor(factor, &later);
    *(again == nullptr ? later.Add() : again) = *fact;
    record->mutable_verified_later()->Swap(&later);
    record->set_adjustment_due(answer->level() != record->answer().level());
  } else {
    if (record->state() == v1::IDENTIFICATION_STATE_APPLIED) {
      record->set_level(answer->level());
    }
    *record->mutable_input() = input;
    *record->mutable_answer() = *answer;
  }
  Note(act, "verify", record);
  return true;
}

}  // namespace ruraledu::student_aid
