// Payment through the methods and jobs, on both databases: from approved applications to what the bank answered, each
// refusal, replay, re-issue, masks.
#include "common/base/enum_text.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PaymentTest : public PaymentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PaymentTest() : PaymentFixture(OptionsOf(GetParam())) {}

  // A caller with roles of the shipped table, who may unmask.
  rpc::Caller Officer(const std::string& role, const std::string& area = "411728") {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_PAYMENT"};
    access->grants = {grant};
    return {.subject = "officer", .issuer = "test", .access = std::move(access)};
  }
  absl::StatusOr<std::string> Export(const std::string& batch, v1::PaymentFileFormat format,
                                     const std::string& role = "COUNTY_AID_PAYER",
                                     const std::string& purpose = "AID_PAYMENT") {
    auto request = Naming<v1::ExportPaymentFileRequest>(batch);
    request.set_format(format);
    return aid.Stream(Officer(role), "ExportPaymentFile", request, &Handlers::ExportPaymentFile, purpose,
                      [](const v1::ExportPaymentFileResponse& response, std::string* all) {
                        EXPECT_EQ(response.offset(), static_cast<int64_t>(all->size()));
                        *all += response.data();
                      });
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, PaymentTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PaymentTest, ABatchFromApprovedToTheBankAndBack) {
  Approve({"p1", "p2", "p3", "p4", "p5"});
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(EnumText(batch.state()), "ORDERED");
  EXPECT_EQ(LeftOutOf(batch.name()), "");
  EXPECT_EQ(batch.reference(), "411728-20231-001");
  EXPECT_EQ(batch.order_count(), 5);
  EXPECT_EQ(batch.total_fen(), 5 * kAmount);
  int64_t hash = 0;
  for (int n = 1; n <= 5; ++n) hash += CardHash(Card(n));
  EXPECT_EQ(batch.hash_total(), hash);
  EXPECT_EQ(DayText(*DayOf(batch.pay_by())), "2023-12-31");
  EXPECT_EQ(batch.positions().positions(0).instance(), registry.instance());
  EXPECT_EQ(batch.policy_sets(0), "policySets/SP@1");
  EXPECT_EQ(batch.payer(), "job:payer");
  EXPECT_EQ(StateOf("p1"), "ORDERED");
  EXPECT_EQ(ApplicationOf("p1").order(), OrderOf("p1").name());
  EXPECT_EQ(OrderOf("p1").card().number(), Card(1));
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 5 * kAmount);
  EXPECT_EQ(aid.Claims().size(), 5u) << "one family of each pupil";

  ASSERT_TRUE(Send(batch.name()).ok());
  EXPECT_EQ(EnumText(OrderOf("p3").state()), "SENT");
  const auto booked = Import(batch.name(), Answer(batch, {"1 PAID", "2 PAID", "3 REJECTED AC01", "2 RETURNED AC04"}));
  EXPECT_EQ(Outcomes(booked), "PAID 2 REJECTED 1 RETURNED 1");
  EXPECT_EQ(EnumText(BatchOf(batch.name()).state()), "PARTLY_RECONCILED");
  EXPECT_EQ(StateOf("p1"), "PAID");
  EXPECT_EQ(ApplicationOf("p1").paid_fen(), kAmount);
  EXPECT_EQ(StateOf("p2"), "PAY_FAILED");
  EXPECT_EQ(ApplicationOf("p2").paid_fen(), 0);
  EXPECT_EQ(EnumText(OrderOf("p2").state()), "RETURNED");
  EXPECT_EQ(OrderOf("p3").bank_reason(), "AC01");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 2 * kAmount);
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT), 3 * kAmount);
  EXPECT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"4 PAID", "5 PAID"}, kAmount, "2024-01-05"))), "REFUSED 2")
      << "a day that has not come";
  On(1, 6, 2024);
  EXPECT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"4 PAID", "5 PAID"}, kAmount, "2024-01-04"))), "PAID 2");
  const v1::PaymentBatch closed = BatchOf(batch.name());
  EXPECT_EQ(EnumText(closed.state()), "CLOSED");
  EXPECT_EQ(closed.paid_count(), 3);
  EXPECT_EQ(closed.late_count(), 2) << "DR-23: recorded, not refused";
  EXPECT_EQ(closed.returned_fen(), kAmount);
  EXPECT_EQ(Outcomes(Import(batch.name(), Answer(batch, {"1 RETURNED MS03"}))), "RETURNED 1") << "after it was closed";
  EXPECT_EQ(EnumText(BatchOf(batch.name()).state()), "CLOSED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT), 2 * kAmount);
}

