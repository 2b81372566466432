// Aggregate roots as messages: one way to load, change, journal and list them, for every service.
//
// The contract's message is the domain model. Its top-level fields carry a data class (proto option): at rest the row
// keeps
//   columns   what SQL filters and orders by
//   body      the message without IDENTIFIER and SENSITIVE fields
//   sealed    those fields, encrypted, bound to collection and id
//   version   seq of the journal entry of the last change; quoted it is the etag
// and the journal entry keeps
//   body      RootEvent: after-image and before-image of what changed, without any classified field, with their keyed
//   digest personal  RootPersonal: the classified fields, encrypted, erasable
// A root that did not change writes nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/error.h"
#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "common/feed/journal.h"
#include "google/protobuf/message.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::feed {

// How one kind of root rests. Columns shard, id, body, sealed, version are implied; the primary key is (shard, id).
struct RootTable {
  std::string_view table;       // "student"
  std::string_view collection;  // "students": the part of the resource name before the id
  std::vector<std::string_view> columns;
  // Values of `columns`, in their order; a column that the message alone cannot tell (a blind index) comes from `extra`
  // of Put.
  std::function<std::vector<db::Value>(const google::protobuf::Message& root)> values;
};

// `values` of one kind of root as those of its table.
template <typename M>
std::function<std::vector<db::Value>(const google::protobuf::Message&)> ColumnsOf(
    std::vector<db::Value> (*values)(const M&)) {
  return [values](const google::protobuf::Message& root) { return values(static_cast<const M&>(root)); };
}

// "counties/411728/students/<id>" -> "<id>"; the part behind the last '/'.
std::string_view IdOfName(std::string_view name);

// Copies of a message with some classes of top-level fields only.
void KeepOpen(google::protobuf::Message& root);        // drops IDENTIFIER and SENSITIVE
void KeepPublished(google::protobuf::Message& root);   // drops PERSONAL, IDENTIFIER and SENSITIVE
void KeepClassified(google::protobuf::Message& root);  // keeps PERSONAL, IDENTIFIER and SENSITIVE only
void KeepSealed(google::protobuf::Message& root);      // keeps IDENTIFIER and SENSITIVE only

// Loads one root, its etag set. False when it is not there.
absl::StatusOr<bool> LoadRoot(db::Transaction& tx, const crypto::Sealer& sealer, const RootTable& table,
                              std::string_view shard, std::string_view id, google::protobuf::Message* root);
template <typename M>
absl::StatusOr<std::optional<M>> Load(db::Transaction& tx, const crypto::Sealer& sealer, const RootTable& table,
                                      std::string_view shard, std::string_view id) {
  M root;
  ASSIGN_OR_RETURN(const bool found, LoadRoot(tx, sealer, table, shard, id, &root));
  return found ? std::optional<M>(std::move(root)) : std::nullopt;
}

// The area of a root whose table has a column for it; nullopt when it is not there.
absl::StatusOr<std::optional<std::string>> AreaOfRoot(db::Transaction& tx, const RootTable& table,
                                                      std::string_view shard, std::string_view id);

// Builds a root from the columns (body, sealed, version) of a row of the store's own query, which start at `column`. An
// empty `sealed` or a null sealer leaves the classified fields out: what lists need.
absl::Status ReadRoot(const db::Row& row, size_t column, const RootTable& table, std::string_view id,
                      const crypto::Sealer* sealer, google::protobuf::Message* root);

// The roots of rows with the columns id, body, sealed, version, in their order.
template <typename M>
absl::StatusOr<std::vector<M>> ReadRoots(const std::vector<db::Row>& rows, const RootTable& table,
                                         const crypto::Sealer* sealer) {
  std::vector<M> roots;
  for (const db::Row& row : rows) {
    RETURN_IF_ERROR(ReadRoot(row, 1, table, row.Text(0), sealer, &roots.emplace_back()));
  }
  return roots;
}

// ABORTED ETAG_MISMATCH when `etag` is not empty and not the root's.
absl::Status CheckEtag(std::string_view etag, std::string_view current);

