// risks: what is asked and what is shown.
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class CareTest : public CliTest {};

TEST_F(CareTest, RisksWithTheirReasons) {
  v1::ListRisksResponse answer;
  v1::Risk* risk = answer.add_risks();
  risk->set_points(58);
  risk->set_level(v1::RISK_LEVEL_FIRST);
  risk->add_reasons()->set_factor("TRANSFERS");
  risk->mutable_reasons(0)->set_value("2");
  const auto seen = Answers<v1::ListRisksRequest>("ListRisks", answer, "dropout_monitoring");
  const Outcome out = Run({"risks", "--first", "--area", "411728103"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(seen->level(), v1::RISK_LEVEL_FIRST);
  EXPECT_EQ(seen->area(), "areas/411728103");
  for (const char* text : {"58", "FIRST", "TRANSFERS=2"}) EXPECT_HAS(out.out, text);
}

}  // namespace
}  // namespace ruraledu::cli
