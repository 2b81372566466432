// The oracle against the digest: worked totals of 2.5 and the rulings that it reads.
#include "tests/lib/county/oracle.h"

#include <gtest/gtest.h>

namespace ruraledu::testlib {
namespace {

AidFacts Suiping(Stage stage, int grade, bool boarding, std::string term) {
  AidFacts f;
  f.term = std::move(term);
  f.county = "411728";
  f.stage = stage;
  f.grade = grade;
  f.boarding = boarding;
  f.birth_date = stage == Stage::kPre ? "2018-10-05" : "2010-10-05";
  if (stage == Stage::kPre) f.kindergarten = Kindergarten::kPublic;
  if (stage == Stage::kHigh) f.tuition_fen = f.approved_tuition_fen = 40000, f.accommodation_fen = boarding ? 50000 : 0;
  if (stage == Stage::kVocational) f.tuition_fen = f.approved_tuition_fen = 60000;
  f.kinds = {{"P2", "2016-05-01"}};
  return f;
}

int64_t Total(AidFacts f, std::initializer_list<std::string_view> terms) {
  int64_t sum = 0;
  for (std::string_view term : terms) {
    f.term = term;
    sum += Entitle(f).total_fen();
  }
  return sum;
}

struct Worked {
  const char* pupil;
  Stage stage;
  int grade;  // in both terms of the column; only vocational year matters
  bool boarding;
  int64_t calendar_year, school_year;
};

// Digest 2.5, worked totals under SP with HIGHER_OF.
TEST(OracleTest, WorkedTotals) {
  const Worked kTable[] = {
      {"junior boarder", Stage::kJunior, 8, true, 205000, 217500},
      {"junior non-boarder", Stage::kJunior, 8, false, 142500, 148750},
      {"primary boarder", Stage::kPrimary, 4, true, 180000, 192500},
      {"primary non-boarder", Stage::kPrimary, 4, false, 130000, 136250},
      {"kindergarten child", Stage::kPre, 2, false, 100000, 100000},
      {"high school, all charges at least 1600", Stage::kHigh, 11, true, 460000, 460000},
      {"vocational, years 1-2", Stage::kVocational, 1, false, 320000, 320000},
  };
  for (const Worked& w : kTable) {
    SCOPED_TRACE(w.pupil);
    AidFacts f = Suiping(w.stage, w.grade, w.boarding, "2023-2024-1");
    EXPECT_EQ(Total(f, {"2022-2023-2", "2023-2024-1"}), w.calendar_year);
    EXPECT_EQ(Total(f, {"2023-2024-1", "2023-2024-2"}), w.school_year);
  }
}

TEST(OracleTest, VocationalYearThreeHasNoGrant) {  // DR-17
  AidFacts spring = Suiping(Stage::kVocational, 2, false, "2022-2023-2");
  AidFacts autumn = Suiping(Stage::kVocational, 3, false, "2023-2024-1");
  EXPECT_EQ(Entitle(spring).total_fen() + Entitle(autumn).total_fen(), 120000 + 100000);
  EXPECT_EQ(Entitle(autumn).Find("SP_VOC_GRANT"), nullptr);
  autumn.term = "2024-2025-2";
  EXPECT_NE(Entitle(autumn).Find("SP_VOC_GRANT"), nullptr);
}

TEST(OracleTest, StandardBelowNationalFromSpring2024) {  // DR-16
  AidFacts f = Suiping(Stage::kJunior, 7, true, "2023-2024-2");
  AidResult higher = Entitle(f);
  EXPECT_EQ(higher.Find("SP_LIV_B_JUN")->fen, 75000);
  EXPECT_EQ(higher.Find("SP_LIV_B_JUN")->flags, std::vector<std::string>{"STANDARD_BELOW_NATIONAL"});
  AidResult local = Entitle(f, StandardMode::kLocal);
  EXPECT_EQ(local.Find("SP_LIV_B_JUN")->fen, 62500);
  EXPECT_EQ(local.Find("SP_LIV_B_JUN")->flags, std::vector<std::string>{"STANDARD_BELOW_NATIONAL"});
  f.term = "2023-2024-1";
  EXPECT_TRUE(Entitle(f).Find("SP_LIV_B_JUN")->flags.empty());
}

TEST(OracleTest, OtherKindsGetTheNationalRow) {  // DR-59
  AidFacts f = Suiping(Stage::kPrimary, 4, false, "2023-2024-1");
  f.kinds = {{"D1", "2020-01-01"}};
  EXPECT_EQ(Entitle(f).total_fen(), 25000);
  EXPECT_EQ(Entitle(f).items.at(0).code, "CN_LIV_N_PRI");
  EXPECT_EQ(Entitle(f).items.at(1).code, "SP_COMP_WAIVE") << "universal, counts for nobody";
  f.kinds[0].rural = false;
  EXPECT_FALSE(Entitle(f).entitled());
  f.boarding = true;  // boarders: every hardship kind
  EXPECT_EQ(Entitle(f).items.at(0).code, "CN_LIV_B_PRI");
  f.kinds = {{"P3", "2016-01-01"}};
  EXPECT_FALSE(Entitle(f).entitled());
  f.kinds = {{"N1", "2023-08-20"}};
  EXPECT_EQ(Entitle(f).total_fen(), 50000);
}

TEST(OracleTest, RiskEliminatedOnOrBeforeTheFirstDayStops) {  // DR-14
  struct {
    const char *eliminated, *underlying;
    int64_t fen;
  } const kTable[] = {{"2023-08-31", "", 0}, {"2023-09-01", "", 0},       {"2023-09-02", "", 65000},
                      {"", "", 65000},       {"2023-08-31", "P2", 65000}, {"2023-08-31", "P3", 0}};
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.eliminated);
    AidFacts f = Suiping(Stage::kPrimary, 4, false, "2023-2024-1");
    f.kinds = {{"M1", "2021-06-01", "", row.eliminated}};
    if (*row.underlying != '\0') f.kinds.push_back({row.underlying, "2016-01-01"});
    EXPECT_EQ(Entitle(f).total_fen(), row.fen);
  }
}

