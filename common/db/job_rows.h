// How rows of `job` are read. Internal to common/db.
#pragma once

#include "common/db/jobs.h"

namespace ruraledu::db {

inline constexpr char kJobColumns[] =
    "shard, id, kind, parent, state, input, cursor_value, result, done_units, total_units, error, subject, area, "
    "lease_epoch, cancel_requested, created_at, updated_at, version";
JobRow ReadJob(const Row& row);

}  // namespace ruraledu::db
