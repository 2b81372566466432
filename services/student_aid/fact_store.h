// The SQL of enquiries about what families reported.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// area, id, body, sealed, version of the identifications of a school year within an area, behind (area, id), in that
// order.
absl::StatusOr<std::vector<db::Row>> IdentificationsBehind(db::Transaction& tx, std::string_view shard,
                                                           std::string_view school_year, const AreaRange& within,
                                                           std::string_view after_area, std::string_view after_id,
                                                           int64_t limit);
// Factors of a record that were asked about already.
absl::StatusOr<std::set<std::string>> FactorsAsked(db::Transaction& tx, std::string_view shard,
                                                   std::string_view identification);
// Entries of an enquiry, in order of row.
absl::StatusOr<std::vector<v1::FactEnquiryEntry>> EntriesOfEnquiry(db::Transaction& tx, std::string_view shard,
                                                                   std::string_view enquiry);

}  // namespace ruraledu::student_aid
