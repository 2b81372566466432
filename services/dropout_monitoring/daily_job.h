// Jobs that a county has once a day by itself.
#pragma once

#include <string>
#include <string_view>

#include "common/rpc/resources.h"

namespace ruraledu::dropout_monitoring {

// Gives the county a job of the kind with the plan, unless it had one with the same plan already.
absl::Status EnsureDailyJob(const rpc::Host& host, const std::string& shard, std::string_view kind,
                            const google::protobuf::Message& plan);

}  // namespace ruraledu::dropout_monitoring
