#include "services/dropout_monitoring/regional_rules.h"

#include "absl/strings/numbers.h"

namespace ruraledu::dropout_monitoring {

bool ReadNumber(const DataTable& table, size_t row, std::string_view column, int32_t least, int32_t most, int32_t* to) {
  return absl::SimpleAtoi(table.Get(row, column), to) && *to >= least && *to <= most;
}

absl::CivilDay PlusMonths(absl::CivilDay day, int months) {
  return absl::CivilDay(day.year(), day.month() + months, day.day());
}

}  // namespace ruraledu::dropout_monitoring
