#include "services/dropout_monitoring/case_rules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"
#include "services/dropout_monitoring/case_action_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kApprovals = "/absenceApprovals/";  // in the name of one that ended (case_clock.h)

v1::CaseOutcome OutcomeOf(v1::CaseState state, std::string_view event) {
  if (event == kMergeEvent) {
    return v1::CASE_OUTCOME_DUPLICATE;
  }
  switch (state) {
    case v1::CASE_STATE_MOVED_CONFIRMED:
      return v1::CASE_OUTCOME_MOVED;
    case v1::CASE_STATE_DECEASED:
      return v1::CASE_OUTCOME_DECEASED;
    case v1::CASE_STATE_EXEMPT:
      return v1::CASE_OUTCOME_EXEMPT;
    default:
      return event == "false_alarm" ? v1::CASE_OUTCOME_FALSE_ALARM : v1::CASE_OUTCOME_RETURNED;
  }
}

void EndSpan(absl::CivilDay on, v1::Case* file) {
  if (!file->spans().empty() && !file->spans(file->spans_size() - 1).has_to()) {
    v1::DropoutSpan* span = file->mutable_spans(file->spans_size() - 1);
    *span->mutable_to() = DateOf(std::max(on, *DayOf(span->from())));
  }
}

// Back to work after a return.
absl::Status Relapse(const CaseRules& rules, const CaseAct& act, absl::CivilDay from, v1::Case* file) {
  RETURN_IF_ERROR(MoveCase(rules, act, "relapse", file));
  file->set_relapse_count(file->relapse_count() + 1);
  *file->mutable_round_from() = DateOf(from);
  file->clear_returned_on();
  file->clear_stable_on();
  file->set_attended_days(0);
  file->clear_proposal();
  file->clear_proposed();
  return absl::OkStatus();
}

absl::Status CheckOpen(const v1::Case& file) {
  return file.state() == v1::CASE_STATE_CLOSED ? Fail("CASE_CLOSED", {{"number", file.number()}}) : absl::OkStatus();
}

// A run that goes on is one finding.
bool SameRun(const v1::Finding& one, const v1::Finding& other) {
  return one.channel() == v1::DISCOVERY_CHANNEL_ABSENCE && other.channel() == one.channel() &&
         one.source() == other.source() && DayOf(one.last_attended_on()) == DayOf(other.last_attended_on());
}

void TakeFinding(const v1::Finding& finding, v1::Case* file) {
  const auto same = std::find_if(file->mutable_findings()->begin(), file->mutable_findings()->end(),
                                 [&](const v1::Finding& other) { return SameRun(finding, other); });
  if (same != file->mutable_findings()->end()) {
    same->set_run_days(finding.run_days());
  } else {
    *file->add_findings() = finding;
  }
  if (finding.has_last_attended_on()) {
    *file->mutable_last_attended_on() = finding.last_attended_on();
  }
  if (finding.channel() == v1::DISCOVERY_CHANNEL_ABSENCE) {
    file->set_run_days(finding.run_days());
  }
}

absl::Status CheckReturnDay(const CaseAct& act, absl::CivilDay day, const v1::Case& file) {
  const auto round = DayOf(file.round_from());
  return day > act.on || (round.has_value() && day < *round)
             ? Fail("RETURN_DATE", {{"from", DayText(round.value_or(act.on))}, {"to", DayText(act.on)}})
             : absl::OkStatus();
}

}  // namespace

bool Unresolved(v1::CaseState state) {
  switch (state) {
    case v1::CASE_STATE_CONFIRMED:
    case v1::CASE_STATE_PERSUADING:
    case v1::CASE_STATE_LEGAL_1:
    case v1::CASE_STATE_LEGAL_2:
    case v1::CASE_STATE_LEGAL_3:
      return true;
    default:
      return false;
  }
}

void NoteCase(const CaseAct& act, std::string_view event, v1::CaseState from, v1::Case* file) {
  v1::CaseStep* step = file->add_steps();
  step->set_event(std::string(event));
  step->set_from(EnumText(from));
  step->set_to(EnumText(file->state()));
  step->set_person(act.person);
  *step->mutable_on() = DateOf(act.on);
  step->set_reason(act.reason);
}

bool GuardHolds(const CaseRules& rules, std::string_view guard, const v1::Case& file) {
  return guard == "penalty_step"      ? rules.policy.penalty_step()
         : guard == "no_penalty_step" ? !rules.policy.penalty_step()
                                      : !file.spans().empty();  // was_confirmed
}

bool OfPoverty(const CaseRules& rules, const v1::Case& file) {
  return file.poverty_caused() || Marked(rules.codes.reasons, file.reason_code(), "poverty");
}

