// Finds the header line of a department's file and gives its rows by field (county profile, section 13): a title line
// above the header, headers of one or two lines, synonyms in Chinese and English in any order, lines of notes and
// totals at the end, merged cells whose value stands only in the first row.
//
// What a source's file looks like is data, deploy/data/headers/<source>.csv (UTF-8), one line per field:
//   field     name in the suite; "_note" holds the words that begin a line of notes, totals or signatures
//   required  yes: the column and a value in each row; column: the column; no
//   kind      text, name, id, date, money, bool, tick, int, or code:<list> of deploy/data/codes; "ignored": such files
//             have it and the suite does not keep it, so it is shown with the headers that nobody knows
//   synonyms  separated by |; the field's name itself is always one
//   class     PUBLIC, PERSONAL, IDENTIFIER or SENSITIVE (design 8)
//   carry     empty; "key": a blank cell means "the same as the row above" (merged cells), and then every blank field
//             with "yes" is carried too
//   source    where the field comes from
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/ingest/row_error.h"
#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

// kTick: a bool of a column that people tick; where the file has the column, a blank cell means no.
enum class ValueKind { kText, kName, kId, kDate, kMoney, kBool, kTick, kInt, kCode, kIgnored };
enum class DataClass { kPublic, kPersonal, kIdentifier, kSensitive };
enum class Carry { kNo, kYes, kKey };

struct FieldSpec {
  std::string name;
  bool required_column = false;
  bool required_value = false;
  ValueKind kind = ValueKind::kText;
  std::string list;  // kCode
  std::vector<std::string> synonyms;
  DataClass data_class = DataClass::kSensitive;
  Carry carry = Carry::kNo;
};

class HeaderSpec {
 public:
  // Errors: DATA_FILE (shape, unknown kind or class, one synonym for two fields).
  static absl::StatusOr<HeaderSpec> Parse(std::string_view name, std::string_view text);
  // `path`: deploy/data/headers/<source>.csv. Also DATA_FILE_UNREADABLE.
  static absl::StatusOr<HeaderSpec> Load(const std::string& path);

  absl::Span<const FieldSpec> fields() const { return fields_; }
  // Position of a field by name, -1 when there is none.
  int Field(std::string_view name) const;
  // Position of the field that a header means, -1. Case, blanks, stars, dashes and remarks in brackets do not matter.
  int Match(std::string_view header) const;
  absl::Span<const std::string> notes() const { return notes_; }

 private:
  std::vector<FieldSpec> fields_;
  std::vector<std::string> notes_;
  absl::flat_hash_map<std::string, int> by_key_;
};

struct MappedRow {
  int64_t line = 0;
  std::vector<Cell> values;  // one per field of the spec, empty where the file has no such column
  bool too_wide = false;     // the row has cells beyond the header (ROW_SHAPE)
};

struct MapOptions {
  bool refuse_extra = false;  // HEADER_EXTRA instead of ignoring columns that the source does not have
  int search_lines = 15;      // lines in which the header must be
};

class MappedTable {
 public:
  // Errors: those of the reader, FILE_EMPTY, HEADER_UNKNOWN, HEADER_MISSING (naming all), HEADER_DUPLICATE (naming
  // all), HEADER_EXTRA.
  static absl::StatusOr<MappedTable> Open(std::unique_ptr<TableReader> reader, HeaderSpec spec,
                                          MapOptions options = {});

  const HeaderSpec& spec() const { return spec_; }
  int64_t header_line() const { return header_line_; }
  // The header of a field as it stands in the file; the field's name when the file lacks the column.
  const std::string& header(int field) const { return headers_[static_cast<size_t>(field)]; }
  bool has(int field) const { return columns_[static_cast<size_t>(field)] >= 0; }
  // Headers that no field matches: ignored, to be shown in the preview.
  const std::vector<std::string>& extra() const { return extra_; }
  int64_t notes_skipped() const { return notes_; }

  // The next row of data. False at the end of a complete file. Errors: those of the reader.
  absl::StatusOr<bool> Next(MappedRow* row);

 private:
  MappedTable(std::unique_ptr<TableReader> reader, HeaderSpec spec)
      : reader_(std::move(reader)), spec_(std::move(spec)) {}
  absl::Status FindHeader(const MapOptions& options);
  absl::Status Bind(const std::vector<std::string>& labels, const std::vector<int>& matches, bool refuse_extra);
  absl::StatusOr<bool> Pull(Row* row);
  bool IsNote(const Row& row) const;
  bool IsLone(const Row& row) const;
  bool RepeatsHeader(const Row& row) const;
  void Map(const Row& row, MappedRow* out);

  std::unique_ptr<TableReader> reader_;
  HeaderSpec spec_;
  std::deque<Row> waiting_;
  std::deque<Row> ready_;
  std::vector<std::string> labels_, headers_, extra_;
  std::vector<int> columns_;  // column of each field, -1
  std::vector<Cell> carried_;
  int64_t header_line_ = 0, notes_ = 0;
};

// Every value of a row in its canonical text: text and name normalised, id as digits, date YYYY-MM-DD, money in fen,
// bool 1 or 0, int, code; "" for a blank cell. What cannot be read is "" and gives an error: that of the cell,
// VALUE_REQUIRED, ROW_SHAPE, CODE_UNKNOWN. `day` decides which version of a code list counts. Errors: CODE_LIST_UNKNOWN
// only.
absl::Status ParseRow(const MappedTable& table, const MappedRow& row, const CodeLists& lists, absl::CivilDay day,
                      std::vector<std::string>* values, std::vector<RowError>* errors);

}  // namespace ruraledu::ingest
