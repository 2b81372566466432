#include "services/registry/teacher_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/names.h"

namespace ruraledu::registry {
namespace {

void CheckServices(const v1::Teacher& teacher, const std::string& field, Violations* violations) {
  std::optional<absl::CivilDay> newer_from;
  for (int i = 0; i < teacher.services_size(); ++i) {
    const std::string at = absl::StrCat(field, ".services[", i, "]");
    const auto from = DayOf(teacher.services(i).valid_from(), at + ".valid_from", violations);
    const auto to = DayOf(teacher.services(i).valid_to(), at + ".valid_to", violations);
    violations->Require(teacher.services(i).has_valid_from(), at + ".valid_from");
    const bool overlaps = newer_from.has_value() && (!to.has_value() || *to > *newer_from);
    if ((from.has_value() && to.has_value() && *to < *from) || overlaps) {
      violations->Add(at, "SPAN_ORDER");
      return;
    }
    newer_from = from;
  }
}

}  // namespace

void CheckTeacher(const StudentChecks& checks, std::string_view field, v1::Teacher* teacher, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  const auto name = NormalizeName(teacher->display_name());
  if (name.ok()) {
    teacher->set_display_name(*name);
  }
  violations->Require(name.ok() && !name->empty(), at("display_name"));
  const auto birth = DayOf(teacher->birth_date(), at("birth_date"), violations);
  if (!teacher->id_number().empty()) {
    CitizenIdCheck check = CheckCitizenId(teacher->id_number(), {birth}, checks.provinces, checks.today);
    if (check.ok()) {
      teacher->set_id_number(check.number);
    } else {
      violations->Add(at("id_number"), check.error);
    }
  }
  const auto code = [&](std::string_view list, const std::string& value, const std::string& path) {
    const CodeList* found = checks.codes.Find(list);
    if (!value.empty() && (found == nullptr || found->Find(value, checks.today) == nullptr)) {
      violations->Add(path, "CODE_UNKNOWN", {{"list", list}});
    }
  };
  code("title_grade", teacher->title_grade(), at("title_grade"));
  code("teacher_entry_channel", teacher->entry_channel(), at("entry_channel"));
  code("sex", teacher->sex(), at("sex"));
  code("teacher_post", teacher->post(), at("post"));
  code("backbone_level", teacher->backbone_level(), at("backbone_level"));
  for (int i = 0; i < teacher->certificate_stages_size(); ++i) {
    code("stage", teacher->certificate_stages(i), at(absl::StrCat("certificate_stages[", i, "]")));
  }
  violations->Require(!teacher->services().empty(), at("services"));
  CheckServices(*teacher, std::string(field), violations);
}

}  // namespace ruraledu::registry