TEST_P(PaymentTest, WhatCannotBePaidIsLeftOutWithItsReason) {
  PutPupil("p2", "");
  PutPupil("p3", "6222020000000001");
  PutPupil("p4", Card(4), "李四");
  PutPupil("p5", Card(6), "王小明", "赵五");
  PutPupil("p6", Card(6), "王小明", "赵五");
  ASSERT_TRUE(aid.CatchUp().ok());
  std::vector<v1::Application> applications;
  for (const char* person : {"p1", "p2", "p3", "p4", "p5", "p6", "p7"}) applications.push_back(Approved(person));
  applications[6].mutable_steps(2)->set_person("job:payer");
  applications.push_back(Approved("nobody"));
  applications.push_back(Approved("p1", kAmount, "SP_COMP_WAIVE"));
  applications.push_back(Approved("p2", kAmount, "SP_GONE"));
  applications.push_back(Approved("p7", 0, "SP_LIV_N_JUN"));
  v1::Application disputed = Approved("p3", kAmount, "SP_NUTR");
  disputed.set_disputed(true);
  applications.push_back(disputed);
  Put(applications);
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(batch.order_count(), 1);
  EXPECT_EQ(batch.left_out_count(), 11);
  EXPECT_EQ(LeftOutOf(batch.name()),
            "nobody PERSON_UNKNOWN p1 NOT_CASH p2 POLICY_MISSING p2 CARD_MISSING p3 CARD_CHECK_DIGIT p3 "
            "CARD_CHECK_DIGIT p4 CARD_HOLDER p5 CARD_SHARED p6 CARD_SHARED p7 ROLE_HELD p7 NOTHING_TO_PAY");
  EXPECT_EQ(StateOf("p7"), "APPROVED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), kAmount) << "nothing is ordered by halves";
}

TEST_P(PaymentTest, MoneyThatIsShortAndDisputesAreOfTheRow) {
  ASSERT_TRUE(Fund("SP_PRE_LIV", kAmount).ok());
  std::vector<v1::Application> applications;
  for (const char* person : {"p1", "p2"}) applications.push_back(Approved(person, kAmount, "SP_PRE_LIV"));
  v1::Application disputed = Approved("p3");
  disputed.set_disputed(true);
  applications.push_back(disputed);
  Put(applications);
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(batch.order_count(), 1);
  EXPECT_EQ(LeftOutOf(batch.name()), "p2 FUND_SHORT p3 DISPUTED");
  EXPECT_EQ(StateOf("p3"), "APPROVED");
}

TEST_P(PaymentTest, AidThatAnotherCountyGivesIsNotGivenAgain) {
  Approve({"p1", "p2"});
  const auto taken =
      TakeBenefits(*aid.place.database, {BenefitKey("p2", kAutumn, Book().FamilyOf(kItem))}, "c500243", "operation");
  ASSERT_TRUE(taken.ok()) << taken.status();
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(batch.order_count(), 1);
  EXPECT_EQ(LeftOutOf(batch.name()), "p2 DUPLICATE_AID");
}

TEST_P(PaymentTest, SupplementaryAndReissueTakeTheirOwn) {
  std::vector<v1::Application> applications = {Approved("p1"), Approved("p2"), Approved("p3")};
  applications[1].set_supplementary(true);
  Put(applications);
  const v1::PaymentBatch regular = Order();
  EXPECT_EQ(regular.order_count(), 2);
  EXPECT_EQ(LeftOutOf(regular.name()), "") << "what a batch is not about is not left out of it";
  const v1::PaymentBatch supplementary = Order(Creating(v1::PAYMENT_BATCH_KIND_SUPPLEMENTARY));
  EXPECT_EQ(supplementary.order_count(), 1);
  EXPECT_EQ(supplementary.reference(), "411728-20231-002");
  ASSERT_TRUE(Send(regular.name()).ok());
  ASSERT_TRUE(Send(supplementary.name()).ok());
  EXPECT_EQ(Outcomes(Import(regular.name(), Answer(regular, {"1 PAID", "2 REJECTED"}))), "PAID 1 REJECTED 1");
  EXPECT_EQ(Outcomes(Import(supplementary.name(), Answer(supplementary, {"1 REJECTED"}))), "REJECTED 1");
  auto again = Creating(v1::PAYMENT_BATCH_KIND_REISSUE);
  again.set_reissue_of(regular.name());
  const v1::PaymentBatch reissue = Order(again);
  EXPECT_EQ(reissue.order_count(), 1) << "the failed one of that batch only";
  EXPECT_EQ(ApplicationOf("p3").orders(), 2);
  EXPECT_EQ(EnumText(OrderOf("p3", 1).state()), "FAILED");
  EXPECT_EQ(EnumText(OrderOf("p3", 2).state()), "ORDERED");
  EXPECT_EQ(StateOf("p2"), "PAY_FAILED");
  EXPECT_EQ(Order(Creating(v1::PAYMENT_BATCH_KIND_REISSUE)).order_count(), 1) << "without a batch all of the term";
  EXPECT_EQ(EnumText(Order().state()), "CANCELLED") << "nothing is left to pay";
}

TEST_P(PaymentTest, ABatchIsRefusedWhileTheFactsAreNotToBeReliedOn) {
  Approve({"p1"});
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(Create(Creating()).status()), "BATCH_OPEN");
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_CLOSED));
  ASSERT_TRUE(aid.CatchUp().ok());
  On(1, 1, 2999);
  EXPECT_EQ(ReasonOf(Create(Creating()).status()), "FEED_SILENT");
  On(12, 1);
  const auto batch = Create(Creating());
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(ReasonOf(Create(Creating()).status()), "PAYMENT_BATCH_OPEN");
  // What comes up after the batch was made makes its job wait.
  registry.Put(Batch("b2", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  const std::string job(feed::IdOfName(batch->job()));
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", job)), "JOB_POSTPONED");
  EXPECT_EQ(EnumText(BatchOf(batch->name()).state()), "DRAFT");
  registry.Put(Batch("b2", registry_v1::IMPORT_STATE_CLOSED));
  ASSERT_TRUE(aid.CatchUp().ok());
  On(1, 1, 2999);
  EXPECT_EQ(ReasonOf(aid.Turn("c411728", job)), "JOB_POSTPONED") << "nobody heard of the registry for a minute";
  On(12, 1);
  EXPECT_TRUE(aid.Turn("c411728", job).ok());
  EXPECT_EQ(EnumText(BatchOf(batch->name()).state()), "ORDERED");
}

TEST_P(PaymentTest, RequestsThatAreNoneAreRefused) {
  const auto reason = [&](auto change) {
    auto request = Creating();
    change(request);
    const auto created = Create(request);
    return absl::StrCat(ReasonOf(created.status()), " ", FieldOf(created.status()));
  };
  EXPECT_EQ(reason([](auto& r) { r.set_term("2023"); }), "TERM_FORMAT term");
  EXPECT_EQ(reason([](auto& r) { r.clear_kind(); }), "FIELD_REQUIRED kind");
  EXPECT_EQ(reason([](auto& r) { r.mutable_account()->set_bank_code("1"); }), "ACCOUNT_FORMAT account.bank_code");
  EXPECT_EQ(reason([](auto& r) { r.add_items("LUCK"); }), "ITEM_UNKNOWN items[0]");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i <= 50; ++i) r.add_items(kItem);
            }),
            "FIELD_TOO_MANY items");
  EXPECT_EQ(reason([](auto& r) { r.set_reissue_of("counties/411728/paymentBatches/x"); }), "NAME_INVALID reissue_of");
  const std::string missing = absl::StrCat(kCounty, "/paymentBatches/none");
  EXPECT_EQ(LeftOutOf(missing), "refused NOT_FOUND");
  EXPECT_EQ(
      ReasonOf(As("payer", "GetPaymentBatch", Naming<v1::GetPaymentBatchRequest>(missing), &Handlers::GetPaymentBatch)
                   .status()),
      "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Send(missing).status()), "NOT_FOUND");
}

