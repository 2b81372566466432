// What a comparison run reads beside its pupils to work compliance out (compliance_facts.h), still sealed.
#pragma once

#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// Checks of presence that are of the term and not later than the day, one per school and kind, the newest: id, body,
// sealed, version.
absl::StatusOr<std::vector<db::Row>> NewestPresenceChecks(db::Transaction& tx, std::string_view shard,
                                                          std::string_view term, absl::CivilDay first_day,
                                                          absl::CivilDay on);

// Adds the rows of ComplianceRows for the persons of a page.
absl::Status AddComplianceRows(db::Transaction& tx, std::string_view shard, std::string_view term, SealedPage* page);

// id, body, sealed, version of the comparisons of a term within an area whose pupils are eligible and not compliant, or
// not eligible, in order of area and id.
absl::StatusOr<std::vector<db::Row>> NotCompliantComparisons(db::Transaction& tx, std::string_view shard,
                                                             std::string_view term, const AreaRange& within,
                                                             std::string_view after_area, std::string_view after_id,
                                                             int64_t limit);

}  // namespace ruraledu::student_aid
