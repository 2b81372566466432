// Look-ups of applications and restrictions beside what common/feed/root.h does.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

absl::StatusOr<RestrictionMap> OpenRestrictions(db::Transaction& tx, const crypto::Sealer& sealer,
                                                std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM restriction WHERE shard = $1 AND lifted = 0 "
                            "ORDER BY id",
                            shard));
  RestrictionMap restrictions;
  for (const db::Row& row : rows) {
    v1::Restriction restriction;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kRestrictions, row.Text(0), &sealer, &restriction));
    ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, shard, restriction.person()));
    restrictions[person].push_back(std::move(restriction));
  }
  return restrictions;
}

}  // namespace ruraledu::student_aid
