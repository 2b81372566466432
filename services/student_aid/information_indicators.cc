#include "services/student_aid/information_indicators.h"

#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;
using dashboard::MeasureKind;

dashboard::Measure Flow(std::string_view id) {
  return {.id = id, .kind = MeasureKind::kFlow, .unit = "request", .dimension = "relation"};
}

// What lapsed is still open here: counters change with a root, not with a day.
void ContributeInformation(const v1::InformationRequest& request, Contributions& to) {
  const auto add = [&](std::string_view measure, bool counts) {
    to.Add(measure, request.area(), request.term(), request.relation(), counts ? 1 : 0);
  };
  const bool closed = request.state() == v1::INFORMATION_REQUEST_STATE_ANSWERED ||
                      request.state() == v1::INFORMATION_REQUEST_STATE_DECLINED;
  add("information_requests", request.state() != v1::INFORMATION_REQUEST_STATE_WITHDRAWN);
  add("information_open", request.state() == v1::INFORMATION_REQUEST_STATE_OPEN);
  add("information_closed", closed);
  add("information_late", closed && request.late());
}

}  // namespace

std::vector<dashboard::Measure> InformationMeasures() {
  return {Flow("information_requests"), Flow("information_open"), Flow("information_closed"), Flow("information_late")};
}

std::vector<dashboard::Contributor> InformationContributors() {
  return {dashboard::ContributorOf<v1::InformationRequest>(kInformationRequests, ContributeInformation)};
}

std::vector<dashboard::IndicatorSpec> InformationIndicators() {
  const auto none = dashboard::Always({0, 1});
  return {
      {.id = "student_aid.information_open",
       .label = "Requests for information of families without an answer",
       .label_zh = "向监护人核实未答复",
       .numerator = {{"information_open"}},
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.6, 2.7; own"},
      {.id = "student_aid.information_late",
       .label = "Requests for information of families answered late",
       .label_zh = "向监护人核实逾期答复率",
       .numerator = {{"information_late"}},
       .denominator = {{"information_closed"}},
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.6, DR-05; own"},
  };
}

}  // namespace ruraledu::student_aid
