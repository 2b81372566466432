// Decisions about doubtful pairs, merges and transfers. Pure.
#pragma once

#include "common/base/error.h"
#include "common/domain/state_machine.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"

namespace ruraledu::registry {

// REQUESTED -> ACCEPTED | REFUSED | WITHDRAWN, ACCEPTED -> CLOSED.
extern const StateMachine kTransferStates;

// A merge: both are here, neither is merged or gone, they are two records. MERGE_SELF, MERGED, MOVED.
absl::Status CheckMerge(const ruraledu::registry::v1::Student& keep, const ruraledu::registry::v1::Student& duplicate);

// A transfer may be asked for a student who is here, enrolled and not already on the way; the effective day lies after
// the present enrolment began. TRANSFER_OPEN, STATUS_TRANSITION, SPAN_ORDER.
absl::Status CheckTransfer(const ruraledu::registry::v1::Student& student, bool another_open,
                           absl::CivilDay effective_on);

// The record that the destination creates: person, identity, spans and the link to the household go along (the
// household stays where the family is registered); the place is set by the caller.
ruraledu::registry::v1::Student ArrivalOf(const ruraledu::registry::v1::Student& leaving, std::string_view new_name);

}  // namespace ruraledu::registry
