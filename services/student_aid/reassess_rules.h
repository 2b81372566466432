// What a decision means for the applications of its person (digest 2.7, 8, DR-10): which are opened, with how much, on
// what they rest, and why an amount is another one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// Source of aid records that are payments of applications: they take nothing from what is owed.
inline constexpr std::string_view kOwnAid = "RURALEDU";

// Kinds that a comparison proves without paper: those to which the tables of identification give a level (2.6).
std::set<std::string> ComparedKinds(const v1::IdentificationPolicy& policy);

// Whether what was paid of an item stands beside a supplementary one of its family, which is less it already (DR-10).
bool StandsBeside(const PolicyBook& book, const v1::Decision& decision, std::string_view item);

// The cash items of a decision by code.
std::map<std::string, const v1::EntitledItem*> CashItems(const v1::EvaluateEntitlementResponse& answer);

// On what a granted item rests.
struct Basis {
  bool without_paper = false;   // a compared kind, or an identification that stands
  bool identification = false;  // no compared kind, but N1 by the school
};
// `stands`: the identification of the pupil is confirmed for the term and undisputed.
Basis BasisOf(const v1::EntitledItem& item, const std::set<std::string>& compared, bool stands);

// What is owed of a granted item: less what others gave in the benefit family. A supplementary amount is less what was
// received before the household was found already (DR-10), of others and of the county. 0: nothing.
int64_t OwedFen(const PolicyBook& book, const v1::EntitledItem& item, const v1::PupilFacts& facts, int64_t given_fen);

// Why the item is worth another amount now; the first that holds: another county's claim, persons that are one,
// same-term entry, standards, rules, identification, and the registry otherwise.
v1::AssessmentCause CauseOf(const v1::Decision& before, const v1::Decision& now, std::string_view item);
// Of an item that was not granted before.
v1::AssessmentCause CauseOfNew(const v1::EntitledItem& item, const Basis& basis);

// Why an item is not granted any more: "MERGED", the clause of the decision, or "KIND_NOT_HELD".
std::string ReasonGone(const v1::Decision& now, std::string_view item);

// Adds one to the impact of a change, and the application to the first ones.
void CountTouched(const v1::TouchedApplication& touched, std::string_view item, v1::ApplicationRunResult* result);

}  // namespace ruraledu::student_aid
