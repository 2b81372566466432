#include "services/student_aid/payment_store.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/feed/follower.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

enum PayableColumn : size_t { kArea, kId, kVersion = 4, kPupil = 5, kPupilVersion = 8, kCard = 10 };

// "c IN ($6, $7)"; their values are added to `args`.
std::string AnyOf(std::string_view column, const std::vector<std::string>& values, std::vector<db::Value>* args) {
  std::vector<std::string> marks;
  for (const std::string& value : values) {
    args->emplace_back(value);
    marks.push_back(absl::StrCat("$", args->size()));
  }
  return absl::StrCat(column, " IN (", absl::StrJoin(marks, ", "), ")");
}

std::string Within(std::string_view column, const std::vector<AreaRange>& ranges, std::vector<db::Value>* args) {
  std::vector<std::string> parts;
  for (const AreaRange& range : ranges) {
    args->emplace_back(range.lo);
    args->emplace_back(range.hi);
    parts.push_back(absl::StrCat("(", column, " >= $", args->size() - 1, " AND ", column, " < $", args->size(), ")"));
  }
  return absl::StrCat("(", absl::StrJoin(parts, " OR "), ")");
}

absl::Status AddSharing(db::Transaction& tx, std::string_view shard, PayablePage* page) {
  std::set<std::string> digests;
  for (const db::Row& row : page->rows) {
    if (!row.IsNull(kPupil) && !row.Text(kCard).empty()) {
      digests.insert(row.Text(kCard));
    }
  }
  for (const std::string& digest : digests) {
    ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT id, body, sealed, version FROM pupil WHERE shard = $1 AND "
                                         "card_digest = $2 AND card_digest <> '' AND merged_into = '' ORDER BY id",
                                         shard, digest));
    if (rows.size() > 1) {
      page->sharing[digest] = std::move(rows);
    }
  }
  return absl::OkStatus();
}

// The id in the first column of the only row, "" without one.
absl::StatusOr<std::string> IdOrNothing(absl::StatusOr<std::optional<db::Row>> row) {
  RETURN_IF_ERROR(row.status());
  return row->has_value() ? (*row)->Text(0) : std::string();
}

}  // namespace

absl::StatusOr<PayablePage> ReadPayable(db::Transaction& tx, std::string_view shard, const PayableFilter& filter,
                                        const PayableKey& after, int64_t limit) {
  PayablePage page;
  ASSIGN_OR_RETURN(page.positions, CopyPositions(tx, shard));
  ASSIGN_OR_RETURN(page.batch_open, BatchOpen(tx, shard));
  ASSIGN_OR_RETURN(page.heard_at_us, HeardAt(tx, shard));
  std::vector<db::Value> args = {std::string(shard), filter.term, after.area, after.id, limit};
  std::string where = absl::StrCat("a.shard = $1 AND a.term = $2 AND (a.area, a.id) > ($3, $4) AND ",
                                   AnyOf("a.state", filter.states, &args));
  if (!filter.items.empty()) {
    absl::StrAppend(&where, " AND ", AnyOf("a.item", filter.items, &args));
  }
  if (!filter.within.empty()) {
    absl::StrAppend(&where, " AND ", Within("a.area", filter.within, &args));
  }
  ASSIGN_OR_RETURN(page.rows,
                   tx.QueryValues(absl::StrCat("SELECT a.area, a.id, a.body, a.sealed, a.version, p.id, p.body, "
                                               "p.sealed, p.version, p.merged_into, p.card_digest, r.reason FROM "
                                               "application a LEFT JOIN pupil p ON p.shard = a.shard AND p.id = "
                                               "a.person LEFT JOIN card_refusal r ON r.shard = p.shard AND "
                                               "r.card_digest = p.card_digest WHERE ",
                                               where, " ORDER BY a.area, a.id LIMIT $5"),
                                  std::move(args)));
  RETURN_IF_ERROR(AddSharing(tx, shard, &page));
  return page;
}

absl::StatusOr<std::vector<std::string>> PayableVersions(db::Transaction& tx, std::string_view shard,
                                                         const std::vector<db::Row>& rows) {
  std::vector<std::string> versions;
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(const auto now,
                     tx.QueryOne("SELECT a.version, p.version FROM application a LEFT JOIN pupil p ON "
                                 "p.shard = a.shard AND p.id = a.person WHERE a.shard = $1 AND a.id = $2",
                                 shard, row.Text(kId)));
    versions.push_back(now.has_value() ? absl::StrCat(now->Int(0), ".", now->OptInt(1).value_or(0)) : "");
  }
  return versions;
}

