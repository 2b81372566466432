// Reports as answers and as files.
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/dashboard/places.h"
#include "common/domain/area.h"
#include "common/ingest/table_writer.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_file.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {
namespace {

using ingest::OutCell;

constexpr int64_t kRowsPerRead = 1000;
constexpr std::string_view kAreas = "areas/";
constexpr std::string_view kSignatures[] = {"填表人：", "审核人：", "单位负责人："};

struct Asked {
  const ReportSpec* spec = nullptr;
  ReportQuery query;
  std::string place;  // its name
};

std::string_view FormOf(const ReportSpec& spec) {
  return spec.by_term ? "2023-2024-1" : spec.by_days ? "2023-09-01..2023-12-31" : "2024";
}

bool IsPeriod(const ReportSpec& spec, const std::string& text) {
  return spec.by_term ? ParseTerm(text).ok() : spec.by_days ? ParseDays(text).has_value() : ParseBudgetYear(text) != 0;
}

template <typename Request>
absl::StatusOr<Asked> CheckAsked(const Request& request, absl::CivilDay today) {
  Asked asked;
  asked.spec = FindReport(request.report());
  Violations violations;
  violations.Require(asked.spec != nullptr, "report");
  RETURN_IF_ERROR(violations.status());
  const ReportSpec& spec = *asked.spec;
  const std::string area = request.area().starts_with(kAreas) ? request.area().substr(kAreas.size()) : "";
  if (!IsAreaPrefix(area) || (spec.below_county ? area.size() < 6 : area.size() > 6)) {
    violations.Add("area", "REPORT_AREA", {{"report", spec.id}, {"area", request.area()}});
  }
  if (!IsPeriod(spec, request.period())) {
    violations.Add("period", "REPORT_PERIOD",
                   {{"report", spec.id}, {"period", request.period()}, {"form", FormOf(spec)}});
  }
  RETURN_IF_ERROR(violations.status());
  asked.query = {area, request.period(), request.unmask(), today};
  return asked;
}

// The name of the area: of a class that of its school; its code when nobody knows a name.
absl::StatusOr<std::string> NameOfPlace(const rpc::Host& host, const dashboard::Places& places,
                                        const ReportQuery& query) {
  places.regions();  // slow the first time: not within a snapshot
  const std::string_view school = SchoolOf(query.area);
  ASSIGN_OR_RETURN(const auto place, host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::string> {
    const auto found = dashboard::FindPlace(tx, places, school.empty() ? query.area : school, query.today);
    if (!found.ok() && ReasonOf(found.status()).empty()) {
      return found.status();
    }
    return found.ok() && !found->name.empty() ? found->name : query.area;
  }));
  return place;
}

std::string NameOf(const Asked& asked) {
  return absl::StrCat("areas/", asked.query.area, "/reports/", asked.spec->id, ".", asked.query.period);
}

std::string TitleOf(const Asked& asked) {
  return absl::StrCat(asked.spec->title_zh, "（", asked.place, "，", asked.query.period,
                      asked.spec->by_term   ? "学期）"
                      : asked.spec->by_days ? "）"
                                            : "年）");
}

ReportCursor Begin(const ReportSpec& spec) {
  return {.key = std::vector<std::string>(spec.key_parts), .sums = std::vector<int64_t>(spec.sums)};
}

std::vector<std::string> TokenOf(const ReportCursor& cursor) {
  std::vector<std::string> parts = cursor.key;
  for (const int64_t sum : cursor.sums) {
    parts.push_back(absl::StrCat(sum));
  }
  return parts;
}

// PAGE_TOKEN.
absl::StatusOr<ReportCursor> CursorOf(const ReportSpec& spec, std::string_view filter, std::string_view token) {
  ReportCursor cursor = Begin(spec);
  if (token.empty()) {
    return cursor;
  }
  ASSIGN_OR_RETURN(const auto parts, rpc::PageKey(filter, token, spec.key_parts + spec.sums));
  std::copy_n(parts.begin(), spec.key_parts, cursor.key.begin());
  for (size_t i = 0; i < spec.sums; ++i) {
    if (!absl::SimpleAtoi(parts[spec.key_parts + i], &cursor.sums[i])) {
      return Fail("PAGE_TOKEN");
    }
  }
  return cursor;
}

