// Teachers: service spans, the area of the present one, masks.
#include <functional>

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class TeacherHandlersTest : public RegistryTest {
 protected:
  void SetUp() override { school = Must(Create(School())); }
  absl::StatusOr<v1::Teacher> Update(const v1::Teacher& teacher, const std::vector<std::string>& mask) {
    v1::UpdateTeacherRequest request;
    *request.mutable_teacher() = teacher;
    *request.mutable_update_mask()->mutable_paths() = {mask.begin(), mask.end()};
    request.set_request_id(NextRequest());
    return Call("UpdateTeacher", request, &Handlers::UpdateTeacher);
  }
  absl::StatusOr<v1::ListTeachersResponse> List(const std::string& school_name) {
    v1::ListTeachersRequest request;
    request.set_parent(kParent);
    request.set_school(school_name);
    return Call("ListTeachers", request, &Handlers::ListTeachers);
  }
  v1::School school;
};

TEST_F(TeacherHandlersTest, ATeacherIsMaskedAndInTheAreaOfThePresentSchool) {
  const v1::Teacher teacher = Must(Create(Teacher(school)));
  EXPECT_EQ(teacher.area(), school.area());
  EXPECT_TRUE(teacher.masked());
  EXPECT_THAT(teacher.ShortDebugString(), Not(HasSubstr(Id("19850101", 21))));
  v1::GetTeacherRequest get;
  get.set_name(teacher.name());
  EXPECT_EQ(Must(Call("GetTeacher", get, &Handlers::GetTeacher)).SerializeAsString(), teacher.SerializeAsString());
  get.set_unmask(true);
  const auto as = [&](const std::string& role, const std::string& purpose) {
    return CallAs(Somebody(role, "411728", purpose), "GetTeacher", get, &Handlers::GetTeacher, purpose);
  };
  EXPECT_EQ(ReasonOf(as("SCHOOL_REGISTRAR", "STAFFING").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as("COUNTY_REGISTRAR", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(Must(as("COUNTY_REGISTRAR", "STAFFING")).id_number(), Id("19850101", 21));
  get.set_name(absl::StrCat(kParent, "/teachers/none"));
  EXPECT_EQ(ReasonOf(Call("GetTeacher", get, &Handlers::GetTeacher).status()), "NOT_FOUND");
}

TEST_F(TeacherHandlersTest, EachReasonOfARefusedTeacher) {
  const auto violated = [&](const std::function<void(v1::Teacher&)>& spoil) {
    v1::Teacher teacher = Teacher(school);
    spoil(teacher);
    return testlib::Violated(Create(teacher).status());
  };
  EXPECT_THAT(violated([](auto& t) { t.clear_display_name(); }), ElementsAre("teacher.display_name FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& t) { t.set_id_number("411700198501010219"); }), SizeIs(1));
  EXPECT_THAT(violated([](auto& t) { t.set_title_grade("BEST"); }), ElementsAre("teacher.title_grade CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& t) { t.set_post("COOK"); }), ElementsAre("teacher.post CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& t) { t.set_backbone_level("WORLD"); }),
              ElementsAre("teacher.backbone_level CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& t) { t.set_entry_channel("DOOR"); }),
              ElementsAre("teacher.entry_channel CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& t) { t.add_certificate_stages("UNI"); }),
              ElementsAre("teacher.certificate_stages[1] CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& t) { t.clear_services(); }), ElementsAre("teacher.services FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& t) { t.mutable_services(0)->mutable_valid_from()->set_month(13); }),
              ElementsAre("teacher.services[0].valid_from DATE_INVALID"));
  EXPECT_THAT(
      violated([](auto& t) { *t.mutable_services(0)->mutable_valid_to() = DateOf(absl::CivilDay(2009, 1, 1)); }),
      ElementsAre("teacher.services[0] SPAN_ORDER"));
  v1::Teacher nowhere = Teacher(school);
  nowhere.mutable_services(0)->set_school("counties/411728/schools/none");
  EXPECT_EQ(ReasonOf(Create(nowhere).status()), "SCHOOL_UNKNOWN");
  EXPECT_THAT(All<v1::Teacher>(kTeachers), IsEmpty());
}

TEST_F(TeacherHandlersTest, ANewSpanMovesTheTeacher) {
  const v1::School other = Must(Create(School("2141000002", {"PRI"}, "411728002")));
  const v1::Teacher teacher = Must(Create(Teacher(school)));
  v1::Teacher change;
  change.set_name(teacher.name());
  change.set_etag(teacher.etag());
  v1::ServiceSpan* now = change.add_services();
  now->set_school(other.name());
  *now->mutable_valid_from() = DateOf(absl::CivilDay(2023, 9, 1));
  *change.add_services() = Teacher(school).services(0);
  EXPECT_THAT(testlib::Violated(Update(change, {"services"}).status()), ElementsAre("teacher.services[1] SPAN_ORDER"))
      << "the old span is still open";
  *change.mutable_services(1)->mutable_valid_to() = DateOf(absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(Must(Update(change, {"services"})).area(), other.area());
  EXPECT_EQ(ReasonOf(Update(change, {"services"}).status()), "ETAG_MISMATCH");
  change.clear_etag();
  EXPECT_EQ(ReasonOf(Update(change, {"salary"}).status()), "FIELD_UNKNOWN");
  EXPECT_THAT(Must(List(school.name())).teachers(), IsEmpty());
  EXPECT_THAT(Must(List(other.name())).teachers(), SizeIs(1));
  EXPECT_THAT(Must(List(absl::StrCat(kParent, "/schools/none"))).teachers(), IsEmpty());
  EXPECT_THAT(Must(List("")).teachers(), SizeIs(1));
  EXPECT_EQ(ReasonOf(List("x").status()), "NAME_INVALID");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(TeacherHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  v1::CreateTeacherRequest create;
  create.set_parent(kParent);
  *create.mutable_teacher() = Teacher(school);
  ExpectReplay<v1::CreateTeacherRequest, v1::Teacher>("CreateTeacher", create, &Handlers::CreateTeacher,
                                                      [](auto& r) { r.mutable_teacher()->set_subject("语文"); });
  ASSERT_THAT(All<v1::Teacher>(kTeachers), SizeIs(1));
  v1::UpdateTeacherRequest update;
  update.mutable_teacher()->set_name(All<v1::Teacher>(kTeachers)[0].name());
  update.mutable_teacher()->set_subject("语文");
  ExpectReplay<v1::UpdateTeacherRequest, v1::Teacher>("UpdateTeacher", update, &Handlers::UpdateTeacher,
                                                      [](auto& r) { r.mutable_teacher()->set_subject("数学"); });
}

}  // namespace
}  // namespace ruraledu::registry
