// A county whose paid aid is reported to the national system, and files as it answers them.
#pragma once

#include "services/student_aid/mirror_rules.h"
#include "services/student_aid/mirror_store.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {

inline constexpr char kCompulsory[] = "mirrorLayouts/COMPULSORY@1";
inline constexpr char kProject[] = "家庭经济困难学生生活补助";

class MirrorFixture : public OfficeFixture {
 protected:
  explicit MirrorFixture(db::Options options = {}) : OfficeFixture(std::move(options)) {
    for (int n = 1; n <= 4; ++n) PutNumbered(n);
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  static std::string IdNumber(int n) { return absl::StrCat("41170020110315", 1000 + n); }
  void PutNumbered(int n) {
    registry_v1::Student student = Student(absl::StrCat("p", n), "JUN", "7", true);
    student.set_display_name(absl::StrCat("学生", n));
    student.set_id_number(IdNumber(n));
    student.set_sex(n % 2 == 1 ? "1" : "2");
    student.set_ethnic_group("01");
    student.add_student_numbers()->set_number(absl::StrCat("G", IdNumber(n)));
    student.mutable_contact()->set_card_number(Card(n));
    student.mutable_contact()->set_card_holder(student.display_name());
    registry.Put(student);
  }

  static v1::CreateMirrorExportRequest Exporting(v1::MirrorBasis basis = v1::MIRROR_BASIS_GRANTED) {
    v1::CreateMirrorExportRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_layout(kCompulsory);
    request.set_basis(basis);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::MirrorExport> CreateExport(const v1::CreateMirrorExportRequest& request = Exporting()) {
    return As("officer", "CreateMirrorExport", request, &Handlers::CreateMirrorExport);
  }
  v1::MirrorExport ExportOf(const std::string& name) { return WholeRoot<v1::MirrorExport>(kMirrorExports, name); }
  // Makes an export and freezes it.
  v1::MirrorExport Frozen(const v1::CreateMirrorExportRequest& request = Exporting()) {
    const auto made = CreateExport(request);
    EXPECT_TRUE(made.ok()) << made.status();
    if (!made.ok()) return {};
    RunJobs(kMirrorExportJob);
    return ExportOf(made->name());
  }
  v1::MirrorEntry EntryOf(const v1::MirrorExport& exported, int row) {
    return WholeRoot<v1::MirrorEntry>(
        kMirrorEntries,
        absl::StrFormat("%s/mirrorEntries/%s.%07d", kCounty, std::string(feed::IdOfName(exported.name())), row));
  }
  absl::StatusOr<std::string> FileOf(const v1::MirrorExport& exported,
                                     reports_v1::ReportFormat format = reports_v1::REPORT_FORMAT_CSV) {
    v1::ExportMirrorFileRequest request;
    request.set_name(exported.name());
    request.set_format(format);
    return aid.Stream(
        With("COUNTY_AID_OFFICER"), "ExportMirrorFile", request, &Handlers::ExportMirrorFile, "AID_REVIEW",
        [](const reports_v1::ExportReportResponse& part, std::string* all) { absl::StrAppend(all, part.content()); });
  }

  // "1 625.00", "9 625.00 2": a pupil, an amount, a level.
  static std::string Answering(const std::vector<std::string>& lines, const std::string& reference = "") {
    std::string text = "学校标识码,姓名,身份证件号码,资助项目,资助学期,资助金额,困难等级,备注\n";
    for (const std::string& line : lines) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      absl::StrAppend(&text, "3241001234,学生,", IdNumber(std::stoi(parts[0])), ",", kProject, ",", kAutumn, ",",
                      parts[1], ",", parts.size() > 2 ? parts[2] : "", ",", reference, "\n");
    }
    return text;
  }
  static v1::ImportMirrorFeedbackRequest Importing(const v1::MirrorExport& exported, const std::string& file) {
    auto request = Naming<v1::ImportMirrorFeedbackRequest>(exported.name());
    request.set_file(file);
    return request;
  }
  absl::StatusOr<v1::MirrorFeedback> Feed(const v1::MirrorExport& exported, const std::string& content) {
    ASSIGN_OR_RETURN(const auto job,
                     As("clerk", "ImportMirrorFeedback", Importing(exported, Upload(exported.name(), content)),
                        &Handlers::ImportMirrorFeedback));
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job.name()))));
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job.name());
    ASSIGN_OR_RETURN(const auto done, As("clerk", "GetJob", get, &Handlers::GetJob));
    v1::MirrorFeedback feedback;
    EXPECT_TRUE(done.result().UnpackTo(&feedback));
    return feedback;
  }
  // "p1 OPEN OTHER_AMOUNT", in order of the export's rows, what was not reported behind them in order of pupil.
  std::vector<std::string> Entries(const v1::MirrorExport& exported) {
    v1::ListMirrorEntriesRequest request;
    request.set_parent(kCounty);
    request.set_of_export(exported.name());
    const auto all = As("reader", "ListMirrorEntries", request, &Handlers::ListMirrorEntries);
    EXPECT_TRUE(all.ok()) << all.status();
    std::map<std::pair<int64_t, std::string>, std::string> ordered;
    for (const v1::MirrorEntry& entry : all->entries()) {
      const int64_t row = entry.row() == 0 ? 1 << 20 : entry.row();
      ordered[{row, entry.person()}] = absl::StrCat(
          entry.person().empty() ? "?" : entry.person(), " ", v1::MirrorEntryState_Name(entry.state()).substr(19),
          entry.reason() == v1::MIRROR_REASON_UNSPECIFIED ? ""
                                                          : " " + v1::MirrorReason_Name(entry.reason()).substr(14));
    }
    std::vector<std::string> lines;
    for (const auto& [key, line] : ordered) lines.push_back(line);
    return lines;
  }
  static v1::ResolveMirrorEntryRequest Resolving(const v1::MirrorEntry& entry, v1::MirrorResolution how) {
    auto request = Naming<v1::ResolveMirrorEntryRequest>(entry.name());
    request.set_resolution(how);
    request.set_reason("学期中转入，已核实");
    return request;
  }
  absl::StatusOr<v1::MirrorEntry> Work(const v1::MirrorEntry& entry,
                                       v1::MirrorResolution how = v1::MIRROR_RESOLUTION_ACCEPTED) {
    return As("officer", "ResolveMirrorEntry", Resolving(entry, how), &Handlers::ResolveMirrorEntry);
  }
};

}  // namespace ruraledu::student_aid
