// Studies and tracked aid behind their methods: facts of runs, the freshman grant as an application, loans and their
// gaps, what rests with a study, scholarships, reports.
#include "common/base/enum_text.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/programme_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kOrigin = v1::TRACKED_AID_KIND_LOAN_ORIGIN, kCampus = v1::TRACKED_AID_KIND_LOAN_CAMPUS;
constexpr auto kRainDew = v1::TRACKED_AID_KIND_RAIN_DEW, kGrant = v1::TRACKED_AID_KIND_GRANT;
constexpr auto kAward = v1::TRACKED_AID_KIND_SCHOLARSHIP;
constexpr auto kAsk = v1::TRACKED_AID_EVENT_ASK, kAgree = v1::TRACKED_AID_EVENT_AGREE;
constexpr auto kPay = v1::TRACKED_AID_EVENT_PAY;

class ProgrammeBase : public ProgrammeFixture {
 protected:
  explicit ProgrammeBase(db::Options options = {}) : ProgrammeFixture(std::move(options)) {}

  std::string DecisionOf(const std::string& person) {
    for (const std::string& line : aid.Decisions()) {
      if (line.starts_with(person + ".") && line.find(" *") != std::string::npos) return line;
    }
    return "";
  }
  // "g1 NOT_ASKED 1600000", one per candidate.
  std::vector<std::string> Candidates(bool with_contract = false) {
    v1::ListLoanCandidatesRequest request;
    request.set_parent(kCounty);
    request.set_school_year("2023-2024");
    request.set_with_contract(with_contract);
    const auto all = As("reader", "ListLoanCandidates", request, &Handlers::ListLoanCandidates);
    EXPECT_TRUE(all.ok()) << all.status();
    std::vector<std::string> lines;
    for (const auto& one : all->candidates()) {
      EXPECT_EQ(one.display_name(), "王**") << "masked";
      lines.push_back(absl::StrCat(feed::IdOfName(one.student()), " ", v1::LoanGap_Name(one.gap()).substr(9),
                                   one.clause().empty() ? "" : " ", one.clause(), " ", one.ceiling_fen()));
    }
    return lines;
  }
  std::vector<std::string> Report(v1::ReportKind kind, const std::string& area = "411728") {
    v1::GetReportRequest request;
    request.set_area(absl::StrCat("areas/", area));
    request.set_report(kind);
    request.set_period(kAutumn);
    const auto report = As("reader", "GetReport", request, &Handlers::GetReport, area);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> lines;
    const auto add = [&](const reports_v1::ReportRow& row) {
      EXPECT_EQ(row.cells_size(), report->columns_size());
      lines.push_back(absl::StrJoin(row.cells(), "|", [](std::string* out, const reports_v1::ReportCell& cell) {
        absl::StrAppend(out, CellText(cell));
      }));
    };
    for (const reports_v1::ReportRow& row : report->rows()) add(row);
    add(report->total());
    return lines;
  }
};

class ProgrammeTest : public ProgrammeBase, public ::testing::Test {};

// What reads or writes by statements of its own.
class ProgrammeOnBoth : public ProgrammeBase, public ::testing::TestWithParam<const char*> {
 protected:
  ProgrammeOnBoth() : ProgrammeBase(OptionsOf(GetParam())) {}
};

TEST_P(ProgrammeOnBoth, RunsDecideThoseWhoStudyBeyondSchool) {
  Enrol();
  EXPECT_THAT(DecisionOf("g1"), HasSubstr(" SP_FRESH_IN=50000"));
  EXPECT_THAT(DecisionOf("g1"), HasSubstr(" SP_UG=200000"));
  EXPECT_THAT(DecisionOf("g1"), HasSubstr(" SP_YULU=150000"));
  EXPECT_THAT(DecisionOf("g2"), HasSubstr(" CN_UG_GRANT=165000"));
  EXPECT_THAT(DecisionOf("g2"), HasSubstr(" SP_FRESH_OUT=100000"));
  EXPECT_EQ(DecisionOf("g3"), "g3.2023-2024-1.1 *");
  EXPECT_THAT(aid.Claims(), ::testing::Contains("g1/2023-2024-1/8 c411728 HELD"));
  // A study that ended before the census date is none.
  v1::Study left = StudyOf("g2", "UG", "110108000000");
  SetState(v1::STUDY_STATE_WITHDRAWN, 20230920, &left);
  ASSERT_TRUE(RecordStudies({left}).ok());
  Decide();
  EXPECT_EQ(DecisionOf("g2"), "g2.2023-2024-1.2 *");
}

