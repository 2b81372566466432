// A county with money: allotments, arrivals, orders, and people who may propose and confirm.
#pragma once

#include "services/student_aid/ledger.h"
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {

class LedgerFixture : public IdentificationFixture {
 protected:
  explicit LedgerFixture(db::Options options = {}) : IdentificationFixture(std::move(options)) { On(6, 3, 2024); }

  template <typename Request>
  static Request Recording(const std::string& item, int64_t fen, int year = 2024, int ymd = 20240301) {
    Request request;
    request.set_parent(kCounty);
    request.set_document("豫财教〔2024〕7号");
    request.set_level(v1::FUNDING_LEVEL_PROVINCE);
    request.set_budget_year(year);
    *request.mutable_on() = Date(ymd);
    v1::FundAmount* amount = request.add_items();
    amount->set_item(item);
    amount->set_amount_fen(fen);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::FundRowsResponse> Allot(const std::string& item, int64_t fen, int year = 2024,
                                             int ymd = 20240301) {
    return As("officer", "RecordAllotment", Recording<v1::RecordAllotmentRequest>(item, fen, year, ymd),
              &Handlers::RecordAllotment);
  }
  absl::StatusOr<v1::FundRowsResponse> Arrive(const std::string& item, int64_t fen, int year = 2024,
                                              int ymd = 20240401) {
    return As("officer", "RecordArrival", Recording<v1::RecordArrivalRequest>(item, fen, year, ymd),
              &Handlers::RecordArrival);
  }
  void Endow(const std::string& item, int64_t fen, int year = 2024) {
    EXPECT_EQ(Reasons(Allot(item, fen, year, year * 10000 + 301)), "-");
    EXPECT_EQ(Reasons(Arrive(item, fen, year, year * 10000 + 401)), "-");
  }
  // As in IdentificationFixture, for rows of any kind.
  template <typename Response>
  static std::string Reasons(const absl::StatusOr<Response>& response) {
    if (!response.ok()) return absl::StrCat("refused ", ReasonOf(response.status()));
    std::vector<std::string> reasons;
    for (const auto& row : response->rows()) reasons.push_back(row.reason().empty() ? "-" : row.reason());
    return absl::StrJoin(reasons, " ");
  }

  static v1::ProposeFundStepRequest Proposing(int year, const std::string& item = "", int64_t fen = 0) {
    v1::ProposeFundStepRequest request;
    request.set_parent(kCounty);
    request.set_budget_year(year);
    request.set_document("结转文件");
    request.set_request_id(NewId());
    if (!item.empty()) {
      v1::FundAmount* amount = request.add_items();
      amount->set_item(item);
      amount->set_amount_fen(fen);
    }
    return request;
  }
  using Proposal = absl::StatusOr<v1::FundStep> (Handlers::*)(rpc::Call&, const v1::ProposeFundStepRequest&);
  absl::StatusOr<v1::FundStep> Propose(const std::string& method, Proposal handler,
                                       const v1::ProposeFundStepRequest& request) {
    return As("officer", method, request, handler);
  }
  static v1::ConfirmFundStepRequest Confirming(const std::string& name) {
    v1::ConfirmFundStepRequest request;
    request.set_name(name);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::FundStep> Confirm(const std::string& name, const std::string& by = "leader") {
    return As(by, "ConfirmFundStep", Confirming(name), &Handlers::ConfirmFundStep);
  }
  // Proposed and confirmed.
  void Take(const std::string& method, Proposal handler, const v1::ProposeFundStepRequest& request) {
    const auto step = Propose(method, handler, request);
    ASSERT_TRUE(step.ok()) << step.status();
    const auto done = Confirm(step->name());
    ASSERT_TRUE(done.ok()) << done.status();
  }

  static v1::LedgerEntry Entry(v1::LedgerEntryKind kind, const std::string& item, int64_t fen,
                               const std::string& order = "", const std::string& person = "", int ymd = 20240510,
                               int year = 2024) {
    v1::LedgerEntry entry;
    entry.set_kind(kind);
    entry.set_budget_year(year);
    entry.set_item(item);
    entry.set_amount_fen(fen);
    if (!order.empty()) entry.set_order(absl::StrCat(kCounty, "/paymentOrders/", order));
    entry.set_person(person);
    *entry.mutable_on() = Date(ymd);
    return entry;
  }
  // Posts in one transaction, as payments do; "" or the reason of each.
  std::vector<std::string> Post(const std::vector<v1::LedgerEntry>& entries) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto reasons =
        aid.place.database->Write("c411728", [&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
          std::vector<std::string> all;
          feed::RootWriter writer(tx, *sealer, {"payer", "call"}, aid.host().NewCounters());
          Ledger ledger(tx, writer);
          for (const v1::LedgerEntry& entry : entries) all.push_back(ReasonOf(ledger.Post(entry)));
          RETURN_IF_ERROR(ledger.Finish());
          RETURN_IF_ERROR(writer.Finish().status());
          return all;
        });
    EXPECT_TRUE(reasons.ok()) << reasons.status();
    return reasons.value_or(std::vector<std::string>());
  }

  // A decision that waives fees; the revision before it ends.
  void PutDecision(const std::string& person, const std::string& area, int64_t fen, const std::string& term = kAutumn,
                   int revision = 1, const std::string& item = "SP_HS_FEE", bool cash = false) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    v1::Decision decision;
    decision.set_name(absl::StrCat(kCounty, "/decisions/", person, ".", term, ".", revision));
    decision.set_person(person);
    decision.set_term(term);
    decision.set_revision(revision);
    decision.set_area(area);
    decision.set_in_force(true);
    v1::DecisionItem* counted = decision.add_counted();
    counted->set_item(item);
    counted->set_amount_fen(fen);
    counted->set_counts_in_coverage(true);
    counted->set_cash(cash);
    const absl::Status put = aid.place.database->Write("c411728", [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"run", "call"}, aid.host().NewCounters());
      if (revision > 1) {
        const std::string before = absl::StrCat(person, ".", term, ".", revision - 1);
        ASSIGN_OR_RETURN(const auto old, feed::Load<v1::Decision>(tx, *sealer, kDecisions, "c411728", before));
        v1::Decision ended = *old;
        ended.set_in_force(false);
        RETURN_IF_ERROR(writer.Put(kDecisions, &*old, ended, "END").status());
      }
      RETURN_IF_ERROR(writer.Put(kDecisions, nullptr, decision, "DECIDE").status());
      return writer.Finish().status();
    });
    EXPECT_TRUE(put.ok()) << put;
  }
  static v1::SettleWaiversRequest Settling(const std::vector<std::string>& schools = {},
                                           const std::string& term = kAutumn) {
    v1::SettleWaiversRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_item("SP_HS_FEE");
    for (const std::string& school : schools) request.add_schools(absl::StrCat(kCounty, "/schools/", school));
    request.set_document("拨付凭证-1");
    *request.mutable_on() = Date(20231120);
    request.set_request_id(NewId());
    return request;
  }

  v1::Fund Fund(const std::string& item, int year = 2024) {
    v1::GetFundRequest request;
    request.set_name(absl::StrCat(kCounty, "/funds/", year, ".", item));
    const auto fund = As("reader", "GetFund", request, &Handlers::GetFund);
    EXPECT_TRUE(fund.ok()) << fund.status();
    return fund.value_or(v1::Fund());
  }
  v1::TrialBalance Trial(int ymd) {
    v1::GetTrialBalanceRequest request;
    request.set_parent(kCounty);
    *request.mutable_on() = Date(ymd);
    const auto balance = As("reader", "GetTrialBalance", request, &Handlers::GetTrialBalance);
    EXPECT_TRUE(balance.ok()) << balance.status();
    return balance.value_or(v1::TrialBalance());
  }
  // Every table of the ledger against every other one.
  void ExpectSound() {
    const auto findings = aid.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto years, BudgetYears(tx, "c411728"));
      int64_t sum = 0;
      for (const int32_t year : years) {
        ASSIGN_OR_RETURN(const int64_t found, CountImbalances(tx, "c411728", year));
        sum += found;
      }
      return sum;
    });
    ASSERT_TRUE(findings.ok()) << findings.status();
    EXPECT_EQ(*findings, 0);
  }
};

}  // namespace ruraledu::student_aid
