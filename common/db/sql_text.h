// What is done to SQL texts and values before they reach a driver. Internal to common/db.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/db/db.h"

namespace ruraledu::db {

// The statements of a migration: separated by ";" at a line end, without comment lines, never empty.
std::vector<std::string> SplitStatements(std::string_view sql);

// A statement of a migration in SQLite's words. CREATE TABLE becomes a STRICT table (keywords in capitals), so that a
// column holds its type only; BIGINT becomes INT and not INTEGER, which as a primary key would number rows by itself.
std::string ForSqlite(std::string_view statement);

// 3 for "... $1 ... $3 ...", 0 when there is none.
size_t HighestPlaceholder(std::string_view sql);

// DATABASE_INTERNAL when a text is not UTF-8 or holds NUL, or a number is NaN: the drivers would differ.
absl::Status CheckValues(absl::Span<const Value> values);
bool IsUtf8WithoutNul(std::string_view text);

// 64-bit FNV-1a in hex: tells an edited migration from the applied one.
std::string Checksum(std::string_view text);

}  // namespace ruraledu::db
