#include "common/ingest/header_map.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/domain/text.h"
#include "common/ingest/cell_value.h"
#include "common/ingest/formats.h"

namespace ruraledu::ingest {
namespace {

constexpr size_t kHeldLines = 8;  // notes at the end of a file are no longer

struct Candidate {
  size_t last = 0;  // index of the last line of the header
  std::vector<std::string> labels;
  std::vector<int> matches;  // field of each column, -1
  int fields = 0;            // how many different fields
};

std::vector<std::string> Labels(const Row& row) {
  std::vector<std::string> labels;
  for (const Cell& cell : row.cells) {
    labels.push_back(cell.fault.empty() ? NormalizeText(cell.text) : "");
  }
  return labels;
}

int CountFields(std::vector<int> matches) {
  std::sort(matches.begin(), matches.end());
  auto end = std::unique(matches.begin(), matches.end());
  return static_cast<int>(std::count_if(matches.begin(), end, [](int field) { return field >= 0; }));
}

Candidate OneLine(const HeaderSpec& spec, const Row& row, size_t index) {
  Candidate candidate{index, Labels(row), {}, 0};
  for (const std::string& label : candidate.labels) {
    candidate.matches.push_back(label.empty() ? -1 : spec.Match(label));
  }
  candidate.fields = CountFields(candidate.matches);
  return candidate;
}

// "监护人信息" over "姓名" reads as 监护人姓名.
std::string Group(std::string label) {
  for (std::string_view word : {"基本信息", "信息", "情况", "资料"}) {
    size_t at = label.rfind(word);
    if (at != std::string::npos && at + word.size() == label.size()) {
      label.resize(at);
    }
  }
  return label;
}

// A group label stands in the first of its merged columns: it is carried to the right over blanks that have a label
// below.
Candidate TwoLines(const HeaderSpec& spec, const Row& top, const Row& bottom, size_t index) {
  std::vector<std::string> upper = Labels(top), lower = Labels(bottom);
  Candidate candidate{index, {}, {}, 0};
  std::string group;
  for (size_t i = 0; i < std::max(upper.size(), lower.size()); ++i) {
    std::string over = i < upper.size() ? upper[i] : "", under = i < lower.size() ? lower[i] : "";
    group = over.empty() ? group : over;
    int match = -1;
    if (under.empty()) {
      match = over.empty() ? -1 : spec.Match(over);
    } else {
      match = spec.Match(Group(group) + under);
      match = match >= 0 ? match : spec.Match(under);
    }
    candidate.labels.push_back(under.empty() ? over : over.empty() && group.empty() ? under : group + under);
    candidate.matches.push_back(match);
  }
  candidate.fields = CountFields(candidate.matches);
  return candidate;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text.append(text.empty() ? "" : ", ").append(part);
  }
  return text;
}

size_t CountFilled(const Row& row) {
  return static_cast<size_t>(
      std::count_if(row.cells.begin(), row.cells.end(), [](const Cell& cell) { return !IsBlank(cell); }));
}

}  // namespace

absl::StatusOr<MappedTable> MappedTable::Open(std::unique_ptr<TableReader> reader, HeaderSpec spec,
                                              MapOptions options) {
  MappedTable table(std::move(reader), std::move(spec));
  RETURN_IF_ERROR(table.FindHeader(options));
  return table;
}

absl::Status MappedTable::FindHeader(const MapOptions& options) {
  std::vector<Row> rows;
  for (Row row; rows.size() < static_cast<size_t>(options.search_lines);) {
    ASSIGN_OR_RETURN(bool more, reader_->Next(&row));
    if (!more) {
      break;
    }
    rows.push_back(row);
  }
  if (rows.empty()) {
    return Fail("FILE_EMPTY");
  }
  Candidate best;
  for (size_t i = 0; i < rows.size(); ++i) {
    Candidate one = OneLine(spec_, rows[i], i);
    if (one.fields > best.fields) {
      best = std::move(one);
    }
    if (i > 0) {
      Candidate two = TwoLines(spec_, rows[i - 1], rows[i], i);
      if (two.fields > best.fields) {
        best = std::move(two);
      }
    }
  }
  auto required = std::count_if(spec_.fields().begin(), spec_.fields().end(),
                                [](const FieldSpec& field) { return field.required_column; });
  if (best.fields == 0 || best.fields < std::min<int64_t>(2, required) || best.fields * 3 < required) {
    return Fail("HEADER_UNKNOWN", {{"lines", std::to_string(options.search_lines)}});
  }
  header_line_ = rows[best.last].line;
  for (size_t i = best.last + 1; i < rows.size(); ++i) {
    waiting_.push_back(std::move(rows[i]));
  }
  return Bind(best.labels, best.matches, options.refuse_extra);
}

