// aid payments: which call each command makes, and what it shows.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ruraledu/files/v1/files.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "tests/cli/fixture.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace files = ruraledu::files::v1;

constexpr char kBatch[] = "counties/411728/paymentBatches/b1";
constexpr char kApplication[] = "counties/411728/applications/p1.2023-2024-1.SP_LIV_B_JUN";

class PaymentsTest : public CliTest {
 protected:
  rpc::FakeClient& service() { return services_["student_aid"]; }
  static v1::PaymentBatch Batch() {
    v1::PaymentBatch batch;
    batch.set_name(kBatch);
    batch.set_reference("411728-20231-001");
    batch.set_state(v1::PAYMENT_BATCH_STATE_ORDERED);
    batch.set_order_count(1234);
    batch.set_total_fen(123456);
    batch.set_job("counties/411728/jobs/b1");
    return batch;
  }
  std::string Text(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::string Put(const std::string& name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
    return folder / name;
  }

  testlib::TempFolder folder;
};

TEST_F(PaymentsTest, ABatchIsOrderedFromAnAccount) {
  const auto seen = Answers<v1::CreatePaymentBatchRequest>("CreatePaymentBatch", Batch());
  const std::vector<std::string> order = {"aid",         "payments",    "order",       "--term",
                                          "2023-2024-1", "--holder",    "资助中心",    "--account",
                                          "170202030",   "--bank-code", "102521000018"};
  const Outcome done = Run(order);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "411728-20231-001");
  EXPECT_HAS(done.out, "1,234.56");
  EXPECT_EQ(seen->parent(), "counties/411728");
  EXPECT_EQ(seen->kind(), v1::PAYMENT_BATCH_KIND_REGULAR);
  EXPECT_EQ(seen->account().bank_code(), "102521000018");
  std::vector<std::string> again = order;
  again.insert(again.end(),
               {"--kind", "reissue", "--reissue-of", kBatch, "--item", "SP_NUTR", "--item", "SP_LIV_B_JUN"});
  EXPECT_EQ(Run(again).code, 0);
  EXPECT_EQ(seen->kind(), v1::PAYMENT_BATCH_KIND_REISSUE);
  EXPECT_EQ(seen->items_size(), 2);
  again = order;
  again.insert(again.end(), {"--kind", "twice"});
  EXPECT_EQ(Run(again).code, 3) << "no such kind";
}

TEST_F(PaymentsTest, BatchesAreShownSentAndCancelled) {
  v1::PaymentBatch drifted = Batch();
  drifted.mutable_drift()->set_cards_changed(7);
  const auto shown = Answers<v1::GetPaymentBatchRequest>("GetPaymentBatch", drifted);
  EXPECT_HAS(Run({"aid", "payments", "show", kBatch, "--drift"}).out, "cards-changed");
  EXPECT_TRUE(shown->with_drift());
  const auto sent = Answers<v1::SendPaymentBatchRequest>("SendPaymentBatch", Batch());
  EXPECT_EQ(Run({"aid", "payments", "send", kBatch, "--etag", "\"5\""}).code, 0);
  EXPECT_EQ(sent->etag(), "\"5\"");
  const auto cancelled = Answers<v1::CancelPaymentBatchRequest>("CancelPaymentBatch", Batch());
  EXPECT_EQ(Run({"aid", "payments", "cancel", kBatch}).code, 0);
  EXPECT_EQ(cancelled->name(), kBatch);
  v1::ListPaymentBatchesResponse batches;
  *batches.add_batches() = Batch();
  const auto listed = Answers<v1::ListPaymentBatchesRequest>("ListPaymentBatches", batches);
  EXPECT_HAS(Run({"aid", "payments", "list", "--state", "sent"}).out, kBatch);
  EXPECT_EQ(listed->state(), v1::PAYMENT_BATCH_STATE_SENT);
  v1::ListLeftOutResponse left;
  left.add_rows()->set_reason("CARD_SHARED");
  Answers<v1::ListLeftOutRequest>("ListLeftOut", left);
  EXPECT_HAS(Run({"aid", "payments", "left-out", kBatch}).out, "CARD_SHARED");
  v1::ListPaymentOrdersResponse orders;
  orders.add_orders()->set_late(true);
  const auto asked = Answers<v1::ListPaymentOrdersRequest>("ListPaymentOrders", orders);
  EXPECT_HAS(Run({"aid", "payments", "orders", "--batch", kBatch, "--state", "failed", "--area", "411728103"}).out,
             "yes");
  EXPECT_EQ(asked->area(), "areas/411728103");
  EXPECT_EQ(asked->state(), v1::PAYMENT_ORDER_STATE_FAILED);
}

