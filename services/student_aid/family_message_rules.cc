#include "services/student_aid/family_message_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "common/domain/school_year.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kStatePrefix = "FAMILY_MESSAGE_STATE_";

absl::Status Move(std::string_view event, v1::FamilyMessage* message) {
  const std::string from = v1::FamilyMessageState_Name(message->state()).substr(kStatePrefix.size());
  ASSIGN_OR_RETURN(const std::string_view to, kFamilyMessageStates.Next(from, event));
  v1::FamilyMessageState next = v1::FAMILY_MESSAGE_STATE_UNSPECIFIED;
  v1::FamilyMessageState_Parse(absl::StrCat(kStatePrefix, to), &next);
  message->set_state(next);
  return absl::OkStatus();
}

std::string TermText(std::string_view text) {
  const auto term = ParseTerm(text);
  return term.ok() ? absl::StrCat(term->year.text(), "学年", term->season == Season::kAutumn ? "秋季" : "春季", "学期")
                   : std::string(text);
}

}  // namespace

MessageValues FactsOf(const v1::PaymentOrder& order, const std::string& masked_name, const std::string& masked_card,
                      const std::string& item_label) {
  const auto paid = DayOf(order.paid_on());
  return {{"{name}", masked_name},
          {"{item}", item_label},
          {"{term}", TermText(order.term())},
          {"{amount}", FormatFen(order.amount_fen())},
          {"{day}", paid.has_value() ? DayText(*paid) : ""},
          {"{card}", masked_card}};
}

absl::Status SendMessage(const Act& act, const MessageTemplate& form, const std::string& channel,
                         const v1::PaymentOrder& order, const MessageValues& facts, v1::FamilyMessage* message) {
  if (message->attempts() > 0) {
    RETURN_IF_ERROR(Move("send", message));
  }
  message->set_state(v1::FAMILY_MESSAGE_STATE_SENT);
  message->set_area(order.area());
  message->set_person(order.person());
  message->set_term(order.term());
  message->set_item(order.item());
  message->set_order(order.name());
  message->set_batch(order.batch());
  message->set_channel(channel);
  message->set_text(FillMessage(form, facts));
  message->set_template_(form.name);
  message->set_attempts(message->attempts() + 1);
  *message->mutable_sent_on() = DateOf(act.on);
  message->clear_answered_on();
  message->clear_failure();
  return absl::OkStatus();
}

absl::Status RecordDelivery(const v1::FamilyMessageDelivery& delivery, v1::FamilyMessage* message) {
  RETURN_IF_ERROR(Move(delivery.delivered() ? "deliver" : "fail", message));
  *message->mutable_answered_on() = delivery.on();
  message->set_failure(delivery.delivered() ? "" : delivery.failure());
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
