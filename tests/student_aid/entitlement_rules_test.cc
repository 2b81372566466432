// Digest 2.2-2.5 as tables.
#include "services/student_aid/entitlement_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

TEST(WorkedTotals, OfDigest25) {
  struct Row {
    const char *stage, *grade2022, *grade2023;
    bool boarding;
    int64_t spring2023, autumn2023, spring2024;
    bool flagged;  // STANDARD_BELOW_NATIONAL in 2023-2024-2
    const char* living;
  };
  const Row rows[] = {
      {"JUN", "7", "8", true, 62500 + 40000, 62500 + 40000, 75000 + 40000, true, "SP_LIV_B_JUN"},
      {"JUN", "7", "8", false, 31250 + 40000, 31250 + 40000, 37500 + 40000, true, "SP_LIV_N_JUN"},
      {"PRI", "3", "4", true, 50000 + 40000, 50000 + 40000, 62500 + 40000, true, "SP_LIV_B_PRI"},
      {"PRI", "3", "4", false, 25000 + 40000, 25000 + 40000, 31250 + 40000, true, "SP_LIV_N_PRI"},
      {"PRE", "P1", "P2", false, 50000, 50000, 50000, false, "SP_PRE_LIV"},
      {"HS", "10", "11", true, 80000 + 150000, 80000 + 150000, 80000 + 150000, false, "SP_HS_FEE"},
      {"VOC", "V1", "V2", true, 60000 + 100000, 60000 + 100000, 60000 + 100000, false, "SP_VOC_FEE"},
      {"VOC", "V2", "V3", true, 60000 + 100000, 60000, 60000, false, "SP_VOC_FEE"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.stage) + row.grade2022 + (row.boarding ? " boarding" : " day"));
    const v1::PupilFacts before = Pupil(row.stage, row.grade2022, row.boarding),
                         after = Pupil(row.stage, row.grade2023, row.boarding);
    EXPECT_EQ(Total(Decide(before, "2022-2023-2")), row.spring2023);
    EXPECT_EQ(Total(Decide(after, "2023-2024-1")), row.autumn2023);
    const auto spring = Decide(after, "2023-2024-2");
    EXPECT_EQ(Total(spring), row.spring2024);
    EXPECT_EQ(Flagged(spring, row.living, "STANDARD_BELOW_NATIONAL"), row.flagged);
    EXPECT_FALSE(Flagged(Decide(after, "2023-2024-1"), row.living, "STANDARD_BELOW_NATIONAL"));
    if (row.flagged) {  // LOCAL pays the local row alone, with the same flag
      EXPECT_EQ(Total(Decide(after, "2023-2024-2", LocalBook())), row.autumn2023);
      EXPECT_TRUE(Flagged(Decide(after, "2023-2024-2", LocalBook()), row.living, "STANDARD_BELOW_NATIONAL"));
    }
  }
}

