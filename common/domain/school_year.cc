#include "common/domain/school_year.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu {
namespace {

constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2200;

std::optional<SchoolYear> ReadYear(std::string_view text) {
  int start = 0, end = 0;
  const bool shape = text.size() == 9 && text[4] == '-' && text.find_first_not_of("0123456789-") == text.npos &&
                     absl::SimpleAtoi(text.substr(0, 4), &start) && absl::SimpleAtoi(text.substr(5), &end);
  if (!shape || start < kFirstYear || start > kLastYear || end != start + 1) {
    return std::nullopt;
  }
  return SchoolYear{start};
}

int Index(const Term& term) {
  return term.year.start * 2 + static_cast<int>(term.season) - 1;
}

int FullMonths(absl::CivilDay birth, absl::CivilDay on) {
  const int months = static_cast<int>((on.year() - birth.year()) * 12) + on.month() - birth.month();
  return months - (on.day() < birth.day());
}

}  // namespace

std::string SchoolYear::text() const {
  return absl::StrCat(start, "-", start + 1);
}

std::string Term::text() const {
  return absl::StrCat(year.text(), "-", static_cast<int>(season));
}

Term Term::Plus(int terms) const {
  const int index = Index(*this) + terms;
  return {{index / 2}, index % 2 == 0 ? Season::kAutumn : Season::kSpring};
}

int TermsBetween(const Term& from, const Term& to) {
  return Index(to) - Index(from);
}

std::array<Term, 2> TermsOfBudgetYear(int year) {
  return {Term{{year - 1}, Season::kSpring}, Term{{year}, Season::kAutumn}};
}

absl::StatusOr<SchoolYear> ParseSchoolYear(std::string_view text) {
  const auto year = ReadYear(text);
  return year ? absl::StatusOr<SchoolYear>(*year) : Fail("SCHOOL_YEAR_FORMAT", {{"year", text.substr(0, 20)}});
}

absl::StatusOr<Term> ParseTerm(std::string_view text) {
  const auto year = ReadYear(text.substr(0, 9));
  if (!year || text.size() != 11 || text[9] != '-' || (text[10] != '1' && text[10] != '2')) {
    return Fail("TERM_FORMAT", {{"term", text.substr(0, 20)}});
  }
  return Term{*year, text[10] == '1' ? Season::kAutumn : Season::kSpring};
}

absl::StatusOr<TermCalendar> TermCalendar::Parse(std::string_view file, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(file, text, {"term", "first_day", "census", "cut_off", "source"}));
  TermCalendar calendar;
  bool seen[2] = {false, false};
  for (size_t row = 0; row < table.size(); ++row) {
    const std::string_view name = table.Get(row, "term");
    const bool season = name == "autumn" || name == "spring";
    std::array<absl::CivilDay, 3> days;
    constexpr std::string_view kDays[] = {"first_day", "census", "cut_off"};
    for (size_t i = 0; i < days.size(); ++i) {
      const std::string_view cell = table.Get(row, kDays[i]);
      // A common year, so that a season cannot name 29 February.
      if (!ParseDay(season ? absl::StrCat("2023-", cell) : std::string(cell), &days[i]) || days[i] < days[0] ||
          (i > 0 && days[i] < days[i - 1])) {
        return table.Error(row, absl::StrCat(kDays[i], " is not a day in order"));
      }
    }
    if (season) {
      const size_t index = name == "spring";
      const auto month_day = [](absl::CivilDay day) { return MonthDay{day.month(), day.day()}; };
      calendar.seasons_[index] = {month_day(days[0]), month_day(days[1]), month_day(days[2])};
      seen[index] = true;
      continue;
    }
    const auto term = ParseTerm(name);
    if (!term.ok() || !calendar.departures_.emplace(*term, TermDates{days[0], days[1], days[2]}).second) {
      return table.Error(row, "term is not autumn, spring or a term, or is given twice");
    }
  }
  if (!seen[0] || !seen[1]) {
    return Fail("DATA_FILE", {{"file", file}, {"line", "1"}, {"problem", "rows autumn and spring are required"}});
  }
  for (const auto& [term, dates] : calendar.departures_) {
    if (dates.first_day <= calendar.FirstDay(term.Previous()) || calendar.FirstDay(term.Next()) <= dates.cut_off) {
      return Fail("DATA_FILE", {{"file", file}, {"line", "1"}, {"problem", absl::StrCat(term.text(), " overlaps")}});
    }
  }
  return calendar;
}

TermDates TermCalendar::DatesOf(const Term& term) const {
  if (const auto found = departures_.find(term); found != departures_.end()) {
    return found->second;
  }
  const Season_& season = seasons_[term.season == Season::kSpring];
  const auto day = [&](const MonthDay& date) { return absl::CivilDay(term.BudgetYear(), date.month, date.day); };
  return {day(season.first_day), day(season.census), day(season.cut_off)};
}

Term TermCalendar::TermOf(absl::CivilDay day) const {
  Term term{{static_cast<int>(day.year())}, Season::kSpring};  // late enough; walk back to the term that has begun
  while (day < FirstDay(term)) {
    term = term.Previous();
  }
  return term;
}

int64_t HalfOfAnnualFen(int64_t annual_fen, Season season) {
  const int64_t spring = annual_fen / 2;
  return season == Season::kSpring ? spring : annual_fen - spring;
}

int FullYears(absl::CivilDay birth, absl::CivilDay on) {
  const bool reached = on.month() > birth.month() || (on.month() == birth.month() && on.day() >= birth.day());
  return static_cast<int>(on.year() - birth.year()) - !reached;
}

int SchoolAge(absl::CivilDay birth, const SchoolYear& year) {
  return FullYears(birth, absl::CivilDay(year.start, 8, 31));
}

int HalfYears(absl::CivilDay birth, absl::CivilDay on) {
  const int months = FullMonths(birth, on);
  return months >= 0 ? months / 6 : -((5 - months) / 6);
}

}  // namespace ruraledu
