// Mirror of the national system: an export that is frozen, its file, its feedback, differences that are worked off.
#include "common/ingest/encoding.h"
#include "services/student_aid/mirror_gauges.h"
#include "services/student_aid/report_rules.h"
#include "tests/lib/violated.h"
#include "tests/student_aid/mirror_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MirrorTest : public MirrorFixture, public ::testing::TestWithParam<const char*> {
 protected:
  MirrorTest() : MirrorFixture(OptionsOf(GetParam())) {}

  std::vector<std::string> Report(v1::ReportKind kind) {
    v1::GetReportRequest request;
    request.set_area("areas/411728");
    request.set_report(kind);
    request.set_period(kAutumn);
    const auto report = As("reader", "GetReport", request, &Handlers::GetReport);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> lines;
    if (!report.ok()) return lines;
    auto rows = report->rows();
    *rows.Add() = report->total();
    for (const reports_v1::ReportRow& row : rows) {
      EXPECT_EQ(row.cells_size(), report->columns_size());
      lines.push_back(Line(row));
    }
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, MirrorTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(MirrorTest, AnExportIsFrozenAndItsFileCanBeMadeAgain) {
  Pay({"p1", "p2"});
  Approve({"p3"});
  const v1::MirrorExport exported = Frozen();
  EXPECT_EQ(exported.state(), v1::MIRROR_EXPORT_STATE_FROZEN);
  EXPECT_EQ(exported.rows(), 3);
  EXPECT_EQ(exported.heads(), 3);
  EXPECT_EQ(exported.total_fen(), 3 * kAmount);
  EXPECT_EQ(exported.left_out(), 0);
  EXPECT_EQ(exported.reference(), "RURALEDU-411728-20231-COMPULSORY-1");
  const auto file = FileOf(exported);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(*file, HasSubstr("序号,学校标识码,学校名称,学生姓名,身份证件类型,身份证件号码,学籍号,性别,民族"));
  EXPECT_THAT(*file, HasSubstr(absl::StrCat("1,3241001234,常庄中心学校,学生1,居民身份证,", IdNumber(1), ",G",
                                            IdNumber(1), ",男,汉族,20110315,初中,初中一年级,")));
  EXPECT_THAT(*file, HasSubstr(absl::StrCat(kProject, ",2023-2024-1,625.00,625.00,20231201,", Card(1), ",学生1,,",
                                            exported.reference())));
  // What happens afterwards moves nothing of it.
  registry_v1::Student moved = Student("p1", "JUN", "9", false);
  moved.set_display_name("另一个");
  registry.Put(moved);
  Put({Approved("p2", 10000)});
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(FileOf(exported).value_or(""), *file);
  const auto national = FileOf(exported, reports_v1::REPORT_FORMAT_CSV_GB18030);
  ASSERT_TRUE(national.ok()) << national.status();
  EXPECT_THAT(*national, Not(HasSubstr("学生姓名")));
  EXPECT_GT(FileOf(exported, reports_v1::REPORT_FORMAT_XLSX).value_or("").size(), 1000u);
  // Of what was paid only.
  On(12, 2);
  const v1::MirrorExport paid = Frozen(Exporting(v1::MIRROR_BASIS_PAID));
  EXPECT_EQ(paid.number(), 2);
  EXPECT_EQ(paid.rows(), 1) << "p2 was approved anew";
  EXPECT_EQ(ExportOf(exported.name()).state(), v1::MIRROR_EXPORT_STATE_REPLACED);
  EXPECT_EQ(FileOf(exported).value_or(""), *file);
}

TEST_P(MirrorTest, EveryDifferenceIsNamed) {
  Pay({"p1", "p2", "p3"});
  const v1::MirrorExport exported = Frozen();
  const auto feedback =
      Feed(exported, Answering({"1 625.00", "2 600.00", "4 625.00", "4 625.00", "99 625.00"}, exported.reference()));
  ASSERT_TRUE(feedback.ok()) << feedback.status();
  EXPECT_EQ(feedback->state(), v1::MIRROR_FEEDBACK_STATE_CLOSED);
  EXPECT_EQ(feedback->lines(), 5);
  EXPECT_EQ(feedback->agreed(), 1);
  EXPECT_EQ(feedback->differences(), 4);
  EXPECT_THAT(Entries(exported), ElementsAre("p1 AGREED", "p2 OPEN OTHER_AMOUNT", "p3 OPEN MISSING_THERE",
                                             "? OPEN UNKNOWN_PERSON", "p4 OPEN MISSING_HERE"));
  const v1::MirrorEntry other = EntryOf(exported, 2);
  EXPECT_EQ(other.reported_fen(), 62500);
  EXPECT_EQ(other.verified_fen(), 60000);
  EXPECT_EQ(other.paid_fen(), 62500);
  EXPECT_EQ(other.paid_value(), v1::MIRROR_PAID_VALUE_REPORTED);
  EXPECT_EQ(EntryOf(exported, 1).paid_value(), v1::MIRROR_PAID_VALUE_BOTH);
  EXPECT_EQ(aid.Counter("mirror_differences_open"), 4);
  const std::string head = "411728|3241001234|常庄中心学校|2023-2024-1|";
  EXPECT_THAT(Report(v1::REPORT_KIND_MIRROR),
              ElementsAre(absl::StrCat(head, kProject, "|3|1875.00|4|3100.00|1|1225.00|1|4|0"),
                          "合计|||||3|1875.00|4|3100.00|1|1225.00|1|4|0"));
  const auto named = Report(v1::REPORT_KIND_MIRROR_DIFFERENCES);
  ASSERT_EQ(named.size(), 5u);
  EXPECT_EQ(named[0], absl::StrCat("411728103|3241001234|常庄中心学校|p2|学**|", kProject,
                                   "|OTHER_AMOUNT|金额不一致|625.00|600.00|625.00|按上报|2023-12-01|未处理||"));
  // The file is not kept once it is booked.
  EXPECT_EQ(WholeRoot<ruraledu::files::v1::File>(rpc::kFiles, feedback->file()).state(),
            ruraledu::files::v1::FILE_STATE_ERASED);
}

TEST_P(MirrorTest, TwiceThereAndAnotherLevel) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  ASSERT_TRUE(Feed(exported, Answering({"1 625.00", "1 625.00", "2 625.00 1"})).ok());
  EXPECT_THAT(Entries(exported), ElementsAre("p1 OPEN DUPLICATE_THERE", "p2 OPEN OTHER_LEVEL"));
  EXPECT_EQ(EntryOf(exported, 1).verified_fen(), 125000);
  EXPECT_EQ(EntryOf(exported, 1).paid_value(), v1::MIRROR_PAID_VALUE_REPORTED);
}

