// Lists of meals: a second witness of presence (digest 8: absence run, meal list; 3.2, DR-28).
#include "tests/dropout_monitoring/attendance_fixture.h"
#include "tests/dropout_monitoring/case_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSecond[] = "counties/411728/classes/k2";
constexpr v1::Mark kAbsent = v1::MARK_ABSENT;

class MealLists : public AttendanceTest {
 protected:
  std::vector<std::string> DisputedChildren() {
    v1::ListAbsencesRequest request;
    request.set_parent(kCounty);
    request.set_disputed_only(true);
    std::vector<std::string> persons;
    const auto listed = monitoring.Call("ListAbsences", request, &Handlers::ListAbsences);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const auto& absence : listed->absences()) persons.push_back(absence.person());
    return persons;
  }
  // A day of the first class: who is absent by the teacher, and who was not served.
  v1::EvaluationResult Live(int date, const std::vector<std::string>& absent,
                            const std::vector<std::string>& not_served) {
    On(date);
    Marks marks;
    for (const std::string& person : absent) marks[person] = kAbsent;
    EXPECT_EQ(Record({Sheet(date, marks)}), "R");
    EXPECT_EQ(Serve({Meals(date, {}, not_served, true)}), "R");
    return EvaluateDay(date);
  }
};

TEST_P(MealLists, AreASheetOfTheirOwnBesideThoseOfTheClass) {
  EXPECT_EQ(Serve({Meals(20230904, {}, {"p2"}, true)}), "R");
  const v1::Sheet sheet = SheetOf("k1.2023-09-04.F");
  EXPECT_EQ(sheet.session(), v1::SESSION_MEAL);
  EXPECT_EQ(sheet.marked(), 3);
  EXPECT_EQ(sheet.absent(), 1) << "not served";
  ASSERT_EQ(sheet.entries_size(), 1);
  EXPECT_EQ(sheet.entries(0).person(), "p2");
  EXPECT_EQ(SheetOf("k1.2023-09-04.M").name(), "");
  v1::ListUnmarkedClassesRequest unmarked;
  unmarked.set_parent(kCounty);
  *unmarked.mutable_day() = Date(20230904);
  const auto listed = monitoring.Call("ListUnmarkedClasses", unmarked, &Handlers::ListUnmarkedClasses);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->classes_size(), 2) << "the class itself was not marked";
}

TEST_P(MealLists, InAnyOrderAndRepeatedLeaveTheSameState) {
  const auto whole = Meals(20230904, {}, {"p2"}, true);
  const auto corrected = Meals(20230904, {"p2"});
  EXPECT_EQ(Serve({corrected, whole}), "R R");
  const std::string state = SheetOf("k1.2023-09-04.F").DebugString();
  EXPECT_EQ(Serve({whole, corrected, whole}), "U U U");
  EXPECT_EQ(SheetOf("k1.2023-09-04.F").DebugString(), state);
  EXPECT_EQ(SheetOf("k1.2023-09-04.F").absent(), 0) << "the later one counts";
  const auto request = MealsOf({Meals(20230904, {"p1"}, {"p3"})});
  const std::string first = Serve(request);
  EXPECT_EQ(first, "R");
  EXPECT_EQ(Serve(request), first) << "the first answer";
}

