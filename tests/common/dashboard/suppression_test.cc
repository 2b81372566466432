#include "common/dashboard/suppression.h"

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::Figure;
using ruraledu::dashboard::v1::Indicator;
using testing::ElementsAre;

// A school: its total and its parts "A", "B" ...
Indicator School(const std::vector<int64_t>& parts) {
  Indicator school;
  int64_t total = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    total += parts[i];
    if (parts[i] != 0) {
      auto* part = school.add_parts();
      part->set_code(std::string(1, static_cast<char>('A' + i)));
      part->mutable_numerator()->set_value(parts[i]);
    }
  }
  school.mutable_numerator()->set_value(total);
  return school;
}

Indicator Plain(int64_t total) {
  Indicator school;
  school.mutable_numerator()->set_value(total);
  return school;
}

std::string Text(const Figure& figure) {
  return figure.small() ? "<5" : figure.withheld() ? "*" : absl::StrCat(figure.value());
}

std::string Text(const Indicator& school) {
  std::vector<std::string> cells = {Text(school.numerator())};
  for (const auto& part : school.parts()) {
    cells.push_back(absl::StrCat(part.code(), "=", Text(part.numerator())));
  }
  return absl::StrJoin(cells, " ");
}

std::vector<std::string> Shown(std::vector<Indicator> schools) {
  std::vector<Indicator*> pointers;
  for (Indicator& school : schools) {
    pointers.push_back(&school);
  }
  HideSmall(pointers);
  std::vector<std::string> lines;
  for (const Indicator& school : schools) {
    lines.push_back(Text(school));
  }
  return lines;
}

TEST(SuppressionTest, OneSmallValueTakesTheSmallestOtherWithIt) {
  EXPECT_THAT(Shown({Plain(3), Plain(20), Plain(7)}), ElementsAre("<5", "20", "*"));
  EXPECT_THAT(Shown({Plain(3), Plain(20), Plain(1)}), ElementsAre("<5", "20", "<5")) << "two protect each other";
  EXPECT_THAT(Shown({Plain(3), Plain(0), Plain(9)}), ElementsAre("<5", "0", "*")) << "a 0 only without anything else";
  EXPECT_THAT(Shown({Plain(3), Plain(0), Plain(0)}), ElementsAre("<5", "*", "0"));
  EXPECT_THAT(Shown({Plain(5), Plain(0), Plain(8)}), ElementsAre("5", "0", "8"));
  EXPECT_THAT(Shown({Plain(3)}), ElementsAre("<5")) << "the township has no other school";
  EXPECT_THAT(Shown({}), ElementsAre());
}

TEST(SuppressionTest, PartsAndTotalOfASchoolDoNotGiveEachOtherAway) {
  EXPECT_THAT(Shown({School({2, 8, 9}), School({3, 8, 9})}), ElementsAre("19 A=<5 B=* C=9", "20 A=<5 B=* C=9"));
}

TEST(SuppressionTest, RatesHideBothFigures) {
  Indicator a, b;
  a.mutable_numerator()->set_value(50);
  a.mutable_denominator()->set_value(52);
  b.mutable_numerator()->set_value(2);
  b.mutable_denominator()->set_value(4);
  b.set_state(v1::INDICATOR_STATE_MISSED);
  a.set_state(v1::INDICATOR_STATE_MET);
  HideSmall({&a, &b});
  EXPECT_EQ(absl::StrCat(Text(a.numerator()), "/", Text(a.denominator())), "*/*");
  EXPECT_EQ(absl::StrCat(Text(b.numerator()), "/", Text(b.denominator())), "<5/<5");
  EXPECT_EQ(a.state(), v1::INDICATOR_STATE_UNSPECIFIED) << "a state would tell of what is withheld";
  EXPECT_EQ(b.state(), v1::INDICATOR_STATE_MISSED);
}

// Whatever the values: small ones are hidden, what is shown is right, and no line has a single hidden cell.
TEST(SuppressionTest, NoLineGivesOneAway) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    const size_t codes = random() % 4;
    std::vector<Indicator> schools, given;
    for (size_t n = random() % 6 + 1; n > 0; --n) {
      std::vector<int64_t> parts;
      for (size_t i = 0; i < codes; ++i) {
        parts.push_back(random() % 3 == 0 ? 0 : random() % 12);
      }
      schools.push_back(codes == 0 ? Plain(random() % 12) : School(parts));
    }
    given = schools;
    std::vector<Indicator*> pointers;
    for (Indicator& school : schools) {
      pointers.push_back(&school);
    }
    HideSmall(pointers);
    std::map<std::string, std::pair<int, int>> lines;  // hidden and shown cells
    const auto note = [&](const std::string& line, const Figure& now, const Figure& before) {
      const bool hidden = now.small() || now.withheld();
      EXPECT_EQ(now.small(), 1 <= before.value() && before.value() <= 4);
      EXPECT_EQ(now.value(), hidden ? 0 : before.value());
      ++(hidden ? lines[line].first : lines[line].second);
    };
    for (size_t i = 0; i < schools.size(); ++i) {
      note("totals", schools[i].numerator(), given[i].numerator());
      for (int p = 0; p < schools[i].parts_size(); ++p) {
        note(schools[i].parts(p).code(), schools[i].parts(p).numerator(), given[i].parts(p).numerator());
        note(absl::StrCat("school ", i), schools[i].parts(p).numerator(), given[i].parts(p).numerator());
      }
      if (schools[i].parts_size() > 0) {
        note(absl::StrCat("school ", i), schools[i].numerator(), given[i].numerator());
      }
    }
    for (const auto& [line, cells] : lines) {
      EXPECT_TRUE(cells.first != 1 || cells.second == 0) << line;
    }
  }
}

}  // namespace
}  // namespace ruraledu::dashboard
