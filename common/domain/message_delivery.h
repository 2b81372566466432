// How a message to a family goes, whatever it is about: sent, answered by the channel, sent again to those whom it did
// not reach. `Message` is a root with channel, text, template, state, attempts, sent_on, answered_on and failure;
// `Delivery` is what a channel says of one: delivered, on and failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/message_template.h"
#include "common/domain/record_state.h"

namespace ruraledu {

// An answer that comes late counts.
inline constexpr Transition kMessageRows[] = {{"SENT", "deliver", "DELIVERED"},
                                              {"SENT", "fail", "UNDELIVERED"},
                                              {"UNDELIVERED", "deliver", "DELIVERED"},
                                              {"UNDELIVERED", "send", "SENT"}};
inline constexpr StateMachine kMessageStates("message", "SENT", kMessageRows);
static_assert(kMessageStates.AllReachable() && kMessageStates.Unambiguous());

inline constexpr size_t kMostFailure = 200;  // bytes

// The first attempt at a message, or the next one. STATE_TRANSITION unless it is new or did not arrive.
template <typename Message>
absl::Status SendOn(absl::CivilDay today, const MessageTemplate& form, const std::string& channel,
                    const MessageValues& values, Message* message) {
  if (message->attempts() > 0) {
    RETURN_IF_ERROR(MoveState(kMessageStates, "send", message));
  } else {
    message->set_state(*EnumOf<std::decay_t<decltype(message->state())>>(kMessageStates.initial()));
  }
  message->set_channel(channel);
  message->set_text(FillMessage(form, values));
  message->set_template_(form.name);
  message->set_attempts(message->attempts() + 1);
  *message->mutable_sent_on() = DateOf(today);
  message->clear_answered_on();
  message->clear_failure();
  return absl::OkStatus();
}

// How many messages a call made, and whether some are left to make: as a write remembers it, and as its answer says it.
inline std::string SentText(size_t made, bool more) {
  return absl::StrCat(made, more ? " more" : "");
}
template <typename Response>
absl::StatusOr<Response> SentOf(std::string_view text) {
  Response response;
  response.set_more(absl::EndsWith(text, " more"));
  int64_t made = 0;
  if (!absl::SimpleAtoi(text.substr(0, text.find(' ')), &made)) {
    return absl::DataLossError("a remembered answer does not parse");
  }
  response.set_made(made);
  return response;
}

// Why an answer cannot be so, whatever it is about: FIELD_REQUIRED, DATE_AHEAD, FIELD_TOO_LONG; "" when it can.
template <typename Delivery>
std::string ProblemOfDelivery(const Delivery& delivery, absl::CivilDay today) {
  const auto on = DayOf(delivery.on());
  if (!on.has_value() || (!delivery.delivered() && delivery.failure().empty())) {
    return "FIELD_REQUIRED";
  }
  if (*on > today) {
    return "DATE_AHEAD";
  }
  return delivery.failure().size() > kMostFailure ? "FIELD_TOO_LONG" : "";
}

// What became of a message, by an answer without a problem. RETURN_DATE (before the last attempt), STATE_TRANSITION.
template <typename Delivery, typename Message>
absl::Status RecordDelivery(const Delivery& delivery, absl::CivilDay today, Message* message) {
  if (const auto sent = DayOf(message->sent_on()); sent.has_value() && *DayOf(delivery.on()) < *sent) {
    return Fail("RETURN_DATE", {{"from", DayText(*sent)}, {"to", DayText(today)}});
  }
  RETURN_IF_ERROR(MoveState(kMessageStates, delivery.delivered() ? "deliver" : "fail", message));
  *message->mutable_answered_on() = delivery.on();
  message->set_failure(delivery.delivered() ? "" : delivery.failure());
  return absl::OkStatus();
}

}  // namespace ruraledu
