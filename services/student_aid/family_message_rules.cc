#include "services/student_aid/family_message_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/message_delivery.h"
#include "common/domain/money.h"
#include "common/domain/school_year.h"

namespace ruraledu::student_aid {
namespace {

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
  RETURN_IF_ERROR(SendOn(act.on, form, channel, facts, message));
  message->set_area(order.area());
  message->set_person(order.person());
  message->set_term(order.term());
  message->set_item(order.item());
  message->set_order(order.name());
  message->set_batch(order.batch());
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