absl::Status MappedTable::Bind(const std::vector<std::string>& labels, const std::vector<int>& matches,
                               bool refuse_extra) {
  columns_.assign(spec_.fields().size(), -1);
  for (const FieldSpec& field : spec_.fields()) {
    headers_.push_back(field.name);
  }
  std::vector<std::string> twice, missing;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (matches[i] < 0) {
      if (!labels[i].empty()) {
        extra_.push_back(labels[i]);
      }
      continue;
    }
    auto field = static_cast<size_t>(matches[i]);
    if (columns_[field] >= 0) {
      twice.push_back(labels[i]);
    }
    columns_[field] = static_cast<int>(i);
    headers_[field] = labels[i];
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const FieldSpec& field = spec_.fields()[i];
    if (columns_[i] < 0 && field.required_column) {
      missing.push_back(field.synonyms.empty() ? field.name : field.synonyms[0]);
    }
  }
  if (!twice.empty()) {
    return Fail("HEADER_DUPLICATE", {{"columns", Join(twice)}});
  }
  if (!missing.empty()) {
    return Fail("HEADER_MISSING", {{"columns", Join(missing)}});
  }
  if (refuse_extra && !extra_.empty()) {
    return Fail("HEADER_EXTRA", {{"columns", Join(extra_)}});
  }
  labels_ = labels;
  carried_.resize(columns_.size());
  return absl::OkStatus();
}

absl::StatusOr<bool> MappedTable::Pull(Row* row) {
  if (waiting_.empty()) {
    return reader_->Next(row);
  }
  *row = std::move(waiting_.front());
  waiting_.pop_front();
  return true;
}

absl::StatusOr<bool> MappedTable::Next(MappedRow* out) {
  // A line with a single cell may be a note at the end or a row of data that lost the rest: it waits in ready_ until
  // the file shows which.
  Row row;
  while (ready_.empty() || (ready_.size() < kHeldLines && IsLone(ready_.back()))) {
    ASSIGN_OR_RETURN(bool more, Pull(&row));
    if (!more) {
      notes_ += static_cast<int64_t>(ready_.size());
      ready_.clear();
      return false;
    }
    if (IsNote(row) || RepeatsHeader(row)) {
      ++notes_;
    } else {
      ready_.push_back(std::move(row));
    }
  }
  Map(ready_.front(), out);
  ready_.pop_front();
  return true;
}

bool MappedTable::IsLone(const Row& row) const {
  auto columns = std::count_if(columns_.begin(), columns_.end(), [](int column) { return column >= 0; });
  return columns > 2 && CountFilled(row) == 1;
}

bool MappedTable::IsNote(const Row& row) const {
  auto first = std::find_if(row.cells.begin(), row.cells.end(), [](const Cell& cell) { return !IsBlank(cell); });
  if (first == row.cells.end()) {
    return true;
  }
  std::string text = NormalizeCode(first->text);
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  auto word = std::find_if(spec_.notes().begin(), spec_.notes().end(),
                           [&](const std::string& note) { return text.compare(0, note.size(), note) == 0; });
  if (word == spec_.notes().end() || text.size() <= word->size() + 1) {
    return word != spec_.notes().end();  // the word alone, "合 计" or "合计:", is never data
  }
  int64_t required = 0, filled = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto column = static_cast<size_t>(columns_[i]);
    required += spec_.fields()[i].required_value ? 1 : 0;
    filled += spec_.fields()[i].required_value && column < row.cells.size() && !IsBlank(row.cells[column]) ? 1 : 0;
  }
  return filled < required || required == 0;
}

