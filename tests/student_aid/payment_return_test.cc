// What the bank answers, through the job on both databases: each outcome of a line, each refusal of a file, the same
// file twice; and what was paid wrongly comes back.
#include "common/base/enum_text.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/payment_gauges.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

class PaymentReturnTest : public PaymentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PaymentReturnTest() : PaymentFixture(OptionsOf(GetParam())) {}

  // A batch of the pupils that was sent.
  v1::PaymentBatch Sent(const std::vector<std::string>& persons) {
    Approve(persons);
    const v1::PaymentBatch batch = Order();
    EXPECT_TRUE(Send(batch.name()).ok());
    return BatchOf(batch.name());
  }
  // Everything that a file could change.
  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    for (const char* sql :
         {"SELECT id, version FROM payment_order ORDER BY id", "SELECT id, version FROM payment_batch ORDER BY id",
          "SELECT id, version FROM payment_return ORDER BY id",
          "SELECT reference, line FROM payment_return_line ORDER BY return_id, line",
          "SELECT id, version FROM application ORDER BY id", "SELECT id, version FROM ledger_entry ORDER BY id"}) {
      const auto rows = aid.place.database->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(1)));
    }
    return lines;
  }
  std::string LinesOf(const std::string& name, bool problems_only) {
    auto request = Naming<v1::ListPaymentReturnLinesRequest>(name);
    request.set_problems_only(problems_only);
    request.set_page_size(2);
    std::vector<std::string> texts;
    do {
      const auto page = As("reader", "ListPaymentReturnLines", request, &Handlers::ListPaymentReturnLines);
      if (!page.ok()) return absl::StrCat("refused ", ReasonOf(page.status()));
      for (const v1::PaymentReturnLine& line : page->lines()) {
        texts.push_back(absl::StrCat(line.line(), " ", v1::PaymentLineOutcome_Name(line.outcome()).substr(21),
                                     line.reason().empty() ? "" : " ", line.reason()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return absl::StrJoin(texts, ", ");
  }

  static v1::StartRecoveryRequest Recovering(const std::vector<std::string>& persons,
                                             v1::RecoveryCause cause = v1::RECOVERY_CAUSE_NOT_ELIGIBLE) {
    v1::StartRecoveryRequest request;
    request.set_parent(kCounty);
    request.set_cause(cause);
    request.set_document("遂教〔2024〕3号");
    request.set_reason("核定日不符合条件");
    request.set_request_id(NewId());
    for (const std::string& person : persons) request.add_applications(ApplicationName(person));
    return request;
  }
  std::string Start(const v1::StartRecoveryRequest& request, const std::string& by = "auditor") {
    return ReasonOf(As(by, "StartRecovery", request, &Handlers::StartRecovery).status());
  }
  std::string Record(int64_t fen, const std::string& by = "auditor", const std::string& person = "p1") {
    auto request = Naming<v1::RecordRecoveryRequest>(ApplicationName(person));
    request.set_amount_fen(fen);
    *request.mutable_on() = DateOf(absl::CivilDay(2023, 12, 1));
    request.set_document("收据 1");
    return ReasonOf(As(by, "RecordRecovery", request, &Handlers::RecordRecovery).status());
  }
  std::string WriteOff(const std::string& by, const std::string& person = "p1") {
    auto request = Naming<v1::WriteOffRecoveryRequest>(ApplicationName(person));
    request.set_document("遂财〔2024〕9号");
    request.set_reason("家庭无力退还");
    return ReasonOf(As(by, "WriteOffRecovery", request, &Handlers::WriteOffRecovery).status());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, PaymentReturnTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PaymentReturnTest, EachLineHasItsOutcome) {
  const v1::PaymentBatch batch = Sent({"p1", "p2", "p3", "p4"});
  std::string text = Answer(batch, {"1 PAID", "1 PAID", "2 REJECTED AC01", "2 PAID", "9 PAID", "3 PAID", "3 RETURNED"});
  text = absl::StrReplaceAll(
      text, {{absl::StrCat(batch.reference(), "-0000003,625.00,RETURNED"), "another-bank-0000003,625.00,RETURNED"}});
  const auto booked = Import(batch.name(), text);
  EXPECT_EQ(Outcomes(booked), "PAID 2 REJECTED 1 UNKNOWN 2 DUPLICATE 1 REFUSED 1");
  EXPECT_EQ(LinesOf(booked->name(), false),
            "1 PAID, 2 DUPLICATE, 3 REJECTED AC01, 4 REFUSED PAYMENT_PAID_AFTER_END, 5 UNKNOWN, 6 PAID, 7 UNKNOWN");
  EXPECT_EQ(LinesOf(booked->name(), true), "2 DUPLICATE, 4 REFUSED PAYMENT_PAID_AFTER_END, 5 UNKNOWN, 7 UNKNOWN");
  auto lines = Naming<v1::ListPaymentReturnLinesRequest>(booked->name());
  lines.set_page_token(rpc::PageToken(rpc::FilterOf(lines), {"two"}));
  EXPECT_EQ(ReasonOf(As("reader", "ListPaymentReturnLines", lines, &Handlers::ListPaymentReturnLines).status()),
            "PAGE_TOKEN");
  EXPECT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"4 PAID"}, kAmount + 1))), "WRONG_AMOUNT 1");
  EXPECT_EQ(EnumText(OrderOf("p4").state()), "SENT");
  EXPECT_EQ(EnumText(BatchOf(batch.name()).state()), "PARTLY_RECONCILED");
  v1::ListPaymentReturnsRequest list;
  list.set_parent(kCounty);
  list.set_batch(batch.name());
  EXPECT_EQ(As("reader", "ListPaymentReturns", list, &Handlers::ListPaymentReturns)->returns_size(), 2);
  const auto read = As("reader", "GetPaymentReturn", Naming<v1::GetPaymentReturnRequest>(booked->name()),
                       &Handlers::GetPaymentReturn);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->lines_done(), 7);
  EXPECT_EQ(read->imported_by(), "job:clerk");
}

