#include "common/domain/money.h"

#include <numeric>

#include "absl/algorithm/container.h"
#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/domain/full_width.h"

namespace ruraledu {
namespace {

constexpr int kWhole = 10000;

bool AllDigits(std::string_view text) {
  return absl::c_all_of(text, absl::ascii_isdigit);
}

// "1,250" -> "1250"; "" when the commas do not stand in groups of three.
std::string Ungroup(std::string_view text) {
  if (text.find(',') == std::string_view::npos) {
    return std::string(text);
  }
  std::string digits(text.substr(0, text.find(',')));
  if (digits.empty() || digits.size() > 3) {
    return "";
  }
  for (text.remove_prefix(digits.size()); !text.empty(); text.remove_prefix(4)) {
    if (text.size() < 4 || text[0] != ',') {
      return "";
    }
    digits += text.substr(1, 3);
  }
  return digits;
}

}  // namespace

absl::StatusOr<int64_t> ParseFen(std::string_view text, Sign sign) {
  std::string half = ToHalfWidth(text);
  absl::StripAsciiWhitespace(&half);
  std::string_view rest = half;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) {
    rest.remove_prefix(1);
  }
  const size_t point = std::min(rest.find('.'), rest.size());
  const std::string yuan = Ungroup(rest.substr(0, point));
  const std::string_view decimals = point < rest.size() ? rest.substr(point + 1) : std::string_view();
  if (yuan.empty() || !AllDigits(yuan) || !AllDigits(decimals) || (point < rest.size() && decimals.empty())) {
    return Fail("MONEY_FORMAT");
  }
  if (decimals.size() > 2) {
    return Fail("MONEY_PRECISION");
  }
  absl::int128 fen = 0;
  for (char c : absl::StrCat(yuan, decimals, std::string(2 - decimals.size(), '0'))) {
    fen = fen * 10 + (c - '0');
    if (fen > INT64_MAX) {
      return Fail("MONEY_RANGE");
    }
  }
  if (negative && fen != 0 && sign == Sign::kNonNegative) {
    return Fail("MONEY_NEGATIVE");
  }
  return static_cast<int64_t>(negative ? -fen : fen);
}

std::string FormatFen(int64_t fen) {
  const uint64_t size = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  return absl::StrFormat("%s%d.%02d", fen < 0 ? "-" : "", size / 100, size % 100);
}

std::string FormatFenGrouped(int64_t fen) {
  std::string text = FormatFen(fen);
  const size_t first = fen < 0 ? 1 : 0;
  for (size_t at = text.size() - 3; at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

absl::StatusOr<int64_t> AddFen(int64_t a_fen, int64_t b_fen) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a_fen, b_fen, &sum)) {
    return Fail("MONEY_RANGE");
  }
  return sum;
}

absl::StatusOr<int64_t> MultiplyFen(int64_t fen, int64_t count) {
  int64_t product = 0;
  if (__builtin_mul_overflow(fen, count, &product)) {
    return Fail("MONEY_RANGE");
  }
  return product;
}

absl::StatusOr<std::vector<int64_t>> SplitFen(int64_t fen, absl::Span<const int32_t> shares_bp) {
  const bool within = absl::c_all_of(shares_bp, [](int32_t share) { return 0 <= share && share <= kWhole; });
  const int64_t sum = std::accumulate(shares_bp.begin(), shares_bp.end(), int64_t{0});
  if (!within || sum != kWhole) {
    return Fail("SHARES_NOT_WHOLE", {{"sum", absl::StrCat(sum)}});
  }
  std::vector<int64_t> parts;
  int64_t left = fen;
  for (int32_t share : shares_bp) {
    parts.push_back(static_cast<int64_t>(absl::int128(fen) * share / kWhole));
    left -= parts.back();
  }
  parts.front() += left;
  return parts;
}

}  // namespace ruraledu
