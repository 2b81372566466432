// A cut before statements of the jobs and writes of payment, as a kill would be: what was done is whole, and the next
// turn completes the same batch once.
#include "common/base/enum_text.h"
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

class PaymentFaults : public PaymentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  explicit PaymentFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : PaymentFixture(Faulty(counter, OptionsOf(GetParam()))), left(std::move(counter)) {}

  // Applications, orders, batches and entries with the entry of the journal that made them.
  void ExpectSound() {
    ExpectJournalled(aid, {"application", "payment_order", "payment_batch", "payment_return", "ledger_entry"});
    EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), kAmount * CountOf("payment_order", "ORDERED", "SENT"));
    const int64_t asked_back = CountOf("application", "RECOVERING", "RECOVERED", "WRITTEN_OFF");  // whole amounts here
    EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT),
              kAmount * (CountOf("payment_order", "ORDERED", "SENT", "PAID") - asked_back));
    EXPECT_EQ(CountOf("application", "ORDERED"), CountOf("payment_order", "ORDERED", "SENT"));
  }
  template <typename... States>
  int64_t CountOf(const std::string& table, const States&... states) {
    const std::string prefix = table == "application" ? "APPLICATION_STATE_" : "PAYMENT_ORDER_STATE_";
    int64_t count = 0;
    for (const char* state : {static_cast<const char*>(states)...}) {
      const auto row = aid.place.database->Read([&](db::Transaction& tx) {
        return tx.QueryOne(absl::StrCat("SELECT count(*) FROM ", table, " WHERE state = $1"),
                           absl::StrCat(prefix, state));
      });
      EXPECT_TRUE(row.ok()) << row.status();
      count += (*row)->Int(0);
    }
    return count;
  }
  // Turns of a job, each cut off some statements later than the one before, until one ends.
  void TurnCutOff(const std::string& job) {
    const testlib::Cuts cuts(5);
    for (int64_t cut = cuts.first;; cut += cuts.stride) {
      ASSERT_LT(cut, 3000);
      *left = cut;
      const absl::Status turned = aid.Turn("c411728", job);
      *left = -1;
      ExpectSound();
      if (turned.ok()) break;
    }
  }

  std::shared_ptr<std::atomic<int64_t>> left;  // statements that still work; negative: all
};

INSTANTIATE_TEST_SUITE_P(Databases, PaymentFaults, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PaymentFaults, ABatchThatIsKilledAnywhereCompletesOnce) {
  Approve({"p1", "p2", "p3", "p4", "p5", "p6", "p7"});
  PutPupil("p4", "");
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto batch = Create(Creating());
  ASSERT_TRUE(batch.ok()) << batch.status();
  TurnCutOff(std::string(feed::IdOfName(batch->job())));
  const v1::PaymentBatch done = BatchOf(batch->name());
  EXPECT_EQ(EnumText(done.state()), "ORDERED");
  EXPECT_EQ(done.order_count(), 6);
  EXPECT_EQ(done.total_fen(), 6 * kAmount);
  EXPECT_EQ(LeftOutOf(done.name()), "p4 CARD_MISSING");
  EXPECT_EQ(CountOf("payment_order", "ORDERED"), 6);
  for (const std::string& claim : aid.Claims()) EXPECT_THAT(claim, ::testing::EndsWith("c411728 HELD"));
}

TEST_P(PaymentFaults, AnAnswerThatIsKilledAnywhereIsBookedOnce) {
  Approve({"p1", "p2", "p3", "p4", "p5", "p6", "p7"});
  const v1::PaymentBatch batch = Order();
  ASSERT_TRUE(Send(batch.name()).ok());
  const std::string file = Upload(
      batch.name(), Answer(batch, {"1 PAID", "2 PAID", "3 REJECTED", "4 PAID", "4 RETURNED", "5 PAID", "8 PAID"}));
  const auto job = As("clerk", "ImportPaymentReturn", Importing(batch.name(), file), &Handlers::ImportPaymentReturn);
  ASSERT_TRUE(job.ok()) << job.status();
  On(12, 5);
  TurnCutOff(std::string(feed::IdOfName(job->name())));
  const v1::PaymentBatch done = BatchOf(batch.name());
  EXPECT_EQ(done.paid_count(), 3);
  EXPECT_EQ(done.failed_count(), 1);
  EXPECT_EQ(done.returned_count(), 1);
  EXPECT_EQ(CountOf("payment_order", "PAID"), 3);
}

TEST_P(PaymentFaults, ASweepThatIsKilledAnywhereEndsOnce) {
  Approve({"p1", "p2", "p3", "p4", "p5"});
  const v1::PaymentBatch batch = Order();
  const auto cancelled = As("payer", "CancelPaymentBatch", Naming<v1::CancelPaymentBatchRequest>(batch.name()),
                            &Handlers::CancelPaymentBatch);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  const auto jobs = *aid.place.database->Read(
      [&](db::Transaction& tx) { return db::ListJobs(tx, "c411728", kPaymentSweepJob, "", 10); });
  ASSERT_EQ(jobs.size(), 1u);
  TurnCutOff(jobs[0].id);
  EXPECT_EQ(CountOf("payment_order", "CANCELLED"), 5);
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 0);
}

