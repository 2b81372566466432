// A fault before each statement of every write of funds, and of a batch of entries as payments post it: no half write,
// the same request_id succeeds afterwards, once. Three calls at once share commits, as in writes_test.cc.
// On PostgreSQL a cut costs more, and the statements are the same: fewer of them.
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/ledger_fixture.h"

namespace ruraledu::student_aid {
namespace {

using Parameter = std::tuple<const char*, const char*>;  // database, method

class LedgerFaults : public LedgerFixture, public ::testing::TestWithParam<Parameter> {
 protected:
  explicit LedgerFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : LedgerFixture(Faulty(counter, OptionsOf(std::get<0>(GetParam())))), left(std::move(counter)) {
    On(6, 3, 2203);  // everything is over age
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this]() -> absl::Status {
      const auto answer = As(by, method, request, handler);
      RETURN_IF_ERROR(answer.status());
      if constexpr (requires { answer->rows(0).reason(); }) {
        EXPECT_EQ(Reasons(answer), "-");
      }
      return absl::OkStatus();
    };
  }
  // The call on the funds of a year; what it needs is made now.
  Again Prepare(const std::string& method, int year) {
    if (method == "RecordAllotment") {
      return Repeat("officer", method, Recording<v1::RecordAllotmentRequest>("SP_NUTR", 100, year),
                    &Handlers::RecordAllotment);
    }
    if (method == "SettleWaivers") {
      const std::string term = absl::StrCat(year, "-", year + 1, "-1");
      Endow("SP_HS_FEE", 1000, year);
      PutDecision(absl::StrCat("x", year), "411728103/s1", 700, term);
      return Repeat("officer", method, Settling({}, term), &Handlers::SettleWaivers);
    }
    EXPECT_EQ(Reasons(Allot("SP_NUTR", 1000, year)), "-");
    if (method == "RecordArrival") {
      return Repeat("officer", method, Recording<v1::RecordArrivalRequest>("SP_NUTR", 100, year),
                    &Handlers::RecordArrival);
    }
    EXPECT_EQ(Reasons(Arrive("SP_NUTR", 1000, year)), "-");
    if (method == "CloseFundYear") {
      Take("CarryOver", &Handlers::CarryOver, Proposing(year, "SP_NUTR"));
    }
    const auto proposal = Proposing(year, "SP_NUTR", method == "CloseFundYear" ? 0 : 400);
    if (method == "CarryOver") return Repeat("officer", method, proposal, &Handlers::CarryOver);
    if (method == "Surrender") return Repeat("officer", method, proposal, &Handlers::Surrender);
    if (method == "CloseFundYear") return Repeat("officer", method, proposal, &Handlers::CloseFundYear);
    if (method == "AllowAdvance") return Repeat("officer", method, proposal, &Handlers::AllowAdvance);
    const auto step = Propose("CarryOver", &Handlers::CarryOver, proposal);
    EXPECT_TRUE(step.ok()) << step.status();
    if (method == "ConfirmFundStep") {
      return Repeat("leader", method, Confirming(step->name()), &Handlers::ConfirmFundStep);
    }
    v1::RefuseFundStepRequest refuse;
    refuse.set_name(step->name());
    refuse.set_reason("x");
    refuse.set_request_id(NewId());
    return Repeat("leader", "RefuseFundStep", refuse, &Handlers::RefuseFundStep);
  }

  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    for (const char* sql :
         {"SELECT id, version FROM ledger_entry ORDER BY id", "SELECT id, version FROM fund_step ORDER BY id",
          "SELECT id, version FROM settlement ORDER BY id",
          "SELECT item, advance_fen FROM fund ORDER BY budget_year, item",
          "SELECT item, debit_fen FROM fund_account ORDER BY budget_year, item, account",
          "SELECT entity, seq FROM journal WHERE shard = 'c411728' ORDER BY seq"}) {
      const auto rows = aid.place.database->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(1)));
    }
    return lines;
  }
  void ExpectWhole() {
    ExpectJournalled(aid, {"ledger_entry", "fund_step", "settlement"});
    ExpectSound();
  }

  std::shared_ptr<std::atomic<int64_t>> left;  // statements that still work; negative: all
};

TEST_P(LedgerFaults, ThreeAtOnceCutOffAnywhere) {
  CutOffAnywhere({.left = *left,
                  .most = 95,
                  .next = [&](int n) { return Prepare(std::get<1>(GetParam()), 1998 + 2 * n); },
                  .ready = [] {},
                  .written = [&] { return Written(); },
                  .sound = [&] { ExpectWhole(); },
                  .stride = std::string_view(std::get<0>(GetParam())) == "Postgres" ? 11 : 5});
}

INSTANTIATE_TEST_SUITE_P(
    Writes, LedgerFaults,
    ::testing::Combine(::testing::Values("Sqlite", "Postgres"),
                       ::testing::Values("RecordAllotment", "RecordArrival", "CarryOver", "Surrender", "CloseFundYear",
                                         "AllowAdvance", "ConfirmFundStep", "RefuseFundStep", "SettleWaivers")),
    [](const auto& info) { return absl::StrCat(std::get<0>(info.param), std::get<1>(info.param)); });

}  // namespace
}  // namespace ruraledu::student_aid