// Every row of 2.2 and 2.3 at its edges. -1: not granted.
TEST(Standards, ByTerm) {
  struct Row {
    const char *item, *stage, *grade, *kind;
    bool boarding;
    const char* term;
    int64_t fen;
  };
  const Row rows[] = {
      {"SP_PRE_FEE", "PRE", "P1", "P2", false, "2022-2023-1", -1},
      {"SP_PRE_FEE", "PRE", "P1", "P2", false, "2022-2023-2", 30000},
      {"SP_PRE_LIV", "PRE", "P1", "M3", false, "2022-2023-2", 20000},
      {"SP_COMP_WAIVE", "PRI", "1", "N1", false, "2022-2023-2", 0},
      {"SP_LIV_B_PRI", "PRI", "1", "P2", true, "2022-2023-1", -1},
      {"SP_LIV_B_PRI", "PRI", "1", "P2", true, "2022-2023-2", 50000},
      {"SP_NUTR", "JUN", "9", "M1", true, "2022-2023-1", -1},
      {"SP_NUTR", "JUN", "9", "M1", true, "2022-2023-2", 40000},
      {"SP_HS_GRANT", "HS", "12", "M2", true, "2022-2023-2", 150000},
      {"SP_VOC_GRANT", "VOC", "V3", "P2", true, "2024-2025-1", -1},
      {"SP_VOC_GRANT", "VOC", "V3", "P2", true, "2024-2025-2", 100000},
      {"SP_UG", "UG", "1", "P2", true, "2023-2024-1", 200000},
      {"SP_UG", "COL", "1", "P2", true, "2023-2024-1", 200000},
      {"SP_MA", "MA", "1", "P2", true, "2023-2024-1", 300000},
      {"SP_PHD", "PHD", "1", "P2", true, "2023-2024-1", 650000},  // national floor 13000 (DR-16)
      {"SP_YULU", "COL", "1", "P2", true, "2023-2024-1", 150000},
      {"SP_YULU", "UG", "1", "P2", true, "2023-2024-1", -1},
      {"CN_LIV_B_PRI", "PRI", "1", "D1", true, "2010-2011-2", -1},
      {"CN_LIV_B_PRI", "PRI", "1", "D1", true, "2011-2012-1", 50000},
      {"CN_LIV_B_PRI", "PRI", "1", "D1", true, "2023-2024-1", 50000},
      {"CN_LIV_B_PRI", "PRI", "1", "D1", true, "2023-2024-2", 62500},
      {"CN_LIV_B_JUN", "JUN", "7", "D1", true, "2010-2011-2", -1},
      {"CN_LIV_B_JUN", "JUN", "7", "D1", true, "2023-2024-1", 62500},
      {"CN_LIV_B_JUN", "JUN", "7", "D1", true, "2023-2024-2", 75000},
      {"CN_LIV_N_PRI", "PRI", "1", "X1", false, "2018-2019-2", -1},
      {"CN_LIV_N_PRI", "PRI", "1", "X1", false, "2019-2020-1", 25000},
      {"CN_LIV_N_PRI", "PRI", "1", "X1", false, "2023-2024-1", 25000},
      {"CN_LIV_N_PRI", "PRI", "1", "X1", false, "2023-2024-2", 31250},
      {"CN_LIV_N_JUN", "JUN", "7", "X1", false, "2023-2024-1", 31250},
      {"CN_LIV_N_JUN", "JUN", "7", "X1", false, "2023-2024-2", 37500},
      {"CN_LIV_N_JUN", "JUN", "7", "N1", false, "2023-2024-2", -1},  // not of the four groups
      {"CN_HS_GRANT", "HS", "10", "N1", true, "2024-2025-1", 100000},
      {"CN_HS_GRANT", "HS", "10", "N1", true, "2024-2025-2", 115000},
      {"CN_HS_WAIVE", "HS", "10", "X1", true, "2024-2025-1", 80000},
      {"CN_HS_WAIVE", "HS", "10", "N1", true, "2024-2025-1", -1},
      {"CN_VOC_WAIVE", "VOC", "V3", "N1", true, "2024-2025-1", 60000},
      {"CN_VOC_GRANT", "VOC", "V2", "N1", true, "2024-2025-1", 100000},
      {"CN_VOC_GRANT", "VOC", "V3", "N1", true, "2024-2025-1", -1},
      {"CN_VOC_GRANT", "VOC", "V3", "N1", true, "2024-2025-2", 115000},
      {"CN_UG_GRANT", "UG", "1", "N1", true, "2023-2024-2", 165000},
      {"CN_UG_GRANT", "UG", "1", "N1", true, "2024-2025-1", 185000},
      {"CN_MA_GRANT", "MA", "1", "N1", true, "2014-2015-1", 300000},
      {"CN_PHD_GRANT", "PHD", "1", "N1", true, "2016-2017-2", 650000},
      {"CN_PHD_GRANT", "PHD", "1", "N1", true, "2016-2017-1", -1},
      {"SP_LOAN_UG", "UG", "1", "P2", true, "2022-2023-1", 1200000},  // loans by school year (DR-20)
      {"SP_LOAN_UG", "UG", "1", "P2", true, "2022-2023-2", 1200000},
      {"SP_LOAN_UG", "UG", "1", "P2", true, "2023-2024-1", 1600000},
      {"SP_LOAN_UG", "UG", "1", "P2", true, "2024-2025-1", 2000000},
      {"SP_LOAN_PG", "MA", "1", "P2", true, "2022-2023-2", 1600000},
      {"SP_LOAN_PG", "MA", "1", "P2", true, "2023-2024-2", 2000000},
      {"SP_LOAN_PG", "MA", "1", "P2", true, "2024-2025-1", 2500000},
      {"CN_LOAN_UG", "UG", "1", "P2", true, "2020-2021-2", 800000},
      {"CN_LOAN_UG", "UG", "1", "P2", true, "2021-2022-1", 1200000},
      {"CN_LOAN_PG", "MA", "1", "P2", true, "2020-2021-2", 1200000},
  };
  for (const Row& row : rows) {
    const auto decision = Decide(Pupil(row.stage, row.grade, row.boarding, {row.kind}), row.term);
    EXPECT_EQ(Fen(decision, row.item), row.fen) << row.item << " " << row.term << "\n" << decision.ShortDebugString();
  }
}

