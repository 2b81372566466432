#include "services/student_aid/complaint_rules.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

absl::Status StartClock(const v1::ComplaintCategory& category, absl::CivilDay from, const WorkCalendar& calendar,
                        v1::Complaint* complaint) {
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.AddWorkdays(from, category.answer_days()));
  *complaint->mutable_received_on() = DateOf(from);
  *complaint->mutable_answer_due_on() = DateOf(due);
  return absl::OkStatus();
}

absl::Status CheckAnswerer(const std::string& person, const std::set<std::string>& deciders,
                           const v1::Complaint& complaint) {
  if (deciders.contains(person)) {
    return Fail("ROLE_HELD", {{"held", "DECIDER"}, {"wanted", "ANSWER"}});
  }
  const auto& before = complaint.answered_by();
  if (std::find(before.begin(), before.end(), person) != before.end()) {
    return Fail("ROLE_HELD", {{"held", "ANSWER"}, {"wanted", "SECOND_ANSWER"}});
  }
  return absl::OkStatus();
}

// Without I, L, O and U.
constexpr std::string_view kReceiptLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kReceiptBits = 80, kCountyDigits = 6, kReceiptPart = 4;

std::string WithDashes(std::string_view county, std::string_view letters) {
  std::string receipt(county);
  for (size_t i = 0; i < letters.size(); i += kReceiptPart) {
    absl::StrAppend(&receipt, "-", letters.substr(i, kReceiptPart));
  }
  return receipt;
}

}  // namespace

v1::ComplaintPriority PriorityOf(const v1::ComplaintCategory& category, v1::ComplaintPriority asked,
                                 Violations* violations) {
  if (asked != v1::COMPLAINT_PRIORITY_UNSPECIFIED && asked < category.priority()) {
    violations->Add("priority", "PRIORITY_BELOW", {{"category", category.code()}});
  }
  return std::max(asked, category.priority());
}

std::string ReceiptOf(std::string_view county, std::string_view secret) {
  std::string letters;
  uint32_t bits = 0;
  int held = 0;
  for (const char byte : secret.substr(0, kReceiptBits / 8)) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 5; held -= 5) {
      letters += kReceiptLetters[(bits >> (held - 5)) & 31];
    }
    bits &= (1U << held) - 1;
  }
  return WithDashes(county, letters);
}

std::string ReadReceipt(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    const char upper = absl::ascii_toupper(static_cast<unsigned char>(c));
    const char read = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    if (kReceiptLetters.find(read) != std::string_view::npos) {
      letters += read;
    } else if (c != '-' && c != ' ') {
      return "";
    }
  }
  if (letters.size() != kCountyDigits + kReceiptBits / 5) {
    return "";
  }
  return WithDashes(letters.substr(0, kCountyDigits), std::string_view(letters).substr(kCountyDigits));
}

template <typename Record>
void AddDeciders(const Record& record, std::set<std::string>* deciders) {
  for (const v1::IdentificationStep& step : record.steps()) {
    const EventBody* body = BodyOf(WorkflowOf(record), step.event());
    if (body != nullptr && body->decides) {
      deciders->insert(step.person());
    }
  }
}
template void AddDeciders(const v1::Identification&, std::set<std::string>*);
template void AddDeciders(const v1::Application&, std::set<std::string>*);

absl::Status Register(const Act& act, const v1::ComplaintCategory& category, absl::CivilDay received,
                      const WorkCalendar& calendar, v1::Complaint* complaint) {
  complaint->set_category(category.code());
  complaint->set_sensitive(category.sensitive());
  complaint->set_state(v1::COMPLAINT_STATE_REGISTERED);
  complaint->set_recorded_by(act.person);
  return StartClock(category, received, calendar, complaint);
}

absl::Status Assign(const Act& act, const std::string& assignee, const std::set<std::string>& deciders,
                    v1::Complaint* complaint) {
  RETURN_IF_ERROR(MoveState(kComplaintStates, "assign", complaint));
  RETURN_IF_ERROR(CheckAnswerer(assignee, deciders, *complaint));
  complaint->set_assignee(assignee);
  complaint->set_assigned_by(act.person);
  *complaint->mutable_assigned_on() = DateOf(act.on);
  return absl::OkStatus();
}

absl::Status Answer(const Act& act, v1::ComplaintOutcome outcome, const std::set<std::string>& deciders,
                    v1::Complaint* complaint) {
  RETURN_IF_ERROR(MoveState(kComplaintStates, "answer", complaint));
  if (complaint->assignee() != act.person) {
    return Fail("COMPLAINT_ASSIGNEE");
  }
  RETURN_IF_ERROR(CheckAnswerer(act.person, deciders, *complaint));
  complaint->set_outcome(outcome);
  complaint->set_answer(act.reason);
  complaint->add_answered_by(act.person);
  *complaint->mutable_answered_on() = DateOf(act.on);
  complaint->set_late(complaint->late() || act.on > *DayOf(complaint->answer_due_on()));
  return absl::OkStatus();
}

absl::Status Reopen(const Act& act, const v1::ComplaintCategory& category, const WorkCalendar& calendar,
                    v1::Complaint* complaint) {
  RETURN_IF_ERROR(MoveState(kComplaintStates, "reopen", complaint));
  absl::StrAppend(complaint->mutable_ground(), complaint->ground().empty() ? "" : "\n", act.reason);
  complaint->set_reopened(complaint->reopened() + 1);
  complaint->clear_assignee();
  complaint->clear_assigned_by();
  complaint->clear_assigned_on();
  complaint->clear_outcome();
  return StartClock(category, act.on, calendar, complaint);
}

}  // namespace ruraledu::student_aid
