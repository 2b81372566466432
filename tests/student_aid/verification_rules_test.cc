// Size, split and draw of a sample, and what answers say. The sizes are held against the formula in floating point.
#include "services/student_aid/verification_rules.h"

#include <cmath>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int64_t kZ95 = 1959964;

TEST(SampleSize, OfTheFinitePopulationFormula) {
  EXPECT_EQ(SampleSize(0, kZ95, 500), 0);
  EXPECT_EQ(SampleSize(1, kZ95, 500), 1);
  EXPECT_EQ(SampleSize(10, kZ95, 500), 10);
  EXPECT_EQ(SampleSize(1000, kZ95, 500), 278);     // the textbook's table
  EXPECT_EQ(SampleSize(100000, kZ95, 500), 383);   // likewise
  EXPECT_EQ(SampleSize(1000000, kZ95, 500), 384);  // 384.15 without a limit
  for (const int64_t population : {2, 17, 250, 80000, 999999}) {
    for (const int32_t margin : {1, 50, 100, 300, 1000, 5000}) {
      const double z = kZ95 / 1e6, e = margin / 1e4, n0 = z * z / (4 * e * e);
      const double n = n0 / (1 + (n0 - 1) / static_cast<double>(population));
      EXPECT_NEAR(static_cast<double>(SampleSize(population, kZ95, margin)), std::ceil(n - 1e-9), 1e-6)
          << population << " " << margin;
    }
  }
}

TEST(SampleSize, ItsMarginIsAtMostTheOneAskedFor) {
  for (const int64_t population : {50, 1000, 80000}) {
    const int64_t size = SampleSize(population, kZ95, 500);
    EXPECT_LE(MarginOf(population, size, kZ95), 500);
    EXPECT_GE(MarginOf(population, size - 1, kZ95), 500);
  }
  EXPECT_EQ(MarginOf(10, 10, kZ95), 0);
  EXPECT_EQ(MarginOf(10, 0, kZ95), 0);
  EXPECT_EQ(MarginOf(1000, 100, kZ95), 931);  // 1.959964 / 2 * sqrt(900 / (100 * 999)), rounded up
}

TEST(Allocation, InProportionAndAtLeastOne) {
  EXPECT_THAT(Allocate({100, 100}, 10), ElementsAre(5, 5));
  EXPECT_THAT(Allocate({100, 50, 50}, 5), ElementsAre(3, 1, 1));  // 2.5, 1.25, 1.25: the rest to the largest
  EXPECT_THAT(Allocate({1000, 1, 1}, 10), ElementsAre(10, 1, 1));
  EXPECT_THAT(Allocate({3, 3}, 6), ElementsAre(3, 3));
  EXPECT_THAT(Allocate({}, 0), ElementsAre());
}

TEST(Drawn, WithoutReplacementAndAgain) {
  std::vector<std::string> persons;
  for (int i = 0; i < 100; ++i) persons.push_back(absl::StrCat("p", i));
  const auto drawn = Draw(persons, 30, 42);
  EXPECT_THAT(drawn, SizeIs(30));
  EXPECT_EQ(std::set<std::string>(drawn.begin(), drawn.end()).size(), 30u);
  EXPECT_EQ(Draw({persons.rbegin(), persons.rend()}, 30, 42), drawn) << "the order of those who were paid is nothing";
  EXPECT_NE(Draw(persons, 30, 43), drawn);
  EXPECT_THAT(Draw(persons, 200, 1), SizeIs(100));
  // Everybody has the same chance: 2000 draws of 10 of 100 take each about 200 times (deviation 13.4).
  std::map<std::string, int> taken;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    for (const std::string& person : Draw(persons, 10, seed)) ++taken[person];
  }
  for (const auto& [person, times] : taken) {
    EXPECT_GT(times, 130) << person;
    EXPECT_LT(times, 270) << person;
  }
  EXPECT_THAT(taken, SizeIs(100));
}

v1::EvaluateVerificationRequest Asking() {
  v1::EvaluateVerificationRequest request;
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(absl::CivilDay(2023, 12, 1));
  request.set_seed(7);
  for (const auto& [area, size] : {std::pair("411728103/s1", 600), {"411728103/s2", 400}}) {
    v1::VerificationFrame* school = request.add_frame();
    school->set_area(area);
    for (int i = 0; i < size; ++i) school->add_persons(absl::StrCat(area, i));
  }
  return request;
}

