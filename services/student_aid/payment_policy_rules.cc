#include "services/student_aid/payment_policy_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kFewestDigits = 12, kMostDigits = 19;  // what any card of the world has (ISO/IEC 7812)
constexpr int kMostAnswerDays = 90;

// "12-31". A 29 February is none: it is not a day of every year.
absl::Status ReadMonthDay(const DataTable& table, size_t row, std::string_view column, int* month, int* day) {
  absl::CivilDay parsed;
  if (!ParseDay(absl::StrCat("2023-", table.Get(row, column)), &parsed)) {
    return table.Error(row, absl::StrCat(column, " is a day of every year, MM-DD"));
  }
  *month = parsed.month();
  *day = parsed.day();
  return absl::OkStatus();
}

absl::Status ReadCard(const DataTable& table, size_t row, PaymentRules* rules) {
  const auto number = [&](std::string_view column, size_t* to) {
    return absl::SimpleAtoi(table.Get(row, column), to) && *to >= kFewestDigits && *to <= kMostDigits;
  };
  if (!number("card_digits_from", &rules->card_digits_from) || !number("card_digits_to", &rules->card_digits_to) ||
      rules->card_digits_to < rules->card_digits_from) {
    return table.Error(row, "card_digits_from and card_digits_to are 12 to 19, in order");
  }
  const std::string_view check = table.Get(row, "card_check");
  rules->luhn = check == "LUHN";
  return rules->luhn || check == "NONE" ? absl::OkStatus() : table.Error(row, "card_check is LUHN or NONE");
}

absl::StatusOr<PaymentRules> ReadRow(const DataTable& table, size_t row) {
  PaymentRules rules{.region = std::string(table.Get(row, "region")), .source = std::string(table.Get(row, "source"))};
  if (!rules.region.empty() && rules.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  if (rules.source.empty()) {
    return table.Error(row, "a row needs a source");
  }
  const auto from = ParseTerm(table.Get(row, "from_term"));
  if (!from.ok()) {
    return table.Error(row, "from_term is a term");
  }
  rules.from = *from;
  RETURN_IF_ERROR(ReadMonthDay(table, row, "pay_by_autumn", &rules.autumn_month, &rules.autumn_day));
  RETURN_IF_ERROR(ReadMonthDay(table, row, "pay_by_spring", &rules.spring_month, &rules.spring_day));
  RETURN_IF_ERROR(ReadCard(table, row, &rules));
  if (!absl::SimpleAtoi(table.Get(row, "answer_days"), &rules.answer_days) || rules.answer_days < 1 ||
      rules.answer_days > kMostAnswerDays) {
    return table.Error(row, "answer_days is 1 to 90");
  }
  return rules;
}

}  // namespace

absl::StatusOr<std::vector<PaymentRules>> ParsePaymentRules(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("payment_rules.csv", text,
                                    {"region", "from_term", "pay_by_autumn", "pay_by_spring", "card_digits_from",
                                     "card_digits_to", "card_check", "answer_days", "label_zh", "source"}));
  std::vector<PaymentRules> all;
  std::set<std::pair<std::string, Term>> seen;
  bool nation = false;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(PaymentRules rules, ReadRow(table, row));
    if (!seen.emplace(rules.region, rules.from).second) {
      return table.Error(row, "the region stands twice in the term");
    }
    nation |= rules.region.empty();
    all.push_back(std::move(rules));
  }
  if (!nation) {
    return Fail("DATA_FILE", {{"file", "payment_rules.csv"}, {"line", "0"}, {"problem", "no row of the nation"}});
  }
  return all;
}

PaymentBook::PaymentBook(std::vector<PaymentRules> rules, RegionPath path)
    : rules_(std::move(rules)), path_(std::move(path)) {}

absl::StatusOr<const PaymentRules*> PaymentBook::InForce(std::string_view region, const Term& term) const {
  std::vector<std::string> path = path_(region);
  path.emplace_back();  // the nation
  for (const std::string& code : path) {
    const PaymentRules* found = nullptr;
    for (const PaymentRules& rules : rules_) {
      if (rules.region == code && rules.from <= term && (found == nullptr || found->from < rules.from)) {
        found = &rules;
      }
    }
    if (found != nullptr) {
      return found;
    }
  }
  return Fail("POLICY_MISSING", {{"region", region}, {"term", term.text()}});
}

absl::CivilDay PayBy(const PaymentRules& rules, const Term& term) {
  return term.season == Season::kAutumn ? absl::CivilDay(term.year.start, rules.autumn_month, rules.autumn_day)
                                        : absl::CivilDay(term.year.start + 1, rules.spring_month, rules.spring_day);
}

}  // namespace ruraledu::student_aid
