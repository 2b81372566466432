// Checks of the card to which aid is paid (digest 2.7): pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/student_aid/payment_policy_rules.h"

namespace ruraledu::student_aid {

// The check digit of ISO/IEC 7812-1. `digits` holds digits only.
bool PassesLuhn(std::string_view digits);

// Reasons for which nothing is paid to the card, in this order; empty: it passes.
//   CARD_MISSING      no number
//   CARD_LENGTH       too few or too many digits, or something else than digits
//   CARD_CHECK_DIGIT  Luhn
//   CARD_HOLDER       the holder is neither the pupil nor a registered guardian
//   CARD_SHARED       another pupil has it, and the holder is not a guardian of all of them
//   CARD_REFUSED      the bank does not know it, or not with this holder
std::vector<std::string> AccountReasons(const PaymentRules& rules, const v1::AccountFacts& facts);

// The number without blanks, as it is compared and paid to.
std::string CardDigits(std::string_view number);
// What a card adds to the hash total of a batch: its last eight digits as a number.
int64_t CardHash(std::string_view digits);

}  // namespace ruraledu::student_aid
