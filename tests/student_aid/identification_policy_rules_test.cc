// The tables of identification: what ships, what a county may write, what does not load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::HasSubstr;

// One file with a text replaced; what the parser says about it.
std::string Problem(std::string IdentificationFiles::*file, const std::string& from, const std::string& to) {
  IdentificationFiles files = ShippedTables();
  EXPECT_THAT(files.*file, HasSubstr(from));
  absl::StrReplaceAll({{from, to}}, &(files.*file));
  const auto parsed = ParseIdentificationPolicies(files);
  return parsed.ok() ? "OK" : absl::StrCat(ReasonOf(parsed.status()), " ", parsed.status().message());
}

TEST(IdentificationTables, WhatShipsReadsLikeTheMeasure) {
  const auto policies = ParseIdentificationPolicies(ShippedTables());
  ASSERT_TRUE(policies.ok()) << policies.status();
  ASSERT_EQ(policies->size(), 1u);
  const v1::IdentificationPolicy& nation = policies->front();
  EXPECT_EQ(nation.name(), "identificationPolicies/ID_CN@1");
  EXPECT_EQ(nation.notice_days(), 5);     // 2.6: at least 5 working days at school level
  EXPECT_EQ(nation.objection_days(), 5);  // 2.6: default 5
  EXPECT_EQ(nation.appeal_days(), 10);    // DR-58
  EXPECT_EQ(nation.answer_days(), 5);     // DR-58
  ASSERT_EQ(nation.levels_size(), 3);
  EXPECT_EQ(nation.levels(0).label_zh(), "特别困难");
  EXPECT_EQ(nation.groups_size(), 6);
  // 2.6: without paper, level 1: P2, M1-M3, D1, D2, O1, O2, X1, R1.
  std::vector<std::string> without_paper;
  for (const v1::KindRow& row : nation.kinds()) {
    if (row.level() > 0) {
      EXPECT_EQ(row.level(), 1) << row.kind();
      without_paper.push_back(row.kind());
    }
  }
  EXPECT_THAT(without_paper, testing::UnorderedElementsAre("P2", "M1", "M2", "M3", "D1", "D2", "O1", "O2", "X1", "R1"));
  for (const char* kind : {"HOME_VISIT", "INTERVIEW", "LETTER", "DEMOCRATIC_REVIEW", "PROMISE", "COMPARISON"}) {
    EXPECT_NE(Tables().evidence().Find(kind), nullptr) << kind;
  }
}

TEST(IdentificationTables, TheLowestJurisdictionOfTheTermDecides) {
  IdentificationFiles files = ShippedTables();
  // Suiping uses two levels from 2023-2024-1 on and other points from 2024-2025-1 on; Henan has a table of its own.
  files.policies +=
      "ID_SP,1,411728000000,2023-2024-1,2023-2024-2,7,3,10,3,遂平,test\n"
      "ID_SP,2,411728000000,2024-2025-1,,7,3,10,3,遂平,test\n"
      "ID_HN,1,410000000000,2020-2021-1,,5,5,10,5,河南,test\n";
  for (const char* policy : {"ID_SP,1", "ID_SP,2", "ID_HN,1"}) {
    files.levels += absl::StrCat(policy, ",1,特别困难,special,50,test\n", policy, ",2,一般困难,ordinary,20,test\n");
    for (const char* group : {"ECONOMY", "SPECIAL_GROUP", "REGION", "SUDDEN_EVENT", "SPENDING", "OTHER_BURDEN"}) {
      files.groups += absl::StrCat(policy, ",", group, ",组,20,test\n");
    }
  }
  files.kinds += "ID_SP,1,X2,2,10,test\n";  // 2.6: local tables may set X2 to 1 or 2
  const auto policies = ParseIdentificationPolicies(files);
  ASSERT_TRUE(policies.ok()) << policies.status();
  const IdentificationBook book(*policies, EvidenceKinds());
  const auto in_force = [&](const std::string& region, const std::string& term) {
    const auto* policy = book.InForce(region, *ParseTerm(term));
    return policy == nullptr ? "" : policy->name().substr(policy->name().find('/') + 1);
  };
  EXPECT_EQ(in_force("411728000000", "2023-2024-2"), "ID_SP@1");
  EXPECT_EQ(in_force("411728000000", "2024-2025-1"), "ID_SP@2");
  EXPECT_EQ(in_force("411728000000", "2022-2023-2"), "ID_HN@1");
  EXPECT_EQ(in_force("411729000000", "2023-2024-1"), "ID_HN@1");
  EXPECT_EQ(in_force("500243000000", "2023-2024-1"), "ID_CN@1");
  EXPECT_EQ(in_force("411728000000", "2017-2018-2"), "");
  EXPECT_EQ(book.Find("identificationPolicies/ID_SP@3"), nullptr);
}

struct Broken {
  std::string IdentificationFiles::*file;
  const char* from;
  const char* to;
  const char* problem;
};

class BrokenTable : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenTable, DoesNotLoad) {
  const Broken& broken = GetParam();
  EXPECT_THAT(Problem(broken.file, broken.from, broken.to), HasSubstr("DATA_FILE"));
  EXPECT_THAT(Problem(broken.file, broken.from, broken.to), HasSubstr(broken.problem));
}

