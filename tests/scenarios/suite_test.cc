// The suite as processes starts, stops, dies and comes back; with both databases.
#include "tests/lib/suite.h"

#include <gtest/gtest.h>

namespace ruraledu::testlib {
namespace {

void ExpectServes(Suite& suite, int replicas) {
  const Outcome answer = suite.Cli("officer", {"regions"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  for (const std::string& service : suite.services()) {
    for (int replica = 0; replica < replicas; ++replica) {
      EXPECT_EQ(suite.Admin(service, replica, "/readyz").status, 200);
    }
  }
}

TEST(SuiteTest, OneProcessOnSqliteStartsDiesAndComesBack) {
  Suite suite({.all_in_one = true});
  suite.Start();
  ExpectServes(suite, 1);
  suite.Kill("registry");
  EXPECT_FALSE(suite.Running("student_aid")) << "they are one process";
  suite.Start("all_in_one");
  ExpectServes(suite, 1);
  EXPECT_EQ(suite.Stop("all_in_one"), 0);
}

TEST(SuiteTest, TwoReplicasOnPostgresOutliveOneOfThem) {
  Suite suite({.postgres = true, .replicas = 2});
  suite.Start();
  ExpectServes(suite, 2);
  suite.Kill("registry", 0);
  suite.Kill("student_aid", 1);
  const Outcome answer = suite.Cli("officer", {"regions"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(suite.Stop("registry", 1), 0);
  EXPECT_EQ(suite.Stop("student_aid", 0), 0);
}

}  // namespace
}  // namespace ruraledu::testlib
