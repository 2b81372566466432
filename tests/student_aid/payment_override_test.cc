// Overriding a reconciliation: who may, what is shown, what is booked, and what is protected.
#include "common/base/enum_text.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/payment_override_rules.h"
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

v1::PaymentOverrideLine Line(const std::string& order, v1::PaymentLineOutcome outcome, int day = 1) {
  v1::PaymentOverrideLine line;
  line.set_order(order);
  line.set_outcome(outcome);
  *line.mutable_on() = DateOf(absl::CivilDay(2023, 12, day));
  line.set_bank_reference("函 7");
  return line;
}

class OverrideFixture : public PaymentFixture {
 protected:
  explicit OverrideFixture(db::Options options = {}) : PaymentFixture(std::move(options)) {}

  static std::string Name(const std::string& person) {
    return absl::StrCat(kCounty, "/paymentOrders/", person, ".", kAutumn, ".", kItem, ".1");
  }
  // A batch of the pupils that was sent, and what the bank said of it so far.
  std::string Sent(const std::vector<std::string>& persons, const std::vector<std::string>& lines = {}) {
    Approve(persons);
    const v1::PaymentBatch batch = Order();
    EXPECT_TRUE(Send(batch.name()).ok());
    if (!lines.empty()) EXPECT_TRUE(Import(batch.name(), Answer(batch, lines)).ok());
    return batch.name();
  }
  static v1::ProposePaymentOverrideRequest Proposing(const std::string& batch,
                                                     const std::vector<v1::PaymentOverrideLine>& lines) {
    auto request = Naming<v1::ProposePaymentOverrideRequest>(batch);
    request.set_document("农商行函〔2023〕7号");
    for (const auto& line : lines) *request.add_lines() = line;
    return request;
  }
  absl::StatusOr<v1::PaymentOverride> Propose(const v1::ProposePaymentOverrideRequest& request,
                                              const std::string& by = "clerk") {
    return As(by, "ProposePaymentOverride", request, &Handlers::ProposePaymentOverride);
  }
  std::string Refused(const v1::ProposePaymentOverrideRequest& request) { return ReasonOf(Propose(request).status()); }
  absl::StatusOr<v1::PaymentOverride> Confirm(const std::string& name, const std::string& by = "checker") {
    return As(by, "ConfirmPaymentOverride", Naming<v1::ConfirmPaymentOverrideRequest>(name),
              &Handlers::ConfirmPaymentOverride);
  }
  absl::StatusOr<v1::PaymentOverride> Refuse(const std::string& name, const std::string& by = "checker") {
    auto request = Naming<v1::RefusePaymentOverrideRequest>(name);
    request.set_reason("函件未盖章");
    return As(by, "RefusePaymentOverride", request, &Handlers::RefusePaymentOverride);
  }
  std::string StateNow(const std::string& person) { return EnumText(OrderOf(person).state()); }
};

