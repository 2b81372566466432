// How payments change within a write: orders go together with their applications and with the ledger. For *_handlers.cc
// and the jobs of payment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/keys.h"
#include "common/feed/root.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/payment_rules.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/step_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// Keyed digest of a card's number, "" without one: tells equal cards, and no card.
std::string CardDigest(const crypto::KeyRing& keys, std::string_view number);

// The file that a root of the transaction's shard is to read: FILE_UNKNOWN for one of another owner, FILE_NOT_CLEAN.
absl::Status CheckFileOf(db::Transaction& tx, crypto::KeyRing& keys, const std::string& file, const std::string& owner);

// The entry of the ledger about an order, booked on the act's day.
v1::LedgerEntry EntryOf(v1::LedgerEntryKind kind, const v1::PaymentOrder& order, int64_t amount_fen, absl::CivilDay on);

// Orders of one county that are taken on within one write. Each order and application is loaded once and written once,
// by Finish, which comes before that of the ledger.
class OrderWrites {
 public:
  OrderWrites(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer, Ledger& ledger)
      : tx_(tx), sealer_(sealer), writer_(writer), ledger_(ledger) {}

  // As it is with what was done so far.
  absl::StatusOr<const v1::PaymentOrder*> Order(const std::string& id);
  // Takes an order on by an event of its machine (pay, fail, return, cancel, send), its application by the same one
  // (cancel: fail; send: not at all) and books it; counts it in `batch`. After an error that RefusesRow nothing of it
  // has happened.
  absl::Status Take(const Act& act, const std::string& id, const LineEffect& effect, const BankNote& note,
                    v1::PaymentBatch* batch);
  absl::Status Finish(std::string_view cause);

 private:
  template <typename M>
  struct Root {
    M before, after;
  };
  template <typename M>
  absl::StatusOr<Root<M>*> Load(const feed::RootTable& table, const std::string& id,
                                std::map<std::string, Root<M>>* to);
  absl::Status TakeApplication(const Act& act, std::string_view event, const v1::PaymentOrder& order);

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  feed::RootWriter& writer_;
  Ledger& ledger_;
  std::map<std::string, Root<v1::PaymentOrder>> orders_;
  std::map<std::string, Root<v1::Application>> applications_;
};

}  // namespace ruraledu::student_aid
