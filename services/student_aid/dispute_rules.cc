#include "services/student_aid/dispute_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

// What the record tells of open disputes without their contents.
void Summarize(v1::Identification* record) {
  record->clear_open_objections();
  record->clear_answer_due_on();
  record->set_open_appeal(v1::APPEAL_STEP_UNSPECIFIED);
  const auto due = [&](const google::type::Date& day) {
    if (!record->has_answer_due_on() || *DayOf(day) < *DayOf(record->answer_due_on())) {
      *record->mutable_answer_due_on() = day;
    }
  };
  for (const v1::Objection& objection : record->objections()) {
    if (objection.outcome() == v1::OBJECTION_OUTCOME_UNSPECIFIED) {
      record->add_open_objections(objection.number());
      due(objection.answer_due_on());
    }
  }
  for (const v1::Appeal& appeal : record->appeals()) {
    if (!appeal.decided()) {
      record->set_open_appeal(appeal.step());
      due(appeal.answer_due_on());
    }
  }
  record->set_disputed(record->open_objections_size() > 0 || record->open_appeal() != v1::APPEAL_STEP_UNSPECIFIED);
}

void Close(v1::ObjectionOutcome outcome, const Act& act, v1::Objection* objection) {
  objection->set_outcome(outcome);
  *objection->mutable_resolved_on() = DateOf(act.on);
  objection->set_reason(act.reason);
}

absl::Status CheckOutcome(const Resolution& resolution, const v1::IdentificationPolicy& policy,
                          const v1::Identification& record) {
  switch (resolution.outcome) {
    case v1::OBJECTION_OUTCOME_UNFOUNDED:
    case v1::OBJECTION_OUTCOME_EXCLUDED:
      return absl::OkStatus();
    case v1::OBJECTION_OUTCOME_LEVEL_CHANGED:
      return resolution.level == record.level()
                 ? Fail("LEVEL_UNKNOWN", {{"level", absl::StrCat(resolution.level)}, {"policy", policy.name()}})
                 : CheckLevel(policy, resolution.level);
    default:
      return Fail("FIELD_REQUIRED", {{"field", "outcome"}});
  }
}

absl::Status Exclude(const Act& act, v1::Identification* record) {
  for (v1::Objection& other : *record->mutable_objections()) {
    if (other.outcome() == v1::OBJECTION_OUTCOME_UNSPECIFIED) {
      Close(v1::OBJECTION_OUTCOME_MOOT, act, &other);
    }
  }
  record->set_level(0);
  *record->mutable_refused_on() = DateOf(act.on);
  Summarize(record);
  return Step(act, "exclude", "", record);
}

// Events that decide on a pupil: who caused one hears no appeal.
bool Decides(std::string_view event) {
  static constexpr std::string_view kDeciding[] = {"class_accept", "class_reject",   "school_accept", "school_reject",
                                                   "exclude",      "dismiss_school", "resolve"};
  return std::find(std::begin(kDeciding), std::end(kDeciding), event) != std::end(kDeciding);
}

absl::Status CheckHearer(const v1::Identification& record, const v1::Appeal& appeal, std::string_view event,
                         const std::string& person) {
  RETURN_IF_ERROR(CheckBody(record, event, person));
  const bool decided = std::any_of(record.steps().begin(), record.steps().end(),
                                   [&](const auto& step) { return step.person() == person && Decides(step.event()); });
  if (decided || appeal.recorded_by() == person) {
    return Fail("ROLE_HELD", {{"held", decided ? "DECIDER" : "RECORDER"}, {"wanted", "APPEAL"}});
  }
  return absl::OkStatus();
}

v1::Appeal* OpenAppeal(v1::AppealStep step, v1::Identification* record) {
  for (v1::Appeal& appeal : *record->mutable_appeals()) {
    if (appeal.step() == step && !appeal.decided()) {
      return &appeal;
    }
  }
  return nullptr;
}

// A line without a move: the refusal stands.
void Note(const Act& act, std::string_view event, v1::Identification* record) {
  v1::IdentificationStep* step = record->add_steps();
  step->set_event(std::string(event));
  step->set_from(StateText(record->state()));
  step->set_to(step->from());
  step->set_person(act.person);
  *step->mutable_on() = DateOf(act.on);
  step->set_level(record->level());
  step->set_reason(act.reason);
}

}  // namespace

absl::Status Object(const Act& act, const std::string& objector, const std::string& ground,
                    const v1::IdentificationPolicy& policy, const WorkCalendar& calendar, v1::Identification* record) {
  RETURN_IF_ERROR(Step(act, "object", "", record));
  const auto ends = DayOf(record->notice_ends_on());
  if (!ends.has_value() || *ends < act.on) {
    return Fail("OBJECTION_LATE", {{"until", ends.has_value() ? DayText(*ends) : ""}});
  }
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(act.on, policy.objection_days()));
  v1::Objection* objection = record->add_objections();
  objection->set_number(record->objections_size());
  objection->set_objector(objector);
  objection->set_ground(ground);
  objection->set_recorded_by(act.person);
  *objection->mutable_filed_on() = DateOf(act.on);
  *objection->mutable_answer_due_on() = DateOf(due);
  Summarize(record);
  return absl::OkStatus();
}