TEST_F(PaymentsTest, TheFileForTheBankIsNewAndItsOwnersAlone) {
  v1::ExportPaymentFileResponse content;
  content.set_data("<Document/>");
  const auto seen = Answers<v1::ExportPaymentFileRequest>("ExportPaymentFile", content);
  const std::string path = folder / "batch.xml";
  const std::vector<std::string> save = {"aid",      "payments", "file", kBatch,      "--format",
                                         "pain_001", "--out",    path,   "--purpose", "AID_PAYMENT"};
  const Outcome done = Run(save);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(seen->format(), v1::PAYMENT_FILE_FORMAT_PAIN_001);
  EXPECT_EQ(Text(path), "<Document/>");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_NE(Run(save).code, 0) << "it is there already";
  EXPECT_EQ(Text(path), "<Document/>");
}

TEST_F(PaymentsTest, AnAnswerIsUploadedAndBooked) {
  files::File file;
  file.set_name("counties/411728/files/f1");
  file.set_state(files::FILE_STATE_QUARANTINED);
  const auto created = Answers<files::CreateFileRequest>("CreateFile", file);
  files::UploadFileChunkResponse received;
  received.set_received_bytes(5);
  Answers<files::UploadFileChunkRequest>("UploadFileChunk", received);
  Answers<files::CommitFileRequest>("CommitFile", file);
  file.set_state(files::FILE_STATE_CLEAN);
  const auto looked = Answers<files::GetFileRequest>("GetFile", file);
  v1::PaymentReturn booked;
  booked.set_name("counties/411728/paymentReturns/r1");
  booked.set_lines(3);
  v1::PaymentLineCount* count = booked.add_outcomes();
  count->set_outcome(v1::PAYMENT_LINE_OUTCOME_PAID);
  count->set_lines(3);
  ruraledu::jobs::v1::Job job;
  job.set_name("counties/411728/jobs/j1");
  job.set_state(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
  job.mutable_result()->PackFrom(booked);
  const auto imported = Answers<v1::ImportPaymentReturnRequest>("ImportPaymentReturn", job);
  Answers<ruraledu::jobs::v1::GetJobRequest>("GetJob", job);
  const Outcome done =
      Run({"aid", "payments", "answer", kBatch, Put("answer.csv", "H,A,B"), "--format", "camt_053", "--wait"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "PAID 3");
  EXPECT_EQ(created->parent(), "counties/411728");
  EXPECT_EQ(created->file().owner(), kBatch);
  EXPECT_EQ(created->file().total_bytes(), 5);
  EXPECT_EQ(looked->name(), file.name()) << "waits until the scan has let it through";
  EXPECT_EQ(imported->file(), file.name());
  EXPECT_EQ(imported->format(), v1::PAYMENT_FILE_FORMAT_CAMT_053);
  v1::ListPaymentReturnsResponse returns;
  *returns.add_returns() = booked;
  Answers<v1::ListPaymentReturnsRequest>("ListPaymentReturns", returns);
  EXPECT_HAS(Run({"aid", "payments", "answers", "--batch", kBatch}).out, "PAID 3");
  v1::ListPaymentReturnLinesResponse lines;
  lines.add_lines()->set_reason("DATE_AHEAD");
  const auto asked = Answers<v1::ListPaymentReturnLinesRequest>("ListPaymentReturnLines", lines);
  EXPECT_HAS(Run({"aid", "payments", "lines", booked.name(), "--problems"}).out, "DATE_AHEAD");
  EXPECT_TRUE(asked->problems_only());
}

TEST_F(PaymentsTest, CardsAreCheckedBeforeABatch) {
  v1::ListAccountProblemsResponse problems;
  problems.add_problems()->add_reasons("CARD_CHECK_DIGIT");
  const auto asked = Answers<v1::ListAccountProblemsRequest>("ListAccountProblems", problems);
  EXPECT_HAS(Run({"aid", "payments", "problems", "--term", "2023-2024-1"}).out, "CARD_CHECK_DIGIT");
  EXPECT_EQ(asked->term(), "2023-2024-1");
  v1::AccountCheck check;
  check.set_name("counties/411728/accountChecks/c1");
  check.set_refused(4321);
  Answers<v1::CreateAccountCheckRequest>("CreateAccountCheck", check);
  EXPECT_HAS(Run({"aid", "payments", "check", "--term", "2023-2024-1"}).out, check.name());
  Answers<v1::GetAccountCheckRequest>("GetAccountCheck", check);
  EXPECT_HAS(Run({"aid", "payments", "show-check", check.name()}).out, "4,321");
}

TEST_F(PaymentsTest, WhatWasPaidWronglyIsAskedBack) {
  v1::Application application;
  application.set_name(kApplication);
  application.set_state(v1::APPLICATION_STATE_RECOVERING);
  application.set_recoverable_fen(12500);
  v1::StartRecoveryResponse started;
  *started.add_applications() = application;
  const auto asked = Answers<v1::StartRecoveryRequest>("StartRecovery", started);
  const Outcome done =
      Run({"aid", "payments", "recover", kApplication, "--cause", "wrong_amount", "--amount", "125", "--document",
           "D-1", "--reason", "重复", "--evidence", "LETTER", "--evidence", "CERTIFICATE=counties/411728/files/f1"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "125.00");
  EXPECT_EQ(asked->cause(), v1::RECOVERY_CAUSE_WRONG_AMOUNT);
  EXPECT_EQ(asked->amount_fen(), 12500);
  ASSERT_EQ(asked->evidence_size(), 2);
  EXPECT_EQ(asked->evidence(0).kind(), "LETTER");
  EXPECT_EQ(asked->evidence(0).file(), "");
  EXPECT_EQ(asked->evidence(1).kind(), "CERTIFICATE");
  EXPECT_EQ(asked->evidence(1).file(), "counties/411728/files/f1");
  const auto back = Answers<v1::RecordRecoveryRequest>("RecordRecovery", application);
  EXPECT_EQ(Run({"aid", "payments", "recovered", kApplication, "--amount", "25.01", "--on", "2024-03-01", "--document",
                 "R", "--evidence", "CERTIFICATE=counties/411728/files/f2"})
                .code,
            0);
  ASSERT_EQ(back->evidence_size(), 1);
  EXPECT_EQ(back->evidence(0).file(), "counties/411728/files/f2");
  EXPECT_EQ(back->amount_fen(), 2501);
  EXPECT_EQ(back->on().day(), 1);
  EXPECT_EQ(
      Run({"aid", "payments", "recovered", kApplication, "--amount", "1.005", "--on", "2024-03-01", "--document", "R"})
          .code,
      3);
  const auto off = Answers<v1::WriteOffRecoveryRequest>("WriteOffRecovery", application);
  EXPECT_EQ(Run({"aid", "payments", "write-off", kApplication, "--document", "D-2", "--reason", "无力退还",
                 "--evidence", "HOME_VISIT"})
                .code,
            0);
  ASSERT_EQ(off->evidence_size(), 1);
  EXPECT_EQ(off->evidence(0).kind(), "HOME_VISIT");
  EXPECT_EQ(off->reason(), "无力退还");
}

}  // namespace
}  // namespace ruraledu::cli
