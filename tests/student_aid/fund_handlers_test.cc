// Funds through the methods, on both databases: documents, clocks, steps of two persons, settlement of waivers.
#include "tests/student_aid/ledger_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class FundTest : public LedgerFixture, public ::testing::TestWithParam<const char*> {
 protected:
  FundTest() : LedgerFixture(OptionsOf(GetParam())) {}

  v1::ListFundArrivalsResponse Arrivals(bool overdue_only = false) {
    v1::ListFundArrivalsRequest request;
    request.set_parent(kCounty);
    request.set_budget_year(2024);
    request.set_overdue_only(overdue_only);
    const auto page = As("reader", "ListFundArrivals", request, &Handlers::ListFundArrivals);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(v1::ListFundArrivalsResponse());
  }
  v1::ListFundsResponse Funds(bool over_age_only = false, int year = 0) {
    v1::ListFundsRequest request;
    request.set_parent(kCounty);
    request.set_budget_year(year);
    request.set_over_age_only(over_age_only);
    const auto page = As("reader", "ListFunds", request, &Handlers::ListFunds);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(v1::ListFundsResponse());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, FundTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(FundTest, RowsThatPassAreRecordedEachOtherOneSaysWhy) {
  auto request = Recording<v1::RecordAllotmentRequest>("SP_NUTR", 1000);
  for (const auto& [item, fen] : std::vector<std::pair<std::string, int64_t>>{
           {"SP_NUTR", 5}, {"SP_NOTHING", 5}, {"SP_LIV_B_JUN", 0}, {"SP_LIV_B_PRI", -3}, {"SP_PRE_LIV", 7}}) {
    v1::FundAmount* amount = request.add_items();
    amount->set_item(item);
    amount->set_amount_fen(fen);
  }
  const auto recorded = As("officer", "RecordAllotment", request, &Handlers::RecordAllotment);
  EXPECT_EQ(Reasons(recorded), "- DUPLICATE_IN_BATCH ITEM_UNKNOWN LEDGER_AMOUNT LEDGER_AMOUNT -");
  EXPECT_EQ(Funds().total().allotted_fen(), 1007);
  const auto again = As("officer", "RecordAllotment", request, &Handlers::RecordAllotment);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), recorded->SerializeAsString()) << "replayed";
  EXPECT_EQ(Funds().total().allotted_fen(), 1007);
  request.set_document("豫财教〔2024〕8号");
  EXPECT_EQ(ReasonOf(As("officer", "RecordAllotment", request, &Handlers::RecordAllotment).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(Reasons(Arrive("SP_NUTR", 1001)), "LEDGER_AMOUNT") << "an arrival never above what is allotted";
  EXPECT_EQ(Reasons(Arrive("SP_NUTR", 900)), "-");
  auto back = Recording<v1::RecordAllotmentRequest>("SP_NUTR", 101);
  back.set_taken_back(true);
  EXPECT_EQ(Reasons(As("officer", "RecordAllotment", back, &Handlers::RecordAllotment)), "LEDGER_AMOUNT");
  auto called = Recording<v1::RecordArrivalRequest>("SP_NUTR", 901);
  called.set_taken_back(true);
  EXPECT_EQ(Reasons(As("officer", "RecordArrival", called, &Handlers::RecordArrival)), "FUND_SHORT");
  ExpectSound();
}

TEST_P(FundTest, WhatIsNoRequestIsRefusedWithEveryField) {
  const auto refused = [&](auto fill) {
    auto request = Recording<v1::RecordArrivalRequest>("SP_NUTR", 10);
    fill(request);
    return ReasonOf(As("officer", "RecordArrival", request, &Handlers::RecordArrival).status());
  };
  EXPECT_EQ(refused([](auto& r) { r.set_budget_year(1999); }), "NUMBER_RANGE");
  EXPECT_EQ(refused([](auto& r) { r.mutable_on()->set_day(31), r.mutable_on()->set_month(2); }), "DATE_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.clear_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.clear_document(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.set_document(std::string(801, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) {
              for (int i = 0; i < 100; ++i) *r.add_items() = r.items(0);
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(Funds().funds_size(), 0);
}

TEST_P(FundTest, ThirtyDaysAfterItsArrivalMoneyIsOverdue) {
  Endow("SP_NUTR", 1000);  // arrived on 1 April
  On(5, 1, 2024);
  ASSERT_EQ(Arrivals().arrivals_size(), 1);
  EXPECT_FALSE(Arrivals().arrivals(0).overdue());
  EXPECT_EQ(*DayOf(Arrivals().arrivals(0).pay_out_by()), absl::CivilDay(2024, 5, 1));
  EXPECT_EQ(Arrivals().pay_out_days(), 30);
  EXPECT_FALSE(Arrivals().source().empty());
  On(5, 2, 2024);
  EXPECT_EQ(Arrivals(true).arrivals_size(), 1);
  const std::string order = "p1.2023-2024-2.SP_NUTR.1";
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 1000, order, "p1")});
  EXPECT_EQ(Arrivals(true).arrivals_size(), 1) << "ordered is not paid out";
  Post({Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 999, order, "p1")});
  EXPECT_EQ(Arrivals(true).arrivals(0).unspent_fen(), 1);
  Post({Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 1, order, "p1")});
  EXPECT_EQ(Arrivals(true).arrivals_size(), 0);
}

