// The ledger as payments write it: within their transaction, on both databases.
#include "tests/student_aid/ledger_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class LedgerTest : public LedgerFixture, public ::testing::TestWithParam<const char*> {
 protected:
  LedgerTest() : LedgerFixture(OptionsOf(GetParam())) {}

  v1::ListLedgerEntriesResponse Entries(const std::function<void(v1::ListLedgerEntriesRequest&)>& fill) {
    v1::ListLedgerEntriesRequest request;
    request.set_parent(kCounty);
    fill(request);
    const auto page = As("reader", "ListLedgerEntries", request, &Handlers::ListLedgerEntries);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(v1::ListLedgerEntriesResponse());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, LedgerTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

constexpr char kOrder[] = "p1.2023-2024-2.SP_NUTR.1";

TEST_P(LedgerTest, TheLifeOfAnOrderWithinOneAndOverManyTransactions) {
  Endow("SP_NUTR", 100000);
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 40000, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 40000, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 1, kOrder, "p1")}),
              ElementsAre("", "", "LEDGER_AMOUNT"));
  EXPECT_EQ(Fund("SP_NUTR").paid_fen(), 40000);
  EXPECT_EQ(Fund("SP_NUTR").at_hand_fen(), 60000);
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_OVERPAYMENT, "SP_NUTR", 30000, kOrder, "p1")}), ElementsAre(""));
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_RETURN, "SP_NUTR", 10001, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_RECOVERY, "SP_NUTR", 30001, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_RECOVERY, "SP_NUTR", 20000, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_WRITE_OFF, "SP_NUTR", 10000, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_WRITE_OFF, "SP_NUTR", 1, kOrder, "p1")}),
              ElementsAre("LEDGER_AMOUNT", "LEDGER_AMOUNT", "", "", "LEDGER_AMOUNT"));
  const v1::Fund fund = Fund("SP_NUTR");
  EXPECT_EQ(fund.recoverable_fen(), 0);
  EXPECT_EQ(fund.recovered_fen(), 20000);
  EXPECT_EQ(fund.written_off_fen(), 10000);
  EXPECT_EQ(fund.available_fen(), 80000);
  ExpectSound();
}

TEST_P(LedgerTest, AnOrderIsOfItsFundAndARefusedEntryLeavesNothing) {
  Endow("SP_NUTR", 1000);
  Endow("SP_LIV_B_JUN", 1000);
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 600, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 500, "p2.2023-2024-2.SP_NUTR.1", "p2"),
                    Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_LIV_B_JUN", 600, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_ORDER_END, "SP_NUTR", 600, kOrder, "p1"),
                    Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 500, "p2.2023-2024-2.SP_NUTR.1", "p2")}),
              ElementsAre("", "FUND_SHORT", "LEDGER_AMOUNT", "", ""));
  EXPECT_EQ(Fund("SP_NUTR").ordered_fen(), 1100);
  EXPECT_EQ(Fund("SP_NUTR").failed_fen(), 600);
  EXPECT_EQ(Fund("SP_NUTR").payable_fen(), 500);
  EXPECT_EQ(Entries([](auto& r) { r.set_kind(v1::LEDGER_ENTRY_KIND_ORDER); }).entries_size(), 2);
  ExpectSound();
}

TEST_P(LedgerTest, ManyOrdersFoldToOneRowPerAccount) {
  Endow("SP_NUTR", 100000);
  std::vector<v1::LedgerEntry> orders;
  for (int n = 0; n < 250; ++n) {
    orders.push_back(Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 100, absl::StrCat("x", n, ".2023-2024-2.SP_NUTR.1"),
                           absl::StrCat("x", n)));
  }
  Post(orders);
  Post(orders);  // the same names again: what is open is added, nothing is lost
  EXPECT_EQ(Fund("SP_NUTR").payable_fen(), 50000);
  EXPECT_EQ(Trial(20240510).rows_size(), 5);  // SOURCE, ALLOTTED, CASH, PAYABLE, SPENT
  EXPECT_THAT(Post({Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 200, "x7.2023-2024-2.SP_NUTR.1", "x7"),
                    Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 1, "x7.2023-2024-2.SP_NUTR.1", "x7")}),
              ElementsAre("", "LEDGER_AMOUNT"));
  ExpectSound();
}

