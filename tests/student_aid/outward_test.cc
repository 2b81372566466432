// Pupils who study elsewhere through the methods and the job (2.8), on both databases: whom the registry tells,
// letters, answers in one batch, payments of the home county that nobody gets twice, the report.
#include "common/base/enum_text.h"
#include "common/feed/journal.h"
#include "services/student_aid/outward_gauges.h"
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/outward_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class OutwardTest : public OutwardFixture, public ::testing::TestWithParam<const char*> {
 protected:
  OutwardTest() : OutwardFixture(OptionsOf(GetParam())) {
    const auto looked = Look();
    EXPECT_TRUE(looked.ok()) << looked.status();
  }
  absl::StatusOr<v1::OutwardLetter> Letter(const std::string& letter, bool unmask = false) {
    v1::RenderOutwardLetterRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_letter(letter);
    request.set_unmask(unmask);
    return aid.CallAs(rpc::MakeJobCaller("officer", "411728"), "RenderOutwardLetter", request,
                      &Handlers::RenderOutwardLetter, unmask ? "AID" : "");
  }
  v1::ListOutwardCasesResponse List(const std::function<void(v1::ListOutwardCasesRequest*)>& narrow = nullptr) {
    v1::ListOutwardCasesRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    if (narrow) narrow(&request);
    const auto all = As("reader", "ListOutwardCases", request, &Handlers::ListOutwardCases);
    EXPECT_TRUE(all.ok()) << all.status();
    return all.value_or(v1::ListOutwardCasesResponse());
  }
  std::string Confirmation() {
    v1::GetReportRequest request;
    request.set_area("areas/411728");
    request.set_report(v1::REPORT_KIND_OUTWARD);
    request.set_period(kAutumn);
    const auto report = As("reader", "GetReport", request, &Handlers::GetReport);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return "";
    std::vector<std::string> cells;
    for (const reports_v1::ReportCell& cell : report->total().cells()) cells.push_back(CellText(cell));
    return absl::StrJoin(cells, "|");
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, OutwardTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(OutwardTest, TheRegistryTellsWhoLearnsElsewhere) {
  const v1::OutwardCase q1 = Case("q1");
  EXPECT_EQ(EnumText(q1.state()), "FOUND");
  EXPECT_EQ(q1.direction(), v1::OUTWARD_DIRECTION_OUT);
  EXPECT_EQ(q1.other_county(), kThere);
  EXPECT_EQ(q1.area(), "411728103") << "township of the household";
  EXPECT_EQ(q1.school_name(), "常庄中心学校");
  EXPECT_THAT(q1.tracked_kinds(), ElementsAre("P2"));
  ASSERT_EQ(q1.entitled_size(), 2);
  EXPECT_EQ(q1.entitled(0).amount_fen(), 62500);
  EXPECT_EQ(Case("q2").name(), "") << "P3 is not asked for (2.8)";
  EXPECT_EQ(StateOfCase("q3"), "FOUND");
  const v1::OutwardCase r1 = Case("r1");
  EXPECT_EQ(r1.direction(), v1::OUTWARD_DIRECTION_IN);
  EXPECT_EQ(r1.other_county(), kThere);
  EXPECT_EQ(r1.area(), "411728103/s1");
  EXPECT_EQ(aid.Counter("outward_cases"), 2) << "the rate is of the home county's own pupils";

  const auto again = Look();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->opened(), 0);
  EXPECT_EQ(again->moved(), 0);
  EXPECT_EQ(Case("q1").etag(), q1.etag()) << "a second time writes nothing";

  registry_v1::School other = School(kOther, "s8", "500243102");
  other.set_display_name("第二中学");
  registry.Put(other);
  registry_v1::Student moved = Student("q1", "JUN", "8", true, {}, kOther, "s8");
  moved.set_household("counties/411728/households/h-q1");
  registry.Put(moved);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Look()->moved(), 1);
  EXPECT_EQ(Case("q1").school_name(), "第二中学");

  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(As("officer", "OpenOutwardCases", Opening(), &Handlers::OpenOutwardCases).status()), "BATCH_OPEN");
  EXPECT_EQ(ReasonOf(As("officer", "OpenOutwardCases", Opening("2023"), &Handlers::OpenOutwardCases).status()),
            "TERM_FORMAT");
}

