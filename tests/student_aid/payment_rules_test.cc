// Cards, batches, orders, what a line of the bank does, recovery, and the files for the bank (digest 2.7).
#include "services/student_aid/payment_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/payment_file_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

constexpr char kRegion[] = "411728000000";

const PaymentRules& Rules() {
  return **PaymentTables().InForce(kRegion, *ParseTerm("2023-2024-1"));
}

// --- rules of a jurisdiction ----------------------------------------------------------------------------------------

std::string Rows(const std::string& rows) {
  return absl::StrCat(
      "region,from_term,pay_by_autumn,pay_by_spring,card_digits_from,card_digits_to,card_check,answer_days,label_zh,"
      "source\n",
      rows);
}

std::string ParseReason(const std::string& rows) {
  return ReasonOf(ParsePaymentRules(Rows(rows)).status());
}

TEST(PaymentPolicy, TheShippedDatesAreThoseOfHenan) {
  const auto day = [](const char* region, const char* term) {
    const auto rules = PaymentTables().InForce(region, *ParseTerm(term));
    return DayText(PayBy(**rules, *ParseTerm(term)));
  };
  EXPECT_EQ(day(kRegion, "2023-2024-1"), "2023-12-31");
  EXPECT_EQ(day(kRegion, "2023-2024-2"), "2024-06-30");
  EXPECT_EQ(day("640422000000", "2023-2024-1"), "2023-12-31") << "DR-23 where nothing else is known";
  EXPECT_THAT(Rules().source, ::testing::HasSubstr("Henan"));
}

TEST(PaymentPolicy, TheLowestRegionAndTheLatestRowCount) {
  const auto parsed =
      ParsePaymentRules(Rows(",2010-2011-1,12-31,06-30,16,19,LUHN,7,全国,s\n"
                             "411728000000,2023-2024-1,11-30,05-31,16,16,NONE,7,遂平,s\n"
                             "411728000000,2024-2025-1,10-31,04-30,19,19,LUHN,7,遂平,s\n"));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const PaymentBook book(*parsed);
  const auto by = [&](const char* region, const char* term) {
    return DayText(PayBy(**book.InForce(region, *ParseTerm(term)), *ParseTerm(term)));
  };
  EXPECT_EQ(by(kRegion, "2022-2023-2"), "2023-06-30");
  EXPECT_EQ(by(kRegion, "2023-2024-1"), "2023-11-30");
  EXPECT_EQ(by(kRegion, "2025-2026-2"), "2026-04-30");
  EXPECT_EQ(by("500243000000", "2025-2026-2"), "2026-06-30");
  EXPECT_EQ(ReasonOf(book.InForce(kRegion, *ParseTerm("2009-2010-1")).status()), "POLICY_MISSING");
}

TEST(PaymentPolicy, WhatIsWrongIsRefusedAtItsLine) {
  const std::string nation = ",2010-2011-1,12-31,06-30,16,19,LUHN,7,全国,s\n";
  EXPECT_EQ(ParseReason(nation), "");
  for (const char* row :
       {"41,2010-2011-1,12-31,06-30,16,19,LUHN,7,x,s\n", "410000000000,2010,12-31,06-30,16,19,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,13-31,06-30,16,19,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,12-31,02-29,16,19,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,11,19,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,20,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,19,16,LUHN,7,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,MD5,7,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,7,x,\n", ",2010-2011-1,12-31,06-30,16,19,LUHN,7,again,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,0,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,91,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,,x,s\n",
        "410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,soon,x,s\n"}) {
    EXPECT_EQ(ParseReason(nation + row), "DATA_FILE") << row;
  }
  EXPECT_EQ(ParseReason("410000000000,2010-2011-1,12-31,06-30,16,19,LUHN,7,x,s\n"), "DATA_FILE") << "no nation";
}

TEST(PaymentPolicy, TheBankMayBeSilentForSomeDays) {
  const absl::CivilDay sent(2023, 11, 30);
  EXPECT_EQ(Rules().answer_days, 7);
  EXPECT_FALSE(IsUnanswered(Rules(), sent, sent));
  EXPECT_FALSE(IsUnanswered(Rules(), sent, absl::CivilDay(2023, 12, 7))) << "the seventh day after it";
  EXPECT_TRUE(IsUnanswered(Rules(), sent, absl::CivilDay(2023, 12, 8)));
}

// --- cards ----------------------------------------------------------------------------------------------------------

