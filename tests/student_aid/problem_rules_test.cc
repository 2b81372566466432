// Problems with codes and what was done about them.
#include "services/student_aid/problem_rules.h"

#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::student_aid {
namespace {

TEST(Problems, WhatWasDone) {
  const absl::CivilDay today(2023, 12, 1);
  v1::Restriction restriction;
  restriction.set_code("FALSE_INFORMATION");
  EXPECT_EQ(ProblemOf(restriction, today).done, "");
  restriction.add_bypasses();
  EXPECT_EQ(ProblemOf(restriction, today).done, "单项放行");
  *restriction.mutable_until() = DateOf(today);
  EXPECT_EQ(ProblemOf(restriction, today).done, "已到期");
  restriction.set_lifted_by("x");
  EXPECT_EQ(ProblemOf(restriction, today).done, "已解除");
  v1::PaymentOrder order;
  order.set_state(v1::PAYMENT_ORDER_STATE_FAILED);
  EXPECT_EQ(ProblemOf(order, v1::APPLICATION_STATE_PAY_FAILED).code, "FAILED");
  EXPECT_EQ(ProblemOf(order, v1::APPLICATION_STATE_PAY_FAILED).done, "");
  EXPECT_EQ(ProblemOf(order, v1::APPLICATION_STATE_PAID).done, "已发放");
  order.set_bank_reason("AC01");
  EXPECT_EQ(ProblemOf(order, v1::APPLICATION_STATE_WITHDRAWN).code, "AC01");
  EXPECT_EQ(LeftOutProblem("CARD_MISSING", v1::APPLICATION_STATE_ORDERED).done, "已列入批次");
  v1::ComparisonRow row;
  EXPECT_FALSE(ProblemOf(row, std::nullopt).has_value());
  row.set_list(v1::COMPARISON_LIST_SHOULD_AID);
  row.set_reason(v1::GAP_REASON_NO_AID);
  EXPECT_EQ(ProblemOf(row, std::nullopt)->code, "NO_AID");
  EXPECT_EQ(ProblemOf(row, std::nullopt)->done, "");
  EXPECT_EQ(ProblemOf(row, v1::APPLICATION_STATE_SUBMITTED)->done, "");
  EXPECT_EQ(ProblemOf(row, v1::APPLICATION_STATE_PAID)->done, "已发放");
  row.set_list(v1::COMPARISON_LIST_SHOULD_NOT);
  EXPECT_EQ(ProblemOf(row, v1::APPLICATION_STATE_PAID)->done, "") << "it is to come back";
  EXPECT_EQ(ProblemOf(row, v1::APPLICATION_STATE_RECOVERED)->done, "已追回");
  ProblemCounts counts;
  Count({ProblemSource::kMirror, "A", ""}, &counts);
  Count({ProblemSource::kMirror, "A", "已认可"}, &counts);
  Count({ProblemSource::kMirror, "A", "已认可"}, &counts);
  Count({ProblemSource::kMirror, "A", "已更正"}, &counts);
  const ProblemCount& count = counts.at({ProblemSource::kMirror, "A"});
  EXPECT_EQ(count.found, 4);
  EXPECT_EQ(count.open, 1);
  EXPECT_EQ(count.DoneText(), "已更正 1，已认可 2");
}

}  // namespace
}  // namespace ruraledu::student_aid
