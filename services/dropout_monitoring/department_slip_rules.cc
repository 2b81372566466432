#include "services/dropout_monitoring/department_slip_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "common/domain/record_state.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr char kFile[] = "slip_matters.csv";
constexpr Transition kSlipRows[] = {
    {"SENT", "answer", "ANSWERED"},
    {"SENT", "withdraw", "WITHDRAWN"},
};
constexpr StateMachine kSlipStates("department_slip", "SENT", kSlipRows);
static_assert(kSlipStates.AllReachable() && kSlipStates.Unambiguous());

absl::Status Move(std::string_view event, v1::DepartmentSlip* slip) {
  RETURN_IF_ERROR(MoveState(kSlipStates, event, slip));
  slip->clear_clock_on();
  return absl::OkStatus();
}

// The first rung that was not issued yet; null: none is left.
const v1::LadderRung* NextRung(const v1::CasePolicy& policy, const v1::DepartmentSlip& slip) {
  const v1::LadderRung* next = nullptr;
  for (const v1::LadderRung& rung : policy.ladder()) {
    const bool issued = std::any_of(slip.reminders().begin(), slip.reminders().end(),
                                    [&](const auto& reminder) { return reminder.rung() == rung.rung(); });
    if (!issued && (next == nullptr || rung.rung() < next->rung())) {
      next = &rung;
    }
  }
  return next;
}

void SetClock(const v1::CasePolicy& policy, v1::DepartmentSlip* slip) {
  const v1::LadderRung* next = NextRung(policy, *slip);
  if (next == nullptr) {
    slip->clear_clock_on();
  } else {
    *slip->mutable_clock_on() = DateOf(*DayOf(slip->due_on()) + next->days());
  }
}

absl::StatusOr<SlipMatter> ReadMatter(const DataTable& table, size_t row, const CodeList& departments) {
  SlipMatter matter{std::string(table.Get(row, "matter")),
                    std::string(table.Get(row, "department")),
                    std::string(table.Get(row, "label_zh")),
                    table.Get(row, "mandatory") == "1",
                    0,
                    0};
  if (matter.matter.empty() || matter.label_zh.empty() || table.Get(row, "source").empty()) {
    return table.Error(row, "a matter needs its code, its label and its source");
  }
  if (departments.Find(matter.department) == nullptr) {
    return table.Error(row, "there is no such department");
  }
  const bool mandatory = matter.mandatory || table.Get(row, "mandatory") == "0";
  const bool numbers = absl::SimpleAtoi(table.Get(row, "report_days"), &matter.report_days) &&
                       absl::SimpleAtoi(table.Get(row, "answer_days"), &matter.answer_days);
  if (!mandatory || !numbers || matter.report_days < 0 || matter.answer_days < 1) {
    return table.Error(row, "mandatory is 0 or 1, report_days at least 0, answer_days at least 1");
  }
  return matter;
}

}  // namespace

absl::StatusOr<SlipBook> SlipBook::Parse(std::string_view matters, CodeList departments, CodeList results) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kFile, matters,
                                                           {"matter", "department", "mandatory", "report_days",
                                                            "answer_days", "label_zh", "label_en", "source"}));
  SlipBook book(std::move(departments), std::move(results));
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(SlipMatter matter, ReadMatter(table, row, book.departments_));
    if (book.Find(matter.matter) != nullptr) {
      return table.Error(row, "the matter stands twice");
    }
    book.matters_.push_back(std::move(matter));
  }
  return book.matters_.empty() ? Fail("DATA_FILE", {{"file", kFile}, {"line", "0"}, {"problem", "no matter"}})
                               : absl::StatusOr<SlipBook>(std::move(book));
}

const SlipMatter* SlipBook::Find(std::string_view matter) const {
  const auto found =
      std::find_if(matters_.begin(), matters_.end(), [&](const auto& row) { return row.matter == matter; });
  return found == matters_.end() ? nullptr : &*found;
}

absl::Status SendSlip(const SlipMatter& matter, const v1::CasePolicy& policy, const WorkCalendar& calendar,
                      const CaseAct& act, absl::CivilDay known_on, v1::DepartmentSlip* slip) {
  ASSIGN_OR_RETURN(const absl::CivilDay due, calendar.PeriodEnd(act.on, matter.answer_days));
  slip->set_matter(matter.matter);
  slip->set_department(matter.department);
  slip->set_mandatory(matter.mandatory);
  *slip->mutable_known_on() = DateOf(known_on);
  slip->set_sent_late(act.on - known_on > matter.report_days);
  slip->set_state(v1::SLIP_STATE_SENT);
  *slip->mutable_sent_on() = DateOf(act.on);
  slip->set_sent_by(act.person);
  *slip->mutable_due_on() = DateOf(due);
  slip->set_policy(policy.name());
  SetClock(policy, slip);
  return absl::OkStatus();
}

absl::Status AnswerSlip(const CaseAct& act, const std::string& result, const std::string& answer, absl::CivilDay on,
                        v1::DepartmentSlip* slip) {
  const absl::CivilDay sent = *DayOf(slip->sent_on());
  if (on < sent || on > act.on) {
    return Fail("RETURN_DATE", {{"from", DayText(sent)}, {"to", DayText(act.on)}});
  }
  RETURN_IF_ERROR(Move("answer", slip));
  slip->set_result(result);
  slip->set_answer(answer);
  *slip->mutable_answered_on() = DateOf(on);
  slip->set_answered_by(act.person);
  slip->set_answered_late(on > *DayOf(slip->due_on()));
  return absl::OkStatus();
}

absl::Status WithdrawSlip(const CaseAct& act, v1::DepartmentSlip* slip) {
  RETURN_IF_ERROR(Move("withdraw", slip));
  slip->set_answer(act.reason);
  *slip->mutable_answered_on() = DateOf(act.on);
  slip->set_answered_by(act.person);
  return absl::OkStatus();
}

int RemindSlip(const v1::CasePolicy& policy, absl::CivilDay on, v1::DepartmentSlip* slip) {
  int issued = 0;
  while (slip->state() == v1::SLIP_STATE_SENT && slip->has_clock_on() && *DayOf(slip->clock_on()) <= on) {
    const v1::LadderRung* rung = NextRung(policy, *slip);
    v1::SlipReminder* reminder = slip->add_reminders();
    reminder->set_rung(rung->rung());
    reminder->set_level(rung->level());
    *reminder->mutable_due_on() = slip->clock_on();
    *reminder->mutable_issued_on() = DateOf(on);
    reminder->set_paper(rung->paper());
    SetClock(policy, slip);
    ++issued;
  }
  return issued;
}

std::map<std::string, std::string> SlipValues(const SlipBook& book, const v1::DepartmentSlip& slip,
                                              const SlipChild& child, const std::string& authority) {
  const SlipMatter* matter = book.Find(slip.matter());
  const CodeEntry* department = book.departments().Find(slip.department());
  return {{"document_number", slip.name().substr(slip.name().rfind('/') + 1)},
          {"department", department != nullptr ? department->label_zh : slip.department()},
          {"matter", matter != nullptr ? matter->label_zh : slip.matter()},
          {"child", child.display_name},
          {"birth_date", DayInWords(child.birth_date)},
          {"school", child.school.empty() ? "无学籍" : child.school},
          {"address", child.address.empty() ? "住址不详" : child.address},
          {"known_on", DayInWords(slip.known_on())},
          {"text", slip.text()},
          {"due_on", DayInWords(slip.due_on())},
          {"authority", authority},
          {"sent_on", DayInWords(slip.sent_on())}};
}

}  // namespace ruraledu::dropout_monitoring
