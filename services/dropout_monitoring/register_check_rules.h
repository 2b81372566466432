// Monthly register cleaning (学籍清理; digest 3.1 人籍分离, PS-1a): what does not fit between a register and its
// classes, and when a school has worked it off. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/population_rules.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

using RegisterBook = RegionalBook<v1::RegisterPolicy>;
// register_policies.csv. DATA_FILE.
absl::StatusOr<RegisterBook> ParseRegisterBook(std::string_view text, RegionPath path = RegionPathByDigits);

// Another record with the same number that is on a roll; resource names.
struct RegisterTwin {
  std::string student, school;
};
// A child that belongs to a school, or to a class of it, on the day.
struct RegisterPupil {
  std::string student, area;  // `student` is a resource name
  std::string in_class;       // id
  PupilFacts facts;
  bool numbered = false;             // has a student number
  std::vector<std::string> also_at;  // other schools that register it or have its class, resource names in order
  std::vector<RegisterTwin> twins;
};
// A child that was marked as present in a class of the school on a day on which the register had it elsewhere or
// nowhere.
struct RegisterGuest {
  std::string student, area;
  std::string registered_at;  // school, "" none
  std::string moved_to;       // record in another county, ""
};

// What is found of a school, in order of kind and student, without a day. A child that is not marked counts only where
// its class is.
std::vector<v1::RegisterFinding> RegisterFindings(const ComparisonDay& day, absl::Span<const RegisterPupil> pupils,
                                                  absl::Span<const RegisterGuest> guests);

// Takes what is found on the day into a check: what stands there keeps its answer, what is found no more is gone.
// `passed` by other schools is found until it is answered. Figures are counted.
void TakeFindings(absl::CivilDay on, std::vector<v1::RegisterFinding> found,
                  absl::Span<const v1::RegisterFinding> passed, v1::RegisterCheck* check);

// FINDING_UNKNOWN, STATE_TRANSITION (signed already), FIELD_REQUIRED (PASSED without a school), SCHOOL_UNKNOWN (passed
// to the school itself). The act's reason is that of the answer.
absl::Status AnswerFinding(const CaseAct& act, const v1::AnswerRegisterFindingRequest& request,
                           v1::RegisterCheck* check);
// FINDINGS_OPEN, ZERO_NOT_STATED.
absl::Status CheckCleaned(bool zero, const v1::RegisterCheck& check);

}  // namespace ruraledu::dropout_monitoring
