#include "common/rpc/reports.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/domain/school_year.h"
#include "common/rpc/unmask.h"

namespace ruraledu::rpc {
namespace {

using ingest::OutCell;

constexpr int64_t kRowsPerRead = 1000;
constexpr std::string_view kAreas = "areas/";
constexpr std::string_view kSignatures[] = {"填表人：", "审核人：", "单位负责人："};

// How a period is written, and what stands behind it in a title.
struct PeriodForm {
  std::string_view example, suffix;
  bool (*fits)(std::string_view text);
};

bool IsDay(std::string_view text) {
  absl::CivilDay day;
  return ParseDay(text, &day);
}
bool IsYear(std::string_view text) {
  return text.size() == 4 && IsDay(absl::StrCat(text, "-01-01"));
}
bool IsMonth(std::string_view text) {
  return text.size() == 7 && IsDay(absl::StrCat(text, "-01"));
}
bool IsTerm(std::string_view text) {
  return ParseTerm(text).ok();
}
bool IsSchoolYear(std::string_view text) {
  return ParseSchoolYear(text).ok();
}

bool IsDays(std::string_view text) {
  return ParseDays(text).has_value();
}

PeriodForm FormOf(ReportPeriod period) {
  switch (period) {
    case ReportPeriod::kTerm:
      return {"2023-2024-1", "学期", IsTerm};
    case ReportPeriod::kSchoolYear:
      return {"2023-2024", "学年", IsSchoolYear};
    case ReportPeriod::kMonth:
      return {"2023-09", "月", IsMonth};
    case ReportPeriod::kDay:
      return {"2023-09-30", "", IsDay};
    case ReportPeriod::kDays:
      return {"2023-09-01..2023-12-31", "", IsDays};
    default:
      return {"2024", "年", IsYear};
  }
}

// The name of the area: of a class that of its school; its code when nobody knows a name.
absl::StatusOr<std::string> NameOfPlace(const ReportMethods& methods, const ReportQuery& query) {
  methods.places.regions();  // slow the first time: not within a snapshot
  const std::string_view school = SchoolOf(query.area);
  return methods.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::string> {
    const auto found =
        dashboard::FindPlace(tx, methods.places, school.empty() ? query.area : std::string(school), query.today);
    if (!found.ok() && ReasonOf(found.status()).empty()) {
      return found.status();
    }
    return found.ok() && !found->name.empty() ? found->name : query.area;
  });
}

ReportCursor Begin(const ReportTable& table) {
  return {.key = std::vector<std::string>(table.key_parts), .sums = std::vector<int64_t>(table.sums)};
}

std::vector<std::string> TokenOf(const ReportCursor& cursor) {
  std::vector<std::string> parts = cursor.key;
  for (const int64_t sum : cursor.sums) {
    parts.push_back(absl::StrCat(sum));
  }
  return parts;
}

// PAGE_TOKEN.
absl::StatusOr<ReportCursor> CursorOf(const ReportTable& table, std::string_view filter, std::string_view token) {
  ReportCursor cursor = Begin(table);
  if (token.empty()) {
    return cursor;
  }
  ASSIGN_OR_RETURN(const auto parts, PageKey(filter, token, table.key_parts + table.sums));
  std::copy_n(parts.begin(), table.key_parts, cursor.key.begin());
  for (size_t i = 0; i < table.sums; ++i) {
    if (!absl::SimpleAtoi(parts[table.key_parts + i], &cursor.sums[i])) {
      return Fail("PAGE_TOKEN");
    }
  }
  return cursor;
}

// Rows, total, and the line that is signed.
absl::Status Fill(const AskedReport& asked, ingest::TableWriter& writer) {
  ReportCursor cursor = Begin(asked.table);
  reports_v1::ReportRow total;
  while (!cursor.done) {
    std::vector<reports_v1::ReportRow> rows;
    RETURN_IF_ERROR(asked.table.rows(asked.query, kRowsPerRead, &cursor, &rows, &total));
    for (const reports_v1::ReportRow& row : rows) {
      RETURN_IF_ERROR(writer.Write(OutCellsOf(row.cells())));
    }
  }
  if (total.cells_size() > 0) {
    RETURN_IF_ERROR(writer.Write(OutCellsOf(total.cells())));
  }
  std::vector<OutCell> signatures;
  for (const std::string_view signature : kSignatures) {
    signatures.push_back(OutCell::Text(signature));
  }
  signatures.push_back(OutCell::Text(absl::StrCat("填表日期：", DayText(asked.query.today))));
  return writer.Write(signatures);
}

}  // namespace