// Told of every change that a RootWriter writes, with both images in full; keeps the counters of the dashboards
// (common/dashboard).
class RootObserver {
 public:
  virtual ~RootObserver() = default;
  virtual void Changed(const RootTable& table, const google::protobuf::Message* before,
                       const google::protobuf::Message& after) = 0;
  // Writes what it folded, in the same transaction; again when the body of the transaction runs again.
  virtual absl::Status Flush(db::Transaction& tx) = 0;
};

// Collects the changed roots of one transaction and writes rows and journal entries at the end. What costs time
// (images, digests, encryption, counters) is done by Put, which may come before the transaction.
class RootWriter {
 public:
  struct Author {
    std::string actor;    // subject, "job:<id>", "service:<name>"
    std::string call_id;  // of the call or job
  };
  // For many changes, prepared outside of the transaction that Write is given. The sealer outlives it.
  RootWriter(std::string shard, const crypto::Sealer& sealer, Author author,
             std::unique_ptr<RootObserver> observer = nullptr);
  // For few: put and finished within `tx`.
  RootWriter(db::Transaction& tx, const crypto::Sealer& sealer, Author author,
             std::unique_ptr<RootObserver> observer = nullptr);

  // Takes the after-image of a root; `before` is its present image, null for a new one. False: nothing changed, nothing
  // is written. `extra` are values for the last columns of the table, behind those that `values` gives.
  absl::StatusOr<bool> Put(const RootTable& table, const google::protobuf::Message* before,
                           const google::protobuf::Message& after, std::string_view cause,
                           std::vector<db::Value> extra = {});
  // Journal entries that the changes so far fill (up to 500 changes each); 0: nothing changed.
  int64_t entries() const { return static_cast<int64_t>(entries_.size()); }

  // Writes everything: rows with their version, one journal entry per up to 500 changes. Returns the seq of the last
  // entry, or the head's when nothing changed. May run again when its transaction does; nothing is put afterwards.
  absl::StatusOr<int64_t> Write(db::Transaction& tx);
  absl::StatusOr<int64_t> Finish();  // within the transaction of the constructor

 private:
  using Rows = absl::flat_hash_map<const RootTable*, std::vector<std::vector<db::Value>>>;
  struct Entry {
    size_t changes = 0;
    ruraledu::feed::v1::RootEvent event;
    ruraledu::feed::v1::RootPersonal personal;
    Rows fresh, replaced;  // shard, id, columns..., body, sealed, version
  };
  absl::Status WriteRows(db::Transaction& tx, Entry& entry, int64_t version);

  db::Transaction* tx_ = nullptr;
  const std::string shard_;
  const crypto::Sealer& sealer_;
  const Author author_;
  const std::string salt_;
  std::unique_ptr<RootObserver> observer_;
  std::vector<Entry> entries_;
};

// Roots as entries of the journal left them. Keeps the entry that it read last, since neighbours share one. Lives as
// long as the transaction.
class PastRoots {
 public:
  PastRoots(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard)
      : tx_(tx), sealer_(sealer), shard_(shard) {}
  // The root as entry `seq` left it, without an etag and without what was erased since. False when that entry is not
  // about it.
  absl::StatusOr<bool> Load(int64_t seq, std::string_view name, google::protobuf::Message* root);

 private:
  absl::Status Open(int64_t seq);

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const std::string shard_;
  int64_t seq_ = 0;  // of event_
  ruraledu::feed::v1::RootEvent event_;
  ruraledu::feed::v1::RootPersonal personal_;
};

// A page of the present state of a shard over all `tables`, for ListState: entries with the same body and personal part
// as the journal's.
absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListRootState(
    db::Transaction& tx, absl::Span<const RootTable* const> tables,
    const std::function<google::protobuf::Message*(const RootTable&)>& make, const crypto::Sealer& sealer,
    std::string_view shard, std::string_view after_key, int64_t limit, bool with_personal);

}  // namespace ruraledu::feed