TEST_F(ProgrammeTest, TheFreshmanGrantIsAnApplication) {  // 2.7
  Enrol();
  const auto result = Work(Proposing());
  ASSERT_TRUE(result.ok()) << result.status();
  const v1::Application application = App(AppName("g2", "SP_FRESH_OUT"));
  EXPECT_EQ(application.amount_fen(), 100000);
  EXPECT_EQ(EnumText(application.state()), "SUBMITTED") << "a compared kind: without paper";
  EXPECT_EQ(application.area(), "411728103/s1") << "the school that the student left reviews it";
  EXPECT_EQ(StateOf(AppName("g1", "SP_FRESH_IN")), "SUBMITTED");
  for (const char* item : {"SP_UG", "SP_YULU", "SP_LOAN_UG"}) {
    EXPECT_EQ(App(AppName("g1", item)).name(), "") << item;
  }
}

TEST_F(ProgrammeTest, ALoanFromItsApplicationToItsPayment) {
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000)}), "ENTITLEMENT_RUN_MISSING");
  Enrol();
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAgree, 8000)}), "NOT_FOUND");
  EXPECT_EQ(Track({RowOf("nobody", kOrigin, kAsk, 8000)}), "PERSON_UNKNOWN");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 16001), RowOf("g1", kOrigin, kAsk, 999), RowOf("g3", kOrigin, kAsk, 8000),
                   RowOf("p1", kOrigin, kAsk, 8000)}),
            "LOAN_ABOVE_CEILING LOAN_BELOW_FLOOR KIND_NOT_HELD NO_STANDARD");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000), RowOf("g1", kCampus, kAsk, 8000)}), "RECORDED LOAN_OTHER_KIND");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000, "2023-2024-2")}), "UNCHANGED") << "of the school year";
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 9000)}), "STATE_TRANSITION");
  auto papers = RowOf("g1", kOrigin, kAgree, 8000);
  papers.clear_co_borrower();
  EXPECT_EQ(Track({papers, RowOf("g1", kOrigin, kAgree, 8001)}), "LOAN_PAPERS TRACKED_AMOUNT");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAgree), RowOf("g1", kOrigin, kPay)}), "RECORDED RECORDED");
  const v1::TrackedAid loan = Aid(AidName("g1", "LOAN_ORIGIN"));
  EXPECT_EQ(EnumText(loan.state()), "PAID");
  EXPECT_EQ(loan.paid_fen(), 800000);
  EXPECT_EQ(loan.standard_fen(), 1600000);
  EXPECT_THAT(loan.flags(), ElementsAre("STANDARD_BELOW_NATIONAL"));
  EXPECT_TRUE(loan.masked());
  EXPECT_EQ(loan.contract_number() + loan.co_borrower(), "");
  EXPECT_FALSE(loan.has_input());
}

