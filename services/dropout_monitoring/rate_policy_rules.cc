#include "services/dropout_monitoring/rate_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kRegionDigits = 12;
constexpr int32_t kMostAge = 30;

constexpr std::pair<std::string_view, Enrolled> kEnrolled[] = {{"FULL", Enrolled::kFull},
                                                               {"GROSS", Enrolled::kGross},
                                                               {"FINISHED", Enrolled::kFinished},
                                                               {"NONE", Enrolled::kNone}};
constexpr std::pair<std::string_view, CohortEnd> kEnds[] = {
    {"NOW", CohortEnd::kNow},           {"BACK", CohortEnd::kBack}, {"SUSPENDED", CohortEnd::kSuspended},
    {"DROPPED", CohortEnd::kDropped},   {"OUT", CohortEnd::kOut},   {"DIED", CohortEnd::kDied},
    {"FINISHED", CohortEnd::kFinished},
};

template <typename Rows>
auto FindIn(const Rows& rows, std::string_view name) {
  return std::find_if(std::begin(rows), std::end(rows), [&](const auto& row) { return row.first == name; });
}

void SplitInto(std::string_view text, google::protobuf::RepeatedPtrField<std::string>* to) {
  for (const std::string_view part : absl::StrSplit(text, '|', absl::SkipEmpty())) {
    to->Add(std::string(part));
  }
}

absl::Status CheckRegion(const DataTable& table, size_t row) {
  const std::string_view region = table.Get(row, "region");
  if (!region.empty() && region.size() != kRegionDigits) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  return table.Get(row, "source").empty() ? table.Error(row, "a row needs a source") : absl::OkStatus();
}

absl::StatusOr<v1::OfficialAge> ReadAge(const DataTable& table, size_t row) {
  RETURN_IF_ERROR(CheckRegion(table, row));
  v1::OfficialAge age;
  const auto level = EnumOf<v1::SchoolLevel>(table.Get(row, "level")).value_or(v1::SCHOOL_LEVEL_UNSPECIFIED);
  if (level == v1::SCHOOL_LEVEL_UNSPECIFIED) {
    return table.Error(row, "no level of schooling");
  }
  int32_t first = 0, last = 0;
  if (!absl::SimpleAtoi(table.Get(row, "first_age"), &first) || !absl::SimpleAtoi(table.Get(row, "last_age"), &last) ||
      first < 0 || last < first || last > kMostAge) {
    return table.Error(row, "ages are whole years, the first not above the last");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "valid_from", kFirstDay));
  age.set_region_code(std::string(table.Get(row, "region")));
  *age.mutable_valid_from() = DateOf(from);
  age.set_level(level);
  age.set_first_age(first);
  age.set_last_age(last);
  SplitInto(table.Get(row, "stages"), age.mutable_stages());
  SplitInto(table.Get(row, "grades"), age.mutable_grades());
  age.set_source(std::string(table.Get(row, "source")));
  if (age.stages().empty()) {
    return table.Error(row, "a level has stages");
  }
  return age;
}

bool SameSet(const v1::OfficialAge& a, const v1::OfficialAge& b) {
  return a.region_code() == b.region_code() && DayOf(a.valid_from()) == DayOf(b.valid_from());
}

absl::StatusOr<std::vector<v1::OfficialAge>> ReadAges(const DataTable& table) {
  std::vector<v1::OfficialAge> ages;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(v1::OfficialAge age, ReadAge(table, row));
    for (const v1::OfficialAge& other : ages) {
      if (SameSet(age, other) && age.level() == other.level()) {
        return table.Error(row, "the level stands twice");
      }
    }
    ages.push_back(std::move(age));
  }
  bool nation = false;
  for (const v1::OfficialAge& age : ages) {
    nation |= age.region_code().empty();
    const auto levels = std::count_if(ages.begin(), ages.end(), [&](const auto& other) { return SameSet(age, other); });
    if (levels != v1::SchoolLevel_MAX) {
      return Fail("DATA_FILE", {{"file", "official_ages.csv"},
                                {"line", age.region_code()},
                                {"problem", "a region states every level on one day"}});
    }
  }
  if (!nation) {
    return Fail("DATA_FILE", {{"file", "official_ages.csv"}, {"line", "0"}, {"problem", "no row of the nation"}});
  }
  std::sort(ages.begin(), ages.end(), [](const auto& a, const auto& b) { return a.level() < b.level(); });
  return ages;
}

