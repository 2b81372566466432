// What an office may get wrong on the way from the application to the ledger, where no other test says so of the whole
// call: a reason each, and nothing of it half done. Amounts, files of the bank, reviews and disputes are refused in
// fund_handlers_test, payment_return_test and application_handlers_test.
#include "common/base/enum_text.h"
#include "tests/student_aid/application_fixture.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

class BadPayment : public PaymentFixture, public ::testing::Test {
 protected:
  static std::string AreAll(const std::string& reason, int persons) {
    std::vector<std::string> rows;
    for (int n = 1; n <= persons; ++n) rows.push_back(absl::StrCat("p", n, " ", reason));
    return absl::StrJoin(rows, " ");
  }
};

TEST_F(BadPayment, CardsOfFifteenAndTwentyDigitsAreLeftOut) {
  PutPupil("p1", "411111111111116");       // 15, and Luhn fits
  PutPupil("p2", "62220200000000000008");  // 20
  ASSERT_TRUE(aid.CatchUp().ok());
  Approve({"p1", "p2", "p3"});
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(LeftOutOf(batch.name()), AreAll("CARD_LENGTH", 2));
  EXPECT_EQ(batch.order_count(), 1);
  EXPECT_EQ(StateOf("p1"), "APPROVED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), kAmount);
  EXPECT_EQ(aid.Claims().size(), 1u);
}

TEST_F(BadPayment, AClosedFundYearOrdersNothing) {
  Approve({"p1", "p2"});
  const absl::Status closed = aid.place.database->Write("c411728", [](db::Transaction& tx) {
    return SaveRules(tx, {2023, kItem}, "2023-11-30", 0);
  });
  ASSERT_TRUE(closed.ok()) << closed;
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(LeftOutOf(batch.name()), AreAll("FUND_CLOSED", 2));
  EXPECT_EQ(EnumText(batch.state()), "CANCELLED");
  EXPECT_EQ(StateOf("p1"), "APPROVED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 0);
}

TEST_F(BadPayment, ATermWithoutStandardsOrdersNothing) {
  v1::Application early = Approved("p1");
  early.set_name(absl::StrCat(kCounty, "/applications/p1.2017-2018-1.", kItem));
  early.set_term("2017-2018-1");
  Put({early});
  auto request = Creating();
  request.set_term("2017-2018-1");
  const auto batch = Create(request);
  ASSERT_TRUE(batch.ok()) << batch.status();
  RunJobs(kPaymentOrderJob);
  EXPECT_EQ(LeftOutOf(batch->name()), "p1 POLICY_MISSING");
  EXPECT_EQ(BatchOf(batch->name()).order_count(), 0);
  EXPECT_TRUE(aid.Claims().empty());
}

class BadNotice : public ApplicationFixture, public ::testing::Test {};

TEST_F(BadNotice, WithoutTheCalendarOfTheYearNoListIsPosted) {
  Decide();
  ASSERT_TRUE(Work(Proposing()).ok());
  const std::string name = AppName("p1");
  BringApp(name, "SCHOOL_APPROVED");
  On(12, 28, 2024);  // the fifth working day lies in 2025, which the registry has not told
  EXPECT_EQ(Reasons(List({name})), "refused CALENDAR_MISSING");
  EXPECT_EQ(StateOf(name), "SCHOOL_APPROVED");
  EXPECT_EQ(App(name).notice(), "");
}

}  // namespace
}  // namespace ruraledu::student_aid