TEST_F(ProgrammeTest, InClearWithAPurposeAndTheAnswerReplays) {
  Enrol();
  ASSERT_EQ(Track({RowOf("g2", kCampus, kAsk, 12000), RowOf("g2", kCampus, kAgree)}), "RECORDED RECORDED");
  v1::GetTrackedAidRequest request;
  request.set_name(AidName("g2", "LOAN_CAMPUS"));
  request.set_unmask(true);
  const auto get = [&](const std::string& role, const std::string& purpose) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    return aid.CallAs({.subject = "officer", .issuer = "test", .access = std::move(access)}, "GetTrackedAid", request,
                      &Handlers::GetTrackedAid, purpose);
  };
  EXPECT_EQ(ReasonOf(get("COUNTY_AID_APPROVER", "AID_REVIEW").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(get("COUNTY_AID_OFFICER", "").status()), "PURPOSE_REQUIRED");
  const auto clear = get("COUNTY_AID_OFFICER", "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->contract_number(), "HT-2023-0042");
  EXPECT_EQ(clear->input().years_left(), 3);
  EXPECT_EQ(clear->answer().living_fen(), 600000);
  EXPECT_EQ(clear->steps_size(), 2);
  const auto again = As("reader", "EvaluateTrackedAid", clear->input(), &Handlers::EvaluateTrackedAid);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), clear->answer().SerializeAsString());
}

TEST_P(ProgrammeOnBoth, WhoWantsALoanAndHasNone) {  // PS-5f
  v1::Study early = StudyOf("g1");
  early.set_university("待定");
  ASSERT_TRUE(RecordStudies({early}).ok());
  EXPECT_THAT(Candidates(), ElementsAre("g1 NOT_DECIDED 0"));
  Enrol();
  EXPECT_THAT(Candidates(),
              ElementsAre("g1 NOT_ASKED 1600000", "g2 NOT_ASKED 1600000", "g3 NOT_ELIGIBLE KIND_NOT_HELD 0"));
  EXPECT_THAT(Report(v1::REPORT_KIND_LOANS),
              ElementsAre("411728|3|0|2|0|0|0|0.00|0|0.00%", "合计|3|0|2|0|0|0|0.00|0|0.00%"));
  ASSERT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000), RowOf("g2", kCampus, kAsk, 9000)}), "RECORDED RECORDED");
  EXPECT_THAT(Candidates(), ElementsAre("g1 PENDING 1600000", "g2 PENDING 1600000", "g3 NOT_ELIGIBLE KIND_NOT_HELD 0"));
  ASSERT_EQ(Track({RowOf("g1", kOrigin, kAgree), RowOf("g2", kCampus, v1::TRACKED_AID_EVENT_REFUSE)}),
            "RECORDED RECORDED");
  EXPECT_THAT(Candidates(), ElementsAre("g2 REFUSED 1600000", "g3 NOT_ELIGIBLE KIND_NOT_HELD 0"));
  EXPECT_THAT(Candidates(true),
              ElementsAre("g1 UNSPECIFIED 1600000", "g2 REFUSED 1600000", "g3 NOT_ELIGIBLE KIND_NOT_HELD 0"));
  EXPECT_THAT(Report(v1::REPORT_KIND_LOANS, "41").back(), "合计|3|0|2|1|1|1|8000.00|1|50.00%");
  // Asked again of the other kind, and taken back: still wanted.
  ASSERT_EQ(Track({RowOf("g2", kOrigin, kAsk, 9000), RowOf("g2", kOrigin, v1::TRACKED_AID_EVENT_WITHDRAW)}),
            "RECORDED RECORDED");
  EXPECT_THAT(Candidates()[0], "g2 REFUSED 1600000");
  v1::Study no = StudyOf("g2", "UG", "110108000000");
  no.mutable_years(0)->set_loan_wish(v1::LOAN_WISH_NO);
  ASSERT_TRUE(RecordStudies({no}).ok());
  EXPECT_THAT(Report(v1::REPORT_KIND_LOANS).back(), "合计|2|0|1|2|1|1|8000.00|1|100.00%");
}

