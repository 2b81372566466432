// Zero reports, the cleared state, reviews and responsibilities behind their handlers, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

class ReportTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ReportTest() : CaseFixture(OptionsOf(GetParam())) {}

  v1::PrepareZeroReportRequest Preparing(const std::string& school, const std::string& month = "2023-09") {
    v1::PrepareZeroReportRequest request = Of<v1::PrepareZeroReportRequest>("");
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/", school));
    request.set_month(month);
    request.mutable_figures()->set_registered(30);
    request.mutable_figures()->set_present(30);
    request.set_zero(true);
    return request;
  }
  absl::StatusOr<v1::ZeroReport> Prepare(const v1::PrepareZeroReportRequest& request) {
    return As("clerk", kSchoolArea, "PrepareZeroReport", request, &Handlers::PrepareZeroReport);
  }
  absl::StatusOr<v1::ZeroReport> SignAs(const std::string& person, const v1::ZeroReport& report) {
    v1::SignZeroReportRequest request = Of<v1::SignZeroReportRequest>(report.name());
    request.set_etag(report.etag());
    return As(person, report.area(), "SignZeroReport", request, &Handlers::SignZeroReport);
  }
  absl::StatusOr<v1::ZeroReport> Report(const std::string& school, const std::string& month = "2023-09") {
    const auto prepared =
        As("clerk", "411728", "PrepareZeroReport", Preparing(school, month), &Handlers::PrepareZeroReport);
    RETURN_IF_ERROR(prepared.status());
    return SignAs("principal", *prepared);
  }
  absl::StatusOr<v1::MonthRollUp> Sum(const std::string& month = "2023-09", const std::string& area = "411728") {
    v1::GetMonthRollUpRequest request;
    request.set_parent(kCounty);
    request.set_month(month);
    return As("o", area, "GetMonthRollUp", request, &Handlers::GetMonthRollUp);
  }
  absl::StatusOr<v1::Clearance> Cleared(std::optional<absl::CivilDay> on = std::nullopt) {
    v1::GetClearanceRequest request;
    request.set_parent(kCounty);
    if (on.has_value()) *request.mutable_on() = DateOf(*on);
    return As("o", "411728", "GetClearance", request, &Handlers::GetClearance);
  }
  absl::StatusOr<v1::Review> PrepareReviewOf(v1::ReviewKind kind, const std::string& period) {
    v1::PrepareReviewRequest request = Of<v1::PrepareReviewRequest>("");
    request.set_parent(kCounty);
    request.set_kind(kind);
    request.set_period(period);
    return As("writer", "411728", "PrepareReview", request, &Handlers::PrepareReview);
  }
  absl::StatusOr<v1::Review> DecideOn(const v1::Review& review, bool approve, const std::string& by = "head",
                                      const std::string& reason = "") {
    v1::DecideReviewRequest request = Of<v1::DecideReviewRequest>(review.name());
    request.set_approve(approve);
    request.set_etag(review.etag());
    request.set_reason(reason);
    return As(by, "411728", "DecideReview", request, &Handlers::DecideReview);
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ReportTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ReportTest, PreparedByOneSignedByAnother) {
  const v1::PrepareZeroReportRequest request = Preparing("s1");
  const auto prepared = Prepare(request);
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->name(), absl::StrCat(kCounty, "/zeroReports/s1.2023-09.1"));
  EXPECT_EQ(Prepare(request)->etag(), prepared->etag());  // replay
  EXPECT_EQ(Sum()->reported(), 0);                        // not signed: not there
  EXPECT_EQ(Reason(SignAs("clerk", *prepared)), "ROLE_HELD");
  const auto signed_one = SignAs("principal", *prepared);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_EQ(Reason(SignAs("principal", *prepared)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(SignAs("principal", *signed_one)), "STATE_TRANSITION");
  EXPECT_EQ(Sum()->reported(), 1);
  EXPECT_EQ(Sum()->missing(0), absl::StrCat(kCounty, "/schools/s2"));
  EXPECT_EQ(Reason(Sum("2023-9")), "MONTH_FORMAT");
  EXPECT_EQ(Reason(Sum("2023-09", kSchoolArea)), "PERMISSION_DENIED");
}