absl::StatusOr<std::map<std::string, RateStatus, std::less<>>> ReadStatuses(const DataTable& table) {
  std::map<std::string, RateStatus, std::less<>> statuses;
  for (size_t row = 0; row < table.size(); ++row) {
    const auto* const enrolled = FindIn(kEnrolled, table.Get(row, "enrolment"));
    const auto* const end = FindIn(kEnds, table.Get(row, "cohort"));
    if (enrolled == std::end(kEnrolled) || end == std::end(kEnds)) {
      return table.Error(
          row,
          "enrolment is FULL, GROSS, FINISHED or NONE; cohort NOW, BACK, SUSPENDED, DROPPED, OUT, DIED or "
          "FINISHED");
    }
    if (!statuses.emplace(table.Get(row, "status"), RateStatus{enrolled->second, end->second}).second) {
      return table.Error(row, "the status stands twice");
    }
  }
  return statuses;
}

}  // namespace

absl::StatusOr<RateBook> RateBook::Parse(const RateFiles& files, RegionPath path) {
  RateBook book;
  book.path_ = std::move(path);
  ASSIGN_OR_RETURN(const DataTable ages, DataTable::Parse("official_ages.csv", files.ages,
                                                          {"region", "valid_from", "level", "first_age", "last_age",
                                                           "stages", "grades", "source"}));
  ASSIGN_OR_RETURN(book.ages_, ReadAges(ages));
  ASSIGN_OR_RETURN(const DataTable statuses,
                   DataTable::Parse("rate_statuses.csv", files.statuses, {"status", "enrolment", "cohort", "source"}));
  ASSIGN_OR_RETURN(book.statuses_, ReadStatuses(statuses));
  ASSIGN_OR_RETURN(const DataTable targets,
                   DataTable::Parse("rate_targets.csv", files.targets,
                                    {"indicator", "region", "valid_from", "numerator", "denominator", "source"}));
  for (size_t row = 0; row < targets.size(); ++row) {
    RETURN_IF_ERROR(CheckRegion(targets, row));
    TargetRow target{};
    Rate& least = target.target.least;
    const auto indicator = EnumOf<v1::RateIndicator>(targets.Get(row, "indicator"));
    if (!indicator.has_value() || !absl::SimpleAtoi(targets.Get(row, "numerator"), &least.numerator) ||
        !absl::SimpleAtoi(targets.Get(row, "denominator"), &least.denominator) || !least.applicable()) {
      return targets.Error(row, "a target is a fraction of an indicator");
    }
    target.indicator = *indicator;
    ASSIGN_OR_RETURN(target.from, targets.Day(row, "valid_from", kFirstDay));
    target.region = std::string(targets.Get(row, "region"));
    target.target.source = std::string(targets.Get(row, "source"));
    book.targets_.push_back(std::move(target));
  }
  return book;
}

std::vector<v1::OfficialAge> RateBook::LevelsOn(std::string_view region, absl::CivilDay on) const {
  std::vector<std::string> codes = path_(region);
  codes.emplace_back();  // the nation
  std::vector<v1::OfficialAge> levels;
  for (const std::string& code : codes) {
    std::optional<absl::CivilDay> newest;
    for (const v1::OfficialAge& age : ages_) {
      const absl::CivilDay from = DayOf(age.valid_from()).value_or(kFirstDay);
      if (age.region_code() == code && from <= on && (!newest.has_value() || *newest < from)) {
        newest = from;
      }
    }
    for (const v1::OfficialAge& age : ages_) {
      if (newest.has_value() && age.region_code() == code && DayOf(age.valid_from()) == newest) {
        levels.push_back(age);
      }
    }
    if (!levels.empty()) {
      break;
    }
  }
  return levels;
}

RateStatus RateBook::StatusOf(std::string_view status) const {
  const auto found = statuses_.find(status);
  return found == statuses_.end() ? RateStatus{Enrolled::kFull, CohortEnd::kNow} : found->second;
}

std::optional<RateTarget> RateBook::TargetOf(v1::RateIndicator indicator, std::string_view region,
                                             absl::CivilDay on) const {
  const auto* found = NewestInForce<TargetRow>(
      targets_, path_, region, on, [](const auto& row) { return std::string_view(row.region); },
      [&](const auto& row) { return row.indicator == indicator ? std::optional(row.from) : std::nullopt; });
  return found == nullptr ? std::nullopt : std::optional(found->target);
}

const v1::OfficialAge* FindLevel(absl::Span<const v1::OfficialAge> levels, v1::SchoolLevel level) {
  const auto found = std::find_if(levels.begin(), levels.end(), [&](const auto& one) { return one.level() == level; });
  return found == levels.end() ? nullptr : &*found;
}

v1::SchoolLevel LevelOf(absl::Span<const v1::OfficialAge> levels, std::string_view stage, std::string_view grade) {
  for (const v1::OfficialAge& level : levels) {
    const bool taught = std::find(level.stages().begin(), level.stages().end(), stage) != level.stages().end();
    const bool within = level.grades().empty() ||
                        std::find(level.grades().begin(), level.grades().end(), grade) != level.grades().end();
    if (taught && within) {
      return level.level();
    }
  }
  return v1::SCHOOL_LEVEL_UNSPECIFIED;
}

}  // namespace ruraledu::dropout_monitoring
