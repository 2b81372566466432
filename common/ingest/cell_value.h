// What the cells of departments' files mean (digest 7.6; the forms met are in the county profile, section 13).
//
// Every function gives the fault of a cell as its error (TEXT_UNMAPPABLE, TEXT_NUL, CELL_ERROR) before its own. No
// error holds the value: the caller puts it into RowError::original. A blank cell is "" or nullopt, never an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

// Free text, normalised (NormalizeText); a leading apostrophe of Excel is dropped.
absl::StatusOr<std::string> ParseText(const Cell& cell);

// A person's name: as ParseText, then NormalizeName (middle dots, blanks inside: "王 芳"). NAME_FORMAT.
absl::StatusOr<std::string> ParseName(const Cell& cell);

// ID numbers, student numbers, cards, telephone numbers, codes: full-width forms made half-width, blanks removed.
// EXCEL_PRECISION when Excel's number format lost digits: scientific notation (4.117E+17); a number cell of more than
// 15 digits; text of 17 or more digits whose 16th and all later significant digits are zero. (Text of 16 digits that
// ends in one zero is taken: every tenth card number does.)
absl::StatusOr<std::string> ParseId(const Cell& cell);

// 2023-09-01, 2023/9/1, 2015.9.1, 20230901, 2023年9月1日, each with a time of day that is dropped; Excel serial
// numbers of the 1900 system (of five digits when they are text). Years 1900 to 2199. DATE_INVALID.
absl::StatusOr<std::optional<absl::CivilDay>> ParseDate(const Cell& cell);

// 是/否, 有/无, yes/no, true/false, y/n, 1/0, √/×. A blank in a column of ticks means no: the caller knows. VALUE_BOOL.
absl::StatusOr<std::optional<bool>> ParseBool(const Cell& cell);

// Fen out of yuan: "1,250.00", "1250", "￥1250元", full-width, any sign. The errors of ParseFen: MONEY_FORMAT,
// MONEY_PRECISION (more than two decimals), MONEY_RANGE.
absl::StatusOr<std::optional<int64_t>> ParseMoneyFen(const Cell& cell);

// A whole number, with or without grouping commas. VALUE_INT.
absl::StatusOr<std::optional<int64_t>> ParseInt(const Cell& cell);

}  // namespace ruraledu::ingest
