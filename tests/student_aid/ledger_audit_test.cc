// What the gauges say of the ledger: sound or not, budgets, execution, what is overdue.
#include "services/student_aid/ledger_audit.h"

#include "tests/student_aid/ledger_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::HasSubstr;

class LedgerAuditTest : public LedgerFixture, public ::testing::TestWithParam<const char*> {
 protected:
  LedgerAuditTest() : LedgerFixture(OptionsOf(GetParam())) {}

  void Look() {
    const absl::Status looked = look_();
    ASSERT_TRUE(looked.ok()) << looked;
  }
  static std::string Gauge(const std::string& name, int64_t value) {
    return absl::StrCat(name, "{county=\"411728\",year=\"2024\"} ", value, "\n");
  }
  static std::string Findings(int64_t value) {
    return absl::StrCat(R"(ruraledu_integrity_findings{check="ledger",service="student_aid",shard="c411728"} )", value);
  }

  obs::Metrics metrics_;
  const obs::Sampler::Probe look_{
      LedgerAudit(*aid.place.database, clock, FundTables(), metrics_, obs::RuntimeMetrics(&metrics_, "student_aid"))};
};

INSTANTIATE_TEST_SUITE_P(Databases, LedgerAuditTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(LedgerAuditTest, ShowsBudgetsExecutionAndWhatIsOverdue) {
  Endow("SP_NUTR", 150000);  // arrived on 1 April, looked at on 3 June
  const std::string order = "p1.2023-2024-2.SP_NUTR.1";
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 40000, order, "p1"),
        Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 40000, order, "p1")});
  Look();
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings(0)));
  EXPECT_THAT(metrics_.Text(), HasSubstr(Gauge("ruraledu_student_aid_budget_yuan", 1500)));
  EXPECT_THAT(metrics_.Text(), HasSubstr(Gauge("ruraledu_student_aid_executed_yuan", 400)));
  EXPECT_THAT(metrics_.Text(), HasSubstr(Gauge("ruraledu_student_aid_overdue_arrivals", 1)));
}

TEST_P(LedgerAuditTest, ADifferenceShowsWithinADayAlthoughNobodyWrites) {
  Endow("SP_NUTR", 1000);
  Look();
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings(0)));
  const auto shift = [&](const char* by) {
    const absl::Status done = aid.place.database->Write("c411728", [&](db::Transaction& tx) {
      return tx.Execute(absl::StrCat("UPDATE fund_day SET debit_fen = debit_fen ", by, " 1 WHERE account = 2"))
          .status();
    });
    ASSERT_TRUE(done.ok()) << done;
  };
  shift("+");
  Look();
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings(0))) << "not looked at twice within a day";
  On(6, 4, 2024);
  Look();
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings(1)));
  shift("-");
  On(6, 5, 2024);
  Look();
  EXPECT_THAT(metrics_.Text(), HasSubstr(Findings(0)));
}

}  // namespace
}  // namespace ruraledu::student_aid
