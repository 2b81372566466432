#include "services/student_aid/office_store.h"

#include "common/base/error.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/family_message.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<db::Row>> OrdersToTell(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                                  bool again, int64_t limit) {
  return tx.Query(
      "SELECT o.id, o.body, o.sealed, o.version, m.body, m.sealed, m.version FROM payment_order o LEFT JOIN "
      "family_message m ON m.shard = o.shard AND m.id = o.id WHERE o.shard = $1 AND o.batch = $2 AND o.state = $3 AND "
      "(m.id IS NULL OR ($4 = 1 AND m.state = $5)) ORDER BY o.row_number LIMIT $6",
      shard, batch, v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_PAID), int64_t{again},
      v1::FamilyMessageState_Name(v1::FAMILY_MESSAGE_STATE_UNDELIVERED), limit);
}

absl::StatusOr<ComplaintsWaiting> WaitingComplaints(db::Transaction& tx, std::string_view shard,
                                                    std::string_view today) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT count(*), coalesce(CAST(sum(CASE WHEN answer_due_on < $2 THEN 1 ELSE 0 END) AS BIGINT), "
               "0) FROM complaint WHERE shard = $1 AND is_open = 1",
               shard, today));
  return ComplaintsWaiting{rows[0].Int(0), rows[0].Int(1)};
}

absl::StatusOr<std::vector<db::Row>> ComplaintOfReceipt(db::Transaction& tx, std::string_view shard,
                                                        std::string_view receipt) {
  return tx.Query("SELECT id, body, sealed, version FROM complaint WHERE shard = $1 AND receipt = $2 AND receipt <> ''",
                  shard, receipt);
}

absl::StatusOr<std::map<std::pair<std::string, std::string>, int64_t>> CountyCounters(db::Transaction& tx,
                                                                                      std::string_view shard,
                                                                                      std::string_view period) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT measure, dimension, value FROM counter WHERE shard = $1 AND level "
                                             "= 'COUNTY' AND area = $2 AND period = $3",
                                             shard, shard.substr(1), period));
  std::map<std::pair<std::string, std::string>, int64_t> counters;
  for (const db::Row& row : rows) {
    counters[{row.Text(0), row.Text(1)}] = row.Int(2);
  }
  return counters;
}

absl::StatusOr<std::vector<db::Row>> ListedComparisons(db::Transaction& tx, std::string_view shard,
                                                       std::string_view term, const AreaRange& within,
                                                       const AreaKey& after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM comparison WHERE shard = $1 AND term = $2 AND area >= $3 AND area < $4 "
      "AND "
      "(area, id) > ($5, $6) AND (should_aid = 1 OR should_not = 1) ORDER BY area, id LIMIT $7",
      shard, term, within.lo, within.hi, after.area, after.id, limit);
}

absl::StatusOr<std::vector<db::Row>> ApplicationsWithin(db::Transaction& tx, std::string_view shard,
                                                        std::string_view term, const AreaRange& within,
                                                        const AreaKey& after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM application WHERE shard = $1 AND term = $2 AND area >= $3 AND area < $4 "
      "AND (area, id) > ($5, $6) ORDER BY area, id LIMIT $7",
      shard, term, within.lo, within.hi, after.area, after.id, limit);
}

absl::StatusOr<std::vector<db::Row>> HouseholdOf(db::Transaction& tx, std::string_view shard, std::string_view person) {
  return tx.Query(
      "SELECT h.id, h.body FROM pupil p JOIN household h ON h.shard = p.household_shard AND h.id = p.household_id "
      "WHERE "
      "p.shard = $1 AND p.id = $2",
      shard, person);
}

absl::StatusOr<std::vector<std::string>> PupilsWithin(db::Transaction& tx, std::string_view shard,
                                                      const AreaRange& within) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM pupil WHERE shard = $1 AND area >= $2 AND area < $3 AND merged_into = '' "
                            "ORDER BY id",
                            shard, within.lo, within.hi));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

absl::StatusOr<std::set<std::string>> AidedWithin(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  const AreaRange& within) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT DISTINCT person FROM application WHERE shard = $1 AND term = $2 AND area >= $3 AND "
               "area < $4 AND state NOT IN ($5, $6)",
               shard, term, within.lo, within.hi, v1::ApplicationState_Name(v1::APPLICATION_STATE_REJECTED),
               v1::ApplicationState_Name(v1::APPLICATION_STATE_WITHDRAWN)));
  std::set<std::string> persons;
  for (const db::Row& row : rows) {
    persons.insert(row.Text(0));
  }
  return persons;
}

}  // namespace ruraledu::student_aid
#include "common/base/error.h"