absl::Status MoveCase(const CaseRules& rules, const CaseAct& act, std::string_view event, v1::Case* file) {
  const v1::CaseState from = file->state();
  const auto holds = [&](std::string_view guard) { return GuardHolds(rules, guard, *file); };
  RETURN_IF_ERROR(MoveState(kCaseStates, event, file, holds));
  const v1::CaseState state = file->state();
  if (state != from) {
    *file->mutable_state_on() = DateOf(act.on);
    if (Unresolved(state) && !Unresolved(from)) {
      *file->add_spans()->mutable_from() = DateOf(act.on);
      *file->mutable_stop_from() = DateOf(act.on);
      file->clear_resume_from();
    } else if (!Unresolved(state)) {
      EndSpan(act.on, file);
    }
    // Nobody decides what was proposed about another state.
    file->clear_proposal();
    file->clear_proposed();
  }
  if (state == v1::CASE_STATE_CLOSED) {
    file->set_outcome(OutcomeOf(from, event));
  }
  NoteCase(act, event, from, file);
  return absl::OkStatus();
}

absl::Status Advance(const CaseRules& rules, const CaseAct& act,
                     absl::FunctionRef<absl::Status(v1::Case&, bool& done)> step, v1::Case* file) {
  v1::Case after = *file;
  IssueDue(rules, act.on, &after);
  bool done = false;
  RETURN_IF_ERROR(step(after, done));
  Settle(rules, act.on, done, &after);
  *file = std::move(after);
  return absl::OkStatus();
}

absl::Status Open(const CaseRules& rules, const CaseAct& act, const v1::Finding& finding, v1::Case* file) {
  const auto on = DayOf(finding.on());
  if (!on.has_value() || *on > act.on) {
    return Fail("DISCOVERED_IN_FUTURE", {{"today", DayText(act.on)}});
  }
  file->set_state(v1::CASE_STATE_SUSPECTED);
  *file->mutable_state_on() = DateOf(act.on);
  file->set_channel(finding.channel());
  *file->mutable_discovered_on() = finding.on();
  *file->mutable_round_from() = finding.on();
  file->set_policy(rules.policy.name());
  TakeFinding(finding, file);
  NoteCase(act, "open", v1::CASE_STATE_SUSPECTED, file);
  Settle(rules, act.on, false, file);
  return absl::OkStatus();
}

absl::Status AddFinding(const CaseRules& rules, const CaseAct& act, const v1::Finding& finding, v1::Case* file) {
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) -> absl::Status {
        RETURN_IF_ERROR(CheckOpen(after));
        TakeFinding(finding, &after);
        const auto last = DayOf(finding.last_attended_on());
        const bool absent_again = finding.channel() == v1::DISCOVERY_CHANNEL_ABSENCE &&
                                  after.state() == v1::CASE_STATE_RETURNED_TRIAL &&
                                  (!last.has_value() || *last >= DayOf(after.returned_on()).value_or(*last));
        const bool approval_over =
            after.state() == v1::CASE_STATE_EXEMPT && absl::StrContains(finding.source(), kApprovals);
        return absent_again || approval_over ? Relapse(rules, act, *DayOf(finding.on()), &after) : absl::OkStatus();
      },
      file);
}

absl::Status Verify(const CaseRules& rules, const CaseAct& act, v1::Case* file) {
  return Advance(
      rules, act, [&](v1::Case& after, bool&) { return MoveCase(rules, act, "verify", &after); }, file);
}

absl::Status AddContact(const CaseRules& rules, const CaseAct& act, const v1::CaseContact& contact, v1::Case* file) {
  const absl::CivilDay on = *DayOf(contact.on());
  if (on < *DayOf(file->discovered_on())) {
    return Fail("VISIT_BEFORE_CASE", {{"visit", DayText(on)}, {"discovered", DayText(*DayOf(file->discovered_on()))}});
  }
  if (on > act.on) {
    return Fail("VISIT_IN_FUTURE", {{"visit", DayText(on)}, {"today", DayText(act.on)}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool& done) -> absl::Status {
        RETURN_IF_ERROR(MoveCase(rules, act, "contact", &after));
        v1::CaseContact* added = after.add_contacts();
        *added = contact;
        added->set_number(after.contacts_size());
        added->set_recorded_by(act.person);
        *added->mutable_recorded_on() = DateOf(act.on);
        added->set_round(after.relapse_count());
        done = after.action() == v1::CASE_ACTION_PERSUADE;
        return absl::OkStatus();
      },
      file);
}

absl::Status Return(const CaseRules& rules, const CaseAct& act, absl::CivilDay first_present, int attended_days,
                    const std::string& placement, v1::Case* file) {
  RETURN_IF_ERROR(CheckReturnDay(act, first_present, *file));
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) -> absl::Status {
        const bool stopped = Unresolved(after.state());
        RETURN_IF_ERROR(MoveCase(rules, act, "return", &after));
        *after.mutable_returned_on() = DateOf(first_present);
        after.set_run_days(0);
        after.set_attended_days(attended_days);
        if (attended_days >= rules.policy.stable_days()) {
          *after.mutable_stable_on() = DateOf(act.on);
        }
        if (!placement.empty()) {
          after.set_placement(placement);
        }
        if (stopped) {
          *after.mutable_resume_from() = DateOf(std::max(first_present, *DayOf(after.stop_from())));
        }
        return absl::OkStatus();
      },
      file);
}