TEST(Evaluated, DefaultsAreData) {
  const auto drawn = EvaluateSample(VerificationTables(), Asking());
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_EQ(drawn->confidence_bp(), 9500);
  EXPECT_EQ(drawn->margin_bp(), 500);
  EXPECT_EQ(drawn->needed(), 278);
  EXPECT_EQ(drawn->sample(0).persons_size(), 167);
  EXPECT_EQ(drawn->sample(1).persons_size(), 111);
  auto stricter = Asking();
  stricter.set_confidence_bp(9900);
  stricter.set_margin_bp(300);
  EXPECT_EQ(EvaluateSample(VerificationTables(), stricter)->needed(), 649);
  stricter.set_confidence_bp(9501);
  EXPECT_EQ(ReasonOf(EvaluateSample(VerificationTables(), stricter).status()), "VERIFICATION_CONFIDENCE");
  auto wrong = Asking();
  wrong.set_margin_bp(6000);
  EXPECT_EQ(ReasonOf(EvaluateSample(VerificationTables(), wrong).status()), "NUMBER_RANGE");
  wrong = Asking();
  wrong.mutable_frame(1)->add_persons("411728103/s10");
  EXPECT_EQ(ReasonOf(EvaluateSample(VerificationTables(), wrong).status()), "DUPLICATE_IN_BATCH");
  wrong = Asking();
  *wrong.mutable_on() = DateOf(absl::CivilDay(2010, 1, 1));
  EXPECT_EQ(ReasonOf(EvaluateSample(VerificationTables(), wrong).status()), "POLICY_MISSING");
}

TEST(VerificationTables, WrongOnesAreRefused) {
  const std::string rules = "region,from,until,confidence_bp,margin_bp,source\n,2018-01-01,,9500,500,s\n";
  const std::string quantiles = "confidence_bp,z_millionths,source\n9000,1644854,s\n9500,1959964,s\n";
  ASSERT_TRUE(VerificationBook::Create(rules, quantiles).ok());
  const auto reason = [](const std::string& r, const std::string& q) {
    return ReasonOf(VerificationBook::Create(r, q).status());
  };
  for (const auto& [from, to] : {std::pair(",9500,", ",9400,"),
                                 {",500,s", ",0,s"},
                                 {",500,s", ",500,"},
                                 {"\n,2018", "\n4117,2018"},
                                 {",,9500", ",2017-01-01,9500"},
                                 {",,9500", ",2019-01-01,9500"}}) {
    EXPECT_EQ(reason(absl::StrReplaceAll(rules, {{from, to}}), quantiles), "DATA_FILE") << from << to;
  }
  EXPECT_EQ(reason(rules + ",2020-01-01,,9500,300,s\n", quantiles), "DATA_FILE");
  EXPECT_EQ(reason(rules, "confidence_bp,z_millionths,source\n9500,1959964,s\n9000,1644854,s\n"), "DATA_FILE");
  EXPECT_EQ(reason(rules, "confidence_bp,z_millionths,source\n9500,0,s\n"), "DATA_FILE");
  const auto local = VerificationBook::Create(rules + "411728000000,2020-01-01,,9000,300,s\n", quantiles);
  ASSERT_TRUE(local.ok());
  EXPECT_EQ((*local->InForce("411728000000", absl::CivilDay(2023, 1, 1)))->margin_bp, 300);
  EXPECT_EQ((*local->InForce("500243000000", absl::CivilDay(2023, 1, 1)))->margin_bp, 500);
}

TEST(Results, PerSchoolAndWeightedOverAll) {
  v1::Verification verification;
  verification.set_confidence_bp(9500);
  verification.set_population(1000);
  for (const auto& [area, population] : {std::pair("a", 600), {"b", 400}}) {
    v1::VerificationStratum* stratum = verification.add_strata();
    stratum->set_area(area);
    stratum->set_population(population);
    stratum->set_sample(10);
  }
  AnswerCounts answers = {{{"a", v1::VERIFICATION_ANSWER_IN_FULL}, 9}, {{"a", v1::VERIFICATION_ANSWER_NOT_FOUND}, 1}};
  FillResult(VerificationTables(), answers, &verification);
  EXPECT_FALSE(verification.estimated()) << "b has no answer";
  EXPECT_EQ(verification.strata(0).estimate().numerator(), 9);
  EXPECT_EQ(verification.strata(0).estimate().denominator(), 10);
  EXPECT_EQ(verification.strata(0).margin_bp(), MarginOf(600, 10, kZ95));
  EXPECT_FALSE(verification.strata(1).has_estimate());
  answers[{"b", v1::VERIFICATION_ANSWER_IN_FULL}] = 2;
  answers[{"b", v1::VERIFICATION_ANSWER_IN_PART}] = 1;
  FillResult(VerificationTables(), answers, &verification);
  EXPECT_TRUE(verification.estimated());
  EXPECT_EQ(verification.estimate_bp(), 8067);  // 0.6 * 9/10 + 0.4 * 2/3 = 0.80666...
  EXPECT_EQ(ReasonOf(CloseVerified({"x", absl::CivilDay(2023, 12, 1), ""}, &verification)), "STATE_TRANSITION");
  verification.set_state(v1::VERIFICATION_STATE_RUNNING);
  EXPECT_EQ(ReasonOf(CloseVerified({"x", absl::CivilDay(2023, 12, 1), ""}, &verification)), "FIELD_REQUIRED");
}

}  // namespace
}  // namespace ruraledu::student_aid