TEST_P(PaymentReturnTest, TheSameFileTwiceChangesNothing) {
  const v1::PaymentBatch batch = Sent({"p1", "p2", "p3", "p4", "p5"});
  const std::string text = Answer(batch, {"1 PAID", "2 PAID", "3 PAID", "4 REJECTED"});
  const auto first = Import(batch.name(), text);
  EXPECT_EQ(Outcomes(first), "PAID 3 REJECTED 1");
  const auto before = Written();
  const auto second = Import(batch.name(), text);
  EXPECT_EQ(Outcomes(second), "PAID 3 REJECTED 1");
  EXPECT_EQ(second->name(), first->name());
  EXPECT_EQ(Written(), before);
}

TEST_P(PaymentReturnTest, AFileThatSaysNothingIsAcknowledged) {
  const v1::PaymentBatch batch = Sent({"p1"});
  const auto booked = Import(batch.name(), Answer(batch, {}));
  ASSERT_TRUE(booked.ok()) << booked.status();
  EXPECT_EQ(booked->state(), v1::PAYMENT_RETURN_STATE_CLOSED);
  EXPECT_EQ(booked->lines(), 0);
  EXPECT_EQ(EnumText(BatchOf(batch.name()).state()), "SENT");
}

TEST_P(PaymentReturnTest, AFileIsRefusedWhole) {
  const v1::PaymentBatch batch = Sent({"p1", "p2", "p3", "p4"});
  const std::string text = Answer(batch, {"1 PAID", "2 PAID", "3 PAID", "4 PAID"});
  const auto before = Written();
  const auto with = [&](std::string_view from, std::string_view to) {
    const std::string changed = absl::StrReplaceAll(text, {{from, to}});
    EXPECT_NE(changed, text);
    return changed;
  };
  const std::pair<std::string, const char*> wrong[] = {
      {with("T,4", "T,5"), "PAYMENT_RETURN_COUNT"},
      {with("2500.00", "2500.01"), "PAYMENT_RETURN_SUM"},
      {with(",10\n", ",11\n"), "PAYMENT_RETURN_HASH"},
      {with(absl::StrCat("1,", batch.reference(), ","), "1,411728-20231-099,"), "PAYMENT_RETURN_BATCH"},
      {with("T,", "Q,"), "PAYMENT_RETURN_FORMAT"},
      {with("625.00,PAID,2023-12-01,BK4", "625.001,PAID,2023-12-01,BK4"), "MONEY_PRECISION"},
  };
  for (const auto& [content, reason] : wrong) {
    EXPECT_EQ(Outcomes(Import(batch.name(), content)), absl::StrCat("refused ", reason));
  }
  const std::string open = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt/>";
  EXPECT_EQ(
      Outcomes(Import(batch.name(), open + "<Stmt/></BkToCstmrStmt></Document>", v1::PAYMENT_FILE_FORMAT_CAMT_053)),
      "refused PAYMENT_RETURN_STATEMENTS");
  EXPECT_EQ(Outcomes(Import(batch.name(), open + "</BkToCstmrStmt></Document>", v1::PAYMENT_FILE_FORMAT_PAIN_002)),
            "refused PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Written(), before) << "nothing is booked by halves";
  EXPECT_EQ(Outcomes(Import(batch.name(), open + "</BkToCstmrStmt></Document>", v1::PAYMENT_FILE_FORMAT_CAMT_053)), "");
}

TEST_P(PaymentReturnTest, AStatementAndAStatusReportAreBookedToo) {
  const v1::PaymentBatch batch = Sent({"p1", "p2"});
  const auto reference = [&](int row) { return OrderReference(batch.reference(), row); };
  const std::string report = absl::StrCat(
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><CreDtTm>"
      "2023-11-30T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>",
      batch.reference(), "</OrgnlMsgId><OrgnlNbOfTxs>2</OrgnlNbOfTxs></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>",
      "<TxInfAndSts><OrgnlEndToEndId>", reference(1), "</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>",
      "<TxInfAndSts><OrgnlEndToEndId>", reference(2), "</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04",
      "</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>");
  EXPECT_EQ(Outcomes(Import(batch.name(), report, v1::PAYMENT_FILE_FORMAT_PAIN_002)), "PAID 1 REJECTED 1");
  EXPECT_EQ(Outcomes(Import(batch.name(), absl::StrReplaceAll(report, {{"OrgnlNbOfTxs>2", "OrgnlNbOfTxs>3"}}),
                            v1::PAYMENT_FILE_FORMAT_PAIN_002)),
            "refused PAYMENT_RETURN_COUNT");
  const std::string statement = absl::StrCat(
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"CNY\">"
      "625.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2023-12-01</Dt></BookgDt><NtryDtls><TxDtls>"
      "<Refs><EndToEndId>",
      reference(1), "</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>");
  EXPECT_EQ(Outcomes(Import(batch.name(), statement, v1::PAYMENT_FILE_FORMAT_CAMT_053)), "RETURNED 1");
  EXPECT_EQ(StateOf("p1"), "PAY_FAILED");
}

// Anchor table A1 row 23: what the bank takes back after it was sent reaches the school, too, and what was booked is
// turned back.
TEST_P(PaymentReturnTest, TheSchoolIsToldWhatTheBankTookBack) {
  const v1::PaymentBatch batch = Sent({"p1", "p2"});
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID", "2 REJECTED AC04"}))), "PAID 1 REJECTED 1");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT), kAmount);
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 RETURNED AC01"}))), "RETURNED 1");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT), 0);
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_CASH), 100 * kAmount);
  EXPECT_EQ(ApplicationOf("p1").paid_fen(), 0);
  v1::ListPaymentOrdersRequest list;
  list.set_parent(kCounty);
  const auto told = [&](v1::PaymentOrderState state, const std::string& area) {
    list.set_state(state);
    const auto page = As("school", "ListPaymentOrders", list, &Handlers::ListPaymentOrders, area);
    EXPECT_TRUE(page.ok()) << page.status();
    std::string text;
    for (const v1::PaymentOrder& order : page->orders())
      absl::StrAppend(&text, order.person(), " ", order.bank_reason());
    return text;
  };
  EXPECT_EQ(told(v1::PAYMENT_ORDER_STATE_RETURNED, "411728103/s1"), "p1 AC01");
  EXPECT_EQ(told(v1::PAYMENT_ORDER_STATE_FAILED, "411728103/s1"), "p2 AC04");
  EXPECT_EQ(told(v1::PAYMENT_ORDER_STATE_RETURNED, "411728103/s2"), "") << "another school";
  // Who follows the feed tells the school by the area of the order.
  const auto entries =
      aid.place.database->Read([&](db::Transaction& tx) { return feed::ReadEntries(tx, "c411728", 0, 1000, nullptr); });
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::string event_of;
  for (const auto& entry : *entries) {
    ruraledu::feed::v1::RootEvent event;
    ASSERT_TRUE(event.ParseFromString(entry.body()));
    for (const auto& change : event.changes()) {
      v1::PaymentOrder order;
      if (change.cause() == "RECONCILE" && change.after().UnpackTo(&order) && order.person() == "p1") {
        event_of = absl::StrCat(order.area(), " ", EnumText(order.state()), " ", order.bank_reason());
      }
    }
  }
  EXPECT_EQ(event_of, "411728103/s1 RETURNED AC01");
}

