// One small mechanism for reports, the same in every service: a table of columns with headings in both languages, and
// where its rows come from. A service adds a kind to its contract and a spec beside the rows; answer, CSV and workbook
// come with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/proto_day.h"
#include "common/dashboard/places.h"
#include "common/domain/report_cells.h"
#include "common/rpc/resources.h"
#include "common/rpc/table_stream.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::rpc {

struct ReportQuery {
  std::string area;    // prefix: "41", "4117", "411728", "411728103", "411728103/<school>"
  std::string period;  // of the form of the report
  bool unmask = false;
  absl::CivilDay today;
};

// How far a report has come: where its rows go on, and what they added up to. Travels in page tokens.
struct ReportCursor {
  std::vector<std::string> key;
  std::vector<int64_t> sums;
  bool done = false;
};

// About `limit` further rows in the order of DR-11, the cursor moved on. With the last ones `done` is set and the
// total, a cell per column.
template <typename Parts>
using ReportRows =
    std::function<absl::Status(const Parts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                               std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total)>;

struct ReportColumnSpec {
  std::string_view id, label_zh, label_en;
};

// The form of its period: "2024", "2023-2024-1", "2023-2024", "2023-09", "2023-09-30", "2023-09-01..2023-12-31".
enum class ReportPeriod { kYear, kTerm, kSchoolYear, kMonth, kDay, kDays };
// Two days in order, both included.
struct DayRange {
  absl::CivilDay from, to;

  bool Contains(absl::CivilDay day) const { return from <= day && day <= to; }
};
std::optional<DayRange> ParseDays(std::string_view text);

template <typename Kind, typename Parts>
struct ReportSpec {
  Kind kind;
  std::string_view id;        // for names of files
  std::string_view title_zh;  // "资助预算需求表"
  ReportPeriod period = ReportPeriod::kYear;
  bool below_county = false;  // made for townships and schools, too, and for nothing above the county
  size_t key_parts = 0;       // of the cursor; 0: given in one page
  size_t sums = 0;
  std::vector<ReportColumnSpec> columns;
  ReportRows<Parts> rows;
  // Columns that data of the deployment decide, instead of `columns`.
  std::function<std::vector<ReportColumnSpec>(const Parts& parts, std::string_view period)> headings = nullptr;
};

// A spec with what it reads: what the functions below work with. Outlived by the spec.
struct ReportTable {
  std::string_view id, title_zh;
  ReportPeriod period = ReportPeriod::kYear;
  bool below_county = false;
  size_t key_parts = 0, sums = 0;
  std::vector<ReportColumnSpec> columns;
  std::function<absl::Status(const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                             std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total)>
      rows;
};

// Nothing for a kind that nobody makes.
template <typename Kind, typename Parts>
std::optional<ReportTable> Bind(const ReportSpec<Kind, Parts>* spec, const Parts& parts, std::string_view period = "") {
  if (spec == nullptr) {
    return std::nullopt;
  }
  return ReportTable{spec->id,
                     spec->title_zh,
                     spec->period,
                     spec->below_county,
                     spec->key_parts,
                     spec->sums,
                     spec->headings ? spec->headings(parts, period) : spec->columns,
                     [spec, parts](const ReportQuery& query, int64_t limit, ReportCursor* cursor, auto* rows,
                                   auto* total) { return spec->rows(parts, query, limit, cursor, rows, total); }};
}

// What the methods stand on; all of it outlives them.
struct ReportMethods {
  const Host& host;
  const dashboard::Places& places;
  std::string_view unmask;  // permission to see names in clear
};

// A report that was asked for and may be given.
struct AskedReport {
  ReportTable table;
  ReportQuery query;
  std::string place;  // its name
};

// Errors: FIELD_REQUIRED, REPORT_AREA, REPORT_PERIOD; with `unmask` those of JournalUnmask.
absl::StatusOr<AskedReport> AskReport(const ReportMethods& methods, Call& call, std::optional<ReportTable> table,
                                      const std::string& area, const std::string& period, bool unmask);
