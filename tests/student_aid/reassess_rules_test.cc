// What a decision means for applications: on what they rest, what is owed, why an amount is another one.
#include "services/student_aid/reassess_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

v1::EntitledItem Item(const std::string& code, int64_t fen, const std::vector<std::string>& kinds = {"P2"}) {
  v1::EntitledItem item;
  item.set_item(code);
  item.set_family(Book().FamilyOf(code));
  item.set_pay_form(v1::PAY_FORM_CASH);
  item.set_amount_fen(fen);
  for (const std::string& kind : kinds) item.add_kinds(kind);
  return item;
}

v1::Decision Decision() {
  v1::Decision decision;
  decision.mutable_input()->mutable_facts()->set_status("ENROLLED");
  decision.mutable_input()->mutable_facts()->set_stage("JUN");
  decision.mutable_input()->add_policy_sets("policySets/SP@1");
  decision.mutable_input()->set_rules_version("1");
  *decision.mutable_answer()->add_items() = Item("SP_LIV_B_JUN", 62500);
  return decision;
}
void Remove(v1::Decision* decision, const std::string& reason) {
  decision->mutable_answer()->clear_items();
  v1::RemovedItem* removed = decision->mutable_answer()->add_removed();
  removed->set_item("SP_LIV_B_JUN");
  removed->set_reason(reason);
}

TEST(Basis, OfComparedKindsAndOfAnIdentificationThatStands) {
  const std::set<std::string> compared = ComparedKinds(Tables().policies()[0]);
  EXPECT_TRUE(compared.contains("P2") && compared.contains("R1"));
  EXPECT_FALSE(compared.contains("D3")) << "it counts points only (2.6)";
  struct Row {
    std::vector<std::string> kinds;
    bool stands, without_paper, identification;
  };
  for (const Row& row :
       {Row{{"P2"}, false, true, false}, Row{{"D3", "M1"}, false, true, false}, Row{{"N1"}, true, true, true},
        Row{{"N1"}, false, false, false}, Row{{"N1", "O1"}, true, true, false}, Row{{"E1"}, true, false, false},
        Row{{}, true, false, false}}) {
    const Basis basis = BasisOf(Item("SP_LIV_B_JUN", 1, row.kinds), compared, row.stands);
    EXPECT_EQ(basis.without_paper, row.without_paper) << (row.kinds.empty() ? "" : row.kinds[0]);
    EXPECT_EQ(basis.identification, row.identification) << (row.kinds.empty() ? "" : row.kinds[0]);
  }
}

TEST(Owed, IsLessWhatOthersGaveInTheFamily) {
  v1::PupilFacts facts;
  v1::EntitledItem item = Item("SP_LIV_B_JUN", 62500);
  EXPECT_EQ(OwedFen(Book(), item, facts, 0), 62500);
  EXPECT_EQ(OwedFen(Book(), item, facts, 50000), 12500);
  EXPECT_EQ(OwedFen(Book(), item, facts, 70000), 0);
  item.set_supplementary(true);  // 31250 of it were received before the household was found (DR-10)
  item.set_amount_fen(31250);
  v1::ReceivedItem* received = facts.add_received();
  received->set_item("SP_LIV_N_JUN");
  received->set_amount_fen(31250);
  EXPECT_EQ(OwedFen(Book(), item, facts, 31250), 31250) << "once, not twice";
  EXPECT_EQ(OwedFen(Book(), item, facts, 62500), 0);
}

TEST(Cash, ItemsAreAppliedForWaiversAndLoansAreNot) {
  v1::EvaluateEntitlementResponse answer;
  *answer.add_items() = Item("SP_LIV_B_JUN", 1);
  *answer.add_items() = Item("SP_HS_FEE", 2);
  answer.mutable_items(1)->set_pay_form(v1::PAY_FORM_WAIVER);
  const auto items = CashItems(answer);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items.begin()->first, "SP_LIV_B_JUN");
}

struct CauseRow {
  v1::AssessmentCause cause;
  std::function<void(v1::Decision* before, v1::Decision* now)> change;
};

