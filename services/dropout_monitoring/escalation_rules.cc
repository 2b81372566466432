#include "services/dropout_monitoring/escalation_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string ActionLabel(v1::CaseAction action) {
  switch (action) {
    case v1::CASE_ACTION_VERIFY:
      return "核实";
    case v1::CASE_ACTION_FIND_OUT:
      return "查明去向并提出处理意见";
    case v1::CASE_ACTION_DECIDE:
      return "审定处理意见";
    case v1::CASE_ACTION_PERSUADE:
      return "劝返";
    case v1::CASE_ACTION_LEGAL_STEP:
      return "依法控辍下一步骤";
    case v1::CASE_ACTION_AWAIT_TERM:
      return "限期届满后的依法控辍步骤";
    case v1::CASE_ACTION_FOLLOW_UP:
      return "复学跟踪";
    case v1::CASE_ACTION_CLOSE:
      return "结案";
    default:
      return "办理";
  }
}

}  // namespace

bool Answered(const v1::Case& file, const v1::Escalation& escalation) {
  return file.action() == v1::CASE_ACTION_UNSPECIFIED || escalation.action_number() != file.action_number();
}

std::string EscalatedOn(const v1::Case& file) {
  std::string newest;
  for (const v1::Escalation& one : file.escalations()) {
    newest = std::max(newest, DayTextOf(one.issued_on()));
  }
  return newest;
}

v1::AuthorityLevel HighestLevel(const v1::Case& file, bool waiting) {
  v1::AuthorityLevel highest = v1::AUTHORITY_LEVEL_UNSPECIFIED;
  for (const v1::Escalation& one : file.escalations()) {
    if (!waiting || !Answered(file, one)) {
      highest = std::max(highest, one.level());
    }
  }
  return highest;
}

std::vector<v1::IssuedEscalation> EscalationsOf(const v1::Case& file, const EscalationFilter& filter,
                                                absl::CivilDay today) {
  std::vector<v1::IssuedEscalation> rows;
  for (const v1::Escalation& one : file.escalations()) {
    const bool of_level = filter.level == v1::AUTHORITY_LEVEL_UNSPECIFIED || filter.level == one.level();
    if (!of_level || *DayOf(one.issued_on()) < filter.from) {
      continue;
    }
    v1::IssuedEscalation& row = rows.emplace_back();
    row.set_case_name(file.name());
    row.set_number(file.number());
    row.set_area(file.area());
    row.set_officer(file.officer());
    row.set_state(file.state());
    *row.mutable_escalation() = one;
    row.set_answered(Answered(file, one));
    if (!row.answered() && file.has_due_on()) {
      row.set_days_late(static_cast<int32_t>(std::max<int64_t>(0, today - *DayOf(file.due_on()))));
    }
  }
  return rows;
}

const v1::Escalation* FindEscalation(const v1::Case& file, int action_number, int rung) {
  const auto found = std::find_if(file.escalations().begin(), file.escalations().end(), [&](const v1::Escalation& one) {
    return one.action_number() == action_number && one.rung() == rung;
  });
  return found == file.escalations().end() ? nullptr : &*found;
}

std::string PaperOf(std::string_view paper) {
  return absl::StrCat("escalation_", absl::AsciiStrToLower(paper));
}

std::string PaperNumber(const v1::Case& file, const v1::Escalation& escalation) {
  return absl::StrCat(file.number(), "-T", escalation.action_number(), "-", escalation.rung());
}

std::map<std::string, std::string> PaperValues(const v1::Case& file, const v1::Escalation& escalation,
                                               const std::string& unit, const std::string& authority) {
  return {{"document_number", PaperNumber(file, escalation)},
          {"number", file.number()},
          {"unit", unit},
          {"action", ActionLabel(escalation.action())},
          {"rung_due_on", DayInWords(escalation.due_on())},
          {"authority", authority},
          {"issued_on", DayInWords(escalation.issued_on())}};
}

}  // namespace ruraledu::dropout_monitoring