TEST(Kinds, OnTheFirstDayAndWithinTheTerm) {  // DR-10, DR-14
  struct Row {
    const char* kind;
    int from, to, eliminated;
    const char* why;  // "" = granted
    bool supplementary;
  };
  const Row rows[] = {
      {"P2", 20230901, 0, 0, "", false},
      {"P2", 20230902, 0, 0, "KIND_STARTS_LATER", false},
      {"P2", 20200101, 20230901, 0, "KIND_ENDED", false},
      {"P2", 20200101, 20230902, 0, "", false},
      {"P3", 20200101, 0, 0, "KIND_NOT_HELD", false},
      {"M1", 20200101, 0, 20230831, "RISK_ELIMINATED", false},
      {"M1", 20200101, 0, 20230901, "RISK_ELIMINATED", false},
      {"M1", 20200101, 0, 20230902, "", false},
      {"M2", 20230901, 0, 0, "", false},
      {"M2", 20230902, 0, 0, "", true},
      {"M3", 20231130, 0, 0, "", true},
      {"M3", 20231201, 0, 0, "FOUND_AFTER_CUTOFF", false},
      {"M3", 20231010, 0, 20231020, "", true},  // found and eliminated inside the term: kept
  };
  for (const Row& row : rows) {
    v1::PupilFacts facts = Pupil("PRI", "1", true, {});
    AddKind(&facts, row.kind, row.from, row.to, row.eliminated);
    const auto decision = Decide(facts, "2023-2024-1");
    SCOPED_TRACE(std::string(row.kind) + " from " + std::to_string(row.from) + " until " +
                 std::to_string(row.eliminated));
    EXPECT_EQ(Why(decision, "SP_LIV_B_PRI"), row.why);
    EXPECT_EQ(Fen(decision, "SP_LIV_B_PRI"), std::string(row.why).empty() ? 50000 : -1);
    EXPECT_EQ(Flagged(decision, "SP_LIV_B_PRI", "SUPPLEMENTARY"), row.supplementary);
    if (row.supplementary && Find(decision, "SP_LIV_B_PRI") != nullptr) {
      EXPECT_TRUE(Find(decision, "SP_LIV_B_PRI")->supplementary());
    }
  }
}

TEST(Kinds, SpringCutOffIsTheEndOfMay) {  // DR-10
  for (const auto& [from, granted] : {std::pair{20240531, true}, std::pair{20240601, false}}) {
    v1::PupilFacts facts = Pupil("PRI", "1", true, {});
    AddKind(&facts, "M2", from);
    EXPECT_EQ(Fen(Decide(facts, "2023-2024-2"), "SP_LIV_B_PRI") > 0, granted) << from;
  }
}

TEST(Kinds, AnEliminatedM1FallsBackToItsOwnKind) {  // DR-14
  v1::PupilFacts facts = Pupil("PRI", "1", true, {"P2"});
  AddKind(&facts, "M1", 20220101, 0, 20230801);
  EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "SP_LIV_B_PRI"), 50000);
}

TEST(Kinds, PaidOnceWithEveryKindBestFirst) {  // 2.5
  const auto decision = Decide(Pupil("PRI", "1", true, {"M2", "P2", "D1"}), "2023-2024-1");
  EXPECT_THAT(Find(decision, "SP_LIV_B_PRI")->kinds(), testing::ElementsAre("P2", "M2"));
}

