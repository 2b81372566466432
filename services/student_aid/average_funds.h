// What is allotted to a county for the AVERAGE rows of terms (DR-19), out of the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/db/db.h"
#include "services/student_aid/average_rules.h"

namespace ruraledu::student_aid {

// By code of the AVERAGE row that the items of the funds count in; rows for which nothing is allotted are left out. Of
// the fund of each term's budget year the part that is for the term.
absl::StatusOr<std::map<std::string, int64_t>> AllottedOf(db::Transaction& tx, std::string_view shard,
                                                          const PolicyBook& book, const Averages& averages,
                                                          absl::Span<const Term> terms);

}  // namespace ruraledu::student_aid
