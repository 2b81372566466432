// Tables of reports as files in memory, and as streams of their bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/ingest/table_writer.h"
#include "common/rpc/stream.h"
#include "google/protobuf/repeated_field.h"
#include "ruraledu/student_aid/v1/report.pb.h"

namespace ruraledu::student_aid {

// A file in memory: what stands in reports does not come to rest on a disk of the server.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const;
  // A part from `offset` on; "" at the end.
  absl::StatusOr<std::string> Read(int64_t offset) const;

 private:
  const int file_;
};

std::vector<ingest::OutCell> OutOf(const google::protobuf::RepeatedPtrField<v1::ReportCell>& cells);
ingest::OutFormat OutFormatOf(v1::ReportFormat format);
std::string_view EndingOf(v1::ReportFormat format);  // ".csv"

// The bytes of a file in parts, the first with its name.
std::unique_ptr<rpc::StreamSource<v1::ExportReportResponse>> StreamOf(std::unique_ptr<MemoryFile> file,
                                                                      std::string name);

}  // namespace ruraledu::student_aid
