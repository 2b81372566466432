#include "common/domain/data_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace ruraledu {
namespace {

// Walks over the fields of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  int line() const { return line_; }
  // True while the last field was followed by a comma.
  bool more() const { return more_; }
  bool SkipEmptyLine() {
    const size_t width = text_.substr(at_).starts_with("\r\n") ? 2 : text_.substr(at_).starts_with("\n");
    at_ += width;
    line_ += width > 0;
    return width > 0;
  }
  // The raw field without its quotes. False on a broken quotation.
  bool Field(std::string_view* field, bool* escaped) {
    *escaped = false;
    if (!done() && text_[at_] == '"') {
      if (!Quoted(field, escaped)) {
        return false;
      }
    } else {
      const size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
      *field = text_.substr(at_, end - at_);
      at_ = end;
      if (field->ends_with('\r')) {
        field->remove_suffix(1);
      }
    }
    return Separator();
  }

 private:
  bool Quoted(std::string_view* field, bool* escaped) {
    const size_t begin = ++at_;
    while (!done()) {
      line_ += text_[at_] == '\n';
      if (text_[at_] != '"') {
        ++at_;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        *escaped = true;
        at_ += 2;
      } else {
        *field = text_.substr(begin, at_++ - begin);
        return true;
      }
    }
    return false;
  }
  bool Separator() {
    more_ = !done() && text_[at_] == ',';
    if (more_) {
      ++at_;
      return true;
    }
    return done() || SkipEmptyLine();
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  bool more_ = false;
};

absl::Status Broken(std::string_view file, int line, std::string_view problem) {
  return Fail("DATA_FILE", {{"file", file}, {"line", absl::StrCat(line)}, {"problem", problem}});
}

}  // namespace

absl::StatusOr<DataTable> DataTable::Parse(std::string_view name, std::string_view text,
                                           absl::Span<const std::string_view> required) {
  DataTable table;
  table.name_ = std::string(name);
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  Cursor cursor(text);
  std::vector<std::string_view> row;
  while (!cursor.done()) {
    if (cursor.SkipEmptyLine()) {
      continue;
    }
    const int line = cursor.line();
    row.clear();
    do {
      bool escaped = false;
      std::string_view field;
      if (!cursor.Field(&field, &escaped)) {
        return Broken(name, line, "broken quotation");
      }
      if (escaped) {
        table.unquoted_.push_back(std::make_unique<std::string>(absl::StrReplaceAll(field, {{"\"\"", "\""}})));
        field = *table.unquoted_.back();
      }
      row.push_back(field);
    } while (cursor.more());
    if (table.columns_.empty()) {
      table.columns_ = row;
      continue;
    }
    if (row.size() != table.columns_.size()) {
      return Broken(name, line, absl::StrCat(row.size(), " fields, the header has ", table.columns_.size()));
    }
    table.cells_.insert(table.cells_.end(), row.begin(), row.end());
    table.lines_.push_back(line);
  }
  for (std::string_view column : required) {
    if (table.Column(column) < 0) {
      return Broken(name, 1, absl::StrCat("no column ", column));
    }
  }
  return table;
}

int DataTable::Column(std::string_view column) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] == column) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

std::string_view DataTable::Cell(size_t row, int column) const {
  return column < 0 ? std::string_view() : cells_[row * columns_.size() + static_cast<size_t>(column)];
}

absl::StatusOr<absl::CivilDay> DataTable::Day(size_t row, std::string_view column, absl::CivilDay absent) const {
  const std::string_view text = Get(row, column);
  absl::CivilDay day = absent;
  if (!text.empty() && !ParseDay(text, &day)) {
    return Error(row, absl::StrCat(column, " is not a day (YYYY-MM-DD)"));
  }
  return day;
}

absl::Status DataTable::Error(size_t row, std::string_view problem) const {
  return Broken(name_, lines_[row], problem);
}

}  // namespace ruraledu