TEST_P(ReportTest, ReportsAreChecked) {
  v1::PrepareZeroReportRequest request = Preparing("s1");
  request.set_zero(false);
  EXPECT_EQ(Reason(Prepare(request)), "ZERO_NOT_STATED");
  request = Preparing("s1", "2023-10");
  EXPECT_EQ(Reason(Prepare(request)), "MONTH_FUTURE");
  request = Preparing("s1");
  request.mutable_figures()->set_on_leave(1);
  EXPECT_EQ(Reason(Prepare(request)), "REPORT_FIGURES");
  EXPECT_EQ(Reason(Prepare(Preparing("s2"))), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Prepare(Preparing("none"))), "PERMISSION_DENIED");
  registry_v1::School closed = TownSchool("s2");
  closed.set_state(registry_v1::SCHOOL_STATE_CLOSED);
  *closed.mutable_closed_on() = Date(20230701);
  registry.Put(closed);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(Report("s2")), "REPORT_NOT_OWED");
}

TEST_P(ReportTest, ACorrectionIsAnotherVersion) {
  ASSERT_TRUE(Report("s1").ok());
  v1::PrepareZeroReportRequest request = Preparing("s1");
  EXPECT_EQ(Reason(Prepare(request)), "FIELD_REQUIRED");
  request.set_correction_reason("漏报");
  request.mutable_figures()->set_suspected_total(1);
  request.set_zero(false);
  const auto second = Prepare(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version_number(), 2);
  EXPECT_EQ(Sum()->figures().suspected_total(), 0);  // until it is signed
  const auto signed_one = SignAs("principal", *second);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_TRUE(signed_one->differs());  // the service knows of none
  EXPECT_EQ(Sum()->figures().suspected_total(), 1);
  EXPECT_EQ(Sum()->reported(), 1);
  v1::GetZeroReportRequest get;
  get.set_name(absl::StrCat(kCounty, "/zeroReports/s1.2023-09.1"));
  EXPECT_EQ(As("o", "411728", "GetZeroReport", get, &Handlers::GetZeroReport)->state(), v1::ZERO_REPORT_STATE_REPLACED);
  v1::ListZeroReportsRequest list;
  list.set_parent(kCounty);
  list.set_month("2023-09");
  EXPECT_EQ(As("o", "411728", "ListZeroReports", list, &Handlers::ListZeroReports)->reports_size(), 1);
  list.set_all_versions(true);
  EXPECT_EQ(As("o", "411728", "ListZeroReports", list, &Handlers::ListZeroReports)->reports_size(), 2);
}

TEST_P(ReportTest, ClearedOnADay) {
  const std::string name = Confirmed("p1");  // of a P2 household, on 14 September
  const absl::CivilDay confirmed = today;
  auto state = Cleared();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->total().dropouts(), 1);
  EXPECT_EQ(state->out_of_poverty().dropouts(), 1);
  EXPECT_EQ(state->monitored().dropouts(), 0);
  EXPECT_FALSE(state->out_of_poverty().cleared());
  EXPECT_TRUE(state->monitored().cleared());
  EXPECT_EQ(Cleared(confirmed - 1)->total().dropouts(), 0);
  EXPECT_EQ(Cleared(confirmed - 1)->total().suspected(), 1);
  EXPECT_EQ(Reason(Cleared(today + 1)), "DISCOVERED_IN_FUTURE");
  On(9, 29);  // the reports of September are due
  EXPECT_EQ(Cleared()->missing_reports(), 2);
  EXPECT_FALSE(Cleared()->monitored().cleared());
  ASSERT_TRUE(Report("s1").ok());
  ASSERT_TRUE(Report("s2").ok());
  EXPECT_EQ(Cleared()->missing_reports(), 0);
  EXPECT_EQ(Sum()->late(), 2);
  EXPECT_TRUE(Cleared()->monitored().cleared());

  obs::Metrics metrics;
  ASSERT_TRUE(CaseProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(),
              ::testing::HasSubstr("ruraledu_dropout_monitoring_confirmed_dropouts{county=\"411728\"} 1"));
  EXPECT_THAT(metrics.Text(), ::testing::HasSubstr("ruraledu_dropout_monitoring_missing_reports{county=\"411728\"} 0"));
  EXPECT_THAT(metrics.Text(), ::testing::HasSubstr("ruraledu_dropout_monitoring_overdue_actions{county=\"411728\"} 1"));
}

