#include "services/student_aid/account_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/domain/text.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kHashDigits = 8;

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

template <typename Names>
bool IsAmong(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return NormalizeText(one) == name; });
}

bool IsHolderOfAll(const v1::AccountFacts& facts, const std::string& holder) {
  return IsAmong(facts.guardians(), holder) &&
         std::all_of(facts.shared_with().begin(), facts.shared_with().end(),
                     [&](const v1::SharedWith& other) { return IsAmong(other.guardians(), holder); });
}

}  // namespace

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

std::string CardDigits(std::string_view number) {
  std::string digits = NormalizeCode(number);
  digits.erase(std::remove(digits.begin(), digits.end(), ' '), digits.end());
  return digits;
}

int64_t CardHash(std::string_view digits) {
  int64_t hash = 0;
  for (const char digit : digits.substr(digits.size() > kHashDigits ? digits.size() - kHashDigits : 0)) {
    hash = hash * 10 + (digit - '0');
  }
  return hash;
}

std::vector<std::string> AccountReasons(const PaymentRules& rules, const v1::AccountFacts& facts) {
  const std::string digits = CardDigits(facts.card_number());
  if (digits.empty()) {
    return {"CARD_MISSING"};
  }
  std::vector<std::string> reasons;
  const bool length =
      AllDigits(digits) && digits.size() >= rules.card_digits_from && digits.size() <= rules.card_digits_to;
  if (!length) {
    reasons.emplace_back("CARD_LENGTH");
  } else if (rules.luhn && !PassesLuhn(digits)) {
    reasons.emplace_back("CARD_CHECK_DIGIT");
  }
  const std::string holder = NormalizeText(facts.card_holder());
  if (holder.empty() || (holder != NormalizeText(facts.pupil()) && !IsAmong(facts.guardians(), holder))) {
    reasons.emplace_back("CARD_HOLDER");
  }
  if (facts.shared_with_size() > 0 && !IsHolderOfAll(facts, holder)) {
    reasons.emplace_back("CARD_SHARED");
  }
  if (facts.refused_by_bank()) {
    reasons.emplace_back("CARD_REFUSED");
  }
  return reasons;
}

}  // namespace ruraledu::student_aid
