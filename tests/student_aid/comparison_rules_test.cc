// Digest 2.9: classes, lists, coverage, differences of runs.
#include "services/student_aid/comparison_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using testing::ElementsAre;

v1::ComparisonFacts Facts(bool in_source, bool entitled, std::vector<int64_t> aided_fen) {
  v1::ComparisonFacts facts;
  facts.set_person("p");
  auto* enrolment = facts.add_enrolments();
  enrolment->set_school("s1");
  enrolment->set_status("ENROLLED");
  if (in_source) facts.add_sources()->set_kind("P2");
  if (entitled) {
    auto* item = facts.mutable_decision()->add_items();
    item->set_item("SP_LIV_B_PRI");
    item->set_family(v1::BENEFIT_FAMILY_LIVING);
    item->set_amount_fen(50000);
    item->set_counts_in_coverage(true);
  } else {
    auto* removed = facts.mutable_decision()->add_removed();
    removed->set_item("SP_LIV_B_PRI");
    removed->set_reason("RISK_ELIMINATED");
  }
  for (int64_t fen : aided_fen) {
    auto* item = facts.add_aided();
    item->set_item("SP_LIV_B_PRI");
    item->set_family(v1::BENEFIT_FAMILY_LIVING);
    item->set_amount_fen(fen);
  }
  return facts;
}

TEST(Classes, AToF) {
  EXPECT_THAT(ComparePerson(Facts(true, true, {50000})).classes(), ElementsAre(v1::COMPARISON_CLASS_A));
  EXPECT_THAT(ComparePerson(Facts(true, true, {})).classes(), ElementsAre(v1::COMPARISON_CLASS_B));
  EXPECT_THAT(ComparePerson(Facts(false, false, {50000})).classes(), ElementsAre(v1::COMPARISON_CLASS_C));
  EXPECT_THAT(ComparePerson(Facts(true, false, {})).classes(), ElementsAre());
  // Entitled by a clause that needs no hardship record: on no department's list, and in its right.
  EXPECT_THAT(ComparePerson(Facts(false, true, {50000})).classes(), ElementsAre(v1::COMPARISON_CLASS_A));
  EXPECT_THAT(ComparePerson(Facts(false, true, {})).classes(), ElementsAre(v1::COMPARISON_CLASS_B));
  v1::ComparisonFacts identified = Facts(false, false, {50000});
  identified.set_identified_by_school(true);
  EXPECT_THAT(ComparePerson(identified).classes(), ElementsAre(v1::COMPARISON_CLASS_A));
  v1::ComparisonFacts mismatch = Facts(true, true, {50000});
  mismatch.mutable_sources(0)->set_id_mismatch(true);
  EXPECT_THAT(ComparePerson(mismatch).classes(), ElementsAre(v1::COMPARISON_CLASS_A, v1::COMPARISON_CLASS_D));
  v1::ComparisonFacts twice = Facts(true, true, {50000});
  *twice.add_enrolments() = twice.enrolments(0);
  EXPECT_THAT(ComparePerson(twice).classes(), ElementsAre(v1::COMPARISON_CLASS_A));  // same school
  twice.mutable_enrolments(1)->set_school("s2");
  EXPECT_THAT(ComparePerson(twice).classes(), ElementsAre(v1::COMPARISON_CLASS_A, v1::COMPARISON_CLASS_E));
  v1::ComparisonFacts dead = Facts(true, true, {50000});
  dead.set_deceased(true);
  EXPECT_THAT(ComparePerson(dead).classes(), ElementsAre(v1::COMPARISON_CLASS_A, v1::COMPARISON_CLASS_F));
  EXPECT_EQ(ComparePerson(dead).rows(0).reason(), v1::GAP_REASON_DECEASED);
  EXPECT_FALSE(ComparePerson(dead).rows(0).should_be_aided());
}