TEST_P(PaymentReturnTest, AFileThatEndsEarlyIsNotTakenForTheWhole) {
  const v1::PaymentBatch batch = Sent({"p1"});
  const std::string text = Answer(batch, {"1 PAID"});
  const std::string id(feed::IdOfName(Upload(batch.name(), text)));
  FileContent whole(*aid.shelf, "c411728", id, static_cast<int64_t>(text.size()));
  EXPECT_EQ(*DigestOf(whole), crypto::Sha256({text}));
  FileContent longer(*aid.shelf, "c411728", id, static_cast<int64_t>(text.size()) + 1);
  EXPECT_EQ(ReasonOf(DigestOf(longer).status()), "FILE_TRUNCATED");
}

TEST_P(PaymentReturnTest, OnlyAFileOfTheBatchIsBooked) {
  Approve({"p1"});
  const v1::PaymentBatch batch = Order();
  const std::string file = Upload(batch.name(), Answer(batch, {"1 PAID"}));
  const auto import = [&](const v1::ImportPaymentReturnRequest& request) {
    return ReasonOf(As("clerk", "ImportPaymentReturn", request, &Handlers::ImportPaymentReturn).status());
  };
  EXPECT_EQ(import(Importing(batch.name(), file)), "STATE_TRANSITION") << "before it was sent";
  ASSERT_TRUE(Send(batch.name()).ok());
  EXPECT_EQ(import(Importing(batch.name(), file, v1::PAYMENT_FILE_FORMAT_PAIN_001)), "PAYMENT_FORMAT");
  EXPECT_EQ(import(Importing(batch.name(), absl::StrCat(kCounty, "/files/none"))), "FILE_UNKNOWN");
  EXPECT_EQ(import(Importing(absl::StrCat(kCounty, "/paymentBatches/none"), file)), "NOT_FOUND");
  ruraledu::files::v1::CreateFileRequest open;
  open.set_parent(kCounty);
  open.set_request_id(NewId());
  open.mutable_file()->set_owner(batch.name());
  open.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_OTHER);
  open.mutable_file()->set_total_bytes(1);
  open.mutable_file()->set_file_name("x");
  open.mutable_file()->set_sha256(crypto::Sha256({"x"}));
  const auto uploading = As("payer", "CreateFile", open, &Handlers::CreateFile);
  ASSERT_TRUE(uploading.ok()) << uploading.status();
  EXPECT_EQ(import(Importing(batch.name(), uploading->name())), "FILE_NOT_CLEAN");
  open.mutable_file()->set_owner(absl::StrCat(kCounty, "/students/p1"));
  open.set_request_id(NewId());
  const auto of_pupil = As("payer", "CreateFile", open, &Handlers::CreateFile);
  ASSERT_TRUE(of_pupil.ok()) << of_pupil.status();
  EXPECT_EQ(import(Importing(batch.name(), of_pupil->name())), "FILE_UNKNOWN") << "a file of a pupil";
}

