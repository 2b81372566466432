// Loans, Rain and Dew, grants and scholarships of universities: what may be tracked, and the life of a record.
#include "services/student_aid/tracked_aid_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kOrigin = v1::TRACKED_AID_KIND_LOAN_ORIGIN, kCampus = v1::TRACKED_AID_KIND_LOAN_CAMPUS;
constexpr auto kRainDew = v1::TRACKED_AID_KIND_RAIN_DEW, kGrant = v1::TRACKED_AID_KIND_GRANT;
constexpr auto kAward = v1::TRACKED_AID_KIND_SCHOLARSHIP;

// A student of Suiping in the first year at a university of the province.
v1::EvaluateTrackedAidRequest Asking(v1::TrackedAidKind kind, int64_t yuan, const std::string& term = "2023-2024-1",
                                     const std::string& stage = "UG", const std::string& grade = "1",
                                     const std::vector<std::string>& kinds = {"P2"}) {
  v1::EvaluateTrackedAidRequest request;
  *request.mutable_entitlement()->mutable_facts() = Pupil(stage, grade, false, kinds);
  request.mutable_entitlement()->mutable_facts()->set_home_region("411728000000");
  request.mutable_entitlement()->set_term(term);
  request.set_kind(kind);
  request.set_amount_fen(yuan * 100);
  request.set_tuition_fen(500000);
  request.set_accommodation_fen(100000);
  request.set_years_left(4);
  return request;
}
v1::EvaluateTrackedAidResponse Answer(const v1::EvaluateTrackedAidRequest& request, const PolicyBook& book = Book()) {
  return EvaluateTracked(book, FundTables(), request).value();
}
std::string Reason(const v1::EvaluateTrackedAidRequest& request) {
  return Answer(request).reason();
}

TEST(Loans, CeilingsGoBySchoolYear) {  // 2.4, DR-20
  struct Row {
    const char *term, *stage;
    int64_t ceiling_yuan;
  };
  for (const Row& row :
       {Row{"2022-2023-1", "UG", 12000}, Row{"2022-2023-2", "COL", 12000}, Row{"2023-2024-1", "UG", 16000},
        Row{"2024-2025-2", "UG", 20000}, Row{"2022-2023-1", "MA", 16000}, Row{"2023-2024-1", "PHD", 20000},
        Row{"2024-2025-1", "MA", 25000}}) {
    for (const auto kind : {kOrigin, kCampus}) {
      EXPECT_EQ(Reason(Asking(kind, row.ceiling_yuan, row.term, row.stage)), "") << row.term << row.stage;
      EXPECT_EQ(Reason(Asking(kind, row.ceiling_yuan + 1, row.term, row.stage)), "LOAN_ABOVE_CEILING") << row.term;
    }
  }
  const auto answer = Answer(Asking(kOrigin, 16000));
  EXPECT_EQ(answer.item(), "SP_LOAN_UG");
  EXPECT_THAT(answer.flags(), ElementsAre("STANDARD_BELOW_NATIONAL"));
  EXPECT_THAT(answer.applied_rows(), ElementsAre("SP@1:SP_LOAN_UG", "CN@1:CN_LOAN_UG"));
  EXPECT_EQ(answer.living_fen(), 1000000);
}

TEST(Loans, UnderOptionLocalThePlansCeilingHolds) {  // DR-20
  const auto answer = Answer(Asking(kOrigin, 12000), LocalBook());
  EXPECT_EQ(answer.standard_fen(), 1200000);
  EXPECT_THAT(answer.flags(), ElementsAre("STANDARD_BELOW_NATIONAL"));
  EXPECT_EQ(Answer(Asking(kOrigin, 12001), LocalBook()).reason(), "LOAN_ABOVE_CEILING");
}

TEST(Loans, FloorAndCharges) {
  EXPECT_EQ(Reason(Asking(kOrigin, 1000)), "");
  EXPECT_EQ(Reason(Asking(kOrigin, 999)), "LOAN_BELOW_FLOOR");
  // Before living was allowed: up to tuition and accommodation, which must be known.
  EXPECT_EQ(Reason(Asking(kOrigin, 6000, "2020-2021-1")), "");
  EXPECT_EQ(Reason(Asking(kOrigin, 6001, "2020-2021-1")), "LOAN_ABOVE_CHARGES");
  auto unknown = Asking(kOrigin, 6000, "2020-2021-1");
  unknown.clear_tuition_fen();
  EXPECT_EQ(Reason(unknown), "LOAN_CHARGES");
  unknown.mutable_entitlement()->set_term("2021-2022-1");
  EXPECT_EQ(Reason(unknown), "");
  EXPECT_EQ(Answer(unknown).living_fen(), 0) << "not known";
  EXPECT_EQ(Answer(Asking(kOrigin, 5999)).living_fen(), 0);
}

