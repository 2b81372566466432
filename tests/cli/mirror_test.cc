// aid mirror, the report of problems: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kExport[] = "counties/411728/mirrorExports/e1";
constexpr char kEntry[] = "counties/411728/mirrorEntries/e1.0000001";

class MirrorTest : public CliTest {
 protected:
  MirrorTest() { UseShippedData(); }
};

TEST_F(MirrorTest, ExportsAndTheirFiles) {
  v1::MirrorExport made;
  made.set_name(kExport);
  made.set_reference("RURALEDU-411728-20231-COMPULSORY-1");
  const auto created = Answers<v1::CreateMirrorExportRequest>("CreateMirrorExport", made);
  EXPECT_HAS(Run({"aid", "mirror", "export", "--term", "2023-2024-1", "--layout", "COMPULSORY@1", "--paid"}).out,
             made.reference());
  EXPECT_EQ(created->layout(), "mirrorLayouts/COMPULSORY@1");
  EXPECT_EQ(created->basis(), v1::MIRROR_BASIS_PAID);
  v1::ListMirrorExportsResponse all;
  *all.add_exports() = made;
  const auto listed = Answers<v1::ListMirrorExportsRequest>("ListMirrorExports", all);
  EXPECT_HAS(Run({"aid", "mirror", "exports", "--term", "2023-2024-1"}).out, kExport);
  EXPECT_EQ(listed->term(), "2023-2024-1");
  const auto got = Answers<v1::GetMirrorExportRequest>("GetMirrorExport", made);
  EXPECT_HAS(Run({"aid", "mirror", "show", kExport}).out, made.reference());
  EXPECT_EQ(got->name(), kExport);
  v1::ListMirrorLayoutsResponse layouts;
  layouts.add_layouts()->set_label_zh("义务教育资助管理子系统");
  layouts.mutable_layouts(0)->add_columns()->set_fact("UNKNOWN");
  const auto asked = Answers<v1::ListMirrorLayoutsRequest>("ListMirrorLayouts", layouts);
  EXPECT_HAS(Run({"aid", "mirror", "layouts"}).out, "义务教育");
  EXPECT_EQ(Run({"aid", "mirror", "file", kExport, "--out", Path("x.csv")}).code, 2) << "no purpose";
}

TEST_F(MirrorTest, DifferencesAreListedAndWorkedOff) {
  v1::MirrorEntry entry;
  entry.set_name(kEntry);
  entry.set_state(v1::MIRROR_ENTRY_STATE_OPEN);
  entry.set_reason(v1::MIRROR_REASON_OTHER_AMOUNT);
  v1::ListMirrorEntriesResponse all;
  *all.add_entries() = entry;
  const auto listed = Answers<v1::ListMirrorEntriesRequest>("ListMirrorEntries", all);
  EXPECT_HAS(Run({"aid", "mirror", "entries", "--export", kExport, "--state", "open", "--reason", "other-amount",
                  "--area", "411728103"})
                 .out,
             "OTHER_AMOUNT");
  EXPECT_EQ(listed->of_export(), kExport);
  EXPECT_EQ(listed->reason(), v1::MIRROR_REASON_OTHER_AMOUNT);
  EXPECT_EQ(listed->area(), "areas/411728103");
  EXPECT_NE(Run({"aid", "mirror", "entries", "--state", "lost"}).code, 0);
  const auto resolved = Answers<v1::ResolveMirrorEntryRequest>("ResolveMirrorEntry", entry);
  EXPECT_EQ(Run({"aid", "mirror", "resolve", kEntry, "--as", "corrected-there", "--reason", "已更正"}).code, 0);
  EXPECT_EQ(resolved->resolution(), v1::MIRROR_RESOLUTION_CORRECTED_THERE);
  EXPECT_EQ(resolved->reason(), "已更正");
  EXPECT_EQ(Run({"aid", "mirror", "resolve", kEntry, "--as", "forgotten", "--reason", "x"}).code, 2);
  const auto shown = Answers<v1::GetMirrorEntryRequest>("GetMirrorEntry", entry);
  EXPECT_EQ(Run({"aid", "mirror", "entry", kEntry, "--unmask", "--purpose", "AID_REVIEW"}).code, 0);
  EXPECT_TRUE(shown->unmask());
  v1::MirrorFeedback feedback;
  feedback.set_state(v1::MIRROR_FEEDBACK_STATE_REFUSED);
  feedback.add_errors()->set_reason("MONEY_FORMAT");
  const auto got = Answers<v1::GetMirrorFeedbackRequest>("GetMirrorFeedback", feedback);
  EXPECT_HAS(Run({"aid", "mirror", "show-feedback", "counties/411728/mirrorFeedbacks/f"}).out, "MONEY_FORMAT");
}

TEST_F(MirrorTest, ProblemsOfTwoDays) {
  v1::Report report;
  report.add_columns()->set_label_zh("问题代码");
  report.add_rows()->add_cells()->set_text("AC01");
  report.mutable_total()->add_cells()->set_text("合计");
  const auto asked = Answers<v1::GetReportRequest>("GetReport", report);
  EXPECT_HAS(Run({"aid", "reports", "show", "problems", "2023-09-01..2023-12-31"}).out, "AC01");
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_PROBLEMS);
  EXPECT_EQ(asked->period(), "2023-09-01..2023-12-31");
}

}  // namespace
}  // namespace ruraledu::cli