v1::AccountFacts Facts(const std::string& number, const std::string& holder = "王小明") {
  v1::AccountFacts facts;
  facts.set_pupil("王小明");
  facts.add_guardians("王建国");
  facts.set_card_number(number);
  facts.set_card_holder(holder);
  return facts;
}

std::string Reasons(const v1::AccountFacts& facts, const PaymentRules& rules = Rules()) {
  return absl::StrJoin(AccountReasons(rules, facts), " ");
}

TEST(Account, LuhnIsThatOfTheStandard) {
  for (const char* good : {"79927398713", "6222020000000000000", "4111111111111111", "0"}) {
    EXPECT_TRUE(PassesLuhn(good)) << good;
  }
  for (const char* wrong : {"79927398710", "6222020000000000001", "4111111111111112", "1"}) {
    EXPECT_FALSE(PassesLuhn(wrong)) << wrong;
  }
}

TEST(Account, LengthAndCheckDigit) {
  const std::pair<const char*, const char*> table[] = {
      {"6222020000000000000", ""},                     // 19
      {"4111111111111111", ""},                        // 16
      {"6222 0200 0000 0000 000", ""},                 // as people write it
      {"６２２２０２０００００００００００００", ""},  // full width
      {"411111111111116", "CARD_LENGTH"},              // 15
      {"62220200000000000008", "CARD_LENGTH"},
      {"6222020000000000001", "CARD_CHECK_DIGIT"},
      {"622202000000000000X", "CARD_LENGTH"},
      {"", "CARD_MISSING"},
      {"  ", "CARD_MISSING"},
  };
  for (const auto& [number, reasons] : table) {
    EXPECT_EQ(Reasons(Facts(number)), reasons) << number;
  }
  PaymentRules unchecked = Rules();
  unchecked.luhn = false;
  EXPECT_EQ(Reasons(Facts("6222020000000000001"), unchecked), "");
}

TEST(Account, TheHolderIsThePupilOrAGuardian) {
  EXPECT_EQ(Reasons(Facts("4111111111111111", "王建国")), "");
  EXPECT_EQ(Reasons(Facts("4111111111111111", " 王建国 ")), "");
  EXPECT_EQ(Reasons(Facts("4111111111111111", "李四")), "CARD_HOLDER");
  EXPECT_EQ(Reasons(Facts("4111111111111111", "")), "CARD_HOLDER");
  EXPECT_EQ(Reasons(Facts("4111111111111112", "李四")), "CARD_CHECK_DIGIT CARD_HOLDER") << "all of them are told";
}

TEST(Account, ASharedCardIsThatOfAGuardianOfAll) {
  v1::AccountFacts facts = Facts("4111111111111111", "王建国");
  facts.add_shared_with()->add_guardians("王建国");
  EXPECT_EQ(Reasons(facts), "");
  facts.add_shared_with()->add_guardians("李四");
  EXPECT_EQ(Reasons(facts), "CARD_SHARED");
  v1::AccountFacts own = Facts("4111111111111111");
  own.add_shared_with()->add_guardians("王小明");
  EXPECT_EQ(Reasons(own), "CARD_SHARED") << "a pupil is no guardian";
}

TEST(Account, TheHashTotalTakesTheLastEightDigits) {
  EXPECT_EQ(CardHash("6222020012345678"), 12345678);
  EXPECT_EQ(CardHash("6222020000000005"), 5);
  EXPECT_EQ(CardHash("123"), 123);
}

// --- batches and orders ---------------------------------------------------------------------------------------------

v1::PaymentOrder Order(v1::PaymentOrderState state, int64_t fen = 80000) {
  v1::PaymentOrder order;
  order.set_state(state);
  order.set_amount_fen(fen);
  *order.mutable_pay_by() = DateOf(absl::CivilDay(2023, 12, 31));
  return order;
}