TEST_P(MirrorTest, DifferencesAreWorkedOffAndStaySoWhileBothSidesStay) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  ASSERT_TRUE(Feed(exported, Answering({"1 600.00", "2 500.00", "3 625.00"})).ok());
  v1::MirrorEntry entry = EntryOf(exported, 1);
  auto request = Resolving(entry, v1::MIRROR_RESOLUTION_ACCEPTED);
  request.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("officer", "ResolveMirrorEntry", request, &Handlers::ResolveMirrorEntry).status()),
            "ETAG_MISMATCH");
  request.set_etag(entry.etag());
  const auto done = As("officer", "ResolveMirrorEntry", request, &Handlers::ResolveMirrorEntry);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_TRUE(done->masked());
  EXPECT_EQ(done->resolve_reason(), "");
  EXPECT_TRUE(As("officer", "ResolveMirrorEntry", request, &Handlers::ResolveMirrorEntry).ok()) << "a replay";
  EXPECT_EQ(EntryOf(exported, 1).resolve_reason(), "学期中转入，已核实");
  EXPECT_EQ(ReasonOf(Work(entry).status()), "STATE_TRANSITION");
  ASSERT_TRUE(Work(EntryOf(exported, 2), v1::MIRROR_RESOLUTION_CORRECTED_THERE).ok());
  EXPECT_EQ(aid.Counter("mirror_differences_open"), 1);
  EXPECT_EQ(aid.Counter("mirror_differences_done"), 2);
  // The next feedback: p1 as before, p2 as it was corrected, p3 is gone.
  On(12, 5);
  const auto next = Feed(exported, Answering({"1 600.00", "2 625.00"}));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_THAT(Entries(exported), ElementsAre("p1 ACCEPTED OTHER_AMOUNT", "p2 AGREED", "p3 AGREED"));
  EXPECT_EQ(aid.Counter("mirror_differences_open"), 0);
  // Another amount opens it anew.
  ASSERT_TRUE(Feed(exported, Answering({"1 610.00", "2 625.00"})).ok());
  EXPECT_THAT(Entries(exported), ElementsAre("p1 OPEN OTHER_AMOUNT", "p2 AGREED", "p3 AGREED"));
  EXPECT_EQ(EntryOf(exported, 1).resolved_by(), "");
}

