// Left-behind and in-difficulty children (digest 3.8): two definitions of left behind that are never one flag, the rule
// of de facto unattended children, and what a dossier says by itself.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

struct CareBook {
  RegionalBook<v1::CarePolicy> policies;
  CodeList conditions;  // parent_condition, with the columns `effect` and `least_months`
  CodeList kinds;       // care_kind, with the columns `auto` and `hardships`
  CodeList events;      // care_event
  CodeList living;      // living_arrangement
  CodeList one_to_one;
  CodeList relations;  // guardian_relation
};
// Text of care_policies.csv. DATA_FILE.
absl::StatusOr<RegionalBook<v1::CarePolicy>> ParseCarePolicies(const std::string& text,
                                                               RegionPath path = RegionPathByDigits);

// What the definitions say. Father and mother are two rows of the facts; of a parent who is not there nothing is known.
v1::CareEvaluation EvaluateCare(const CareBook& book, const v1::CarePolicy& policy, const v1::CareFacts& facts,
                                absl::CivilDay on);
// The method. FIELD_REQUIRED, REGION_CODE, DATE_INVALID, CODE_UNKNOWN, FIELD_TOO_MANY, REGION_POLICY_MISSING.
absl::StatusOr<v1::CareEvaluation> EvaluateCare(const CareBook& book, const v1::EvaluateCareRequest& request);

// Dates, codes and lengths of what a caller says of a child; `field` is its path.
void CheckParents(const CareBook& book, absl::CivilDay on,
                  const google::protobuf::RepeatedPtrField<v1::CareParent>& parents, const std::string& field,
                  Violations* violations);

// What the register knows of the child of a dossier.
struct CareSource {
  const registry::v1::Student& student;
  const std::vector<std::string>& hardships;  // kinds that are open, of the child and its household
  bool on_roll = false;                       // registered at a school of the county
};
// Whether the register alone says that the child is left behind or in difficulty.
bool NeedsDossier(const CareBook& book, const CareSource& source, absl::CivilDay on);
// Brings a dossier up to date with the register and the day: area, township, both flags and their day, kinds, closed.
void SettleDossier(const CareBook& book, const v1::CarePolicy& policy, const CareSource& source, absl::CivilDay on,
                   v1::Dossier* dossier);

}  // namespace ruraledu::dropout_monitoring