using Files = IdentificationFiles;
INSTANTIATE_TEST_SUITE_P(
    All, BrokenTable,
    ::testing::Values(
        Broken{&Files::policies, ",5,5,10,5,", ",4,5,10,5,", "at least 5 working days"},
        Broken{&Files::policies, ",5,5,10,5,", ",5,0,10,5,", "one working day"},
        Broken{&Files::policies, ",5,5,10,5,", ",5,5,,5,", "one working day"},
        Broken{&Files::policies, ",5,5,10,5,", ",5,5,-1,5,", "whole number"},
        Broken{&Files::policies, "2018-2019-1", "2018", "terms in order"},
        Broken{&Files::policies, "2018-2019-1,", "2018-2019-1,2017-2018-1", "terms in order"},
        Broken{&Files::policies, "ID_CN,1,,", "ID_CN,1,4117,", "12 digits"},
        Broken{&Files::policies, "ID_CN,1,,", "ID_CN,0,,", "version from 1"},
        Broken{&Files::levels, "ID_CN,1,2,", "ID_CN,1,4,", "without gaps"},
        Broken{&Files::levels, "hardship,40,", "hardship,60,", "fewer points"},
        Broken{&Files::levels, "ordinary hardship,20,", "ordinary hardship,0,", "fewer points"},
        Broken{&Files::groups, "ID_CN,1,SPENDING", "ID_CN,1,LUCK", "six groups"},
        Broken{&Files::groups, "ID_CN,1,SPENDING", "ID_CN,1,REGION", "six groups"},
        Broken{&Files::factors, "ID_CN,1,ECONOMY,PROPERTY,BASIC", "ID_CN,2,ECONOMY,PROPERTY,BASIC", "no such policy"},
        Broken{&Files::factors, "PROPERTY,BASIC", "PROPERTY,NONE", "stands twice"},
        Broken{&Files::factors, "ID_CN,1,ECONOMY,PROPERTY,BASIC", "ID_CN,1,REGION,PROPERTY,BASIC", "one group"},
        Broken{&Files::factors, "ID_CN,1,ECONOMY,PROPERTY,BASIC", "ID_CN,1,SPECIAL_GROUP,KIND,BASIC", "kinds are in"},
        Broken{&Files::factors, "NEAR_LINE,1000,1500", "NEAR_LINE,900,1500", "overlap"},
        Broken{&Files::factors, "NEAR_LINE,1000,1500", "NEAR_LINE,1500,1500", "empty"},
        Broken{&Files::factors, "NEAR_LINE,1000,1500", "NEAR_LINE,a,1500", "whole number"},
        Broken{&Files::factors, "BASIC,,,", "BASIC,1,,", "need a unit"},
        Broken{&Files::kinds, "ID_CN,1,M1,1,", "ID_CN,1,P2,1,", "stands once"},
        Broken{&Files::kinds, "ID_CN,1,M1,1,", "ID_CN,1,M1,4,", "no such level"},
        Broken{&Files::kinds, "ID_CN,1,M1,1,40,digest 2.6: identified without paper at level 1", "ID_CN,1,M1,1,40,",
               "needs its source"}));

TEST(IdentificationTables, VersionsNeitherOverlapNorLeaveAGap) {
  IdentificationFiles files = ShippedTables();
  const auto with = [&](const std::string& until, const std::string& next) {
    IdentificationFiles two = files;
    absl::StrReplaceAll({{"2018-2019-1,,", absl::StrCat("2018-2019-1,", until, ",")}}, &two.policies);
    two.policies += next;
    for (auto* text : {&two.levels, &two.groups}) {
      std::string second = absl::StrReplaceAll(text->substr(text->find('\n') + 1), {{"ID_CN,1,", "ID_CN,2,"}});
      *text += second;
    }
    const auto parsed = ParseIdentificationPolicies(two);
    return parsed.ok() ? std::string("OK") : std::string(parsed.status().message());
  };
  EXPECT_EQ(with("2023-2024-2", "ID_CN,2,,2024-2025-1,,5,5,10,5,二,test\n"), "OK");
  EXPECT_THAT(with("2023-2024-2", "ID_CN,2,,2024-2025-2,,5,5,10,5,二,test\n"), HasSubstr("DR-04"));
  EXPECT_THAT(with("2023-2024-2", "ID_CN,2,,2023-2024-2,,5,5,10,5,二,test\n"), HasSubstr("DR-04"));
  EXPECT_THAT(with("", "ID_CN,2,,2024-2025-1,,5,5,10,5,二,test\n"), HasSubstr("DR-04"));
  EXPECT_THAT(with("2023-2024-2", "ID_CN,2,410000000000,2024-2025-1,,5,5,10,5,二,test\n"), HasSubstr("one region"));
  EXPECT_THAT(with("2023-2024-2", "ID_CN,1,,2024-2025-1,,5,5,10,5,二,test\n"), HasSubstr("twice"));
}

TEST(IdentificationTables, ARegionHasOneJurisdiction) {
  IdentificationFiles files = ShippedTables();
  files.policies += "ID_XX,1,,2018-2019-1,,5,5,10,5,二,test\n";
  for (auto* text : {&files.levels, &files.groups}) {
    std::string other = absl::StrReplaceAll(text->substr(text->find('\n') + 1), {{"ID_CN,1,", "ID_XX,1,"}});
    *text += other;
  }
  EXPECT_THAT(std::string(ParseIdentificationPolicies(files).status().message()), HasSubstr("another jurisdiction"));
}

TEST(IdentificationTables, APolicyWithoutLevelsOrGroupsDoesNotLoad) {
  IdentificationFiles files = ShippedTables();
  files.policies += "ID_XX,1,410000000000,2018-2019-1,,5,5,10,5,二,test\n";
  EXPECT_THAT(std::string(ParseIdentificationPolicies(files).status().message()), HasSubstr("the six groups"));
}

}  // namespace
}  // namespace ruraledu::student_aid
