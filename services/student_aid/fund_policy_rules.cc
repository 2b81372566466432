#include "services/student_aid/fund_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFile = "fund_rules.csv";
constexpr std::pair<std::string_view, FundRule> kNames[] = {
    {"PAY_OUT_DAYS", FundRule::kPayOutDays},         {"UNSPENT_YEARS", FundRule::kUnspentYears},
    {"LOAN_FLOOR_YUAN", FundRule::kLoanFloorYuan},   {"LOAN_LIVING", FundRule::kLoanLiving},
    {"LOAN_EXTRA_YEARS", FundRule::kLoanExtraYears}, {"LOAN_MOST_YEARS", FundRule::kLoanMostYears},
    {"LOAN_GRACE_YEARS", FundRule::kLoanGraceYears}, {"LOAN_BELOW_PRIME_BP", FundRule::kLoanBelowPrimeBp}};

absl::StatusOr<FundRules::Row> ReadRow(const DataTable& table, size_t row) {
  FundRules::Row read;
  const auto* const name = std::find_if(std::begin(kNames), std::end(kNames),
                                        [&](const auto& known) { return known.first == table.Get(row, "rule"); });
  if (name == std::end(kNames)) {
    return table.Error(row, "no such rule; they are listed in fund_policy_rules.h");
  }
  read.rule = name->second;
  read.region = std::string(table.Get(row, "region"));
  if (!read.region.empty() && read.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(read.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(read.until, table.Day(row, "until", kLastDay));
  if (!absl::SimpleAtoi(table.Get(row, "value"), &read.value) || read.value < 1 || read.value > 1000) {
    return table.Error(row, "a value is a number from 1 to 1000");
  }
  read.source = std::string(table.Get(row, "source"));
  if (read.source.empty() || read.until <= read.from) {
    return table.Error(row, "a row needs a source, and days in order");
  }
  return read;
}

}  // namespace

absl::StatusOr<FundRules> FundRules::Parse(std::string_view text, RegionPath path) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kFile, text, {"rule", "region", "from", "until", "value", "source"}));
  FundRules rules;
  rules.path_ = std::move(path);
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(const Row row, ReadRow(table, i));
    for (const Row& other : rules.rows_) {
      if (other.rule == row.rule && other.region == row.region && other.from < row.until && row.from < other.until) {
        return table.Error(i, "another row of the rule and region holds on one of its days");
      }
    }
    rules.rows_.push_back(row);
  }
  for (const auto& [name, rule] : kNames) {
    if (rules.Find(rule, "", kLastDay - 1) == nullptr) {
      return Fail("DATA_FILE",
                  {{"file", kFile}, {"line", "1"}, {"problem", "a rule without an open row of the nation"}});
    }
  }
  return rules;
}

const FundRules::Row* FundRules::Find(FundRule rule, std::string_view region, absl::CivilDay day) const {
  return NewestInForce<Row>(
      rows_, path_, region, day, [](const Row& row) -> const std::string& { return row.region; },
      [&](const Row& row) { return row.rule == rule && day < row.until ? std::optional(row.from) : std::nullopt; });
}

int32_t FundRules::OverAgeYear(std::string_view region, absl::CivilDay day) const {
  const Row* row = Find(FundRule::kUnspentYears, region, day);
  return row == nullptr ? 0 : static_cast<int32_t>(day.year()) - row->value;
}

}  // namespace ruraledu::student_aid