TEST_P(PaymentTest, ARepeatedRequestMakesOneBatch) {
  Approve({"p1"});
  const auto request = Creating();
  const auto first = Create(request);
  const auto second = Create(request);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->name(), second->name());
  EXPECT_TRUE(first->masked());
  EXPECT_FALSE(first->has_account());
  RunJobs(kPaymentOrderJob);
  const auto send = Naming<v1::SendPaymentBatchRequest>(first->name());
  auto stale = Naming<v1::SendPaymentBatchRequest>(first->name());
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("payer", "SendPaymentBatch", stale, &Handlers::SendPaymentBatch).status()), "ETAG_MISMATCH");
  ASSERT_TRUE(As("payer", "SendPaymentBatch", send, &Handlers::SendPaymentBatch).ok());
  ASSERT_TRUE(As("payer", "SendPaymentBatch", send, &Handlers::SendPaymentBatch).ok()) << "a replay";
  EXPECT_EQ(ReasonOf(Send(first->name()).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(As("payer", "CancelPaymentBatch", Naming<v1::CancelPaymentBatchRequest>(first->name()),
                        &Handlers::CancelPaymentBatch)
                         .status()),
            "STATE_TRANSITION")
      << "what the bank has is not taken back";
}

TEST_P(PaymentTest, ABatchIsGivenUpBeforeItIsSent) {
  Approve({"p1", "p2", "p3", "p4"});
  const v1::PaymentBatch batch = Order();
  const auto cancelled = As("payer", "CancelPaymentBatch", Naming<v1::CancelPaymentBatchRequest>(batch.name()),
                            &Handlers::CancelPaymentBatch);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(EnumText(cancelled->state()), "CANCELLED");
  RunJobs(kPaymentSweepJob);
  EXPECT_EQ(EnumText(OrderOf("p4").state()), "CANCELLED");
  EXPECT_EQ(StateOf("p4"), "PAY_FAILED");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 0);
  EXPECT_EQ(ReasonOf(Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CSV).status()), "STATE_TRANSITION");
  EXPECT_EQ(Order(Creating(v1::PAYMENT_BATCH_KIND_REISSUE)).order_count(), 4);
}

