#include "common/rpc/reports.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/domain/school_year.h"
#include "common/ingest/table_writer.h"
#include "common/rpc/unmask.h"

namespace ruraledu::rpc {
namespace {

using ingest::OutCell;

constexpr int64_t kPartBytes = int64_t{256} * 1024;
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

OutCell OutOf(const reports_v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case reports_v1::ReportCell::kCount:
      return OutCell::Integer(cell.count());
    case reports_v1::ReportCell::kAmountFen:
      return OutCell::MoneyFen(cell.amount_fen());
    case reports_v1::ReportCell::kDay:
      return OutCell::Date(*DayOf(cell.day()));
    default:
      return OutCell::Text(CellText(cell));
  }
}

std::vector<OutCell> OutOf(const reports_v1::ReportRow& row) {
  std::vector<OutCell> cells;
  for (const reports_v1::ReportCell& cell : row.cells()) {
    cells.push_back(OutOf(cell));
  }
  return cells;
}

class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("report", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (file_ >= 0) {
      close(file_);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return absl::StrCat("/proc/self/fd/", file_); }
  // Up to `kPartBytes` from `offset` on; "" at the end.
  absl::StatusOr<std::string> Read(int64_t offset) const {
    std::string bytes(kPartBytes, '\0');
    const ssize_t read = pread(file_, bytes.data(), bytes.size(), offset);
    if (read < 0) {
      return absl::InternalError("a report cannot be read back");
    }
    bytes.resize(static_cast<size_t>(read));
    return bytes;
  }

 private:
  const int file_;
};

class FileStream final : public StreamSource<reports_v1::ExportReportResponse> {
 public:
  FileStream(std::unique_ptr<MemoryFile> file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  absl::StatusOr<std::optional<reports_v1::ExportReportResponse>> Next(Call&) override {
    reports_v1::ExportReportResponse response;
    ASSIGN_OR_RETURN(*response.mutable_content(), file_->Read(offset_));
    if (response.content().empty()) {
      ended_ = true;
      return std::optional<reports_v1::ExportReportResponse>();
    }
    if (offset_ == 0) {
      response.set_file_name(name_);
    }
    offset_ += static_cast<int64_t>(response.content().size());
    return std::optional(std::move(response));
  }
  bool ended() const override { return ended_; }

 private:
  const std::unique_ptr<MemoryFile> file_;
  const std::string name_;
  int64_t offset_ = 0;
  bool ended_ = false;
};

absl::Status WriteFile(const AskedReport& asked, ingest::OutFormat format, const std::string& path) {
  std::vector<std::string> header;
  for (const ReportColumnSpec& column : asked.table.columns) {
    header.emplace_back(column.label_zh);
  }
  ASSIGN_OR_RETURN(const auto writer, ingest::CreateTable(path, format, header));
  ReportCursor cursor = Begin(asked.table);
  reports_v1::ReportRow total;
  while (!cursor.done) {
    std::vector<reports_v1::ReportRow> rows;
    RETURN_IF_ERROR(asked.table.rows(asked.query, kRowsPerRead, &cursor, &rows, &total));
    for (const reports_v1::ReportRow& row : rows) {
      RETURN_IF_ERROR(writer->Write(OutOf(row)));
    }
  }
  if (total.cells_size() > 0) {
    RETURN_IF_ERROR(writer->Write(OutOf(total)));
  }
  std::vector<OutCell> signatures;
  for (const std::string_view signature : kSignatures) {
    signatures.push_back(OutCell::Text(signature));
  }
  signatures.push_back(OutCell::Text(absl::StrCat("填表日期：", DayText(asked.query.today))));
  RETURN_IF_ERROR(writer->Write(signatures));
  return writer->Close();
}

}  // namespace

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
  const bool book = format == reports_v1::REPORT_FORMAT_XLSX;
  auto file = std::make_unique<MemoryFile>();
  RETURN_IF_ERROR(WriteFile(asked, book ? ingest::OutFormat::kXlsx : ingest::OutFormat::kCsvUtf8, file->path()));
  return ReportStream(
      std::make_unique<FileStream>(std::move(file), absl::StrCat(TitleOf(asked), book ? ".xlsx" : ".csv")));
}

}  // namespace ruraledu::rpc