TEST(Kinds, FourGroupsTakeRuralAllowanceOnly) {
  for (const auto& [area, fen] : {std::pair{"RURAL", 31250}, std::pair{"URBAN", -1}, std::pair{"", -1}}) {
    v1::PupilFacts facts = Pupil("PRI", "1", false, {});
    AddKind(&facts, "D1", 20200101, 0, 0, area);
    const auto decision = Decide(facts, "2023-2024-2");
    EXPECT_EQ(Fen(decision, "CN_LIV_N_PRI"), fen) << area;
    if (fen < 0) {
      EXPECT_EQ(Why(decision, "CN_LIV_N_PRI"), "KIND_AREA_URBAN");
    }
  }
}

TEST(Supplement, IsLessWhatWasReceivedInTheFamily) {  // DR-10
  for (const auto& [received, fen] : {std::pair{0, 150000}, std::pair{100000, 50000}, std::pair{149999, 1},
                                      std::pair{150000, -1}, std::pair{160000, -1}}) {
    v1::PupilFacts facts = Pupil("HS", "10", true, {"N1"});
    AddKind(&facts, "M3", 20231001);
    v1::ReceivedItem* item = facts.add_received();
    item->set_item("CN_HS_GRANT");
    item->set_amount_fen(received);
    const auto decision = Decide(facts, "2023-2024-1");
    EXPECT_EQ(Fen(decision, "SP_HS_GRANT"), fen) << received;
    EXPECT_EQ(Fen(decision, "SP_HS_FEE"), 80000);  // another family
    if (fen < 0) {
      EXPECT_EQ(Why(decision, "SP_HS_GRANT"), "ALREADY_RECEIVED");
    }
  }
}

TEST(Waivers, AreFloorsByScopeAndNeverAboveTheCharge) {  // DR-15, DR-16
  struct Row {
    bool boarding;
    int64_t tuition, accommodation, approved, fen;
  };
  const Row rows[] = {
      {false, 40000, -1, 40000, 40000},       // the example of DR-15
      {true, 80000, 40000, 80000, 80000},     // capped at 80000
      {true, 30000, 20000, 30000, 50000},     // tuition + accommodation below the cap
      {true, 120000, 40000, 120000, 120000},  // national scope is higher
      {true, 120000, 40000, 100000, 100000},  // ... up to the approved charge
      {true, 90000, 0, 200000, 90000},        // never above the charge
  };
  for (const Row& row : rows) {
    v1::PupilFacts facts = Pupil("HS", "10", row.boarding);
    facts.mutable_charges()->Clear();
    facts.mutable_charges()->set_tuition_fen(row.tuition);
    if (row.accommodation >= 0) facts.mutable_charges()->set_accommodation_fen(row.accommodation);
    facts.mutable_charges()->set_approved_public_tuition_fen(row.approved);
    EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "SP_HS_FEE"), row.fen) << row.tuition;
  }
  v1::PupilFacts unknown = Pupil("HS", "10", true);
  unknown.clear_charges();
  EXPECT_EQ(Why(Decide(unknown, "2023-2024-1"), "SP_HS_FEE"), "CHARGE_UNKNOWN");
  v1::PupilFacts voc = Pupil("VOC", "V1", true);
  voc.mutable_charges()->set_tuition_fen(50000);
  EXPECT_EQ(Fen(Decide(voc, "2023-2024-1"), "SP_VOC_FEE"), 50000);
  voc.set_full_time_formal(false);
  EXPECT_EQ(Why(Decide(voc, "2023-2024-1"), "SP_VOC_FEE"), "NOT_FULL_TIME_FORMAL");
}

