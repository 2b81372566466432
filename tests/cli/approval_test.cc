// approvals: what is sent, and what is shown.
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

TEST_F(CliTest, ApprovalsAreProposedDecidedWithdrawnAndListed) {
  UseShippedData();
  v1::AbsenceApproval one;
  one.set_name("counties/411728/absenceApprovals/a1");
  one.set_kind(v1::APPROVAL_KIND_DELAY);
  one.set_state(v1::APPROVAL_STATE_NOT_BACK);
  one.set_case_name("counties/411728/cases/c1");
  const auto sent = Answers<v1::ProposeAbsenceApprovalRequest>("ProposeAbsenceApproval", one, "dropout_monitoring");
  const Outcome out = Run({"approvals", "propose", "counties/411728/students/p1", "DELAY", "--from", "2023-09-01",
                           "--until", "2024-08-31", "--evidence", "MEDICAL_CERTIFICATE=诊断1号@2023-08-20"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(sent->kind(), v1::APPROVAL_KIND_DELAY);
  EXPECT_EQ(sent->valid_until().year(), 2024);
  ASSERT_EQ(sent->evidence_size(), 1);
  EXPECT_EQ(sent->evidence(0).kind(), "MEDICAL_CERTIFICATE");
  EXPECT_EQ(sent->evidence(0).file_name(), "诊断1号");
  EXPECT_EQ(sent->evidence(0).dated_on().day(), 20);
  for (const char* text : {"DELAY", "NOT_BACK", one.case_name().c_str()}) EXPECT_HAS(out.out, text);
  const auto decided = Answers<v1::DecideAbsenceApprovalRequest>("DecideAbsenceApproval", one, "dropout_monitoring");
  EXPECT_NE(Run({"approvals", "grant", one.name(), "--paper", "缓2023-1"}).code, 0) << "without what was read";
  EXPECT_EQ(Run({"approvals", "grant", one.name(), "--paper", "缓2023-1", "--etag", "\"7\""}).code, 0);
  EXPECT_TRUE(decided->approve());
  EXPECT_EQ(decided->paper(), "缓2023-1");
  EXPECT_EQ(Run({"approvals", "refuse", one.name(), "--reason", "材料不全", "--etag", "\"7\""}).code, 0);
  EXPECT_FALSE(decided->approve());
  EXPECT_EQ(decided->reason(), "材料不全");
  const auto taken = Answers<v1::WithdrawAbsenceApprovalRequest>("WithdrawAbsenceApproval", one, "dropout_monitoring");
  EXPECT_EQ(Run({"approvals", "withdraw", one.name(), "--reason", "误批", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(taken->etag(), "\"7\"");
  v1::ListAbsenceApprovalsResponse listed;
  *listed.add_approvals() = one;
  const auto asked = Answers<v1::ListAbsenceApprovalsRequest>("ListAbsenceApprovals", listed, "dropout_monitoring");
  EXPECT_HAS(Run({"approvals", "list", "--state", "NOT_BACK", "--area", "411728103"}).out, one.name());
  EXPECT_EQ(asked->state(), v1::APPROVAL_STATE_NOT_BACK);
  v1::AbsenceApproval whole = one;
  whole.set_paper("缓2023-1");
  const auto shown = Answers<v1::GetAbsenceApprovalRequest>("GetAbsenceApproval", whole, "dropout_monitoring");
  EXPECT_HAS(Run({"approvals", "show", one.name(), "--unmask", "--purpose", "DROPOUT_CONTROL"}).out, "缓2023-1");
  EXPECT_EQ(shown->name(), one.name());
  EXPECT_TRUE(shown->unmask());
  EXPECT_EQ(Run({"approvals", "show", one.name(), "--unmask"}).code, 2) << "no purpose";
}

}  // namespace
}  // namespace ruraledu::cli
