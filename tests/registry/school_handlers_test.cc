// Schools and classes: closing with a replacement (AL-2), moves between townships, every reason of refusal.
#include <functional>

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class SchoolHandlersTest : public RegistryTest {
 protected:
  absl::StatusOr<v1::School> Get(const std::string& name) {
    v1::GetSchoolRequest request;
    request.set_name(name);
    return Call("GetSchool", request, &Handlers::GetSchool);
  }
  absl::StatusOr<v1::School> Update(const v1::School& school, const std::vector<std::string>& mask = {}) {
    v1::UpdateSchoolRequest request;
    *request.mutable_school() = school;
    *request.mutable_update_mask()->mutable_paths() = {mask.begin(), mask.end()};
    request.set_request_id(NextRequest());
    return Call("UpdateSchool", request, &Handlers::UpdateSchool);
  }
  v1::CloseSchoolRequest Closing(const v1::School& school, const std::vector<std::string>& replacements) {
    v1::CloseSchoolRequest request;
    request.set_name(school.name());
    *request.mutable_closed_on() = DateOf(absl::CivilDay(2023, 8, 31));
    *request.mutable_replacements() = {replacements.begin(), replacements.end()};
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::School> CloseIt(const v1::School& school, const std::vector<std::string>& replacements) {
    return Call("CloseSchool", Closing(school, replacements), &Handlers::CloseSchool);
  }
  std::vector<std::string> List(const std::function<void(v1::ListSchoolsRequest&)>& fill = nullptr) {
    v1::ListSchoolsRequest request;
    request.set_parent(kParent);
    if (fill) {
      fill(request);
    }
    std::vector<std::string> codes;
    const auto page = Must(Call("ListSchools", request, &Handlers::ListSchools));
    for (const v1::School& school : page.schools()) {
      codes.push_back(school.code());
    }
    return codes;
  }
};

TEST_F(SchoolHandlersTest, ACreatedSchoolHasItsAreaAndIsFound) {
  v1::School wanted = School();
  wanted.set_display_name(" 瞿阳小学 ");
  wanted.set_state(v1::SCHOOL_STATE_CLOSED);  // only CloseSchool closes
  const v1::School school = Must(Create(wanted));
  EXPECT_EQ(school.display_name(), "瞿阳小学");
  EXPECT_EQ(school.area(), absl::StrCat("411728001/", feed::IdOfName(school.name())));
  EXPECT_EQ(school.state(), v1::SCHOOL_STATE_OPEN);
  EXPECT_EQ(school.nutrition_pilot(), "NONE");
  EXPECT_FALSE(school.etag().empty());
  EXPECT_EQ(Must(Get(school.name())).SerializeAsString(), school.SerializeAsString());
  EXPECT_EQ(ReasonOf(Get(absl::StrCat(kParent, "/schools/none")).status()), "NOT_FOUND");
}

TEST_F(SchoolHandlersTest, EachReasonOfARefusedSchool) {
  ASSERT_TRUE(Create(School()).ok());
  const auto violated = [&](const std::function<void(v1::School&)>& spoil) {
    v1::School school = School("2141000002");
    spoil(school);
    return testlib::Violated(Create(school).status());
  };
  EXPECT_THAT(violated([](auto& s) { s.clear_display_name(); }), ElementsAre("school.display_name FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& s) { s.clear_stages(); }), ElementsAre("school.stages FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& s) { s.add_stages("UNI"); }), ElementsAre("school.stages[1] CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_code("21410000"); }), ElementsAre("school.code SCHOOL_CODE_FORMAT"));
  EXPECT_THAT(violated([](auto& s) { s.set_code("9941000002"); }), ElementsAre("school.code SCHOOL_CODE_TYPE"));
  EXPECT_THAT(violated([](auto& s) { s.set_code("2199000002"); }), ElementsAre("school.code SCHOOL_CODE_PROVINCE"));
  EXPECT_THAT(violated([](auto& s) { s.set_township("411728999"); }), ElementsAre("school.township REGION_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_township("411729001"); }), ElementsAre("school.township REGION_UNKNOWN"))
      << "of another county";
  EXPECT_THAT(violated([](auto& s) { s.set_urban_rural("999"); }), ElementsAre("school.urban_rural CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_school_type("99"); }), ElementsAre("school.school_type CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_nutrition_pilot("MAYBE"); }),
              ElementsAre("school.nutrition_pilot CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.mutable_charges()->set_tuition_fen(-1); }),
              ElementsAre("school.charges.tuition_fen MONEY_NEGATIVE"));
  EXPECT_THAT(violated([](auto& s) { s.mutable_opened_on()->set_day(32); }),
              ElementsAre("school.opened_on DATE_INVALID"));
  EXPECT_THAT(violated([](auto& s) {
                s.clear_display_name();
                s.set_township("");
              }),
              ElementsAre("school.display_name FIELD_REQUIRED", "school.township REGION_UNKNOWN"))
      << "all of them at once";
  EXPECT_EQ(ReasonOf(Create(School()).status()), "SCHOOL_CODE_TAKEN");
  EXPECT_THAT(List(), ElementsAre("2141000001")) << "a refused one leaves nothing";
}

TEST_F(SchoolHandlersTest, AnUpdateChangesWhatTheMaskNames) {
  const v1::School school = Must(Create(School()));
  ASSERT_TRUE(Create(School("2141000002")).ok());
  v1::School change = school;
  change.set_display_name("新名");
  change.set_is_boarding(true);
  const v1::School after = Must(Update(change, {"is_boarding"}));
  EXPECT_EQ(after.display_name(), "瞿阳小学");
  EXPECT_TRUE(after.is_boarding());
  EXPECT_NE(after.etag(), school.etag());
  EXPECT_EQ(ReasonOf(Update(change, {"is_boarding"}).status()), "ETAG_MISMATCH") << "the etag of before";
  change = after;
  EXPECT_EQ(ReasonOf(Update(change, {"colour"}).status()), "FIELD_UNKNOWN");
  change.set_code("2141000002");
  EXPECT_EQ(ReasonOf(Update(change, {"code"}).status()), "SCHOOL_CODE_TAKEN");
  change.set_state(v1::SCHOOL_STATE_CLOSED);
  EXPECT_EQ(Must(Update(change, {"state"})).state(), v1::SCHOOL_STATE_OPEN) << "only CloseSchool closes";
  change.set_name(absl::StrCat(kParent, "/schools/none"));
  EXPECT_EQ(ReasonOf(Update(change).status()), "NOT_FOUND");
}

TEST_F(SchoolHandlersTest, NoSchoolClosesBeforeItsStagesAreTaughtElsewhere) {
  const v1::School school = Must(Create(School("3141000001", {"PRI", "JUN"})));
  const v1::School primary = Must(Create(School("2141000002")));
  const v1::School junior = Must(Create(School("3141000003", {"JUN"})));
  const v1::School closed = Must(Create(School("3141000004", {"JUN"})));
  ASSERT_TRUE(CloseIt(closed, {junior.name()}).ok());

  const auto reason = [&](const std::vector<std::string>& replacements) {
    return ReasonOf(CloseIt(school, replacements).status());
  };
  EXPECT_EQ(reason({}), "REPLACEMENT_REQUIRED");
  EXPECT_EQ(reason({school.name()}), "REPLACEMENT_REQUIRED") << "not by itself";
  EXPECT_EQ(reason({primary.name()}), "REPLACEMENT_REQUIRED") << "JUN would be lost";
  EXPECT_EQ(reason({primary.name(), closed.name()}), "REPLACEMENT_REQUIRED");
  EXPECT_EQ(reason({primary.name(), absl::StrCat(kParent, "/schools/none")}), "REPLACEMENT_REQUIRED");
  v1::CloseSchoolRequest request = Closing(school, {primary.name(), junior.name()});
  request.mutable_closed_on()->set_month(13);
  EXPECT_THAT(testlib::Violated(Call("CloseSchool", request, &Handlers::CloseSchool).status()),
              ElementsAre("closed_on DATE_INVALID"));
  request = Closing(school, {primary.name(), junior.name()});
  request.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(Call("CloseSchool", request, &Handlers::CloseSchool).status()), "ETAG_MISMATCH");

  request.set_etag(school.etag());
  ExpectReplay<v1::CloseSchoolRequest, v1::School>("CloseSchool", request, &Handlers::CloseSchool,
                                                   [](auto& r) { r.mutable_replacements()->RemoveLast(); });
  const v1::School after = Must(Get(school.name()));
  EXPECT_EQ(after.state(), v1::SCHOOL_STATE_CLOSED);
  EXPECT_THAT(after.replacements(), ElementsAre(primary.name(), junior.name()));
  EXPECT_EQ(reason({primary.name(), junior.name()}), "SCHOOL_CLOSED");
  EXPECT_THAT(List(), UnorderedElementsAre("2141000002", "3141000003"));
  EXPECT_THAT(List([](auto& r) { r.set_with_closed(true); }), SizeIs(4));
  EXPECT_THAT(List([](auto& r) { r.set_stage("JUN"); }), ElementsAre("3141000003"));
}

TEST_F(SchoolHandlersTest, AnUpdateClosesNothingAndTakesNoStageFromPupils) {
  v1::School opening = School("3141000001", {"PRI", "JUN"});
  opening.add_replacements("counties/411728/schools/x");
  *opening.mutable_closed_on() = DateOf(absl::CivilDay(2023, 8, 31));
  const v1::School school = Must(Create(opening));
  EXPECT_FALSE(school.has_closed_on());
  EXPECT_THAT(school.replacements(), IsEmpty());
  const v1::Student pupil = Must(Create(Student(school, Id("20140305", 1))));
  v1::School change = school;
  change.mutable_stages()->DeleteSubrange(0, 1);
  EXPECT_EQ(ReasonOf(Update(change, {"stages"}).status()), "STAGE_HAS_PUPILS");
  *change.mutable_stages() = school.stages();
  change.mutable_stages()->RemoveLast();
  EXPECT_TRUE(Update(change, {"stages"}).ok()) << "nobody is in it";

  const v1::School other = Must(Create(School("2141000002")));
  v1::CloseSchoolRequest request = Closing(school, {other.name()});
  *request.mutable_closed_on() = DateOf(clock_.Today() + 1);
  EXPECT_EQ(ReasonOf(Call("CloseSchool", request, &Handlers::CloseSchool).status()), "DATE_AHEAD");
  v1::School closed = Must(CloseIt(school, {other.name()}));
  closed.clear_replacements();
  closed.clear_closed_on();
  closed.set_state(v1::SCHOOL_STATE_OPEN);
  const v1::School after = Must(Update(closed, {}));
  EXPECT_EQ(after.state(), v1::SCHOOL_STATE_CLOSED);
  EXPECT_TRUE(after.has_closed_on());
  EXPECT_THAT(after.replacements(), ElementsAre(other.name()));
}

TEST_F(SchoolHandlersTest, ASchoolThatMovesToAnotherTownshipTakesEverybodyAlong) {
  const v1::School school = Must(Create(School()));
  const v1::SchoolClass one = Must(Create(Class(school)));
  v1::Student wanted = Student(school, Id("20140305", 1));
  wanted.mutable_enrolments(0)->set_class_name(one.name());
  const v1::Student pupil = Must(Create(wanted));
  ASSERT_TRUE(Create(Teacher(school)).ok());
  const auto before = Counters("TOWNSHIP");
  v1::School change = school;
  change.set_township("411728002");
  ASSERT_TRUE(Update(change, {"township"}).ok());
  ASSERT_TRUE(RunJobs().ok());

  const std::string area = absl::StrCat("411728002/", feed::IdOfName(school.name()));
  EXPECT_EQ(Must(Get(school.name())).area(), area);
  EXPECT_EQ(All<v1::SchoolClass>(kClasses)[0].area(), absl::StrCat(area, "/", feed::IdOfName(one.name())));
  EXPECT_EQ(Must(Read(pupil.name())).area(), absl::StrCat(area, "/", feed::IdOfName(one.name())));
  EXPECT_EQ(All<v1::Teacher>(kTeachers)[0].area(), area);
  std::vector<std::string> moved = before;
  for (std::string& line : moved) {
    line.replace(line.find("411728001"), 9, "411728002");
  }
  EXPECT_EQ(Counters("TOWNSHIP"), moved);
  EXPECT_EQ(Differences(), 0);
}

TEST_F(SchoolHandlersTest, EachReasonOfARefusedClass) {
  const v1::School school = Must(Create(School()));
  const v1::School other = Must(Create(School("2141000002")));
  const auto violated = [&](const std::function<void(v1::SchoolClass&)>& spoil) {
    v1::SchoolClass one = Class(school);
    spoil(one);
    return testlib::Violated(Create(one).status());
  };
  EXPECT_THAT(violated([](auto& c) { c.clear_display_name(); }),
              ElementsAre("school_class.display_name FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& c) { c.set_grade("7"); }), ElementsAre("school_class.grade CODE_UNKNOWN"))
      << "grade 7 is not primary";
  EXPECT_THAT(violated([](auto& c) { c.set_stage("JUN"); }),
              ElementsAre("school_class.stage STAGE_NOT_TAUGHT", "school_class.grade CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& c) { c.set_reported_size(-1); }),
              ElementsAre("school_class.reported_size NUMBER_RANGE"));
  v1::SchoolClass nowhere = Class(school);
  nowhere.set_school(absl::StrCat(kParent, "/schools/none"));
  EXPECT_EQ(ReasonOf(Create(nowhere).status()), "SCHOOL_UNKNOWN");
  nowhere.set_school(absl::StrCat(kOtherParent, "/schools/", feed::IdOfName(school.name())));
  EXPECT_EQ(ReasonOf(Create(nowhere).status()), "SCHOOL_UNKNOWN") << "of another county";
  ASSERT_TRUE(CloseIt(school, {other.name()}).ok());
  EXPECT_THAT(violated([](auto&) {}), ElementsAre("school_class.school SCHOOL_CLOSED"));
  EXPECT_THAT(All<v1::SchoolClass>(kClasses), IsEmpty());
}

TEST_F(SchoolHandlersTest, ClassesAreListedBySchoolAndYear) {
  const v1::School school = Must(Create(School())), other = Must(Create(School("2141000002")));
  const v1::SchoolClass one = Must(Create(Class(school)));
  EXPECT_EQ(one.area(), absl::StrCat(school.area(), "/", feed::IdOfName(one.name())));
  v1::SchoolClass old = Class(other);
  old.set_school_year("2022-2023");
  ASSERT_TRUE(Create(old).ok());
  v1::GetClassRequest get;
  get.set_name(one.name());
  EXPECT_EQ(Must(Call("GetClass", get, &Handlers::GetClass)).SerializeAsString(), one.SerializeAsString());
  get.set_name(absl::StrCat(kParent, "/classes/none"));
  EXPECT_EQ(ReasonOf(Call("GetClass", get, &Handlers::GetClass).status()), "NOT_FOUND");
  v1::ListClassesRequest list;
  list.set_parent(kParent);
  EXPECT_THAT(Must(Call("ListClasses", list, &Handlers::ListClasses)).classes(), SizeIs(2));
  list.set_school_year("2023-2024");
  EXPECT_THAT(Must(Call("ListClasses", list, &Handlers::ListClasses)).classes(), SizeIs(1));
  list.set_school(other.name());
  EXPECT_THAT(Must(Call("ListClasses", list, &Handlers::ListClasses)).classes(), IsEmpty());
}

TEST_F(SchoolHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  v1::CreateSchoolRequest create;
  create.set_parent(kParent);
  *create.mutable_school() = School();
  ExpectReplay<v1::CreateSchoolRequest, v1::School>("CreateSchool", create, &Handlers::CreateSchool,
                                                    [](auto& r) { r.mutable_school()->set_beds(1); });
  EXPECT_THAT(List(), SizeIs(1)) << "once";
  const v1::School school = All<v1::School>(kSchools)[0];
  v1::UpdateSchoolRequest update;
  update.mutable_school()->set_name(school.name());
  update.mutable_school()->set_beds(20);
  ExpectReplay<v1::UpdateSchoolRequest, v1::School>("UpdateSchool", update, &Handlers::UpdateSchool,
                                                    [](auto& r) { r.mutable_school()->set_beds(30); });
  v1::CreateClassRequest one;
  one.set_parent(kParent);
  *one.mutable_school_class() = Class(school);
  ExpectReplay<v1::CreateClassRequest, v1::SchoolClass>(
      "CreateClass", one, &Handlers::CreateClass, [](auto& r) { r.mutable_school_class()->set_reported_size(1); });
  EXPECT_THAT(All<v1::SchoolClass>(kClasses), SizeIs(1));
}

TEST_F(SchoolHandlersTest, ValidateOnlyLeavesNothing) {
  v1::CreateSchoolRequest create;
  create.set_parent(kParent);
  create.set_request_id(NextRequest());
  create.set_validate_only(true);
  *create.mutable_school() = School();
  EXPECT_EQ(Must(Call("CreateSchool", create, &Handlers::CreateSchool)).code(), "2141000001");
  EXPECT_THAT(List(), IsEmpty());
  create.set_validate_only(false);
  EXPECT_TRUE(Call("CreateSchool", create, &Handlers::CreateSchool).ok()) << "the same request_id is still free";
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(SchoolHandlersTest, ListsPageByTokenAndNeverMixFilters) {
  for (const char* code : {"2141000001", "2141000002", "2141000003"}) {
    ASSERT_TRUE(Create(School(code)).ok());
  }
  v1::ListSchoolsRequest request;
  request.set_parent(kParent);
  request.set_page_size(2);
  const auto first = Must(Call("ListSchools", request, &Handlers::ListSchools));
  EXPECT_THAT(first.schools(), SizeIs(2));
  request.set_page_token(first.next_page_token());
  const auto second = Must(Call("ListSchools", request, &Handlers::ListSchools));
  EXPECT_THAT(second.schools(), SizeIs(1));
  EXPECT_EQ(second.next_page_token(), "");
  request.set_with_closed(true);
  EXPECT_EQ(ReasonOf(Call("ListSchools", request, &Handlers::ListSchools).status()), "PAGE_TOKEN");
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(Call("ListSchools", request, &Handlers::ListSchools).status()), "PAGE_SIZE");
}

TEST_F(SchoolHandlersTest, AnotherTownshipSeesNothingOfASchool) {
  const v1::School school = Must(Create(School()));
  v1::GetSchoolRequest get;
  get.set_name(school.name());
  EXPECT_TRUE(Call("GetSchool", get, &Handlers::GetSchool, "411728001").ok());
  const absl::Status foreign = Call("GetSchool", get, &Handlers::GetSchool, "411728002").status();
  get.set_name(absl::StrCat(kParent, "/schools/none"));
  const absl::Status missing = Call("GetSchool", get, &Handlers::GetSchool, "411728002").status();
  EXPECT_EQ(ReasonOf(foreign), "PERMISSION_DENIED");
  EXPECT_EQ(foreign, missing) << "whether it is there or not";
  v1::ListSchoolsRequest list;
  list.set_parent(kParent);
  EXPECT_THAT(Must(Call("ListSchools", list, &Handlers::ListSchools, "411728002")).schools(), IsEmpty());
}

}  // namespace
}  // namespace ruraledu::registry