TEST_P(OutwardTest, WhatTheRegistryDoesNotTellIsEntered) {
  std::vector<v1::OutwardEntry> rows = {Entry("p1"), Entry("q1"), Entry("nobody"),   Entry("", "李小花"), Entry("p1"),
                                        Entry("p3"), Entry("p3"), Entry("", "张三"), Entry("p5")};
  rows[5].set_other_county("411728");
  rows[6].set_other_county("999999");
  rows[7].clear_kinds();
  rows[7].add_kinds("ZZ");
  rows[8].set_stage("NONE");
  EXPECT_EQ(Reasons(Enter(rows)),
            "- OUTWARD_EXISTS PERSON_UNKNOWN - DUPLICATE_IN_BATCH OUTWARD_HOME DUPLICATE_IN_BATCH KIND_UNKNOWN "
            "STAGE_UNKNOWN");
  EXPECT_TRUE(Case("p1").by_hand());
  EXPECT_THAT(Case("p1").tracked_kinds(), ElementsAre("P2")) << "kinds come from the registers";
  const auto listed = List([](auto* request) { request->set_state(v1::OUTWARD_STATE_FOUND); });
  ASSERT_EQ(listed.cases_size(), 5);
  EXPECT_EQ(listed.cases(0).display_name(), "李**") << "masked, of the county as such";
  EXPECT_TRUE(listed.cases(0).masked());
  EXPECT_FALSE(listed.cases(0).has_input());

  v1::BatchEnterOutwardCasesRequest wrong = Entering({});
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterOutwardCases", wrong, &Handlers::BatchEnterOutwardCases).status()),
            "FIELD_REQUIRED");
  wrong = Entering({Entry("p2")});
  wrong.mutable_entries(0)->set_township("500243101");
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterOutwardCases", wrong, &Handlers::BatchEnterOutwardCases).status()),
            "REGION_UNKNOWN");
  wrong = Entering({Entry("p2")});
  wrong.set_term("2023");
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterOutwardCases", wrong, &Handlers::BatchEnterOutwardCases).status()),
            "TERM_FORMAT");
  wrong = Entering(std::vector<v1::OutwardEntry>(201, Entry("p2")));
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterOutwardCases", wrong, &Handlers::BatchEnterOutwardCases).status()),
            "FIELD_TOO_MANY");
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterOutwardCases", Entering({Entry("p2")}), &Handlers::BatchEnterOutwardCases,
                        "411728104")
                         .status()),
            "PERMISSION_DENIED");
  registry_v1::Student alias = Student("p2", "JUN", "7");
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p1"));
  registry.Put(alias);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(
      Reasons(As("officer", "BatchEnterOutwardCases", Entering({Entry("p2")}), &Handlers::BatchEnterOutwardCases)),
      "MERGED");
}

