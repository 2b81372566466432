// How sure it is that two records are one person: weak matches of departments' rows, possible duplicates of students.
// Pure.
//
// The weights and the two thresholds are data (deploy/policies/registry/identity_match.csv). A score only orders the
// review queue; nobody is ever merged or linked by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/names.h"

namespace ruraledu::registry {

struct MatchWeights {
  int name_weight = 0, name_floor = 0;
  int birth_equal = 0, birth_swapped = 0, birth_one_digit = 0;
  int same_county = 0;
  int id_missing = 0, id_one_digit = 0, id_conflict = 0;
  int weak_match_from = 0;  // a department's row against a student
  int duplicate_from = 0;   // a student against a student: possible
  int likely_from = 0;      // ... likely: reason LIKELY_SAME
  int oldest_years = 0;     // persons above are not looked for among students

  // CSV key,value,source with every key. DATA_FILE.
  static absl::StatusOr<MatchWeights> Parse(std::string_view file, std::string_view text);
};

// What is compared of one record.
struct MatchPerson {
  PreparedName name;
  absl::CivilDay birth_date;
  std::string id_number;  // normalised, "" when there is none
};

struct MatchScore {
  int permille = 0;  // 0..1000
  std::vector<std::string>
      reasons;  // NAME_EQUAL, NAME_VARIANT, NAME_HOMOPHONE, NAME_SIMILAR, BIRTH_EQUAL, BIRTH_SWAPPED, BIRTH_ONE_DIGIT,
                // SAME_COUNTY, ID_ONE_DIGIT, ID_DIFFERS, ID_MISSING, LIKELY_SAME
};

// Both records lie in the same county. Symmetric.
MatchScore ScoreMatch(const MatchWeights& weights, const NameRules& names, const MatchPerson& a, const MatchPerson& b);

// Days on which the birth date of a possible duplicate may lie: the day itself and, when it is one, day and month
// changed.
std::vector<absl::CivilDay> BirthBlocks(absl::CivilDay birth);
// First syllable of a name: what both records of a pair have in common, so that blocks stay small.
std::string NameBlock(const PreparedName& name);

}  // namespace ruraledu::registry