TEST(Payment, StepsOfABatchAreThoseOfTheTable) {
  std::vector<std::string> events = {"freeze", "complete", "send", "reconcile", "cancel"};
  for (int state = v1::PAYMENT_BATCH_STATE_DRAFT; state <= v1::PAYMENT_BATCH_STATE_CANCELLED; ++state) {
    for (const std::string& event : events) {
      for (const std::string& guard : {std::string(), std::string("all_answered"), std::string("nothing_ordered")}) {
        v1::PaymentBatch batch;
        batch.set_state(static_cast<v1::PaymentBatchState>(state));
        const std::string from = EnumText(batch.state());
        const auto* row = kPaymentBatchStates.Find(from, event, [&](std::string_view name) { return name == guard; });
        const absl::Status stepped = StepBatch(event, guard, &batch);
        EXPECT_EQ(stepped.ok(), row != nullptr) << from << " " << event << " " << guard;
        EXPECT_EQ(EnumText(batch.state()), row == nullptr ? from : row->to);
      }
    }
  }
  EXPECT_TRUE(kPaymentBatchStates.Find("SENT", "cancel") == nullptr) << "what the bank has is not taken back";
}

TEST(Payment, ReferencesFitTheBank) {
  EXPECT_EQ(BatchReference("411728", "2023-2024-1", 7), "411728-20231-007");
  EXPECT_EQ(BatchReference("411728", "2023-2024-2", 1234), "411728-20232-1234");
  EXPECT_EQ(OrderReference("411728-20231-007", 12), "411728-20231-007-0000012");
  EXPECT_LE(OrderReference(BatchReference("411728", "2023-2024-1", 1'000'000), 9'999'999).size(), 35u);
}

TEST(Payment, SharesAddUpWithTheRemainderAtTheTop) {
  v1::PolicyItem item;
  EXPECT_TRUE(SplitOrder(item, 100)->empty()) << "the standards do not say who pays";
  for (const auto& [level, points] : {std::pair("CENTRAL", 8000), {"PROVINCE", 1333}, {"COUNTY", 667}}) {
    AddShare(&item, level, points);
  }
  const auto shares = SplitOrder(item, 31250);
  ASSERT_TRUE(shares.ok()) << shares.status();
  std::vector<std::string> texts;
  for (const auto& share : *shares) texts.push_back(absl::StrCat(share.level(), " ", share.amount_fen()));
  EXPECT_THAT(texts, ElementsAre("CENTRAL 25001", "PROVINCE 4165", "COUNTY 2084"));
  item.mutable_shares(2)->set_basis_points(666);
  EXPECT_EQ(ReasonOf(SplitOrder(item, 31250).status()), "SHARES_NOT_WHOLE");
}

TEST(Payment, TheRemainderIsTheHighestLevelsInWhateverOrderSharesStand) {
  const auto split = [](const std::vector<std::pair<const char*, int>>& shares) {
    v1::PolicyItem item;
    for (const auto& [level, points] : shares) AddShare(&item, level, points);
    const auto parts = SplitOrder(item, 101);
    EXPECT_TRUE(parts.ok()) << parts.status();
    std::vector<std::string> texts;
    for (const auto& share : *parts) texts.push_back(absl::StrCat(share.level(), " ", share.amount_fen()));
    return texts;
  };
  const auto downwards = ElementsAre("CENTRAL 61", "PROVINCE 30", "COUNTY 10");
  EXPECT_THAT(split({{"CENTRAL", 6000}, {"PROVINCE", 3000}, {"COUNTY", 1000}}), downwards);
  EXPECT_THAT(split({{"COUNTY", 1000}, {"CENTRAL", 6000}, {"PROVINCE", 3000}}), downwards);
  EXPECT_THAT(split({{"COUNTY", 3333}, {"CENTRAL", 0}, {"CITY", 6667}}), ElementsAre("CITY 68", "COUNTY 33"))
      << "a level that bears nothing has no remainder either";
  v1::PolicyItem item;
  AddShare(&item, "TOWNSHIP", 10000);
  EXPECT_EQ(ReasonOf(SplitOrder(item, 101).status()), "POLICY_ROW");
}

std::string AccountProblems(const v1::PayingAccount& account) {
  Violations violations;
  CheckPayingAccount(account, &violations);
  return absl::StrCat(ReasonOf(violations.status()), " ", FieldOf(violations.status()));
}

v1::PayingAccount Paying() {
  v1::PayingAccount account;
  account.set_holder("遂平县学生资助中心");
  account.set_number("1702020309024900001");
  account.set_bank_code("102521000018");
  return account;
}