TEST(OracleTest, SameTermEntryOfMonitoredHouseholds) {  // DR-10
  struct {
    const char *kind, *from, *eliminated;
    int64_t fen, supplementary;
  } const kTable[] = {
      {"M2", "2023-09-01", "", 65000, 0},
      {"M2", "2023-09-02", "", 65000, 65000},
      {"M2", "2023-11-30", "", 65000, 65000},
      {"M2", "2023-12-01", "", 0, 0},
      {"M2", "2023-09-10", "2023-10-01", 65000, 65000},  // found and eliminated in the term keeps it
      {"D1", "2023-09-02", "", 0, 0},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.from);
    AidFacts f = Suiping(Stage::kPrimary, 4, false, "2023-2024-1");
    f.kinds = {{row.kind, row.from, "", row.eliminated}};
    AidResult result = Entitle(f);
    int64_t supplementary = 0;
    for (const AidItem& item : result.items) supplementary += item.supplementary_fen;
    EXPECT_EQ(result.total_fen(), row.fen);
    EXPECT_EQ(supplementary, row.supplementary);
  }
}

TEST(OracleTest, SupplementIsLessWhatTheFamilyAlreadyPaid) {  // DR-10
  AidFacts f = Suiping(Stage::kPrimary, 4, false, "2023-2024-1");
  f.kinds = {{"D1", "2020-01-01"}, {"M3", "2023-10-10"}};
  AidResult result = Entitle(f);
  EXPECT_EQ(result.Find("SP_LIV_N_PRI")->supplementary_fen, 0);
  EXPECT_EQ(result.Find("SP_NUTR")->supplementary_fen, 40000);
}

TEST(OracleTest, HighSchoolWaiverFollowsTheCharge) {  // DR-15, DR-16
  AidFacts f = Suiping(Stage::kHigh, 10, false, "2023-2024-1");
  EXPECT_EQ(Entitle(f).Find("SP_HS_FEE")->fen, 40000);
  f.accommodation_fen = 50000;
  EXPECT_EQ(Entitle(f).Find("SP_HS_FEE")->fen, 80000);
  f.kinds = {{"X1", "2020-01-01"}};
  EXPECT_EQ(Entitle(f).Find("CN_HS_WAIVE")->fen, 40000);
  EXPECT_EQ(Entitle(f).Find("CN_HS_GRANT")->fen, 100000);
  f.kinds = {{"O1", "2020-01-01"}};
  EXPECT_EQ(Entitle(f).Find("CN_HS_WAIVE"), nullptr);
}

