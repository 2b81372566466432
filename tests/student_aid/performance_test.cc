// Performance targets and self-evaluation: who may do what, values that are those of the dashboard, reasons of
// deviations.
#include "services/student_aid/performance_rules.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {
namespace {

class PerformanceTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PerformanceTest() : OfficeFixture(OptionsOf(GetParam())) {}

  static v1::SetPerformanceTargetsRequest Setting(
      const std::vector<std::tuple<std::string, int64_t, int64_t>>& targets) {
    v1::SetPerformanceTargetsRequest request;
    request.set_parent(kCounty);
    request.set_budget_year(2023);
    for (const auto& [indicator, numerator, denominator] : targets) {
      v1::PerformanceTarget* target = request.add_targets();
      target->set_indicator(indicator);
      target->mutable_target()->set_numerator(numerator);
      target->mutable_target()->set_denominator(denominator);
    }
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::PerformancePlan> Set(const v1::SetPerformanceTargetsRequest& request) {
    return As("planner", "SetPerformanceTargets", request, &Handlers::SetPerformanceTargets);
  }
  absl::StatusOr<v1::PerformancePlan> Confirm(const v1::PerformancePlan& plan, const std::string& by) {
    auto request = Naming<v1::ConfirmPerformanceRequest>(plan.name());
    request.set_etag(plan.etag());
    return As(by, "ConfirmPerformance", request, &Handlers::ConfirmPerformance);
  }
  absl::StatusOr<v1::PerformancePlan> Evaluate(const std::map<std::string, std::string>& reasons = {}) {
    auto request = Naming<v1::EvaluatePerformanceRequest>(absl::StrCat(kCounty, "/performancePlans/2023"));
    for (const auto& [indicator, reason] : reasons) {
      v1::PerformanceDeviation* deviation = request.add_deviations();
      deviation->set_indicator(indicator);
      deviation->set_reason(reason);
    }
    return As("evaluator", "EvaluatePerformance", request, &Handlers::EvaluatePerformance);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, PerformanceTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PerformanceTest, TargetsAreApprovedThenValuesStandBesideThem) {
  Pay({"p1", "p2"});
  Approve({"p3"});
  ASSERT_TRUE(Set(Setting({{"student_aid.late_payment_rate", 0, 1}})).ok());
  auto plan = Set(Setting(
      {{"student_aid.unpaid_items", 1, 1}, {"student_aid.late_payment_rate", 0, 1}, {"student_aid.complaints", 1, 1}}));
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->targets_size(), 3) << "other targets until they are approved";
  EXPECT_EQ(plan->targets(1).label_zh(), "逾期发放率");
  EXPECT_TRUE(plan->targets(1).at_most());
  EXPECT_EQ(ReasonOf(Evaluate().status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Confirm(*plan, "planner").status()), "ROLE_HELD");
  plan = Confirm(*plan, "leader");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->state(), v1::PERFORMANCE_STATE_APPROVED);
  EXPECT_EQ(ReasonOf(Set(Setting({{"student_aid.complaints", 0, 1}})).status()), "STATE_TRANSITION");

  EXPECT_EQ(ReasonOf(Evaluate().status()), "FIELD_REQUIRED") << "there was no complaint";
  plan = Evaluate({{"student_aid.complaints", "无投诉"}, {"student_aid.unpaid_items", "not needed"}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const v1::PerformanceTarget &complaints = plan->targets(0), &late = plan->targets(1), &unpaid = plan->targets(2);
  EXPECT_FALSE(complaints.met());
  EXPECT_EQ(complaints.deviation(), "无投诉");
  EXPECT_TRUE(late.met());
  EXPECT_EQ(late.actual().numerator(), aid.Counter("pay_late_orders"));
  EXPECT_EQ(late.actual().denominator(), 2);
  EXPECT_TRUE(unpaid.met());
  EXPECT_EQ(unpaid.actual().numerator(), 1);
  EXPECT_EQ(unpaid.actual().denominator(), 1);
  EXPECT_TRUE(unpaid.deviation().empty());
  EXPECT_EQ(ReasonOf(Confirm(*plan, "evaluator").status()), "ROLE_HELD");
  v1::PerformancePlan stale = *plan;
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(Confirm(stale, "leader").status()), "ETAG_MISMATCH");
  plan = Confirm(*plan, "leader");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->state(), v1::PERFORMANCE_STATE_SIGNED);
  EXPECT_EQ(ReasonOf(Confirm(*plan, "other").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Evaluate({{"student_aid.complaints", "x"}}).status()), "STATE_TRANSITION");
  const auto got = As("reader", "GetPerformancePlan", Naming<v1::GetPerformancePlanRequest>(plan->name()),
                      &Handlers::GetPerformancePlan);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->signed_by(), "job:leader");
  v1::ListPerformancePlansRequest list;
  list.set_parent(kCounty);
  EXPECT_EQ(As("reader", "ListPerformancePlans", list, &Handlers::ListPerformancePlans)->plans_size(), 1);
}

TEST_P(PerformanceTest, EachFieldIsChecked) {
  const auto refused = [&](const v1::SetPerformanceTargetsRequest& request) { return ReasonOf(Set(request).status()); };
  EXPECT_EQ(refused(Setting({{"student_aid.happiness", 1, 1}})), "INDICATOR_UNKNOWN");
  EXPECT_EQ(refused(Setting({{"student_aid.coverage", 1, 1}, {"student_aid.coverage", 1, 2}})), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(refused(Setting({{"student_aid.coverage", 1, 0}})), "NUMBER_RANGE");
  EXPECT_EQ(refused(Setting({{"student_aid.coverage", -1, 1}})), "NUMBER_RANGE");
  EXPECT_EQ(refused(Setting({})), "FIELD_REQUIRED");
  auto year = Setting({{"student_aid.coverage", 1, 1}});
  year.set_budget_year(1999);
  EXPECT_EQ(refused(year), "NUMBER_RANGE");
  auto many = Setting({});
  for (int i = 0; i < 51; ++i) many.add_targets()->set_indicator(absl::StrCat(i));
  EXPECT_EQ(refused(many), "FIELD_TOO_MANY");
  const auto request = Setting({{"student_aid.coverage", 1, 1}});
  const auto plan = Set(request);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(Set(request)->etag(), plan->etag()) << "a replay";
  auto stale = Setting({{"student_aid.coverage", 1, 2}});
  stale.set_etag("\"1\"");
  EXPECT_EQ(refused(stale), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(As("x", "SetPerformanceTargets", Setting({{"student_aid.coverage", 1, 1}}),
                        &Handlers::SetPerformanceTargets, "411728103")
                         .status()),
            "PERMISSION_DENIED");
}

}  // namespace
}  // namespace ruraledu::student_aid