TEST_P(ReportTest, CityAndProvinceSeeWhatTheCountySees) {
  Confirmed("p1");
  On(9, 29);  // the reports of September are due
  ASSERT_TRUE(Report("s1").ok());
  v1::GetReportRequest request;
  const auto row = [&](v1::ReportKind kind, const std::string& area, const std::string& period,
                       const rpc::Caller& caller) {
    request.set_report(kind);
    request.set_area("areas/" + area);
    request.set_period(period);
    const auto report = monitoring.CallAs(caller, "GetReport", request, &Handlers::GetReport);
    EXPECT_TRUE(report.ok()) << report.status();
    std::map<std::string, std::string> cells;
    if (!report.ok() || report->rows_size() != 1) return cells;
    EXPECT_EQ(report->total().cells_size(), report->columns_size());
    for (int i = 0; i < report->columns_size(); ++i) {
      cells[report->columns(i).id()] = CellText(report->rows(0).cells(i));
      if (report->rows(0).cells(i).has_count()) {
        EXPECT_EQ(CellText(report->total().cells(i)), CellText(report->rows(0).cells(i)));
      }
    }
    return cells;
  };
  const rpc::Caller city = Holder("CITY_DROPOUT_OFFICER", "4117"), province = Holder("PROVINCE_DROPOUT_OFFICER", "41");
  const v1::MonthRollUp sum = *Sum();
  auto cells = row(v1::REPORT_KIND_ZERO_ROLL_UP, "4117", "2023-09", city);
  EXPECT_EQ(cells["region"], "411728");
  EXPECT_EQ(cells["name"], "遂平县");
  EXPECT_EQ(cells["schools"], absl::StrCat(sum.schools()));
  EXPECT_EQ(cells["reported"], "1");
  EXPECT_EQ(cells["missing"], "1");
  EXPECT_EQ(cells["registered"], absl::StrCat(sum.figures().registered()));
  EXPECT_EQ(cells["state"], sum.overdue() ? "逾期未报" : "未报齐");
  EXPECT_EQ(row(v1::REPORT_KIND_ZERO_ROLL_UP, "41", "2023-09", province), cells);
  EXPECT_EQ(row(v1::REPORT_KIND_ZERO_ROLL_UP, "411728", "2023-09", Holder("COUNTY_DROPOUT_OFFICER")), cells);

  const v1::Clearance state = *Cleared();
  cells = row(v1::REPORT_KIND_CLEARANCE, "41", DayText(today), province);
  EXPECT_EQ(cells["dropouts"], "1");
  EXPECT_EQ(cells["out_of_poverty"], "1");
  EXPECT_EQ(cells["monitored"], "0");
  EXPECT_EQ(cells["missing_reports"], absl::StrCat(state.missing_reports()));
  EXPECT_EQ(cells["cleared"], "否");
  EXPECT_EQ(cells["why_not"], absl::StrCat("辍学 1 人；缺报月报 ", state.missing_reports(), " 份"));
  EXPECT_EQ(row(v1::REPORT_KIND_CLEARANCE, "4117", DayText(today), city), cells);
  request.set_period(DayText(today + 1));
  EXPECT_EQ(Reason(monitoring.CallAs(city, "GetReport", request, &Handlers::GetReport)), "DISCOVERED_IN_FUTURE");
  request.set_area("areas/5002");
  EXPECT_EQ(Reason(monitoring.CallAs(city, "GetReport", request, &Handlers::GetReport)), "PERMISSION_DENIED");
}

