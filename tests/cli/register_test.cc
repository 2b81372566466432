// register-checks: what is sent, and what is shown.
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kService[] = "dropout_monitoring";

TEST_F(CliTest, RegisterChecksArePreparedAnsweredSignedAndSummed) {
  UseShippedData();
  v1::RegisterCheck check;
  check.set_name("counties/411728/registerChecks/s1.2023-09.1");
  check.set_state(v1::ZERO_REPORT_STATE_PREPARED);
  const auto prepared = Answers<v1::PrepareRegisterCheckRequest>("PrepareRegisterCheck", check, kService);
  EXPECT_HAS(Run({"register-checks", "prepare", "counties/411728/schools/s1", "2023-09", "--unknown", "2"}).out,
             "PREPARED");
  EXPECT_EQ(prepared->parent(), "counties/411728");
  EXPECT_EQ(prepared->month(), "2023-09");
  EXPECT_EQ(prepared->in_class_unknown(), 2);
  v1::RegisterFinding* finding = check.add_findings();
  finding->set_kind(v1::REGISTER_FINDING_KIND_TWO_REGISTERS);
  finding->set_student("counties/411728/students/p1");
  finding->set_answer(v1::REGISTER_ANSWER_PASSED);
  const auto answered = Answers<v1::AnswerRegisterFindingRequest>("AnswerRegisterFinding", check, kService);
  const Outcome out = Run({"register-checks", "answer", check.name(), "TWO_REGISTERS", finding->student(), "PASSED",
                           "--reason", "已转出", "--to", "counties/411728/schools/s2"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(answered->kind(), v1::REGISTER_FINDING_KIND_TWO_REGISTERS);
  EXPECT_EQ(answered->answer(), v1::REGISTER_ANSWER_PASSED);
  EXPECT_EQ(answered->passed_to(), "counties/411728/schools/s2");
  for (const char* text : {"TWO_REGISTERS", "PASSED", "counties/411728/students/p1"}) EXPECT_HAS(out.out, text);
  EXPECT_NE(Run({"register-checks", "answer", check.name(), "NONE", "p1", "PASSED", "--reason", "a"}).code, 0);
  const auto signed_one = Answers<v1::SignRegisterCheckRequest>("SignRegisterCheck", check, kService);
  EXPECT_EQ(Run({"register-checks", "sign", check.name(), "--zero", "--etag", "\"7\""}).code, 0);
  EXPECT_TRUE(signed_one->zero());
  EXPECT_EQ(signed_one->etag(), "\"7\"");
  const auto shown = Answers<v1::GetRegisterCheckRequest>("GetRegisterCheck", check, kService);
  EXPECT_HAS(Run({"register-checks", "show", check.name(), "--unmask", "--purpose", "DROPOUT_CONTROL"}).out,
             "TWO_REGISTERS");
  EXPECT_TRUE(shown->unmask());
  v1::RegisterCheck masked = check;
  masked.clear_findings();
  masked.mutable_figures()->set_two_registers(3);
  masked.mutable_figures()->set_open(2);
  Answers<v1::GetRegisterCheckRequest>("GetRegisterCheck", masked, kService);
  EXPECT_HAS(Run({"register-checks", "show", check.name()}).out, "OPEN 2");
  v1::RegisterRollUp sum;
  sum.add_missing("counties/411728/schools/s3");
  const auto asked = Answers<v1::GetRegisterRollUpRequest>("GetRegisterRollUp", sum, kService);
  EXPECT_HAS(Run({"register-checks", "month", "2023-09"}).out, "counties/411728/schools/s3");
  EXPECT_EQ(asked->month(), "2023-09");
  v1::ListRegisterChecksResponse all;
  *all.add_checks() = masked;
  const auto listed = Answers<v1::ListRegisterChecksRequest>("ListRegisterChecks", all, kService);
  EXPECT_HAS(Run({"register-checks", "list", "2023-10", "--area", "411728103", "--all"}).out, check.name());
  EXPECT_EQ(listed->parent(), "counties/411728");
  EXPECT_EQ(listed->month(), "2023-10");
  EXPECT_EQ(listed->area(), "areas/411728103");
  EXPECT_TRUE(listed->all_versions());
  EXPECT_EQ(Run({"register-checks", "list"}).code, 2) << "no month";
}

}  // namespace
}  // namespace ruraledu::cli
