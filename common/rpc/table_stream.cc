#include "common/rpc/table_stream.h"

#include <sys/mman.h>
#include <unistd.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::rpc {
namespace {

using ingest::OutCell;

constexpr int64_t kPartBytes = int64_t{256} * 1024;

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

ingest::OutFormat FormatOf(reports_v1::ReportFormat format) {
  switch (format) {
    case reports_v1::REPORT_FORMAT_XLSX:
      return ingest::OutFormat::kXlsx;
    case reports_v1::REPORT_FORMAT_CSV_GB18030:
      return ingest::OutFormat::kCsvGb18030;
    default:
      return ingest::OutFormat::kCsvUtf8;
  }
}

}  // namespace

std::vector<OutCell> OutCellsOf(const google::protobuf::RepeatedPtrField<reports_v1::ReportCell>& cells) {
  std::vector<OutCell> out;
  for (const reports_v1::ReportCell& cell : cells) {
    out.push_back(OutOf(cell));
  }
  return out;
}

absl::StatusOr<ReportStream> StreamTable(const std::string& name, reports_v1::ReportFormat format,
                                         const std::vector<std::string>& header,
                                         const std::function<absl::Status(ingest::TableWriter&)>& fill) {
  auto file = std::make_unique<MemoryFile>();
  ASSIGN_OR_RETURN(const auto writer, ingest::CreateTable(file->path(), FormatOf(format), header));
  RETURN_IF_ERROR(fill(*writer));
  RETURN_IF_ERROR(writer->Close());
  return ReportStream(std::make_unique<FileStream>(
      std::move(file), absl::StrCat(name, format == reports_v1::REPORT_FORMAT_XLSX ? ".xlsx" : ".csv")));
}

}  // namespace ruraledu::rpc
