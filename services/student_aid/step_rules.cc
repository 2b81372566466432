#include "services/student_aid/step_rules.h"

#include <algorithm>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

void Describe(const v1::Identification& record, v1::IdentificationStep* step) {
  step->set_level(record.level());
}
void Describe(const v1::Application& record, v1::IdentificationStep* step) {
  step->set_amount_fen(record.amount_fen());
}
void Describe(const v1::TrackedAid& record, v1::IdentificationStep* step) {
  step->set_amount_fen(record.amount_fen());
}
// Studying elsewhere, graduates.
void Describe(const v1::OutwardCase&, v1::IdentificationStep*) {}
void Describe(const v1::Graduate&, v1::IdentificationStep*) {}

template <typename Record>
void AddLine(const Act& act, std::string_view event, std::string_view from, Record* record) {
  v1::IdentificationStep* step = record->add_steps();
  step->set_event(std::string(event));
  step->set_from(std::string(from));
  step->set_to(EnumText(record->state()));
  step->set_person(act.person);
  *step->mutable_on() = DateOf(act.on);
  step->set_reason(act.reason);
  Describe(*record, step);
}

}  // namespace

const EventBody* BodyOf(const Workflow& workflow, std::string_view event) {
  const auto found =
      std::find_if(workflow.bodies.begin(), workflow.bodies.end(), [&](const auto& row) { return row.event == event; });
  return found == workflow.bodies.end() ? nullptr : &*found;
}

absl::Status NeedsReason(const Act& act) {
  return act.reason.empty() ? Fail("FIELD_REQUIRED", {{"field", "reason"}}) : absl::OkStatus();
}

template <typename Record>
absl::Status CheckBody(const Record& record, std::string_view event, std::string_view person) {
  const Workflow& workflow = WorkflowOf(record);
  const EventBody* wanted = BodyOf(workflow, event);
  for (const v1::IdentificationStep& step : record.steps()) {
    const EventBody* held = BodyOf(workflow, step.event());
    if (wanted != nullptr && held != nullptr && held->body != wanted->body && step.person() == person) {
      return Fail("ROLE_HELD", {{"held", held->body}, {"wanted", wanted->body}});
    }
  }
  return absl::OkStatus();
}

template <typename Record>
void Note(const Act& act, std::string_view event, Record* record) {
  AddLine(act, event, EnumText(record->state()), record);
}

template <typename Record>
absl::Status Move(const Act& act, std::string_view event, absl::FunctionRef<bool(std::string_view)> holds,
                  Record* record) {
  const StateMachine& states = WorkflowOf(*record).states;
  const std::string from = EnumText(record->state());
  RETURN_IF_ERROR(states.Next(from, event, holds).status());
  RETURN_IF_ERROR(CheckBody(*record, event, act.person));
  RETURN_IF_ERROR(MoveState(states, event, record, holds));
  AddLine(act, event, from, record);
  return absl::OkStatus();
}

template absl::Status CheckBody(const v1::Identification&, std::string_view, std::string_view);
template absl::Status CheckBody(const v1::Application&, std::string_view, std::string_view);
template absl::Status CheckBody(const v1::OutwardCase&, std::string_view, std::string_view);
template void Note(const Act&, std::string_view, v1::Identification*);
template void Note(const Act&, std::string_view, v1::Application*);
template absl::Status Move(const Act&, std::string_view, absl::FunctionRef<bool(std::string_view)>,
                           v1::Identification*);
template absl::Status Move(const Act&, std::string_view, absl::FunctionRef<bool(std::string_view)>, v1::Application*);
template void Note(const Act&, std::string_view, v1::TrackedAid*);
template absl::Status Move(const Act&, std::string_view, absl::FunctionRef<bool(std::string_view)>, v1::TrackedAid*);
// Studying elsewhere, graduates.
template void Note(const Act&, std::string_view, v1::OutwardCase*);
template void Note(const Act&, std::string_view, v1::Graduate*);
template absl::Status Move(const Act&, std::string_view, absl::FunctionRef<bool(std::string_view)>, v1::OutwardCase*);
template absl::Status Move(const Act&, std::string_view, absl::FunctionRef<bool(std::string_view)>, v1::Graduate*);

}  // namespace ruraledu::student_aid
