#include "services/student_aid/dispute_rules.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

// What the record tells of open disputes without their contents.
template <typename Record>
void Summarize(Record* record) {
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

template <typename Record>
absl::Status CheckHearer(const Record& record, const v1::Appeal& appeal, std::string_view event,
                         const std::string& person) {
  RETURN_IF_ERROR(CheckBody(record, event, person));
  const bool decided = std::any_of(record.steps().begin(), record.steps().end(), [&](const auto& step) {
    const EventBody* body = BodyOf(WorkflowOf(record), step.event());
    return step.person() == person && body != nullptr && body->decides;
  });
  if (decided || appeal.recorded_by() == person) {
    return Fail("ROLE_HELD", {{"held", decided ? "DECIDER" : "RECORDER"}, {"wanted", "APPEAL"}});
  }
  return absl::OkStatus();
}

// States that a record reaches only when its notice is over, and from which it is not on the way to another one.
bool IsPastNotice(const v1::Identification& record) {
  return record.state() == v1::IDENTIFICATION_STATE_CONFIRMED || record.state() == v1::IDENTIFICATION_STATE_ARCHIVED ||
         record.state() == v1::IDENTIFICATION_STATE_REVOKED;
}
bool IsPastNotice(const v1::Application& record) {
  switch (record.state()) {
    case v1::APPLICATION_STATE_COUNTY_APPROVED:
      return record.posted_at() == v1::NOTICE_LEVEL_SCHOOL;  // the one of the county is to come, if any
    case v1::APPLICATION_STATE_APPROVED:
    case v1::APPLICATION_STATE_ORDERED:
    case v1::APPLICATION_STATE_PAID:
    case v1::APPLICATION_STATE_PAY_FAILED:
    case v1::APPLICATION_STATE_RECOVERING:
    case v1::APPLICATION_STATE_RECOVERED:
    case v1::APPLICATION_STATE_WRITTEN_OFF:
      return true;
    default:
      return false;
  }
}

absl::Status CheckInTime(const std::optional<absl::CivilDay>& ends, absl::CivilDay on) {
  return !ends.has_value() || *ends < on ? Fail("OBJECTION_LATE", {{"until", ends.has_value() ? DayText(*ends) : ""}})
                                         : absl::OkStatus();
}

template <typename Record>
v1::Appeal* OpenAppeal(v1::AppealStep step, Record* record) {
  for (v1::Appeal& appeal : *record->mutable_appeals()) {
    if (appeal.step() == step && !appeal.decided()) {
      return &appeal;
    }
  }
  return nullptr;
}

}  // namespace

template <typename Record>
absl::Status Object(const Act& act, const std::string& objector, const std::string& ground, const Clocks& clocks,
                    const WorkCalendar& calendar, Record* record) {
  const auto ends = DayOf(record->notice_ends_on());
  if (ends.has_value() && IsPastNotice(*record)) {
    RETURN_IF_ERROR(CheckInTime(ends, act.on));  // tells more than that there is no such step any more
  }
  RETURN_IF_ERROR(Move(
      act, "object", [](std::string_view) { return false; }, record));
  RETURN_IF_ERROR(CheckInTime(ends, act.on));
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(act.on, clocks.objection_days));
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

template <typename Record>
absl::StatusOr<v1::Objection*> FindObjection(const Act& act, int32_t number, Record* record) {
  auto& objections = *record->mutable_objections();
  const auto found = std::find_if(objections.begin(), objections.end(), [&](const v1::Objection& objection) {
    return objection.number() == number && objection.outcome() == v1::OBJECTION_OUTCOME_UNSPECIFIED;
  });
  if (found == objections.end()) {
    return Fail("OBJECTION_UNKNOWN", {{"number", absl::StrCat(number)}});
  }
  if (found->recorded_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "RECORDER"}, {"wanted", "RECHECK"}});
  }
  RETURN_IF_ERROR(NeedsReason(act));
  return &*found;
}

template <typename Record>
void CloseObjection(const Act& act, v1::ObjectionOutcome outcome, v1::Objection* objection, Record* record) {
  Close(outcome, act, objection);
  if (outcome == v1::OBJECTION_OUTCOME_EXCLUDED) {
    *record->mutable_refused_on() = DateOf(act.on);
    CloseObjections(act, record);
  }
  Summarize(record);
}