// --- recovery -------------------------------------------------------------------------------------------------------

TEST_P(PaymentReturnTest, WhatWasPaidWronglyComesBack) {
  const v1::PaymentBatch batch = Sent({"p1", "p2"});
  On(12, 4);
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID", "2 PAID"}))), "PAID 2");
  EXPECT_EQ(Start(Recovering({"p1"}), "payer"), "ROLE_HELD") << "not by who ordered it";
  EXPECT_EQ(Start(Recovering({"p1"}), "approver"), "ROLE_HELD");
  EXPECT_EQ(Record(1), "STATE_TRANSITION");
  EXPECT_EQ(Start(Recovering({"p1", "p2"})), "NAME_INVALID") << "of one person at a time";
  EXPECT_EQ(Start(Recovering({"p1", "p1"})), "DUPLICATE_IN_BATCH");
  auto left = Recovering({"p1"});
  *left.mutable_left_on() = DateOf(absl::CivilDay(2023, 10, 8));
  EXPECT_EQ(Start(left), "RECOVERY_NOT_DUE");
  auto part = Recovering({"p1"}, v1::RECOVERY_CAUSE_WRONG_AMOUNT);
  part.set_amount_fen(kAmount + 1);
  EXPECT_EQ(Start(part), "RECOVERY_AMOUNT");
  EXPECT_EQ(Start(Recovering({"p1", "p1"}, v1::RECOVERY_CAUSE_WRONG_AMOUNT)), "FIELD_TOO_MANY") << "one at a time";
  EXPECT_EQ(Start(Recovering(std::vector<std::string>(51, "p1"))), "FIELD_TOO_MANY");
  auto bare = Recovering({"p1"});
  bare.clear_document();
  EXPECT_EQ(Start(bare), "FIELD_REQUIRED");
  const auto request = Recovering({"p1"});
  ASSERT_EQ(Start(request), "");
  ASSERT_EQ(Start(request), "") << "a replay";
  EXPECT_EQ(ApplicationOf("p1").recoverable_fen(), kAmount);
  EXPECT_EQ(StateOf("p1"), "RECOVERING");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_RECOVERABLE), kAmount);
  EXPECT_EQ(Record(kAmount + 1), "RECOVERY_AMOUNT");
  EXPECT_EQ(Record(0), "RECOVERY_AMOUNT");
  EXPECT_EQ(Record(100, "payer"), "ROLE_HELD");
  EXPECT_EQ(Record(500), "");
  EXPECT_EQ(StateOf("p1"), "RECOVERING");
  EXPECT_EQ(Record(kAmount), "RECOVERY_AMOUNT") << "never more than was wrongly taken";
  auto stale = Naming<v1::WriteOffRecoveryRequest>(ApplicationName("p1"));
  stale.set_document("遂财〔2024〕9号");
  stale.set_reason("家庭无力退还");
  stale.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("leader", "WriteOffRecovery", stale, &Handlers::WriteOffRecovery).status()), "ETAG_MISMATCH");
  EXPECT_EQ(Record(kAmount - 500), "");
  EXPECT_EQ(StateOf("p1"), "RECOVERED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_RECOVERABLE), 0);
  EXPECT_EQ(Record(1), "STATE_TRANSITION");
}