TEST_P(OutwardTest, ALetterGoesToOneCountyAndIsAnsweredInOneBatch) {
  registry_v1::Student third = Student("q4", "JUN", "8", true);
  registry.Put(third);
  ASSERT_TRUE(aid.CatchUp().ok());
  v1::OutwardEntry other = Entry("q4");
  other.set_other_county("640422");
  ASSERT_EQ(Reasons(Enter({other})), "-");
  const auto asking = Asking({"q1", "q3", "q4", "q9", "q1"});
  const auto asked = As("officer", "BatchAskOutwardCases", asking, &Handlers::BatchAskOutwardCases);
  EXPECT_EQ(Reasons(asked), "- - OUTWARD_OTHER_COUNTY NOT_FOUND DUPLICATE_IN_BATCH");
  const auto replayed = As("officer", "BatchAskOutwardCases", asking, &Handlers::BatchAskOutwardCases);
  EXPECT_EQ(Reasons(replayed), Reasons(asked));
  EXPECT_EQ(Case("q1").letters(), 1) << "a replay asks nobody again";
  EXPECT_EQ(DayOf(Case("q1").answer_due_on()), absl::CivilDay(2023, 11, 8)) << "30 days of the data";

  const auto letter = Letter("函〔2023〕1号");
  ASSERT_TRUE(letter.ok()) << letter.status();
  EXPECT_EQ(letter->pupils(), 2);
  EXPECT_THAT(letter->text(), HasSubstr("彭水苗族土家族自治县学生资助管理中心："));
  EXPECT_THAT(letter->text(), HasSubstr("1. 王**，常庄中心学校"));
  EXPECT_THAT(letter->text(), Not(HasSubstr("王小明")));
  EXPECT_TRUE(letter->masked());
  EXPECT_EQ(ReasonOf(Letter("没有").status()), "NOT_FOUND");

  On(11, 9);
  EXPECT_EQ(List([](auto* request) { request->set_overdue_only(true); }).cases_size(), 2);
  obs::Metrics metrics;
  ASSERT_TRUE(OutwardProbe(*aid.place.database, metrics, clock)().ok());
  EXPECT_THAT(metrics.Text(),
              HasSubstr("ruraledu_student_aid_outward_overdue_pupils{county=\"411728\",term=\"2023-2024-1\"} 2"));

  auto answers = Answering({{"q1", v1::OUTWARD_RESULT_AIDED_THERE},
                            {"q3", v1::OUTWARD_RESULT_NOT_AIDED_THERE},
                            {"q4", v1::OUTWARD_RESULT_NOT_FOUND},
                            {"r1", v1::OUTWARD_RESULT_AIDED_THERE},
                            {"p9", v1::OUTWARD_RESULT_NOT_FOUND}});
  answers.mutable_answers(3)->clear_items();
  EXPECT_EQ(Reasons(As("officer", "BatchAnswerOutwardCases", answers, &Handlers::BatchAnswerOutwardCases)),
            "- - OUTWARD_OTHER_COUNTY FIELD_REQUIRED NOT_FOUND");
  EXPECT_EQ(StateOfCase("q1"), "CONFIRMED");
  EXPECT_EQ(StateOfCase("q3"), "QUESTIONED");
  EXPECT_EQ(Case("q1").answer_letter(), "复函〔2023〕7号");
  EXPECT_EQ(List([](auto* request) { request->set_overdue_only(true); }).cases_size(), 0);
  EXPECT_EQ(Confirmation(), "合计|||3|2|2|1|1|0|0|1|33.33%");
  EXPECT_EQ(aid.Counter("outward_settled"), 1);

  auto stale = Answering({{"q3", v1::OUTWARD_RESULT_NOT_FOUND}});
  stale.mutable_answers(0)->set_etag("\"999999\"");
  EXPECT_EQ(Reasons(As("officer", "BatchAnswerOutwardCases", stale, &Handlers::BatchAnswerOutwardCases)),
            "ETAG_MISMATCH");
  EXPECT_EQ(Reasons(Answer({{"q1", v1::OUTWARD_RESULT_NOT_FOUND}})), "STATE_TRANSITION");
  auto ahead = Asking({"q1"});
  *ahead.mutable_asked_on() = Date(20231110);
  EXPECT_EQ(ReasonOf(As("officer", "BatchAskOutwardCases", ahead, &Handlers::BatchAskOutwardCases).status()),
            "DATE_AHEAD");
  EXPECT_EQ(ReasonOf(Ask({}).status()), "FIELD_REQUIRED");
}