TEST_P(ProgrammeOnBoth, RainAndDewRestsAndEndsWithTheStudy) {  // 2.4
  Enrol();
  ASSERT_EQ(Track({RowOf("g1", kRainDew, kAsk), RowOf("g1", kOrigin, kAsk, 8000)}), "RECORDED RECORDED");
  EXPECT_EQ(Track({RowOf("g2", kRainDew, kAsk)}), "NO_STANDARD") << "not for undergraduates";
  EXPECT_EQ(Aid(AidName("g1", "RAIN_DEW")).amount_fen(), 150000);
  v1::Study study = StudyOf("g1");
  SetState(v1::STUDY_STATE_SUSPENDED, 20231001, &study);
  auto moved = RecordStudies({study});
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_THAT(moved->moved(), ElementsAre(AidName("g1", "LOAN_ORIGIN"), AidName("g1", "RAIN_DEW")));
  EXPECT_EQ(EnumText(Aid(AidName("g1", "RAIN_DEW")).state()), "PAUSED");
  EXPECT_EQ(Track({RowOf("g1", kRainDew, kAgree), RowOf("g1", kGrant, kAsk)}), "STATE_TRANSITION STATUS_NOT_ENROLLED");
  EXPECT_THAT(Candidates()[0], "g1 ENDED 1600000");
  SetState(v1::STUDY_STATE_STUDYING, 20231005, &study);
  moved = RecordStudies({study});
  EXPECT_EQ(moved->moved_size(), 2);
  EXPECT_EQ(Track({RowOf("g1", kRainDew, kAgree)}), "RECORDED");
  SetState(v1::STUDY_STATE_WITHDRAWN, 20231007, &study);
  moved = RecordStudies({study});
  EXPECT_EQ(moved->moved_size(), 2);
  EXPECT_EQ(EnumText(Aid(AidName("g1", "RAIN_DEW")).state()), "ENDED");
  EXPECT_EQ(Track({RowOf("g1", kRainDew, kPay), RowOf("g1", kRainDew, kAsk)}), "STATE_TRANSITION STATUS_NOT_ENROLLED");
  EXPECT_THAT(RecordStudies({study})->moved(), IsEmpty());
  EXPECT_THAT(RecordStudies({study})->outcomes(), ElementsAre("UNCHANGED"));
}

TEST_F(ProgrammeTest, ScholarshipsExcludeEachOtherAndStackWithAGrant) {  // 2.5
  Enrol();
  v1::Study second = StudyOf("g2", "UG", "110108000000");
  second.mutable_years(0)->set_study_year(2);
  ASSERT_TRUE(RecordStudies({second}).ok());
  Decide();
  auto award = RowOf("g2", kAward, kAsk, 8000);
  award.set_item("CN_UG_SCHOLAR");
  ASSERT_EQ(Track({award, RowOf("g2", kGrant, kAsk, 2000), RowOf("g2", kOrigin, kAsk, 8000)}),
            "RECORDED RECORDED RECORDED");
  auto other = RowOf("g2", kAward, kAsk, 5000);
  other.set_item("CN_UG_INSPIRE");
  auto more = award;
  more.set_amount_fen(900000);
  EXPECT_EQ(Track({award, more, other}), "UNCHANGED ALREADY_RECEIVED SCHOLARSHIP_OTHER");
  EXPECT_EQ(Aid(AidName("g2", "SCHOLARSHIP")).item(), "CN_UG_SCHOLAR");
  EXPECT_THAT(Aid(AidName("g2", "GRANT")).flags(), IsEmpty()) << "1000 to 2250 in the term";
}

TEST_F(ProgrammeTest, WhatOthersPaidIsAidInTheComparison) {  // 2.9
  Enrol();
  ASSERT_TRUE(aid.Compare().ok());
  EXPECT_EQ(aid.Counter("gap_items", "411728", "SP_UG"), 1);
  ASSERT_EQ(Track({RowOf("g1", kGrant, kAsk), RowOf("g1", kGrant, kAgree), RowOf("g1", kGrant, kPay)}),
            "RECORDED RECORDED RECORDED");
  ASSERT_TRUE(aid.Compare().ok());
  EXPECT_EQ(aid.Counter("gap_items", "411728", "SP_UG"), 0);
  EXPECT_EQ(aid.Counter("covered_items", "411728", "SP_UG"), 1);
  EXPECT_EQ(aid.Counter("gap_items", "411728", "SP_YULU"), 1);
}