TEST_P(PaymentTest, AFileTellsTheCardsToThePayerOnly) {
  Approve({"p1", "p2", "p3", "p4"});
  const v1::PaymentBatch batch = Order();
  const auto csv = Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CSV);
  ASSERT_TRUE(csv.ok()) << csv.status();
  EXPECT_THAT(*csv, HasSubstr(absl::StrCat("D,411728-20231-001-0000002,王小明,", Card(2), ",625.00\n")));
  EXPECT_THAT(*csv, HasSubstr(absl::StrCat("T,4,2500.00,", batch.hash_total(), "\n")));
  EXPECT_EQ(*Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CSV), *csv) << "the same bytes (DR-11)";
  const auto xml = Export(batch.name(), v1::PAYMENT_FILE_FORMAT_PAIN_001);
  ASSERT_TRUE(xml.ok()) << xml.status();
  EXPECT_THAT(*xml, HasSubstr("<NbOfTxs>4</NbOfTxs>"));
  EXPECT_EQ(ReasonOf(Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CAMT_053).status()), "PAYMENT_FORMAT");
  EXPECT_EQ(ReasonOf(Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CSV, "COUNTY_AID_PAYER", "").status()),
            "PURPOSE_REQUIRED");
  EXPECT_TRUE(
      absl::IsPermissionDenied(Export(batch.name(), v1::PAYMENT_FILE_FORMAT_CSV, "COUNTY_AID_APPROVER").status()));
  v1::ListPaymentOrdersRequest list;
  list.set_parent(kCounty);
  list.set_batch(batch.name());
  const auto orders = As("reader", "ListPaymentOrders", list, &Handlers::ListPaymentOrders);
  ASSERT_TRUE(orders.ok()) << orders.status();
  EXPECT_EQ(orders->orders_size(), 4);
  EXPECT_THAT(orders->DebugString(), Not(HasSubstr(Card(1))));
  auto get = Naming<v1::GetPaymentOrderRequest>(orders->orders(0).name());
  EXPECT_FALSE(As("reader", "GetPaymentOrder", get, &Handlers::GetPaymentOrder)->has_card());
  get.set_unmask(true);
  const auto clear =
      aid.CallAs(Officer("COUNTY_AID_PAYER"), "GetPaymentOrder", get, &Handlers::GetPaymentOrder, "AID_PAYMENT");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->card().number(), Card(1));
}