TEST_P(FundTest, AYearEndsInStepsOfTwoPersons) {
  Endow("SP_NUTR", 1000);
  Endow("SP_LIV_B_JUN", 500);
  EXPECT_EQ(ReasonOf(Propose("CloseFundYear", &Handlers::CloseFundYear, Proposing(2024)).status()), "FUND_NOT_SETTLED");
  EXPECT_EQ(ReasonOf(Propose("CarryOver", &Handlers::CarryOver, Proposing(2024, "SP_NUTR", 1001)).status()),
            "FUND_SHORT");
  EXPECT_EQ(ReasonOf(Propose("CarryOver", &Handlers::CarryOver, Proposing(2024, "SP_NOTHING", 1)).status()),
            "ITEM_UNKNOWN");
  EXPECT_EQ(ReasonOf(Propose("CarryOver", &Handlers::CarryOver, Proposing(2023)).status()), "FUND_STEP_EMPTY");
  const auto step = Propose("CarryOver", &Handlers::CarryOver, Proposing(2024));  // all that there is, of every item
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(step->rows_size(), 2);
  EXPECT_EQ(step->state(), v1::FUND_STEP_STATE_PROPOSED);
  EXPECT_EQ(Fund("SP_NUTR").at_hand_fen(), 1000) << "nothing is booked yet";
  EXPECT_EQ(ReasonOf(Confirm(step->name(), "officer").status()), "ROLE_HELD");
  auto stale = Confirming(step->name());
  stale.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("leader", "ConfirmFundStep", stale, &Handlers::ConfirmFundStep).status()), "ETAG_MISMATCH");
  const auto request = Confirming(step->name());
  const auto done = As("leader", "ConfirmFundStep", request, &Handlers::ConfirmFundStep);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), v1::FUND_STEP_STATE_CONFIRMED);
  EXPECT_NE(done->rows(0).entry(), "");
  EXPECT_EQ(Fund("SP_NUTR", 2025).carried_in_fen(), 1000);
  EXPECT_EQ(Fund("SP_NUTR").carried_out_fen(), 1000);
  EXPECT_TRUE(As("leader", "ConfirmFundStep", request, &Handlers::ConfirmFundStep).ok()) << "replayed";
  EXPECT_EQ(Fund("SP_NUTR", 2025).carried_in_fen(), 1000);
  EXPECT_EQ(ReasonOf(Confirm(step->name()).status()), "STATE_TRANSITION");
  Take("CloseFundYear", &Handlers::CloseFundYear, Proposing(2024));
  EXPECT_TRUE(Fund("SP_NUTR").closed());
  EXPECT_EQ(Reasons(Allot("SP_NUTR", 10)), "FUND_CLOSED");
  EXPECT_EQ(Reasons(Arrive("SP_NUTR", 10)), "FUND_CLOSED");
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 1, "o", "p1")}), ElementsAre("FUND_CLOSED"));
  EXPECT_EQ(ReasonOf(Propose("CloseFundYear", &Handlers::CloseFundYear, Proposing(2024, "SP_NUTR")).status()),
            "FUND_CLOSED");
  ExpectSound();
}