TEST(Loans, YearsAndInterest) {  // 2.4
  auto request = Asking(kOrigin, 8000);
  auto answer = Answer(request);
  EXPECT_EQ(answer.longest_years(), 19);
  EXPECT_EQ(answer.grace_years(), 5);
  EXPECT_EQ(answer.below_prime_bp(), 60);
  request.set_years_left(8);
  SetDate(20241031, request.mutable_entitlement()->mutable_evaluation_date());
  answer = Answer(request);
  EXPECT_EQ(answer.longest_years(), 22);
  EXPECT_EQ(answer.below_prime_bp(), 70);
  answer = Answer(Asking(kOrigin, 6000, "2019-2020-1"));
  EXPECT_EQ(answer.grace_years(), 3);
  EXPECT_EQ(answer.longest_years(), 4) << "no rule is stated for then";
}

TEST(Loans, NotBothKindsInASchoolYear) {  // 2.5
  for (const auto& [wanted, held] : {std::pair{kOrigin, kCampus}, {kCampus, kOrigin}}) {
    auto request = Asking(wanted, 8000);
    request.add_held()->set_kind(held);
    EXPECT_EQ(Reason(request), "LOAN_OTHER_KIND");
    request.mutable_held(0)->set_kind(wanted);
    EXPECT_EQ(Reason(request), "");
  }
  auto with_grant = Asking(kOrigin, 8000);  // loan + grant stack
  with_grant.add_held()->set_kind(kGrant);
  EXPECT_EQ(Reason(with_grant), "");
  EXPECT_EQ(Reason(Asking(kOrigin, 8000, "2023-2024-1", "UG", "1", {"P3"})), "KIND_NOT_HELD");
  auto left = Asking(kOrigin, 8000);
  left.mutable_entitlement()->mutable_facts()->set_status("SUSPENDED");
  EXPECT_EQ(Reason(left), "STATUS_NOT_ENROLLED");
  EXPECT_EQ(Reason(Asking(kOrigin, 8000, "2023-2024-1", "HS", "10")), "NO_STANDARD");
}

TEST(RainDew, ForJuniorCollegeEachTerm) {  // 2.4: not for undergraduates
  const auto answer = Answer(Asking(kRainDew, 0, "2023-2024-2", "COL"));
  EXPECT_EQ(answer.reason(), "");
  EXPECT_EQ(answer.item(), "SP_YULU");
  EXPECT_EQ(answer.standard_fen(), 150000);
  EXPECT_EQ(Reason(Asking(kRainDew, 0)), "NO_STANDARD");
  EXPECT_EQ(Reason(Asking(kRainDew, 0, "2023-2024-1", "COL", "1", {"D1"})), "KIND_NOT_HELD");
}

TEST(Grants, TheHigherOneIsTrackedAndTheConflictFlagged) {  // DR-16, defect 4
  const auto doctor = Answer(Asking(kGrant, 6000, "2023-2024-1", "PHD"));
  EXPECT_EQ(doctor.item(), "SP_PHD");
  EXPECT_EQ(doctor.standard_fen(), 650000);
  EXPECT_THAT(doctor.flags(), ElementsAre("STANDARD_BELOW_NATIONAL", "AMOUNT_BELOW_STANDARD"));
  EXPECT_THAT(Answer(Asking(kGrant, 6500, "2023-2024-1", "PHD")).flags(), ElementsAre("STANDARD_BELOW_NATIONAL"));
  EXPECT_THAT(Answer(Asking(kGrant, 3500, "2023-2024-1", "MA")).flags(), ElementsAre("AMOUNT_ABOVE_STANDARD"));
  EXPECT_THAT(Answer(Asking(kGrant, 0, "2023-2024-1", "MA")).flags(), IsEmpty());
}

TEST(Grants, AMeanIsNoStandardOfOneAmountItsRangeIs) {  // DR-19
  const auto away = [](int64_t yuan) {
    auto request = Asking(kGrant, yuan, "2024-2025-1");
    request.mutable_entitlement()->mutable_facts()->set_school_in_province(false);
    return Answer(request);
  };
  EXPECT_EQ(away(1250).item(), "CN_UG_GRANT");
  EXPECT_THAT(away(1250).flags(), IsEmpty());
  EXPECT_THAT(away(2500).flags(), IsEmpty());
  EXPECT_THAT(away(1249).flags(), ElementsAre("AMOUNT_OUTSIDE_RANGE"));
  EXPECT_THAT(away(2501).flags(), ElementsAre("AMOUNT_OUTSIDE_RANGE"));
}

