// One file as a department would send it: the table, and the quirks of its shape (county-profile 13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/lib/county/profile.h"
#include "tests/lib/county/random.h"

namespace ruraledu::testlib {

enum class ColumnKind { kText, kId, kDate, kYesNo };

struct Column {
  std::string_view field;  // name in deploy/data/headers
  ColumnKind kind;
  std::string_view group;                 // upper line of a two-line header
  std::vector<std::string_view> headers;  // the plain word first, then synonyms
};

enum class Encoding { kGb18030, kUtf8Bom, kUtf8 };
enum class DateShape { kIso, kSlash, kCompact, kSerial, kChinese };

struct SheetShape {
  bool xlsx = true;
  Encoding encoding = Encoding::kGb18030;
  DateShape dates = DateShape::kIso;
  bool title = false, footer = false, two_line_header = false, hidden_sheet = false, blank_line = false;
  bool synonyms = false, precision_ids = false, apostrophe_ids = false, dated_name = true, inline_strings = false;
  int yes_no = 0;  // 是/否, 1/0, √/blank
};

// Draws the shape of one file.
SheetShape DrawShape(const FaultRates& faults, Random random);

class Sheet {
 public:
  Sheet(const std::vector<Column>& columns, std::string title, SheetShape shape);

  // Cells in the order of the columns: days "YYYY-MM-DD", yes/no as "1" and "0". Returns the line of the row in the
  // file, counted from 1 with title, header and blank lines.
  int Add(std::vector<std::string> cells);
  // Whether the cell of an ID column written now loses its last digits (EXCEL_PRECISION).
  bool Ruins(std::string_view id) const;
  const SheetShape& shape() const { return shape_; }
  size_t size() const { return rows_.size(); }

  // Writes `<directory>/<stem>.xlsx` or `.csv` and returns the file name.
  absl::StatusOr<std::string> Write(const std::string& directory, const std::string& stem) const;

 private:
  std::vector<std::string> HeaderLine() const;
  std::string Formatted(size_t column, const std::string& cell) const;
  absl::Status WriteCsv(const std::string& path) const;
  absl::Status WriteXlsx(const std::string& path) const;
  template <typename Put>
  void EachLine(Put put) const;

  const std::vector<Column>& columns_;
  std::string title_;
  SheetShape shape_;
  std::vector<std::vector<std::string>> rows_;
  int next_line_;
};

}  // namespace ruraledu::testlib