TEST(Payment, ThePayingAccountHasTheFormOfOne) {
  EXPECT_EQ(AccountProblems(Paying()), " ");
  v1::PayingAccount account = Paying();
  account.clear_holder();
  EXPECT_EQ(AccountProblems(account), "FIELD_REQUIRED account.holder");
  account = Paying();
  account.set_number("17-02");
  EXPECT_EQ(AccountProblems(account), "ACCOUNT_FORMAT account.number");
  account.set_number(std::string(35, '1'));
  EXPECT_EQ(AccountProblems(account), "FIELD_TOO_LONG account.number");
  account = Paying();
  account.set_bank_code("12345");
  EXPECT_EQ(AccountProblems(account), "ACCOUNT_FORMAT account.bank_code");
  account = Paying();
  account.set_holder(std::string(141, 'x'));
  EXPECT_EQ(AccountProblems(account), "FIELD_TOO_LONG account.holder");
}

// --- what the bank says ---------------------------------------------------------------------------------------------

TEST(BankLine, DoesWhatTheTableSays) {
  using enum v1::PaymentOrderState;
  struct Row {
    BankSays says;
    v1::PaymentOrderState state;
    v1::PaymentLineOutcome outcome;
    const char* event;
  };
  const Row table[] = {
      {BankSays::kPaid, PAYMENT_ORDER_STATE_ORDERED, v1::PAYMENT_LINE_OUTCOME_PAID, "pay"},
      {BankSays::kPaid, PAYMENT_ORDER_STATE_SENT, v1::PAYMENT_LINE_OUTCOME_PAID, "pay"},
      {BankSays::kPaid, PAYMENT_ORDER_STATE_PAID, v1::PAYMENT_LINE_OUTCOME_DUPLICATE, ""},
      {BankSays::kPaid, PAYMENT_ORDER_STATE_RETURNED, v1::PAYMENT_LINE_OUTCOME_DUPLICATE, ""},
      {BankSays::kPaid, PAYMENT_ORDER_STATE_FAILED, v1::PAYMENT_LINE_OUTCOME_REFUSED, ""},
      {BankSays::kPaid, PAYMENT_ORDER_STATE_CANCELLED, v1::PAYMENT_LINE_OUTCOME_REFUSED, ""},
      {BankSays::kRejected, PAYMENT_ORDER_STATE_SENT, v1::PAYMENT_LINE_OUTCOME_REJECTED, "fail"},
      {BankSays::kRejected, PAYMENT_ORDER_STATE_PAID, v1::PAYMENT_LINE_OUTCOME_RETURNED, "return"},
      {BankSays::kRejected, PAYMENT_ORDER_STATE_FAILED, v1::PAYMENT_LINE_OUTCOME_DUPLICATE, ""},
      {BankSays::kRejected, PAYMENT_ORDER_STATE_CANCELLED, v1::PAYMENT_LINE_OUTCOME_REFUSED, ""},
      {BankSays::kReturned, PAYMENT_ORDER_STATE_SENT, v1::PAYMENT_LINE_OUTCOME_REJECTED, "fail"},
      {BankSays::kReturned, PAYMENT_ORDER_STATE_PAID, v1::PAYMENT_LINE_OUTCOME_RETURNED, "return"},
      {BankSays::kReturned, PAYMENT_ORDER_STATE_RETURNED, v1::PAYMENT_LINE_OUTCOME_DUPLICATE, ""},
      {BankSays::kReturned, PAYMENT_ORDER_STATE_CANCELLED, v1::PAYMENT_LINE_OUTCOME_REFUSED, ""},
  };
  for (const Row& row : table) {
    const v1::PaymentOrder order = Order(row.state);
    const LineEffect effect = EffectOf(row.says, 80000, order);
    const std::string of = absl::StrCat(static_cast<int>(row.says), " ", EnumText(row.state));
    EXPECT_EQ(effect.outcome, row.outcome) << of;
    EXPECT_EQ(effect.event, row.event) << of;
    EXPECT_EQ(effect.reason.empty(), row.outcome != v1::PAYMENT_LINE_OUTCOME_REFUSED) << of;
    EXPECT_EQ(EffectOf(row.says, std::nullopt, order).outcome, row.outcome) << "an amount that is not said: " << of;
    EXPECT_EQ(EffectOf(row.says, 80001, order).outcome, v1::PAYMENT_LINE_OUTCOME_WRONG_AMOUNT) << of;
    if (!effect.event.empty()) {
      v1::PaymentOrder next = order;
      EXPECT_TRUE(StepOrder(effect.event, &next).ok()) << "the machine allows what the table says: " << of;
    }
  }
}

