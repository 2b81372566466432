// The tables of applications and the codes of restrictions: what is shipped, and what a wrong file is refused for.
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

TEST(ApplicationPolicies, AreThoseOfTheDigest) {
  const v1::ApplicationPolicy& nation = ApplicationTables().policies()[0];
  EXPECT_EQ(nation.name(), "applicationPolicies/AP_CN@1");
  EXPECT_EQ(nation.notice_level(), v1::NOTICE_LEVEL_SCHOOL);  // 2.7: default
  EXPECT_GE(nation.notice_days(), 5);
  EXPECT_EQ(nation.appeal_days(), 10);  // DR-58
  EXPECT_EQ(nation.approval_steps(0).from_amount_fen(), 0);
}

TEST(ApplicationPolicies, TheLowestRegionInForceHolds) {
  ApplicationFiles files = ShippedApplicationTables();
  files.policies += "AP_SP,1,411728000000,2023-2024-1,2023-2024-1,BOTH,7,5,10,5,x,y\n";
  files.steps += "AP_SP,1,0,2,y\n";
  const ApplicationBook book(ParseApplicationPolicies(files).value(), {});
  const auto name = [&](const char* region, const char* term) {
    const auto* policy = book.InForce(region, *ParseTerm(term));
    return policy == nullptr ? "" : policy->name();
  };
  EXPECT_EQ(name("411728000000", "2023-2024-1"), "applicationPolicies/AP_SP@1");
  EXPECT_EQ(name("411728000000", "2023-2024-2"), "applicationPolicies/AP_CN@1");
  EXPECT_EQ(name("500243000000", "2023-2024-1"), "applicationPolicies/AP_CN@1");
  EXPECT_EQ(name("411728000000", "2017-2018-1"), "");
  v1::Application application;
  application.set_policy("applicationPolicies/AP_SP@1");
  EXPECT_EQ((*PolicyOf(book, application))->notice_days(), 7);
  application.set_policy("applicationPolicies/AP_SP@2");
  EXPECT_EQ(ReasonOf(PolicyOf(book, application).status()), "POLICY_SET_UNKNOWN");
}

struct Broken {
  std::string ApplicationFiles::*file;
  const char* from;
  const char* to;
  const char* problem;
};

TEST(ApplicationPolicies, AWrongFileIsRefusedWithItsLine) {
  using Files = ApplicationFiles;
  for (const Broken& row : {Broken{&Files::policies, "SCHOOL,5", "STREET,5", "SCHOOL, COUNTY or BOTH"},
                            Broken{&Files::policies, "SCHOOL,5", ",5", "SCHOOL, COUNTY or BOTH"},
                            Broken{&Files::policies, "SCHOOL,5,", "SCHOOL,4,", "at least 5 working days"},
                            Broken{&Files::policies, "SCHOOL,5,5,", "SCHOOL,5,0,", "at least one working day"},
                            Broken{&Files::policies, "2018-2019-1", "2018", "terms in order"},
                            Broken{&Files::policies, "AP_CN,1,,", "AP_CN,1,41,", "12 digits"},
                            Broken{&Files::policies, "AP_CN,1,", "AP_CN,0,", "version from 1"},
                            Broken{&Files::steps, "AP_CN,1,0,1,", "AP_CN,1,1,1,", "the first ones from 0"},
                            Broken{&Files::steps, "AP_CN,1,0,1,", "AP_CN,1,0,0,", "1 to 10"},
                            Broken{&Files::steps, "AP_CN,1,0,1,", "AP_CN,1,0,3,", "as many approvals or more"},
                            Broken{&Files::steps, "AP_CN,1,200000,", "AP_CN,1,0,", "in order of amount"},
                            Broken{&Files::steps, "AP_CN,1,200000,2", "AP_CN,1,-5,2", "whole number"},
                            Broken{&Files::steps, "AP_CN,1,200000", "AP_XX,1,200000", "no such policy"}}) {
    Files files = ShippedApplicationTables();
    const std::string before = files.*row.file;
    files.*row.file = absl::StrReplaceAll(before, {{row.from, row.to}});
    ASSERT_NE(files.*row.file, before) << row.from;
    const auto parsed = ParseApplicationPolicies(files);
    EXPECT_EQ(ReasonOf(parsed.status()), "DATA_FILE") << row.to;
    EXPECT_NE(std::string(parsed.status().message()).find(row.problem), std::string::npos) << parsed.status();
  }
  ApplicationFiles bare = ShippedApplicationTables();
  bare.steps = bare.steps.substr(0, bare.steps.find('\n') + 1);
  EXPECT_EQ(ReasonOf(ParseApplicationPolicies(bare).status()), "DATA_FILE");
}

TEST(RestrictionCodes, SayWhatTheyDoAndWhy) {
  for (const v1::RestrictionCode& code : ShippedRestrictionCodes()) {
    EXPECT_NE(code.effect(), v1::RESTRICTION_EFFECT_UNSPECIFIED);
    EXPECT_FALSE(code.label_zh().empty() || code.label_en().empty() || code.source().empty()) << code.code();
  }
  const std::string text = Shipped("policies/student_aid/restriction_codes.csv");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"STOP_PAY", "STOP_EVERYTHING"},
                                                                                 {"STOP_PAY", "UNSPECIFIED"},
                                                                                 {"RECOVERY_OPEN", "IDENTITY_UNCLEAR"},
                                                                                 {",digest 3.1", ","}}) {
    const std::string wrong = absl::StrReplaceAll(text, {{from, to}});
    ASSERT_NE(wrong, text) << from;
    EXPECT_EQ(ReasonOf(ParseRestrictionCodes(wrong).status()), "DATA_FILE") << to;
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
