#include "common/domain/rate.h"

#include "absl/numeric/int128.h"
#include "absl/strings/str_format.h"

namespace ruraledu {

std::partial_ordering Compare(const Rate& a, const Rate& b) {
  if (!a.applicable() || !b.applicable()) {
    return std::partial_ordering::unordered;
  }
  const absl::int128 left = absl::int128(a.numerator) * b.denominator;
  const absl::int128 right = absl::int128(b.numerator) * a.denominator;
  return left < right ? std::partial_ordering::less
                      : (right < left ? std::partial_ordering::greater : std::partial_ordering::equivalent);
}

std::optional<std::string> PercentText(const Rate& rate) {
  if (!rate.applicable()) {
    return std::nullopt;
  }
  // Hundredths of a percent, half up: floor((2 * 10000 n + d) / 2d).
  const absl::int128 above = absl::int128(rate.numerator) * 20000 + rate.denominator;
  const absl::int128 below = absl::int128(rate.denominator) * 2;
  absl::int128 hundredths = above / below;
  if (above < 0 && hundredths * below != above) {
    hundredths -= 1;
  }
  const absl::int128 size = hundredths < 0 ? -hundredths : hundredths;
  // A percentage of int64 over 1 does not fit 64 bits; whole and decimals are printed apart.
  const auto whole = static_cast<absl::uint128>(size / 100);
  return absl::StrFormat("%s%s.%02d%%", hundredths < 0 ? "-" : "", absl::StrFormat("%d", whole),
                         static_cast<int>(size % 100));
}

std::string_view RateFlag(const Rate& rate, RateKind kind) {
  if (!rate.applicable()) {
    return "NOT_APPLICABLE";
  }
  if (!rate.over_one() || kind == RateKind::kGross) {
    return "";
  }
  return kind == RateKind::kRawRetention ? "NET_INFLOW" : "RATE_OVER_100";
}

TargetState CompareToTarget(const Rate& rate, const Rate& target, TargetDirection direction) {
  const std::partial_ordering order = Compare(rate, target);
  if (order == std::partial_ordering::unordered) {
    return TargetState::kNotApplicable;
  }
  const bool met = direction == TargetDirection::kAtLeast ? order >= 0 : order <= 0;
  return met ? TargetState::kMet : TargetState::kMissed;
}

}  // namespace ruraledu
