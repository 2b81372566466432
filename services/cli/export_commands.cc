// export: lists of a county as CSV or XLSX, with the guard against formulas.
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/ingest/table_writer.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;
using ingest::OutCell;

struct Options {
  std::string county, term, area, list = "should-aid", out, purpose;
  bool gb18030 = false, unmask = false;
};

using Rows = std::vector<std::vector<OutCell>>;

// Asks for page after page and writes its rows: nothing of a county is held in memory.
template <typename Response, typename Request>
absl::Status WritePages(Session& session, const Options& options, std::string_view service, std::string_view method,
                        Request request, const std::vector<std::string>& header,
                        const std::function<Rows(const Response&)>& rows_of) {
  const bool xlsx = absl::EndsWithIgnoreCase(options.out, ".xlsx");
  const auto format = xlsx              ? ingest::OutFormat::kXlsx
                      : options.gb18030 ? ingest::OutFormat::kCsvGb18030
                                        : ingest::OutFormat::kCsvUtf8;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_page_size(1000);
  ASSIGN_OR_RETURN(const auto writer, ingest::CreateTable(options.out, format, header));
  Progress progress = session.MakeProgress(options.out);
  int64_t written = 0;
  do {
    ASSIGN_OR_RETURN(const auto page, session.Call<Response>(service, method, request, {.purpose = options.purpose}));
    for (const auto& row : rows_of(page)) {
      RETURN_IF_ERROR(writer->Write(row));
      ++written;
    }
    progress.Show(written, 0, absl::StrCat(Grouped(written), " rows"));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  progress.End();
  RETURN_IF_ERROR(writer->Close());
  session.Say(absl::StrCat(options.out, ": ", Grouped(written), written == 1 ? " row" : " rows"),
              {{"file", options.out}, {"rows", absl::StrCat(written)}});
  return absl::OkStatus();
}

absl::Status ExportStudents(Session& session, const Options& options) {
  return WritePages<registry::ListStudentsResponse>(
      session, options, "registry", "ListStudents", registry::ListStudentsRequest(),
      {"姓名", "性别", "学段", "年级", "状态", "区域", "学校", "人员标识"}, [](const auto& page) {
        Rows rows;
        for (const registry::Student& student : page.students()) {
          const registry::Enrolment now = student.enrolments().empty() ? registry::Enrolment() : student.enrolments(0);
          rows.push_back({OutCell::Text(student.display_name()), OutCell::Text(student.sex() == "1" ? "男" : "女"),
                          OutCell::Text(now.stage()), OutCell::Text(now.grade()), OutCell::Text(student.status()),
                          OutCell::Text(student.area()), OutCell::Text(LastPart(now.school())),
                          OutCell::Text(LastPart(student.name()))});
        }
        return rows;
      });
}

absl::Status ExportDecisions(Session& session, const Options& options) {
  aid::ListDecisionsRequest request;
  request.set_term(options.term);
  request.set_entitled_only(true);
  return WritePages<aid::ListDecisionsResponse>(
      session, options, "student_aid", "ListDecisions", request,
      {"人员标识", "学期", "区域", "学段", "项目", "金额", "决定"}, [](const auto& page) {
        Rows rows;
        for (const aid::Decision& decision : page.decisions()) {
          for (const aid::DecisionItem& item : decision.counted()) {
            rows.push_back({OutCell::Text(decision.person()), OutCell::Text(decision.term()),
                            OutCell::Text(decision.area()), OutCell::Text(decision.stage()), OutCell::Text(item.item()),
                            OutCell::MoneyFen(item.amount_fen()), OutCell::Text(decision.name())});
          }
        }
        return rows;
      });
}

absl::Status ExportGaps(Session& session, const Options& options) {
  aid::ListComparisonRowsRequest request;
  request.set_term(options.term);
  request.set_list(ListOfName(options.list));
  request.set_unmask(options.unmask);
  return WritePages<aid::ListComparisonRowsResponse>(
      session, options, "student_aid", "ListComparisonRows", request,
      {"姓名", "区域", "比对类别", "项目", "原因", "条款", "应发金额", "已发金额", "学生", "未享受原因"},
      [](const auto& page) {
        Rows rows;
        for (const aid::ComparedPerson& person : page.persons()) {
          for (const aid::ComparisonRow& row : person.rows()) {
            rows.push_back({OutCell::Text(person.display_name()), OutCell::Text(person.area()),
                            OutCell::Text(EnumText(person.comparison_class())), OutCell::Text(row.item()),
                            OutCell::Text(EnumText(row.reason())), OutCell::Text(row.clause()),
                            OutCell::MoneyFen(row.entitled_fen()), OutCell::MoneyFen(row.aided_fen()),
                            OutCell::Text(person.student()), OutCell::Text(WhyNotText(person))});
          }
        }
        return rows;
      });
}

CLI::App* AddOne(CLI::App* parent, const char* name, const char* about, const std::shared_ptr<Options>& options) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->add_option("--out", options->out, "file: .csv or .xlsx")->required();
  command->add_option("--county", options->county, "six digits");
  command->add_option("--area", options->area, "only of this area: 411728103");
  command->add_flag("--gb18030", options->gb18030, "CSV in GB18030 instead of UTF-8");
  return command;
}

}  // namespace

void AddExportCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* all = root.add_subcommand("export", "lists as CSV or XLSX")->require_subcommand(1);
  OnCommand(AddOne(all, "students", "students, masked", options), chosen, options, ExportStudents);
  CLI::App* decisions = AddOne(all, "decisions", "one line per granted item", options);
  decisions->add_option("--term", options->term, "2023-2024-1")->required();
  OnCommand(decisions, chosen, options, ExportDecisions);
  CLI::App* gaps = AddOne(all, "gaps", "should-aid gap or should-not list", options);
  gaps->add_option("--term", options->term, "2023-2024-1")->required();
  gaps->add_option("--list", options->list, "should-aid or should-not")
      ->capture_default_str()
      ->check(CLI::IsMember({"should-aid", "should-not"}));
  AddUnmask(*gaps, &options->unmask, &options->purpose);
  OnCommand(gaps, chosen, options, ExportGaps);
}

}  // namespace ruraledu::cli
