#include "services/dropout_monitoring/profile_rules.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kRegionDigits = 12;

absl::StatusOr<int32_t> NumberIn(const DataTable& table, size_t row, std::string_view column) {
  int32_t number = 0;
  if (!absl::SimpleAtoi(table.Get(row, column), &number) || number < 0 || number > 400) {
    return table.Error(row, absl::StrCat(column, " is a number of days from 0 to 400"));
  }
  return number;
}

absl::Status CheckProfile(const DataTable& table, size_t row, const v1::AbsenceProfile& profile) {
  if (profile.code().empty() || profile.source().empty()) {
    return table.Error(row, "a profile needs a code and a source");
  }
  int32_t before = 0;
  for (const int32_t run : {profile.warn_run(), profile.visit_run(), profile.suspected_run()}) {
    if (run != 0 && run < before) {
      return table.Error(row, "a higher step is not reached before a lower one");
    }
    before = std::max(before, run);
  }
  if (profile.stable_days() == 0 || profile.no_record_days() == 0 ||
      profile.window_days() < std::max(before, profile.stable_days())) {
    return table.Error(row, "no_record_days and stable_days are at least 1, window_days reaches back to every step");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::AbsenceProfile>> ReadProfiles(const std::string& text) {
  using Set = void (v1::AbsenceProfile::*)(int32_t);
  static constexpr std::pair<std::string_view, Set> kDays[] = {
      {"warn_run", &v1::AbsenceProfile::set_warn_run},
      {"visit_run", &v1::AbsenceProfile::set_visit_run},
      {"suspected_run", &v1::AbsenceProfile::set_suspected_run},
      {"no_record_days", &v1::AbsenceProfile::set_no_record_days},
      {"stable_days", &v1::AbsenceProfile::set_stable_days},
      {"window_days", &v1::AbsenceProfile::set_window_days},
      {"not_served_days", &v1::AbsenceProfile::set_not_served_days}};
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("absence_profiles.csv", text,
                                    {"profile", "warn_run", "visit_run", "suspected_run", "no_record_days",
                                     "stable_days", "window_days", "not_served_days", "label_zh", "source"}));
  std::vector<v1::AbsenceProfile> profiles;
  for (size_t row = 0; row < table.size(); ++row) {
    v1::AbsenceProfile& profile = profiles.emplace_back();
    profile.set_code(std::string(table.Get(row, "profile")));
    profile.set_name(absl::StrCat("absenceProfiles/", profile.code()));
    profile.set_label_zh(std::string(table.Get(row, "label_zh")));
    profile.set_source(std::string(table.Get(row, "source")));
    for (const auto& [column, set] : kDays) {
      ASSIGN_OR_RETURN(const int32_t days, NumberIn(table, row, column));
      (profile.*set)(days);
    }
    RETURN_IF_ERROR(CheckProfile(table, row, profile));
  }
  std::sort(profiles.begin(), profiles.end(), [](const auto& a, const auto& b) { return a.code() < b.code(); });
  const auto twice = std::adjacent_find(profiles.begin(), profiles.end(),
                                        [](const auto& a, const auto& b) { return a.code() == b.code(); });
  if (twice != profiles.end()) {
    return Fail("DATA_FILE", {{"file", "absence_profiles.csv"}, {"line", "0"}, {"problem", twice->code() + " twice"}});
  }
  return profiles;
}

absl::Status ReadCumulative(const std::string& text, std::vector<v1::AbsenceProfile>* profiles) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("absence_cumulative.csv", text,
                                    {"profile", "step", "absent_days", "of_last", "least_marked", "source"}));
  for (size_t row = 0; row < table.size(); ++row) {
    const auto profile = std::find_if(profiles->begin(), profiles->end(),
                                      [&](const auto& one) { return one.code() == table.Get(row, "profile"); });
    const auto step = EnumOf<v1::AbsenceStep>(table.Get(row, "step")).value_or(v1::ABSENCE_STEP_UNSPECIFIED);
    if (profile == profiles->end() || step == v1::ABSENCE_STEP_UNSPECIFIED) {
      return table.Error(row, "a rule needs a profile of absence_profiles.csv and a step");
    }
    v1::CumulativeRule* rule = profile->add_cumulative();
    rule->set_step(step);
    ASSIGN_OR_RETURN(const int32_t absent, NumberIn(table, row, "absent_days"));
    ASSIGN_OR_RETURN(const int32_t of_last, NumberIn(table, row, "of_last"));
    ASSIGN_OR_RETURN(const int32_t least, NumberIn(table, row, "least_marked"));
    rule->set_absent_days(absent);
    rule->set_of_last(of_last);
    rule->set_least_marked(least);
    rule->set_source(std::string(table.Get(row, "source")));
    if (absent == 0 || absent > of_last || least > of_last || of_last > profile->window_days() ||
        rule->source().empty()) {
      return table.Error(row,
                         "absent_days and least_marked lie within of_last, that within window_days; with a source");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ProfileInForce> ReadRegion(const DataTable& table, size_t row) {
  v1::ProfileInForce held;
  held.set_region_code(std::string(table.Get(row, "region")));
  held.set_profile(std::string(table.Get(row, "profile")));
  held.set_source(std::string(table.Get(row, "source")));
  held.set_stage(std::string(table.Get(row, "stage")));
  held.set_grade(std::string(table.Get(row, "grade")));
  if (held.stage().empty() && !held.grade().empty()) {
    return table.Error(row, "a grade is one of a stage");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "valid_from", kFirstDay));
  ASSIGN_OR_RETURN(const absl::CivilDay to, table.Day(row, "valid_to", kLastDay));
  if ((!held.region_code().empty() && held.region_code().size() != kRegionDigits) || held.source().empty() ||
      to <= from) {
    return table.Error(row, "a region has 12 digits, empty is the nation; days are in order; with a source");
  }
  *held.mutable_valid_from() = DateOf(from);
  if (to != kLastDay) {
    *held.mutable_valid_to() = DateOf(to);
  }
  return held;
}

ClassKind KindOf(const v1::ProfileInForce& held) {
  return {held.stage(), held.grade()};
}

bool Holds(const v1::ProfileInForce& held, absl::CivilDay day) {
  return DayOf(held.valid_from()).value_or(kLastDay) <= day && day < DayOf(held.valid_to()).value_or(kLastDay);
}

}  // namespace

