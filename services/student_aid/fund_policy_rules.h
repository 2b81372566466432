// The numbers of fund management as data: <policies>/student_aid/fund_rules.csv, dated, per region, with their sources.
//
//   PAY_OUT_DAYS   days after its arrival within which money is to be paid out
//   UNSPENT_YEARS  budget years, its own included, after which what is left of an allotment goes back to the treasury
//
// Those of loans (2.4), ceilings excepted, which are standards:
//
//   LOAN_FLOOR_YUAN     least amount of a school year, in yuan
//   LOAN_LIVING         1: what the ceiling leaves above tuition and accommodation may be used for living
//   LOAN_EXTRA_YEARS    years of repayment beyond the study
//   LOAN_MOST_YEARS     years of the whole loan at most
//   LOAN_GRACE_YEARS    years after the study in which no principal is due
//   LOAN_BELOW_PRIME_BP basis points by which interest lies below the five-year prime rate
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

enum class FundRule {
  kPayOutDays,
  kUnspentYears,
  kLoanFloorYuan,
  kLoanLiving,
  kLoanExtraYears,
  kLoanMostYears,
  kLoanGraceYears,
  kLoanBelowPrimeBp,
};

class FundRules {
 public:
  struct Row {
    FundRule rule = FundRule::kPayOutDays;
    std::string region;          // 12 digits; "" is the nation
    absl::CivilDay from, until;  // closed, open
    int32_t value = 0;
    std::string source;
  };

  // CSV with the columns rule,region,from,until,value,source. DATA_FILE for a rule that nobody knows, a region that is
  // none, a value below 1, a missing source, two rows of a rule and region that hold on one day, and a rule without an
  // open row of the nation.
  static absl::StatusOr<FundRules> Parse(std::string_view text, RegionPath path = RegionPathByDigits);

  // The row of the lowest region that has one on the day; nullptr before the first one of the nation.
  const Row* Find(FundRule rule, std::string_view region, absl::CivilDay day) const;

  // The last budget year whose money is to be given back on the day: with 2 years, 2022 from 1 January 2024 on; 0:
  // none.
  int32_t OverAgeYear(std::string_view region, absl::CivilDay day) const;

 private:
  std::vector<Row> rows_;
  RegionPath path_;
};

}  // namespace ruraledu::student_aid