TEST(Scholarships, OneOfThemPerSchoolYearBesideAGrant) {  // 2.5
  auto national = Asking(kAward, 10000, "2024-2025-2", "UG", "2");
  national.set_item("CN_UG_SCHOLAR");
  const auto answer = Answer(national);
  EXPECT_EQ(answer.reason(), "");
  EXPECT_EQ(answer.standard_fen(), 1000000) << "of the school year, whatever the term";
  national.add_held()->set_kind(kGrant);
  EXPECT_EQ(Reason(national), "");
  auto encouraged = Asking(kAward, 6000, "2024-2025-1", "UG", "2");
  encouraged.set_item("CN_UG_INSPIRE");
  EXPECT_EQ(Reason(encouraged), "");
  encouraged.add_held()->set_kind(kAward);
  encouraged.mutable_held(0)->set_item("CN_UG_SCHOLAR");
  EXPECT_EQ(Reason(encouraged), "SCHOLARSHIP_OTHER");
  encouraged.mutable_held(0)->set_item("CN_UG_INSPIRE");
  EXPECT_EQ(Reason(encouraged), "ALREADY_RECEIVED");
  auto freshman = Asking(kAward, 6000, "2024-2025-1", "UG", "1");
  freshman.set_item("CN_UG_INSPIRE");
  EXPECT_EQ(Reason(freshman), "STUDY_YEAR_OTHER");
}

TEST(Tracked, WhatTheCountyPaysItselfIsNotTracked) {
  EXPECT_EQ(Reason(Asking(kGrant, 1000, "2023-2024-1", "HS", "10")), "NO_STANDARD");
  auto vocational = Asking(kAward, 6000, "2023-2024-1", "VOC", "V2");
  vocational.set_item("CN_VOC_SCHOLAR");
  EXPECT_EQ(Reason(vocational), "NO_STANDARD");
  vocational.set_item("NOTHING");
  EXPECT_EQ(Reason(vocational), "NO_STANDARD");
}

TEST(Tracked, RequestsThatCannotBeEvaluated) {
  const auto fails = [](const v1::EvaluateTrackedAidRequest& request) {
    return ReasonOf(EvaluateTracked(Book(), FundTables(), request).status());
  };
  EXPECT_EQ(fails(Asking(v1::TRACKED_AID_KIND_UNSPECIFIED, 1)), "FIELD_REQUIRED");
  EXPECT_EQ(fails(Asking(kOrigin, 0)), "FIELD_REQUIRED");
  EXPECT_EQ(fails(Asking(kAward, 1)), "FIELD_REQUIRED");
  EXPECT_EQ(fails(Asking(kOrigin, -1)), "AMOUNT_NEGATIVE");
  EXPECT_EQ(fails(Asking(kOrigin, 1'000'000'001)), "AMOUNT_TOO_LARGE");
  EXPECT_EQ(fails(Asking(kOrigin, 8000, "2023")), "TERM_FORMAT");
  auto nowhere = Asking(kOrigin, 8000);
  nowhere.mutable_entitlement()->mutable_facts()->set_home_region("41");
  EXPECT_EQ(fails(nowhere), "REGION_CODE");
}

// --- The life of a record -------------------------------------------------------------------------------------------
const Act kAct{"officer", absl::CivilDay(2023, 10, 8), "why"};

v1::TrackedAidRow Row(v1::TrackedAidEvent event, int64_t yuan = 0) {
  v1::TrackedAidRow row;
  row.set_event(event);
  row.set_amount_fen(yuan * 100);
  row.set_contract_number("HT-1");
  row.set_co_borrower("王大山");
  return row;
}
v1::TrackedAid Asked(v1::TrackedAidKind kind = kOrigin) {
  v1::TrackedAid aid;
  aid.set_kind(kind);
  v1::EvaluateTrackedAidResponse answer;
  answer.set_standard_fen(1600000);
  EXPECT_TRUE(AskFor(kAct, Row(v1::TRACKED_AID_EVENT_ASK, 8000), {}, answer, &aid).ok());
  return aid;
}

TEST(Tracked, AskedAgreedPaid) {
  v1::TrackedAid aid = Asked();
  EXPECT_EQ(EnumText(aid.state()), "ASKED");
  EXPECT_EQ(aid.amount_fen(), 800000);
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_AGREE), &aid).ok());
  EXPECT_EQ(aid.agreed_fen(), 800000);
  EXPECT_EQ(aid.contract_number(), "HT-1");
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_PAY, 7000), &aid).ok());
  EXPECT_EQ(aid.paid_fen(), 700000);
  EXPECT_EQ(EnumText(aid.state()), "PAID");
  std::vector<std::string> events;
  for (const auto& step : aid.steps()) events.push_back(step.event());
  EXPECT_THAT(events, ElementsAre("ask", "agree", "pay"));
}

