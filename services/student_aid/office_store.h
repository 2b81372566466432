// The SQL of complaints, messages to families, and the reports of the office.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/db/db.h"
#include "common/domain/area.h"

namespace ruraledu::student_aid {

// Paid orders of a batch without a message, or, `again`, with one that did not arrive, in order of their rows:
// id, body, sealed, version of the order; body, sealed, version of the message, NULL when there is none.
absl::StatusOr<std::vector<db::Row>> OrdersToTell(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                                  bool again, int64_t limit);

// Complaints of a county that are not answered, and those of them whose last day is before `today`.
struct ComplaintsWaiting {
  int64_t open = 0, overdue = 0;
};
absl::StatusOr<ComplaintsWaiting> WaitingComplaints(db::Transaction& tx, std::string_view shard,
                                                    std::string_view today);

// id, body, sealed, version of the complaint that has a receipt; none when no complaint has it.
absl::StatusOr<std::vector<db::Row>> ComplaintOfReceipt(db::Transaction& tx, std::string_view shard,
                                                        std::string_view receipt);

// The counters of a county in a period: by (measure, dimension).
absl::StatusOr<std::map<std::pair<std::string, std::string>, int64_t>> CountyCounters(db::Transaction& tx,
                                                                                      std::string_view shard,
                                                                                      std::string_view period);

// Where a page by area and id goes on.
struct AreaKey {
  std::string area, id;
};
// id, body, sealed, version of the comparisons of a term within an area that stand on one of the lists, in order of
// area and id.
absl::StatusOr<std::vector<db::Row>> ListedComparisons(db::Transaction& tx, std::string_view shard,
                                                       std::string_view term, const AreaRange& within,
                                                       const AreaKey& after, int64_t limit);
// id, body, sealed, version of the applications of a term within an area, in order of area and id.
absl::StatusOr<std::vector<db::Row>> ApplicationsWithin(db::Transaction& tx, std::string_view shard,
                                                        std::string_view term, const AreaRange& within,
                                                        const AreaKey& after, int64_t limit);
// id, body of the household of a pupil; none when the pupil has none that is known.
absl::StatusOr<std::vector<db::Row>> HouseholdOf(db::Transaction& tx, std::string_view shard, std::string_view person);

// Ids of the pupils within an area whose records stand, in order of id.
absl::StatusOr<std::vector<std::string>> PupilsWithin(db::Transaction& tx, std::string_view shard,
                                                      const AreaRange& within);
// Persons within an area with an application of the term that is neither refused nor withdrawn.
absl::StatusOr<std::set<std::string>> AidedWithin(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  const AreaRange& within);

}  // namespace ruraledu::student_aid