absl::Status CountAttended(const CaseRules& rules, const CaseAct& act, int attended_days, v1::Case* file) {
  if (file->state() != v1::CASE_STATE_RETURNED_TRIAL) {
    return Fail("STATE_TRANSITION",
                {{"machine", kCaseStates.name()}, {"from", EnumText(file->state())}, {"event", "count_attended"}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) {
        after.set_attended_days(attended_days);
        if (!after.has_stable_on() && attended_days >= rules.policy.stable_days()) {
          *after.mutable_stable_on() = DateOf(act.on);
          NoteCase(act, "stable", after.state(), &after);
        }
        return absl::OkStatus();
      },
      file);
}

absl::Status AddFollowUp(const CaseRules& rules, const CaseAct& act, const v1::FollowUp& look, v1::Case* file) {
  if (file->state() != v1::CASE_STATE_RETURNED_TRIAL) {
    return Fail("STATE_TRANSITION",
                {{"machine", kCaseStates.name()}, {"from", EnumText(file->state())}, {"event", "follow_up"}});
  }
  const absl::CivilDay on = DayOf(look.on()).value_or(act.on);
  const absl::CivilDay returned = *DayOf(file->returned_on());
  if (on > act.on || on < returned) {
    return Fail("RETURN_DATE", {{"from", DayText(returned)}, {"to", DayText(act.on)}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool& done) -> absl::Status {
        v1::FollowUp* added = after.add_follow_ups();
        *added = look;
        *added->mutable_on() = DateOf(on);
        added->set_recorded_by(act.person);
        done = after.action() == v1::CASE_ACTION_FOLLOW_UP;
        return look.present() ? absl::OkStatus() : Relapse(rules, act, on, &after);
      },
      file);
}

absl::Status Offer(const CaseRules& rules, const CaseAct& act, const v1::HandOver& offer, v1::Case* file) {
  RETURN_IF_ERROR(CheckOpen(*file));
  if (!file->offered_to().empty()) {
    return Fail("HAND_OVER_OPEN", {{"area", file->offered_to()}});
  }
  if (offer.area() == file->authority_area() && offer.level() == file->authority()) {
    return Fail("HAND_OVER_SAME", {{"area", offer.area()}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) {
        *after.mutable_hand_over() = offer;
        after.mutable_hand_over()->set_offered_by(act.person);
        *after.mutable_hand_over()->mutable_offered_on() = DateOf(act.on);
        after.set_offered_to(offer.area());
        NoteCase(act, "offer", after.state(), &after);
        return absl::OkStatus();
      },
      file);
}

absl::Status Answer(const CaseRules& rules, const CaseAct& act, bool accept, const std::string& officer,
                    v1::Case* file) {
  if (file->offered_to().empty()) {
    return Fail("HAND_OVER_NONE");
  }
  if (file->hand_over().offered_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "OFFERER"}, {"wanted", "RECEIVER"}});
  }
  if (!accept && act.reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) {
        if (accept) {
          const v1::HandOver& offer = after.hand_over();
          after.set_authority(offer.level());
          after.set_authority_area(offer.area());
          after.set_officer(officer.empty() ? offer.officer() : officer);
        }
        after.clear_hand_over();
        after.clear_offered_to();
        NoteCase(act, accept ? "take_over" : "decline", after.state(), &after);
        return absl::OkStatus();
      },
      file);
}

absl::Status Touch(const CaseRules& rules, const CaseAct& act, absl::FunctionRef<void(v1::Case&)> change,
                   v1::Case* file) {
  RETURN_IF_ERROR(CheckOpen(*file));
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) {
        change(after);
        if (Unresolved(after.state()) && OfPoverty(rules, after) && !after.has_aid_check_from()) {
          *after.mutable_aid_check_from() = DateOf(act.on);
        }
        return absl::OkStatus();
      },
      file);
}

}  // namespace ruraledu::dropout_monitoring
