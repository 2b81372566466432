// The SQL of payment, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "ruraledu/common/v1/types.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// --- What is paid ---------------------------------------------------------------------------------------------------

// Applications of a term in the order of their areas and ids, each with its pupil; still sealed.
struct PayableKey {
  std::string area, id;
};
struct PayablePage {
  // area, id, body, sealed, version of the application; id, body, sealed, version, merged_into, card_digest of the
  // pupil, NULL when the copy has none; why the bank refused the card, NULL unless it did.
  std::vector<db::Row> rows;
  // Per digest the pupils that have the card, where there are several: id, body, sealed, version.
  std::map<std::string, std::vector<db::Row>> sharing;
  ruraledu::common::v1::Positions positions;
  bool batch_open = false;
  int64_t heard_at_us = 0;  // when the registry answered last; 0: never
};
struct PayableFilter {
  std::string term;
  std::vector<std::string> states;  // 1 or more
  std::vector<std::string> items;   // empty: all
  std::vector<AreaRange> within;    // of areas; empty: all
};
absl::StatusOr<PayablePage> ReadPayable(db::Transaction& tx, std::string_view shard, const PayableFilter& filter,
                                        const PayableKey& after, int64_t limit);
// Versions of the applications and pupils of a page, in its order: "" when one of them has gone.
absl::StatusOr<std::vector<std::string>> PayableVersions(db::Transaction& tx, std::string_view shard,
                                                         const std::vector<db::Row>& rows);
// Whether the identification of the id is disputed.
absl::StatusOr<bool> IdentificationDisputed(db::Transaction& tx, std::string_view shard, std::string_view id);

// The bank refused a card, or took it. False: no pupil has the card.
absl::StatusOr<bool> PutCardRefusal(db::Transaction& tx, std::string_view card_digest, bool refused,
                                    std::string_view reason);
absl::StatusOr<std::optional<std::string>> AreaOfAccountCheck(db::Transaction& tx, std::string_view shard,
                                                              std::string_view id);

// When the registry was heard of about the shard: 0 while nothing was followed or the copy is not whole.
absl::StatusOr<int64_t> HeardAt(db::Transaction& tx, std::string_view shard);

// --- Batches --------------------------------------------------------------------------------------------------------

absl::StatusOr<std::optional<std::string>> AreaOfPaymentBatch(db::Transaction& tx, std::string_view shard,
                                                              std::string_view id);
// Id of a batch of the term that is not ordered yet, "" when there is none.
absl::StatusOr<std::string> BatchUnderWay(db::Transaction& tx, std::string_view shard, std::string_view term);
// Batches of a term so far.
absl::StatusOr<int64_t> CountBatches(db::Transaction& tx, std::string_view shard, std::string_view term);
// A batch that was handed over and is not answered for all orders.
struct SentBatch {
  std::string term;
  absl::CivilDay sent_on;
};
absl::StatusOr<std::vector<SentBatch>> BatchesAtTheBank(db::Transaction& tx, std::string_view shard);
absl::StatusOr<v1::PaymentDrift> DriftOf(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                         int64_t registry_seq);

struct LeftOutRow {
  std::string area, application, reason;  // application: id
};
absl::Status InsertLeftOut(db::Transaction& tx, std::string_view batch, const std::vector<LeftOutRow>& rows);
absl::StatusOr<std::vector<LeftOutRow>> ListLeftOutRows(db::Transaction& tx, std::string_view shard,
                                                        std::string_view batch, const PayableKey& after, int64_t limit);

// --- Orders ---------------------------------------------------------------------------------------------------------

// (id, row_number, body, sealed, version) of a batch behind a row; with a state only those in it.
absl::StatusOr<std::vector<db::Row>> OrdersOfBatch(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                                   int64_t after_row, std::string_view state, int64_t limit);
// Id of the order of a row, "" when the batch has none.
absl::StatusOr<std::string> OrderOfRow(db::Transaction& tx, std::string_view shard, std::string_view batch,
                                       int64_t row);
// Id of the batch of an order, "" when there is no such order.
absl::StatusOr<std::string> BatchOfOrder(db::Transaction& tx, std::string_view shard, std::string_view order);

// --- What the bank said ---------------------------------------------------------------------------------------------

absl::Status InsertReturnLines(db::Transaction& tx, std::string_view return_id,
                               const std::vector<v1::PaymentReturnLine>& lines);
absl::StatusOr<std::vector<v1::PaymentReturnLine>> ListReturnLines(db::Transaction& tx, std::string_view shard,
                                                                   std::string_view return_id, bool problems_only,
                                                                   int64_t after, int64_t limit);

}  // namespace ruraledu::student_aid
