// Reads the tables that departments send (digest 7.6): CSV or TXT in GB18030 or UTF-8, XLSX and XLS, one row at a time
// with bounded memory whatever the size of the file.
//
// The kind is found from the content, never from the name. A file that is damaged, cut off or larger than a limit is
// refused with a reason; rows given before the refusal came out right, but the caller must drop them: only `false` from
// Next says that the whole file was read. A cell that cannot be read exactly has a `fault` and loses nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ingest/byte_source.h"

namespace ruraledu::ingest {

enum class FileKind { kText, kXlsx, kXls };

enum class CellKind {
  kEmpty,
  kText,
  kNumber,  // `text` is an integer without exponent when it is one below 10^15, else the digits as stored in the file
  kDate,    // `text` is YYYY-MM-DD, with " HH:MM:SS" when the cell has a time of day
  kBool,    // `text` is "1" or "0"
};

struct Cell {
  CellKind kind = CellKind::kEmpty;
  std::string text;        // UTF-8, as in the file: not trimmed, not normalised
  std::string_view fault;  // "" or TEXT_UNMAPPABLE, TEXT_NUL, CELL_ERROR; then `text` shows bad bytes as \xHH
};

struct Row {
  int64_t line = 0;  // of the file (text: line the row starts at; Excel: row number), from 1
  std::vector<Cell> cells;
};

struct TableLimits {
  int64_t file_bytes = int64_t{4} << 30;
  int64_t rows = 6'000'000;
  int columns = 512;
  int64_t row_bytes = 1 << 20;
  int64_t cell_bytes = 32'767 * 4;                 // Excel: 32,767 characters
  int64_t unpacked_bytes = int64_t{8} << 30;       // XLSX: all parts that are read
  int64_t unpack_ratio = 200;                      // XLSX: unpacked : packed of a part, above 1 MiB unpacked
  int64_t zip_entries = 10'000;                    // XLSX
  int64_t shared_strings = 20'000'000;             // XLSX
  int64_t shared_string_bytes = int64_t{1} << 30;  // XLSX: all shared strings
  int64_t shared_string_memory = 32 << 20;         // XLSX: of these in memory; more needs TableOptions::scratch
  int64_t xls_bytes = 128 << 20;                   // XLS: the file; the format itself ends at 65,536 rows
  int64_t xls_memory = int64_t{2} << 30;           // XLS: address space of the child process
  int xls_seconds = 60;                            // XLS: processor and wall time of the child process
};

// A file for what does not fit into memory. `cipher` is a stream cipher in place, keyed for this file only: it is
// applied on writing and again on reading at the same offset, so that no plain text reaches the disk.
struct Scratch {
  std::string directory;
  std::function<void(int64_t offset, char* data, size_t n)> cipher;
};

struct TableOptions {
  TableLimits limits;
  Scratch scratch;          // without a directory, tables above shared_string_memory are refused
  std::string xls_program;  // path of `ruraledu_xls`; "" looks beside the running program
};

class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual FileKind kind() const = 0;
  // Text: "UTF-8" or "GB18030". Excel: name of the sheet that is read (the first visible one).
  virtual std::string detail() const = 0;
  // The next row that has anything in it, or false after the last one of a complete file. `row` is reused: its strings
  // keep their capacity. After an error the reader gives that error again.
  // Errors: FILE_TRUNCATED, FILE_DAMAGED, FILE_XML_UNSAFE, FILE_UNREADABLE, ROW_TOO_LONG, CELL_TOO_LONG, TOO_MANY_ROWS,
  // TOO_MANY_COLUMNS, ZIP_BOMB.
  virtual absl::StatusOr<bool> Next(Row* row) = 0;
};

// Errors: those of Next, FILE_EMPTY, FILE_KIND_UNKNOWN, FILE_TOO_LARGE, FILE_ENCRYPTED, SHARED_STRINGS_TOO_LARGE,
// XLS_UNAVAILABLE.
absl::StatusOr<std::unique_ptr<TableReader>> OpenTable(std::unique_ptr<ByteSource> source,
                                                       const TableOptions& options = {});
absl::StatusOr<std::unique_ptr<TableReader>> OpenTable(const std::string& path, const TableOptions& options = {});

}  // namespace ruraledu::ingest
