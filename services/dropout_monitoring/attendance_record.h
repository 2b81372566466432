// Takes what was said of classes, or of whom the canteen served, into the sheets of a county. For *_handlers.cc only.
#pragma once

#include <string>

#include "common/rpc/call.h"
#include "common/rpc/resources.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr int kMostSheets = 200;  // of a request
inline constexpr int kMostMarks = 200;   // of a sheet

// Who says it: each is taken of the sessions that it is about only.
enum class Witness { kClass, kCanteen };

// One write of the county; each sheet is taken whole or refused by itself.
absl::StatusOr<v1::BatchRecordAttendanceResponse> RecordSheets(
    rpc::Call& call, const rpc::Host& host, const Standards& standards, const std::string& parent,
    const google::protobuf::RepeatedPtrField<v1::AttendanceSheet>& sheets, Witness witness);

}  // namespace ruraledu::dropout_monitoring
