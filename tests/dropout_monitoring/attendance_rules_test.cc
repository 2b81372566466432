// DR-28, DR-29 and 3.2 as tables: a letter is a school day. P present, A absent, L leave, '.' no record, X excluded.
// With a list of meals: p present, served; n present, not served; a absent, served; s no record of the class, served.
#include "services/dropout_monitoring/attendance_rules.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::CivilDay kFirst(2023, 9, 4);

ProfileFiles Shipped() {
  const std::string folder = RURALEDU_SOURCE_DIR "/deploy/policies/dropout_monitoring/absence_";
  return {*LoadFile(folder + "profiles.csv"), *LoadFile(folder + "cumulative.csv"), *LoadFile(folder + "regions.csv")};
}
const ProfileBook& Book() {
  static const auto* const book = new ProfileBook(*ProfileBook::Parse(Shipped()));
  return *book;
}

v1::DayOutcome OutcomeIn(char letter) {
  switch (letter) {
    case 'P':
    case 'p':
    case 'n':
      return v1::DAY_OUTCOME_PRESENT;
    case 'A':
    case 'a':
      return v1::DAY_OUTCOME_ABSENT;
    case 's':
      return v1::DAY_OUTCOME_SERVED;
    case 'L':
      return v1::DAY_OUTCOME_LEAVE;
    case 'X':
      return v1::DAY_OUTCOME_EXCLUDED;
    default:
      return v1::DAY_OUTCOME_UNSPECIFIED;
  }
}

v1::Mark MealIn(char letter) {
  return letter == 'n'                                                    ? v1::MARK_ABSENT
         : std::string_view("pas").find(letter) != std::string_view::npos ? v1::MARK_PRESENT
                                                                          : v1::MARK_UNSPECIFIED;
}

v1::AbsenceEvaluation Of(const std::string& days, const std::string& profile = "DEFAULT") {
  std::vector<DayFact> facts;
  for (size_t i = 0; i < days.size(); ++i) {
    facts.push_back({kFirst + static_cast<int>(i), OutcomeIn(days[i]), MealIn(days[i])});
  }
  return Evaluate(**Book().Named(profile), facts);
}
// "run step", the position of a day as its number.
std::string Line(const std::string& days, const std::string& profile = "DEFAULT") {
  const auto evaluation = Of(days, profile);
  return absl::StrCat(evaluation.run_days(), " ", evaluation.step());
}
int At(const google::type::Date& date) {
  return DayOf(date).has_value() ? static_cast<int>(*DayOf(date) - kFirst) : -1;
}

TEST(Ladder, OfTheDefaultProfile) {
  EXPECT_EQ(Line("PPPP"), "0 0");
  EXPECT_EQ(Line("PPPA"), "1 1") << "the teacher calls the same day";
  EXPECT_EQ(Line("PPAA"), "2 2") << "home visit";
  EXPECT_EQ(Line("PAAA"), "3 3") << "the third day counts: suspected";
  EXPECT_EQ(Line("PAAAA"), "4 3");
}

TEST(Ladder, BoundariesAreThoseOfTheProfile) {
  EXPECT_EQ(Line("AAAAA", "GD-5"), "5 2") << "more than five days: not yet";
  EXPECT_EQ(Line("AAAAAA", "GD-5"), "6 3");
  EXPECT_EQ(Line(std::string(19, 'A'), "LN-4W"), "19 2");
  EXPECT_EQ(Line(std::string(20, 'A'), "LN-4W"), "20 3");
  EXPECT_EQ(Line(std::string(60, 'A'), "NATIONAL-2024"), "60 0") << "no number of days";
}