TEST_P(PaymentReturnTest, WhatIsLeftIsGivenUpByADecision) {
  const v1::PaymentBatch batch = Sent({"p1"});
  On(12, 4);
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID"}))), "PAID 1");
  auto part = Recovering({"p1"}, v1::RECOVERY_CAUSE_WRONG_AMOUNT);
  part.set_amount_fen(12500);
  ASSERT_EQ(Start(part), "");
  EXPECT_EQ(ApplicationOf("p1").paid_fen(), kAmount - 12500);
  EXPECT_EQ(Record(2500), "");
  EXPECT_EQ(WriteOff("payer"), "ROLE_HELD");
  EXPECT_EQ(WriteOff("auditor"), "ROLE_HELD") << "a second person gives up what the first one asked back";
  auto bare = Naming<v1::WriteOffRecoveryRequest>(ApplicationName("p1"));
  EXPECT_EQ(ReasonOf(As("auditor", "WriteOffRecovery", bare, &Handlers::WriteOffRecovery).status()), "FIELD_REQUIRED");
  EXPECT_EQ(WriteOff("chief"), "");
  EXPECT_EQ(StateOf("p1"), "WRITTEN_OFF");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_WRITTEN_OFF), 10000);
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_RECOVERABLE), 0);
  EXPECT_EQ(WriteOff("chief"), "STATE_TRANSITION");
  EXPECT_EQ(WriteOff("chief", "p9"), "NOT_FOUND");
}

