// The early-warning score: what counts, and how well it tells on generated histories.
#include "services/dropout_monitoring/risk_rules.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dropout_monitoring {
namespace {

const absl::CivilDay kDay(2023, 12, 1);
constexpr char kDocument[] = RURALEDU_SOURCE_DIR "/services/dropout_monitoring/early-warning.md";

std::string Shipped(const std::string& name) {
  return *LoadFile(RURALEDU_SOURCE_DIR "/deploy/policies/dropout_monitoring/" + name);
}
const RiskBook& Book() {
  static const auto* const book =
      new RiskBook(*ParseRiskBook(Shipped("risk_policies.csv"), Shipped("risk_weights.csv")));
  return *book;
}
v1::EvaluateRiskResponse Of(const v1::RiskFacts& facts) {
  return Score(**Book().InForce("411728000000", kDay), facts);
}

TEST(Risk, TheHeaviestRowOfEachFactorCounts) {
  v1::RiskFacts facts;
  EXPECT_EQ(Of(facts).points(), 0) << "what is not known adds nothing";
  facts.set_marked_days(80);
  facts.set_absent_days(3);
  EXPECT_EQ(Of(facts).points(), 0) << "37 of a thousand";
  facts.set_absent_days(4);
  EXPECT_EQ(Of(facts).points(), 10) << "50 of a thousand";
  facts.set_absent_days(16);
  EXPECT_EQ(Of(facts).points(), 30);
  facts.add_household_kinds("P2");
  facts.add_household_kinds("M3");
  facts.add_household_kinds("X9");
  facts.set_struggling(true);
  const auto score = Of(facts);
  EXPECT_EQ(score.points(), 50);
  EXPECT_EQ(score.level(), v1::RISK_LEVEL_FIRST);
  ASSERT_EQ(score.reasons_size(), 3);
  EXPECT_EQ(score.reasons(0).factor(), "ABSENT_PERMILLE");
  EXPECT_EQ(score.reasons(0).value(), "200");
  EXPECT_EQ(score.reasons(1).value(), "M3") << "10 points, before STRUGGLING in the order of factors";
  EXPECT_EQ(score.reasons(2).factor(), "STRUGGLING");
}

TEST(Risk, AShareOfFewDaysSaysNothing) {
  v1::RiskFacts facts;
  facts.set_marked_days(1);
  facts.set_absent_days(1);
  EXPECT_EQ(Of(facts).points(), 0) << "the first day of a term";
  facts.set_marked_days(4);
  facts.set_absent_days(4);
  EXPECT_EQ(Of(facts).points(), 0);
  facts.set_marked_days(5);
  facts.set_absent_days(1);
  EXPECT_EQ(Of(facts).points(), 30) << "as many as absence_cumulative.csv wants at least";
  facts.set_struggling(true);
  facts.set_marked_days(4);
  EXPECT_EQ(Of(facts).points(), 10) << "the other factors count whatever is marked";
}

TEST(Risk, LevelsBeginAtTheirPoints) {
  v1::RiskFacts facts;
  facts.set_earlier_suspicions(1);
  facts.set_left_behind(2);
  EXPECT_EQ(Of(facts).level(), v1::RISK_LEVEL_UNSPECIFIED) << "28";
  facts.set_transfers(1);
  EXPECT_EQ(Of(facts).level(), v1::RISK_LEVEL_WATCH) << "31";
}

TEST(Risk, RegionsHaveWeightsOfTheirOwn) {
  const auto book = ParseRiskBook(Shipped("risk_policies.csv") + "411728000000,2023-11-01,10,20,6,5,x\n",
                                  Shipped("risk_weights.csv") + "411728000000.2023-11-01,STRUGGLING,1,,20,x\n");
  ASSERT_TRUE(book.ok()) << book.status();
  v1::RiskFacts facts;
  facts.set_struggling(true);
  EXPECT_EQ(Score(**book->InForce("411728000000", kDay), facts).level(), v1::RISK_LEVEL_FIRST);
  EXPECT_EQ(Score(**book->InForce("411728000000", absl::CivilDay(2023, 10, 1)), facts).points(), 10) << "before it";
  EXPECT_EQ(Score(**book->InForce("500243000000", kDay), facts).points(), 10);
}

TEST(Risk, TheMethodRefusesWhatCannotBe) {
  v1::EvaluateRiskRequest request;
  const auto reason = [&] { return ReasonOf(EvaluateRisk(Book(), request).status()); };
  EXPECT_EQ(reason(), "FIELD_REQUIRED");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(kDay);
  EXPECT_EQ(reason(), "");
  request.mutable_facts()->set_absent_days(1);
  EXPECT_EQ(reason(), "NUMBER_RANGE") << "more absent than marked";
  request.mutable_facts()->Clear();
  request.mutable_facts()->set_left_behind(3);
  EXPECT_EQ(reason(), "NUMBER_RANGE");
  request.mutable_facts()->Clear();
  request.set_region_code("4117");
  EXPECT_EQ(reason(), "REGION_CODE");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(absl::CivilDay(2006, 8, 31));
  EXPECT_EQ(reason(), "REGION_POLICY_MISSING");
}

TEST(Risk, FilesThatAreWrongDoNotLoad) {
  const auto policies = [](const std::string& row) {
    return ReasonOf(ParseRiskBook(Shipped("risk_policies.csv") + row, Shipped("risk_weights.csv")).status());
  };
  EXPECT_EQ(policies("4117,2023-09-01,30,50,6,5,x\n"), "DATA_FILE");
  EXPECT_EQ(policies("411728000000,2023-09-01,50,30,6,5,x\n"), "DATA_FILE");
  EXPECT_EQ(policies("411728000000,2023-09-01,30,50,6,5,\n"), "DATA_FILE");
  EXPECT_EQ(policies("411728000000,2023-09-01,30,50,6,0,x\n"), "DATA_FILE");
  EXPECT_EQ(policies(",2006-09-01,30,50,6,5,x\n"), "DATA_FILE") << "a region and day twice";
  const auto weights = [](const std::string& row) {
    return ReasonOf(ParseRiskBook(Shipped("risk_policies.csv"), Shipped("risk_weights.csv") + row).status());
  };
  EXPECT_EQ(weights("CN.2006-09-01,HEIGHT,1,,5,x\n"), "DATA_FILE");
  EXPECT_EQ(weights("CN.2024-09-01,TRANSFERS,1,,5,x\n"), "DATA_FILE");
  EXPECT_EQ(weights("CN.2006-09-01,TRANSFERS,,M1,5,x\n"), "DATA_FILE");
  EXPECT_EQ(weights("CN.2006-09-01,HOUSEHOLD_KIND,1,,5,x\n"), "DATA_FILE");
  EXPECT_EQ(weights("CN.2006-09-01,TRANSFERS,1,,0,x\n"), "DATA_FILE");
  EXPECT_EQ(weights("CN.2006-09-01,TRANSFERS,1,,5,\n"), "DATA_FILE");
  EXPECT_EQ(ReasonOf(ParseRiskBook("region,valid_from,watch_from,first_from,grade_1_age,least_marked,source\n",
                                   Shipped("risk_weights.csv"))
                         .status()),
            "DATA_FILE")
      << "nothing for the nation";
}

// --- Facts out of the register --------------------------------------------------------------------------------------

class FactsOfChildren : public ::testing::Test {
 protected:
  FactsOfChildren() {
    *student.mutable_birth_date() = DateOf(absl::CivilDay(2014, 3, 15));  // 9 on 31 August 2023
    Span("s1", "PRI", "4", absl::CivilDay(2023, 9, 1));
  }
  // A span before those that are there.
  void Span(const std::string& school, const std::string& stage, const std::string& grade, absl::CivilDay from) {
    auto* span = student.add_enrolments();
    span->set_school(school);
    span->set_stage(stage);
    span->set_grade(grade);
    *span->mutable_valid_from() = DateOf(from);
  }
  v1::RiskFacts Facts() {
    const RiskSource source{.student = student,
                            .kinds = kinds,
                            .marked_days = 40,
                            .absent_days = 4,
                            .earlier_suspicions = 1,
                            .learning = learning.term().empty() ? nullptr : &learning};
    return RiskFactsOf(**Book().InForce("411728000000", kDay), source, grades, terms, kDay);
  }