absl::StatusOr<ProfileBook> ProfileBook::Parse(const ProfileFiles& files, RegionPath path) {
  ProfileBook book;
  book.path_ = std::move(path);
  ASSIGN_OR_RETURN(book.profiles_, ReadProfiles(files.profiles));
  RETURN_IF_ERROR(ReadCumulative(files.cumulative, &book.profiles_));
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("absence_regions.csv", files.regions,
                                    {"region", "stage", "grade", "valid_from", "valid_to", "profile", "source"}));
  bool nation = false;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(const v1::ProfileInForce held, ReadRegion(table, row));
    const bool overlaps = std::any_of(book.in_force_.begin(), book.in_force_.end(), [&](const auto& other) {
      return other.region_code() == held.region_code() && KindOf(other) == KindOf(held) &&
             (Holds(other, *DayOf(held.valid_from())) || Holds(held, *DayOf(other.valid_from())));
    });
    if (overlaps || !book.Named(held.profile()).ok()) {
      return table.Error(row, "a region has one profile of absence_profiles.csv at a time for a class");
    }
    nation |= held.region_code().empty() && held.stage().empty();
    book.in_force_.push_back(held);
  }
  if (!nation) {
    return Fail("DATA_FILE", {{"file", "absence_regions.csv"},
                              {"line", "0"},
                              {"problem", "a row for the nation and every class is missing"}});
  }
  std::sort(book.in_force_.begin(), book.in_force_.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.region_code(), KindOf(a), *DayOf(a.valid_from())) <
           std::tuple(b.region_code(), KindOf(b), *DayOf(b.valid_from()));
  });
  return book;
}

absl::StatusOr<const v1::AbsenceProfile*> ProfileBook::Named(std::string_view code) const {
  for (const v1::AbsenceProfile& profile : profiles_) {
    if (profile.code() == code) {
      return &profile;
    }
  }
  return Fail("PROFILE_UNKNOWN", {{"profile", code}});
}

absl::StatusOr<const v1::AbsenceProfile*> ProfileBook::InForce(std::string_view region, const ClassKind& of,
                                                               absl::CivilDay day) const {
  std::vector<std::string> path = path_(region);
  path.emplace_back();  // the nation
  for (const std::string& code : path) {
    for (const ClassKind& kind : {of, ClassKind{of.stage, ""}, ClassKind{}}) {
      const auto found = std::find_if(in_force_.begin(), in_force_.end(), [&](const v1::ProfileInForce& held) {
        return held.region_code() == code && KindOf(held) == kind && Holds(held, day);
      });
      if (found != in_force_.end()) {
        return Named(found->profile());
      }
    }
  }
  return Fail("PROFILE_MISSING", {{"region", region}});
}

int32_t ProfileBook::longest_window() const {
  int32_t longest = 0;
  for (const v1::AbsenceProfile& profile : profiles_) {
    longest = std::max(longest, profile.window_days());
  }
  return longest;
}

}  // namespace ruraledu::dropout_monitoring