TEST_P(PaymentTest, DriftIsShownAndNotApplied) {
  Approve({"p1", "p2", "p3"});
  const v1::PaymentBatch batch = Order();
  PutPupil("p1", Card(9));
  PutPupil("p2", Card(2), "王小明", "王建军");
  ASSERT_TRUE(aid.CatchUp().ok());
  auto get = Naming<v1::GetPaymentBatchRequest>(batch.name());
  EXPECT_FALSE(As("reader", "GetPaymentBatch", get, &Handlers::GetPaymentBatch)->has_drift());
  get.set_with_drift(true);
  const auto drifted = As("reader", "GetPaymentBatch", get, &Handlers::GetPaymentBatch);
  ASSERT_TRUE(drifted.ok()) << drifted.status();
  EXPECT_EQ(drifted->drift().pupils_changed(), 2);
  EXPECT_EQ(drifted->drift().cards_changed(), 1);
  EXPECT_EQ(OrderOf("p1").card().number(), Card(1));
}

TEST_P(PaymentTest, AccountsAreCheckedBeforeTheBatch) {
  PutPupil("p2", "");
  PutPupil("p3", Card(3), "李四");
  ASSERT_TRUE(aid.CatchUp().ok());
  Approve({"p1", "p2", "p3"});
  v1::Application paid = Approved("p4");
  paid.set_state(v1::APPLICATION_STATE_PAID);
  Put({paid});
  v1::ListAccountProblemsRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  list.set_page_size(2);
  const auto first = As("reader", "ListAccountProblems", list, &Handlers::ListAccountProblems);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->problems_size(), 1);
  EXPECT_EQ(first->problems(0).student(), absl::StrCat(kCounty, "/students/p2"));
  EXPECT_EQ(first->problems(0).reasons(0), "CARD_MISSING");
  list.set_page_token(first->next_page_token());
  const auto second = As("reader", "ListAccountProblems", list, &Handlers::ListAccountProblems);
  ASSERT_EQ(second->problems_size(), 1);
  EXPECT_EQ(second->problems(0).reasons(0), "CARD_HOLDER");
  EXPECT_TRUE(second->next_page_token().empty());
  list.clear_page_token();
  list.set_area("areas/411728104");
  EXPECT_EQ(As("reader", "ListAccountProblems", list, &Handlers::ListAccountProblems)->problems_size(), 0);
  list.set_area("somewhere");
  EXPECT_EQ(ReasonOf(As("reader", "ListAccountProblems", list, &Handlers::ListAccountProblems).status()),
            "NAME_INVALID");

  v1::EvaluateAccountRequest evaluate;
  evaluate.set_region_code("411728000000");
  evaluate.set_term(kAutumn);
  evaluate.mutable_facts()->set_pupil("王小明");
  evaluate.mutable_facts()->set_card_number("411111111111116");
  evaluate.mutable_facts()->set_card_holder("李四");
  const auto answer = As("reader", "EvaluateAccount", evaluate, &Handlers::EvaluateAccount);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(absl::StrJoin(answer->reasons(), " "), "CARD_LENGTH CARD_HOLDER");
  EXPECT_FALSE(answer->source().empty());
  evaluate.set_term("1999-2000-1");
  EXPECT_EQ(ReasonOf(As("reader", "EvaluateAccount", evaluate, &Handlers::EvaluateAccount).status()), "POLICY_MISSING");
}