TEST(Run, WhatEndsItAndWhatDoesNot) {
  EXPECT_EQ(Line("AAL"), "0 0") << "approved leave breaks the run";
  EXPECT_EQ(Line("AALA"), "1 1");
  EXPECT_EQ(Line("AAPA"), "1 1");
  EXPECT_EQ(Line("AXXA"), "2 2") << "days of suspension do not count";
  EXPECT_EQ(Line("A.A"), "2 2") << "no record neither adds nor ends";
  EXPECT_EQ(Line("A.."), "1 1") << "and is never an absence";
  EXPECT_EQ(At(Of("PA.A").run_from()), 1);
  EXPECT_EQ(At(Of("PAAP").last_present()), 3);
}

TEST(NoRecord, IsRaisedAfterTwoSchoolDays) {
  EXPECT_THAT(Of("P.").reasons(), IsEmpty());
  const auto two = Of("P..");
  ASSERT_EQ(two.reasons_size(), 1);
  EXPECT_EQ(two.reasons(0).code(), "NO_RECORD");
  EXPECT_EQ(two.step(), v1::ABSENCE_STEP_UNSPECIFIED);
  EXPECT_EQ(Of("P..P").no_record_days(), 0);
  EXPECT_EQ(Of("P.X.").no_record_days(), 2) << "excluded days are not between";
}

TEST(Cumulative, AbsencesThatDoNotFollowEachOther) {
  EXPECT_EQ(Of("PPAPAPP").step(), v1::ABSENCE_STEP_UNSPECIFIED) << "two of the last twenty";
  const auto three = Of("PAPAPAP");
  EXPECT_EQ(three.step(), v1::ABSENCE_STEP_WARN);
  ASSERT_EQ(three.reasons_size(), 1);
  EXPECT_EQ(three.reasons(0).code(), "CUMULATIVE");
  EXPECT_EQ(three.reasons(0).days(), 3);
  EXPECT_EQ(three.reasons(0).limit(), 3);
  EXPECT_EQ(three.reasons(0).of_last(), 20);
  EXPECT_EQ(Of("PAPAPAPAPAPAP").step(), v1::ABSENCE_STEP_VISIT) << "six of the last twenty";
  EXPECT_EQ(Of("AAAP").step(), v1::ABSENCE_STEP_UNSPECIFIED) << "four marked days are too few";
  EXPECT_EQ(Of("PAPAPAP" + std::string(15, 'P')).step(), v1::ABSENCE_STEP_UNSPECIFIED) << "the first one slid out";
  EXPECT_EQ(Of("PAPAPAP" + std::string(30, '.')).step(), v1::ABSENCE_STEP_WARN) << "only marked days count";
}

TEST(Return, TheFirstDayAfterARunThatWasSuspected) {
  const auto back = Of("PAAAP");
  EXPECT_EQ(At(back.suspected_on()), 3);
  EXPECT_EQ(At(back.suspected_run_from()), 1);
  EXPECT_EQ(At(back.returned_on()), 4);
  EXPECT_EQ(back.days_since_return(), 1);
  EXPECT_EQ(back.ended_run_days(), 3);
  EXPECT_FALSE(back.has_stable_on());
  EXPECT_FALSE(Of("PAAP").has_returned_on()) << "two days were no suspicion";
}

TEST(Return, IsStableAfterTenSchoolDaysOfAttendance) {
  EXPECT_FALSE(Of("AAA" + std::string(9, 'P')).has_stable_on());
  EXPECT_EQ(At(Of("AAA" + std::string(10, 'P')).stable_on()), 12);
  EXPECT_EQ(At(Of("AAAPPPPPL.PPPPP").stable_on()), 14) << "leave and no record neither count nor take back";
  EXPECT_FALSE(Of("AAALLLLLLLLLLLL").has_returned_on()) << "leave is no return";
}

TEST(Return, AbsenceBeforeItIsStableTakesItBack) {
  const auto relapse = Of("AAAPPPPA");
  EXPECT_FALSE(relapse.has_returned_on());
  EXPECT_EQ(At(relapse.suspected_on()), 2) << "still the same story";
  const auto again = Of("AAAPPPPAP");
  EXPECT_EQ(At(again.returned_on()), 8);
  EXPECT_EQ(again.days_since_return(), 1);
  const auto fresh = Of("AAA" + std::string(10, 'P') + "AAA");
  EXPECT_EQ(At(fresh.suspected_on()), 15) << "after a stable return another story begins";
  EXPECT_FALSE(fresh.has_returned_on());
}