TEST_P(ReportTest, AReviewThatIsMissingIsSeen) {
  const auto missing = [&](v1::ReviewKind kind, const std::string& area = "411728") {
    v1::ListReviewsRequest list;
    list.set_parent(kCounty);
    list.set_kind(kind);
    std::vector<std::string> texts;
    const auto listed = As("o", area, "ListReviews", list, &Handlers::ListReviews);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const v1::MissingReview& one : listed->missing()) texts.push_back(one.period());
    return texts;
  };
  const auto gauge = [&](const std::string& kind, int count) {
    obs::Metrics metrics;
    EXPECT_TRUE(CaseProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
    const std::string line =
        absl::StrCat("ruraledu_dropout_monitoring_missing_reviews{county=\"411728\",kind=\"", kind, "\"} ", count);
    EXPECT_THAT(metrics.Text(), ::testing::HasSubstr(line));
  };
  ASSERT_TRUE(Report("s1").ok());
  EXPECT_THAT(missing(v1::REVIEW_KIND_UNSPECIFIED), ::testing::IsEmpty()) << "the quarter runs";
  gauge("QUARTER", 0);
  On(10, 8);
  EXPECT_THAT(missing(v1::REVIEW_KIND_UNSPECIFIED), ::testing::ElementsAre("2023-Q3"));
  EXPECT_THAT(missing(v1::REVIEW_KIND_TERM), ::testing::IsEmpty());
  EXPECT_THAT(missing(v1::REVIEW_KIND_QUARTER, "411728103"), ::testing::IsEmpty()) << "reviews are the county's";
  gauge("QUARTER", 1);
  gauge("YEAR", 0);
  const auto review = PrepareReviewOf(v1::REVIEW_KIND_QUARTER, "2023-Q3");
  ASSERT_TRUE(review.ok()) << review.status();
  EXPECT_THAT(missing(v1::REVIEW_KIND_QUARTER), ::testing::ElementsAre("2023-Q3")) << "prepared, not approved";
  ASSERT_TRUE(DecideOn(*review, true).ok());
  EXPECT_THAT(missing(v1::REVIEW_KIND_QUARTER), ::testing::IsEmpty());
  gauge("QUARTER", 0);
}