std::optional<DayRange> ParseDays(std::string_view text) {
  const size_t dots = text.find("..");
  DayRange range;
  const bool days = dots != std::string_view::npos && ParseDay(text.substr(0, dots), &range.from) &&
                    ParseDay(text.substr(dots + 2), &range.to) && range.from <= range.to;
  return days ? std::optional(range) : std::nullopt;
}

absl::Span<const std::string_view> ReportSignatures() {
  return kSignatures;
}

std::string TitleOf(const AskedReport& asked) {
  return absl::StrCat(asked.table.title_zh, "（", asked.place, "，", asked.query.period,
                      FormOf(asked.table.period).suffix, "）");
}

std::vector<reports_v1::ReportColumn> ColumnsOf(const ReportTable& table) {
  std::vector<reports_v1::ReportColumn> columns;
  for (const ReportColumnSpec& spec : table.columns) {
    reports_v1::ReportColumn& column = columns.emplace_back();
    column.set_id(std::string(spec.id));
    column.set_label_zh(std::string(spec.label_zh));
    column.set_label_en(std::string(spec.label_en));
  }
  return columns;
}

absl::StatusOr<AskedReport> AskReport(const ReportMethods& methods, Call& call, std::optional<ReportTable> table,
                                      const std::string& area, const std::string& period, bool unmask) {
  Violations violations;
  violations.Require(table.has_value(), "report");
  RETURN_IF_ERROR(violations.status());
  const std::string prefix = area.starts_with(kAreas) ? area.substr(kAreas.size()) : "";
  if (!IsAreaPrefix(prefix) || (table->below_county ? prefix.size() < 6 : prefix.size() > 6)) {
    violations.Add("area", "REPORT_AREA", {{"report", table->id}, {"area", area}});
  }
  const PeriodForm form = FormOf(table->period);
  if (!form.fits(period)) {
    violations.Add("period", "REPORT_PERIOD", {{"report", table->id}, {"period", period}, {"form", form.example}});
  }
  RETURN_IF_ERROR(violations.status());
  AskedReport asked{*std::move(table), {prefix, period, unmask, call.clock().Today()}, ""};
  ASSIGN_OR_RETURN(asked.place, NameOfPlace(methods, asked.query));
  if (unmask) {
    RETURN_IF_ERROR(JournalUnmask(call, methods.host.database, methods.host.keys, methods.unmask, prefix,
                                  absl::StrCat("areas/", prefix, "/reports/", asked.table.id, ".", period)));
  }
  return asked;
}

absl::StatusOr<ReportPage> ReadPage(const AskedReport& asked, const google::protobuf::Message& request,
                                    int32_t page_size, const std::string& page_token) {
  ASSIGN_OR_RETURN(const int64_t size, PageSize(page_size));
  const std::string filter = FilterOf(request);
  ASSIGN_OR_RETURN(ReportCursor cursor, CursorOf(asked.table, filter, page_token));
  ReportPage page;
  reports_v1::ReportRow total;
  RETURN_IF_ERROR(asked.table.rows(asked.query, size, &cursor, &page.rows, &total));
  if (cursor.done) {
    page.total = std::move(total);
  } else {
    page.next_page_token = PageToken(filter, TokenOf(cursor));
  }
  return page;
}

absl::StatusOr<ReportStream> WriteReport(const AskedReport& asked, reports_v1::ReportFormat format) {
  std::vector<std::string> header;
  for (const ReportColumnSpec& column : asked.table.columns) {
    header.emplace_back(column.label_zh);
  }
  return StreamTable(TitleOf(asked), format, header, [&](ingest::TableWriter& writer) { return Fill(asked, writer); });
}

}  // namespace ruraledu::rpc