TEST_P(OutwardTest, TheHomeCountyPaysByTheMachineOfEveryApplication) {
  BringToProposal("q1");
  EXPECT_EQ(ReasonOf(Decide("q1", true, "officer").status()), "ROLE_HELD") << "who proposed does not agree";
  EXPECT_TRUE(aid.Claims().empty()) << "and takes nothing";
  const auto deciding = Deciding("q1");
  const auto agreed = As("leader", "DecideOutwardBackfill", deciding, &Handlers::DecideOutwardBackfill);
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(EnumText(agreed->state()), "BACKFILL_APPROVED");
  ASSERT_TRUE(As("leader", "DecideOutwardBackfill", deciding, &Handlers::DecideOutwardBackfill).ok());
  const std::string living = AppName("q1"), meals = AppName("q1", kNutrition);
  const v1::Application application = App(living);
  EXPECT_EQ(EnumText(application.state()), "SCHOOL_APPROVED");
  EXPECT_EQ(application.amount_fen(), 62500);
  EXPECT_EQ(application.notice_level(), v1::NOTICE_LEVEL_COUNTY);
  EXPECT_EQ(application.outward_case(), CaseName("q1"));
  EXPECT_EQ(application.assessments(0).cause(), v1::ASSESSMENT_CAUSE_BACKFILL);
  EXPECT_THAT(aid.Claims(), ElementsAre(HasSubstr("q1/2023-2024-1/"), HasSubstr("q1/2023-2024-1/")));

  Renew();
  EXPECT_EQ(StateOf(living), "SCHOOL_APPROVED") << "no decision of this county takes it back";
  ASSERT_TRUE(aid.Compare().ok());
  EXPECT_EQ(Reasons(ByCounty({living, meals}, true, "leader")), "ROLE_HELD ROLE_HELD");
  EXPECT_EQ(Reasons(ByCounty({living, meals})), "- -");
  const auto posted = As("county", "StartNotice", Listing({living, meals}, v1::NOTICE_KIND_COUNTY_APPLICATIONS),
                         &Handlers::StartNotice);
  ASSERT_EQ(Reasons(posted), "- -");
  On(10, 17);
  ASSERT_EQ(Reasons(CloseNotice(posted->notice().name(), "county")), "- -");
  EXPECT_EQ(StateOf(living), "APPROVED");
  Pay(living);
  EXPECT_EQ(Look()->settled(), 0) << "one of two";
  Pay(meals);
  EXPECT_EQ(Look()->settled(), 1);
  EXPECT_EQ(StateOfCase("q1"), "BACKFILLED");
  EXPECT_EQ(Case("q1").result(), v1::OUTWARD_RESULT_BACKFILLED_HOME);
  EXPECT_EQ(aid.Counter("outward_settled"), 1);
}

TEST_P(OutwardTest, NothingIsPaidTwice) {
  // Another county holds the benefit: one item is barred, the other one opened.
  const std::string key = BenefitKey("q1", kAutumn, v1::BENEFIT_FAMILY_LIVING);
  const auto taken = TakeBenefits(*aid.place.database, {key}, "c500243", "theirs");
  ASSERT_TRUE(taken.ok() && taken->had[0]);
  BringToProposal("q1");
  const auto agreed = Decide("q1");
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  ASSERT_EQ(agreed->backfills_size(), 2);
  EXPECT_EQ(agreed->backfills(0).barred(), "DUPLICATE_AID");
  EXPECT_EQ(agreed->backfills(0).application(), "");
  EXPECT_EQ(agreed->backfills(1).application(), AppName("q1", kNutrition));
  EXPECT_EQ(App(AppName("q1")).name(), "");

  // The registry of this county never had the pupil: nobody could be paid, so the case is open again.
  BringToProposal("q3");
  const auto nobody = Decide("q3");
  ASSERT_TRUE(nobody.ok()) << nobody.status();
  EXPECT_EQ(EnumText(nobody->state()), "QUESTIONED");
  EXPECT_EQ(nobody->backfills(0).barred(), "PERSON_UNKNOWN");

  // What the county itself has under way, or gave, stays the only one.
  ASSERT_EQ(Reasons(Enter({Entry("p1")})), "-");
  Renew();
  BringToProposal("p1");
  const auto own = Decide("p1");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(EnumText(own->state()), "QUESTIONED");
  EXPECT_EQ(own->backfills(0).barred(), "APPLICATION_SUBMITTED");
  EXPECT_EQ(ReasonOf(Decide("p1").status()), "STATE_TRANSITION");
}

