#include "services/dropout_monitoring/absence_message_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/message_delivery.h"
#include "services/dropout_monitoring/attendance_rules.h"

namespace ruraledu::dropout_monitoring {

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
  const v1::AbsenceEvaluation& now = absence.evaluation();
  RETURN_IF_ERROR(
      SendOn(on, form, channel,
             {{"{name}", masked_name}, {"{from}", DayTextOf(now.run_from())}, {"{days}", absl::StrCat(now.run_days())}},
             message));
  message->set_area(absence.area());
  message->set_person(absence.person());
  *message->mutable_run_from() = now.run_from();
  message->set_run_days(now.run_days());
  message->set_step(now.step());
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
