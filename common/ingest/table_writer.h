// Writes tables for people: CSV and XLSX, with the guard of digest 7.6 against formulas.
//
// Guard: a text that starts with = + - @ or TAB gets a leading apostrophe; a value typed as a number never does. (CR is
// guarded too: a spreadsheet skips it before it looks for a formula.) In XLSX every text is a text cell, which Excel
// does not compute; the apostrophe is written all the same, for the day the sheet is saved as CSV.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace ruraledu::ingest {

// One value of an exported row. IDs, cards and codes are texts, so that no digit is lost.
struct OutCell {
  enum class Kind { kText, kInteger, kMoney, kDate };
  static OutCell Text(std::string_view text) { return {Kind::kText, std::string(text), 0, {}}; }
  static OutCell Integer(int64_t number) { return {Kind::kInteger, {}, number, {}}; }
  static OutCell MoneyFen(int64_t fen) { return {Kind::kMoney, {}, fen, {}}; }
  static OutCell Date(absl::CivilDay day) { return {Kind::kDate, {}, 0, day}; }

  Kind kind = Kind::kText;
  std::string text;
  int64_t number = 0;  // kInteger; kMoney in fen, shown as yuan with two decimals
  absl::CivilDay day;
};

enum class OutFormat { kCsvUtf8, kCsvGb18030, kXlsx };  // kCsvUtf8 starts with a byte order mark

class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // TOO_MANY_ROWS beyond what a sheet holds (XLSX: 1,048,576), CELL_TOO_LONG (XLSX: 32,767 characters),
  // FILE_UNWRITABLE. Texts are valid UTF-8.
  virtual absl::Status Write(const std::vector<OutCell>& row) = 0;
  // Completes the file; without it the file is not to be used. FILE_UNWRITABLE.
  virtual absl::Status Close() = 0;
};

// Starts the file with the header line. FILE_UNWRITABLE when it cannot be made. `scratch` is where XLSX keeps its parts
// while it is written, "" the system's place.
absl::StatusOr<std::unique_ptr<TableWriter>> CreateTable(const std::string& path, OutFormat format,
                                                         const std::vector<std::string>& header,
                                                         const std::string& scratch = "");

// The guard alone.
std::string GuardFormula(std::string_view text);

}  // namespace ruraledu::ingest
