// Tables as files in memory and as streams of their bytes: what stands in them does not come to rest on a disk of the
// server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/report_cells.h"
#include "common/ingest/table_writer.h"
#include "common/rpc/stream.h"

namespace ruraledu::rpc {

using ReportStream = std::unique_ptr<StreamSource<reports_v1::ExportReportResponse>>;

std::vector<ingest::OutCell> OutCellsOf(const google::protobuf::RepeatedPtrField<reports_v1::ReportCell>& cells);

// The file in parts, the first with its name, `name` and the ending of the format. `fill` writes what stands below the
// header.
absl::StatusOr<ReportStream> StreamTable(const std::string& name, reports_v1::ReportFormat format,
                                         const std::vector<std::string>& header,
                                         const std::function<absl::Status(ingest::TableWriter&)>& fill);

}  // namespace ruraledu::rpc
