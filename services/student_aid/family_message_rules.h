// Messages to families after payment, as pure steps: made for a paid order, answered by the channel, made again.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/domain/message_template.h"
#include "ruraledu/student_aid/v1/family_message.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// What a text says of an order. The names of the pupil and of the card come masked.
MessageValues FactsOf(const v1::PaymentOrder& order, const std::string& masked_name, const std::string& masked_card,
                      const std::string& item_label);

// The message about an order, or the next attempt at it. STATE_TRANSITION unless it is new or did not arrive.
absl::Status SendMessage(const Act& act, const MessageTemplate& form, const std::string& channel,
                         const v1::PaymentOrder& order, const MessageValues& facts, v1::FamilyMessage* message);

}  // namespace ruraledu::student_aid
