// Random histories of cases at the level of the rules, against a model of 3.5 that knows the digest only: a call is
// accepted exactly when the model accepts it and leads to the model's state; no legal step is skipped, nothing is
// closed without evidence, each reminder is issued once and on the day on which it is due.
//
// RURALEDU_CASE_SEED repeats a run, RURALEDU_CASE_HISTORIES makes it longer.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/case_action_rules.h"
#include "tests/dropout_monitoring/case_book.h"
#include "tests/dropout_monitoring/case_model.h"
#include "tests/lib/setting.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kHistories = 10000;
constexpr int kSteps = 8;

using testlib::Setting;

class History {
 public:
  History(std::mt19937_64& random, std::map<std::string, int>& done)
      : random_(random), done_(done), policy_(ShippedCases().policies()[0]), rules_{policy_, ShippedCases().codes()} {
    model_.penalty = random_() % 2 == 0;
    policy_.set_penalty_step(model_.penalty);
    file_.set_name("counties/411728/cases/c1");
    EXPECT_TRUE(Open(rules_, {"job:1", today_, ""}, AbsenceFinding(today_, 3), &file_).ok());
    Watch();
  }

  // Half of the histories begin with a confirmed dropout, every fourth with an order: what comes later is rare
  // otherwise.
  void Begin() {
    if (random_() % 2 == 0) return;
    Expect(true, Verify(rules_, By("t"), &file_), "verify");
    model_.state = "VERIFYING";
    for (int visit = 0; visit < 3; ++visit) {
      ++today_;
      IssueDue(rules_, today_, &file_);
      Expect(true, AddContact(rules_, By("t"), Contact(today_), &file_), "contact");
      Watch();
      ++model_.persuasions;
      ++model_.failed_visits;
      model_.failed_days.insert(today_);
    }
    Expect(true, AddFinding(rules_, By("job:2"), AbsenceFinding(today_, 20), &file_), "finding");
    model_.run = 20;
    const v1::CaseProposal proposal = Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT);
    Expect(true, Propose(rules_, By("a"), proposal, {}, &file_), "propose");
    Expect(true, Decide(rules_, By("b"), proposal.kind(), true, {}, &file_), "decide");
    model_.Take(proposal.kind());
    Watch();
    if (random_() % 2 == 0) return;
    Expect(true, AddContact(rules_, By("t"), Contact(today_), &file_), "contact");
    ++model_.persuasions;
    ++model_.failed_visits;
    model_.state = "PERSUADING";
    Watch();
    for (const int step : {0, 1}) {
      Legal(step, true);
      Watch();
    }
  }

  void Run() {
    Begin();
    for (int step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) {
      // The clock looks every day, as the job does; over a jump too.
      for (int days = static_cast<int>(random_() % 9); days > 0; --days) {
        ++today_;
        IssueDue(rules_, today_, &file_);
      }
      One();
      Watch();
      Check();
    }
    if (reminders_.Check(file_, today_) > 0) ++done_["reminded"];
    ++done_[EnumText(file_.state())];
  }

 private:
  CaseAct By(const char* who) const { return {who, today_, "r"}; }

  void Expect(bool accepted, const absl::Status& status, const char* what) {
    EXPECT_EQ(status.ok(), accepted) << what << " in " << model_.state << ": " << status;
    if (status.ok()) ++done_[what];
  }

  void One() {
    switch (random_() % 12) {
      case 0:
        Expect(model_.state == "SUSPECTED", Verify(rules_, By("t"), &file_), "verify");
        if (model_.state == "SUSPECTED") model_.state = "VERIFYING";
        break;
      case 1:
      case 2:
      case 3:
        return Talk();
      case 4:
        return Absent();
      case 5:
      case 6:
        return Legal(static_cast<int>(random_() % 4));
      case 7:
        return Back();
      case 8:
        return Attend();
      case 9:
        return Merge();
      default:
        return Step();
    }
  }

  void Talk() {
    const bool failed = random_() % 3 != 0, visit = random_() % 2 == 0;
    const bool may = model_.Working();
    Expect(may,
           AddContact(rules_, By("t"),
                      Contact(today_, failed ? "REFUSED_FAMILY" : "AGREED_SOON", visit ? "VISIT" : "PHONE"), &file_),
           "contact");
    if (!may) return;
    ++model_.persuasions;
    if (failed) model_.failed_days.insert(today_);
    if (failed && visit) ++model_.failed_visits;
    if (model_.state == "CONFIRMED") model_.state = "PERSUADING";
  }

  void Absent() {
    const int run = static_cast<int>(3 + random_() % 40);
    const bool again = model_.state == "RETURNED_TRIAL";
    v1::Finding finding = AbsenceFinding(today_, run);
    if (again) *finding.mutable_last_attended_on() = file_.returned_on();
    const bool may = model_.state != "CLOSED";
    Expect(may, AddFinding(rules_, By("job:2"), finding, &file_), "finding");
    if (!may) return;
    model_.run = run;
    if (again) model_.Relapse();
  }

  void Legal(int step, bool sure = false) {
    const bool may = model_.MayTake(step, today_);
    EXPECT_TRUE(may || !sure);
    Expect(may,
           IssueLegalStep(rules_, ShippedWorkdays(), By("g"), static_cast<v1::LegalStepKind>(step + 1), 0,
                          OrderRecords(), &file_),
           "legal");
    if (!may) return;
    model_.legal = step;
    model_.term = *ShippedWorkdays().PeriodEnd(today_, 7);
    if (step > 0) model_.state = "LEGAL_" + std::to_string(step);
  }

  void Back() {
    const bool may = model_.Working() && model_.state != "RETURNED_TRIAL";
    Expect(may, Return(rules_, By("s"), today_, 1, "", &file_), "return");
    if (!may) return;
    model_.state = "RETURNED_TRIAL";
    model_.attended = 1;
    model_.run = 0;
  }

  void Attend() {
    model_.attended += 4;
    const bool may = model_.state == "RETURNED_TRIAL";
    Expect(may, CountAttended(rules_, By("job:3"), model_.attended, &file_), "attend");
    model_.stable |= may && model_.attended >= 10;
  }

  // The child turns out to have another case, wherever this one is.
  void Merge() {
    if (random_() % 6 != 0) return;
    const bool may = model_.state != "CLOSED";
    Expect(may, CloseAsDuplicate(rules_, By("job:4"), &file_), "merge");
    if (!may) return;
    model_.state = "CLOSED";
    EXPECT_EQ(file_.outcome(), v1::CASE_OUTCOME_DUPLICATE);
  }

  // Two persons, sometimes one who tries to be both.
  void Step() {
    static constexpr std::pair<v1::CaseStepKind, const char*> kKinds[] = {
        {v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "VISIT_RECORD"},
        {v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT"},
        {v1::CASE_STEP_KIND_MOVE, "VISIT_RECORD"},
        {v1::CASE_STEP_KIND_DECEASE, "DEATH_CERTIFICATE"},
        {v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE"},
        {v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"},
        {v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "VISIT_RECORD"},
        {v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"}};
    const auto& [kind, paper] = kKinds[random_() % std::size(kKinds)];
    const bool evidence = random_() % 8 != 0, confirmed = random_() % 2 == 0, aid = random_() % 2 == 0;
    const bool rare = kind == v1::CASE_STEP_KIND_DECEASE || kind == v1::CASE_STEP_KIND_EXEMPT ||
                      kind == v1::CASE_STEP_KIND_FALSE_ALARM;
    if (rare && random_() % 6 != 0) return;
    v1::CaseProposal proposal = Proposal(kind, evidence ? paper : "");
    if (kind == v1::CASE_STEP_KIND_MOVE) proposal.set_destination("counties/500243/schools/s9");
    if (aid) proposal.set_aid_decision("counties/411728/decisions/d");
    const StepFacts facts{.destination_confirmed = confirmed, .exempted = random_() % 2 == 0};
    const bool may = evidence && May(kind, facts, aid);
    Expect(may, Propose(rules_, By("a"), proposal, facts, &file_), "propose");
    if (!may) return;
    Expect(false, Decide(rules_, By("a"), kind, true, facts, &file_), "decide alone");
    const bool accept = random_() % 5 != 0;
    Expect(true, Decide(rules_, By("b"), kind, accept, facts, &file_), "decide");
    if (accept) model_.Take(kind);
  }
  bool May(v1::CaseStepKind kind, const StepFacts& facts, bool aid) const {
    switch (kind) {
      case v1::CASE_STEP_KIND_CONFIRM_DROPOUT:
        return model_.MayConfirm();
      case v1::CASE_STEP_KIND_FALSE_ALARM:
        return model_.state == "VERIFYING";
      case v1::CASE_STEP_KIND_MOVE:
        return model_.Working() && facts.destination_confirmed;
      case v1::CASE_STEP_KIND_EXEMPT:
        return model_.Working() && facts.exempted;
      case v1::CASE_STEP_KIND_CLOSE:
        return model_.MayClose(aid);
      default:
        return model_.Working();
    }
  }
  void Watch() { reminders_.Watch(file_, today_); }

  void Check() {
    ASSERT_EQ(EnumText(file_.state()), model_.state);
    if (file_.state() == v1::CASE_STATE_CLOSED) {
      ASSERT_EQ(file_.closing_evidence_size() > 0, file_.outcome() != v1::CASE_OUTCOME_DUPLICATE);
      ASSERT_NE(file_.closed_by(), file_.proposal().proposed_by());
    }
  }
  std::mt19937_64& random_;
  std::map<std::string, int>& done_;
  v1::CasePolicy policy_;
  CaseRules rules_;
  absl::CivilDay today_{2023, 9, 11};
  v1::Case file_;
  Model model_;
  Reminders reminders_;
};

TEST(CaseHistories, FollowTheModel) {
  const auto seed = static_cast<uint64_t>(Setting("RURALEDU_CASE_SEED", std::random_device{}()));
  const int64_t histories = Setting("RURALEDU_CASE_HISTORIES", kHistories);
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  std::map<std::string, int> done;
  for (int64_t i = 0; i < histories && !HasFailure(); ++i) History(random, done).Run();
  for (const char* reached :
       {"CLOSED", "LEGAL_1", "LEGAL_3", "RETURNED_TRIAL", "PERSUADING", "reminded", "legal", "merge"}) {
    EXPECT_GT(done[reached], 0) << reached << " was never reached: the histories prove nothing about it";
  }
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