TEST_P(PaymentTest, TheBankChecksTheCardsBeforeTheBatch) {
  PutPupil("p2", "");
  PutPupil("p3", Card(4), "王建国");
  PutPupil("p4", Card(4), "王建国");
  ASSERT_TRUE(aid.CatchUp().ok());
  Approve({"p1", "p2", "p3", "p4", "p5"});
  v1::CreateAccountCheckRequest create;
  create.set_parent(kCounty);
  create.set_term(kAutumn);
  create.set_request_id(NewId());
  const auto check = As("payer", "CreateAccountCheck", create, &Handlers::CreateAccountCheck);
  ASSERT_TRUE(check.ok()) << check.status();
  const auto again = As("payer", "CreateAccountCheck", create, &Handlers::CreateAccountCheck);
  EXPECT_EQ(again->name(), check->name()) << "a replay";
  const auto exported = [&](const std::string& role, const std::string& purpose) {
    return aid.Stream(Officer(role), "ExportAccountCheck", Naming<v1::ExportAccountCheckRequest>(check->name()),
                      &Handlers::ExportAccountCheck, purpose,
                      [](const v1::ExportPaymentFileResponse& response, std::string* all) {
                        EXPECT_EQ(response.offset(), static_cast<int64_t>(all->size()));
                        *all += response.data();
                      });
  };
  const auto file = exported("COUNTY_AID_PAYER", "AID_PAYMENT");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ReasonOf(exported("COUNTY_AID_PAYER", "").status()), "PURPOSE_REQUIRED");
  const std::string id(feed::IdOfName(check->name()));
  const std::vector<std::string> lines = absl::StrSplit(*file, '\n');
  ASSERT_EQ(lines.size(), 6u) << *file;
  EXPECT_EQ(lines[0], absl::StrCat("H,RURALEDU-CHECK,1,", id, ",2023-12-01"));
  EXPECT_THAT(lines[2], HasSubstr(absl::StrCat(",王建国,", Card(4)))) << "a card that two pupils share, once";
  EXPECT_EQ(lines[4], "T,3");

  const auto reference = [&](int line) { return std::vector<std::string>(absl::StrSplit(lines[line], ','))[1]; };
  const auto answer = [&](const std::string& of, const std::string& first) {
    return absl::StrCat("H,RURALEDU-CHECKED,1,", of, ",2023-12-02\nD,", reference(1), ",", first, "\nD,", reference(2),
                        ",OK,\nD,", std::string(64, '0'), ",OK,\nT,3\n");
  };
  const auto import = [&](const std::string& text) -> std::string {
    auto request = Naming<v1::ImportAccountCheckRequest>(check->name());
    request.set_file(Upload(check->name(), text));
    const auto job = As("payer", "ImportAccountCheck", request, &Handlers::ImportAccountCheck);
    if (!job.ok()) return ReasonOf(job.status());
    return ReasonOf(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))));
  };
  EXPECT_EQ(import(answer("another", "REFUSED,AC01")), "PAYMENT_RETURN_BATCH");
  EXPECT_EQ(import(absl::StrReplaceAll(answer(id, "OK,"), {{"T,3", "T,4"}})), "PAYMENT_RETURN_COUNT");
  EXPECT_EQ(import(answer(id, "MAYBE,")), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(import(answer(id, "REFUSED,AC01")), "");
  const auto answered =
      As("reader", "GetAccountCheck", Naming<v1::GetAccountCheckRequest>(check->name()), &Handlers::GetAccountCheck);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->accepted(), 1);
  EXPECT_EQ(answered->refused(), 1);
  EXPECT_EQ(answered->unknown(), 1);
  const v1::PaymentBatch first = Order();
  EXPECT_EQ(LeftOutOf(first.name()), "p1 CARD_REFUSED p2 CARD_MISSING");
  EXPECT_EQ(import(answer(id, "OK,")), "") << "a later answer counts";
  EXPECT_EQ(LeftOutOf(Order().name()), "p2 CARD_MISSING");
  EXPECT_EQ(StateOf("p1"), "ORDERED");
  auto foreign = Naming<v1::ImportAccountCheckRequest>(check->name());
  foreign.set_file(absl::StrCat(kCounty, "/files/none"));
  EXPECT_EQ(ReasonOf(As("payer", "ImportAccountCheck", foreign, &Handlers::ImportAccountCheck).status()),
            "FILE_UNKNOWN");
}

TEST_P(PaymentTest, OnlyTheCardIsKeptOfAContact) {
  const auto sealer = *aid.place.keys->SealerOf("c411728");
  const auto rows = aid.place.database->Read([&](db::Transaction& tx) {
    return tx.Query("SELECT body, sealed, version, card_digest FROM pupil WHERE shard = 'c411728' AND id = 'p1'");
  });
  ASSERT_TRUE(rows.ok() && rows->size() == 1) << rows.status();
  registry_v1::Student copy;
  ASSERT_TRUE(feed::ReadRoot((*rows)[0], 0, kPupils, "p1", sealer.get(), &copy).ok());
  EXPECT_EQ(copy.contact().card_number(), Card(1));
  EXPECT_EQ(copy.guardians(0).display_name(), "王建国");
  EXPECT_TRUE(copy.contact().phone().empty());
  EXPECT_TRUE(copy.guardians(0).phone().empty());
  EXPECT_THAT((*rows)[0].Bytes(0), Not(HasSubstr(Card(1))));
  EXPECT_THAT((*rows)[0].Text(3), Not(HasSubstr(Card(1))));
  EXPECT_EQ((*rows)[0].Text(3).size(), 64u);
}

}  // namespace
}  // namespace ruraledu::student_aid
