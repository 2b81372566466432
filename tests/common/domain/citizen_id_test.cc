#include "common/domain/citizen_id.h"

#include <random>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Day;
using ::ruraledu::testing::Provinces;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::CivilDay kToday(2023, 9, 1);

CitizenIdCheck Check(std::string_view text, const PersonFacts& facts = {}, absl::CivilDay today = kToday) {
  return CheckCitizenId(text, facts, Provinces(), today);
}

// Digest 7.1: published numbers and test numbers of no living person.
TEST(CitizenId, Published) {
  const struct {
    std::string number, birth;
    Sex sex;
  } good[] = {
      {"11010519491231002X", "1949-12-31", Sex::kFemale}, {"440524188001010014", "1880-01-01", Sex::kMale},
      {"411700201309059016", "2013-09-05", Sex::kMale},   {"411700201608319025", "2016-08-31", Sex::kFemale},
      {"41170020140310918X", "2014-03-10", Sex::kFemale},
  };
  for (const auto& c : good) {
    const CitizenIdCheck check = Check(c.number);
    EXPECT_EQ(check.error, "") << c.number;
    EXPECT_THAT(check.warnings, IsEmpty());
    EXPECT_EQ(check.number, c.number);
    EXPECT_EQ(check.birth_date, Day(c.birth));
    EXPECT_EQ(check.sex, c.sex);
    EXPECT_EQ(check.kind, CitizenIdKind::kResident);
  }
}

TEST(CitizenId, RefusalsInTheOrderOfTheDigest) {
  const struct {
    std::string number, error;
  } bad[] = {
      {"", "ID_LENGTH"},
      {"4117002013090590", "ID_LENGTH"},
      {"41170020130905901", "ID_LENGTH"},
      {"4117002013090590160", "ID_LENGTH"},
      {"410105491231002", "ID_LEGACY15"},
      {"41010549123100X", "ID_LENGTH"},
      {"41170020130905 016", "ID_CHARSET"},
      {"X11700201309059016", "ID_CHARSET"},
      {"4117002013090590X6", "ID_CHARSET"},
      {"41170020130905901Y", "ID_CHARSET"},
      {"41170020130905901号", "ID_CHARSET"},  // 18 characters, one of them Han
      {"999900200101019078", "ID_REGION"},
      {"009900209901019078", "ID_REGION"},  // region before date
      {"640400201002299037", "ID_DATE"},    // 29 February 2010, check right
      {"411700201313059016", "ID_DATE"},
      {"411700201300059016", "ID_DATE"},
      {"411700202309029014", "ID_DATE"},  // tomorrow: date before check
      {"411700201309059017", "ID_CHECK"},
      {"41170020130905901X", "ID_CHECK"},
  };
  for (const auto& c : bad) {
    EXPECT_EQ(Check(c.number).error, c.error) << c.number;
    EXPECT_EQ(FindReason(c.error).reason, c.error);
  }
}

TEST(CitizenId, TheFutureDependsOnTheDayOfEvaluation) {
  EXPECT_EQ(Check("411700201309059016", {}, Day("2013-09-05")).error, "");
  EXPECT_EQ(Check("411700201309059016", {}, Day("2013-09-04")).error, "ID_DATE");
}

TEST(CitizenId, NormalisesWithAWarning) {
  for (const char* text : {"41170020140310918x", "４１１７００２０１４０３１０９１８Ｘ", " 41170020140310918X ",
                           "41170020140310918ｘ", "　41170020140310918X"}) {
    const CitizenIdCheck check = Check(text);
    EXPECT_EQ(check.error, "") << text;
    EXPECT_EQ(check.number, "41170020140310918X");
    EXPECT_THAT(check.warnings, ElementsAre("ID_NORMALIZED"));
  }
}

TEST(CitizenId, CrossChecksAreWarnings) {
  const PersonFacts right{Day("2013-09-05"), Sex::kMale};
  EXPECT_THAT(Check("411700201309059016", right).warnings, IsEmpty());
  EXPECT_THAT(Check("411700201309059016", {Day("2013-05-09"), Sex::kFemale}).warnings,
              ElementsAre("ID_BIRTH_MISMATCH", "ID_SEX_MISMATCH"));
  EXPECT_THAT(Check("41170020140310918x", {std::nullopt, Sex::kMale}).warnings,
              ElementsAre("ID_NORMALIZED", "ID_SEX_MISMATCH"));
  EXPECT_THAT(Check("411700201309059017", {Day("2013-05-09"), Sex::kFemale}).warnings, IsEmpty());  // no good number
}

TEST(CitizenId, ResidencePermits) {
  for (const auto& [prefix, kind] :
       {std::pair{"810000", CitizenIdKind::kHongKong}, std::pair{"820000", CitizenIdKind::kMacao},
        std::pair{"830000", CitizenIdKind::kTaiwan}}) {
    const std::string head = std::string(prefix) + "20130905001";
    const CitizenIdCheck check = Check(head + CitizenIdCheckCharacter(head));
    EXPECT_EQ(check.error, "");
    EXPECT_EQ(check.kind, kind);
  }
}

// Property: the check character finds every single wrong digit and every swap of unequal neighbours in the sequence
// part.
TEST(CitizenId, FindsSingleErrors) {
  std::mt19937 random(testing::Seed());
  for (int round = 0; round < 200; ++round) {
    std::string head = "41170020130905";
    for (int i = 0; i < 3; ++i) {
      head.push_back(static_cast<char>('0' + random() % 10));
    }
    const std::string number = head + CitizenIdCheckCharacter(head);
    ASSERT_EQ(Check(number).error, "");
    for (size_t at = 0; at < 18; ++at) {
      for (char c : std::string("0123456789X")) {
        std::string wrong = number;
        wrong[at] = c;
        ASSERT_EQ(Check(wrong).ok(), wrong == number) << wrong;
      }
    }
    std::string swapped = number;
    std::swap(swapped[14], swapped[15]);
    ASSERT_EQ(Check(swapped).ok(), swapped == number);
  }
}

}  // namespace
}  // namespace ruraledu
