#include "services/student_aid/problem_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

// What became of an item that should be given.
std::string Granted(v1::ApplicationState state) {
  switch (state) {
    case v1::APPLICATION_STATE_PAID:
    case v1::APPLICATION_STATE_RECOVERING:
    case v1::APPLICATION_STATE_RECOVERED:
    case v1::APPLICATION_STATE_WRITTEN_OFF:
      return "已发放";
    case v1::APPLICATION_STATE_REJECTED:
    case v1::APPLICATION_STATE_WITHDRAWN:
      return "未予资助";
    default:
      return "";
  }
}

// What became of an item that should not be given.
std::string Stopped(v1::ApplicationState state) {
  switch (state) {
    case v1::APPLICATION_STATE_RECOVERED:
      return "已追回";
    case v1::APPLICATION_STATE_WRITTEN_OFF:
      return "已核销";
    case v1::APPLICATION_STATE_REJECTED:
    case v1::APPLICATION_STATE_WITHDRAWN:
      return "未发放";
    default:
      return "";
  }
}

}  // namespace

std::string ProblemSourceLabel(ProblemSource source) {
  switch (source) {
    case ProblemSource::kRestriction:
      return "限制";
    case ProblemSource::kPresence:
      return "在校核验";
    case ProblemSource::kPayment:
      return "发放失败";
    case ProblemSource::kLeftOut:
      return "未列入发放批次";
    case ProblemSource::kImport:
      return "数据导入";
    case ProblemSource::kComparison:
      return "数据比对";
    case ProblemSource::kMirror:
      return "国家系统对账";
  }
  return "";
}

Problem ProblemOf(const v1::Restriction& restriction, absl::CivilDay today) {
  const auto until = DayOf(restriction.until());
  return {ProblemSource::kRestriction, restriction.code(),
          !restriction.lifted_by().empty()       ? "已解除"
          : until.has_value() && *until <= today ? "已到期"
          : restriction.bypasses_size() > 0      ? "单项放行"
                                                 : ""};
}

Problem ProblemOf(const v1::PaymentOrder& order, v1::ApplicationState state) {
  std::string code = order.bank_reason();
  if (code.empty()) {
    code = EnumText(order.state());
  }
  return {ProblemSource::kPayment, std::move(code), Granted(state)};
}

Problem LeftOutProblem(const std::string& reason, v1::ApplicationState state) {
  const bool ordered = state == v1::APPLICATION_STATE_ORDERED;
  return {ProblemSource::kLeftOut, reason, ordered ? "已列入批次" : Granted(state)};
}

Problem ProblemOf(const v1::AidRecord& refused) {
  return {ProblemSource::kImport, refused.refused(), "不予入账"};
}

std::optional<Problem> ProblemOf(const v1::ComparisonRow& row, std::optional<v1::ApplicationState> state) {
  const bool should = row.list() == v1::COMPARISON_LIST_SHOULD_AID;
  if (!should && row.list() != v1::COMPARISON_LIST_SHOULD_NOT) {
    return std::nullopt;
  }
  return Problem{ProblemSource::kComparison, EnumText(row.reason()),
                 !state.has_value() ? ""
                 : should           ? Granted(*state)
                                    : Stopped(*state)};
}

Problem ProblemOf(const v1::MirrorEntry& difference) {
  return {ProblemSource::kMirror, EnumText(difference.reason()),
          difference.state() == v1::MIRROR_ENTRY_STATE_ACCEPTED    ? "已认可"
          : difference.state() == v1::MIRROR_ENTRY_STATE_CORRECTED ? "已更正"
                                                                   : ""};
}

std::string ProblemCount::DoneText() const {
  std::string text;
  for (const auto& [how, count] : done) {
    absl::StrAppend(&text, text.empty() ? "" : "，", how, " ", count);
  }
  return text;
}

void Count(const Problem& problem, ProblemCounts* counts) {
  ProblemCount& count = (*counts)[{problem.source, problem.code}];
  ++count.found;
  if (problem.done.empty()) {
    ++count.open;
  } else {
    ++count.done[problem.done];
  }
}

}  // namespace ruraledu::student_aid