TEST(Kindergarten, WaivedFeeComesFirst) {  // DR-18
  struct Row {
    const char *term, *grade;
    bool open;
    int64_t fee, public_fee, waived, subsidy;
  };
  const Row rows[] = {
      {"2025-2026-1", "P3", true, 100000, 60000, 100000, -1},
      {"2025-2026-1", "P3", false, 100000, 60000, 60000, 30000},
      {"2025-2026-1", "P3", false, 70000, 60000, 60000, 10000},
      {"2025-2026-1", "P2", true, 100000, 60000, -1, 30000},
      {"2024-2025-2", "P3", true, 100000, 60000, -1, 30000},
  };
  for (const Row& row : rows) {
    v1::PupilFacts facts = Pupil("PRE", row.grade);
    SetDate(20200101, facts.mutable_birth_date());
    facts.set_school_public(row.open);
    facts.mutable_charges()->set_preschool_fee_fen(row.fee);
    facts.mutable_charges()->set_public_preschool_fee_fen(row.public_fee);
    const auto decision = Decide(facts, row.term);
    EXPECT_EQ(Fen(decision, "CN_PRE_WAIVE"), row.waived) << row.term << row.grade;
    EXPECT_EQ(Fen(decision, "SP_PRE_FEE"), row.subsidy) << row.term << row.grade;
    EXPECT_EQ(Fen(decision, "SP_PRE_LIV"), 20000);  // untouched
    if (row.subsidy < 0) {
      EXPECT_EQ(Why(decision, "SP_PRE_FEE"), "FEE_WAIVED");
    }
  }
}

TEST(Kindergarten, OneOfTheTwoLivingSubsidies) {  // 2.2, HN_PRE_LIV
  v1::PupilFacts facts = Pupil("PRE", "P1");
  facts.set_kindergarten_approved(true);
  auto decision = Decide(facts, "2023-2024-1");
  EXPECT_EQ(Fen(decision, "SP_PRE_LIV"), 20000);
  EXPECT_EQ(Why(decision, "HN_PRE_LIV"), "FAMILY_LOCAL");
  facts = Pupil("PRE", "P1", false, {"D1"});
  facts.set_kindergarten_approved(true);
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "HN_PRE_LIV"), "KINDERGARTEN_NOT_INCLUSIVE");
  facts.set_kindergarten_inclusive(true);
  EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "HN_PRE_LIV"), 20000);
}

TEST(Kindergarten, AgeIsTakenOn31August) {  // DR-08
  for (const auto& [birth, granted] :
       {std::pair{20200831, true}, std::pair{20200901, false}, std::pair{20160901, true}, std::pair{20160831, false}}) {
    v1::PupilFacts facts = Pupil("PRE", "P1");
    SetDate(birth, facts.mutable_birth_date());
    EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "SP_PRE_LIV") == 20000, granted) << birth;
    if (!granted) {
      EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "SP_PRE_LIV"), "AGE_OUTSIDE");
    }
  }
}

TEST(Exclusions, OfTable25) {
  v1::PupilFacts pilot = Pupil("PRI", "1", true);
  pilot.set_nutrition_pilot(true);  // DR-22
  EXPECT_EQ(Why(Decide(pilot, "2023-2024-1"), "SP_NUTR"), "NUTRITION_PILOT");
  EXPECT_EQ(Why(Decide(Pupil("PRI", "1", true), "2023-2024-1"), "SP_LIV_N_PRI"), "BOARDING_OTHER");

  v1::PupilFacts loan = Pupil("UG", "1");
  loan.set_other_loan("CAMPUS");
  EXPECT_EQ(Why(Decide(loan, "2023-2024-1"), "SP_LOAN_UG"), "LOAN_OTHER_KIND");

  v1::PupilFacts fresh = Pupil("UG", "1");
  EXPECT_EQ(Why(Decide(fresh, "2023-2024-1"), "SP_FRESH_IN"), "NOT_FRESHMAN");
  fresh.set_freshman_year(2023);
  EXPECT_EQ(Fen(Decide(fresh, "2023-2024-1"), "SP_FRESH_IN"), 50000);
  EXPECT_EQ(Why(Decide(fresh, "2023-2024-2"), "SP_FRESH_IN"), "NOT_THIS_TERM");
  fresh.set_school_in_province(false);
  EXPECT_EQ(Fen(Decide(fresh, "2023-2024-1"), "SP_FRESH_OUT"), 100000);
  fresh.set_freshman_granted(true);
  EXPECT_EQ(Why(Decide(fresh, "2023-2024-1"), "SP_FRESH_OUT"), "FRESHMAN_GRANTED");

  v1::PupilFacts award = Pupil("UG", "2", false, {"N1"});
  award.add_selected("CN_UG_INSPIRE");
  auto decision = Decide(award, "2024-2025-1");
  EXPECT_EQ(Fen(decision, "CN_UG_INSPIRE"), 600000);
  EXPECT_EQ(Fen(decision, "CN_UG_GRANT"), 185000);  // scholarship and grant stack
  EXPECT_EQ(Fen(Decide(award, "2023-2024-1"), "CN_UG_INSPIRE"), 500000);
  award.add_selected("CN_UG_SCHOLAR");
  EXPECT_EQ(Why(Decide(award, "2024-2025-1"), "CN_UG_INSPIRE"), "FAMILY_LOWER");
  EXPECT_EQ(Fen(Decide(award, "2024-2025-1"), "CN_UG_SCHOLAR"), 1000000);
  award.set_scholarship("CN_UG_SCHOLAR");
  EXPECT_EQ(Why(Decide(award, "2024-2025-1"), "CN_UG_INSPIRE"), "SCHOLARSHIP_OTHER");
  award.set_grade("1");
  EXPECT_EQ(Why(Decide(award, "2024-2025-1"), "CN_UG_INSPIRE"), "STUDY_YEAR_OTHER");
}

