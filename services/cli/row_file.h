// A table that a person gives to a command: row by row with the headings of deploy/data/headers/<name>.csv.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/ingest/header_map.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {

class FileRow {
 public:
  FileRow(const ingest::HeaderSpec& spec, const std::vector<std::string>& values, int64_t line)
      : spec_(spec), values_(values), line_(line) {}
  // The value of a field of the headings in its canonical form, "" when the cell is empty or the column is missing.
  const std::string& operator[](std::string_view field) const {
    return values_[static_cast<size_t>(spec_.Field(field))];
  }
  // Of the file.
  int64_t line() const { return line_; }

 private:
  const ingest::HeaderSpec& spec_;
  const std::vector<std::string>& values_;
  const int64_t line_;
};

// Every row that is wrong is told with its line; IMPORT_HAS_ERRORS then.
absl::Status ReadRows(Session& session, std::string_view headings, const std::string& file,
                      absl::FunctionRef<absl::Status(const FileRow&)> take);

}  // namespace ruraledu::cli
