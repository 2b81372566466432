#include "services/student_aid/information_rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/student_aid/fact_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kOther = "OTHER";

absl::Status Move(const Act& act, std::string_view event, v1::InformationRequest* request) {
  const std::string from = EnumText(InformationStateOn(*request, act.on));
  ASSIGN_OR_RETURN(const std::string_view to, kInformationStates.Next(from, event));
  request->set_state(EnumOf<v1::InformationRequestState>(to).value_or(v1::INFORMATION_REQUEST_STATE_UNSPECIFIED));
  request->set_closed_by(act.person);
  *request->mutable_closed_on() = DateOf(act.on);
  return absl::OkStatus();
}

bool IsLate(const v1::InformationRequest& request, absl::CivilDay day) {
  const auto due = DayOf(request.due_on());
  return due.has_value() && *due < day;
}

absl::Status CheckWitness(const Act& act, const Heard& heard) {
  Violations violations;
  violations.Require(!heard.cannot_write || !heard.witness.empty(), "witness");
  RETURN_IF_ERROR(violations.status());
  return heard.witness == act.person ? Fail("ROLE_HELD", {{"held", "RECORDER"}, {"wanted", "WITNESS"}})
                                     : absl::OkStatus();
}

// Each item that was asked is answered once, in words.
absl::Status CheckAnswers(const InformationItems& asked, const InformationAnswers& answers) {
  std::set<std::string> open(asked.begin(), asked.end());
  for (const v1::InformationAnswer& answer : answers) {
    if (open.erase(answer.item()) == 0) {
      return Fail("INFORMATION_ITEMS", {{"item", answer.item()}});
    }
  }
  return open.empty() ? absl::OkStatus() : Fail("INFORMATION_ITEMS", {{"item", *open.begin()}});
}

absl::Status MayAsk(bool may, const std::string& name) {
  return may ? absl::OkStatus() : Fail("INFORMATION_RECORD", {{"name", name}});
}

}  // namespace

v1::InformationRequestState InformationStateOn(const v1::InformationRequest& request, absl::CivilDay day) {
  const bool open = request.state() == v1::INFORMATION_REQUEST_STATE_OPEN;
  return open && IsLate(request, day) ? v1::INFORMATION_REQUEST_STATE_LAPSED : request.state();
}

absl::Status CheckMayAsk(const v1::Identification& record) {
  return MayAsk(MayBeAsked(record.state()) && !record.set_aside(), record.name());
}

absl::Status CheckMayAsk(const v1::Application& record) {
  return MayAsk(record.state() != v1::APPLICATION_STATE_REJECTED && record.state() != v1::APPLICATION_STATE_WITHDRAWN,
                record.name());
}

void CheckItems(const CodeList& items, absl::CivilDay today, const InformationItems& asked, const std::string& question,
                Violations* violations) {
  std::set<std::string> seen;
  for (int i = 0; i < asked.size(); ++i) {
    const std::string at = absl::StrCat("items[", i, "]");
    if (items.Find(asked.Get(i), today) == nullptr) {
      violations->Add(at, "CODE_UNKNOWN", {{"list", "information_item"}});
    } else if (!seen.insert(asked.Get(i)).second) {
      violations->Add(at, "INFORMATION_ITEMS", {{"item", asked.Get(i)}});
    }
  }
  violations->Require(!seen.contains(std::string(kOther)) || !question.empty(), "question");
}

absl::Status AskInformation(const Act& act, int32_t days, const WorkCalendar& calendar,
                            v1::InformationRequest* request) {
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(act.on, days));
  request->set_state(v1::INFORMATION_REQUEST_STATE_OPEN);
  request->set_asked_by(act.person);
  *request->mutable_asked_on() = DateOf(act.on);
  *request->mutable_due_on() = DateOf(due);
  return absl::OkStatus();
}

absl::Status AnswerInformation(const Act& act, const Heard& heard, const InformationAnswers& answers,
                               v1::InformationRequest* request) {
  const bool late = IsLate(*request, act.on);
  RETURN_IF_ERROR(Move(act, "answer", request));
  RETURN_IF_ERROR(CheckAnswers(request->items(), answers));
  RETURN_IF_ERROR(CheckWitness(act, heard));
  request->set_channel(heard.channel);
  request->set_cannot_write(heard.cannot_write);
  request->set_witness(heard.witness);
  *request->mutable_answers() = answers;
  request->set_late(late);
  return absl::OkStatus();
}

absl::Status DeclineInformation(const Act& act, const std::string& channel, v1::InformationRequest* request) {
  const bool late = IsLate(*request, act.on);
  RETURN_IF_ERROR(Move(act, "decline", request));
  request->set_channel(channel);
  request->set_reason(act.reason);
  request->set_late(late);
  return absl::OkStatus();
}

absl::Status WithdrawInformation(const Act& act, v1::InformationRequest* request) {
  RETURN_IF_ERROR(Move(act, "withdraw", request));
  RETURN_IF_ERROR(NeedsReason(act));
  request->set_reason(act.reason);
  return absl::OkStatus();
}

absl::Status CheckInformed(std::optional<absl::CivilDay> due, absl::CivilDay today) {
  return due.has_value() && today <= *due ? Fail("INFORMATION_OPEN", {{"until", DayText(*due)}}) : absl::OkStatus();
}

}  // namespace ruraledu::student_aid