absl::StatusOr<bool> IdentificationDisputed(db::Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT disputed FROM identification WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value() && row->Bool(0);
}

absl::StatusOr<bool> PutCardRefusal(db::Transaction& tx, std::string_view card_digest, bool refused,
                                    std::string_view reason) {
  ASSIGN_OR_RETURN(const auto holder,
                   tx.QueryOne("SELECT id FROM pupil WHERE shard = $1 AND card_digest = $2 AND card_digest <> '' "
                               "ORDER BY id LIMIT 1",
                               tx.shard(), card_digest));
  if (!holder.has_value()) {
    return false;
  }
  RETURN_IF_ERROR(
      refused ? tx.Execute("INSERT INTO card_refusal (shard, card_digest, reason) VALUES ($1, $2, $3) ON "
                           "CONFLICT (shard, card_digest) DO UPDATE SET reason = excluded.reason",
                           tx.shard(), card_digest, reason)
                    .status()
              : tx.Execute("DELETE FROM card_refusal WHERE shard = $1 AND card_digest = $2", tx.shard(), card_digest)
                    .status());
  return true;
}

absl::StatusOr<std::optional<std::string>> AreaOfAccountCheck(db::Transaction& tx, std::string_view shard,
                                                              std::string_view id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT area FROM account_check WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

absl::StatusOr<int64_t> HeardAt(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto followed, feed::FindFollowed(tx, "registry", shard));
  return followed.has_value() && followed->state == "FOLLOWING" ? followed->heard_at_us : 0;
}

absl::StatusOr<std::optional<std::string>> AreaOfPaymentBatch(db::Transaction& tx, std::string_view shard,
                                                              std::string_view id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT area FROM payment_batch WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

absl::StatusOr<std::string> BatchUnderWay(db::Transaction& tx, std::string_view shard, std::string_view term) {
  return IdOrNothing(
      tx.QueryOne("SELECT id FROM payment_batch WHERE shard = $1 AND term = $2 AND state IN ($3, $4) "
                  "ORDER BY id LIMIT 1",
                  shard, term, v1::PaymentBatchState_Name(v1::PAYMENT_BATCH_STATE_DRAFT),
                  v1::PaymentBatchState_Name(v1::PAYMENT_BATCH_STATE_FROZEN)));
}

absl::StatusOr<int64_t> CountBatches(db::Transaction& tx, std::string_view shard, std::string_view term) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT count(*) FROM payment_batch WHERE shard = $1 AND term = $2", shard, term));
  return row->Int(0);
}

absl::StatusOr<std::vector<SentBatch>> BatchesAtTheBank(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id, body, sealed, version FROM payment_batch WHERE shard = $1 AND state IN ($2, $3) "
               "ORDER BY id",
               shard, v1::PaymentBatchState_Name(v1::PAYMENT_BATCH_STATE_SENT),
               v1::PaymentBatchState_Name(v1::PAYMENT_BATCH_STATE_PARTLY_RECONCILED)));
  ASSIGN_OR_RETURN(const auto batches, feed::ReadRoots<v1::PaymentBatch>(rows, kPaymentBatches, nullptr));
  std::vector<SentBatch> sent;
  for (const v1::PaymentBatch& batch : batches) {
    if (const auto day = DayOf(batch.sent_on()); day.has_value()) {
      sent.push_back({batch.term(), *day});
    }
  }
  return sent;
}

absl::StatusOr<v1::PaymentDrift> DriftOf(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                         int64_t registry_seq) {
  // A pupil whose copy has gone counts as changed, and as one without the card.
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT count(CASE WHEN p.id IS NULL OR p.version > $3 THEN 1 END), "
                  "count(CASE WHEN p.id IS NULL OR p.card_digest <> o.card_digest THEN 1 END) FROM payment_order o "
                  "LEFT JOIN pupil p ON p.shard = o.shard AND p.id = o.person WHERE o.shard = $1 AND o.batch = $2",
                  shard, batch, registry_seq));
  v1::PaymentDrift drift;
  drift.set_pupils_changed(row->Int(0));
  drift.set_cards_changed(row->Int(1));
  return drift;
}

