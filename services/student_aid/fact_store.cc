#include "services/student_aid/fact_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<db::Row>> IdentificationsBehind(db::Transaction& tx, std::string_view shard,
                                                           std::string_view school_year, const AreaRange& within,
                                                           std::string_view after_area, std::string_view after_id,
                                                           int64_t limit) {
  return tx.Query(
      "SELECT area, id, body, sealed, version FROM identification WHERE shard = $1 AND school_year = $2 AND area >= $3 "
      "AND area < $4 AND (area, id) > ($5, $6) ORDER BY area, id LIMIT $7",
      shard, school_year, within.lo, within.hi, after_area, after_id, limit);
}

absl::StatusOr<std::set<std::string>> FactorsAsked(db::Transaction& tx, std::string_view shard,
                                                   std::string_view identification) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT factor FROM fact_enquiry_entry WHERE shard = $1 AND "
                                             "identification = $2 ORDER BY factor",
                                             shard, identification));
  const std::vector<std::string> factors = FirstColumn(rows);
  return std::set<std::string>(factors.begin(), factors.end());
}

absl::StatusOr<std::vector<v1::FactEnquiryEntry>> EntriesOfEnquiry(db::Transaction& tx, std::string_view shard,
                                                                   std::string_view enquiry) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM fact_enquiry_entry WHERE shard = $1 AND id > $2 AND "
                            "id < $3 ORDER BY id",
                            shard, absl::StrCat(enquiry, "."), absl::StrCat(enquiry, "/")));
  std::vector<v1::FactEnquiryEntry> entries;
  for (const db::Row& row : rows) {
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kFactEnquiryEntries, row.Text(0), nullptr, &entries.emplace_back()));
  }
  return entries;
}

}  // namespace ruraledu::student_aid
