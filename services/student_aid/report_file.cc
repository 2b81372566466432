#include "services/student_aid/report_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {
namespace {

using ingest::OutCell;

constexpr int64_t kPartBytes = int64_t{256} * 1024;

OutCell OutOf(const v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case v1::ReportCell::kCount:
      return OutCell::Integer(cell.count());
    case v1::ReportCell::kAmountFen:
      return OutCell::MoneyFen(cell.amount_fen());
    case v1::ReportCell::kDay:
      return OutCell::Date(*DayOf(cell.day()));
    default:
      return OutCell::Text(CellText(cell));
  }
}

class FileStream final : public rpc::StreamSource<v1::ExportReportResponse> {
 public:
  FileStream(std::unique_ptr<MemoryFile> file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  absl::StatusOr<std::optional<v1::ExportReportResponse>> Next(rpc::Call&) override {
    v1::ExportReportResponse response;
    ASSIGN_OR_RETURN(*response.mutable_content(), file_->Read(offset_));
    if (response.content().empty()) {
      ended_ = true;
      return std::optional<v1::ExportReportResponse>();
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

}  // namespace

MemoryFile::MemoryFile() : file_(memfd_create("report", MFD_CLOEXEC)) {}

MemoryFile::~MemoryFile() {
  if (file_ >= 0) {
    close(file_);
  }
}

std::string MemoryFile::path() const {
  return absl::StrCat("/proc/self/fd/", file_);
}

absl::StatusOr<std::string> MemoryFile::Read(int64_t offset) const {
  std::string bytes(kPartBytes, '\0');
  const ssize_t read = pread(file_, bytes.data(), bytes.size(), offset);
  if (read < 0) {
    return absl::InternalError("a report cannot be read back");
  }
  bytes.resize(static_cast<size_t>(read));
  return bytes;
}

std::vector<OutCell> OutOf(const google::protobuf::RepeatedPtrField<v1::ReportCell>& cells) {
  std::vector<OutCell> out;
  for (const v1::ReportCell& cell : cells) {
    out.push_back(OutOf(cell));
  }
  return out;
}

ingest::OutFormat OutFormatOf(v1::ReportFormat format) {
  switch (format) {
    case v1::REPORT_FORMAT_XLSX:
      return ingest::OutFormat::kXlsx;
    case v1::REPORT_FORMAT_CSV_GB18030:
      return ingest::OutFormat::kCsvGb18030;
    default:
      return ingest::OutFormat::kCsvUtf8;
  }
}

std::string_view EndingOf(v1::ReportFormat format) {
  return format == v1::REPORT_FORMAT_XLSX ? ".xlsx" : ".csv";
}

std::unique_ptr<rpc::StreamSource<v1::ExportReportResponse>> StreamOf(std::unique_ptr<MemoryFile> file,
                                                                      std::string name) {
  return std::make_unique<FileStream>(std::move(file), std::move(name));
}

}  // namespace ruraledu::student_aid
