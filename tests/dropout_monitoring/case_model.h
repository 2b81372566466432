// What random histories of cases are held against, at the level of the rules and of the handlers: 3.5 by the digest
// alone, and the reminders of DR-54.
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/time/civil_time.h"
#include "common/base/proto_day.h"
#include "gtest/gtest.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"

namespace ruraledu::dropout_monitoring {

// 3.5 and DR-28 to DR-30 in few words.
struct Model {
  std::string state = "SUSPECTED";
  bool penalty = false, was_confirmed = false, poverty = false;
  int run = 3, persuasions = 0, attended = 0, relapses = 0;
  std::set<absl::CivilDay> failed_days;
  int failed_visits = 0;
  int legal = -1;       // last step of the round
  absl::CivilDay term;  // of that step
  bool stable = false;

  bool Working() const {
    return state != "CLOSED" && state != "MOVED_CONFIRMED" && state != "DECEASED" && state != "EXEMPT";
  }
  // Whoever was not found by absence has no run.
  bool MayConfirm() const { return state == "VERIFYING" && (run == 0 || run >= 20) && persuasions >= 3; }
  bool MayClose(bool aid) const {
    return state == "RETURNED_TRIAL" ? stable && (!poverty || aid) : state != "CLOSED" && !Working();
  }
  bool MayTake(int step, absl::CivilDay on) const {
    const int next = legal == 1 && !penalty ? 3 : legal + 1;
    if (step != next || step > 3) return false;  // there is no step behind the third
    if (step == 0)
      return failed_visits >= 1 &&
             (state == "SUSPECTED" || state == "VERIFYING" || state == "PERSUADING" || state == "CONFIRMED");
    if (step == 1) return failed_days.size() >= 3 && state == "PERSUADING";
    return on > term && state == "LEGAL_" + std::to_string(legal);
  }
  void Take(v1::CaseStepKind kind) {
    static const std::map<v1::CaseStepKind, std::string> kTo = {{v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "CONFIRMED"},
                                                                {v1::CASE_STEP_KIND_FALSE_ALARM, "CLOSED"},
                                                                {v1::CASE_STEP_KIND_MOVE, "MOVED_CONFIRMED"},
                                                                {v1::CASE_STEP_KIND_DECEASE, "DECEASED"},
                                                                {v1::CASE_STEP_KIND_EXEMPT, "EXEMPT"},
                                                                {v1::CASE_STEP_KIND_CLOSE, "CLOSED"}};
    state = kTo.at(kind);
    was_confirmed |= kind == v1::CASE_STEP_KIND_CONFIRM_DROPOUT;
  }
  void Relapse() {
    state = was_confirmed ? "PERSUADING" : "VERIFYING";
    ++relapses;
    persuasions = failed_visits = attended = 0;
    failed_days.clear();
    legal = -1;
    stable = false;
  }
};

// From when to when each action of a case was the present one, and what had to be issued meanwhile.
class Reminders {
 public:
  void Watch(const v1::Case& file, absl::CivilDay today) {
    if (file.action_number() != number_ || file.action() == v1::CASE_ACTION_UNSPECIFIED) {
      if (number_ > 0 && !ended_.contains(number_)) ended_[number_] = today;
      number_ = file.action_number();
    }
    if (file.has_due_on()) due_[number_] = *DayOf(file.due_on());
  }
  // Each on its day, none twice, none else; how many.
  size_t Check(const v1::Case& file, absl::CivilDay today) const {
    std::map<std::pair<int, int>, absl::CivilDay> issued;
    for (const v1::Escalation& one : file.escalations()) {
      EXPECT_TRUE(issued.emplace(std::pair(one.action_number(), one.rung()), *DayOf(one.issued_on())).second)
          << "twice";
    }
    size_t wanted = 0;
    for (const auto& [number, due] : due_) {
      const absl::CivilDay until = ended_.contains(number) ? ended_.at(number) : today;
      int rung = 0;
      for (const int days : {1, 7, 15, 30}) {  // DR-54
        ++rung;
        if (due + days > until) continue;
        ++wanted;
        const auto found = issued.find({number, rung});
        if (found == issued.end()) {
          ADD_FAILURE() << "action " << number << " rung " << rung << " was lost: due " << due << " until " << until
                        << "\n"
                        << file.DebugString();
        } else {
          EXPECT_EQ(found->second, due + days) << "late";
        }
      }
    }
    EXPECT_EQ(issued.size(), wanted) << "a reminder that was not due";
    return issued.size();
  }

 private:
  int number_ = 0;
  std::map<int, absl::CivilDay> due_, ended_;
};

}  // namespace ruraledu::dropout_monitoring
