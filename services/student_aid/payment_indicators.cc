#include "services/student_aid/payment_indicators.h"

#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

using dashboard::Contributions;
using dashboard::MeasureKind;

dashboard::Measure Flow(std::string_view id, std::string_view unit) {
  return {.id = id, .kind = MeasureKind::kFlow, .unit = unit, .dimension = "item"};
}

// What was given up with its batch was never ordered.
void ContributeOrder(const v1::PaymentOrder& order, Contributions& to) {
  if (order.area().empty() || order.state() == v1::PAYMENT_ORDER_STATE_CANCELLED) {
    return;
  }
  const auto add = [&](std::string_view measure, int64_t value) {
    to.Add(measure, order.area(), order.term(), order.item(), value);
  };
  add("pay_ordered_fen", order.amount_fen());
  if (order.state() == v1::PAYMENT_ORDER_STATE_PAID) {
    add("pay_paid_fen", order.amount_fen());
  }
  if (order.has_paid_on()) {
    add("pay_paid_orders", 1);
    add("pay_late_orders", order.late() ? 1 : 0);
  }
  if (order.state() == v1::PAYMENT_ORDER_STATE_FAILED) {
    add("pay_failed_orders", 1);
  }
  if (order.state() == v1::PAYMENT_ORDER_STATE_RETURNED) {
    add("pay_returned_orders", 1);
  }
}

void ContributeApplication(const v1::Application& application, Contributions& to) {
  if (application.area().empty()) {
    return;
  }
  const auto add = [&](std::string_view measure, int64_t value) {
    to.Add(measure, application.area(), application.term(), application.item(), value);
  };
  const bool failed = application.state() == v1::APPLICATION_STATE_PAY_FAILED;
  if (failed || application.state() == v1::APPLICATION_STATE_APPROVED ||
      application.state() == v1::APPLICATION_STATE_ORDERED) {
    add("pay_unpaid_items", 1);
    add("pay_failed_items", failed ? 1 : 0);
  }
  if (application.recoverable_fen() > 0) {
    add("pay_recoverable_fen", application.recoverable_fen());
  }
}

}  // namespace

std::vector<dashboard::Measure> PaymentMeasures() {
  return {
      Flow("pay_ordered_fen", "fen"),     Flow("pay_paid_fen", "fen"),          Flow("pay_paid_orders", "payment"),
      Flow("pay_late_orders", "payment"), Flow("pay_failed_orders", "payment"), Flow("pay_returned_orders", "payment"),
      Flow("pay_unpaid_items", "item"),   Flow("pay_failed_items", "item"),     Flow("pay_recoverable_fen", "fen")};
}

std::vector<dashboard::Contributor> PaymentContributors() {
  return {dashboard::ContributorOf<v1::PaymentOrder>(kPaymentOrders, ContributeOrder),
          dashboard::ContributorOf<v1::Application>(kApplications, ContributeApplication)};
}

std::vector<dashboard::IndicatorSpec> PaymentIndicators(const std::function<std::string(std::string_view)>& item) {
  const auto none = dashboard::Always({0, 1});
  return {
      {.id = "student_aid.paid_of_ordered",
       .label = "Paid of what was ordered",
       .label_zh = "发放完成率（金额）",
       .numerator = {{"pay_paid_fen"}},
       .denominator = {{"pay_ordered_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.10 execution",
       .part_label = item},
      {.id = "student_aid.late_payment_rate",
       .label = "Payments after the deadline",
       .label_zh = "逾期发放率",
       .numerator = {{"pay_late_orders"}},
       .denominator = {{"pay_paid_orders"}},
       .parts = true,
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7, DR-23",
       .part_label = item},
      {.id = "student_aid.unpaid_items",
       .label = "Approved and not paid",
       .label_zh = "已审批未发放（项）",
       .numerator = {{"pay_unpaid_items"}},
       .parts = true,
       .sensitive = true,
       .source = "2.7",
       .part_label = item},
      {.id = "student_aid.failed_items",
       .label = "Failed or returned, not ordered again",
       .label_zh = "发放失败待补发（项）",
       .numerator = {{"pay_failed_items"}},
       .parts = true,
       .target = none,
       .direction = TargetDirection::kAtMost,
       .sensitive = true,
       .source = "2.7 a",
       .part_label = item},
      {.id = "student_aid.failed_orders",
       .label = "Payments that the bank refused",
       .label_zh = "银行拒付笔数",
       .numerator = {{"pay_failed_orders"}},
       .parts = true,
       .sensitive = true,
       .source = "2.10 execution",
       .part_label = item},
      {.id = "student_aid.returned_orders",
       .label = "Payments that came back",
       .label_zh = "退汇笔数",
       .numerator = {{"pay_returned_orders"}},
       .parts = true,
       .sensitive = true,
       .source = "2.10 execution",
       .part_label = item},
      {.id = "student_aid.recoverable_fen",
       .label = "Wrongly paid, to come back",
       .label_zh = "待追回金额",
       .numerator = {{"pay_recoverable_fen"}},
       .parts = true,
       .sensitive = true,
       .source = "2.7 b, d",
       .part_label = item},
  };
}

}  // namespace ruraledu::student_aid