TEST(BankLine, APaymentAfterTheDeadlineIsLate) {
  for (const auto& [day, late] : {std::pair(31, false), {32, true}}) {
    v1::PaymentOrder order = Order(v1::PAYMENT_ORDER_STATE_SENT);
    const absl::CivilDay on(2023, 12, day);
    ASSERT_TRUE(TakeEffect({v1::PAYMENT_LINE_OUTCOME_PAID, "pay", ""}, {on, "BK", ""}, &order).ok());
    EXPECT_EQ(order.late(), late);
    EXPECT_EQ(DayOf(order.paid_on()), on);
    EXPECT_EQ(order.bank_reference(), "BK");
  }
  v1::PaymentOrder order = Order(v1::PAYMENT_ORDER_STATE_PAID);
  ASSERT_TRUE(
      TakeEffect({v1::PAYMENT_LINE_OUTCOME_RETURNED, "return", ""}, {absl::CivilDay(2024, 1, 5), "", "AC04"}, &order)
          .ok());
  EXPECT_EQ(order.bank_reason(), "AC04");
  EXPECT_EQ(DayOf(order.ended_on()), absl::CivilDay(2024, 1, 5));
}

TEST(BankLine, CountsFollowTheOrders) {
  v1::PaymentBatch batch;
  batch.set_order_count(2);
  v1::PaymentOrder sent = Order(v1::PAYMENT_ORDER_STATE_SENT), paid = Order(v1::PAYMENT_ORDER_STATE_PAID);
  paid.set_late(true);
  CountOrder(sent, paid, &batch);
  EXPECT_EQ(batch.paid_count(), 1);
  EXPECT_EQ(batch.paid_fen(), 80000);
  EXPECT_EQ(batch.late_count(), 1);
  EXPECT_EQ(AnsweredGuard(batch), "");
  CountOrder(sent, Order(v1::PAYMENT_ORDER_STATE_FAILED, 80000), &batch);
  EXPECT_EQ(batch.failed_fen(), 80000);
  EXPECT_EQ(AnsweredGuard(batch), "all_answered");
  v1::PaymentOrder returned = paid;
  returned.set_state(v1::PAYMENT_ORDER_STATE_RETURNED);
  CountOrder(paid, returned, &batch);
  EXPECT_EQ(batch.paid_count(), 0);
  EXPECT_EQ(batch.paid_fen(), 0);
  EXPECT_EQ(batch.returned_count(), 1);
  EXPECT_EQ(batch.late_count(), 1) << "it was paid late all the same (DR-23)";
  EXPECT_EQ(AnsweredGuard(batch), "all_answered");
}

TEST(BankLine, AnAnswerIsToItsBatch) {
  v1::PaymentBatch batch;
  batch.set_reference("411728-20231-001");
  batch.set_order_count(3);
  batch.set_total_fen(160050);
  EXPECT_TRUE(CheckAnswered({"411728-20231-001", 3, 160050}, batch).ok());
  EXPECT_TRUE(CheckAnswered({"", std::nullopt, std::nullopt}, batch).ok());
  EXPECT_EQ(ReasonOf(CheckAnswered({"411728-20231-002", 3, 160050}, batch)), "PAYMENT_RETURN_BATCH");
  EXPECT_EQ(ReasonOf(CheckAnswered({"411728-20231-001", 4, 160050}, batch)), "PAYMENT_RETURN_COUNT");
  EXPECT_EQ(ReasonOf(CheckAnswered({"411728-20231-001", 3, 160051}, batch)), "PAYMENT_RETURN_SUM");
  batch.set_state(v1::PAYMENT_BATCH_STATE_ORDERED);
  EXPECT_EQ(ReasonOf(CheckAnswerable(batch)), "STATE_TRANSITION");
  batch.set_state(v1::PAYMENT_BATCH_STATE_CLOSED);
  EXPECT_TRUE(CheckAnswerable(batch).ok()) << "money comes back later";
}

// --- recovery -------------------------------------------------------------------------------------------------------

std::string Recoverable(v1::RecoveryCause cause, int64_t asked, int64_t paid, int left_on = 0) {
  v1::StartRecoveryRequest request;
  request.set_cause(cause);
  request.set_amount_fen(asked);
  if (left_on != 0) SetDate(left_on, request.mutable_left_on());
  v1::Application application;
  application.set_paid_fen(paid);
  const auto amount = RecoverableOf(request, application, absl::CivilDay(2023, 9, 30));
  return amount.ok() ? absl::StrCat(*amount) : ReasonOf(amount.status());
}