TEST_P(FundTest, ARefusedStepBooksNothing) {
  Endow("SP_NUTR", 1000);
  const auto step = Propose("CarryOver", &Handlers::CarryOver, Proposing(2024, "SP_NUTR", 100));
  ASSERT_TRUE(step.ok()) << step.status();
  v1::RefuseFundStepRequest refuse;
  refuse.set_name(step->name());
  refuse.set_reason("金额有误");
  refuse.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(As("officer", "RefuseFundStep", refuse, &Handlers::RefuseFundStep).status()), "ROLE_HELD");
  refuse.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("leader", "RefuseFundStep", refuse, &Handlers::RefuseFundStep).status()), "ETAG_MISMATCH");
  refuse.set_etag(step->etag());
  refuse.set_request_id(NewId());
  const auto refused = As("leader", "RefuseFundStep", refuse, &Handlers::RefuseFundStep);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->state(), v1::FUND_STEP_STATE_REFUSED);
  EXPECT_EQ(ReasonOf(Confirm(step->name()).status()), "STATE_TRANSITION");
  EXPECT_EQ(Fund("SP_NUTR").at_hand_fen(), 1000);
  v1::ListFundStepsRequest list;
  list.set_parent(kCounty);
  list.set_proposed_only(true);
  EXPECT_EQ(As("reader", "ListFundSteps", list, &Handlers::ListFundSteps)->steps_size(), 0);
  v1::GetFundStepRequest get;
  get.set_name(step->name());
  EXPECT_EQ(As("reader", "GetFundStep", get, &Handlers::GetFundStep)->reason(), "金额有误");
}

// What was there when it was proposed and is gone when it is confirmed refuses the whole step.
TEST_P(FundTest, AConfirmationLooksAgain) {
  Endow("SP_LIV_B_JUN", 1000);
  Endow("SP_NUTR", 1000);
  const auto step = Propose("CarryOver", &Handlers::CarryOver, Proposing(2024));
  ASSERT_TRUE(step.ok()) << step.status();
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 1, "o", "p1")});
  EXPECT_EQ(ReasonOf(Confirm(step->name()).status()), "FUND_SHORT");
  EXPECT_EQ(Fund("SP_LIV_B_JUN").at_hand_fen(), 1000) << "all rows or none";
  ExpectSound();
}

TEST_P(FundTest, MoneyOfTwoYearsAgoGoesBackAndNothingYounger) {
  Endow("SP_NUTR", 1000, 2022);
  Endow("SP_NUTR", 600, 2023);
  Take("CarryOver", &Handlers::CarryOver, Proposing(2022, "SP_NUTR", 1000));
  EXPECT_EQ(Funds(true).funds_size(), 1);
  EXPECT_EQ(Fund("SP_NUTR", 2023).over_age_fen(), 1000);
  EXPECT_EQ(ReasonOf(Propose("Surrender", &Handlers::Surrender, Proposing(2023, "SP_NUTR", 1001)).status()),
            "FUND_NOT_OVER_AGE");
  EXPECT_EQ(ReasonOf(Propose("Surrender", &Handlers::Surrender, Proposing(2024)).status()), "FUND_STEP_EMPTY");
  Take("Surrender", &Handlers::Surrender, Proposing(2023));
  EXPECT_EQ(Fund("SP_NUTR", 2023).surrendered_fen(), 1000);
  EXPECT_EQ(Fund("SP_NUTR", 2023).at_hand_fen(), 600);
  EXPECT_EQ(Funds(true).funds_size(), 0);
  On(1, 1, 2025);
  EXPECT_EQ(Fund("SP_NUTR", 2023).over_age_fen(), 600);
  ExpectSound();
}

TEST_P(FundTest, AnAdvanceIsARuleOfTwoPersonsAndEndsOnlyWhenItIsPaidBack) {
  EXPECT_EQ(Reasons(Allot("SP_NUTR", 1000)), "-");
  const std::string order = "p1.2023-2024-2.SP_NUTR.1";
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 400, order, "p1")}), ElementsAre("FUND_SHORT"));
  EXPECT_EQ(ReasonOf(Propose("AllowAdvance", &Handlers::AllowAdvance, Proposing(2024)).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Propose("AllowAdvance", &Handlers::AllowAdvance, Proposing(2024, "SP_NUTR", -1)).status()),
            "LEDGER_AMOUNT");
  Take("AllowAdvance", &Handlers::AllowAdvance, Proposing(2024, "SP_NUTR", 500));
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 400, order, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 400, order, "p1")}),
              ElementsAre("", ""));
  EXPECT_EQ(Fund("SP_NUTR").at_hand_fen(), -400);
  EXPECT_EQ(Fund("SP_NUTR").advance_fen(), 500);
  EXPECT_EQ(ReasonOf(Propose("AllowAdvance", &Handlers::AllowAdvance, Proposing(2024, "SP_NUTR", 399)).status()),
            "FUND_SHORT");
  EXPECT_EQ(Reasons(Arrive("SP_NUTR", 400)), "-");
  Take("AllowAdvance", &Handlers::AllowAdvance, Proposing(2024, "SP_NUTR", 0));
  EXPECT_EQ(Fund("SP_NUTR").advance_fen(), 0);
  ExpectSound();
}

