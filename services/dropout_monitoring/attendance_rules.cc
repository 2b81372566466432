#include "services/dropout_monitoring/attendance_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostDays = 400;
constexpr size_t kRegionDigits = 12;

// Follows a child from day to day.
class Follower {
 public:
  Follower(const v1::AbsenceProfile& profile, v1::AbsenceEvaluation* evaluation)
      : profile_(profile), to_(*evaluation) {}

  void Take(const DayFact& fact) {
    TakeMeal(fact);
    switch (fact.outcome) {
      case v1::DAY_OUTCOME_ABSENT:
        Absent(fact.day);
        to_.set_contradicted_days(to_.contradicted_days() + (fact.meal == v1::MARK_PRESENT ? 1 : 0));
        return;
      case v1::DAY_OUTCOME_PRESENT:
        return Present(fact.day);
      case v1::DAY_OUTCOME_LEAVE:
        Mark();
        return EndRun();
      case v1::DAY_OUTCOME_SERVED:
        to_.set_no_record_days(0);
        return Seen(fact.day);
      case v1::DAY_OUTCOME_EXCLUDED:
        return;
      default:
        to_.set_no_record_days(to_.no_record_days() + 1);
    }
  }

 private:
  // Who never eats at school is missed by nobody there.
  void TakeMeal(const DayFact& fact) {
    if (fact.meal == v1::MARK_PRESENT) {
      eats_ = true;
      to_.set_not_served_days(0);
    } else if (eats_ && fact.meal == v1::MARK_ABSENT && fact.outcome == v1::DAY_OUTCOME_PRESENT) {
      to_.set_not_served_days(to_.not_served_days() + 1);
    }
  }

  void Mark() {
    to_.set_marked_days(to_.marked_days() + 1);
    to_.set_no_record_days(0);
  }

  void Absent(absl::CivilDay day) {
    Mark();
    to_.set_absent_days(to_.absent_days() + 1);
    if (to_.run_days() == 0) {
      *to_.mutable_run_from() = DateOf(day);
    }
    to_.set_run_days(to_.run_days() + 1);
    if (to_.has_stable_on()) {  // another story begins
      ForgetReturn();
      to_.clear_ended_run_days();
      to_.clear_suspected_on();
      to_.clear_suspected_run_from();
      away_ = false;
    } else if (to_.has_returned_on()) {
      ForgetReturn();  // relapse: still on its way back from the same run
    }
    if (profile_.suspected_run() > 0 && to_.run_days() >= profile_.suspected_run()) {
      if (!away_) {
        *to_.mutable_suspected_on() = DateOf(day);
        *to_.mutable_suspected_run_from() = to_.run_from();
      }
      away_ = true;
    }
  }

  // At school, whoever says so.
  void Seen(absl::CivilDay day) {
    EndRun();
    *to_.mutable_last_present() = DateOf(day);
    if (away_ && !to_.has_returned_on()) {
      *to_.mutable_returned_on() = DateOf(day);
    }
  }

  void Present(absl::CivilDay day) {
    Mark();
    Seen(day);
    if (to_.has_returned_on() && !to_.has_stable_on()) {
      to_.set_days_since_return(to_.days_since_return() + 1);
      if (to_.days_since_return() >= profile_.stable_days()) {
        *to_.mutable_stable_on() = DateOf(day);
      }
    }
  }

  void EndRun() {
    if (away_) {
      to_.set_ended_run_days(std::max(to_.ended_run_days(), to_.run_days()));
    }
    to_.set_run_days(0);
    to_.clear_run_from();
    to_.clear_contradicted_days();
  }

  void ForgetReturn() {
    to_.clear_returned_on();
    to_.clear_days_since_return();
    to_.clear_stable_on();
  }

  const v1::AbsenceProfile& profile_;
  v1::AbsenceEvaluation& to_;
  bool away_ = false;  // a run reached SUSPECTED and the child is not stably back
  bool eats_ = false;  // a list of meals had the child
};