TEST(Status, OnlyEnrolledPupilsAreAided) {
  for (const char* status : {"SUSPENDED", "DROPPED", "TRANSFERRED", "GRADUATED", "DECEASED"}) {
    v1::PupilFacts facts = Pupil("PRI", "1", true);
    facts.set_status(status);
    const auto decision = Decide(facts, "2023-2024-1");
    EXPECT_EQ(decision.items_size(), 0);
    EXPECT_EQ(Why(decision, "SP_LIV_B_PRI"), "STATUS_NOT_ENROLLED");
  }
}

TEST(Floor, NamesBothRowsAndKeepsLowerAverages) {  // DR-16, DR-59
  const auto decision = Decide(Pupil("JUN", "7", true), "2023-2024-2");
  EXPECT_THAT(Find(decision, "SP_LIV_B_JUN")->applied_rows(),
              testing::ElementsAre("SP@1:SP_LIV_B_JUN", "CN@1:CN_LIV_B_JUN"));
  EXPECT_EQ(Why(Decide(Pupil("VOC", "V1"), "2024-2025-2"), "CN_VOC_GRANT"), "FAMILY_LOCAL");
  EXPECT_EQ(Fen(Decide(Pupil("VOC", "V1"), "2024-2025-2"), "SP_VOC_GRANT"), 100000);
  v1::PupilFacts doctor = Pupil("PHD", "1");
  EXPECT_TRUE(Flagged(Decide(doctor, "2023-2024-1"), "SP_PHD", "STANDARD_BELOW_NATIONAL"));
  doctor.set_central_university(true);
  EXPECT_EQ(Fen(Decide(doctor, "2023-2024-1"), "SP_PHD"), 750000);
  EXPECT_EQ(Fen(Decide(doctor, "2023-2024-1", LocalBook()), "SP_PHD"), 600000);
}

TEST(ReviewBy, WarnsAndPaysAsBefore) {  // DR-04
  v1::EvaluateEntitlementRequest request;
  *request.mutable_facts() = Pupil("PRI", "1", true);
  request.set_term("2023-2024-1");
  for (const auto& [day, due] : {std::pair{0, false}, std::pair{20231231, false}, std::pair{20240101, true}}) {
    if (day != 0) SetDate(day, request.mutable_evaluation_date());
    const auto decision = Evaluate(Book(), request).value();
    EXPECT_EQ(decision.flags_size() == 1 && decision.flags(0) == "POLICY_REVIEW_DUE", due) << day;
    EXPECT_EQ(Fen(decision, "SP_LIV_B_PRI"), 50000);
  }
}

TEST(Regions, NingxiaHasItsOwnRows) {
  v1::PupilFacts facts = Pupil("PRE", "P1");
  facts.set_school_region("640422000000");
  facts.set_kindergarten_approved(true);
  const auto decision = Decide(facts, "2023-2024-1");
  EXPECT_EQ(Fen(decision, "NX_PRE_FEE"), 75000);
  EXPECT_EQ(Fen(decision, "NX_PRE_MEAL"), 45000);
  EXPECT_THAT(decision.policy_sets(), testing::ElementsAre("policySets/NX@1", "policySets/CN@1"));
}