absl::StatusOr<bool> Resolve(const Act& act, const Resolution& resolution, const v1::IdentificationPolicy& policy,
                             const WorkCalendar& calendar, v1::Identification* record) {
  auto& objections = *record->mutable_objections();
  const auto found = std::find_if(objections.begin(), objections.end(), [&](const v1::Objection& objection) {
    return objection.number() == resolution.number && objection.outcome() == v1::OBJECTION_OUTCOME_UNSPECIFIED;
  });
  if (found == objections.end()) {
    return Fail("OBJECTION_UNKNOWN", {{"number", absl::StrCat(resolution.number)}});
  }
  if (found->recorded_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "RECORDER"}, {"wanted", "RECHECK"}});
  }
  if (act.reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  RETURN_IF_ERROR(CheckOutcome(resolution, policy, *record));
  Close(resolution.outcome, act, &*found);
  if (resolution.outcome == v1::OBJECTION_OUTCOME_EXCLUDED) {
    RETURN_IF_ERROR(Exclude(act, record));
    return false;
  }
  if (resolution.outcome == v1::OBJECTION_OUTCOME_LEVEL_CHANGED) {
    record->set_level(resolution.level);
  }
  Summarize(record);
  const bool left = record->open_objections_size() > 0;
  RETURN_IF_ERROR(Step(act, "resolve", left ? "objections_left" : "", record));
  if (left || record->level() == record->posted_level()) {
    return false;
  }
  ASSIGN_OR_RETURN(const absl::CivilDay ends, calendar.NoticeEnd(act.on, policy.notice_days()));
  record->set_notice(resolution.notice);
  *record->mutable_posted_on() = DateOf(act.on);
  *record->mutable_notice_ends_on() = DateOf(ends);
  record->set_posted_level(record->level());
  return true;
}

absl::Status FileAppeal(const Act& act, const std::string& appellant, const std::string& ground,
                        const v1::IdentificationPolicy& policy, const WorkCalendar& calendar,
                        v1::Identification* record) {
  if (record->state() != v1::IDENTIFICATION_STATE_REJECTED) {
    return Fail("STATE_TRANSITION",
                {{"machine", kIdentificationStates.name()}, {"from", StateText(record->state())}, {"event", "appeal"}});
  }
  const int used = record->appeals_size();
  if (used > 0 && !record->appeals(used - 1).decided()) {
    return Fail("APPEAL_OPEN", {{"step", v1::AppealStep_Name(record->appeals(used - 1).step())}});
  }
  if (used == v1::APPEAL_STEP_COUNTY) {
    return Fail("APPEAL_USED");
  }
  // After an appeal that was granted the refusal is a new one.
  const bool refusal = used == 0 || record->appeals(used - 1).granted();
  const auto told = DayOf(refusal ? record->refused_on() : record->appeals(used - 1).decided_on());
  ASSIGN_OR_RETURN(const absl::CivilDay until, calendar.AddWorkdays(*told, policy.appeal_days()));
  if (until < act.on) {
    return Fail("APPEAL_LATE", {{"until", DayText(until)}});
  }
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(act.on, policy.answer_days()));
  v1::Appeal* appeal = record->add_appeals();
  appeal->set_step(static_cast<v1::AppealStep>(used + 1));
  appeal->set_appellant(appellant);
  appeal->set_ground(ground);
  appeal->set_recorded_by(act.person);
  *appeal->mutable_filed_on() = DateOf(act.on);
  *appeal->mutable_answer_due_on() = DateOf(due);
  Note(act, "appeal", record);
  Summarize(record);
  return absl::OkStatus();
}

absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, const v1::IdentificationPolicy& policy,
                          v1::Identification* record) {
  v1::Appeal* const appeal = OpenAppeal(decision.step, record);
  if (appeal == nullptr) {
    return Fail("APPEAL_NONE", {{"step", v1::AppealStep_Name(decision.step)}});
  }
  if (act.reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  const bool school = decision.step == v1::APPEAL_STEP_SCHOOL;
  const std::string_view event =
      decision.granted ? (school ? "grant_school" : "grant_county") : (school ? "dismiss_school" : "dismiss_county");
  RETURN_IF_ERROR(CheckHearer(*record, *appeal, event, act.person));
  appeal->set_decided(true);
  appeal->set_granted(decision.granted);
  *appeal->mutable_decided_on() = DateOf(act.on);
  appeal->set_reason(act.reason);
  if (!decision.granted) {
    Note(act, event, record);
    Summarize(record);
    return absl::OkStatus();
  }
  record->set_level(decision.level == 0 ? record->proposed_level() : decision.level);
  RETURN_IF_ERROR(CheckLevel(policy, record->level()));
  record->clear_refused_on();
  Summarize(record);
  return Step(act, event, "", record);
}

}  // namespace ruraledu::student_aid