// "first days" of the present stretch, the day by its place from 1, 0 for none.
std::string Back(const std::string& days, int from) {
  std::vector<DayFact> facts;
  for (size_t i = 0; i < days.size(); ++i) {
    facts.push_back({kFirst + static_cast<int>(i), OutcomeIn(days[i]), MealIn(days[i])});
  }
  const Stretch stretch = StretchSince(kFirst + from - 1, facts);
  const auto first = stretch.first_present;
  return absl::StrCat(first.has_value() ? *first - kFirst + 1 : 0, " ", stretch.attended_days);
}

TEST(Return, IsCountedFromADayWhoeverFoundTheAbsence) {
  EXPECT_EQ(Back("PPP", 1), "1 3");
  EXPECT_EQ(Back("PPP", 3), "3 1") << "days before say nothing";
  EXPECT_EQ(Back("PPP", 4), "0 0");
  EXPECT_EQ(Back("APPAP", 1), "5 1") << "absent in between";
  EXPECT_EQ(Back("PPA", 1), "0 0");
  EXPECT_EQ(Back("PL.XP", 1), "1 2") << "neither counts nor takes back";
  EXPECT_EQ(Back("sPs", 1), "1 1") << "who is served is there, and ten days are of the class";
  EXPECT_EQ(Back("AAAsPPL", 4), "4 2");
  EXPECT_EQ(Back("a", 1), "0 0");
}

// "code days/limit" of the reasons that reach no step.
std::vector<std::string> Raised(const std::string& days) {
  std::vector<std::string> raised;
  const v1::AbsenceEvaluation evaluation = Of(days);
  for (const v1::AbsenceReason& reason : evaluation.reasons()) {
    if (reason.step() == v1::ABSENCE_STEP_UNSPECIFIED) {
      raised.push_back(absl::StrCat(reason.code(), " ", reason.days(), "/", reason.limit()));
    }
  }
  return raised;
}

TEST(Meal, IsAWitnessWhereTheClassSaysNothing) {
  EXPECT_EQ(Line("AAs"), "0 0") << "who ate at school was at school";
  EXPECT_EQ(Line("AAsA"), "1 1");
  EXPECT_EQ(At(Of("PA.s").last_present()), 3);
  EXPECT_THAT(Raised("P.s."), IsEmpty()) << "two days without a record, not one after the other";
  EXPECT_EQ(Of("P.s.").no_record_days(), 1);
  EXPECT_EQ(Of("PsPs").marked_days(), 2) << "no mark of the class";
  EXPECT_EQ(Of("PAPAPsA").absent_days(), 3);
  EXPECT_EQ(Of("ssAAA" + std::string(3, 's') + "P").step(), v1::ABSENCE_STEP_UNSPECIFIED)
      << "scattered absences are counted of marked days: four are too few";
}

TEST(Meal, BeginsAReturnAndDoesNotMakeItStable) {
  const auto back = Of("AAAs");
  EXPECT_EQ(At(back.returned_on()), 3);
  EXPECT_EQ(back.days_since_return(), 0) << "ten days of the class (DR-29)";
  EXPECT_EQ(back.ended_run_days(), 3);
  EXPECT_FALSE(Of("AAA" + std::string(12, 's')).has_stable_on());
  const auto stable = Of("AAAs" + std::string(5, 'P') + "s" + std::string(5, 'P'));
  EXPECT_EQ(At(stable.returned_on()), 3);
  EXPECT_EQ(At(stable.stable_on()), 14);
  EXPECT_FALSE(Of("AAAsA").has_returned_on()) << "absent again";
}

