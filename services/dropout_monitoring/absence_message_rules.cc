#include "services/dropout_monitoring/absence_message_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/attendance_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kStatePrefix = "ABSENCE_MESSAGE_STATE_";

absl::Status Move(std::string_view event, v1::AbsenceMessage* message) {
  const std::string from = v1::AbsenceMessageState_Name(message->state()).substr(kStatePrefix.size());
  ASSIGN_OR_RETURN(const std::string_view to, kAbsenceMessageStates.Next(from, event));
  v1::AbsenceMessageState next = v1::ABSENCE_MESSAGE_STATE_UNSPECIFIED;
  v1::AbsenceMessageState_Parse(absl::StrCat(kStatePrefix, to), &next);
  message->set_state(next);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AbsenceMessageBook> AbsenceMessageBook::Parse(std::string_view templates, CodeList channels,
                                                             RegionPath path) {
  static const auto* const form = new MessageTable{.file = "absence_messages.csv",
                                                   .from = "valid_from",
                                                   .until = "valid_to",
                                                   .text = "text_zh",
                                                   .placeholders = {"{name}", "{from}", "{days}"},
                                                   .required = {"{from}", "{days}"}};
  ASSIGN_OR_RETURN(auto rows, ReadMessageTemplates(*form, templates));
  return AbsenceMessageBook(std::move(rows), std::move(channels), std::move(path));
}

absl::StatusOr<const MessageTemplate*> AbsenceMessageBook::InForce(std::string_view region, absl::CivilDay day) const {
  const MessageTemplate* found = FindMessageTemplate(templates_, path_, region, day);
  return found == nullptr ? Fail("REGION_POLICY_MISSING", {{"kind", "absenceMessages"}, {"region", region}})
                          : absl::StatusOr<const MessageTemplate*>(found);
}

bool ToBeTold(const v1::AbsenceEvaluation& evaluation) {
  return evaluation.run_days() > 0 && evaluation.step() >= v1::ABSENCE_STEP_WARN &&
         !HasReason(evaluation, "MEAL_CONTRADICTS");
}

std::string MessageIdOf(const v1::Absence& absence) {
  return absl::StrCat(absence.person(), ".", DayTextOf(absence.evaluation().run_from()));
}

absl::Status SendMessage(absl::CivilDay on, const MessageTemplate& form, const std::string& channel,
                         const v1::Absence& absence, const std::string& masked_name, v1::AbsenceMessage* message) {
  if (message->attempts() > 0) {
    RETURN_IF_ERROR(Move("send", message));
  }
  const v1::AbsenceEvaluation& now = absence.evaluation();
  message->set_state(v1::ABSENCE_MESSAGE_STATE_SENT);
  message->set_area(absence.area());
  message->set_person(absence.person());
  *message->mutable_run_from() = now.run_from();
  message->set_run_days(now.run_days());
  message->set_step(now.step());
  message->set_channel(channel);
  message->set_text(FillMessage(
      form,
      {{"{name}", masked_name}, {"{from}", DayTextOf(now.run_from())}, {"{days}", absl::StrCat(now.run_days())}}));
  message->set_template_(form.name);
  message->set_attempts(message->attempts() + 1);
  *message->mutable_sent_on() = DateOf(on);
  message->clear_answered_on();
  message->clear_failure();
  return absl::OkStatus();
}

absl::Status RecordDelivery(const v1::AbsenceMessageDelivery& delivery, absl::CivilDay today,
                            v1::AbsenceMessage* message) {
  if (const auto sent = DayOf(message->sent_on()); sent.has_value() && *DayOf(delivery.on()) < *sent) {
    return Fail("RETURN_DATE", {{"from", DayText(*sent)}, {"to", DayText(today)}});
  }
  RETURN_IF_ERROR(Move(delivery.delivered() ? "deliver" : "fail", message));
  *message->mutable_answered_on() = delivery.on();
  message->set_failure(delivery.delivered() ? "" : delivery.failure());
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
