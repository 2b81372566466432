// What a channel says of a message to a family. `Delivery` is a message with delivered, on and failure.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/base/proto_day.h"

namespace ruraledu {

inline constexpr size_t kMostFailure = 200;  // bytes

// Why it cannot be so, whatever it is about: FIELD_REQUIRED, DATE_AHEAD, FIELD_TOO_LONG; "" when it can.
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

}  // namespace ruraledu