absl::Status InsertLeftOut(db::Transaction& tx, std::string_view batch, const std::vector<LeftOutRow>& rows) {
  std::vector<std::vector<db::Value>> values;
  values.reserve(rows.size());
  for (const LeftOutRow& row : rows) {
    values.push_back({tx.shard(), std::string(batch), row.area, row.application, row.reason});
  }
  static constexpr std::string_view kColumns[] = {"shard", "batch", "area", "application", "reason"};
  return values.empty() ? absl::OkStatus() : tx.Bulk("payment_left_out", kColumns, values);
}

absl::StatusOr<std::vector<LeftOutRow>> ListLeftOutRows(db::Transaction& tx, std::string_view shard,
                                                        std::string_view batch, const PayableKey& after,
                                                        int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT area, application, reason FROM payment_left_out WHERE shard = $1 AND batch = $2 "
                            "AND (area, application) > ($3, $4) ORDER BY area, application LIMIT $5",
                            shard, batch, after.area, after.id, limit));
  std::vector<LeftOutRow> all;
  for (const db::Row& row : rows) {
    all.push_back({row.Text(0), row.Text(1), row.Text(2)});
  }
  return all;
}

absl::StatusOr<std::vector<db::Row>> OrdersOfBatch(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                                   int64_t after_row, std::string_view state, int64_t limit) {
  return tx.Query(
      "SELECT id, row_number, body, sealed, version FROM payment_order WHERE shard = $1 AND batch = $2 AND "
      "row_number > $3 AND ($4 = '' OR state = $4) ORDER BY row_number LIMIT $5",
      shard, batch, after_row, state, limit);
}

absl::StatusOr<std::string> OrderOfRow(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                       int64_t row) {
  return IdOrNothing(tx.QueryOne("SELECT id FROM payment_order WHERE shard = $1 AND batch = $2 AND row_number = $3",
                                 shard, batch, row));
}

absl::StatusOr<std::string> BatchOfOrder(db::Transaction& tx, std::string_view shard, std::string_view order) {
  return IdOrNothing(tx.QueryOne("SELECT batch FROM payment_order WHERE shard = $1 AND id = $2", shard, order));
}

absl::Status InsertReturnLines(db::Transaction& tx, std::string_view return_id,
                               const std::vector<v1::PaymentReturnLine>& lines) {
  std::vector<std::vector<db::Value>> values;
  values.reserve(lines.size());
  for (const v1::PaymentReturnLine& line : lines) {
    const bool booked = line.outcome() == v1::PAYMENT_LINE_OUTCOME_PAID ||
                        line.outcome() == v1::PAYMENT_LINE_OUTCOME_REJECTED ||
                        line.outcome() == v1::PAYMENT_LINE_OUTCOME_RETURNED;
    values.push_back({tx.shard(), std::string(return_id), line.line(), line.reference(), line.amount_fen(),
                      int64_t{line.outcome()}, int64_t{booked}, line.reason()});
  }
  static constexpr std::string_view kColumns[] = {"shard",      "return_id", "line",   "reference",
                                                  "amount_fen", "outcome",   "booked", "reason"};
  return values.empty() ? absl::OkStatus() : tx.Bulk("payment_return_line", kColumns, values);
}

absl::StatusOr<std::vector<v1::PaymentReturnLine>> ListReturnLines(db::Transaction& tx, std::string_view shard,
                                                                   std::string_view return_id, bool problems_only,
                                                                   int64_t after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT line, reference, amount_fen, outcome, reason FROM payment_return_line WHERE "
                            "shard = $1 AND return_id = $2 AND line > $3 AND booked <= $4 ORDER BY line LIMIT $5",
                            shard, return_id, after, problems_only ? 0 : 1, limit));
  std::vector<v1::PaymentReturnLine> lines;
  for (const db::Row& row : rows) {
    v1::PaymentReturnLine& line = lines.emplace_back();
    line.set_line(row.Int(0));
    line.set_reference(row.Text(1));
    line.set_amount_fen(row.Int(2));
    line.set_outcome(static_cast<v1::PaymentLineOutcome>(row.Int(3)));
    line.set_reason(row.Text(4));
  }
  return lines;
}

}  // namespace ruraledu::student_aid
