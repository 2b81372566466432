#include "services/student_aid/jurisdiction_rules.h"

#include "absl/strings/numbers.h"

namespace ruraledu::student_aid {

absl::StatusOr<int64_t> NumberIn(const DataTable& table, size_t row, std::string_view column, int64_t absent) {
  const std::string_view cell = table.Get(row, column);
  int64_t value = absent;
  if (!cell.empty() && (!absl::SimpleAtoi(cell, &value) || value < 0)) {
    return table.Error(row, absl::StrCat(column, " is not a whole number"));
  }
  return value;
}

std::string PolicyName(std::string_view collection, const DataTable& table, size_t row) {
  return absl::StrCat(collection, "/", table.Get(row, "policy"), "@", table.Get(row, "version"));
}

}  // namespace ruraledu::student_aid