TEST_P(MirrorTest, TheSameFileChangesNothing) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  const std::string content = Answering({"1 625.00"});
  const auto first = Feed(exported, content);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto before = aid.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT id, version FROM mirror_entry ORDER BY id"); });
  const auto again = Feed(exported, content);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), first->name());
  EXPECT_EQ(again->etag(), first->etag());
  const auto after = aid.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT id, version FROM mirror_entry ORDER BY id"); });
  ASSERT_EQ(before->size(), after->size());
  for (size_t i = 0; i < before->size(); ++i) EXPECT_EQ((*before)[i].Int(1), (*after)[i].Int(1));
  v1::ListMirrorFeedbacksRequest list;
  list.set_parent(kCounty);
  list.set_of_export(exported.name());
  EXPECT_EQ(As("reader", "ListMirrorFeedbacks", list, &Handlers::ListMirrorFeedbacks)->feedbacks_size(), 1);
}

TEST_P(MirrorTest, DamagedLinesAreNamedAndNothingIsBooked) {
  Pay({"p1"});
  const v1::MirrorExport exported = Frozen();
  std::string content = Answering({"1 625.00", "2 625.001", "3 x", "4 625.00 9"});
  absl::StrAppend(&content, "3241001234,学生,,", kProject, ",", kAutumn, ",625.00,,\n");
  absl::StrAppend(&content, "3241001234,学生,", IdNumber(1), ",营养改善计划,", kAutumn, ",625.00,,\n");
  const auto feedback = Feed(exported, content);
  ASSERT_TRUE(feedback.ok()) << feedback.status();
  EXPECT_EQ(feedback->state(), v1::MIRROR_FEEDBACK_STATE_REFUSED);
  std::vector<std::string> errors;
  for (const v1::MirrorLineError& error : feedback->errors()) {
    errors.push_back(absl::StrCat(error.line(), " ", error.column(), " ", error.reason()));
  }
  EXPECT_THAT(errors, ElementsAre("3 资助金额 MONEY_PRECISION", "4 资助金额 MONEY_FORMAT", "5 困难等级 CODE_UNKNOWN",
                                  "6 身份证件号码 VALUE_REQUIRED", "7 资助项目 CODE_UNKNOWN"));
  EXPECT_THAT(Entries(exported), ElementsAre("p1 SENT"));
  EXPECT_EQ(ExportOf(exported.name()).state(), v1::MIRROR_EXPORT_STATE_FROZEN);
}

TEST_P(MirrorTest, AFeedbackBelongsToOneExport) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  const auto refused = [&](const std::string& content) { return ReasonOf(Feed(exported, content).status()); };
  EXPECT_EQ(refused(Answering({"1 625.00"}, "RURALEDU-411728-20231-COMPULSORY-7")), "MIRROR_FEEDBACK_EXPORT");
  EXPECT_EQ(refused(Answering({"4 625.00"})), "MIRROR_FEEDBACK_EXPORT") << "nobody of the export";
  EXPECT_EQ(refused(absl::StrReplaceAll(Answering({"1 625.00"}), {{kAutumn, "2022-2023-2"}})),
            "MIRROR_FEEDBACK_EXPORT");
  EXPECT_EQ(refused("姓名,金额\n甲,1\n"), "HEADER_MISSING");
  ASSERT_TRUE(Feed(exported, Answering({"1 625.00", "2 625.00"})).ok());
  const v1::MirrorExport next = Frozen();
  EXPECT_EQ(ReasonOf(Feed(next, Answering({"1 625.00", "2 625.00"})).status()), "MIRROR_FEEDBACK_EXPORT");
  EXPECT_EQ(ReasonOf(Feed(exported, Answering({"1 625.00"})).status()), "STATE_TRANSITION") << "it was replaced";
}