// --- Waivers --------------------------------------------------------------------------------------------------------
class WaiverTest : public FundTest {
 protected:
  WaiverTest() {
    // Pupils of two high schools: their decisions waive fees.
    PutDecision("w1", "411728103/s1", 80000);
    PutDecision("w2", "411728103/s1", 40000);
    PutDecision("w3", "411728104/s2", 80000);
  }
  absl::StatusOr<v1::SettleWaiversResponse> Settle(const v1::SettleWaiversRequest& request) {
    return As("officer", "SettleWaivers", request, &Handlers::SettleWaivers);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, WaiverTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(WaiverTest, SchoolsGetWhatDecisionsWaiveAndLaterTheDifference) {
  EXPECT_EQ(Reasons(Settle(Settling())), "FUND_SHORT FUND_SHORT");
  Endow("SP_HS_FEE", 150000, 2023);
  const auto request = Settling();
  const auto first = Settle(request);  // in order of area; the second school has to wait for money
  EXPECT_EQ(Reasons(first), "- FUND_SHORT");
  EXPECT_EQ(first->rows(0).amount_fen(), 120000);
  EXPECT_EQ(first->rows(0).pupils(), 2);
  EXPECT_EQ(Settle(request)->SerializeAsString(), first->SerializeAsString()) << "replayed";
  EXPECT_EQ(Fund("SP_HS_FEE", 2023).settled_fen(), 120000);
  EXPECT_EQ(Reasons(Allot("SP_HS_FEE", 100000, 2023)), "-");
  EXPECT_EQ(Reasons(Arrive("SP_HS_FEE", 100000, 2023)), "-");
  EXPECT_EQ(Reasons(Settle(Settling())), "NOTHING_DUE -");
  PutDecision("w2", "411728103/s1", 70000, kAutumn, 2);
  const auto more = Settle(Settling());
  EXPECT_EQ(Reasons(more), "- NOTHING_DUE");
  EXPECT_EQ(more->rows(0).amount_fen(), 30000);
  PutDecision("w2", "411728103/s1", 10000, kAutumn, 3);
  EXPECT_EQ(Reasons(Settle(Settling())), "NOTHING_DUE NOTHING_DUE") << "what is too much is not taken back";
  v1::ListSettlementsRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  const auto settlements = As("reader", "ListSettlements", list, &Handlers::ListSettlements);
  ASSERT_TRUE(settlements.ok()) << settlements.status();
  ASSERT_EQ(settlements->settlements_size(), 2);
  EXPECT_EQ(settlements->settlements(0).settled_fen(), 150000);
  EXPECT_EQ(settlements->settlements(0).parts_size(), 2);
  EXPECT_EQ(Fund("SP_HS_FEE", 2023).settled_fen(), 230000);
  EXPECT_EQ(Fund("SP_HS_FEE", 2023).paid_fen(), 0) << "never cash to a pupil";
  ExpectSound();
}

TEST_P(WaiverTest, OnlyWaiversOfKnownSchoolsAreSettled) {
  auto request = Settling();
  request.set_item("SP_NUTR");
  EXPECT_EQ(ReasonOf(Settle(request).status()), "ITEM_NOT_WAIVED");
  request = Settling();
  request.set_item("SP_NOTHING");
  EXPECT_EQ(ReasonOf(Settle(request).status()), "ITEM_UNKNOWN");
  request = Settling();
  request.set_term("2023");
  EXPECT_EQ(ReasonOf(Settle(request).status()), "TERM_FORMAT");
  EXPECT_EQ(ReasonOf(Settle(Settling({"s1", "s1"})).status()), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(ReasonOf(Settle(Settling({"none"})).status()), "NOT_FOUND");
  Endow("SP_HS_FEE", 150000, 2023);
  EXPECT_EQ(Reasons(Settle(Settling({"s1"}))), "-");
  Post({Entry(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT, "SP_HS_FEE", 30000, "", "", 20231201, 2023),
        Entry(v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT, "SP_HS_FEE", 30000, "", "", 20231201, 2023)});
  Take("CloseFundYear", &Handlers::CloseFundYear, Proposing(2023, "SP_HS_FEE"));
  EXPECT_EQ(Reasons(Settle(Settling())), "NOTHING_DUE FUND_CLOSED");
}

// --- Who may --------------------------------------------------------------------------------------------------------
TEST_P(FundTest, ForeignersAndTownshipsSeeNothingOfACounty) {
  Endow("SP_NUTR", 1000);
  const auto step = Propose("CarryOver", &Handlers::CarryOver, Proposing(2024, "SP_NUTR", 1));
  ASSERT_TRUE(step.ok()) << step.status();
  const auto denied = [&](const std::string& method, const auto& request, auto handler) {
    for (const char* area : {"500243", "411728103"}) {
      EXPECT_EQ(ReasonOf(As("stranger", method, request, handler, area).status()), "PERMISSION_DENIED")
          << method << " " << area;
    }
  };
  const auto named = [&](auto request, const std::string& name) {
    request.set_name(name);
    return request;
  };
  const auto parent = [&](auto request) {
    request.set_parent(kCounty);
    return request;
  };
  denied("GetFund", named(v1::GetFundRequest(), absl::StrCat(kCounty, "/funds/2024.SP_NUTR")), &Handlers::GetFund);
  denied("GetFund", named(v1::GetFundRequest(), absl::StrCat(kCounty, "/funds/2024.SP_NONE")), &Handlers::GetFund);
  denied("ListFunds", parent(v1::ListFundsRequest()), &Handlers::ListFunds);
  denied("RecordAllotment", Recording<v1::RecordAllotmentRequest>("SP_NUTR", 1), &Handlers::RecordAllotment);
  denied("RecordArrival", Recording<v1::RecordArrivalRequest>("SP_NUTR", 1), &Handlers::RecordArrival);
  auto arrivals = parent(v1::ListFundArrivalsRequest());
  arrivals.set_budget_year(2024);
  denied("ListFundArrivals", arrivals, &Handlers::ListFundArrivals);
  denied("CarryOver", Proposing(2024), &Handlers::CarryOver);
  denied("Surrender", Proposing(2024), &Handlers::Surrender);
  denied("CloseFundYear", Proposing(2024), &Handlers::CloseFundYear);
  denied("AllowAdvance", Proposing(2024, "SP_NUTR", 1), &Handlers::AllowAdvance);
  denied("ConfirmFundStep", Confirming(step->name()), &Handlers::ConfirmFundStep);
  v1::RefuseFundStepRequest refuse;
  refuse.set_name(step->name());
  refuse.set_reason("x");
  refuse.set_request_id(NewId());
  denied("RefuseFundStep", refuse, &Handlers::RefuseFundStep);
  denied("GetFundStep", named(v1::GetFundStepRequest(), step->name()), &Handlers::GetFundStep);
  denied("ListLedgerEntries", parent(v1::ListLedgerEntriesRequest()), &Handlers::ListLedgerEntries);
  auto trial = parent(v1::GetTrialBalanceRequest());
  *trial.mutable_on() = Date(20240601);
  denied("GetTrialBalance", trial, &Handlers::GetTrialBalance);
  denied("SettleWaivers", Settling(), &Handlers::SettleWaivers);
  v1::GetReportRequest report;
  report.set_area("areas/411728");
  report.set_report(v1::REPORT_KIND_EXECUTION);
  report.set_period("2024");
  denied("GetReport", report, &Handlers::GetReport);
  // Lists by area show a smaller caller what lies in it: nothing of a county.
  EXPECT_EQ(As("clerk", "ListFundSteps", parent(v1::ListFundStepsRequest()), &Handlers::ListFundSteps, "411728103")
                ->steps_size(),
            0);
  auto settlements = parent(v1::ListSettlementsRequest());
  settlements.set_term(kAutumn);
  EXPECT_EQ(As("clerk", "ListSettlements", settlements, &Handlers::ListSettlements, "411728103")->settlements_size(),
            0);
  v1::GetFundRequest missing;
  missing.set_name(absl::StrCat(kCounty, "/funds/2024.SP_NONE"));
  EXPECT_EQ(ReasonOf(As("reader", "GetFund", missing, &Handlers::GetFund).status()), "NOT_FOUND");
  missing.set_name(absl::StrCat(kCounty, "/funds/SP_NONE"));
  EXPECT_EQ(ReasonOf(As("reader", "GetFund", missing, &Handlers::GetFund).status()), "NAME_INVALID");
}

}  // namespace
}  // namespace ruraledu::student_aid
