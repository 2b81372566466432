#include "services/student_aid/verification_store.h"

#include "common/base/error.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<db::Row>> PaidOrders(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                std::string_view batch) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM payment_order WHERE shard = $1 AND term = $2 AND ($3 = '' OR batch = $3) "
      "AND state IN ($4, $5) ORDER BY id",
      shard, term, batch, v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_PAID),
      v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_RETURNED));
}

absl::StatusOr<AnswerCounts> AnswersOf(db::Transaction& tx, std::string_view shard, std::string_view verification) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT area, answer, count(*) FROM verification_entry WHERE shard = $1 "
                                             "AND verification = $2 GROUP BY area, answer ORDER BY area, answer",
                                             shard, verification));
  AnswerCounts counts;
  for (const db::Row& row : rows) {
    v1::VerificationAnswer answer = v1::VERIFICATION_ANSWER_UNSPECIFIED;
    v1::VerificationAnswer_Parse(row.Text(1), &answer);
    counts[{row.Text(0), answer}] = row.Int(2);
  }
  return counts;
}

absl::StatusOr<std::vector<std::string>> SampleOf(db::Transaction& tx, std::string_view shard,
                                                  std::string_view verification) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT person FROM verification_entry WHERE shard = $1 AND verification = $2 ORDER BY "
                            "person",
                            shard, verification));
  return FirstColumn(rows);
}

}  // namespace ruraledu::student_aid