void AddReason(std::string_view code, v1::AbsenceStep step, int32_t days, int32_t limit, int32_t of_last,
               v1::AbsenceEvaluation* evaluation) {
  v1::AbsenceReason* reason = evaluation->add_reasons();
  reason->set_code(std::string(code));
  reason->set_step(step);
  reason->set_days(days);
  reason->set_limit(limit);
  reason->set_of_last(of_last);
}

void CountRun(const v1::AbsenceProfile& profile, v1::AbsenceEvaluation* evaluation) {
  const std::pair<v1::AbsenceStep, int32_t> ladder[] = {{v1::ABSENCE_STEP_SUSPECTED, profile.suspected_run()},
                                                        {v1::ABSENCE_STEP_VISIT, profile.visit_run()},
                                                        {v1::ABSENCE_STEP_WARN, profile.warn_run()}};
  for (const auto& [step, limit] : ladder) {
    if (limit > 0 && evaluation->run_days() >= limit) {
      return AddReason("RUN", step, evaluation->run_days(), limit, 0, evaluation);
    }
  }
}

void CountLast(const v1::CumulativeRule& rule, absl::Span<const DayFact> days, v1::AbsenceEvaluation* evaluation) {
  int32_t marked = 0, absent = 0;
  for (auto fact = days.rbegin(); fact != days.rend() && marked < rule.of_last(); ++fact) {
    const bool counts = fact->outcome == v1::DAY_OUTCOME_PRESENT || fact->outcome == v1::DAY_OUTCOME_LEAVE ||
                        fact->outcome == v1::DAY_OUTCOME_ABSENT;
    marked += counts ? 1 : 0;
    absent += fact->outcome == v1::DAY_OUTCOME_ABSENT ? 1 : 0;
  }
  if (marked >= rule.least_marked() && absent >= rule.absent_days()) {
    AddReason("CUMULATIVE", rule.step(), absent, rule.absent_days(), rule.of_last(), evaluation);
  }
}

}  // namespace

v1::DayOutcome OutcomeOf(bool excluded, absl::Span<const v1::Mark> marks) {
  if (excluded) {
    return v1::DAY_OUTCOME_EXCLUDED;
  }
  const auto any = [&](v1::Mark mark) { return std::find(marks.begin(), marks.end(), mark) != marks.end(); };
  if (any(v1::MARK_PRESENT) || any(v1::MARK_LATE)) {
    return v1::DAY_OUTCOME_PRESENT;
  }
  if (any(v1::MARK_LEAVE)) {
    return v1::DAY_OUTCOME_LEAVE;
  }
  return any(v1::MARK_ABSENT) && !any(v1::MARK_UNSPECIFIED) ? v1::DAY_OUTCOME_ABSENT : v1::DAY_OUTCOME_UNSPECIFIED;
}

DayFact FactOf(absl::CivilDay day, bool excluded, absl::Span<const v1::Mark> marks, v1::Mark meal) {
  const v1::DayOutcome said = OutcomeOf(excluded, marks);
  const bool served = said == v1::DAY_OUTCOME_UNSPECIFIED && meal == v1::MARK_PRESENT;
  return {day, served ? v1::DAY_OUTCOME_SERVED : said, meal};
}

DayFact FactOf(absl::CivilDay on, const v1::AttendanceDay& day) {
  std::vector<v1::Mark> marks;
  v1::Mark meal = v1::MARK_UNSPECIFIED;
  for (const v1::SessionMark& session : day.marks()) {
    if (session.session() == v1::SESSION_MEAL) {
      meal = session.mark();
    } else {
      marks.push_back(session.mark());
    }
  }
  return FactOf(on, day.excluded(), marks, meal);
}