TEST(Lists, ReasonPerItem) {
  struct Row {
    bool in_source, entitled;
    std::vector<int64_t> aided;
    v1::ComparisonList list;
    v1::GapReason reason;
    bool covered;
  };
  const Row rows[] = {
      {true, true, {50000}, v1::COMPARISON_LIST_UNSPECIFIED, v1::GAP_REASON_UNSPECIFIED, true},
      {true, true, {0}, v1::COMPARISON_LIST_UNSPECIFIED, v1::GAP_REASON_UNSPECIFIED, true},
      {true, true, {}, v1::COMPARISON_LIST_SHOULD_AID, v1::GAP_REASON_NO_AID, false},
      {true, true, {49999}, v1::COMPARISON_LIST_SHOULD_AID, v1::GAP_REASON_AMOUNT_SHORT, false},
      {true, true, {50001}, v1::COMPARISON_LIST_SHOULD_NOT, v1::GAP_REASON_AMOUNT_OVER, true},
      {true, true, {50000, 50000}, v1::COMPARISON_LIST_SHOULD_NOT, v1::GAP_REASON_DUPLICATE_AID, true},
      {false, false, {50000}, v1::COMPARISON_LIST_SHOULD_NOT, v1::GAP_REASON_NOT_IN_SOURCE, false},
      {true, false, {50000}, v1::COMPARISON_LIST_SHOULD_NOT, v1::GAP_REASON_CLAUSE_NOT_MET, false},
  };
  for (const Row& row : rows) {
    const auto result = ComparePerson(Facts(row.in_source, row.entitled, row.aided));
    EXPECT_EQ(result.rows(0).list(), row.list) << result.ShortDebugString();
    EXPECT_EQ(result.rows(0).reason(), row.reason) << result.ShortDebugString();
    EXPECT_EQ(result.rows(0).covered(), row.covered) << result.ShortDebugString();
    if (row.reason == v1::GAP_REASON_CLAUSE_NOT_MET) {
      EXPECT_EQ(result.rows(0).clause(), "RISK_ELIMINATED");
    }
  }
  v1::ComparisonFacts weak = Facts(true, true, {});
  weak.mutable_sources(0)->set_weak_match(true);
  EXPECT_EQ(ComparePerson(weak).rows(0).reason(), v1::GAP_REASON_WEAK_MATCH);
  v1::ComparisonFacts late = Facts(true, true, {});
  late.mutable_decision()->mutable_items(0)->set_supplementary(true);
  EXPECT_EQ(ComparePerson(late).rows(0).reason(), v1::GAP_REASON_SUPPLEMENTARY);
  v1::ComparisonFacts left = Facts(true, true, {50000});
  left.mutable_enrolments(0)->set_status("DROPPED");
  EXPECT_EQ(ComparePerson(left).rows(0).reason(), v1::GAP_REASON_NOT_ENROLLED);
  EXPECT_EQ(ComparePerson(Facts(true, false, {})).why_not(0).reason(), "RISK_ELIMINATED");
}

TEST(Coverage, IsAPartOfTheWhole) {
  EXPECT_EQ(CoverageRate(3, 4).value().numerator, 3);
  EXPECT_TRUE(CoverageRate(4, 4).ok());
  EXPECT_FALSE(CoverageRate(0, 0).value().applicable());
  EXPECT_EQ(ReasonOf(CoverageRate(5, 4).status()), "COVERAGE_OVER_WHOLE");
}

TEST(Runs, Differences) {
  const auto differences = CompareRuns({{"b", "X", 5, ""}, {"a", "X", 1, ""}, {"a", "Y", 2, ""}, {"c", "X", 9, ""}},
                                       {{"a", "X", 1, ""}, {"b", "X", 6, ""}, {"b", "Y", 7, ""}, {"c", "X", 9, "F"}});
  ASSERT_EQ(differences.size(), 4u);
  EXPECT_EQ(differences[0].change(), v1::RUN_CHANGE_GONE);
  EXPECT_EQ(differences[0].item(), "Y");
  EXPECT_EQ(differences[1].change(), v1::RUN_CHANGE_CHANGED);
  EXPECT_EQ(differences[1].before_fen(), 5);
  EXPECT_EQ(differences[1].after_fen(), 6);
  EXPECT_EQ(differences[2].change(), v1::RUN_CHANGE_NEW);
  EXPECT_EQ(differences[3].after(), "F");
  const auto decision = Decide(Pupil("PRI", "1", true), "2023-2024-1");
  EXPECT_TRUE(CompareRuns(LinesOf("p", decision), LinesOf("p", decision)).empty());
}

}  // namespace
}  // namespace ruraledu::student_aid
