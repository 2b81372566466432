// School years and terms (DR-02, DR-08, DR-09, DR-10, DR-21). All dates are civil days in Asia/Shanghai.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace ruraledu {

// "2023-2024". Years 1900..2200.
struct SchoolYear {
  int start = 0;  // 2023

  std::string text() const;
  friend auto operator<=>(const SchoolYear&, const SchoolYear&) = default;
};

enum class Season { kAutumn = 1, kSpring = 2 };

// "2023-2024-1" is the autumn, "2023-2024-2" the spring term. Ordered by time.
struct Term {
  SchoolYear year;
  Season season = Season::kAutumn;

  std::string text() const;
  Term Next() const { return Plus(1); }
  Term Previous() const { return Plus(-1); }
  Term Plus(int terms) const;
  // The calendar year whose budget pays the term: Y = spring of (Y-1)-Y and autumn of Y-(Y+1) (DR-02).
  int BudgetYear() const { return season == Season::kAutumn ? year.start : year.start + 1; }
  friend auto operator<=>(const Term&, const Term&) = default;
};

// Terms from `from` to `to`; negative when `to` is earlier.
int TermsBetween(const Term& from, const Term& to);
// The autumn of `year` and the spring before it, in order of time.
std::array<Term, 2> TermsOfBudgetYear(int year);

// Strict. Errors: SCHOOL_YEAR_FORMAT, TERM_FORMAT.
absl::StatusOr<SchoolYear> ParseSchoolYear(std::string_view text);
absl::StatusOr<Term> ParseTerm(std::string_view text);

struct TermDates {
  absl::CivilDay first_day;  // DR-02: 1 Sep, 1 Mar
  absl::CivilDay census;     // DR-21: 30 Sep, 31 Mar
  absl::CivilDay cut_off;    // DR-10: 30 Nov, 31 May; same-term entry of M1-M3 up to and on this day
};

// The dates of terms as data, per jurisdiction: one row per season, and rows of single terms that depart from it.
class TermCalendar {
 public:
  // CSV with the columns term,first_day,census,cut_off,source. `term` is "autumn" or "spring" with dates "MM-DD" (both
  // rows must be there), or a term "2023-2024-1" with full dates. Within a term first_day <= census <= cut_off, and
  // terms follow each other. Errors: DATA_FILE.
  static absl::StatusOr<TermCalendar> Parse(std::string_view file, std::string_view text);

  TermDates DatesOf(const Term& term) const;
  absl::CivilDay FirstDay(const Term& term) const { return DatesOf(term).first_day; }
  absl::CivilDay CensusDate(const Term& term) const { return DatesOf(term).census; }
  absl::CivilDay CutOff(const Term& term) const { return DatesOf(term).cut_off; }
  // The day before the next term begins: holidays belong to the term before them.
  absl::CivilDay LastDay(const Term& term) const { return FirstDay(term.Next()) - 1; }
  Term TermOf(absl::CivilDay day) const;
  SchoolYear SchoolYearOf(absl::CivilDay day) const { return TermOf(day).year; }

 private:
  struct MonthDay {
    int month = 1, day = 1;
  };
  struct Season_ {
    MonthDay first_day, census, cut_off;
  };

  std::array<Season_, 2> seasons_;
  absl::btree_map<Term, TermDates> departures_;
};

// An amount per pupil and school year in two equal halves; an odd fen goes to the autumn (DR-02). Amount >= 0.
int64_t HalfOfAnnualFen(int64_t annual_fen, Season season);

// Full years on a day. Somebody born on 29 February turns older on 1 March of other years. Negative before birth.
int FullYears(absl::CivilDay birth, absl::CivilDay on);
// Full years on 31 August of the year in which the school year starts (DR-08).
int SchoolAge(absl::CivilDay birth, const SchoolYear& year);
// Exact age floored to half years, as a count of half years: 10 years 5 months 29 days -> 20, 10 years 6 months -> 21
// (DR-09). A month is full on the same day of a later month, or on the day after a month that lacks it.
int HalfYears(absl::CivilDay birth, absl::CivilDay on);

}  // namespace ruraledu
