// What the records of identification (2.6) and of aid (2.7) have in common: they go by the steps of a machine, each
// with a line in `steps`.
//
// Bodies (DR-25): whoever acted for one of them on a record acts for no other one on it. Persons are compared, not
// accounts.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/graduate.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"

namespace ruraledu::student_aid {

// Who acts, and when.
struct Act {
  std::string person;  // registry id, or "job:<id>"
  absl::CivilDay on;
  std::string reason;  // in words, may be empty
};

// The body that an event belongs to; events of no body are not in the table.
struct EventBody {
  std::string_view event, body;
  bool decides = false;  // on the pupil: who caused it hears no appeal
};

// How the records of one kind live.
struct Workflow {
  const StateMachine& states;
  absl::Span<const EventBody> bodies;
};
const Workflow& WorkflowOf(const v1::Identification& record);
const Workflow& WorkflowOf(const v1::Application& record);
const Workflow& WorkflowOf(const v1::TrackedAid& record);
// Studying elsewhere, graduates.
const Workflow& WorkflowOf(const v1::OutwardCase& record);
const Workflow& WorkflowOf(const v1::Graduate& record);

// Null when the event belongs to no body.
const EventBody* BodyOf(const Workflow& workflow, std::string_view event);

// FIELD_REQUIRED of the reason.
absl::Status NeedsReason(const Act& act);

// For Identification and Application; Note and Move also for TrackedAid, OutwardCase and Graduate:

// ROLE_HELD when the person acted for another body on the record.
template <typename Record>
absl::Status CheckBody(const Record& record, std::string_view event, std::string_view person);
// Adds a line without a move.
template <typename Record>
void Note(const Act& act, std::string_view event, Record* record);
// Moves on by an event and adds the line: STATE_TRANSITION, ROLE_HELD. `holds` tells which guards of the machine do.
template <typename Record>
absl::Status Move(const Act& act, std::string_view event, absl::FunctionRef<bool(std::string_view)> holds,
                  Record* record);

}  // namespace ruraledu::student_aid
