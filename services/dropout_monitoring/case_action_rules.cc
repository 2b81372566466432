#include "services/dropout_monitoring/case_action_rules.h"

#include <algorithm>
#include <set>

#include "common/base/proto_day.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kLowestPriority = 3;

int DaysOf(const v1::CasePolicy& policy, v1::CaseAction action) {
  const auto found = std::find_if(policy.action_terms().begin(), policy.action_terms().end(),
                                  [&](const v1::ActionTerm& term) { return term.action() == action; });
  return found == policy.action_terms().end() ? 0 : found->days();
}

bool LegalReady(const CaseRules& rules, absl::CivilDay on, const v1::Case& file) {
  const auto next = NextLegalStep(rules.policy, file);
  return next.has_value() && CheckLegalStep(rules, on, *next, file).ok();
}

v1::CaseAction ActionOf(const CaseRules& rules, absl::CivilDay on, const v1::Case& file) {
  if (file.proposed() != v1::CASE_STEP_KIND_UNSPECIFIED) {
    return v1::CASE_ACTION_DECIDE;
  }
  switch (file.state()) {
    case v1::CASE_STATE_SUSPECTED:
      return v1::CASE_ACTION_VERIFY;
    case v1::CASE_STATE_VERIFYING:
      return v1::CASE_ACTION_FIND_OUT;
    case v1::CASE_STATE_CONFIRMED:
      return v1::CASE_ACTION_PERSUADE;
    case v1::CASE_STATE_PERSUADING:
      return LegalReady(rules, on, file) ? v1::CASE_ACTION_LEGAL_STEP : v1::CASE_ACTION_PERSUADE;
    case v1::CASE_STATE_LEGAL_1:
    case v1::CASE_STATE_LEGAL_2:
    case v1::CASE_STATE_LEGAL_3:
      return v1::CASE_ACTION_AWAIT_TERM;
    case v1::CASE_STATE_RETURNED_TRIAL:
      return file.has_stable_on() ? v1::CASE_ACTION_CLOSE : v1::CASE_ACTION_FOLLOW_UP;
    case v1::CASE_STATE_MOVED_CONFIRMED:
    case v1::CASE_STATE_DECEASED:
    case v1::CASE_STATE_EXEMPT:
      return v1::CASE_ACTION_CLOSE;
    default:
      return v1::CASE_ACTION_UNSPECIFIED;
  }
}

// The day from which the term of an action is counted: never a past one, whose reminders would be late when they begin.
absl::CivilDay BaseOf(v1::CaseAction action, absl::CivilDay on, const v1::Case& file) {
  if (action != v1::CASE_ACTION_AWAIT_TERM || file.legal_steps().empty()) {
    return on;
  }
  return std::max(on, *DayOf(file.legal_steps(file.legal_steps_size() - 1).term_ends_on()));
}

bool Issued(const v1::Case& file, int rung) {
  return std::any_of(file.escalations().begin(), file.escalations().end(), [&](const v1::Escalation& escalation) {
    return escalation.action_number() == file.action_number() && escalation.rung() == rung;
  });
}

// The next rung of the present action; null: none is left.
const v1::LadderRung* NextRung(const v1::CasePolicy& policy, const v1::Case& file) {
  if (file.action() == v1::CASE_ACTION_UNSPECIFIED || !file.has_due_on()) {
    return nullptr;
  }
  const auto found = std::find_if(policy.ladder().begin(), policy.ladder().end(),
                                  [&](const v1::LadderRung& rung) { return !Issued(file, rung.rung()); });
  return found == policy.ladder().end() ? nullptr : &*found;
}

int PriorityOf(const CaseRules& rules, const v1::Case& file) {
  const auto issued = std::count_if(
      file.escalations().begin(), file.escalations().end(),
      [&](const v1::Escalation& escalation) { return escalation.action_number() == file.action_number(); });
  const int urgent = static_cast<int>(std::min<int64_t>(issued, 2)) + (file.relapse_count() > 0 ? 1 : 0) +
                     (OfPoverty(rules, file) ? 1 : 0);
  return std::max(1, kLowestPriority - urgent);
}

// What follows from action and reminders.
void SetClock(const CaseRules& rules, v1::Case* file) {
  const v1::LadderRung* next = NextRung(rules.policy, *file);
  if (next == nullptr) {
    file->clear_clock_on();
  } else {
    *file->mutable_clock_on() = DateOf(*DayOf(file->due_on()) + next->days());
  }
  file->set_priority(PriorityOf(rules, *file));
}

template <typename Counts>
int CountContacts(const v1::Case& file, Counts counts) {
  return static_cast<int>(std::count_if(file.contacts().begin(), file.contacts().end(), [&](const auto& contact) {
    return contact.round() == file.relapse_count() && counts(contact);
  }));
}

}  // namespace

int Persuasions(const v1::Case& file) {
  return CountContacts(file, [](const v1::CaseContact&) { return true; });
}

int FailedVisits(const CaseCodes& codes, const v1::Case& file) {
  return CountContacts(file, [&](const v1::CaseContact& contact) {
    return Marked(codes.means, contact.means(), "visit") && Marked(codes.outcomes, contact.outcome(), "failed");
  });
}

int FailedDays(const CaseCodes& codes, const v1::Case& file) {
  std::set<absl::CivilDay> days;
  for (const v1::CaseContact& contact : file.contacts()) {
    if (contact.round() == file.relapse_count() && Marked(codes.outcomes, contact.outcome(), "failed")) {
      days.insert(*DayOf(contact.on()));
    }
  }
  return static_cast<int>(days.size());
}

void Settle(const CaseRules& rules, absl::CivilDay on, bool done, v1::Case* file) {
  file->set_persuasions(Persuasions(*file));
  file->set_unresolved(Unresolved(file->state()));
  const v1::CaseAction action = ActionOf(rules, on, *file);
  if (action == v1::CASE_ACTION_UNSPECIFIED) {
    file->clear_action();
    file->clear_due_on();
  } else if (done || action != file->action()) {
    file->set_action(action);
    file->set_action_number(file->action_number() + 1);
    *file->mutable_due_on() = DateOf(BaseOf(action, on, *file) + DaysOf(rules.policy, action));
  }
  SetClock(rules, file);
}

int IssueDue(const CaseRules& rules, absl::CivilDay on, v1::Case* file) {
  int issued = 0;
  for (const v1::LadderRung* rung = NextRung(rules.policy, *file); rung != nullptr;
       rung = NextRung(rules.policy, *file)) {
    const absl::CivilDay due = *DayOf(file->due_on()) + rung->days();
    if (due > on) {
      break;
    }
    v1::Escalation* escalation = file->add_escalations();
    escalation->set_action_number(file->action_number());
    escalation->set_action(file->action());
    escalation->set_rung(rung->rung());
    escalation->set_level(rung->level());
    *escalation->mutable_due_on() = DateOf(due);
    *escalation->mutable_issued_on() = DateOf(on);
    escalation->set_paper(rung->paper());
    ++issued;
  }
  SetClock(rules, file);
  return issued;
}

}  // namespace ruraledu::dropout_monitoring
