#include "services/student_aid/mirror_lines.h"

#include <cstdlib>

#include "common/base/error.h"
#include "services/student_aid/mirror_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kMostLines = 200000;  // of one file: a county has fewer pupils

class Reading {
 public:
  Reading(const MirrorParts& parts, const v1::MirrorExport& exported, const v1::MirrorLayout& layout,
          const ingest::MappedTable& table)
      : parts_(parts), export_(exported), layout_(layout), table_(table) {}

  absl::Status Take(const ingest::MappedRow& row) {
    ++read.count;
    std::vector<ingest::RowError> errors;
    RETURN_IF_ERROR(ingest::ParseRow(table_, row, parts_.mirror.lists(), parts_.host.clock.Today(), &values_, &errors));
    for (const ingest::RowError& error : errors) {
      AddError(error.line, error.column, error.code);
    }
    if (!errors.empty()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckExport());
    const auto [field, reason] = WrongField();
    if (field.empty()) {
      AddLine(row.line);
    } else {
      AddError(row.line, table_.header(table_.spec().Field(field)), reason);
    }
    return absl::OkStatus();
  }

  MirrorLines read;

 private:
  const std::string& Value(std::string_view field) const {
    return values_[static_cast<size_t>(table_.spec().Field(field))];
  }

  absl::Status CheckExport() const {
    const std::string& reference = Value("reference");
    const bool other_term = ParseTerm(Value("term")).ok() && Value("term") != export_.term();
    const bool other_export = reference.starts_with(kMirrorReference) && reference != export_.reference();
    return other_term || other_export ? Fail("MIRROR_FEEDBACK_EXPORT", {{"expected", export_.reference()}})
                                      : absl::OkStatus();
  }

  // What the values of a line must be beside their form.
  std::pair<std::string_view, std::string_view> WrongField() const {
    if (Value("citizen_id").empty() && Value("student_number").empty()) {
      return {"citizen_id", "VALUE_REQUIRED"};
    }
    if (!Value("term").empty() && !ParseTerm(Value("term")).ok()) {
      return {"term", "TERM_FORMAT"};
    }
    if (!HasProject(layout_, Value("project"))) {
      return {"project", "CODE_UNKNOWN"};
    }
    return {"", ""};
  }

  void AddLine(int64_t number) {
    MirrorLine& line = read.lines.emplace_back();
    line.number = number;
    line.project = Value("project");
    line.school_code = Value("school_code");
    line.digests = DigestsOfPaper(parts_.host.keys, Value("citizen_id"), Value("student_number"));
    line.fen = std::strtoll(Value("amount").c_str(), nullptr, 10);
    line.level = static_cast<int32_t>(std::strtol(Value("level").c_str(), nullptr, 10));
  }

  void AddError(int64_t line, const std::string& column, std::string_view reason) {
    v1::MirrorLineError& error = read.errors.emplace_back();
    error.set_line(line);
    error.set_column(column);
    error.set_reason(std::string(reason));
  }

  const MirrorParts& parts_;
  const v1::MirrorExport& export_;
  const v1::MirrorLayout& layout_;
  const ingest::MappedTable& table_;
  std::vector<std::string> values_;
};

}  // namespace

absl::StatusOr<MirrorLines> ReadMirrorLines(const MirrorParts& parts, std::unique_ptr<ingest::ByteSource> content,
                                            const v1::MirrorExport& exported, const v1::MirrorLayout& layout) {
  ingest::TableOptions options;
  options.limits.rows = kMostLines;
  ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(std::move(content), options));
  ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), parts.feedback));
  Reading reading(parts, exported, layout, table);
  ingest::MappedRow row;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next(&row));
    if (!more) {
      return std::move(reading.read);
    }
    RETURN_IF_ERROR(reading.Take(row));
  }
}

}  // namespace ruraledu::student_aid
