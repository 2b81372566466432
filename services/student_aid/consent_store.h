// The SQL of consents.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/student_aid/consent_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// Conditions of a list. They append their values to `args`.
// Those that were not withdrawn and have ended on a day.
std::string EndedText(std::string day, std::vector<db::Value>* args);
// Those that are in a state on a day.
std::string InStateText(v1::ConsentState state, std::string day, std::vector<db::Value>* args);

// nullopt: the copy of the registry has none.
absl::StatusOr<std::optional<absl::CivilDay>> BirthDateOf(db::Transaction& tx, std::string_view shard,
                                                          std::string_view person);
// What is known of a person for one use: of the person and those who were merged into it; without sealed parts.
absl::StatusOr<ConsentFacts> ConsentFactsOf(db::Transaction& tx, std::string_view shard, std::string_view person,
                                            std::string_view use);

// Consents of a county, and who of it has an identification of the school year that stands: each with the person who
// stays and the area where that person is today. Of one person and use in the order in which they were recorded.
struct ConsentRoll {
  struct Pupil {
    std::string area;
    std::vector<ConsentSpan> spans;
    bool identified = false;
  };
  std::map<std::string, Pupil> pupils;  // by person
};
absl::StatusOr<ConsentRoll> ReadConsentRoll(db::Transaction& tx, std::string_view shard, std::string_view school_year);

}  // namespace ruraledu::student_aid