// Headings, rows, total, and the line that is signed.
absl::Status WriteFile(const ReportParts& parts, const Asked& asked, ingest::OutFormat format,
                       const std::string& path) {
  std::vector<std::string> header;
  for (const ReportColumnSpec& column : asked.spec->columns) {
    header.emplace_back(column.label_zh);
  }
  ASSIGN_OR_RETURN(const auto writer, ingest::CreateTable(path, format, header));
  ReportCursor cursor = Begin(*asked.spec);
  v1::ReportRow total;
  while (!cursor.done) {
    std::vector<v1::ReportRow> rows;
    RETURN_IF_ERROR(asked.spec->rows(parts, asked.query, kRowsPerRead, &cursor, &rows, &total));
    for (const v1::ReportRow& row : rows) {
      RETURN_IF_ERROR(writer->Write(OutOf(row.cells())));
    }
  }
  RETURN_IF_ERROR(writer->Write(OutOf(total.cells())));
  std::vector<OutCell> signatures;
  for (const std::string_view signature : kSignatures) {
    signatures.push_back(OutCell::Text(signature));
  }
  signatures.push_back(OutCell::Text(absl::StrCat("填表日期：", DayText(asked.query.today))));
  RETURN_IF_ERROR(writer->Write(signatures));
  return writer->Close();
}

}  // namespace

absl::StatusOr<v1::Report> Handlers::GetReport(rpc::Call& call, const v1::GetReportRequest& request) {
  ASSIGN_OR_RETURN(Asked asked, CheckAsked(request, call.clock().Today()));
  ASSIGN_OR_RETURN(asked.place, NameOfPlace(host_, dashboards_.board.spec().places, asked.query));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(ReportCursor cursor, CursorOf(*asked.spec, filter, request.page_token()));
  if (request.unmask()) {
    RETURN_IF_ERROR(AllowUnmask(call, kUnmask, asked.query.area, NameOf(asked)));
  }
  v1::Report report;
  report.set_report(request.report());
  report.set_area(request.area());
  report.set_period(request.period());
  report.set_title_zh(TitleOf(asked));
  for (const ReportColumnSpec& spec : asked.spec->columns) {
    v1::ReportColumn* column = report.add_columns();
    column->set_id(std::string(spec.id));
    column->set_label_zh(std::string(spec.label_zh));
    column->set_label_en(std::string(spec.label_en));
  }
  std::vector<v1::ReportRow> rows;
  RETURN_IF_ERROR(asked.spec->rows({host_, book_, fund_rules_, tables_, payments_, office_, follow_up_, applications_},
                                   asked.query, size, &cursor, &rows, report.mutable_total()));
  report.mutable_rows()->Assign(rows.begin(), rows.end());
  if (!cursor.done) {
    report.clear_total();
    report.set_next_page_token(rpc::PageToken(filter, TokenOf(cursor)));
  }
  for (const std::string_view signature : kSignatures) {
    report.add_signatures(std::string(signature));
  }
  *report.mutable_made_on() = DateOf(asked.query.today);
  report.set_masked(!request.unmask());
  return report;
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<v1::ExportReportResponse>>> Handlers::ExportReport(
    rpc::Call& call, const v1::ExportReportRequest& request) {
  ASSIGN_OR_RETURN(Asked asked, CheckAsked(request, call.clock().Today()));
  ASSIGN_OR_RETURN(asked.place, NameOfPlace(host_, dashboards_.board.spec().places, asked.query));
  if (request.unmask()) {
    RETURN_IF_ERROR(AllowUnmask(call, kUnmask, asked.query.area, NameOf(asked)));
  }
  auto file = std::make_unique<MemoryFile>();
  RETURN_IF_ERROR(WriteFile({host_, book_, fund_rules_, tables_, payments_, office_, follow_up_, applications_}, asked,
                            OutFormatOf(request.format()), file->path()));
  return StreamOf(std::move(file), absl::StrCat(TitleOf(asked), EndingOf(request.format())));
}

}  // namespace ruraledu::student_aid