// Each write of a handler, cut before its statements: no half write, and the same request succeeds afterwards, once.
TEST_P(PaymentFaults, WritesThatAreCutOffAreDoneOnceAfterwards) {
  Approve({"p1", "p2"});
  const auto until_done = [&](const std::function<absl::Status()>& call) {
    const testlib::Cuts cuts(5);
    int64_t cut = cuts.first;
    for (;; cut += cuts.stride) {
      *left = cut;
      const absl::Status called = call();
      *left = -1;
      ExpectSound();
      if (called.ok()) break;
      ASSERT_LT(cut, 1000) << called;
    }
    EXPECT_GT(cut, 4);
    EXPECT_TRUE(call().ok()) << "a replay";
  };
  v1::CreateAccountCheckRequest check;
  check.set_parent(kCounty);
  check.set_term(kAutumn);
  check.set_request_id(NewId());
  until_done([&] { return As("payer", "CreateAccountCheck", check, &Handlers::CreateAccountCheck).status(); });
  const auto made = As("payer", "CreateAccountCheck", check, &Handlers::CreateAccountCheck);
  auto answer = Naming<v1::ImportAccountCheckRequest>(made->name());
  answer.set_file(
      Upload(made->name(), absl::StrCat("H,RURALEDU-CHECKED,1,", feed::IdOfName(made->name()), ",2023-12-01\nT,0\n")));
  until_done([&] { return As("payer", "ImportAccountCheck", answer, &Handlers::ImportAccountCheck).status(); });
  const auto given_up = Create(Creating());
  RunJobs(kPaymentOrderJob);
  const auto cancel = Naming<v1::CancelPaymentBatchRequest>(given_up->name());
  until_done([&] { return As("payer", "CancelPaymentBatch", cancel, &Handlers::CancelPaymentBatch).status(); });
  RunJobs(kPaymentSweepJob);
  const auto create = Creating(v1::PAYMENT_BATCH_KIND_REISSUE);
  until_done([&] { return Create(create).status(); });
  EXPECT_EQ(ReasonOf(Create(Creating()).status()), "PAYMENT_BATCH_OPEN");
  RunJobs(kPaymentOrderJob);
  v1::ListPaymentBatchesRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  list.set_state(v1::PAYMENT_BATCH_STATE_ORDERED);
  const auto batches = As("reader", "ListPaymentBatches", list, &Handlers::ListPaymentBatches);
  ASSERT_TRUE(batches.ok() && batches->batches_size() == 1) << batches.status();
  const v1::PaymentBatch batch = BatchOf(batches->batches(0).name());
  const auto send = Naming<v1::SendPaymentBatchRequest>(batch.name());
  until_done([&] { return As("payer", "SendPaymentBatch", send, &Handlers::SendPaymentBatch).status(); });
  RunJobs(kPaymentSweepJob);
  const auto import = Importing(batch.name(), Upload(batch.name(), Answer(batch, {"1 PAID", "2 PAID"})));
  until_done([&] { return As("clerk", "ImportPaymentReturn", import, &Handlers::ImportPaymentReturn).status(); });
  On(12, 5);
  RunJobs(kPaymentReturnJob);
  EXPECT_EQ(CountOf("payment_order", "PAID"), 2);
  v1::StartRecoveryRequest start;
  start.set_parent(kCounty);
  start.add_applications(ApplicationName("p1"));
  start.set_cause(v1::RECOVERY_CAUSE_FALSE_INFORMATION);
  start.set_document("d");
  start.set_reason("r");
  start.set_request_id(NewId());
  until_done([&] { return As("auditor", "StartRecovery", start, &Handlers::StartRecovery).status(); });
  auto record = Naming<v1::RecordRecoveryRequest>(ApplicationName("p1"));
  record.set_amount_fen(500);
  *record.mutable_on() = DateOf(absl::CivilDay(2023, 12, 4));
  record.set_document("d");
  until_done([&] { return As("auditor", "RecordRecovery", record, &Handlers::RecordRecovery).status(); });
  EXPECT_EQ(ApplicationOf("p1").recoverable_fen(), kAmount - 500) << "recorded once";
  auto write_off = Naming<v1::WriteOffRecoveryRequest>(ApplicationName("p1"));
  write_off.set_document("d");
  write_off.set_reason("r");
  until_done([&] { return As("chief", "WriteOffRecovery", write_off, &Handlers::WriteOffRecovery).status(); });
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_WRITTEN_OFF), kAmount - 500);
}

}  // namespace
}  // namespace ruraledu::student_aid