  registry::v1::Student student;
  std::vector<std::string> kinds = {"M1"};
  v1::Learning learning;
  const std::string data = RURALEDU_SOURCE_DIR "/deploy/data/";
  const CodeList grades = *CodeList::Parse("grade", *LoadFile(data + "codes/grade.csv"));
  const TermCalendar terms = *TermCalendar::Parse("term-calendar.csv", *LoadFile(data + "term-calendar.csv"));
};

TEST_F(FactsOfChildren, AgeIsThatOfTheSchoolYear) {
  EXPECT_EQ(Facts().years_over_age(), 0) << "9 in grade 4";
  student.mutable_enrolments(0)->set_grade("2");
  EXPECT_EQ(Facts().years_over_age(), 2);
  student.mutable_enrolments(0)->set_grade("P3");
  EXPECT_EQ(Facts().years_over_age(), 0) << "before grade 1 nobody is over age";
}

TEST_F(FactsOfChildren, ATransferIsAnotherSchoolOfTheSameStageInTwoYears) {
  Span("s2", "PRI", "3", absl::CivilDay(2022, 9, 1));
  EXPECT_EQ(Facts().transfers(), 1);
  student.mutable_enrolments(0)->set_stage("JUN");
  EXPECT_EQ(Facts().transfers(), 0) << "going up is none";
  student.mutable_enrolments(0)->set_stage("PRI");
  *student.mutable_enrolments(0)->mutable_valid_from() = DateOf(kDay - 2 * 366);
  EXPECT_EQ(Facts().transfers(), 0) << "long ago";
}

TEST_F(FactsOfChildren, LearningCountsInItsTermAndTheNextOne) {
  learning.set_subjects_failed(2);
  learning.set_struggling(true);
  const auto failed_of = [&](const std::string& term) {
    learning.set_term(term);
    return Facts().subjects_failed();
  };
  EXPECT_EQ(failed_of("2023-2024-1"), 2);
  EXPECT_EQ(failed_of("2022-2023-2"), 2);
  EXPECT_EQ(failed_of("2022-2023-1"), 0);
  EXPECT_EQ(failed_of("2023-2024-2"), 0) << "not yet";
  EXPECT_FALSE(Facts().struggling());
}

TEST_F(FactsOfChildren, WhatIsSensitiveIsKeptApart) {
  student.mutable_disability()->set_grade("1");
  v1::Risk risk;
  PutScore(Score(**Book().InForce("411728000000", kDay), Facts()), kDay, &risk);
  EXPECT_EQ(risk.points(), 60) << "20 absence, 8 M1, 12 disability, 20 suspected before";
  EXPECT_EQ(risk.level(), v1::RISK_LEVEL_FIRST);
  EXPECT_EQ(risk.reasons_size(), 2);
  ASSERT_EQ(risk.sealed_reasons_size(), 2);
  EXPECT_EQ(risk.sealed_reasons(0).factor(), "DISABILITY_GRADE");
  const std::string stored = risk.SerializeAsString();
  PutScore(Score(**Book().InForce("411728000000", kDay), Facts()), kDay + 1, &risk);
  EXPECT_EQ(risk.SerializeAsString(), stored) << "the same score is not another one on the next day";
  *student.mutable_disability()->mutable_valid_to() = DateOf(kDay);
  EXPECT_EQ(Facts().disability_grade(), "") << "the certificate ended";
}

// --- Behaviour on generated histories -------------------------------------------------------------------------------

// A child whose factors grow with a hidden strain, and whether it dropped out, drawn with a chance that grows with the
// strain and not with the factors: so the score sees the strain only through noise.
struct History {
  v1::RiskFacts facts;
  bool dropped = false;
};
History OfChance(std::mt19937& random) {
  const auto draw = [&] { return static_cast<double>(random()) / 4294967296.0; };
  const double strain = draw() * draw() * draw();  // most children have little
  const auto count = [&](double each, int most) {
    int n = 0;
    for (int i = 0; i < most; ++i) n += draw() < each ? 1 : 0;
    return n;
  };
  History history;
  v1::RiskFacts& facts = history.facts;
  facts.set_marked_days(90);
  facts.set_absent_days(count(0.005 + 0.20 * strain, 90));
  facts.set_subjects_failed(count(0.04 + 0.5 * strain, 5));
  facts.set_years_over_age(count(0.03 + 0.25 * strain, 2));
  facts.set_left_behind(count(0.25, 2));
  facts.set_transfers(count(0.04 + 0.1 * strain, 3));
  facts.set_struggling(draw() < 0.08 + 0.5 * strain);
  facts.set_earlier_suspicions(count(0.002 + 0.25 * strain, 2));
  if (draw() < 0.12) facts.add_household_kinds(draw() < 0.3 ? "M1" : "P2");
  if (draw() < 0.02) facts.set_disability_grade(absl::StrCat(1 + random() % 4));
  history.dropped = draw() < 0.0005 + 0.2 * strain * strain;
  return history;
}

std::string Row(const std::string& flag, int true_flags, int false_flags, int missed, int rest) {
  const auto percent = [](int part, int whole) {
    return absl::StrFormat("%.1f %%", whole == 0 ? 0.0 : 100.0 * part / whole);
  };
  return absl::StrCat("| ", flag, " | ", true_flags + false_flags, " | ", percent(true_flags, true_flags + missed),
                      " | ", percent(rest, rest + false_flags), " | ", percent(true_flags, true_flags + false_flags),
                      " |\n");
}

std::string Table() {
  using Flag = std::function<bool(const v1::RiskFacts&)>;
  const std::pair<const char*, Flag> flags[] = {
      {"score, WATCH and above", [](const auto& f) { return Of(f).level() >= v1::RISK_LEVEL_WATCH; }},
      {"score, FIRST", [](const auto& f) { return Of(f).level() == v1::RISK_LEVEL_FIRST; }},
      {"absent one day in ten", [](const auto& f) { return f.absent_days() * 10 >= f.marked_days(); }},
      {"one subject failed", [](const auto& f) { return f.subjects_failed() >= 1; }},
      {"struggling learner", [](const auto& f) { return f.struggling(); }},
      {"suspected before", [](const auto& f) { return f.earlier_suspicions() >= 1; }}};
  std::mt19937 random(20231);
  std::vector<History> histories;
  for (int i = 0; i < 20000; ++i) histories.push_back(OfChance(random));
  std::string text =
      "| Flag | flagged of 20,000 | sensitivity | specificity | precision |\n| --- | --- | --- | --- | --- |\n";
  for (const auto& [name, flag] : flags) {
    int counts[2][2] = {};
    for (const History& history : histories) ++counts[history.dropped ? 1 : 0][flag(history.facts) ? 1 : 0];
    text += Row(name, counts[1][1], counts[0][1], counts[1][0], counts[0][0]);
  }
  return text;
}

// The document carries the table. RURALEDU_WRITE_GOLDEN=1 writes it anew.
TEST(Risk, TheDocumentShowsHowWellTheScoreTells) {
  std::string document = *LoadFile(kDocument);
  const std::string begin = "<!-- table -->\n", end = "<!-- end of table -->\n";
  const size_t from = document.find(begin) + begin.size(), until = document.find(end);
  ASSERT_NE(until, std::string::npos);
  const std::string table = Table();
  if (std::getenv("RURALEDU_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kDocument) << document.replace(from, until - from, table);
    return;
  }
  EXPECT_EQ(document.substr(from, until - from), table);
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