TEST_P(ReportTest, AnApprovedReviewLocksWhatItCovers) {
  ASSERT_TRUE(Report("s1").ok());
  const std::string child = OpenFor("p1")->name();
  const std::string returned = OpenFor("p3")->name();
  v1::RecordReturnRequest came = Of<v1::RecordReturnRequest>(returned);
  *came.mutable_returned_on() = DateOf(today);
  came.set_placement("ORIGINAL_CLASS");
  ASSERT_EQ(Reason(As("t", "411728", "RecordReturn", came, &Handlers::RecordReturn)), "");
  EXPECT_EQ(Reason(PrepareReviewOf(v1::REVIEW_KIND_QUARTER, "2023-9")), "REVIEW_PERIOD");
  auto review = PrepareReviewOf(v1::REVIEW_KIND_QUARTER, "2023-Q3");
  ASSERT_TRUE(review.ok()) << review.status();
  EXPECT_EQ(review->months_size(), 3);
  EXPECT_EQ(Reason(DecideOn(*review, true)), "REVIEW_RUNNING");
  On(10, 8);
  EXPECT_EQ(Reason(DecideOn(*review, true, "writer")), "ROLE_HELD");
  v1::Review stale = *review;
  stale.set_etag("\"0\"");
  EXPECT_EQ(Reason(DecideOn(stale, true)), "ETAG_MISMATCH");
  review = DecideOn(*review, true);
  ASSERT_TRUE(review.ok()) << review.status();
  EXPECT_EQ(Reason(PrepareReviewOf(v1::REVIEW_KIND_QUARTER, "2023-Q3")), "STATE_TRANSITION");

  v1::PrepareZeroReportRequest correction = Preparing("s1");
  correction.set_correction_reason("漏报");
  EXPECT_EQ(Reason(Prepare(correction)), "PERIOD_APPROVED");
  v1::RecordContactRequest visit = Visiting(child);
  *visit.mutable_contact() = Contact(absl::CivilDay(2023, 9, 20));
  EXPECT_EQ(Reason(As("t", "411728", "RecordContact", visit, &Handlers::RecordContact)), "PERIOD_APPROVED");
  v1::RecordReturnRequest back = Of<v1::RecordReturnRequest>(child);
  *back.mutable_returned_on() = DateOf(absl::CivilDay(2023, 9, 20));
  back.set_placement("ORIGINAL_CLASS");
  EXPECT_EQ(Reason(As("t", "411728", "RecordReturn", back, &Handlers::RecordReturn)), "PERIOD_APPROVED");
  EXPECT_EQ(Reason(Visit(child)), "");  // October is open
  v1::RecordFollowUpRequest look = Of<v1::RecordFollowUpRequest>(returned);
  *look.mutable_follow_up()->mutable_on() = DateOf(absl::CivilDay(2023, 9, 28));  // a relapse in September
  EXPECT_EQ(Reason(As("t", "411728", "RecordFollowUp", look, &Handlers::RecordFollowUp)), "PERIOD_APPROVED");
  look.mutable_follow_up()->clear_on();  // today
  EXPECT_EQ(Reason(As("t", "411728", "RecordFollowUp", look, &Handlers::RecordFollowUp)), "");
  v1::OpenCaseRequest found = Opening("p2");
  *found.mutable_discovered_on() = DateOf(absl::CivilDay(2023, 9, 28));
  EXPECT_EQ(Reason(As("t", "411728", "OpenCase", found, &Handlers::OpenCase)), "PERIOD_APPROVED");
  *found.mutable_discovered_on() = DateOf(today);
  EXPECT_EQ(Reason(As("t", "411728", "OpenCase", found, &Handlers::OpenCase)), "");

  On(3, 4, 2024);
  const auto term = PrepareReviewOf(v1::REVIEW_KIND_TERM, "2023-2024-1");
  ASSERT_TRUE(term.ok()) << term.status();
  const auto approved = DecideOn(*term, true);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(Reason(DecideOn(*review, false, "head", "更正")), "REVIEW_LEVEL_ABOVE");
  EXPECT_EQ(Reason(DecideOn(*approved, false)), "FIELD_REQUIRED");
  ASSERT_TRUE(DecideOn(*approved, false, "head", "更正").ok());
  ASSERT_TRUE(DecideOn(*review, false, "head", "更正").ok());
  EXPECT_EQ(Reason(Prepare(correction)), "");
  v1::ListReviewsRequest list;
  list.set_parent(kCounty);
  EXPECT_EQ(As("o", "411728", "ListReviews", list, &Handlers::ListReviews)->reviews_size(), 2);
  v1::GetReviewRequest get;
  get.set_name(review->name());
  EXPECT_EQ(As("o", "411728", "GetReview", get, &Handlers::GetReview)->state(), v1::REVIEW_STATE_REOPENED);
}

