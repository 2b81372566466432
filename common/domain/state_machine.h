// State machines as constant tables. States, events and guards are the texts of contracts and databases:
//
//   constexpr Transition kRows[] = {{"DRAFT", "submit", "SUBMITTED"}, {"SUBMITTED", "approve", "APPROVED",
//   "notice_over"}}; constexpr StateMachine kApplication("aid_application", "DRAFT", kRows);
//   static_assert(kApplication.AllReachable() && kApplication.Unambiguous());
//
// A guard is the name of a condition that the caller knows how to test; rows of one (from, event) are tried in order.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/error.h"

namespace ruraledu {

struct Transition {
  std::string_view from;
  std::string_view event;
  std::string_view to;
  std::string_view guard = {};  // "" = always
};

class StateMachine {
 public:
  static constexpr size_t kMaxRows = 256;

  template <size_t N>
  constexpr StateMachine(std::string_view name, std::string_view initial, const Transition (&rows)[N])
      : name_(name), initial_(initial), rows_(rows), size_(N) {
    static_assert(N <= kMaxRows);
  }

  constexpr std::string_view name() const { return name_; }
  constexpr std::string_view initial() const { return initial_; }
  constexpr absl::Span<const Transition> rows() const { return {rows_, size_}; }

  // The first row of (from, event) whose guard is empty or holds; nullptr when there is none. `holds` is called with
  // the guard's name.
  template <typename Holds>
  constexpr const Transition* Find(std::string_view from, std::string_view event, Holds&& holds) const {
    for (size_t i = 0; i < size_; ++i) {
      const Transition& row = rows_[i];
      if (row.from == from && row.event == event && (row.guard.empty() || holds(row.guard))) {
        return &row;
      }
    }
    return nullptr;
  }
  // Rows without a guard only.
  constexpr const Transition* Find(std::string_view from, std::string_view event) const {
    return Find(from, event, [](std::string_view) { return false; });
  }

  // The next state, or STATE_TRANSITION{machine, from, event}.
  template <typename Holds>
  absl::StatusOr<std::string_view> Next(std::string_view from, std::string_view event, Holds&& holds) const {
    const Transition* row = Find(from, event, holds);
    if (row == nullptr) {
      return Fail("STATE_TRANSITION", {{"machine", name_}, {"from", from}, {"event", event}});
    }
    return row->to;
  }
  absl::StatusOr<std::string_view> Next(std::string_view from, std::string_view event) const {
    return Next(from, event, [](std::string_view) { return false; });
  }

  constexpr bool IsState(std::string_view state) const {
    for (size_t i = 0; i < size_; ++i) {
      if (rows_[i].from == state || rows_[i].to == state) {
        return true;
      }
    }
    return state == initial_;
  }
  // A state that nothing leaves.
  constexpr bool IsFinal(std::string_view state) const {
    for (size_t i = 0; i < size_; ++i) {
      if (rows_[i].from == state) {
        return false;
      }
    }
    return IsState(state);
  }

  // Whether one or more steps, guards aside, lead from one state to the other.
  constexpr bool Leads(std::string_view from, std::string_view to) const {
    std::array<bool, kMaxRows> walked{};
    for (bool grown = true; grown;) {
      grown = false;
      for (size_t i = 0; i < size_; ++i) {
        bool now = rows_[i].from == from;
        for (size_t j = 0; j < size_ && !now; ++j) {
          now = walked[j] && rows_[j].to == rows_[i].from;
        }
        if (now && rows_[i].to == to) {
          return true;
        }
        grown = grown || (now && !walked[i]);
        walked[i] = now;
      }
    }
    return false;
  }

  // Whether every state can be reached from the initial one; finds misspelt states too.
  constexpr bool AllReachable() const {
    std::array<bool, kMaxRows> reached{};
    for (bool grown = true; grown;) {
      grown = false;
      for (size_t i = 0; i < size_; ++i) {
        bool now = rows_[i].from == initial_;
        for (size_t j = 0; j < size_ && !now; ++j) {
          now = reached[j] && rows_[j].to == rows_[i].from;
        }
        grown = grown || (now && !reached[i]);
        reached[i] = now;
      }
    }
    for (size_t i = 0; i < size_; ++i) {
      if (!reached[i]) {
        return false;
      }
    }
    return true;
  }
  // Whether no row is hidden by an earlier one: same (from, event) after a row without a guard, or the same guard
  // twice.
  constexpr bool Unambiguous() const {
    for (size_t i = 0; i < size_; ++i) {
      for (size_t j = 0; j < i; ++j) {
        const bool same = rows_[i].from == rows_[j].from && rows_[i].event == rows_[j].event;
        if (same && (rows_[j].guard.empty() || rows_[j].guard == rows_[i].guard)) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  std::string_view name_;
  std::string_view initial_;
  const Transition* rows_;
  size_t size_;
};

}  // namespace ruraledu
