#include "services/student_aid/compliance_store.h"

#include <algorithm>
#include <set>

#include "common/base/day.h"
#include "common/base/error.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMonthText = 7;  // "2023-11"

// Of rows with area and period in the columns 4 and 5, the newest of each area. They come in order of area and period.
std::vector<db::Row> NewestByArea(std::vector<db::Row> rows) {
  std::vector<db::Row> newest;
  for (db::Row& row : rows) {
    if (!newest.empty() && newest.back().Text(4) == row.Text(4)) {
      newest.back() = std::move(row);
    } else {
      newest.push_back(std::move(row));
    }
  }
  return newest;
}

absl::StatusOr<std::vector<db::Row>> Checks(db::Transaction& tx, std::string_view shard, v1::PresenceKind kind,
                                            std::string_view from, std::string_view to) {
  ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT id, body, sealed, version, area, period FROM presence_check WHERE shard "
                                       "= $1 AND kind = $2 AND period >= $3 AND period <= $4 ORDER BY area, period",
                                       shard, v1::PresenceKind_Name(kind), from, to));
  return NewestByArea(std::move(rows));
}

}  // namespace

absl::StatusOr<std::vector<db::Row>> NewestPresenceChecks(db::Transaction& tx, std::string_view shard,
                                                          std::string_view term, absl::CivilDay first_day,
                                                          absl::CivilDay on) {
  ASSIGN_OR_RETURN(auto rows, Checks(tx, shard, v1::PRESENCE_KIND_IN_CLASS, DayText(first_day).substr(0, kMonthText),
                                     DayText(on).substr(0, kMonthText)));
  ASSIGN_OR_RETURN(auto beds, Checks(tx, shard, v1::PRESENCE_KIND_BOARDING, term, term));
  rows.insert(rows.end(), std::make_move_iterator(beds.begin()), std::make_move_iterator(beds.end()));
  return rows;
}

absl::Status AddComplianceRows(db::Transaction& tx, std::string_view shard, std::string_view term, SealedPage* page) {
  if (page->pupils.empty()) {
    return absl::OkStatus();
  }
  const auto [first, last] =
      std::minmax_element(page->pupils.begin(), page->pupils.end(),
                          [](const db::Row& a, const db::Row& b) { return a.Text(1) < b.Text(1); });
  const std::string from = first->Text(1), to = last->Text(1);
  ComplianceRows& rows = page->compliance;
  ASSIGN_OR_RETURN(rows.identified,
                   tx.Query("SELECT person, state, disputed FROM identification WHERE shard = $1 AND person >= $2 AND "
                            "person <= $3 AND school_year = $4",
                            shard, from, to, term.substr(0, term.rfind('-'))));
  ASSIGN_OR_RETURN(rows.applied, tx.Query("SELECT person, item, state FROM application WHERE shard = $1 AND term = $2 "
                                          "AND person >= $3 AND person <= $4",
                                          shard, term, from, to));
  ASSIGN_OR_RETURN(rows.submitted,
                   tx.Query("SELECT id, body, sealed, version FROM application WHERE shard = $1 AND term = $2 AND "
                            "person >= $3 AND person <= $4 AND state = $5",
                            shard, term, from, to, v1::ApplicationState_Name(v1::APPLICATION_STATE_SUBMITTED)));
  ASSIGN_OR_RETURN(rows.cards,
                   tx.Query("SELECT p.id, p.card_digest, r.reason FROM pupil p LEFT JOIN card_refusal r ON r.shard = "
                            "p.shard AND r.card_digest = p.card_digest WHERE p.shard = $1 AND p.id >= $2 AND p.id <= "
                            "$3 AND p.card_digest <> ''",
                            shard, from, to));
  ASSIGN_OR_RETURN(
      rows.sharers,
      tx.Query("SELECT q.id, q.body, q.sealed, q.version, q.card_digest FROM pupil q WHERE q.shard = $1 AND "
               "q.card_digest <> '' AND q.merged_into = '' AND q.card_digest IN (SELECT p.card_digest FROM pupil p "
               "WHERE p.shard = $1 AND p.id >= $2 AND p.id <= $3 AND p.card_digest <> '' AND EXISTS (SELECT 1 FROM "
               "pupil o WHERE o.shard = p.shard AND o.card_digest = p.card_digest AND o.card_digest <> '' AND o.id <> "
               "p.id AND o.merged_into = '')) ORDER BY q.id",
               shard, from, to));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<db::Row>> NotCompliantComparisons(db::Transaction& tx, std::string_view shard,
                                                             std::string_view term, const AreaRange& within,
                                                             std::string_view after_area, std::string_view after_id,
                                                             int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM comparison WHERE shard = $1 AND term = $2 AND area >= $3 AND area < $4 "
      "AND (area, id) > ($5, $6) AND compliance IN ($7, $8) ORDER BY area, id LIMIT $9",
      shard, term, within.lo, within.hi, after_area, after_id,
      v1::ComplianceStatus_Name(v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT),
      v1::ComplianceStatus_Name(v1::COMPLIANCE_STATUS_NOT_ELIGIBLE), limit);
}

}  // namespace ruraledu::student_aid
