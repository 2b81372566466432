// DR-28, DR-29 and 3.2 as tables: a letter is a school day. P present, A absent, L leave, '.' no record, X excluded.
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
      return v1::DAY_OUTCOME_PRESENT;
    case 'A':
      return v1::DAY_OUTCOME_ABSENT;
    case 'L':
      return v1::DAY_OUTCOME_LEAVE;
    case 'X':
      return v1::DAY_OUTCOME_EXCLUDED;
    default:
      return v1::DAY_OUTCOME_UNSPECIFIED;
  }
}

v1::AbsenceEvaluation Of(const std::string& days, const std::string& profile = "DEFAULT") {
  std::vector<DayFact> facts;
  for (size_t i = 0; i < days.size(); ++i) facts.push_back({kFirst + static_cast<int>(i), OutcomeIn(days[i])});
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

v1::AttendanceDay Day(const std::vector<v1::Mark>& marks) {
  v1::AttendanceDay day;
  for (const v1::Mark mark : marks) day.add_marks()->set_mark(mark);
  return day;
}

TEST(OfADay, HalfADayPresentIsPresent) {
  const v1::Mark absent = v1::MARK_ABSENT, present = v1::MARK_PRESENT, leave = v1::MARK_LEAVE,
                 none = v1::MARK_UNSPECIFIED;
  EXPECT_EQ(OutcomeOf(Day({absent, present})), v1::DAY_OUTCOME_PRESENT);
  EXPECT_EQ(OutcomeOf(Day({v1::MARK_LATE, absent})), v1::DAY_OUTCOME_PRESENT);
  EXPECT_EQ(OutcomeOf(Day({absent, leave})), v1::DAY_OUTCOME_LEAVE);
  EXPECT_EQ(OutcomeOf(Day({absent, absent})), v1::DAY_OUTCOME_ABSENT);
  EXPECT_EQ(OutcomeOf(Day({absent})), v1::DAY_OUTCOME_ABSENT);
  EXPECT_EQ(OutcomeOf(Day({absent, none})), v1::DAY_OUTCOME_UNSPECIFIED) << "half of the day is unknown";
  EXPECT_EQ(OutcomeOf(Day({})), v1::DAY_OUTCOME_UNSPECIFIED);
  v1::AttendanceDay suspended = Day({absent});
  suspended.set_excluded(true);
  EXPECT_EQ(OutcomeOf(suspended), v1::DAY_OUTCOME_EXCLUDED);
}

// Written apart from the product: the run is the number of absences behind the last day that ends one.
int RunBySearch(const std::string& days) {
  const size_t end = days.find_last_of("PL");
  const std::string tail = end == std::string::npos ? days : days.substr(end + 1);
  return static_cast<int>(std::count(tail.begin(), tail.end(), 'A'));
}

TEST(Property, RunsOfChanceAreThoseThatASearchFinds) {
  std::mt19937 random(20231);
  for (int i = 0; i < 2000; ++i) {
    std::string days;
    for (size_t length = 1 + random() % 40; days.size() < length;) days += "PALX.AAP"[random() % 8];
    const auto evaluation = Of(days);
    ASSERT_EQ(evaluation.run_days(), RunBySearch(days)) << days;
    ASSERT_EQ(evaluation.step() == v1::ABSENCE_STEP_SUSPECTED, RunBySearch(days) >= 3) << days;
    ASSERT_EQ(evaluation.absent_days(), std::count(days.begin(), days.end(), 'A')) << days;
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
  const auto code = [](const char* region, absl::CivilDay day) { return (*Book().InForce(region, day))->code(); };
  EXPECT_EQ(code("411728000000", kFirst), "DEFAULT");
  EXPECT_EQ(code("440103000000", kFirst), "GD-5");
  EXPECT_EQ(code("210102000000", kFirst), "LN-4W");
  EXPECT_EQ(code("440103000000", absl::CivilDay(2008, 1, 1)), "DEFAULT") << "before the rule of Guangdong";
}

TEST(Profiles, FilesThatAreWrongDoNotLoad) {
  const auto refused = [](std::string ProfileFiles::*file, const std::string& row) {
    ProfileFiles files = Shipped();
    files.*file += row;
    return ReasonOf(ProfileBook::Parse(files).status()) == "DATA_FILE";
  };
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,3,2,4,20,3,2,10,60,x,x\n")) << "VISIT before WARN";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,1,2,3,20,3,2,10,15,x,x\n")) << "the window ends before a step";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,1,2,3,20,3,2,10,60,x,\n")) << "no source";
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "X,one,2,3,20,3,2,10,60,x,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::profiles, "DEFAULT,1,2,3,20,3,2,10,60,x,x\n")) << "twice";
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "NONE,WARN,3,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,RUN,3,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,WARN,21,20,5,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::cumulative, "DEFAULT,WARN,3,80,5,x\n")) << "beyond the window";
  EXPECT_TRUE(refused(&ProfileFiles::regions, "41,2020-01-01,,DEFAULT,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::regions, "440000000000,2020-01-01,,DEFAULT,x\n")) << "two at a time";
  EXPECT_TRUE(refused(&ProfileFiles::regions, "450000000000,2020-01-01,2020-01-01,DEFAULT,x\n"));
  EXPECT_TRUE(refused(&ProfileFiles::regions, "450000000000,2020-01-01,,NONE,x\n"));
  ProfileFiles files = Shipped();
  files.regions = "region,valid_from,valid_to,profile,source\n440000000000,2020-01-01,,DEFAULT,x\n";
  EXPECT_EQ(ReasonOf(ProfileBook::Parse(files).status()), "DATA_FILE") << "nothing for the nation";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
