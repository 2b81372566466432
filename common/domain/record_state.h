// A record that goes by a state machine: its enum `state` has the names of the machine's states.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "common/base/enum_text.h"
#include "common/domain/state_machine.h"

namespace ruraledu {

// Takes the record on by an event; `holds` as in StateMachine::Next. STATE_TRANSITION; then it stays as it is.
template <typename Record, typename... Holds>
absl::Status MoveState(const StateMachine& machine, std::string_view event, Record* record, Holds&&... holds) {
  using State = std::decay_t<decltype(record->state())>;
  ASSIGN_OR_RETURN(const std::string_view to,
                   machine.Next(EnumText(record->state()), event, std::forward<Holds>(holds)...));
  const std::optional<State> state = EnumOf<State>(to);
  if (!state.has_value()) {
    return absl::InternalError("a state of the machine that its records do not have");
  }
  record->set_state(*state);
  return absl::OkStatus();
}

}  // namespace ruraledu
