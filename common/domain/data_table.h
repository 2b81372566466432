// A small CSV file of reference data in memory: code lists, regions, calendars, rules. For files that people and other
// departments send, see common/ingest.
//
// Text: UTF-8, optional byte order mark, comma separated, one header line; a field may be quoted ("a ""b"", c"), quoted
// fields may span lines; CR LF or LF; empty lines are skipped. Errors are DATA_FILE{file, line, problem}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"

namespace ruraledu {

// The bounds that stand for "always" in dated data. Intervals are closed at the start and open at the end (DR-04).
inline constexpr absl::CivilDay kFirstDay(1, 1, 1);
inline constexpr absl::CivilDay kLastDay(9999, 12, 31);

class DataTable {
 public:
  // `name` appears in errors. Every column of `required` must be in the header; others may be. Each row must have as
  // many fields as the header. The cells point into `text`, which must outlive the table.
  static absl::StatusOr<DataTable> Parse(std::string_view name, std::string_view text,
                                         absl::Span<const std::string_view> required);

  size_t size() const { return lines_.size(); }
  absl::Span<const std::string_view> columns() const { return columns_; }
  // The position of a column, -1 when the file has none of that name.
  int Column(std::string_view column) const;
  // The cell; "" when `column` is -1.
  std::string_view Cell(size_t row, int column) const;
  std::string_view Get(size_t row, std::string_view column) const { return Cell(row, Column(column)); }
  // A day, or `absent` when the cell is empty or missing.
  absl::StatusOr<absl::CivilDay> Day(size_t row, std::string_view column, absl::CivilDay absent) const;
  // DATA_FILE with the line of `row`.
  absl::Status Error(size_t row, std::string_view problem) const;

 private:
  std::string name_;
  std::vector<std::string_view> columns_;
  std::vector<std::string_view> cells_;  // row by row
  std::vector<int> lines_;               // line number of each row
  std::vector<std::unique_ptr<std::string>> unquoted_;
};

}  // namespace ruraledu