// Long tables are often pasted together with their headers.
bool MappedTable::RepeatsHeader(const Row& row) const {
  return row.cells.size() <= labels_.size() && !row.cells.empty() && Labels(row).front() == labels_.front() &&
         CountFilled(row) > 1 &&
         std::equal(row.cells.begin(), row.cells.end(), labels_.begin(),
                    [](auto& cell, auto& label) { return NormalizeText(cell.text) == label; });
}

void MappedTable::Map(const Row& row, MappedRow* out) {
  out->line = row.line;
  out->values.resize(columns_.size());
  out->too_wide = false;
  for (size_t i = labels_.size(); i < row.cells.size(); ++i) {
    out->too_wide = out->too_wide || !IsBlank(row.cells[i]);
  }
  bool same = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto column = static_cast<size_t>(columns_[i]);
    out->values[i] = column < row.cells.size() ? row.cells[column] : Cell();
    same = same || (spec_.fields()[i].carry == Carry::kKey && columns_[i] >= 0 && IsBlank(out->values[i]));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (spec_.fields()[i].carry == Carry::kNo) {
      continue;
    }
    if (same && IsBlank(out->values[i])) {
      out->values[i] = carried_[i];
    }
    carried_[i] = out->values[i];
  }
}

namespace {

template <typename Value>
absl::StatusOr<std::string> Show(const absl::StatusOr<std::optional<Value>>& value, std::string (*show)(Value)) {
  RETURN_IF_ERROR(value.status());
  return value->has_value() ? show(**value) : std::string();
}

absl::StatusOr<std::string> Canonical(const FieldSpec& field, const Cell& cell, const CodeList* list,
                                      absl::CivilDay day) {
  using Text = absl::StatusOr<std::string>;
  switch (field.kind) {
    case ValueKind::kText:
    case ValueKind::kIgnored:  // no field of a spec has it
      return ParseText(cell);
    case ValueKind::kName:
      return ParseName(cell);
    case ValueKind::kId:
      return ParseId(cell);
    case ValueKind::kDate:
      return Show<absl::CivilDay>(ParseDate(cell), [](absl::CivilDay value) {
        return absl::StrFormat("%04d-%02d-%02d", value.year(), value.month(), value.day());
      });
    case ValueKind::kMoney:
      return Show<int64_t>(ParseMoneyFen(cell), [](int64_t fen) { return std::to_string(fen); });
    case ValueKind::kBool:
    case ValueKind::kTick:
      return Show<bool>(ParseBool(cell), [](bool value) { return std::string(value ? "1" : "0"); });
    case ValueKind::kInt:
      return Show<int64_t>(ParseInt(cell), [](int64_t value) { return std::to_string(value); });
    case ValueKind::kCode: {
      Text text = ParseText(cell);
      return text.ok() && !text->empty() ? list->CodeOf(*text, day) : text;
    }
  }
  return std::string();
}

}  // namespace

absl::Status ParseRow(const MappedTable& table, const MappedRow& row, const CodeLists& lists, absl::CivilDay day,
                      std::vector<std::string>* values, std::vector<RowError>* errors) {
  absl::Span<const FieldSpec> fields = table.spec().fields();
  values->resize(fields.size());
  if (row.too_wide) {
    errors->push_back({row.line, "", "", "ROW_SHAPE", ""});
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    const FieldSpec& field = fields[i];
    const CodeList* list = nullptr;
    if (field.kind == ValueKind::kCode) {
      ASSIGN_OR_RETURN(list, lists.Get(field.list));
    }
    auto value = Canonical(field, row.values[i], list, day);
    std::string& text = (*values)[i];
    text = value.ok() ? *std::move(value) : "";
    if (value.ok() && text.empty() && field.kind == ValueKind::kTick && table.has(static_cast<int>(i))) {
      text = "0";
    }
    std::string reason =
        value.ok() ? (field.required_value && text.empty() ? "VALUE_REQUIRED" : "") : ReasonOf(value.status());
    if (!reason.empty()) {
      errors->push_back({row.line, table.header(static_cast<int>(i)), field.name, reason, row.values[i].text});
    }
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::ingest