template <typename Record>
void CloseObjections(const Act& act, Record* record) {
  for (v1::Objection& objection : *record->mutable_objections()) {
    if (objection.outcome() == v1::OBJECTION_OUTCOME_UNSPECIFIED) {
      Close(v1::OBJECTION_OUTCOME_MOOT, act, &objection);
    }
  }
  Summarize(record);
}

template <typename Record>
absl::Status FileAppeal(const Act& act, const std::string& appellant, const std::string& ground, const Clocks& clocks,
                        const WorkCalendar& calendar, Record* record) {
  if (const std::string state = EnumText(record->state()); state != "REJECTED") {
    return Fail("STATE_TRANSITION",
                {{"machine", WorkflowOf(*record).states.name()}, {"from", state}, {"event", "appeal"}});
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
  ASSIGN_OR_RETURN(const absl::CivilDay until, calendar.AddWorkdays(*told, clocks.appeal_days));
  if (until < act.on) {
    return Fail("APPEAL_LATE", {{"until", DayText(until)}});
  }
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(act.on, clocks.answer_days));
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

template <typename Record>
absl::StatusOr<std::string_view> HearAppeal(const Act& act, const AppealDecision& decision, Record* record) {
  v1::Appeal* const appeal = OpenAppeal(decision.step, record);
  if (appeal == nullptr) {
    return Fail("APPEAL_NONE", {{"step", v1::AppealStep_Name(decision.step)}});
  }
  RETURN_IF_ERROR(NeedsReason(act));
  const bool school = decision.step == v1::APPEAL_STEP_SCHOOL;
  const std::string_view event =
      decision.granted ? (school ? "grant_school" : "grant_county") : (school ? "dismiss_school" : "dismiss_county");
  RETURN_IF_ERROR(CheckHearer(*record, *appeal, event, act.person));
  appeal->set_decided(true);
  appeal->set_granted(decision.granted);
  *appeal->mutable_decided_on() = DateOf(act.on);
  appeal->set_reason(act.reason);
  Summarize(record);
  if (!decision.granted) {
    Note(act, event, record);
    return std::string_view();
  }
  record->clear_refused_on();
  return event;
}

absl::StatusOr<bool> Resolve(const Act& act, const Resolution& resolution, const v1::IdentificationPolicy& policy,
                             const WorkCalendar& calendar, v1::Identification* record) {
  ASSIGN_OR_RETURN(v1::Objection* const objection, FindObjection(act, resolution.number, record));
  RETURN_IF_ERROR(CheckOutcome(resolution, policy, *record));
  CloseObjection(act, resolution.outcome, objection, record);
  if (resolution.outcome == v1::OBJECTION_OUTCOME_EXCLUDED) {
    record->set_level(0);
    RETURN_IF_ERROR(Step(act, "exclude", "", record));
    return false;
  }
  if (resolution.outcome == v1::OBJECTION_OUTCOME_LEVEL_CHANGED) {
    record->set_level(resolution.level);
  }
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

absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, const v1::IdentificationPolicy& policy,
                          v1::Identification* record) {
  ASSIGN_OR_RETURN(const std::string_view event, HearAppeal(act, decision, record));
  if (event.empty()) {
    return absl::OkStatus();
  }
  record->set_level(decision.level == 0 ? record->proposed_level() : decision.level);
  RETURN_IF_ERROR(CheckLevel(policy, record->level()));
  return Step(act, event, "", record);
}

#define RURALEDU_DISPUTES_OF(Record)                                                                                   \
  template absl::Status Object(const Act&, const std::string&, const std::string&, const Clocks&, const WorkCalendar&, \
                               Record*);                                                                               \
  template absl::StatusOr<v1::Objection*> FindObjection(const Act&, int32_t, Record*);                                 \
  template void CloseObjection(const Act&, v1::ObjectionOutcome, v1::Objection*, Record*);                             \
  template void CloseObjections(const Act&, Record*);                                                                  \
  template absl::Status FileAppeal(const Act&, const std::string&, const std::string&, const Clocks&,                  \
                                   const WorkCalendar&, Record*);                                                      \
  template absl::StatusOr<std::string_view> HearAppeal(const Act&, const AppealDecision&, Record*)
RURALEDU_DISPUTES_OF(v1::Identification);
RURALEDU_DISPUTES_OF(v1::Application);

}  // namespace ruraledu::student_aid
