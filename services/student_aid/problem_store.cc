#include "services/student_aid/problem_store.h"

#include "common/base/day.h"
#include "common/base/error.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<db::Row>> AllRestrictions(db::Transaction& tx, std::string_view shard,
                                                     std::string_view after, int64_t limit) {
  return tx.Query("SELECT id, body, sealed, version FROM restriction WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3",
                  shard, after, limit);
}

absl::StatusOr<std::vector<db::Row>> ChecksWithFindings(db::Transaction& tx, std::string_view shard,
                                                        std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM presence_check WHERE shard = $1 AND id > $2 AND has_findings = 1 ORDER BY "
      "id LIMIT $3",
      shard, after, limit);
}

absl::StatusOr<std::vector<db::Row>> EndedOrders(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                 int64_t limit) {
  return tx.Query(
      "SELECT o.id, o.body, o.sealed, o.version, a.state FROM payment_order o JOIN application a ON a.shard = o.shard "
      "AND a.term = o.term AND a.person = o.person AND o.id > a.id || '.' AND o.id < a.id || '/' WHERE o.shard = $1 "
      "AND o.id > $2 AND o.state IN ($3, $4) ORDER BY o.id LIMIT $5",
      shard, after, v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_FAILED),
      v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_RETURNED), limit);
}

absl::StatusOr<std::vector<db::Row>> RefusedAid(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM aid_record WHERE shard = $1 AND id > $2 AND refused <> '' ORDER BY id "
      "LIMIT $3",
      shard, after, limit);
}

absl::StatusOr<std::vector<db::Row>> ComparisonsWritten(db::Transaction& tx, std::string_view shard, int64_t from_us,
                                                        int64_t until_us, std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT c.id, c.body, c.sealed, c.version FROM comparison c JOIN journal j ON j.shard = c.shard AND j.seq = "
      "c.version WHERE c.shard = $1 AND c.id > $2 AND (c.should_aid = 1 OR c.should_not = 1) AND j.time_us >= $3 AND "
      "j.time_us < $4 ORDER BY c.id LIMIT $5",
      shard, after, from_us, until_us, limit);
}

absl::StatusOr<std::string> StateOfApplication(db::Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT state FROM application WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value() ? row->Text(0) : "";
}

absl::StatusOr<std::vector<db::Row>> LeftOutOfBatches(db::Transaction& tx, std::string_view shard,
                                                      std::string_view batch, std::string_view application,
                                                      int64_t limit) {
  return tx.Query(
      "SELECT b.id, b.body, b.sealed, b.version, l.application, l.reason, a.state FROM payment_left_out l JOIN "
      "payment_batch b ON b.shard = l.shard AND b.id = l.batch JOIN application a ON a.shard = l.shard AND a.id = "
      "l.application WHERE l.shard = $1 AND (l.batch, l.application) > ($2, $3) ORDER BY l.batch, l.application LIMIT "
      "$4",
      shard, batch, application, limit);
}

absl::StatusOr<std::vector<db::Row>> UnbookedLines(db::Transaction& tx, std::string_view shard,
                                                   std::string_view return_id, int64_t line, int64_t limit) {
  return tx.Query(
      "SELECT r.id, r.body, r.sealed, r.version, l.line, l.outcome, l.reason FROM payment_return_line l JOIN "
      "payment_return r ON r.shard = l.shard AND r.id = l.return_id WHERE l.shard = $1 AND (l.return_id, l.line) > "
      "($2, $3) AND l.booked = 0 ORDER BY l.return_id, l.line LIMIT $4",
      shard, return_id, line, limit);
}

absl::StatusOr<std::vector<db::Row>> RefusedFeedbacks(db::Transaction& tx, std::string_view shard,
                                                      std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT f.id, f.body, f.sealed, f.version, CAST(CASE WHEN EXISTS (SELECT g.id FROM mirror_feedback g WHERE "
      "g.shard = "
      "f.shard AND g.export_id = f.export_id AND g.state = $4 AND g.version > f.version) THEN 1 ELSE 0 END AS BIGINT) "
      "FROM "
      "mirror_feedback f WHERE f.shard = $1 AND f.id > $2 AND f.state = $3 ORDER BY f.id LIMIT $5",
      shard, after, v1::MirrorFeedbackState_Name(v1::MIRROR_FEEDBACK_STATE_REFUSED),
      v1::MirrorFeedbackState_Name(v1::MIRROR_FEEDBACK_STATE_CLOSED), limit);
}

absl::StatusOr<std::vector<db::Row>> DifferencesFound(db::Transaction& tx, std::string_view shard, absl::CivilDay from,
                                                      absl::CivilDay to, std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM mirror_entry WHERE shard = $1 AND id > $2 AND found_on <> '' AND found_on "
      ">= $3 AND found_on <= $4 ORDER BY id LIMIT $5",
      shard, after, DayText(from), DayText(to), limit);
}

}  // namespace ruraledu::student_aid
