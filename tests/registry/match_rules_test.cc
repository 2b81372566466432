// Scores of doubtful pairs (county profile 14): symmetric, explained, and never enough where identity numbers speak
// against it.
#include "services/registry/match_rules.h"

#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::registry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr char kFile[] = RURALEDU_SOURCE_DIR "/deploy/policies/registry/identity_match.csv";

class MatchRulesTest : public ::testing::Test {
 protected:
  MatchPerson Person(std::string_view name, absl::CivilDay birth, std::string id = "") {
    return {names_.Prepare(name), birth, std::move(id)};
  }
  MatchScore Score(const MatchPerson& a, const MatchPerson& b) {
    const MatchScore score = ScoreMatch(weights_, names_, a, b);
    EXPECT_EQ(score.permille, ScoreMatch(weights_, names_, b, a).permille) << "symmetric";
    return score;
  }

  NameRules names_ = *NameRules::Load(RURALEDU_SOURCE_DIR "/deploy/data");
  MatchWeights weights_ = *MatchWeights::Parse(kFile, *LoadFile(kFile));
  const absl::CivilDay day_{2014, 3, 5};
};

TEST_F(MatchRulesTest, NamesAndBirthDates) {
  const MatchPerson base = Person("张子涵", day_);
  struct Case {
    const char* name;
    absl::CivilDay birth;
    const char *name_reason, *birth_reason;
    bool duplicate, likely;
  };
  const Case cases[] = {
      {"张子涵", day_, "NAME_EQUAL", "BIRTH_EQUAL", true, true},
      {"张梓涵", day_, "NAME_HOMOPHONE", "BIRTH_EQUAL", true, false},
      {"张子涵（涵涵）", day_, "NAME_EQUAL", "BIRTH_EQUAL", true, true},
      {"张子涵", absl::CivilDay(2014, 5, 3), "NAME_EQUAL", "BIRTH_SWAPPED", true, false},
      {"张子涵", absl::CivilDay(2014, 3, 6), "NAME_EQUAL", "BIRTH_ONE_DIGIT", true, false},
      {"张子涵", absl::CivilDay(2012, 11, 28), "NAME_EQUAL", "", false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const MatchScore score = Score(base, Person(c.name, c.birth));
    EXPECT_THAT(score.reasons, Contains(c.name_reason));
    if (*c.birth_reason != '\0') {
      EXPECT_THAT(score.reasons, Contains(c.birth_reason));
    }
    EXPECT_EQ(score.permille >= weights_.duplicate_from, c.duplicate) << score.permille;
    EXPECT_EQ(score.permille >= weights_.likely_from, c.likely) << score.permille;
  }
}

TEST_F(MatchRulesTest, AnotherNameIsNoMatch) {
  const MatchScore score = Score(Person("张子涵", day_), Person("王大力", day_));
  EXPECT_EQ(score.permille, 0);
  EXPECT_THAT(score.reasons, testing::IsEmpty());
}

TEST_F(MatchRulesTest, IdentityNumbersSpeakForOrAgainst) {
  const std::string id = "411700201403050179", near = "411700201403050199", far = "411700201403058733";
  const MatchPerson base = Person("张子涵", day_, id);
  EXPECT_THAT(Score(base, Person("张子涵", day_, near)).reasons, Contains("ID_ONE_DIGIT"));
  EXPECT_EQ(Score(base, Person("张子涵", day_, near)).permille, 1000);
  const MatchScore doubles = Score(base, Person("张子涵", day_, far));
  EXPECT_THAT(doubles.reasons, Contains("ID_DIFFERS"));
  EXPECT_LT(doubles.permille, weights_.duplicate_from) << "one child in 800 has a double";
  EXPECT_GE(doubles.permille, weights_.weak_match_from) << "name, birth date and county make a weak match";
  EXPECT_THAT(Score(base, Person("张子涵", day_)).reasons, Contains("ID_MISSING"));
}

TEST_F(MatchRulesTest, BlocksStaySmall) {
  EXPECT_THAT(BirthBlocks(day_), ElementsAre(day_, absl::CivilDay(2014, 5, 3)));
  EXPECT_THAT(BirthBlocks(absl::CivilDay(2014, 3, 15)), ElementsAre(absl::CivilDay(2014, 3, 15)));
  EXPECT_THAT(BirthBlocks(absl::CivilDay(2014, 4, 4)), ElementsAre(absl::CivilDay(2014, 4, 4)));
  EXPECT_EQ(NameBlock(names_.Prepare("张子涵")), NameBlock(names_.Prepare("章梓涵")));
  EXPECT_NE(NameBlock(names_.Prepare("张子涵")), NameBlock(names_.Prepare("李子涵")));
}

TEST(MatchWeights, EveryKeyOnceAndNoOther) {
  const std::string text = *LoadFile(kFile);
  EXPECT_TRUE(MatchWeights::Parse("f", text).ok());
  EXPECT_EQ(ReasonOf(MatchWeights::Parse("f", "key,value,source\nname_weight,500,x\n").status()), "DATA_FILE")
      << "keys are missing";
  EXPECT_EQ(ReasonOf(MatchWeights::Parse("f", text + "unheard_of,1,x\n").status()), "DATA_FILE");
  EXPECT_EQ(ReasonOf(MatchWeights::Parse("f", text + "name_weight,1,x\n").status()), "DATA_FILE") << "twice";
}

}  // namespace
}  // namespace ruraledu::registry
