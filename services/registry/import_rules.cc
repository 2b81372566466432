#include "services/registry/import_rules.h"

#include <map>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/domain/data_table.h"

namespace ruraledu::registry {
namespace {

std::string PersonKey(const RowView& row) {
  const std::string id = PersonIdOfRow(row);
  if (!id.empty()) {
    return absl::StrCat("id:", id);
  }
  if (row.Has("student_number")) {
    return absl::StrCat("number:", row.Get("student_number"));
  }
  return absl::StrCat("name:", row.Get("name"), "|", row.Get("birth_date"), "|", row.Get("school_code"));
}

}  // namespace

std::string_view RowView::Get(std::string_view field) const {
  const auto found = values_.find(std::string(field));
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<absl::CivilDay> RowView::Day(std::string_view field) const {
  absl::CivilDay day;
  return ParseDay(Get(field), &day) ? std::optional(day) : std::nullopt;
}

int RowView::Int(std::string_view field) const {
  int value = 0;
  (void)absl::SimpleAtoi(Get(field), &value);
  return value;
}

std::string PersonIdOfRow(const RowView& row) {
  bool changed = false;
  std::string id = NormalizeNumber(row.Get("citizen_id"), &changed);
  const std::string_view certificate = row.Get("certificate_number");
  if (id.empty() && certificate.size() == 20 && row.Has("disability_kind")) {
    id = NormalizeNumber(certificate.substr(0, 18), &changed);
  }
  return id;
}

std::string RowKey(const ImportFacts& facts, const RowView& row) {
  switch (facts.source) {
    case v1::IMPORT_SOURCE_RURAL_REVITALISATION:
      return std::string(row.Get("household_number"));
    case v1::IMPORT_SOURCE_SCHOOLS:
      return SchoolCodeOf(row);
    case v1::IMPORT_SOURCE_CLASSES:
      return absl::StrCat(row.Get("school_code"), "|",
                          row.Has("school_year") ? row.Get("school_year") : facts.school_year, "|", row.Get("grade"),
                          "|", row.Get("class_name"));
    case v1::IMPORT_SOURCE_VILLAGES:
      return std::string(row.Get("village_code"));
    case v1::IMPORT_SOURCE_CALENDARS:
      return std::string(row.Get("date").substr(0, 4));
    default:
      return PersonKey(row);
  }
}

bool KeyHasManyRows(v1::ImportSource source) {
  return source == v1::IMPORT_SOURCE_RURAL_REVITALISATION || source == v1::IMPORT_SOURCE_CALENDARS ||
         source == v1::IMPORT_SOURCE_CIVIL_AFFAIRS || source == v1::IMPORT_SOURCE_DISABLED_FEDERATION ||
         source == v1::IMPORT_SOURCE_VETERANS;
}

RowIssue IssueOf(const absl::Status& status) {
  static const auto* const kFields =
      new std::map<std::string_view, std::string_view>{{"display_name", "name"},
                                                       {"id_number", "citizen_id"},
                                                       {"id_type", "id_kind"},
                                                       {"village", "village_code"},
                                                       {"township", "township_code"},
                                                       {"code", "school_code"},
                                                       {"urban_rural", "urban_rural_class"},
                                                       {"school_type", "school_kind"},
                                                       {"nutrition_pilot", "pilot_kind"},
                                                       {"relation", "relation_to_head"},
                                                       {"members", "relation_to_head"},
                                                       {"title_grade", "title_grade"}};
  RowIssue issue{"", ReasonOf(status)};
  const std::string path = FieldOf(status);
  if (path.empty()) {
    return issue;
  }
  // "student.student_numbers[0].number" -> "student_number"; "household.members[1].id_number" -> "citizen_id".
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  std::string last = parts.back().substr(0, parts.back().find('['));
  if (absl::StrContains(path, "student_numbers")) {
    last = "student_number";
  } else if (parts.size() == 3 && parts[1] == "disability") {
    last = absl::StrCat("disability_", parts[2]);
  }
  const auto found = kFields->find(last);
  issue.field = found == kFields->end() ? last : std::string(found->second);
  return issue;
}

absl::StatusOr<std::vector<ImportGuard>> ParseGuards(std::string_view file, std::string_view text) {
  static constexpr std::string_view kColumns[] = {"import_source", "guard", "limit_permille", "floor_rows", "source"};
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, kColumns));
  std::vector<ImportGuard> guards;
  for (size_t row = 0; row < table.size(); ++row) {
    ImportGuard guard{std::string(table.Get(row, "import_source")), std::string(table.Get(row, "guard"))};
    if (!EnumOf<v1::ImportSource>(guard.source).has_value() ||
        !absl::SimpleAtoi(table.Get(row, "limit_permille"), &guard.limit_permille) ||
        !absl::SimpleAtoi(table.Get(row, "floor_rows"), &guard.floor_rows)) {
      return table.Error(row, "unknown source, or a limit that is no number");
    }
    guards.push_back(std::move(guard));
  }
  return guards;
}

std::vector<std::string> GuardsThatHold(const std::vector<ImportGuard>& guards, v1::ImportSource source,
                                        const v1::ImportPreview& preview, int64_t present) {
  std::vector<std::string> held;
  for (const ImportGuard& guard : guards) {
    if (guard.source != EnumText(source)) {
      continue;
    }
    const bool missing = guard.guard == "MASS_DISAPPEARANCE";
    // A wrong row may name one of the missing: it never counts as a disappearance.
    const int64_t count = missing ? preview.missing() : preview.duplicates();
    const int64_t whole = missing ? present : preview.rows();
    if (count > guard.floor_rows && count * 1000 > whole * guard.limit_permille) {
      held.push_back(guard.guard);
    }
  }
  return held;
}

}  // namespace ruraledu::registry
