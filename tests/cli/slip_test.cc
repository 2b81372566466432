// slips: what is sent, and what is shown.
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

TEST_F(CliTest, SlipsAreSentAnsweredWithdrawnAndListed) {
  UseShippedData();
  v1::DepartmentSlip slip;
  slip.set_name("counties/411728/departmentSlips/d1");
  slip.set_department("LABOUR");
  slip.set_state(v1::SLIP_STATE_SENT);
  slip.add_reminders();
  const auto sent = Answers<v1::SendDepartmentSlipRequest>("SendDepartmentSlip", slip, "dropout_monitoring");
  const Outcome out =
      Run({"slips", "send", "counties/411728/cases/c1", "CHILD_LABOUR", "--text", "请查处", "--known", "2023-10-08"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(sent->parent(), "counties/411728");
  EXPECT_EQ(sent->about(), "counties/411728/cases/c1");
  EXPECT_EQ(sent->matter(), "CHILD_LABOUR");
  EXPECT_EQ(sent->known_on().day(), 8);
  for (const char* text : {"LABOUR", "SENT", slip.name().c_str()}) EXPECT_HAS(out.out, text);

  const auto answered = Answers<v1::AnswerDepartmentSlipRequest>("AnswerDepartmentSlip", slip, "dropout_monitoring");
  EXPECT_EQ(Run({"slips", "answer", slip.name(), "SETTLED", "--text", "已处置"}).code, 0);
  EXPECT_EQ(answered->result(), "SETTLED");
  EXPECT_EQ(answered->answer(), "已处置");
  const auto taken = Answers<v1::WithdrawDepartmentSlipRequest>("WithdrawDepartmentSlip", slip, "dropout_monitoring");
  EXPECT_EQ(Run({"slips", "withdraw", slip.name(), "--reason", "误发", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(taken->etag(), "\"7\"");
  v1::ListDepartmentSlipsResponse listed;
  *listed.add_slips() = slip;
  const auto asked = Answers<v1::ListDepartmentSlipsRequest>("ListDepartmentSlips", listed, "dropout_monitoring");
  EXPECT_HAS(Run({"slips", "list", "--open", "--department", "LABOUR", "--area", "411728103"}).out, slip.name());
  EXPECT_TRUE(asked->open_only());
  EXPECT_EQ(asked->area(), "areas/411728103");
}

TEST_F(CliTest, OneSlipInFull) {
  v1::DepartmentSlip slip;
  slip.set_text("请查处");
  const auto got = Monitors<v1::GetDepartmentSlipRequest>("GetDepartmentSlip", slip);
  EXPECT_HAS(Done({"slips", "show", "counties/411728/departmentSlips/d1", "--unmask", "--purpose", "DROPOUT_CONTROL"}),
             "请查处");
  EXPECT_ASKED(got, R"pb(name: "counties/411728/departmentSlips/d1" unmask: true)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CONTROL");
}

TEST_F(CliTest, ASlipIsSavedAsALetter) {
  v1::RenderDepartmentSlipResponse letter;
  letter.set_content("PK letter");
  const auto rendered = Monitors<v1::RenderDepartmentSlipRequest>("RenderDepartmentSlip", letter);
  const std::string path = Path("slip.docx");
  EXPECT_EQ(Run({"slips", "letter", "counties/411728/departmentSlips/d1", "--out", path}).code, 2) << "no purpose";
  EXPECT_HAS(
      Done({"slips", "letter", "counties/411728/departmentSlips/d1", "--out", path, "--purpose", "DROPOUT_CONTROL"}),
      "9 bytes");
  EXPECT_ASKED(rendered, R"pb(name: "counties/411728/departmentSlips/d1")pb");
}

}  // namespace
}  // namespace ruraledu::cli