TEST_P(MealLists, EachFaultHasItsReason) {
  registry_v1::Student suspended = Student("p5");
  suspended.set_status("SUSPENDED");
  *suspended.mutable_status_from() = Date(20230901);
  registry.Put(suspended);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Serve({Meals(20230903, {"p1"})}), "X:NOT_A_SCHOOL_DAY");
  EXPECT_EQ(Serve({Meals(20230905, {"p1"})}), "X:DATE_AHEAD");
  EXPECT_EQ(Serve({Meals(20230904, {"p1"}, {"nobody"})}), "X:PERSON_UNKNOWN@1") << "behind those who were served";
  EXPECT_EQ(Serve({Meals(20230904, {"p4"})}), "X:NOT_IN_CLASS@0");
  EXPECT_EQ(Serve({Meals(20230904, {"p5"})}), "X:PUPIL_SUSPENDED@0") << "no meal is claimed for who is away";
  EXPECT_EQ(Serve({Meals(20230904, {"p1"}, {"p1"})}), "X:MARKS_CONTRADICT");
  EXPECT_EQ(Serve({Meals(20230904, {}, {}, true, "counties/411728/classes/k9")}), "X:CLASS_UNKNOWN");
  EXPECT_EQ(Serve(std::vector<v1::MealList>()), "FIELD_REQUIRED!");
  EXPECT_EQ(Serve({Meals(20230904, {""})}), "FIELD_REQUIRED!");
  EXPECT_EQ(Serve(std::vector<v1::MealList>(201, Meals(20230904, {"p1"}))), "FIELD_TOO_MANY!");
  EXPECT_EQ(Serve({Meals(20230904, std::vector<std::string>(100, "p1"), std::vector<std::string>(101, "p2"))}),
            "FIELD_TOO_MANY!");
  EXPECT_EQ(Record({Sheet(20230904, {}, true, v1::SESSION_MEAL)}), "X:SESSION_NOT_TAKEN")
      << "who marks a class says nothing of the canteen";
  auto closing = Calendar(true);
  auto* closed = closing.mutable_calendar()->add_exceptions();
  *closed->mutable_from() = *closed->mutable_until() = Date(20230904);
  closed->set_session(v1::SESSION_MEAL);
  closed->set_reason("no gas");
  EXPECT_EQ(ReasonOf(monitoring.Call("PutSchoolCalendar", closing, &Handlers::PutSchoolCalendar).status()),
            "SESSION_NOT_TAKEN");
}

TEST_P(MealLists, AreTakenByOthersThanWhoMarksTheClass) {
  const auto as = [&](const std::string& role) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-cook";
    access->person = "cook";
    access->grants = {{.name = "grant", .role = role, .area = "411728103/s1", .from = absl::CivilDay(2000, 1, 1)}};
    return ReasonOf(monitoring
                        .CallAs({.subject = "cook", .issuer = "test", .access = std::move(access)}, "BatchRecordMeals",
                                MealsOf({Meals(20230904, {"p1"})}), &Handlers::BatchRecordMeals)
                        .status());
  };
  EXPECT_EQ(as("SCHOOL_MEAL_OFFICER"), "");
  EXPECT_EQ(as("CLASS_TEACHER"), "PERMISSION_DENIED");
  EXPECT_EQ(as("SCHOOL_DROPOUT_OFFICER"), "PERMISSION_DENIED");
}

TEST_P(MealLists, SayThatAChildWasThereWhereTheClassSaysNothing) {
  On(20230905);
  EXPECT_EQ(Record({Sheet(20230904, {{"p2", kAbsent}})}), "R");
  EXPECT_EQ(EvaluateDay(20230904).warned(), 1);
  EXPECT_EQ(Serve({Meals(20230905, {"p2"})}), "R");
  EXPECT_EQ(EvaluateDay(20230905).warned(), 0);
  const v1::AbsenceEvaluation now = AbsenceOf("p2").evaluation();
  EXPECT_EQ(now.run_days(), 0);
  EXPECT_EQ(DayOf(now.last_present()), absl::CivilDay(2023, 9, 5));
  On(20230906);
  EXPECT_EQ(EvaluateDay(20230906).no_record(), 3) << "p1, p3 and, of the other class, p4; p2 was served yesterday";
}

