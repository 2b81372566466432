#include "services/registry/teacher_rules.h"

#include <functional>

#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::IsEmpty;

void AddService(v1::Teacher& teacher, google::type::Date from, std::optional<google::type::Date> to = std::nullopt) {
  v1::ServiceSpan* span = teacher.add_services();
  span->set_school("counties/411728/schools/s1");
  *span->mutable_valid_from() = from;
  if (to.has_value()) {
    *span->mutable_valid_to() = *to;
  }
}

v1::Teacher Teacher() {
  v1::Teacher teacher;
  teacher.set_display_name("李老师");
  teacher.set_id_number(IdOf("19850101"));
  teacher.set_post("TEACHER");
  teacher.set_title_grade("SENIOR");
  teacher.set_entry_channel("SPECIAL_POST");
  teacher.set_backbone_level("COUNTY");
  teacher.add_certificate_stages("PRI");
  return teacher;
}

std::vector<std::string> Violated(v1::Teacher teacher) {
  Violations violations;
  CheckTeacher(Checks(), "t", &teacher, &violations);
  return testlib::Violated(violations.status());
}

TEST(TeacherRules, Refusals) {
  struct Case {
    std::function<void(v1::Teacher&)> spoil;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&) {}, {}},
           {[](auto& t) { t.set_display_name(" "); }, {"t.display_name FIELD_REQUIRED"}},
           {[](auto& t) { t.set_id_number("411700198501010179"); }, {"t.id_number ID_CHECK"}},
           {[](auto& t) { t.clear_id_number(); }, {}},
           {[](auto& t) { *t.mutable_birth_date() = Day(1985, 2, 30); }, {"t.birth_date DATE_INVALID"}},
           {[](auto& t) { t.set_post("COOK"); }, {"t.post CODE_UNKNOWN"}},
           {[](auto& t) { t.set_title_grade("X"); }, {"t.title_grade CODE_UNKNOWN"}},
           {[](auto& t) { t.set_backbone_level("X"); }, {"t.backbone_level CODE_UNKNOWN"}},
           {[](auto& t) { t.set_entry_channel("X"); }, {"t.entry_channel CODE_UNKNOWN"}},
           {[](auto& t) { t.set_sex("x"); }, {"t.sex CODE_UNKNOWN"}},
           {[](auto& t) { t.set_certificate_stages(0, "X"); }, {"t.certificate_stages[0] CODE_UNKNOWN"}},
           {[](auto& t) { t.clear_services(); }, {"t.services FIELD_REQUIRED"}},
       }) {
    v1::Teacher teacher = Teacher();
    AddService(teacher, Day(2010, 9, 1));
    c.spoil(teacher);
    EXPECT_EQ(Violated(teacher), c.violated);
  }
}

// Newest first; an end is the first day no more.
TEST(TeacherRules, ServiceSpans) {
  struct Case {
    std::function<void(v1::Teacher&)> spans;
    std::vector<std::string> violated;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto& t) { AddService(t, Day(2020, 9, 1)), AddService(t, Day(2010, 9, 1), Day(2020, 9, 1)); }, {}},
           {[](auto& t) { AddService(t, Day(2020, 9, 1)), AddService(t, Day(2010, 9, 1), Day(2015, 9, 1)); }, {}},
           {[](auto& t) { AddService(t, Day(2020, 9, 1)), AddService(t, Day(2010, 9, 1), Day(2020, 9, 2)); },
            {"t.services[1] SPAN_ORDER"}},
           {[](auto& t) { AddService(t, Day(2020, 9, 1)), AddService(t, Day(2010, 9, 1)); },
            {"t.services[1] SPAN_ORDER"}},
           {[](auto& t) { AddService(t, Day(2010, 9, 1)), AddService(t, Day(2015, 9, 1), Day(2020, 9, 1)); },
            {"t.services[1] SPAN_ORDER"}},
           {[](auto& t) { AddService(t, Day(2020, 9, 1), Day(2020, 8, 31)); }, {"t.services[0] SPAN_ORDER"}},
           // An impossible day is refused, not moved to another one.
           {[](auto& t) { AddService(t, Day(2020, 2, 30)); }, {"t.services[0].valid_from DATE_INVALID"}},
           {[](auto& t) { AddService(t, Day(2020, 2, 1), Day(2021, 13, 1)); }, {"t.services[0].valid_to DATE_INVALID"}},
           {[](auto& t) { t.add_services(); }, {"t.services[0].valid_from FIELD_REQUIRED"}},
       }) {
    v1::Teacher teacher = Teacher();
    c.spans(teacher);
    EXPECT_EQ(Violated(teacher), c.violated);
  }
}

}  // namespace
}  // namespace ruraledu::registry
