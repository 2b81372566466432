// aid overrides: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/payment_override.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kBatch[] = "counties/411728/paymentBatches/b1";
constexpr char kName[] = "counties/411728/paymentOverrides/o1";
constexpr char kOrder[] = "counties/411728/paymentOrders/p1.2023-2024-1.SP_LIV_B_JUN.1";

class OverrideTest : public CliTest {
 protected:
  static v1::PaymentOverride One() {
    v1::PaymentOverride one;
    one.set_name(kName);
    one.set_document("函 7");
    one.set_state(v1::PAYMENT_OVERRIDE_STATE_PROPOSED);
    v1::PaymentOverrideRow* row = one.add_rows();
    row->mutable_line()->set_order(kOrder);
    row->set_amount_fen(62500);
    row->set_from(v1::PAYMENT_ORDER_STATE_SENT);
    row->set_to(v1::PAYMENT_ORDER_STATE_PAID);
    one.mutable_before()->set_state(v1::PAYMENT_BATCH_STATE_SENT);
    one.mutable_after()->set_state(v1::PAYMENT_BATCH_STATE_CLOSED);
    one.mutable_after()->set_paid_fen(62500);
    return one;
  }
};

TEST_F(OverrideTest, TheDifferenceIsShownBeforeAnybodyConfirms) {
  const auto proposed = Answers<v1::ProposePaymentOverrideRequest>("ProposePaymentOverride", One());
  const Outcome done = Run({"aid", "overrides", "propose", kBatch, absl::StrCat(kOrder, "=paid,2023-12-03,BK1"),
                            "--document", "函 7", "--dry-run"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "SENT");
  EXPECT_HAS(done.out, "CLOSED  0 625.00");
  EXPECT_EQ(proposed->name(), kBatch);
  EXPECT_TRUE(proposed->validate_only());
  EXPECT_EQ(proposed->lines(0).order(), kOrder);
  EXPECT_EQ(proposed->lines(0).outcome(), v1::PAYMENT_LINE_OUTCOME_PAID);
  EXPECT_EQ(proposed->lines(0).on().day(), 3);
  EXPECT_EQ(proposed->lines(0).bank_reference(), "BK1");
  EXPECT_NE(Run({"aid", "overrides", "propose", kBatch, absl::StrCat(kOrder, "=paid"), "--document", "x"}).code, 0)
      << "without a day";
}

TEST_F(OverrideTest, AnotherPersonDecides) {
  const auto confirmed = Answers<v1::ConfirmPaymentOverrideRequest>("ConfirmPaymentOverride", One());
  EXPECT_EQ(Run({"aid", "overrides", "confirm", kName, "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(confirmed->etag(), "\"7\"");
  const auto refused = Answers<v1::RefusePaymentOverrideRequest>("RefusePaymentOverride", One());
  EXPECT_EQ(Run({"aid", "overrides", "refuse", kName, "--reason", "未盖章"}).code, 0);
  EXPECT_EQ(refused->reason(), "未盖章");
  const auto shown = Answers<v1::GetPaymentOverrideRequest>("GetPaymentOverride", One());
  EXPECT_EQ(Run({"aid", "overrides", "show", kName}).code, 0);
  EXPECT_EQ(shown->name(), kName);
  v1::ListPaymentOverridesResponse all;
  *all.add_overrides() = One();
  const auto listed = Answers<v1::ListPaymentOverridesRequest>("ListPaymentOverrides", all);
  EXPECT_HAS(Run({"aid", "overrides", "list", "--batch", kBatch, "--open"}).out, kName);
  EXPECT_TRUE(listed->proposed_only());
  EXPECT_EQ(listed->batch(), kBatch);
}

}  // namespace
}  // namespace ruraledu::cli
