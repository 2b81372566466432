#include "services/registry/match_rules.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::registry {
namespace {

int Differences(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return static_cast<int>(std::max(a.size(), b.size()));
  }
  int count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    count += a[i] != b[i] ? 1 : 0;
  }
  return count;
}

std::optional<absl::CivilDay> Swapped(absl::CivilDay day) {
  return day.day() <= 12 && day.day() != day.month() ? std::optional(absl::CivilDay(day.year(), day.day(), day.month()))
                                                     : std::nullopt;
}

// The check character follows from the other 17, so it says nothing of its own.
bool OneDigitApart(const std::string& a, const std::string& b) {
  return a.size() == 18 && b.size() == 18 &&
         Differences(std::string_view(a).substr(0, 17), std::string_view(b).substr(0, 17)) <= 1;
}

void ScoreName(const MatchWeights& w, const NameRules& names, const MatchPerson& a, const MatchPerson& b,
               MatchScore* score) {
  const int similar = names.Similarity(a.name, b.name);
  if (similar < w.name_floor) {
    return;
  }
  score->permille += similar * w.name_weight / 1000;
  const bool sound = names.NameKey(a.name) == names.NameKey(b.name);
  score->reasons.push_back(similar == 1000  ? "NAME_EQUAL"
                           : similar >= 970 ? "NAME_VARIANT"
                           : sound          ? "NAME_HOMOPHONE"
                                            : "NAME_SIMILAR");
}

void ScoreBirth(const MatchWeights& w, const MatchPerson& a, const MatchPerson& b, MatchScore* score) {
  if (a.birth_date == b.birth_date) {
    score->permille += w.birth_equal;
    score->reasons.push_back("BIRTH_EQUAL");
  } else if (Swapped(a.birth_date) == b.birth_date) {
    score->permille += w.birth_swapped;
    score->reasons.push_back("BIRTH_SWAPPED");
  } else if (Differences(DayText(a.birth_date), DayText(b.birth_date)) == 1) {
    score->permille += w.birth_one_digit;
    score->reasons.push_back("BIRTH_ONE_DIGIT");
  }
}

void ScoreId(const MatchWeights& w, const MatchPerson& a, const MatchPerson& b, MatchScore* score) {
  if (a.id_number.empty() || b.id_number.empty()) {
    score->permille += w.id_missing;
    score->reasons.push_back("ID_MISSING");
  } else if (a.id_number == b.id_number || OneDigitApart(a.id_number, b.id_number)) {
    score->permille += w.id_one_digit;
    score->reasons.push_back("ID_ONE_DIGIT");
  } else {
    score->permille += w.id_conflict;
    score->reasons.push_back("ID_DIFFERS");
  }
}

}  // namespace

absl::StatusOr<MatchWeights> MatchWeights::Parse(std::string_view file, std::string_view text) {
  static constexpr std::string_view kColumns[] = {"key", "value", "source"};
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, kColumns));
  MatchWeights w;
  std::map<std::string_view, int*> fields = {
      {"name_weight", &w.name_weight},         {"name_floor", &w.name_floor},           {"birth_equal", &w.birth_equal},
      {"birth_swapped", &w.birth_swapped},     {"birth_one_digit", &w.birth_one_digit}, {"same_county", &w.same_county},
      {"id_missing", &w.id_missing},           {"id_one_digit", &w.id_one_digit},       {"id_conflict", &w.id_conflict},
      {"weak_match_from", &w.weak_match_from}, {"duplicate_from", &w.duplicate_from},   {"likely_from", &w.likely_from},
      {"oldest_years", &w.oldest_years}};
  for (size_t row = 0; row < table.size(); ++row) {
    const auto field = fields.find(table.Get(row, "key"));
    if (field == fields.end() || !absl::SimpleAtoi(table.Get(row, "value"), field->second)) {
      return table.Error(row, "unknown or repeated key, or a value that is no number");
    }
    fields.erase(field);
  }
  if (!fields.empty()) {
    return Fail("DATA_FILE", {{"file", file}, {"line", "1"}, {"problem", fields.begin()->first}});
  }
  return w;
}

MatchScore ScoreMatch(const MatchWeights& weights, const NameRules& names, const MatchPerson& a, const MatchPerson& b) {
  MatchScore score;
  ScoreName(weights, names, a, b, &score);
  if (score.reasons.empty()) {
    return score;
  }
  ScoreBirth(weights, a, b, &score);
  score.permille += weights.same_county;
  score.reasons.push_back("SAME_COUNTY");
  ScoreId(weights, a, b, &score);
  score.permille = std::clamp(score.permille, 0, 1000);
  if (score.permille >= weights.likely_from) {
    score.reasons.push_back("LIKELY_SAME");
  }
  return score;
}

std::vector<absl::CivilDay> BirthBlocks(absl::CivilDay birth) {
  std::vector<absl::CivilDay> days = {birth};
  if (const auto swapped = Swapped(birth); swapped.has_value()) {
    days.push_back(*swapped);
  }
  return days;
}

std::string NameBlock(const PreparedName& name) {
  return name.characters.empty() ? "" : name.characters.front().syllable;
}

}  // namespace ruraledu::registry
