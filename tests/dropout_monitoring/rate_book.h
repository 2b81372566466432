// The shipped tables of rates, and pupils in short, for the tests of rates and cohorts.
#pragma once

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "gtest/gtest.h"
#include "services/dropout_monitoring/cohort_rules.h"
#include "services/dropout_monitoring/rate_rules.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {

inline RateFiles ShippedRateFiles() {
  return {ShippedFile("policies/dropout_monitoring/official_ages.csv"),
          ShippedFile("policies/dropout_monitoring/rate_statuses.csv"),
          ShippedFile("policies/dropout_monitoring/rate_targets.csv")};
}
inline const RateBook& ShippedRates() {
  static const auto* const book = new RateBook(*RateBook::Parse(ShippedRateFiles(), RegionPathByDigits));
  return *book;
}
inline const TermCalendar& ShippedTerms() {
  static const auto* const terms =
      new TermCalendar(*TermCalendar::Parse("term-calendar.csv", ShippedFile("data/term-calendar.csv")));
  return *terms;
}

// "s1 1 2015, s2 2 2016-10-08 2017-03-01": school, grade, first day ("2015" is 1 September), first day no more.
inline std::vector<GradeSpan> Spans(std::string_view text) {
  std::vector<GradeSpan> spans;
  for (const std::string_view one : absl::StrSplit(text, ", ", absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(one, ' ');
    int grade = 0;
    const bool number = absl::SimpleAtoi(parts[1], &grade);
    GradeSpan span{parts[0], !number ? "PRE" : grade <= 6 ? "PRI" : grade <= 9 ? "JUN" : "HS", parts[1], {}, {}};
    EXPECT_TRUE(ParseDay(parts[2].size() == 4 ? parts[2] + "-09-01" : parts[2], &span.from)) << one;
    absl::CivilDay to;
    if (parts.size() > 3 && ParseDay(parts[3], &to)) span.to = to;
    spans.push_back(span);
  }
  return spans;
}

}  // namespace ruraledu::dropout_monitoring