TEST(Meal, ContradictsAnAbsenceAndDoesNotEndIt) {
  EXPECT_EQ(Line("Paaa"), "3 3") << "a list that was made up hides nobody";
  EXPECT_THAT(Raised("Paaa"), ElementsAre("MEAL_CONTRADICTS 3/1"));
  EXPECT_EQ(Of("PAaA").contradicted_days(), 1);
  EXPECT_TRUE(Disputed(Of("PAaA")));
  EXPECT_THAT(Raised("PAaAP"), IsEmpty()) << "of the open run";
  EXPECT_THAT(Raised("PaPA"), IsEmpty());
  EXPECT_EQ(Of("Pa").reasons(0).code(), "RUN") << "what reaches a step comes first";
}

TEST(Meal, IsMissedByWhoIsSaidToBeThere) {
  EXPECT_THAT(Raised("pnn"), IsEmpty());
  EXPECT_THAT(Raised("pnnn"), ElementsAre("NOT_SERVED 3/3"));
  EXPECT_THAT(Raised("pnPnLn"), ElementsAre("NOT_SERVED 3/3")) << "days that no list speaks of are not between";
  EXPECT_THAT(Raised("pnnnp"), IsEmpty()) << "served again";
  EXPECT_THAT(Raised("nnnnn"), IsEmpty()) << "who never eats at school is missed by nobody";
  EXPECT_EQ(Line("pnnn"), "0 0") << "reaches no step: the class is asked";
  EXPECT_TRUE(Disputed(Of("pnnn")));
  EXPECT_TRUE(SaysSomething(Of("pnnn")));
}

v1::AttendanceDay Day(const std::vector<v1::Mark>& marks) {
  v1::AttendanceDay day;
  for (const v1::Mark mark : marks) day.add_marks()->set_mark(mark);
  return day;
}

v1::DayOutcome Outcome(const v1::AttendanceDay& day) {
  return FactOf(kFirst, day).outcome;
}

TEST(OfADay, HalfADayPresentIsPresent) {
  const v1::Mark absent = v1::MARK_ABSENT, present = v1::MARK_PRESENT, leave = v1::MARK_LEAVE,
                 none = v1::MARK_UNSPECIFIED;
  EXPECT_EQ(Outcome(Day({absent, present})), v1::DAY_OUTCOME_PRESENT);
  EXPECT_EQ(Outcome(Day({v1::MARK_LATE, absent})), v1::DAY_OUTCOME_PRESENT);
  EXPECT_EQ(Outcome(Day({absent, leave})), v1::DAY_OUTCOME_LEAVE);
  EXPECT_EQ(Outcome(Day({absent, absent})), v1::DAY_OUTCOME_ABSENT);
  EXPECT_EQ(Outcome(Day({absent})), v1::DAY_OUTCOME_ABSENT);
  EXPECT_EQ(Outcome(Day({absent, none})), v1::DAY_OUTCOME_UNSPECIFIED) << "half of the day is unknown";
  EXPECT_EQ(Outcome(Day({})), v1::DAY_OUTCOME_UNSPECIFIED);
  v1::AttendanceDay suspended = Day({absent});
  suspended.set_excluded(true);
  EXPECT_EQ(Outcome(suspended), v1::DAY_OUTCOME_EXCLUDED);
}

TEST(OfADay, TheMealIsNoSession) {
  const auto with = [](const std::vector<v1::Mark>& marks, v1::Mark meal) {
    v1::AttendanceDay day = Day(marks);
    v1::SessionMark* added = day.add_marks();
    added->set_session(v1::SESSION_MEAL);
    added->set_mark(meal);
    return day;
  };
  const v1::Mark absent = v1::MARK_ABSENT, served = v1::MARK_PRESENT, none = v1::MARK_UNSPECIFIED;
  EXPECT_EQ(Outcome(with({}, served)), v1::DAY_OUTCOME_SERVED);
  EXPECT_EQ(Outcome(with({absent, none}, served)), v1::DAY_OUTCOME_SERVED) << "half of the day is unknown";
  EXPECT_EQ(Outcome(with({none}, absent)), v1::DAY_OUTCOME_UNSPECIFIED) << "not served is never absent";
  EXPECT_EQ(Outcome(with({absent, absent}, served)), v1::DAY_OUTCOME_ABSENT) << "a contradiction";
  EXPECT_EQ(FactOf(kFirst, with({absent}, served)).meal, served);
  v1::AttendanceDay suspended = with({}, served);
  suspended.set_excluded(true);
  EXPECT_EQ(Outcome(suspended), v1::DAY_OUTCOME_EXCLUDED);
}

