// Money is a signed 64-bit count of fen, 100 fen = 1 yuan; no floating point (DR-01).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace ruraledu {

enum class Sign { kNonNegative, kAny };

// Yuan as people write them (digest 7.6): "1250", "1,250.00", "312.5", full-width; commas only in groups of three; an
// optional sign. Errors: MONEY_FORMAT; MONEY_PRECISION (more than two decimals, zeros too); MONEY_NEGATIVE (below zero
// where `sign` forbids it); MONEY_RANGE (does not fit).
absl::StatusOr<int64_t> ParseFen(std::string_view text, Sign sign = Sign::kNonNegative);

// "1250.00", "-0.05"; for files and interfaces.
std::string FormatFen(int64_t fen);
// "1,250.00"; for people.
std::string FormatFenGrouped(int64_t fen);

// MONEY_RANGE instead of overflow.
absl::StatusOr<int64_t> AddFen(int64_t a_fen, int64_t b_fen);
absl::StatusOr<int64_t> MultiplyFen(int64_t fen, int64_t count);

// Splits an amount by basis points, the highest level of government first. Each share is rounded towards zero and the
// remainder of fen goes to the first, so the shares add up to the amount (2.10). Errors: SHARES_NOT_WHOLE unless the
// shares are each 0..10000 and add to exactly 10000.
absl::StatusOr<std::vector<int64_t>> SplitFen(int64_t fen, absl::Span<const int32_t> shares_bp);

}  // namespace ruraledu