TEST_P(MirrorTest, RefusesWhatCannotBe) {
  Pay({"p1"});
  auto request = Exporting();
  request.set_term("2023");
  EXPECT_EQ(ReasonOf(CreateExport(request).status()), "TERM_FORMAT");
  request = Exporting();
  request.set_layout("mirrorLayouts/NONE@1");
  EXPECT_EQ(ReasonOf(CreateExport(request).status()), "POLICY_SET_UNKNOWN");
  request = Exporting();
  request.set_term("2010-2011-1");
  EXPECT_EQ(ReasonOf(CreateExport(request).status()), "POLICY_MISSING");
  const auto made = CreateExport();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(ReasonOf(FileOf(*made).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(CreateExport().status()), "MIRROR_EXPORT_OPEN");
  RunJobs(kMirrorExportJob);
  const v1::MirrorExport exported = ExportOf(made->name());
  EXPECT_EQ(ReasonOf(As("clerk", "ImportMirrorFeedback", Importing(exported, "counties/411728/files/none"),
                        &Handlers::ImportMirrorFeedback)
                         .status()),
            "FILE_UNKNOWN");
  ASSERT_TRUE(Feed(exported, Answering({"1 1.00"})).ok());
  EXPECT_EQ(ReasonOf(CreateExport().status()), "MIRROR_EXPORT_OPEN") << "a difference is open";
  ASSERT_TRUE(Work(EntryOf(exported, 1)).ok());
  EXPECT_TRUE(CreateExport().ok());
  registry.Put(Batch("b1", registry_v1::IMPORT_STATE_PARTLY_APPLIED));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(ReasonOf(CreateExport().status()), "BATCH_OPEN");
}

TEST_P(MirrorTest, ReadsOtherFilesAndMasks) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  // What the national system gave back as the suite wrote it: its own columns are read.
  const auto national = FileOf(exported, reports_v1::REPORT_FORMAT_XLSX);
  ASSERT_TRUE(national.ok()) << national.status();
  ASSERT_TRUE(Feed(exported, *national).ok());
  EXPECT_THAT(Entries(exported), ElementsAre("p1 AGREED", "p2 AGREED"));
  const auto gb = FileOf(exported, reports_v1::REPORT_FORMAT_CSV_GB18030);
  ASSERT_TRUE(gb.ok()) << gb.status();
  EXPECT_TRUE(Feed(exported, *gb).ok());
  auto get = Naming<v1::GetMirrorEntryRequest>(EntryOf(exported, 1).name());
  const auto masked = As("reader", "GetMirrorEntry", get, &Handlers::GetMirrorEntry);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->cells_size(), 0);
  get.set_unmask(true);
  EXPECT_EQ(
      ReasonOf(aid.CallAs(With("COUNTY_AID_OFFICER"), "GetMirrorEntry", get, &Handlers::GetMirrorEntry, "").status()),
      "PURPOSE_REQUIRED");
  const auto clear =
      aid.CallAs(With("COUNTY_AID_OFFICER"), "GetMirrorEntry", get, &Handlers::GetMirrorEntry, "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->cells_size(), exported.columns_size());
  EXPECT_EQ(aid.CallAs(With("COUNTY_AID_APPROVER"), "GetMirrorEntry", get, &Handlers::GetMirrorEntry, "AID_REVIEW")
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_P(MirrorTest, AnErasedPupilEndsTheFile) {
  Pay({"p1", "p2"});
  const v1::MirrorExport exported = Frozen();
  registry_v1::Student erased = Student("p1", "JUN", "7", true);
  feed::KeepPublished(erased);
  *erased.mutable_erased_on() = Date(20231201);
  registry.Put(erased);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  EXPECT_EQ(EntryOf(exported, 1).cells_size(), 0);
  EXPECT_GT(EntryOf(exported, 2).cells_size(), 0);
  EXPECT_EQ(ReasonOf(FileOf(exported).status()), "ERASED");
  const auto left = aid.place.database->Read(
      [](db::Transaction& tx) { return tx.Query("SELECT id_digest, number_digest FROM pupil_paper WHERE id = 'p1'"); });
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ((*left)[0].Text(0) + (*left)[0].Text(1), "");
}

}  // namespace
}  // namespace ruraledu::student_aid
