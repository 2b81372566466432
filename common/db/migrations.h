// Forward-only migrations. Internal to common/db.
//
// Table `migration` has one row per applied one: module, number, checksum of its text, and the release that applied it.
// Each is applied in one transaction under a lock that keeps other processes out. Refused: an applied one whose text
// has changed (MIGRATION_CHANGED), numbers with a gap (MIGRATION_FAILED), and a database that a release beyond the next
// one has migrated (DATABASE_NEWER): migrations expand first and contract a release later, so release N runs on the
// schema of N + 1.
#pragma once

#include "common/db/db.h"

namespace ruraledu::db {

// Grows by one with each release of the suite that has migrations.
inline constexpr int64_t kRelease = 1;

absl::Status Migrate(Connection& connection, bool sqlite, absl::Span<const Migration> migrations, const Clock& clock,
                     int64_t release = kRelease);

}  // namespace ruraledu::db