TEST(OracleTest, VocationalWaiverHasFiveWays) {  // 2.3 CN_VOC_WAIVE, 2.2 SP_VOC_FEE
  AidFacts f = Suiping(Stage::kVocational, 2, false, "2023-2024-1");
  f.tuition_fen = f.approved_tuition_fen = 60000;
  f.kinds = {{"P2", "2016-01-01"}};
  EXPECT_EQ(Entitle(f).Find("SP_VOC_FEE")->fen, 60000);
  f.full_time_formal = false;
  EXPECT_EQ(Entitle(f).Find("SP_VOC_FEE"), nullptr);
  EXPECT_EQ(Entitle(f).Find("SP_VOC_GRANT")->fen, 100000);
  f.full_time_formal = true;
  f.kinds.clear();
  const auto waived = [&] { return Entitle(f).Find("CN_VOC_WAIVE") != nullptr; };
  EXPECT_TRUE(waived()) << "rural";
  f.rural_household = false;
  EXPECT_FALSE(waived());
  f.minority_area = true;
  EXPECT_TRUE(waived());
  f.minority_area = false;
  f.kinds = {{"D1", "2020-01-01"}};
  EXPECT_TRUE(waived()) << "urban, in hardship";
  f.kinds.clear();
  f.agriculture_major = true;
  EXPECT_TRUE(waived());
  EXPECT_NE(Entitle(f).Find("CN_VOC_GRANT"), nullptr);
  f.full_time_formal = false;
  EXPECT_TRUE(waived()) << "part-time, years 1 and 2, public";
  f.grade = 3;
  EXPECT_FALSE(waived());
  f.grade = 2;
  f.school_public = false;
  EXPECT_FALSE(waived());
  f.full_time_formal = f.performing_arts_major = true;
  EXPECT_FALSE(waived());
}

TEST(OracleTest, UnknownChargesRemoveTheRowsThatFollowThem) {
  AidFacts f = Suiping(Stage::kHigh, 10, false, "2023-2024-1");
  f.charges_known = false;
  EXPECT_EQ(Entitle(f).total_fen(), 150000);
  EXPECT_EQ(Entitle(f).removals.at(1).code, "CN_HS_WAIVE");
  EXPECT_EQ(Entitle(f).removals.at(1).reason, "CHARGE_UNKNOWN");
}

TEST(OracleTest, NutritionPilotReplacesCash) {  // DR-22
  AidFacts f = Suiping(Stage::kJunior, 7, false, "2023-2024-1");
  f.in_nutrition_pilot = true;
  AidResult result = Entitle(f);
  EXPECT_EQ(result.total_fen(), 31250);
  ASSERT_EQ(result.removals.size(), 2u);
  EXPECT_EQ(result.removals[1].code, "SP_NUTR");
  EXPECT_EQ(result.removals[1].reason, "NUTRITION_PILOT");
}

TEST(OracleTest, HenanKindergartenRow) {  // 2.3, HN_PRE_LIV
  AidFacts f = Suiping(Stage::kPre, 1, false, "2023-2024-1");
  f.kinds = {{"D1", "2020-01-01"}};
  EXPECT_EQ(Entitle(f).items.at(0).code, "HN_PRE_LIV");
  f.kindergarten = Kindergarten::kOther;
  EXPECT_TRUE(Entitle(f).items.empty());
  f.kinds = {{"P2", "2018-01-01"}};
  EXPECT_EQ(Entitle(f).total_fen(), 50000);
  f.birth_date = "2020-09-01";  // two years old on 31 August: SP asks for 3-6, Henan does not
  EXPECT_EQ(Entitle(f).items.at(0).code, "HN_PRE_LIV");
  EXPECT_EQ(Entitle(f).total_fen(), 20000);
}

TEST(OracleTest, LastKindergartenYearIsWaivedFirst) {  // DR-18
  AidFacts f = Suiping(Stage::kPre, 3, false, "2025-2026-1");
  f.birth_date = "2020-01-05";
  f.tuition_fen = 150000;
  f.approved_tuition_fen = 130000;
  EXPECT_EQ(Entitle(f).Find("CN_PRE_WAIVE")->fen, 150000);
  EXPECT_EQ(Entitle(f).Find("SP_PRE_FEE"), nullptr);
  f.kindergarten = Kindergarten::kInclusive;
  EXPECT_EQ(Entitle(f).Find("CN_PRE_WAIVE")->fen, 130000);
  EXPECT_EQ(Entitle(f).Find("SP_PRE_FEE")->fen, 20000);
}