// Written apart from the product: the run is the number of absences behind the last day that ends one.
int RunBySearch(const std::string& days) {
  const size_t end = days.find_last_of("PLspn");
  const std::string tail = end == std::string::npos ? days : days.substr(end + 1);
  return static_cast<int>(std::count(tail.begin(), tail.end(), 'A') + std::count(tail.begin(), tail.end(), 'a'));
}

TEST(Property, RunsOfChanceAreThoseThatASearchFinds) {
  std::mt19937 random(20231);
  for (int i = 0; i < 2000; ++i) {
    std::string days;
    for (size_t length = 1 + random() % 40; days.size() < length;) days += "PALX.AAPspna"[random() % 12];
    const auto evaluation = Of(days);
    ASSERT_EQ(evaluation.run_days(), RunBySearch(days)) << days;
    ASSERT_EQ(evaluation.step() == v1::ABSENCE_STEP_SUSPECTED, RunBySearch(days) >= 3) << days;
    const std::string tail = days.substr(days.find_last_of("PLspn") + 1);
    ASSERT_EQ(evaluation.contradicted_days(), std::count(tail.begin(), tail.end(), 'a')) << days;
    ASSERT_EQ(evaluation.absent_days(),
              std::count(days.begin(), days.end(), 'A') + std::count(days.begin(), days.end(), 'a'))
        << days;
    ASSERT_FALSE(evaluation.has_stable_on() && !evaluation.has_returned_on()) << days;
  }
}

v1::EvaluateAttendanceRequest Request(int days) {
  v1::EvaluateAttendanceRequest request;
  request.set_profile("DEFAULT");
  for (int i = 0; i < days; ++i) {
    v1::AttendanceDay* day = request.add_days();
    *day = Day({v1::MARK_ABSENT});
    *day->mutable_day() = DateOf(kFirst + i);
  }
  return request;
}

TEST(Method, SaysRunStepAndWhy) {
  const auto response = EvaluateAttendance(Book(), Request(3));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->evaluation().step(), v1::ABSENCE_STEP_SUSPECTED);
  ASSERT_EQ(response->evaluation().reasons_size(), 1);
  EXPECT_EQ(response->evaluation().reasons(0).code(), "RUN");
  EXPECT_EQ(response->evaluation().reasons(0).limit(), 3);
  EXPECT_EQ(At(response->evaluation().on()), 2);
  EXPECT_THAT(response->outcomes(),
              ElementsAre(v1::DAY_OUTCOME_ABSENT, v1::DAY_OUTCOME_ABSENT, v1::DAY_OUTCOME_ABSENT));
}

TEST(Method, RefusesWhatIsWrong) {
  const auto reason = [](const v1::EvaluateAttendanceRequest& request) {
    return ReasonOf(EvaluateAttendance(Book(), request).status());
  };
  EXPECT_EQ(reason({}), "FIELD_REQUIRED");
  EXPECT_EQ(reason(Request(401)), "FIELD_TOO_MANY");
  v1::EvaluateAttendanceRequest request = Request(2);
  request.mutable_days()->SwapElements(0, 1);
  EXPECT_EQ(reason(request), "SPAN_ORDER");
  request = Request(2);
  request.set_profile("NONE");
  EXPECT_EQ(reason(request), "PROFILE_UNKNOWN");
  request.clear_profile();
  request.set_region_code("4117");
  EXPECT_EQ(reason(request), "REGION_CODE");
  request = Request(1);
  request.clear_profile();
  request.set_region_code("411728000000");
  *request.mutable_days(0)->mutable_day() = DateOf(absl::CivilDay(1999, 1, 1));
  EXPECT_EQ(reason(request), "PROFILE_MISSING");
}