std::string TitleOf(const AskedReport& asked);
std::vector<reports_v1::ReportColumn> ColumnsOf(const ReportTable& table);
absl::Span<const std::string_view> ReportSignatures();

// A page: fills rows, total and the token of the next one. PAGE_SIZE, PAGE_TOKEN.
struct ReportPage {
  std::vector<reports_v1::ReportRow> rows;
  std::optional<reports_v1::ReportRow> total;  // on the last page only
  std::string next_page_token;
};
absl::StatusOr<ReportPage> ReadPage(const AskedReport& asked, const google::protobuf::Message& request,
                                    int32_t page_size, const std::string& page_token);

// A report as the answer of a service.
template <typename Report, typename Request>
absl::StatusOr<Report> GetReport(const ReportMethods& methods, Call& call, const Request& request,
                                 std::optional<ReportTable> table) {
  ASSIGN_OR_RETURN(const AskedReport asked,
                   AskReport(methods, call, std::move(table), request.area(), request.period(), request.unmask()));
  ASSIGN_OR_RETURN(ReportPage page, ReadPage(asked, request, request.page_size(), request.page_token()));
  Report report;
  report.set_report(request.report());
  report.set_area(request.area());
  report.set_period(request.period());
  report.set_title_zh(TitleOf(asked));
  const auto columns = ColumnsOf(asked.table);
  report.mutable_columns()->Assign(columns.begin(), columns.end());
  report.mutable_rows()->Assign(page.rows.begin(), page.rows.end());
  if (page.total.has_value()) {
    *report.mutable_total() = *std::move(page.total);
  }
  report.set_next_page_token(page.next_page_token);
  for (const std::string_view signature : ReportSignatures()) {
    report.add_signatures(std::string(signature));
  }
  *report.mutable_made_on() = DateOf(asked.query.today);
  report.set_masked(!request.unmask());
  return report;
}

// The same as a file, in parts: headings, rows, total, and the line that is signed.
absl::StatusOr<ReportStream> WriteReport(const AskedReport& asked, reports_v1::ReportFormat format);
template <typename Request>
absl::StatusOr<ReportStream> ExportReport(const ReportMethods& methods, Call& call, const Request& request,
                                          std::optional<ReportTable> table) {
  ASSIGN_OR_RETURN(const AskedReport asked,
                   AskReport(methods, call, std::move(table), request.area(), request.period(), request.unmask()));
  return WriteReport(asked, request.format());
}

// --- For the rows of reports ----------------------------------------------------------------------------------------
// Counties within the area, in order of code.
absl::StatusOr<std::vector<std::string>> CountiesOfReport(db::Transaction& tx, std::string_view area);

// A report of one page, county by county within the area: `add(tx, shard, rows)`.
using AddCounty = std::function<absl::Status(db::Transaction& tx, const std::string& shard,
                                             std::vector<reports_v1::ReportRow>* rows)>;
absl::Status ByCounty(const Host& host, const ReportQuery& query, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, const AddCounty& add);

// A page of a report by pupil, school by school in the order of DR-11. The first part of the key is the area of the
// school, the others are `add`'s: it takes up to `limit` further records of the school, moves the cursor on and answers
// how many it took.
using AddSchool = std::function<absl::StatusOr<size_t>(db::Transaction& tx,
                                                       const ruraledu::registry::v1::School& school, int64_t limit,
                                                       ReportCursor* cursor, std::vector<reports_v1::ReportRow>* rows)>;
absl::Status BySchool(const Host& host, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, const AddSchool& add);
// Schools of a county in the order of DR-11: township, then school code.
absl::StatusOr<std::vector<ruraledu::registry::v1::School>> SchoolsInOrder(db::Transaction& tx, std::string_view shard);

}  // namespace ruraledu::rpc