TEST(OracleTest, OnlyEnrolledPupils) {
  AidFacts f = Suiping(Stage::kPrimary, 4, false, "2023-2024-1");
  for (const char* status : {"SUSPENDED", "TRANSFERRED", "GRADUATED", "DECEASED", "DROPPED"}) {
    f.status = status;
    EXPECT_TRUE(Entitle(f).items.empty()) << status;
  }
}

TEST(OracleTest, ContiguousPoorAreaGrant) {  // 2.3, CN_VOC_GRANT
  AidFacts f = Suiping(Stage::kVocational, 1, false, "2023-2024-1");
  f.kinds.clear();
  EXPECT_EQ(Entitle(f).Find("CN_VOC_GRANT"), nullptr);
  EXPECT_NE(Entitle(f).Find("CN_VOC_WAIVE"), nullptr);  // every rural student
  f.county = "640422";
  EXPECT_EQ(Entitle(f).Find("CN_VOC_GRANT")->fen, 100000);
  f.home_outside_seat = false;
  EXPECT_EQ(Entitle(f).Find("CN_VOC_GRANT"), nullptr);
}

TEST(OracleTest, TermDays) {
  EXPECT_EQ(TermFirstDay("2022-2023-2"), "2023-03-01");
  EXPECT_EQ(TermCensusDay("2023-2024-1"), "2023-09-30");
  EXPECT_EQ(TermCutOff("2023-2024-2"), "2024-05-31");
  EXPECT_EQ(SchoolAge("2017-08-31", "2023-2024-2"), 6);  // DR-08
  EXPECT_EQ(SchoolAge("2017-09-01", "2023-2024-2"), 5);
}

TEST(OracleTest, ListedInTerm) {
  const std::string term = "2023-2024-1";
  EXPECT_TRUE(ListedInTerm({"D1", "2023-09-01"}, term));
  EXPECT_FALSE(ListedInTerm({"D1", "2023-09-02"}, term));
  EXPECT_TRUE(ListedInTerm({"M2", "2023-11-30"}, term)) << "same-term entry";
  EXPECT_FALSE(ListedInTerm({"M2", "2023-12-01"}, term));
  EXPECT_FALSE(ListedInTerm({"D1", "2020-01-01", "2023-09-01"}, term)) << "the end is open";
  EXPECT_TRUE(ListedInTerm({"M1", "2020-01-01", "", "2022-01-01"}, term)) << "still listed, no longer at risk";
}

TEST(OracleTest, ComparisonClasses) {  // 2.9
  struct {
    ComparisonFacts facts;
    char letter;
  } const kTable[] = {
      {{.entitled = true, .in_source = true, .aided = true}, 'A'},
      {{.entitled = true, .aided = true}, 'A'},  // the register is a source
      {{.entitled = true, .in_source = true}, 'B'},
      {{.aided = true}, 'C'},
      {{.entitled = true, .in_source = true, .aided = true, .id_mismatch = true}, 'D'},
      {{.entitled = true, .in_source = true, .aided = true, .duplicate_school = true}, 'E'},
      {{.aided = true, .not_enrolled = true}, 'F'},
      {{.in_source = true}, '-'},
  };
  EXPECT_EQ(ComparisonClasses({.entitled = true, .in_source = true, .aided = true, .duplicate_school = true}), "AE");
  EXPECT_EQ(ComparisonClasses({.entitled = true, .aided = true}), "A") << "the education register is a source";
  EXPECT_EQ(ComparisonClasses({.entitled = true}), "B");
  EXPECT_EQ(ComparisonClasses({.aided = true, .not_enrolled = true}), "CF");
  EXPECT_EQ(ComparisonClasses({.in_source = true, .not_enrolled = true}), "F") << "aided or not";
  EXPECT_EQ(ComparisonClasses({.in_source = true}), "");
  Coverage coverage;
  for (const auto& row : kTable) {
    EXPECT_EQ(ComparisonClass(row.facts), row.letter);
    coverage.Add(row.facts);
  }
  EXPECT_EQ(coverage.aided, 4);
  EXPECT_EQ(coverage.should_be_aided, 5);
}

}  // namespace
}  // namespace ruraledu::testlib