TEST(Violations, AllAtOnce) {
  v1::EvaluateEntitlementRequest request;
  request.set_term("2023-2024-3");
  v1::PupilFacts* facts = request.mutable_facts();
  *facts = Pupil("XYZ", "1");
  AddKind(facts, "Q9");
  AddKind(facts, "M1", 20230101, 0, 20220101);
  facts->mutable_charges()->set_tuition_fen(-1);
  facts->add_received()->set_item("NO_SUCH");
  facts->set_school_region("4117");
  const absl::Status status = Evaluate(Book(), request).status();
  for (const char* text : {"term", "stage", "Q9", "tuition_fen", "NO_SUCH", "4117"}) {
    EXPECT_THAT(std::string(status.message()) + std::string(status.ToString()), testing::HasSubstr(text));
  }
  request.set_term("1999-2000-1");
  *facts = Pupil("PRI", "1");
  EXPECT_EQ(ReasonOf(Evaluate(Book(), request).status()), "POLICY_MISSING");
  request.set_term("2023-2024-1");
  request.add_policy_sets("policySets/NX@1");
  EXPECT_EQ(ReasonOf(Evaluate(Book(), request).status()), "POLICY_SET_ELSEWHERE");
  request.set_policy_sets(0, "policySets/QQ@1");
  EXPECT_EQ(ReasonOf(Evaluate(Book(), request).status()), "POLICY_SET_UNKNOWN");
  request.clear_policy_sets();
  request.set_rules_version("0");
  EXPECT_EQ(ReasonOf(Evaluate(Book(), request).status()), "RULES_VERSION_UNKNOWN");
}

// Properties over random pupils.
TEST(Properties, HoldForRandomPupils) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](auto list) { return list[random() % list.size()]; };
  const std::vector<std::pair<std::string, std::string>> stages = {{"PRE", "P1"}, {"PRE", "P3"}, {"PRI", "4"},
                                                                   {"JUN", "8"},  {"HS", "10"},  {"UG", "2"}};
  const std::vector<std::string> kinds = {"P2", "P3", "M1", "M2", "D1", "O1", "X1", "N1"};
  const std::vector<std::string> terms = {"2022-2023-2", "2023-2024-1", "2023-2024-2", "2024-2025-1", "2025-2026-1"};
  std::map<std::string, Evaluator> higher, local;  // one per term: compiling the rows is the slow part
  for (const std::string& term : terms) {
    higher.emplace(term, Evaluator(Book(), ParseTerm(term).value()));
    local.emplace(term, Evaluator(LocalBook(), ParseTerm(term).value()));
  }
  const auto decide = [](Evaluator& evaluator, const v1::PupilFacts& facts) {
    v1::EvaluateEntitlementResponse decision;
    EXPECT_TRUE(evaluator.Evaluate(facts, &decision).ok());
    return decision;
  };
  for (int i = 0; i < 2000; ++i) {
    const auto [stage, grade] = pick(stages);
    v1::PupilFacts facts = Pupil(stage, grade, random() % 2 == 0, {});
    for (int k = random() % 4; k > 0; --k) AddKind(&facts, pick(kinds), 20220101 + 10000 * (random() % 3));
    facts.mutable_charges()->set_tuition_fen(random() % 150000);
    facts.mutable_charges()->set_preschool_fee_fen(random() % 150000);
    const std::string term = pick(terms);
    const auto decision = decide(higher.at(term), facts);
    std::set<int> families;
    for (const auto& item : decision.items()) {
      EXPECT_TRUE(families.insert(item.family()).second) << facts.ShortDebugString();
      if (item.pay_form() == v1::PAY_FORM_WAIVER && stage == "HS") {
        EXPECT_LE(item.amount_fen(), facts.charges().tuition_fen() + facts.charges().accommodation_fen());
      }
    }
    if (i < 100) {
      EXPECT_EQ(decision.SerializeAsString(), Decide(facts, term).SerializeAsString());
    }
    EXPECT_LE(Total(decide(local.at(term), facts)), Total(decision));
    if (facts.hardships_size() > 0) {
      facts.mutable_hardships()->RemoveLast();
      EXPECT_LE(Total(decide(higher.at(term), facts)), Total(decision)) << facts.ShortDebugString() << term;
    }
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
