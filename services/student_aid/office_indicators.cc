#include "services/student_aid/office_indicators.h"

#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;
using dashboard::MeasureKind;

dashboard::Measure Flow(std::string_view id, std::string_view unit, std::string_view dimension) {
  return {.id = id, .kind = MeasureKind::kFlow, .unit = unit, .dimension = dimension};
}

void ContributeComplaint(const v1::Complaint& complaint, Contributions& to) {
  const auto add = [&](std::string_view measure, int64_t value) {
    to.Add(measure, complaint.area(), complaint.term(), complaint.category(), value);
  };
  const bool open = complaint.state() != v1::COMPLAINT_STATE_ANSWERED;
  add("complaints", 1);
  add("complaints_open", open ? 1 : 0);
  add("complaints_answered", open ? 0 : 1);
  add("complaints_late", !open && complaint.late() ? 1 : 0);
  add("complaints_founded", !open && complaint.outcome() == v1::COMPLAINT_OUTCOME_FOUNDED ? 1 : 0);
}

void ContributeMessage(const v1::FamilyMessage& message, Contributions& to) {
  const auto add = [&](std::string_view measure, bool counts) {
    to.Add(measure, message.area(), message.term(), message.item(), counts ? 1 : 0);
  };
  add("messages", true);
  add("messages_delivered", message.state() == v1::FAMILY_MESSAGE_STATE_DELIVERED);
  add("messages_undelivered", message.state() == v1::FAMILY_MESSAGE_STATE_UNDELIVERED);
}

// Each term by itself: what was there and what of it reached pupils.
void ContributeStock(const v1::GoodsStock& stock, Contributions& to) {
  for (const v1::GoodsTerm& term : stock.terms()) {
    const int64_t issued = term.totals().issued() - term.totals().returned();
    to.Add("goods_issued", stock.area(), term.term(), stock.item(), issued);
    to.Add("goods_available", stock.area(), term.term(), stock.item(), issued + term.closing());
  }
}

}  // namespace

std::vector<dashboard::Measure> OfficeMeasures() {
  return {Flow("complaints", "complaint", "category"),
          Flow("complaints_open", "complaint", "category"),
          Flow("complaints_answered", "complaint", "category"),
          Flow("complaints_late", "complaint", "category"),
          Flow("complaints_founded", "complaint", "category"),
          Flow("messages", "message", "item"),
          Flow("messages_delivered", "message", "item"),
          Flow("messages_undelivered", "message", "item"),
          Flow("goods_issued", "piece", "goods"),
          Flow("goods_available", "piece", "goods")};
}

std::vector<dashboard::Contributor> OfficeContributors() {
  return {dashboard::ContributorOf<v1::Complaint>(kComplaints, ContributeComplaint),
          dashboard::ContributorOf<v1::FamilyMessage>(kFamilyMessages, ContributeMessage),
          dashboard::ContributorOf<v1::GoodsStock>(kGoodsStocks, ContributeStock)};
}

std::vector<dashboard::IndicatorSpec> OfficeIndicators() {
  const auto none = dashboard::Always({0, 1});
  return {
      {.id = "student_aid.complaints",
       .label = "Complaints",
       .label_zh = "投诉求助",
       .numerator = {{"complaints"}},
       .sensitive = true,
       .source = "2.7"},
      {.id = "student_aid.complaints_open",
       .label = "Complaints not answered",
       .label_zh = "未办结投诉求助",
       .numerator = {{"complaints_open"}},
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7"},
      {.id = "student_aid.complaints_late",
       .label = "Complaints answered late",
       .label_zh = "逾期答复率",
       .numerator = {{"complaints_late"}},
       .denominator = {{"complaints_answered"}},
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7, DR-05"},
      {.id = "student_aid.families_told",
       .label = "Families told of a payment",
       .label_zh = "发放告知送达率",
       .numerator = {{"messages_delivered"}},
       .denominator = {{"messages"}},
       .target = dashboard::Always({1, 1}),
       .sensitive = true,
       .source = "2.7"},
      {.id = "student_aid.families_not_reached",
       .label = "Families not reached",
       .label_zh = "发放告知未送达",
       .numerator = {{"messages_undelivered"}},
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7"},
      {.id = "student_aid.goods_issued",
       .label = "Goods issued of what was there",
       .label_zh = "实物发放率",
       .numerator = {{"goods_issued"}},
       .denominator = {{"goods_available"}},
       .parts = true,
       .target = dashboard::Always({1, 1}),
       .source = "2.7"},
  };
}

}  // namespace ruraledu::student_aid
