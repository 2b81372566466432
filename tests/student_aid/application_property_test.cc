// Random histories of applications at the level of the rules: nothing is ordered that an oracle of 2.7, which knows the
// three orders only, has not seen reviewed, posted and approved; no state is skipped; nobody acts for two bodies.
//
// RURALEDU_APPLICATION_SEED repeats a run, RURALEDU_APPLICATION_HISTORIES makes it longer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/application_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using enum v1::NoticeLevel;

constexpr int kHistories = 10'000;
// Most histories end about where something is ordered; some go on to recovery and back.
constexpr int kSteps = 15, kLongSteps = 50, kLongEvery = 10;
constexpr const char* kPeople[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

int64_t Setting(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atoll(value) : otherwise;
}

const WorkCalendar& Calendar() {
  static const auto* calendar =
      new WorkCalendar(WorkCalendar::Parse("holidays.csv", Shipped("data/holidays.csv")).value());
  return *calendar;
}

// What 2.7 wants before an order, told by what happened and when.
struct Oracle {
  bool submitted = false, school = false;
  std::set<std::string> approvers;
  std::map<v1::NoticeLevel, absl::CivilDay> posted;  // where -> last day
  int open = 0;                                      // objections

  void Restart(bool submitted_still) {
    submitted = submitted_still;
    school = false;
    approvers.clear();
    posted.clear();
    open = 0;
  }
  std::string Missing(v1::NoticeLevel level, int needed, absl::CivilDay today) const {
    if (!submitted) return "nobody handed it in";
    if (!school) return "the school did not approve";
    if (static_cast<int>(approvers.size()) < needed) return "the county did not approve as often as the amount needs";
    for (const v1::NoticeLevel at : {NOTICE_LEVEL_SCHOOL, NOTICE_LEVEL_COUNTY}) {
      if (level != at && level != NOTICE_LEVEL_BOTH) continue;
      const auto on = posted.find(at);
      if (on == posted.end()) return "it was on no list";
      if (today <= on->second) return "the notice runs";
    }
    return open > 0 ? "an objection is open" : "";
  }
};

class History {
 public:
  History(std::mt19937_64& random, std::map<std::string, int>& done) : random_(random), done_(done) {
    level_ = static_cast<v1::NoticeLevel>(1 + random_() % 3);
    application_.set_name("counties/411728/applications/p.2023-2024-1.X");
    application_.set_area("411728103/s1/c1");
    application_.set_school("s1");
    application_.add_evidence()->set_kind("PROMISE");
    OpenApplication({"job:1", today_, ""}, policy(), Worth(), &application_);
  }

  void Run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      today_ += static_cast<int>(random_() % 4);
      One();
    }
    ExpectSound();
  }

 private:
  const v1::ApplicationPolicy& policy() const { return ApplicationTables(level_).policies()[0]; }
  v1::Assessment Worth() {
    v1::Assessment worth;
    worth.set_amount_fen(random_() % 3 == 0 ? 250000 : 62500 + static_cast<int64_t>(random_() % 5));
    return worth;
  }

  // Tries a step on a copy; after an error the record is as it was.
  template <typename Step>
  bool Try(const char* name, Step step) {
    v1::Application after = application_;
    const absl::Status status = step(Act{kPeople[random_() % std::size(kPeople)], today_, "why"}, &after);
    if (!status.ok()) {
      ++done_[ReasonOf(status)];
      return false;
    }
    ++done_[name];
    application_ = after;
    return true;
  }

  // Half of the steps are those that lead on, so that histories get far; the others are any.
  void One() { random_() % 2 == 0 ? Forward() : Any(); }

  void Forward() {
    switch (application_.state()) {
      case v1::APPLICATION_STATE_DRAFT:
        return HandIn();
      case v1::APPLICATION_STATE_SUBMITTED:
        return BySchool();
      case v1::APPLICATION_STATE_SCHOOL_APPROVED:
        return level_ == NOTICE_LEVEL_COUNTY ? ByCounty() : PostAt(NOTICE_LEVEL_SCHOOL);
      case v1::APPLICATION_STATE_ON_SCHOOL_NOTICE:
        return ByCounty();
      case v1::APPLICATION_STATE_COUNTY_APPROVED:
        return PostAt(NOTICE_LEVEL_COUNTY);
      case v1::APPLICATION_STATE_ON_COUNTY_NOTICE:
        return End();
      case v1::APPLICATION_STATE_SUSPENDED:
        return Dispute();
      case v1::APPLICATION_STATE_REJECTED:
        return Appeal();
      default:
        return Pay();
    }
  }
  void Any() {
    switch (random_() % 13) {
      case 0:
        return HandIn();
      case 1:
        return BySchool();
      case 2:
        return Reject(random_() % 2 == 0);
      case 3:
        return PostAt(NOTICE_LEVEL_SCHOOL);
      case 4:
        return PostAt(NOTICE_LEVEL_COUNTY);
      case 5:
        return ByCounty();
      case 6:
        return End();
      case 7:
        return Dispute();
      case 8:
        return Change();
      case 9:
        return Appeal();
      case 10:
        return TakeBack();
      default:
        return Pay();
    }
  }

  void HandIn() {
    if (Try("submit", [](const Act& act, auto* a) { return SubmitApplication(act, a); })) oracle_.submitted = true;
  }
  void BySchool() {
    if (Try("school", [](const Act& act, auto* a) { return ReviewBySchool(act, true, a); })) oracle_.school = true;
  }
  void ByCounty() {
    const int before = application_.steps_size();
    if (Try("county", [](const Act& act, auto* a) { return ReviewByCounty(act, true, a); })) {
      EXPECT_TRUE(oracle_.approvers.insert(application_.steps(before).person()).second) << "the same person twice";
    }
  }
  void End() {
    Try("end", [](const Act& act, auto* a) { return EndNotice(act, a); });
  }
  void Reject(bool by_school) {
    if (random_() % 4 != 0) return;
    if (Try("reject", [&](const Act& act, auto* a) {
          return by_school ? ReviewBySchool(act, false, a) : ReviewByCounty(act, false, a);
        })) {
      oracle_.Restart(true);
    }
  }
  void PostAt(v1::NoticeLevel at) {
    const auto ends = Calendar().NoticeEnd(today_, 5);
    ASSERT_TRUE(ends.ok()) << ends.status();
    if (Try("post", [&](const Act& act, auto* a) { return PostApplication(act, at, "n", *ends, a); })) {
      oracle_.posted[at] = *ends;
    }
  }
  void Dispute() {
    if (random_() % 2 == 0) {
      if (Try("object", [](const Act& act, auto* a) {
            return Object(act, "x", "y", ApplicationTables().policies()[0], Calendar(), a);
          })) {
        ++oracle_.open;
      }
      return;
    }
    const int number = application_.open_objections().empty() ? 1 : application_.open_objections(0);
    const bool exclude = random_() % 4 == 0;
    if (Try("resolve", [&](const Act& act, auto* a) {
          return ResolveObjection(act, number,
                                  exclude ? v1::OBJECTION_OUTCOME_EXCLUDED : v1::OBJECTION_OUTCOME_UNFOUNDED, a);
        })) {
      --oracle_.open;
      if (exclude) oracle_.Restart(true);
    }
  }
  void Appeal() {
    if (random_() % 2 == 0) {
      Try("appeal", [&](const Act& act, auto* a) { return FileAppeal(act, "x", "y", policy(), Calendar(), a); });
      return;
    }
    const bool granted = random_() % 2 == 0;
    const auto step = random_() % 2 == 0 ? v1::APPEAL_STEP_SCHOOL : v1::APPEAL_STEP_COUNTY;
    if (Try("hear", [&](const Act& act, auto* a) { return DecideAppeal(act, {step, granted}, a); }) && granted) {
      oracle_.school = true;  // the appeal takes the place of the review
    }
  }
  // Facts change: another amount, class or school.
  void Change() {
    if (random_() % 3 != 0) return;
    if (random_() % 2 == 0) {
      if (Try("reassess", [&](const Act&, auto* a) { return Reassess({"job:2", today_, ""}, policy(), Worth(), a); })) {
        oracle_.approvers.clear();
      }
      return;
    }
    const bool other_school = random_() % 2 == 0;
    const std::string area = absl::StrCat("411728103/s1/c", ++classes_);
    const std::string school = other_school ? absl::StrCat("s", classes_) : application_.school();
    if (Try("relist", [&](const Act&, auto* a) { return Relist({"job:3", today_, ""}, area, school, a); })) {
      const bool school_still = oracle_.school && !other_school;
      oracle_.Restart(oracle_.submitted);
      oracle_.school = school_still;
    }
  }
  void TakeBack() {
    if (random_() % 5 != 0) return;
    if (Try("withdraw", [](const Act& act, auto* a) { return WithdrawApplication(act, a); })) oracle_.Restart(false);
    if (Try("reopen", [&](const Act&, auto* a) {
          return ReopenApplication({"job:4", today_, ""}, policy(), Worth(), a);
        })) {
      oracle_.Restart(false);
    }
  }
  void Pay() {
    static constexpr const char* kEvents[] = {"order",  "order",   "pay",       "pay",      "fail",
                                              "return", "recover", "recovered", "write_off"};
    const char* event = kEvents[random_() % std::size(kEvents)];
    const v1::ApplicationState before = application_.state();
    if (Try(event, [&](const Act& act, auto* a) { return StepApplication(act, event, "", a); }) &&
        std::string(event) == "order") {
      EXPECT_EQ(oracle_.Missing(level_, application_.approvals_needed(), today_), "")
          << v1::ApplicationState_Name(before) << " " << v1::NoticeLevel_Name(level_);
      ++done_[absl::StrCat("ordered ", v1::NoticeLevel_Name(level_))];
    }
  }

  // Lines follow one another by rows of the machine, and nobody acted for two bodies.
  void ExpectSound() {
    const Workflow& workflow = WorkflowOf(application_);
    std::map<std::string, std::string> body_of;
    std::string at = "DRAFT";
    for (const v1::IdentificationStep& step : application_.steps()) {
      EXPECT_EQ(step.from(), at) << step.event();
      at = step.to();
      bool drawn = step.from() == step.to();  // noted
      for (const Transition& row : kApplicationStates.rows()) {
        drawn |= row.from == step.from() && row.event == step.event() && row.to == step.to();
      }
      EXPECT_TRUE(drawn) << step.from() << " " << step.event() << " " << step.to();
      if (const EventBody* body = BodyOf(workflow, step.event()); body != nullptr) {
        EXPECT_EQ(body_of.emplace(step.person(), body->body).first->second, body->body) << step.person();
      }
    }
    EXPECT_EQ(at, EnumText(application_.state()));
    EXPECT_EQ(application_.disputed(),
              application_.open_objections_size() > 0 || application_.open_appeal() != v1::APPEAL_STEP_UNSPECIFIED);
  }

  std::mt19937_64& random_;
  std::map<std::string, int>& done_;
  absl::CivilDay today_{2023, 9, 4};
  v1::NoticeLevel level_;
  v1::Application application_;
  Oracle oracle_;
  int classes_ = 1;
};

TEST(ApplicationProperty, NothingIsOrderedThatSkippedAState) {
  const uint64_t seed =
      static_cast<uint64_t>(Setting("RURALEDU_APPLICATION_SEED", static_cast<int64_t>(std::random_device{}())));
  std::cout << "seed " << seed << "\n";
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::map<std::string, int> done;
  for (int64_t i = 0; i < Setting("RURALEDU_APPLICATION_HISTORIES", kHistories) && !HasFailure(); ++i) {
    History(random, done).Run(i % kLongEvery == 0 ? kLongSteps : kSteps);
  }
  for (const char* seen :
       {"ordered NOTICE_LEVEL_SCHOOL", "ordered NOTICE_LEVEL_COUNTY", "ordered NOTICE_LEVEL_BOTH", "STATE_TRANSITION",
        "ROLE_HELD", "NOTICE_RUNNING", "OBJECTION_OPEN", "pay", "recover", "reassess", "relist", "hear"}) {
    EXPECT_GT(done[seen], 0) << seen << ": too few histories to say anything";
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