class PaymentOverrideTest : public OverrideFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PaymentOverrideTest() : OverrideFixture(OptionsOf(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Databases, PaymentOverrideTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PaymentOverrideTest, ShowsTheDifferenceAndIsBookedByASecondPerson) {
  const std::string batch = Sent({"p1", "p2", "p3"}, {"1 PAID"});
  const auto request = Proposing(
      batch, {Line(Name("p2"), v1::PAYMENT_LINE_OUTCOME_PAID), Line(Name("p3"), v1::PAYMENT_LINE_OUTCOME_REJECTED),
              Line(Name("p1"), v1::PAYMENT_LINE_OUTCOME_RETURNED)});
  auto looking = request;
  looking.set_validate_only(true);
  looking.set_request_id(NewId());
  ASSERT_TRUE(Propose(looking).ok());
  const auto proposed = Propose(request);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  std::vector<std::string> rows;
  for (const auto& row : proposed->rows()) {
    rows.push_back(absl::StrCat(EnumText(row.from()), " ", EnumText(row.to()), " ", row.amount_fen(), " ", row.area()));
  }
  EXPECT_THAT(rows, ElementsAre("SENT PAID 62500 411728103/s1", "SENT FAILED 62500 411728103/s1",
                                "PAID RETURNED 62500 411728103/s1"));
  EXPECT_EQ(proposed->before().paid_fen(), kAmount);
  EXPECT_EQ(EnumText(proposed->before().state()), "PARTLY_RECONCILED");
  EXPECT_EQ(EnumText(proposed->after().state()), "CLOSED");
  EXPECT_EQ(proposed->after().paid_fen(), kAmount);
  EXPECT_EQ(proposed->after().failed_fen(), kAmount);
  EXPECT_EQ(proposed->after().returned_count(), 1);
  EXPECT_EQ(StateNow("p2"), "SENT") << "nothing is booked yet";
  EXPECT_EQ(BatchOf(batch).failed_count(), 0);

  v1::ListPaymentOverridesRequest list;
  list.set_parent(kCounty);
  list.set_batch(batch);
  list.set_proposed_only(true);
  const auto listed = [&] {
    return As("reader", "ListPaymentOverrides", list, &Handlers::ListPaymentOverrides)->overrides_size();
  };
  EXPECT_EQ(listed(), 1) << "what was only looked at is not kept";
  EXPECT_EQ(ReasonOf(Confirm(proposed->name(), "clerk").status()), "ROLE_HELD") << "proposed it";
  EXPECT_EQ(ReasonOf(Confirm(proposed->name(), "payer").status()), "ROLE_HELD") << "ordered the batch";
  EXPECT_EQ(ReasonOf(Refuse(proposed->name(), "clerk").status()), "ROLE_HELD");
  auto stale = Naming<v1::ConfirmPaymentOverrideRequest>(proposed->name());
  stale.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("checker", "ConfirmPaymentOverride", stale, &Handlers::ConfirmPaymentOverride).status()),
            "ETAG_MISMATCH");
  auto unread = Naming<v1::RefusePaymentOverrideRequest>(proposed->name());
  unread.set_reason("函件未盖章");
  unread.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("checker", "RefusePaymentOverride", unread, &Handlers::RefusePaymentOverride).status()),
            "ETAG_MISMATCH");
  const auto confirmed = Confirm(proposed->name());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->state(), v1::PAYMENT_OVERRIDE_STATE_CONFIRMED);
  EXPECT_EQ(confirmed->decided_by(), "job:checker");
  EXPECT_EQ(listed(), 0);

  EXPECT_EQ(absl::StrCat(StateNow("p1"), " ", StateNow("p2"), " ", StateNow("p3")), "RETURNED PAID FAILED");
  EXPECT_EQ(absl::StrCat(StateOf("p1"), " ", StateOf("p2"), " ", StateOf("p3")), "PAY_FAILED PAID PAY_FAILED");
  EXPECT_EQ(OrderOf("p2").bank_reference(), "函 7");
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), 0);
  EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_SPENT), kAmount);
  EXPECT_EQ(CountsOf(BatchOf(batch)).SerializeAsString(), proposed->after().SerializeAsString()) << "as it was shown";
  EXPECT_EQ(ReasonOf(Confirm(proposed->name(), "other").status()), "STATE_TRANSITION");
  const auto got = As("reader", "GetPaymentOverride", Naming<v1::GetPaymentOverrideRequest>(proposed->name()),
                      &Handlers::GetPaymentOverride);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->document(), "农商行函〔2023〕7号");
  EXPECT_EQ(ReasonOf(As("school", "GetPaymentOverride", Naming<v1::GetPaymentOverrideRequest>(proposed->name()),
                        &Handlers::GetPaymentOverride, "411728103/s1")
                         .status()),
            "PERMISSION_DENIED")
      << "it is about more than one school";
}

