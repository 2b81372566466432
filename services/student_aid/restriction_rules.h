// Restrictions of persons: what stops whom, and who may put on, lift and pass over.
//
// The codes are <policies>/student_aid/restriction_codes.csv. What a page of payments asks:
//
//   ASSIGN_OR_RETURN(const RestrictionMap restrictions, OpenRestrictions(tx, sealer, shard));  // store.h
//   if (StopsPayment(restrictions, person, application, today)) ...
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// code,effect,label_zh,label_en,source; in order of code. DATA_FILE: an effect that nobody knows, a code twice, a row
// without a source.
absl::StatusOr<std::vector<v1::RestrictionCode>> ParseRestrictionCodes(std::string_view text);

// Restrictions that were not lifted, by person; those of persons that were merged stand with the one who stays.
using RestrictionMap = std::map<std::string, std::vector<v1::Restriction>, std::less<>>;

// Holds on the day.
bool InForce(const v1::Restriction& restriction, absl::CivilDay on);
// Whether one of the person's, not passed over for the application (resource name), stops on the day.
bool StopsPayment(const RestrictionMap& restrictions, std::string_view person, std::string_view application,
                  absl::CivilDay on);
bool StopsApplication(const RestrictionMap& restrictions, std::string_view person, std::string_view application,
                      absl::CivilDay on);

// From `act`'s day on. FIELD_REQUIRED of the reason; RESTRICTION_INTERVAL when it ends before it begins.
absl::Status PutOn(const Act& act, const v1::RestrictionCode& code, v1::Restriction* restriction);
// RESTRICTION_OVER (lifted already), ROLE_HELD (who put it on), FIELD_REQUIRED of the reason.
absl::Status Lift(const Act& act, v1::Restriction* restriction);
// Likewise; RESTRICTION_OTHER_PERSON for an application of somebody else, RESTRICTION_BYPASSED a second time.
absl::Status Bypass(const Act& act, const std::string& application, v1::Restriction* restriction);

}  // namespace ruraledu::student_aid