TEST_P(ReportTest, NamesInSlotsAndChildrenWithoutOne) {
  const auto gaps = [&](const std::string& area = "411728") {
    v1::ListResponsibilityGapsRequest request;
    request.set_parent(kCounty);
    return As("o", area, "ListResponsibilityGaps", request, &Handlers::ListResponsibilityGaps);
  };
  ASSERT_EQ(gaps()->gaps_size(), 3);
  EXPECT_EQ(gaps()->gaps(0).lines_size(), 2);
  EXPECT_EQ(gaps("411728103/s2")->gaps_size(), 0);
  v1::AssignResponsibilityRequest assign = Of<v1::AssignResponsibilityRequest>("");
  assign.set_parent(kCounty);
  v1::Responsibility* asked = assign.mutable_responsibility();
  asked->set_mechanism("TWO_LINES");
  asked->set_slot("NOBODY");
  asked->set_subject("411728103001");
  asked->set_display_name("张主任");
  const auto send = [&] {
    assign.set_request_id(NewId());
    return As("o", "411728", "AssignResponsibility", assign, &Handlers::AssignResponsibility);
  };
  EXPECT_EQ(Reason(send()), "CODE_UNKNOWN");
  asked->set_slot("VILLAGE");
  const auto first = send();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->area(), "411728103");
  ASSERT_EQ(gaps()->gaps_size(), 3);
  EXPECT_EQ(gaps()->gaps(0).lines_size(), 1);
  Later(1);
  asked->set_display_name("李主任");
  const auto second = send();  // succeeds the first
  ASSERT_TRUE(second.ok()) << second.status();
  asked->set_slot("CLASS");
  asked->set_subject("500243101");
  EXPECT_EQ(Reason(send()), "RESPONSIBILITY_SUBJECT");
  asked->set_subject(kClassArea);
  ASSERT_TRUE(send().ok());
  EXPECT_EQ(gaps()->gaps_size(), 0);
  v1::ListResponsibilitiesRequest list;
  list.set_parent(kCounty);
  EXPECT_EQ(As("o", "411728", "ListResponsibilities", list, &Handlers::ListResponsibilities)->responsibilities_size(),
            3);
  list.set_in_force_only(true);
  EXPECT_EQ(As("o", "411728", "ListResponsibilities", list, &Handlers::ListResponsibilities)->responsibilities_size(),
            2);
  v1::EndResponsibilityRequest end = Of<v1::EndResponsibilityRequest>(second->name());
  *end.mutable_until() = DateOf(today - 1);
  EXPECT_EQ(Reason(As("o", "411728", "EndResponsibility", end, &Handlers::EndResponsibility)), "RETURN_DATE");
  end.set_etag("\"0\"");
  EXPECT_EQ(Reason(As("o", "411728", "EndResponsibility", end, &Handlers::EndResponsibility)), "ETAG_MISMATCH");
  end.clear_etag();
  end.clear_until();
  ASSERT_TRUE(As("o", "411728", "EndResponsibility", end, &Handlers::EndResponsibility).ok());
  EXPECT_EQ(gaps()->gaps_size(), 3);
  RunClock();
  const auto counted = monitoring.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT line, children FROM responsibility_gap ORDER BY line"); });
  ASSERT_EQ(counted->size(), 2);
  EXPECT_EQ((*counted)[0].Int(1), 3);
  EXPECT_EQ((*counted)[1].Int(1), 0);
}

TEST_P(ReportTest, WhatAMechanismMeansIsTheCountysWord) {
  v1::PutMechanismRequest put = Of<v1::PutMechanismRequest>("");
  put.mutable_mechanism()->set_name(absl::StrCat(kCounty, "/mechanisms/12357"));
  const auto send = [&] {
    put.set_request_id(NewId());
    return As("o", "411728", "PutMechanism", put, &Handlers::PutMechanism);
  };
  EXPECT_EQ(Reason(send()), "MECHANISM_COMPONENTS");
  for (int number = 1; number <= 5; ++number) {
    auto* component = put.mutable_mechanism()->add_components();
    component->set_number(number);
    component->set_text("内容");
  }
  ASSERT_TRUE(send().ok());
  put.mutable_mechanism()->set_source("县政府文件");
  const auto changed = send();
  ASSERT_TRUE(changed.ok()) << changed.status();
  v1::GetMechanismRequest get;
  get.set_name(changed->name());
  EXPECT_EQ(As("o", "411728", "GetMechanism", get, &Handlers::GetMechanism)->source(), "县政府文件");
  put.mutable_mechanism()->set_etag("\"0\"");
  EXPECT_EQ(Reason(send()), "ETAG_MISMATCH");
  EXPECT_EQ(As("o", "411728", "ListResponsibilitySlots", v1::ListResponsibilitySlotsRequest(),
               &Handlers::ListResponsibilitySlots)
                ->slots_size(),
            static_cast<int>(ShippedStandards().slots.size()));
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