TEST_P(MealLists, ThatContradictAnAbsenceKeepADropoutFromBeingConfirmed) {
  const std::vector<int> days = {20230904, 20230905, 20230906};
  for (const int date : days) Live(date, {"p2"}, {"p2"});
  EXPECT_THAT(DisputedChildren(), IsEmpty());
  EXPECT_EQ(Live(20230907, {"p2"}, {}).disputed(), 1);
  EXPECT_THAT(DisputedChildren(), ElementsAre("p2"));
  EXPECT_EQ(AbsenceOf("p2").evaluation().run_days(), 4) << "the day stays absent until somebody corrects it";
  EXPECT_EQ(AbsenceOf("p2").evaluation().contradicted_days(), 1);
  EXPECT_EQ(monitoring.Counter("disputed_pupils", "411728", ""), 1);
  for (absl::CivilDay day(2023, 9, 8); day <= absl::CivilDay(2023, 10, 13); ++day) {
    const absl::Weekday weekday = absl::GetWeekday(day);
    const bool golden_week = day >= absl::CivilDay(2023, 9, 29) && day <= absl::CivilDay(2023, 10, 6);
    if (golden_week || weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday) continue;
    Live(static_cast<int>(day.year()) * 10000 + day.month() * 100 + day.day(), {"p2"}, {"p2"});
  }
  ASSERT_GE(AbsenceOf("p2").evaluation().run_days(), 20);
  v1::ListCasesRequest list;
  list.set_parent(kCounty);
  const auto cases = monitoring.Call("ListCases", list, &Handlers::ListCases);
  ASSERT_TRUE(cases.ok() && cases->cases_size() == 1) << cases.status();
  const std::string name = cases->cases(0).name();
  v1::VerifyCaseRequest verifying;
  verifying.set_name(name);
  verifying.set_request_id(NewId());
  ASSERT_TRUE(monitoring.Call("VerifyCase", verifying, &Handlers::VerifyCase).ok());
  const auto confirm = [&] {
    v1::ProposeCaseStepRequest proposing;
    proposing.set_name(name);
    proposing.set_request_id(NewId());
    *proposing.mutable_proposal() = Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT);
    return ReasonOf(monitoring.Call("ProposeCaseStep", proposing, &Handlers::ProposeCaseStep).status());
  };
  EXPECT_EQ(confirm(), "MEAL_CONTRADICTS");
  // The canteen looks again: it had served another child of the name.
  EXPECT_EQ(Serve({[&] {
              v1::MealList corrected = Meals(20230907, {}, {"p2"});
              corrected.set_taken_at_us(absl::ToUnixMicros(Noon(20231012)));
              return corrected;
            }()}),
            "R");
  EXPECT_EQ(EvaluateDay(20231013).disputed(), 0);
  EXPECT_EQ(confirm(), "CONFIRM_PERSUASIONS") << "what is missing now";
}

TEST_P(MealLists, MissWhoIsSaidToBeThere) {
  Live(20230904, {}, {"p3"});
  for (const int date : {20230905, 20230906}) Live(date, {}, {"p2", "p3"});
  EXPECT_THAT(DisputedChildren(), IsEmpty());
  EXPECT_EQ(Live(20230907, {}, {"p2", "p3"}).disputed(), 1);
  EXPECT_THAT(DisputedChildren(), ElementsAre("p2")) << "p3 never eats at school";
  EXPECT_EQ(AbsenceOf("p2").evaluation().step(), v1::ABSENCE_STEP_UNSPECIFIED);
  EXPECT_EQ(AbsenceOf("p2").evaluation().not_served_days(), 3);
  EXPECT_EQ(Live(20230908, {}, {"p3"}).disputed(), 0) << "served again";
}

TEST_P(MealLists, OfAnotherClassAreThatClassesMatter) {
  EXPECT_EQ(Serve({Meals(20230904, {"p4"}, {}, false, kSecond)}), "R");
  EXPECT_EQ(SheetOf("k2.2023-09-04.F").area(), "411728103/s1/k2");
}

INSTANTIATE_TEST_SUITE_P(Databases, MealLists, ::testing::Values("sqlite", "postgres"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