v1::AbsenceEvaluation Evaluate(const v1::AbsenceProfile& profile, absl::Span<const DayFact> days) {
  v1::AbsenceEvaluation evaluation;
  evaluation.set_profile(profile.code());
  *evaluation.mutable_on() = DateOf(days.back().day);
  Follower follower(profile, &evaluation);
  for (const DayFact& fact : days) {
    follower.Take(fact);
  }
  CountRun(profile, &evaluation);
  for (const v1::CumulativeRule& rule : profile.cumulative()) {
    CountLast(rule, days, &evaluation);
  }
  std::stable_sort(evaluation.mutable_reasons()->begin(), evaluation.mutable_reasons()->end(),
                   [](const auto& a, const auto& b) { return a.step() > b.step(); });
  if (evaluation.reasons_size() > 0) {
    evaluation.set_step(evaluation.reasons(0).step());
  }
  // What reaches no step.
  const auto raise = [&](std::string_view code, int32_t days, int32_t limit) {
    if (limit > 0 && days >= limit) {
      AddReason(code, v1::ABSENCE_STEP_UNSPECIFIED, days, limit, 0, &evaluation);
    }
  };
  raise("NO_RECORD", evaluation.no_record_days(), profile.no_record_days());
  raise("MEAL_CONTRADICTS", evaluation.contradicted_days(), 1);
  raise("NOT_SERVED", evaluation.not_served_days(), profile.not_served_days());
  return evaluation;
}

absl::StatusOr<v1::EvaluateAttendanceResponse> EvaluateAttendance(const ProfileBook& book,
                                                                  const v1::EvaluateAttendanceRequest& request) {
  Violations violations;
  violations.Require(request.days_size() > 0, "days");
  violations.Require(!request.profile().empty() || !request.region_code().empty(), "profile");
  violations.MostElements("days", request.days_size(), kMostDays);
  if (!request.region_code().empty() && request.region_code().size() != kRegionDigits) {
    violations.Add("region_code", "REGION_CODE", {{"code", request.region_code()}});
  }
  std::vector<DayFact> facts;
  for (int i = 0; i < std::min(request.days_size(), kMostDays); ++i) {
    const auto day = DayOf(request.days(i).day());
    if (!day.has_value() || (!facts.empty() && *day <= facts.back().day)) {
      violations.Add(absl::StrCat("days[", i, "].day"), "SPAN_ORDER");
    }
    facts.push_back(FactOf(day.value_or(absl::CivilDay()), request.days(i)));
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const v1::AbsenceProfile* profile,
                   request.profile().empty()
                       ? book.InForce(request.region_code(), {request.stage(), request.grade()}, facts.back().day)
                       : book.Named(request.profile()));
  v1::EvaluateAttendanceResponse response;
  *response.mutable_evaluation() = Evaluate(*profile, facts);
  for (const DayFact& fact : facts) {
    response.add_outcomes(fact.outcome);
  }
  return response;
}

Stretch StretchSince(absl::CivilDay from, absl::Span<const DayFact> days) {
  Stretch stretch;
  for (const DayFact& fact : days) {
    if (fact.day < from) {
      continue;
    }
    if (fact.outcome == v1::DAY_OUTCOME_ABSENT) {
      stretch = Stretch();
    } else if (fact.outcome == v1::DAY_OUTCOME_PRESENT || fact.outcome == v1::DAY_OUTCOME_SERVED) {
      stretch.first_present = stretch.first_present.value_or(fact.day);
      stretch.attended_days += fact.outcome == v1::DAY_OUTCOME_PRESENT ? 1 : 0;
    }
  }
  return stretch;
}

bool HasReason(const v1::AbsenceEvaluation& evaluation, std::string_view code) {
  return std::any_of(evaluation.reasons().begin(), evaluation.reasons().end(),
                     [&](const v1::AbsenceReason& reason) { return reason.code() == code; });
}

bool Disputed(const v1::AbsenceEvaluation& evaluation) {
  return HasReason(evaluation, "MEAL_CONTRADICTS") || HasReason(evaluation, "NOT_SERVED");
}

bool SaysSomething(const v1::AbsenceEvaluation& evaluation) {
  return evaluation.reasons_size() > 0 || evaluation.has_returned_on() || evaluation.has_suspected_on();
}

absl::CivilDay NeededFrom(const v1::AbsenceEvaluation& before, absl::CivilDay window_from) {
  absl::CivilDay needed = std::min(window_from, DayOf(before.run_from()).value_or(window_from));
  if (!before.has_stable_on()) {
    needed = std::min(needed, DayOf(before.suspected_run_from()).value_or(window_from));
  }
  return needed;
}

}  // namespace ruraledu::dropout_monitoring
