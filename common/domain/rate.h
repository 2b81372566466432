// Exact rates (DR-03): a fraction until shown, compared exactly, percent with two decimals rounded half up; a zero
// denominator is "not applicable", never 0 % or 100 %.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruraledu {

struct Rate {
  int64_t numerator = 0;
  int64_t denominator = 0;  // >= 0; 0 = not applicable

  bool applicable() const { return denominator > 0; }
  // numerator > denominator.
  bool over_one() const { return applicable() && numerator > denominator; }
};

// a ? b by value (1/2 equals 2/4); unordered when one is not applicable.
std::partial_ordering Compare(const Rate& a, const Rate& b);

// "97.53%"; nullopt when not applicable. 1/3 -> "33.33%", 12345/1000000 -> "1.23%", 1/16 -> "6.25%".
std::optional<std::string> PercentText(const Rate& rate);

enum class RateKind {
  kGross,         // gross enrolment: may exceed 100 %
  kRawRetention,  // above 100 %: flag NET_INFLOW
  kShare,         // adjusted retention, coverage: numerator within denominator, above 100 % is a data error
};

// "" or the flag that goes with the shown rate: NET_INFLOW, RATE_OVER_100 (data error), NOT_APPLICABLE.
std::string_view RateFlag(const Rate& rate, RateKind kind);

enum class TargetDirection { kAtLeast, kAtMost };
enum class TargetState { kMet, kMissed, kNotApplicable };

// Compares with the exact value, never with the shown one.
TargetState CompareToTarget(const Rate& rate, const Rate& target, TargetDirection direction);

}  // namespace ruraledu