TEST_P(PaymentOverrideTest, ClosedBatchesAndYearsAreProtected) {
  Approve({"p1", "p2"});
  const v1::PaymentBatch batch = Order();
  const auto paid = [&](const std::string& person) {
    return Proposing(batch.name(), {Line(Name(person), v1::PAYMENT_LINE_OUTCOME_PAID)});
  };
  EXPECT_EQ(Refused(paid("p1")), "OVERRIDE_BATCH") << "it was not sent";
  ASSERT_TRUE(Send(batch.name()).ok());
  const auto first = Propose(paid("p1"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto close = [&](const std::string& day) {
    return aid.place.database->Write("c411728", [&](db::Transaction& tx) {
      return SaveRules(tx, {2023, kItem}, day, 0);
    });
  };
  ASSERT_TRUE(close("2023-12-01").ok());
  EXPECT_EQ(Refused(paid("p2")), "FUND_CLOSED");
  EXPECT_EQ(ReasonOf(Confirm(first->name()).status()), "FUND_CLOSED") << "closed since it was proposed";
  EXPECT_EQ(StateNow("p1"), "SENT");
  ASSERT_TRUE(close("").ok());
  const auto second = Propose(paid("p2"));
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_TRUE(Import(batch.name(), Answer(batch, {"1 PAID", "2 REJECTED AC01"})).ok());
  ASSERT_EQ(EnumText(BatchOf(batch.name()).state()), "CLOSED");
  EXPECT_EQ(ReasonOf(Confirm(first->name()).status()), "OVERRIDE_BATCH");
  EXPECT_EQ(Refused(paid("p1")), "OVERRIDE_BATCH");
  EXPECT_EQ(OrderOf("p2").bank_reason(), "AC01");
  ASSERT_TRUE(Refuse(second->name()).ok()) << "what cannot be confirmed any more is put away";
  EXPECT_EQ(ReasonOf(Refuse(second->name()).status()), "STATE_TRANSITION");
}

TEST_P(PaymentOverrideTest, WhatTheBankSaidMeanwhileIsNotOverridden) {
  const std::string batch = Sent({"p1", "p2", "p3"});
  const auto proposed = Propose(Proposing(
      batch, {Line(Name("p2"), v1::PAYMENT_LINE_OUTCOME_PAID), Line(Name("p1"), v1::PAYMENT_LINE_OUTCOME_PAID)}));
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  ASSERT_TRUE(Import(batch, Answer(BatchOf(batch), {"1 REJECTED"})).ok());
  EXPECT_EQ(ReasonOf(Confirm(proposed->name()).status()), "OVERRIDE_MOVED");
  EXPECT_EQ(StateNow("p2"), "SENT") << "all rows or none";
  EXPECT_EQ(Refused(Proposing(batch, {Line(Name("p1"), v1::PAYMENT_LINE_OUTCOME_PAID)})), "OVERRIDE_NOTHING")
      << "it ended and may be ordered again";
  EXPECT_EQ(Refused(Proposing(batch, {Line(Name("p1"), v1::PAYMENT_LINE_OUTCOME_REJECTED)})), "OVERRIDE_NOTHING");
}

TEST_P(PaymentOverrideTest, EachFieldIsChecked) {
  const std::string batch = Sent({"p1", "p2"});
  const auto refused = [&](const std::function<void(v1::ProposePaymentOverrideRequest&)>& change) {
    auto request = Proposing(batch, {Line(Name("p1"), v1::PAYMENT_LINE_OUTCOME_PAID)});
    change(request);
    return Refused(request);
  };
  EXPECT_EQ(refused([](auto& r) { r.clear_lines(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.clear_document(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.set_document(std::string(201, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { *r.add_lines() = r.lines(0); }), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(refused([](auto& r) { r.mutable_lines(0)->set_outcome(v1::PAYMENT_LINE_OUTCOME_UNKNOWN); }),
            "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.mutable_lines(0)->mutable_on()->set_day(2); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& r) { r.mutable_lines(0)->set_bank_reason(std::string(36, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) {
              for (int i = 0; i < 200; ++i) *r.add_lines() = r.lines(0);
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(refused([](auto& r) { r.mutable_lines(0)->set_order(Name("p7")); }), "NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.set_name(absl::StrCat(kCounty, "/paymentBatches/none")); }), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Confirm(absl::StrCat(kCounty, "/paymentOverrides/none")).status()), "NOT_FOUND");
  v1::ListPaymentOverridesRequest list;
  list.set_parent(kCounty);
  list.set_batch(absl::StrCat(kCounty, "/paymentOrders/x"));
  EXPECT_EQ(ReasonOf(As("reader", "ListPaymentOverrides", list, &Handlers::ListPaymentOverrides).status()),
            "NAME_INVALID");
}

// --- A cut before statements ----------------------------------------------------------------------------------------

class PaymentOverrideFaults : public OverrideFixture, public ::testing::TestWithParam<const char*> {
 protected:
  explicit PaymentOverrideFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : OverrideFixture([&] {
          db::Options options = OptionsOf(GetParam());
          options.decorate = Faulty(counter).decorate;
          return options;
        }()),
        left(std::move(counter)) {}

  std::shared_ptr<std::atomic<int64_t>> left;
};
INSTANTIATE_TEST_SUITE_P(Databases, PaymentOverrideFaults, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PaymentOverrideFaults, IsBookedOnceWhereverItIsCutOff) {
  const std::string batch = Sent({"p1", "p2"});
  const auto cut_off = [&](const std::function<absl::Status()>& call) {
    for (int cut = 0;; cut += 5) {
      ASSERT_LT(cut, 300);
      *left = cut;
      const absl::Status done = call();
      *left = -1;
      ExpectJournalled(aid, {"payment_override", "payment_order", "payment_batch", "application", "ledger_entry"});
      EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), kAmount * (2 - BatchOf(batch).paid_count()));
      if (done.ok()) break;
    }
  };
  const auto proposed = [&](const std::string& person) {
    const auto request = Proposing(batch, {Line(Name(person), v1::PAYMENT_LINE_OUTCOME_PAID)});
    std::string name;
    cut_off([&] {
      const auto answer = Propose(request);
      name = answer.ok() ? answer->name() : "";
      return answer.status();
    });
    return name;
  };
  const std::string first = proposed("p1"), second = proposed("p2");
  const auto confirm = Naming<v1::ConfirmPaymentOverrideRequest>(first);
  cut_off([&] { return As("checker", "ConfirmPaymentOverride", confirm, &Handlers::ConfirmPaymentOverride).status(); });
  auto refuse = Naming<v1::RefusePaymentOverrideRequest>(second);
  refuse.set_reason("函件未盖章");
  cut_off([&] { return As("checker", "RefusePaymentOverride", refuse, &Handlers::RefusePaymentOverride).status(); });
  EXPECT_TRUE(As("checker", "RefusePaymentOverride", refuse, &Handlers::RefusePaymentOverride).ok()) << "a replay";
  EXPECT_EQ(BatchOf(batch).paid_count(), 1);
  EXPECT_EQ(absl::StrCat(StateNow("p1"), " ", StateNow("p2")), "PAID SENT");
}

}  // namespace
}  // namespace ruraledu::student_aid