TEST(Recovery, IsOfWhatWasWronglyTaken) {
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_NOT_ELIGIBLE, 0, 62500), "62500") << "2.7 b: the whole";
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_FALSE_INFORMATION, 1, 62500), "62500") << "2.7 d: the whole";
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_WRONG_AMOUNT, 12500, 62500), "12500");
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_WRONG_AMOUNT, 62501, 62500), "RECOVERY_AMOUNT");
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_WRONG_AMOUNT, 0, 62500), "RECOVERY_AMOUNT");
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_WRONG_AMOUNT, -1, 62500), "RECOVERY_AMOUNT");
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_NOT_ELIGIBLE, 0, 0), "RECOVERY_AMOUNT");
}

TEST(Recovery, NothingOfATermInWhichThePupilWasCounted) {
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_NOT_ELIGIBLE, 0, 62500, 20231001), "RECOVERY_NOT_DUE") << "DR-26";
  EXPECT_EQ(Recoverable(v1::RECOVERY_CAUSE_NOT_ELIGIBLE, 0, 62500, 20230930), "62500");
}

TEST(Recovery, IsNeverMoreThanIsOpen) {
  v1::Application application;
  application.set_amount_fen(50000);
  application.set_paid_fen(62500);
  application.set_overpaid(true);
  Charge(12500, &application);
  EXPECT_EQ(application.paid_fen(), 50000);
  EXPECT_FALSE(application.overpaid());
  EXPECT_EQ(ReasonOf(Discharge(12501, &application)), "RECOVERY_AMOUNT");
  EXPECT_EQ(ReasonOf(Discharge(0, &application)), "RECOVERY_AMOUNT");
  EXPECT_TRUE(Discharge(10000, &application).ok());
  EXPECT_EQ(ReasonOf(Discharge(2501, &application)), "RECOVERY_AMOUNT");
  EXPECT_TRUE(Discharge(2500, &application).ok());
  EXPECT_EQ(application.recoverable_fen(), 0);
}

TEST(Recovery, IsNotOfWhoOrdered) {
  v1::Application application;
  auto* step = application.add_steps();
  step->set_event("order");
  step->set_person("payer");
  step = application.add_steps();
  step->set_event("pay");
  step->set_person("clerk");
  EXPECT_EQ(ReasonOf(CheckNotPayer(application, "payer")), "ROLE_HELD");
  EXPECT_TRUE(CheckNotPayer(application, "clerk").ok());
}

// --- files for the bank ---------------------------------------------------------------------------------------------

v1::PaymentBatch FileBatch() {
  v1::PaymentBatch batch;
  batch.set_reference("411728-20231-001");
  batch.set_order_count(2);
  batch.set_total_fen(120050);
  batch.set_hash_total(22222230);
  *batch.mutable_frozen_on() = DateOf(absl::CivilDay(2023, 12, 1));
  *batch.mutable_account() = Paying();
  return batch;
}

std::string WholeFile(v1::PaymentFileFormat format) {
  const v1::PaymentBatch batch = FileBatch();
  v1::PaymentOrder first = Order(v1::PAYMENT_ORDER_STATE_ORDERED),
                   second = Order(v1::PAYMENT_ORDER_STATE_ORDERED, 40050);
  first.set_reference(OrderReference(batch.reference(), 1));
  first.set_term("2023-2024-1");
  first.mutable_card()->set_number("4111111111111111");
  first.mutable_card()->set_holder("王建国");
  second.set_reference(OrderReference(batch.reference(), 2));
  second.set_term("2023-2024-1");
  second.mutable_card()->set_number("6222020011111119");
  second.mutable_card()->set_holder("A&B <\"C\", D>");
  return absl::StrCat(PaymentFileHead(batch, format), PaymentFileLine(first, format), PaymentFileLine(second, format),
                      PaymentFileTail(batch, format));
}

TEST(PaymentFile, IsByteForByteTheGoldenOne) {
  const auto golden = [](const char* name) {
    return LoadFile(absl::StrCat(RURALEDU_SOURCE_DIR, "/tests/golden/", name)).value();
  };
  EXPECT_EQ(WholeFile(v1::PAYMENT_FILE_FORMAT_CSV), golden("payment.csv"));
  EXPECT_EQ(WholeFile(v1::PAYMENT_FILE_FORMAT_PAIN_001), golden("payment.pain.001.xml"));
}

}  // namespace
}  // namespace ruraledu::student_aid
