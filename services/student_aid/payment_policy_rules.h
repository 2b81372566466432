// What a jurisdiction says about payment (digest 2.7): the last day of each term (DR-23), what a card looks
// like, and how long a bank may be silent.
//
// The file is <policies>/student_aid/payment_rules.csv; a county adds rows of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/school_year.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

struct PaymentRules {
  std::string region;  // 12 digits; "" is the nation
  Term from;           // first term in which it holds; it ends with the next row of the region
  int autumn_month = 0, autumn_day = 0, spring_month = 0, spring_day = 0;
  size_t card_digits_from = 0, card_digits_to = 0;
  bool luhn = false;
  int answer_days = 0;  // calendar days after which a batch that was sent is unanswered
  std::string source;
};

// Columns region,from_term,pay_by_autumn,pay_by_spring,card_digits_from,card_digits_to,card_check,answer_days,label_zh,
// source.
// DATA_FILE with the line for what is no day "MM-DD", a range that is empty or wider than 12 to 19 digits, a check that
// is neither LUHN nor NONE, days that are not 1 to 90, a missing source, a region twice in one term, and without a row
// of the nation.
absl::StatusOr<std::vector<PaymentRules>> ParsePaymentRules(std::string_view text);

// The rules of a deployment. Immutable; safe for many threads.
class PaymentBook {
 public:
  explicit PaymentBook(std::vector<PaymentRules> rules, RegionPath path = RegionPathByDigits);

  // The row of the lowest region that has one in the term. POLICY_MISSING.
  absl::StatusOr<const PaymentRules*> InForce(std::string_view region, const Term& term) const;

 private:
  std::vector<PaymentRules> rules_;
  RegionPath path_;
};

// DR-23: the last day on which a payment of the term is in time.
absl::CivilDay PayBy(const PaymentRules& rules, const Term& term);

// Whether the bank's answer to what was handed to it on a day is late (DR-06: that day does not count).
inline bool IsUnanswered(const PaymentRules& rules, absl::CivilDay sent_on, absl::CivilDay today) {
  return today > sent_on + rules.answer_days;
}

}  // namespace ruraledu::student_aid