TEST_P(OutwardTest, ALeaderMayRefuseAndACaseIsTakenBack) {
  BringToProposal("q1");
  ASSERT_TRUE(Decide("q1", false).ok());
  EXPECT_EQ(StateOfCase("q1"), "QUESTIONED");
  v1::WithdrawOutwardCaseRequest withdraw;
  withdraw.set_name(CaseName("q1"));
  withdraw.set_reason("已转回本县");
  withdraw.set_etag("\"999999\"");
  withdraw.set_request_id(NewId());
  const auto take_back = [&](const std::string& by) {
    return As(by, "WithdrawOutwardCase", withdraw, &Handlers::WithdrawOutwardCase);
  };
  EXPECT_EQ(ReasonOf(take_back("officer").status()), "ETAG_MISMATCH");
  withdraw.clear_etag();
  EXPECT_EQ(ReasonOf(take_back("leader").status()), "ROLE_HELD");
  ASSERT_TRUE(take_back("officer").ok());
  EXPECT_EQ(aid.Counter("outward_cases"), 1);
  withdraw.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(take_back("officer").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Propose("q1").status()), "STATE_TRANSITION");
}

TEST_P(OutwardTest, ReadingAndErasing) {
  ASSERT_EQ(Reasons(Ask({"q1"})), "-");
  v1::GetOutwardCaseRequest get;
  get.set_name(CaseName("q1"));
  const auto masked = As("reader", "GetOutwardCase", get, &Handlers::GetOutwardCase);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->display_name(), "王**");
  EXPECT_TRUE(masked->steps().empty());
  EXPECT_EQ(ReasonOf(As("reader", "GetOutwardCase", get, &Handlers::GetOutwardCase, "500243").status()),
            "PERMISSION_DENIED");
  get.set_name(CaseName("zz"));
  EXPECT_EQ(ReasonOf(As("reader", "GetOutwardCase", get, &Handlers::GetOutwardCase).status()), "NOT_FOUND");
  v1::EvaluateOutwardCaseRequest facts = Case("q1").input();
  facts.set_result(v1::OUTWARD_RESULT_NOT_AIDED_THERE);
  const auto meaning = As("reader", "EvaluateOutwardCase", facts, &Handlers::EvaluateOutwardCase);
  ASSERT_TRUE(meaning.ok()) << meaning.status();
  EXPECT_EQ(meaning->state(), v1::OUTWARD_STATE_QUESTIONED) << "the stored input is that of the stateless method";

  registry_v1::Student erased = Student("q1", "JUN", "8");
  erased.clear_display_name();
  *erased.mutable_erased_on() = Date(20231001);
  registry.Put(erased);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto job = aid.place.database->Read([](db::Transaction& tx) {
    return tx.QueryOne("SELECT id FROM job WHERE kind = $1 AND shard = 'c411728' ORDER BY id LIMIT 1",
                       rpc::kErasePersonJob);
  });
  ASSERT_TRUE(job.ok() && job->has_value());
  ASSERT_TRUE(aid.Turn("c411728", (*job)->Text(0)).ok());
  const v1::OutwardCase after = Case("q1");
  EXPECT_EQ(after.display_name(), "");
  EXPECT_FALSE(after.has_input());
  EXPECT_TRUE(after.tracked_kinds().empty());
  EXPECT_EQ(EnumText(after.state()), "ASKED") << "what was done stays";
}

}  // namespace
}  // namespace ruraledu::student_aid