TEST_P(PaymentReturnTest, ARecoveryHasAnEtagAndADayThatHasCome) {
  const v1::PaymentBatch batch = Sent({"p1"});
  On(12, 4);
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID"}))), "PAID 1");
  ASSERT_EQ(Start(Recovering({"p1"})), "");
  auto request = Naming<v1::RecordRecoveryRequest>(ApplicationName("p1"));
  request.set_amount_fen(1);
  request.set_document("收据");
  EXPECT_EQ(ReasonOf(As("auditor", "RecordRecovery", request, &Handlers::RecordRecovery).status()), "FIELD_REQUIRED");
  *request.mutable_on() = DateOf(absl::CivilDay(2023, 12, 5));
  EXPECT_EQ(ReasonOf(As("auditor", "RecordRecovery", request, &Handlers::RecordRecovery).status()), "DATE_AHEAD");
  *request.mutable_on() = DateOf(absl::CivilDay(2023, 12, 4));
  request.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("auditor", "RecordRecovery", request, &Handlers::RecordRecovery).status()), "ETAG_MISMATCH");
}

// 7.7: what was paid stays, whose card it went to does not.
TEST_P(PaymentReturnTest, OrdersAndEntriesOfAnErasedPersonKeepTheMoneyOnly) {
  const v1::PaymentBatch batch = Sent({"p1", "p2"});
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID", "2 PAID"}))), "PAID 2");
  ASSERT_EQ(Start(Recovering({"p1"})), "");
  registry_v1::Student student = Student("p1", "JUN", "7", true);
  student.set_status("GRADUATED");
  feed::KeepPublished(student);
  *student.mutable_erased_on() = Date(20310901);
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  EXPECT_FALSE(OrderOf("p1").has_card());
  EXPECT_EQ(OrderOf("p1").card_digest(), "");
  EXPECT_EQ(OrderOf("p1").amount_fen(), kAmount);
  EXPECT_EQ(StateOf("p1"), "RECOVERING");
  EXPECT_EQ(OrderOf("p2").card().number(), Card(2));
  v1::ListLedgerEntriesRequest list;
  list.set_parent(kCounty);
  list.set_order(OrderOf("p1").name());
  const auto entries = As("auditor", "ListLedgerEntries", list, &Handlers::ListLedgerEntries);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->entries_size(), 3);  // ordered, paid, to come back
  const auto sealer = *aid.place.keys->SealerOf("c411728");
  for (const v1::LedgerEntry& entry : entries->entries()) {
    EXPECT_EQ(WholeRoot<v1::LedgerEntry>(kLedgerEntries, entry.name()).reason(), "");
  }
}

TEST_P(PaymentReturnTest, ABankThatDoesNotAnswerIsSeen) {
  const v1::PaymentBatch batch = Sent({"p1", "p2"});
  ASSERT_EQ(batch.order_count(), 2);
  const absl::CivilDay sent = *DayOf(batch.sent_on());
  obs::Metrics metrics;
  const auto probe = PaymentProbe(*aid.place.database, metrics, PaymentTables(), clock);
  const auto unanswered = [&](absl::CivilDay today) {
    On(today.month(), today.day(), static_cast<int>(today.year()));
    EXPECT_TRUE(probe().ok());
    const std::string text = metrics.Text();
    const std::string name = "ruraledu_student_aid_unanswered_batches{county=\"411728\"} ";
    const size_t at = text.find(name);
    EXPECT_NE(at, std::string::npos) << text;
    return at == std::string::npos ? std::string() : text.substr(at + name.size(), 1);
  };
  EXPECT_EQ(unanswered(sent), "0");
  EXPECT_EQ(unanswered(sent + 7), "0");
  EXPECT_EQ(unanswered(sent + 8), "1") << "nothing was written meanwhile";
  const std::string day = DayText(sent + 1);
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 PAID"}, kAmount, day))), "PAID 1");
  ASSERT_EQ(BatchOf(batch.name()).state(), v1::PAYMENT_BATCH_STATE_PARTLY_RECONCILED);
  EXPECT_EQ(unanswered(sent + 9), "1") << "an answer for some is none for all";
  ASSERT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"2 PAID"}, kAmount, day))), "PAID 1");
  EXPECT_EQ(unanswered(sent + 10), "0");
}

}  // namespace
}  // namespace ruraledu::student_aid