TEST(Profiles, HoldByRegionAndDay) {
  const auto code = [](const char* region, absl::CivilDay day) { return (*Book().InForce(region, {}, day))->code(); };
  EXPECT_EQ(code("411728000000", kFirst), "DEFAULT");
  EXPECT_EQ(code("440103000000", kFirst), "GD-5");
  EXPECT_EQ(code("210102000000", kFirst), "LN-4W");
  EXPECT_EQ(code("440103000000", absl::CivilDay(2008, 1, 1)), "DEFAULT") << "before the rule of Guangdong";
}

TEST(Profiles, HoldByStageGradeAndSeason) {
  ProfileFiles files = Shipped();
  files.regions +=
      "411728000000,,,2020-01-01,,GD-5,x\n411728000000,JUN,,2020-01-01,,DEFAULT,x\n"
      "411728000000,JUN,9,2020-01-01,2024-05-01,LN-4W,x\n411728000000,JUN,9,2024-05-01,2024-07-01,DEFAULT,x\n";
  const auto book = ProfileBook::Parse(files);
  ASSERT_TRUE(book.ok()) << book.status();
  const auto code = [&](const char* stage, const char* grade, absl::CivilDay day) {
    return (*book->InForce("411728000000", {stage, grade}, day))->code();
  };
  EXPECT_EQ(code("PRI", "3", kFirst), "GD-5") << "of the county";
  EXPECT_EQ(code("JUN", "7", kFirst), "DEFAULT") << "of the stage";
  EXPECT_EQ(code("JUN", "9", kFirst), "LN-4W") << "of the grade";
  EXPECT_EQ(code("JUN", "9", absl::CivilDay(2024, 6, 1)), "DEFAULT") << "in the season before the examination";
  EXPECT_EQ(code("JUN", "9", absl::CivilDay(2024, 9, 2)), "DEFAULT") << "again of the stage";
  EXPECT_EQ(code("", "", kFirst), "GD-5");
  files.regions += "411728000000,,9,2024-05-01,,DEFAULT,x\n";
  EXPECT_EQ(ReasonOf(ProfileBook::Parse(files).status()), "DATA_FILE") << "a grade without its stage";
}

TEST(Profiles, FilesThatAreWrongDoNotLoad) {
  const auto refused = [](std::string ProfileFiles::*file, const std::string& row) {
    ProfileFiles files = Shipped();
    files.*file += row;
    return ReasonOf(ProfileBook::Parse(files).status()) == "DATA_FILE";
  };
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,3,2,4,2,10,60,3,x,x\n")) << "VISIT before WARN";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,1,2,20,2,10,15,3,x,x\n")) << "the window ends before a step";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,1,2,3,2,10,60,3,x,\n")) << "no source";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,one,2,3,2,10,60,3,x,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "DEFAULT,1,2,3,2,10,60,3,x,x\n")) << "twice";
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "NONE,WARN,3,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,RUN,3,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,WARN,21,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,WARN,3,80,5,x\n")) << "beyond the window";
  EXPECT_TRUE(refused(&ProfileFiles::regions, "41,,,2020-01-01,,DEFAULT,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::regions, "440000000000,,,2020-01-01,,DEFAULT,x\n")) << "two at a time";
  EXPECT_TRUE(refused(&ProfileFiles::regions, "450000000000,,,2020-01-01,2020-01-01,DEFAULT,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::regions, "450000000000,,,2020-01-01,,NONE,x\n"));
  ProfileFiles files = Shipped();
  files.regions = "region,stage,grade,valid_from,valid_to,profile,source\n440000000000,,,2020-01-01,,DEFAULT,x\n";
  EXPECT_EQ(ReasonOf(ProfileBook::Parse(files).status()), "DATA_FILE") << "nothing for the nation";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