TEST_F(ProgrammeTest, WhatAnotherCountyHoldsIsNotAskedFor) {  // DUPLICATE_AID
  const auto taken =
      TakeBenefits(*aid.place.database, {BenefitKey("g1", kAutumn, v1::BENEFIT_FAMILY_LOAN)}, "c500243", "operation");
  ASSERT_TRUE(taken.ok()) << taken.status();
  Enrol();
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000)}), "DUPLICATE_AID");
  EXPECT_THAT(Candidates()[0], "g1 NOT_ELIGIBLE DUPLICATE_AID 0");
}

TEST_P(ProgrammeOnBoth, PublicFundsForDisabledPupilsBySchool) {  // NX-2.7a
  constexpr char kXiji[] = "counties/640422";
  registry.Put(School(kXiji, "s1", "640422100"));
  const auto put = [&](const std::string& id, const std::string& stage, const std::string& inclusive,
                       const std::string& kind, const std::string& status = "ENROLLED") {
    registry_v1::Student student = Student(id, stage, "3", false, {kind}, kXiji);
    student.set_area("640422100/s1");
    student.set_inclusive_class(inclusive);
    student.set_status(status);
    registry.Put(student);
  };
  put("x1", "SPE", "", "X1");
  put("x2", "PRI", "12", "X1");
  put("x3", "PRI", "00", "X1");                 // an ordinary class
  put("x4", "PRI", "11", "D1");                 // no disabled pupil
  put("x5", "PRI", "11", "X1", "HOME_TAUGHT");  // home teaching is not named by the plan
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto run = aid.Entitle(kXiji);
  ASSERT_TRUE(run.ok()) << run.status();
  v1::GetReportRequest request;
  request.set_area("areas/640422");
  request.set_report(v1::REPORT_KIND_SCHOOL_FUNDS);
  request.set_period(kAutumn);
  const auto report = As("reader", "GetReport", request, &Handlers::GetReport, "640422");
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->rows_size(), 1);
  EXPECT_EQ(report->rows(0).cells(3).text(), "NX_SPE_FUNDS");
  EXPECT_EQ(report->total().cells(5).count(), 2);
  EXPECT_EQ(report->total().cells(6).amount_fen(), 600000) << "half a year of 6000 yuan for two";
}

TEST_F(ProgrammeTest, ReplayEtagAndScope) {
  Enrol();
  const auto request = Tracking({RowOf("g1", kOrigin, kAsk, 8000)});
  const auto track = [&] {
    return As("officer", "BatchRecordTrackedAids", request, &Handlers::BatchRecordTrackedAids);
  };
  ASSERT_EQ(track()->outcomes(0), "RECORDED");
  const std::string etag = Aid(AidName("g1", "LOAN_ORIGIN")).etag();
  EXPECT_EQ(track()->outcomes(0), "RECORDED") << "the first answer again";
  EXPECT_EQ(Aid(AidName("g1", "LOAN_ORIGIN")).etag(), etag);
  auto stale = RowOf("g1", kOrigin, kAgree);
  stale.set_etag("\"1\"");
  EXPECT_EQ(Track({stale}), "ETAG_MISMATCH");
  stale.set_etag(etag);
  EXPECT_EQ(Track({stale}), "RECORDED");
  v1::Study study = StudyOf("g1");
  study.set_etag("\"0\"");
  EXPECT_THAT(RecordStudies({study})->outcomes(), ElementsAre("ETAG_MISMATCH"));
  EXPECT_THAT(RecordStudies({StudyOf("nobody")})->outcomes(), ElementsAre("PERSON_UNKNOWN"));
  // Somebody of another township.
  EXPECT_FALSE(As("officer", "BatchRecordTrackedAids", Tracking({RowOf("g2", kOrigin, kAsk, 8000)}),
                  &Handlers::BatchRecordTrackedAids, "411728104")
                   .ok());
  EXPECT_FALSE(
      As("officer", "BatchRecordStudies", Recording({StudyOf("g2")}), &Handlers::BatchRecordStudies, "411728104").ok());
  v1::GetStudyRequest get;
  get.set_name(absl::StrCat(kCounty, "/studies/g1.2023"));
  EXPECT_FALSE(As("reader", "GetStudy", get, &Handlers::GetStudy, "411728104").ok());
  EXPECT_EQ(As("reader", "GetStudy", get, &Handlers::GetStudy)->university(), "郑州职业技术学院");
}

