// Tests only: a decorator over the driver that fails, delays or cuts any chosen statement.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/db/db.h"

namespace ruraledu::db {

// Decides the fate of each statement ("COMMIT" included) before it reaches the driver; OK lets it through.
using FaultPlan = std::function<absl::Status(int64_t statement_number, std::string_view sql)>;

// For Options::decorate. Statement numbers count over all connections of the database, from 1.
std::function<std::unique_ptr<Connection>(std::unique_ptr<Connection>)> WithFaults(FaultPlan plan);

}  // namespace ruraledu::db