TEST(Tracked, WhatIsWrongWithAnAnswer) {
  const auto fails = [](const v1::TrackedAidRow& row, v1::TrackedAid aid, const Act& act = kAct) {
    return ReasonOf(RecordAnswer(act, row, &aid));
  };
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_PAY), Asked()), "STATE_TRANSITION");
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_AGREE, 8001), Asked()), "TRACKED_AMOUNT");
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_AGREE, -1), Asked()), "TRACKED_AMOUNT");
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_AGREE, 9000), Asked(kGrant)), "") << "a university may give more";
  auto row = Row(v1::TRACKED_AID_EVENT_AGREE);
  row.clear_co_borrower();
  EXPECT_EQ(fails(row, Asked()), "LOAN_PAPERS");
  EXPECT_EQ(fails(row, Asked(kCampus)), "");
  row.clear_contract_number();
  EXPECT_EQ(fails(row, Asked(kCampus)), "LOAN_PAPERS");
  EXPECT_EQ(fails(row, Asked(kRainDew)), "");
  for (const auto event : {v1::TRACKED_AID_EVENT_REFUSE, v1::TRACKED_AID_EVENT_WITHDRAW}) {
    EXPECT_EQ(fails(Row(event), Asked(), {"officer", kAct.on, ""}), "FIELD_REQUIRED");
    EXPECT_EQ(fails(Row(event), Asked()), "");
  }
  v1::TrackedAid agreed = Asked();
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_AGREE), &agreed).ok());
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_PAY, 8001), agreed), "TRACKED_AMOUNT");
  EXPECT_EQ(fails(Row(v1::TRACKED_AID_EVENT_REFUSE), agreed), "STATE_TRANSITION");
}

TEST(Tracked, RestsAndEndsWithTheStudy) {  // 2.4
  v1::TrackedAid asked = Asked(kRainDew), agreed = Asked(kRainDew);
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_AGREE), &agreed).ok());
  for (v1::TrackedAid* aid : {&asked, &agreed}) {
    const auto before = aid->state();
    EXPECT_FALSE(FollowStudy(kAct, "resume", aid)) << "nothing rests";
    ASSERT_TRUE(FollowStudy(kAct, "pause", aid));
    EXPECT_EQ(ReasonOf(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_PAY), aid)), "STATE_TRANSITION");
    ASSERT_TRUE(FollowStudy(kAct, "resume", aid));
    EXPECT_EQ(aid->state(), before);
    ASSERT_TRUE(FollowStudy(kAct, "end", aid));
    EXPECT_FALSE(Stands(aid->state()));
    EXPECT_FALSE(FollowStudy(kAct, "resume", aid));
    v1::EvaluateTrackedAidResponse answer;
    ASSERT_TRUE(AskFor(kAct, Row(v1::TRACKED_AID_EVENT_ASK), {}, answer, aid).ok()) << "asked again";
    EXPECT_FALSE(aid->has_agreed_on());
  }
  v1::TrackedAid paid = Asked(kRainDew);
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_AGREE), &paid).ok());
  ASSERT_TRUE(RecordAnswer(kAct, Row(v1::TRACKED_AID_EVENT_PAY), &paid).ok());
  for (const char* event : {"pause", "end"}) EXPECT_FALSE(FollowStudy(kAct, event, &paid)) << "what is paid stays";
}

TEST(Tracked, ReachesToTheEndOfItsTermOrSchoolYear) {
  const TermCalendar calendar = ShippedCalendar();
  v1::TrackedAid aid;
  aid.set_term("2023-2024-1");
  aid.set_kind(kRainDew);
  EXPECT_TRUE(Reaches(calendar, aid, absl::CivilDay(2024, 2, 29)));
  EXPECT_FALSE(Reaches(calendar, aid, absl::CivilDay(2024, 3, 1)));
  aid.set_kind(kOrigin);
  EXPECT_TRUE(Reaches(calendar, aid, absl::CivilDay(2024, 8, 31)));
  EXPECT_FALSE(Reaches(calendar, aid, absl::CivilDay(2024, 9, 1)));
}

TEST(Tracked, KindsAndTerms) {
  const Term spring = ParseTerm("2023-2024-2").value();
  for (const auto kind : {kOrigin, kCampus, kAward}) EXPECT_EQ(TermOf(kind, spring).text(), "2023-2024-1");
  for (const auto kind : {kRainDew, kGrant}) EXPECT_EQ(TermOf(kind, spring).text(), "2023-2024-2");
  EXPECT_EQ(EnumText(kOrigin), "LOAN_ORIGIN");
  EXPECT_EQ(FamilyOf(v1::TRACKED_AID_KIND_UNSPECIFIED), v1::BENEFIT_FAMILY_UNSPECIFIED);
}

}  // namespace
}  // namespace ruraledu::student_aid