TEST_P(ProgrammeOnBoth, Lists) {
  Enrol();
  ASSERT_EQ(Track({RowOf("g1", kOrigin, kAsk, 8000), RowOf("g1", kRainDew, kAsk), RowOf("g2", kOrigin, kAsk, 8000)}),
            "RECORDED RECORDED RECORDED");
  v1::ListTrackedAidsRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  const auto count = [&] {
    return As("reader", "ListTrackedAids", list, &Handlers::ListTrackedAids)->tracked_aids_size();
  };
  EXPECT_EQ(count(), 3);
  list.set_kind(kOrigin);
  EXPECT_EQ(count(), 2);
  list.set_state(v1::TRACKED_AID_STATE_PAID);
  EXPECT_EQ(count(), 0);
  list.set_term("2023");
  EXPECT_EQ(ReasonOf(As("reader", "ListTrackedAids", list, &Handlers::ListTrackedAids).status()), "TERM_FORMAT");
  v1::ListStudiesRequest studies;
  studies.set_parent(kCounty);
  studies.set_page_size(2);
  auto page = As("reader", "ListStudies", studies, &Handlers::ListStudies);
  EXPECT_EQ(page->studies_size(), 2);
  studies.set_page_token(page->next_page_token());
  page = As("reader", "ListStudies", studies, &Handlers::ListStudies);
  ASSERT_EQ(page->studies_size(), 1);
  EXPECT_EQ(page->studies(0).person(), "g3");
  studies.clear_page_token();
  studies.set_student("g2");
  EXPECT_EQ(As("reader", "ListStudies", studies, &Handlers::ListStudies)->studies_size(), 1);
  studies.set_admission_year(2022);
  EXPECT_EQ(As("reader", "ListStudies", studies, &Handlers::ListStudies)->studies_size(), 0);
  v1::ListLoanCandidatesRequest candidates;
  candidates.set_parent(kCounty);
  candidates.set_school_year("2023");
  EXPECT_EQ(ReasonOf(As("reader", "ListLoanCandidates", candidates, &Handlers::ListLoanCandidates).status()),
            "SCHOOL_YEAR_FORMAT");
}

TEST_F(ProgrammeTest, BatchesThatAreRefusedWhole) {
  auto ahead = RowOf("g1", kOrigin, kAsk, 8000);
  *ahead.mutable_on() = Date(20231009);
  EXPECT_EQ(Track({ahead}), "DATE_AHEAD");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, -1)}), "AMOUNT_NEGATIVE");
  EXPECT_EQ(Track({RowOf("g1", v1::TRACKED_AID_KIND_UNSPECIFIED, kAsk)}), "FIELD_REQUIRED");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, v1::TRACKED_AID_EVENT_UNSPECIFIED)}), "FIELD_REQUIRED");
  EXPECT_EQ(Track({RowOf("g1", kOrigin, kAsk, 1, "2023")}), "TERM_FORMAT");
  EXPECT_EQ(Track(std::vector<v1::TrackedAidRow>(501, RowOf("g1", kOrigin, kAsk, 1))), "FIELD_TOO_MANY");
  auto long_text = RowOf("g1", kOrigin, kAsk, 8000);
  long_text.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(Track({long_text}), "FIELD_TOO_LONG");
  v1::Study study = StudyOf("g1");
  study.set_stage("HS");
  EXPECT_EQ(ReasonOf(RecordStudies({study}).status()), "STAGE_UNKNOWN");
  EXPECT_EQ(ReasonOf(RecordStudies(std::vector<v1::Study>(501, StudyOf("g1"))).status()), "FIELD_TOO_MANY");
}

INSTANTIATE_TEST_SUITE_P(Both, ProgrammeOnBoth, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
