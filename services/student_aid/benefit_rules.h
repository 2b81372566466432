// What a benefit claim is about: the canonical person, the term and the benefit family. The items of a family are
// alternatives (DR-59), so a claim on the family is a claim on each of its items (common/decisions/0008).
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "ruraledu/student_aid/v1/policy.pb.h"

namespace ruraledu::student_aid {

// Universal waivers pay nothing and claim nothing.
bool IsClaimed(v1::BenefitFamily family);
// "<person>/<term>/<family>"; of a freshman grant the autumn term, whatever the term: one per admission (2.4).
std::string BenefitKey(std::string_view person, std::string_view term, v1::BenefitFamily family);

inline constexpr std::string_view kDuplicateAid = "DUPLICATE_AID";
// The answer of the rules as a decision keeps it: items of families that another county holds are removed with
// DUPLICATE_AID, details are left out since they follow from the reasons.
void ForStorage(const std::set<v1::BenefitFamily>& held_elsewhere, v1::EvaluateEntitlementResponse* answer);

}  // namespace ruraledu::student_aid