TEST_P(LedgerTest, ATrialBalanceOfAnyDay) {
  Endow("SP_NUTR", 1000);
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 300, kOrder, "p1", 20240510),
        Entry(v1::LEDGER_ENTRY_KIND_PAYMENT, "SP_NUTR", 300, kOrder, "p1", 20240512)});
  EXPECT_EQ(Trial(20240229).rows_size(), 0);
  for (const auto& [day, turnover] : std::vector<std::pair<int, int64_t>>{
           {20240301, 1000}, {20240331, 1000}, {20240401, 2000}, {20240511, 2300}, {20240512, 2600}}) {
    const v1::TrialBalance balance = Trial(day);
    EXPECT_EQ(balance.debit_fen(), turnover) << day;
    EXPECT_EQ(balance.credit_fen(), turnover) << day;
  }
}

TEST_P(LedgerTest, EntriesAreFoundByFundPersonOrderKindAndDay) {
  Endow("SP_NUTR", 1000);
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 300, kOrder, "p1", 20240510),
        Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 200, "p2.2023-2024-2.SP_NUTR.1", "p2", 20240511)});
  const auto amounts = [&](const std::function<void(v1::ListLedgerEntriesRequest&)>& fill) {
    std::vector<int64_t> all;
    const auto page = Entries(fill);
    for (const auto& entry : page.entries()) all.push_back(entry.amount_fen());
    return all;
  };
  EXPECT_THAT(amounts([](auto&) {}), ElementsAre(1000, 1000, 300, 200));
  EXPECT_THAT(amounts([](auto& r) { r.set_person("p2"); }), ElementsAre(200));
  EXPECT_THAT(amounts([](auto& r) { r.set_order(absl::StrCat(kCounty, "/paymentOrders/", kOrder)); }),
              ElementsAre(300));
  EXPECT_THAT(amounts([](auto& r) { *r.mutable_from() = Date(20240402), *r.mutable_to() = Date(20240510); }),
              ElementsAre(300));
  EXPECT_THAT(amounts([](auto& r) { r.set_item("SP_LIV_B_JUN"); }), ElementsAre());
  EXPECT_THAT(amounts([](auto& r) { r.set_budget_year(2023); }), ElementsAre());
  std::vector<int64_t> paged;
  v1::ListLedgerEntriesRequest request;
  request.set_parent(kCounty);
  request.set_page_size(3);
  do {
    const auto page = As("reader", "ListLedgerEntries", request, &Handlers::ListLedgerEntries);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& entry : page->entries()) paged.push_back(entry.amount_fen());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(paged, ElementsAre(1000, 1000, 300, 200));
}

// What is checked once an hour notices any hand in the tables.
TEST_P(LedgerTest, ADifferenceIsFoundWhereverItIs) {
  Endow("SP_NUTR", 1000);
  Post({Entry(v1::LEDGER_ENTRY_KIND_ORDER, "SP_NUTR", 300, kOrder, "p1")});
  for (const char* table : {"fund_account SET debit_fen = debit_fen + 1 WHERE account = 2",
                            "fund_day SET credit_fen = credit_fen + 1 WHERE account = 4",
                            "ledger_entry SET amount_fen = amount_fen + 1 WHERE kind = 'LEDGER_ENTRY_KIND_ORDER'",
                            "fund_open SET payable_fen = payable_fen + 1 WHERE of_person = 0"}) {
    SCOPED_TRACE(table);
    const std::string there = absl::StrCat("UPDATE ", table);
    std::string back = there;
    back.replace(back.find('+'), 1, "-");
    const auto run = [&](const std::string& sql) {
      const absl::Status done =
          aid.place.database->Write("c411728", [&](db::Transaction& tx) { return tx.Execute(sql).status(); });
      EXPECT_TRUE(done.ok()) << done;
    };
    run(there);
    const auto findings =
        aid.place.database->Read([&](db::Transaction& tx) { return CountImbalances(tx, "c411728", 2024); });
    EXPECT_GT(findings.value_or(0), 0);
    run(back);
    ExpectSound();
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