TEST(Cause, IsTheFirstThatHolds) {
  const auto identify = [](v1::Decision* decision, int level) {
    v1::HardshipFact* fact = decision->mutable_input()->mutable_facts()->add_hardships();
    fact->set_kind("N1");
    fact->set_level(level);
  };
  const auto stage = [](v1::Decision* decision) { decision->mutable_input()->mutable_facts()->set_stage("HS"); };
  const std::vector<CauseRow> rows = {
      {v1::ASSESSMENT_CAUSE_CLAIM, [](auto*, auto* now) { Remove(now, "DUPLICATE_AID"); }},
      {v1::ASSESSMENT_CAUSE_CLAIM, [](auto* before, auto*) { Remove(before, "DUPLICATE_AID"); }},
      {v1::ASSESSMENT_CAUSE_IDENTITY,
       [](auto*, auto* now) {
         now->mutable_input()->mutable_facts()->set_status("MERGED");
         Remove(now, "STATUS_NOT_ENROLLED");
       }},
      {v1::ASSESSMENT_CAUSE_SAME_TERM_ENTRY,
       [](auto* before, auto* now) {
         Remove(before, "KIND_NOT_HELD");
         now->mutable_answer()->mutable_items(0)->set_supplementary(true);
       }},
      {v1::ASSESSMENT_CAUSE_STANDARDS,
       [&](auto*, auto* now) {
         now->mutable_input()->set_policy_sets(0, "policySets/SP@2");
         stage(now);
       }},
      {v1::ASSESSMENT_CAUSE_RULES,
       [&](auto*, auto* now) {
         now->mutable_input()->set_rules_version("2");
         stage(now);
       }},
      {v1::ASSESSMENT_CAUSE_IDENTIFICATION, [&](auto*, auto* now) { identify(now, 2); }},
      {v1::ASSESSMENT_CAUSE_IDENTIFICATION,
       [&](auto* before, auto* now) {
         identify(before, 1);
         identify(now, 2);
       }},
      {v1::ASSESSMENT_CAUSE_REGISTRY_CHANGE,
       [&](auto*, auto* now) {
         identify(now, 2);
         stage(now);
       }},
      {v1::ASSESSMENT_CAUSE_REGISTRY_CHANGE, [&](auto*, auto* now) { stage(now); }},
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    v1::Decision before = Decision(), now = Decision();
    rows[i].change(&before, &now);
    EXPECT_EQ(CauseOf(before, now, "SP_LIV_B_JUN"), rows[i].cause) << i;
  }
  v1::EntitledItem item = Item("SP_LIV_B_JUN", 1);
  EXPECT_EQ(CauseOfNew(item, {}), v1::ASSESSMENT_CAUSE_FIRST);
  EXPECT_EQ(CauseOfNew(item, {.identification = true}), v1::ASSESSMENT_CAUSE_IDENTIFICATION);
  item.set_supplementary(true);
  EXPECT_EQ(CauseOfNew(item, {}), v1::ASSESSMENT_CAUSE_SAME_TERM_ENTRY);
}

TEST(Cause, SaysWhyNothingIsGranted) {
  v1::Decision now = Decision();
  Remove(&now, "BOARDING_OTHER");
  EXPECT_EQ(ReasonGone(now, "SP_LIV_B_JUN"), "BOARDING_OTHER");
  EXPECT_EQ(ReasonGone(now, "SP_NUTR"), "KIND_NOT_HELD");
  now.mutable_input()->mutable_facts()->set_status("MERGED");
  EXPECT_EQ(ReasonGone(now, "SP_LIV_B_JUN"), "MERGED");
}

TEST(Impact, IsCountedByChangeCauseAndItem) {
  v1::ApplicationRunResult result;
  v1::TouchedApplication touched;
  touched.set_change(v1::APPLICATION_CHANGE_REASSESSED);
  touched.set_cause(v1::ASSESSMENT_CAUSE_RULES);
  touched.set_from_fen(100);
  touched.set_to_fen(70);
  for (int i = 0; i < 201; ++i) CountTouched(touched, "B", &result);
  CountTouched(touched, "A", &result);
  touched.set_change(v1::APPLICATION_CHANGE_PROPOSED);
  CountTouched(touched, "B", &result);
  ASSERT_EQ(result.impacts_size(), 3);
  EXPECT_EQ(result.impacts(0).change(), v1::APPLICATION_CHANGE_PROPOSED);
  EXPECT_EQ(result.impacts(1).item(), "A");
  EXPECT_EQ(result.impacts(2).applications(), 201);
  EXPECT_EQ(result.impacts(2).amount_change_fen(), -30 * 201);
  EXPECT_EQ(result.touched_size(), 200) << "the first ones";
}

}  // namespace
}  // namespace ruraledu::student_aid
