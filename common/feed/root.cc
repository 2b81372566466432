#include "common/feed/root.h"

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/crypto/erasure.h"
#include "common/feed/root_fields.h"

namespace ruraledu::feed {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kChangesPerEntry = 500;

void Drop(Message& root, const std::vector<const FieldDescriptor*>& fields) {
  for (const FieldDescriptor* field : fields) {
    root.GetReflection()->ClearField(&root, field);
  }
}

void DropEtag(Message& root) {
  if (const auto* etag = ClassesOf(root.GetDescriptor()).etag) {
    root.GetReflection()->ClearField(&root, etag);
  }
}

std::string NameOf(const Message& root) {
  return root.GetReflection()->GetString(root, ClassesOf(root.GetDescriptor()).name);
}

std::unique_ptr<Message> Copy(const Message& root) {
  std::unique_ptr<Message> copy(root.New());
  copy->CopyFrom(root);
  return copy;
}

std::string Bytes(const Message& root) {
  return root.SerializeAsString();
}

std::string TypeUrl(const Message& root) {
  return absl::StrCat("type.googleapis.com/", root.GetDescriptor()->full_name());
}

std::string SealContext(const RootTable& table, std::string_view id) {
  return crypto::FieldContext(table.collection, id);
}

std::string InsertText(const RootTable& table) {
  std::vector<std::string_view> columns = {"shard", "id"};
  columns.insert(columns.end(), table.columns.begin(), table.columns.end());
  columns.insert(columns.end(), {"body", "sealed", "version"});
  std::vector<std::string> marks, sets;
  for (size_t i = 0; i < columns.size(); ++i) {
    marks.push_back(absl::StrCat("$", i + 1));
    if (i >= 2) {
      sets.push_back(absl::StrCat(columns[i], " = excluded.", columns[i]));
    }
  }
  return absl::StrCat("INSERT INTO ", table.table, " (", absl::StrJoin(columns, ", "), ") VALUES (",
                      absl::StrJoin(marks, ", "), ") ON CONFLICT (shard, id) DO UPDATE SET ",
                      absl::StrJoin(sets, ", "));
}

}  // namespace

std::string_view IdOfName(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

void KeepOpen(Message& root) {
  Drop(root, ClassesOf(root.GetDescriptor()).sealed);
}

void KeepPublished(Message& root) {
  Drop(root, ClassesOf(root.GetDescriptor()).sealed);
  Drop(root, ClassesOf(root.GetDescriptor()).personal);
}

void KeepSealed(Message& root) {
  const auto& classes = ClassesOf(root.GetDescriptor());
  Drop(root, classes.open);
  Drop(root, classes.personal);
  root.GetReflection()->ClearField(&root, classes.name);
  DropEtag(root);
}

void KeepClassified(Message& root) {
  const auto& classes = ClassesOf(root.GetDescriptor());
  Drop(root, classes.open);
  root.GetReflection()->ClearField(&root, classes.name);
  DropEtag(root);
}

absl::Status CheckEtag(std::string_view etag, std::string_view current) {
  return etag.empty() || etag == current ? absl::OkStatus() : Fail("ETAG_MISMATCH", {{"current", current}});
}

absl::StatusOr<std::optional<std::string>> AreaOfRoot(db::Transaction& tx, const RootTable& table,
                                                      std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne(absl::StrCat("SELECT area FROM ", table.table, " WHERE shard = $1 AND id = $2"), shard, id));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

absl::Status ReadRoot(const db::Row& row, size_t column, const RootTable& table, std::string_view id,
                      const crypto::Sealer* sealer, Message* root) {
  if (!root->ParseFromString(row.Bytes(column))) {
    return absl::DataLossError(absl::StrCat("stored ", table.table, " does not parse"));
  }
  if (sealer != nullptr && !row.Bytes(column + 1).empty()) {
    ASSIGN_OR_RETURN(const std::string text, sealer->Open(row.Bytes(column + 1), SealContext(table, id)));
    if (!root->MergeFromString(text)) {
      return absl::DataLossError(absl::StrCat("sealed part of ", table.table, " does not parse"));
    }
  }
  if (const auto* etag = ClassesOf(root->GetDescriptor()).etag) {
    root->GetReflection()->SetString(root, etag, absl::StrCat("\"", row.Int(column + 2), "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LoadRoot(db::Transaction& tx, const crypto::Sealer& sealer, const RootTable& table,
                              std::string_view shard, std::string_view id, Message* root) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne(absl::StrCat("SELECT body, sealed, version FROM ", table.table,
                                                            " WHERE shard = $1 AND id = $2"),
                                               shard, id));
  if (!row.has_value()) {
    return false;
  }
  RETURN_IF_ERROR(ReadRoot(*row, 0, table, id, &sealer, root));
  return true;
}

RootWriter::RootWriter(std::string shard, const crypto::Sealer& sealer, Author author,
                       std::unique_ptr<RootObserver> observer)
    : shard_(std::move(shard)),
      sealer_(sealer),
      author_(std::move(author)),
      salt_(crypto::NewDigestSalt()),
      observer_(std::move(observer)) {}

RootWriter::RootWriter(db::Transaction& tx, const crypto::Sealer& sealer, Author author,
                       std::unique_ptr<RootObserver> observer)
    : RootWriter(tx.shard(), sealer, std::move(author), std::move(observer)) {
  tx_ = &tx;
}

absl::StatusOr<bool> RootWriter::Put(const RootTable& table, const Message* before, const Message& after,
                                     std::string_view cause, std::vector<db::Value> extra) {
  RootImage image = ImageOf(after);
  std::string changed;
  if (before != nullptr) {
    const RootImage old = ImageOf(*before);
    if (old.published == image.published && old.classified == image.classified) {
      return false;
    }
    changed = ChangedFields(after.GetDescriptor(), old.published, image.published);
  }
  if (entries_.empty() || entries_.back().changes == kChangesPerEntry) {
    entries_.emplace_back();
  }
  Entry& entry = entries_.back();
  ++entry.changes;
  std::string name = NameOf(after);
  const std::string id(IdOfName(name));
  const std::string context = SealContext(table, id);
  auto* event = entry.event.add_changes();
  event->set_cause(std::string(cause));
  event->mutable_after()->set_type_url(TypeUrl(after));
  event->mutable_after()->set_value(std::move(image.published));
  if (before != nullptr) {
    event->mutable_before()->set_type_url(TypeUrl(after));
    event->mutable_before()->set_value(std::move(changed));
  }
  if (!image.classified.empty()) {
    event->set_personal_digest(crypto::KeyedDigest(sealer_, salt_, context, image.classified));
  }
  event->set_name(std::move(name));
  entry.personal.add_changes(std::move(image.classified));
  std::vector<db::Value> row = {shard_, id};
  for (std::vector<db::Value> values : {table.values(after), std::move(extra)}) {
    row.insert(row.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
  }
  row.push_back(db::Blob{std::move(image.open)});
  row.push_back(db::Blob{image.sealed.empty() ? "" : sealer_.Seal(image.sealed, context)});
  row.push_back(int64_t{0});  // the version, known when it is written
  (before == nullptr ? entry.fresh : entry.replaced)[&table].push_back(std::move(row));
  if (observer_ != nullptr) {
    observer_->Changed(table, before, after);
  }
  return true;
}

absl::Status RootWriter::WriteRows(db::Transaction& tx, Entry& entry, int64_t version) {
  for (auto* rows_by_table : {&entry.replaced, &entry.fresh}) {
    for (auto& [table, rows] : *rows_by_table) {
      for (std::vector<db::Value>& row : rows) {
        row.back() = version;
      }
    }
  }
  // Replaced rows first: what they give up may be what a new one takes, such as being the one in force.
  for (const auto& [table, rows] : entry.replaced) {
    const std::string text = InsertText(*table);
    for (const std::vector<db::Value>& row : rows) {
      RETURN_IF_ERROR(tx.ExecuteValues(text, row).status());
    }
  }
  for (const auto& [table, rows] : entry.fresh) {
    std::vector<std::string_view> columns = {"shard", "id"};
    columns.insert(columns.end(), table->columns.begin(), table->columns.end());
    columns.insert(columns.end(), {"body", "sealed", "version"});
    RETURN_IF_ERROR(tx.Bulk(table->table, columns, rows));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RootWriter::Write(db::Transaction& tx) {
  std::vector<feed::Change> changes;
  int64_t version = tx.head().seq;
  for (Entry& entry : entries_) {
    entry.personal.set_salt(salt_);
    changes.push_back({.entity = entry.event.changes(0).name(),
                       .actor = author_.actor,
                       .call_id = author_.call_id,
                       .body = entry.event.SerializeAsString(),
                       .personal = entry.personal.SerializeAsString()});
    RETURN_IF_ERROR(WriteRows(tx, entry, ++version));
  }
  if (changes.empty()) {
    return version;
  }
  if (observer_ != nullptr) {
    RETURN_IF_ERROR(observer_->Flush(tx));
  }
  return AppendMany(tx, sealer_, changes);
}

absl::StatusOr<int64_t> RootWriter::Finish() {
  return Write(*tx_);
}

absl::Status PastRoots::Open(int64_t seq) {
  if (seq == seq_) {
    return absl::OkStatus();
  }
  event_.Clear();
  personal_.Clear();
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(tx_, shard_, seq - 1, 1, &sealer_));
  if (entries.empty() || !event_.ParseFromString(entries[0].body()) ||
      !personal_.ParseFromString(entries[0].personal())) {
    return absl::DataLossError(absl::StrCat("entry ", seq, " of ", shard_, " is not one of roots"));
  }
  seq_ = seq;
  return absl::OkStatus();
}

absl::StatusOr<bool> PastRoots::Load(int64_t seq, std::string_view name, Message* root) {
  RETURN_IF_ERROR(Open(seq));
  for (int i = 0; i < event_.changes_size(); ++i) {
    const auto& change = event_.changes(i);
    if (change.name() == name) {
      root->Clear();
      const std::string personal = i < personal_.changes_size() ? personal_.changes(i) : "";
      return root->ParseFromString(change.after().value()) && root->MergeFromString(personal);
    }
  }
  return false;
}

absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListRootState(
    db::Transaction& tx, absl::Span<const RootTable* const> tables,
    const std::function<Message*(const RootTable&)>& make, const crypto::Sealer& sealer, std::string_view shard,
    std::string_view after_key, int64_t limit, bool with_personal) {
  ruraledu::feed::v1::ListStateResponse page;
  const std::string_view after_table = after_key.substr(0, after_key.find('/'));
  std::string_view after_id = after_key.empty() ? "" : after_key.substr(after_key.find('/') + 1);
  bool reached = after_key.empty();
  for (const RootTable* table : tables) {
    reached = reached || table->table == after_table;
    if (!reached) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table->table,
                                                            " WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3"),
                                               shard, after_id, limit - page.entries_size()));
    for (const db::Row& row : rows) {
      const std::unique_ptr<Message> root(make(*table));
      RETURN_IF_ERROR(ReadRoot(row, 1, *table, row.Text(0), with_personal ? &sealer : nullptr, root.get()));
      DropEtag(*root);
      auto* entry = page.add_entries();
      entry->set_shard(std::string(shard));
      entry->set_seq(row.Int(3));
      entry->set_entity(NameOf(*root));
      ruraledu::feed::v1::RootEvent event;
      ruraledu::feed::v1::RootPersonal personal;
      const auto classified = Copy(*root);
      KeepClassified(*classified);
      KeepPublished(*root);
      auto* change = event.add_changes();
      change->set_name(entry->entity());
      change->set_cause("STATE");
      change->mutable_after()->set_type_url(TypeUrl(*root));
      change->mutable_after()->set_value(Bytes(*root));
      if (with_personal) {
        personal.add_changes(Bytes(*classified));
        entry->set_personal(personal.SerializeAsString());
      }
      entry->set_body(event.SerializeAsString());
      page.set_next_page_token(absl::StrCat(table->table, "/", row.Text(0)));
    }
    if (page.entries_size() >= limit) {
      return page;
    }
    after_id = "";
  }
  page.clear_next_page_token();
  return page;
}

}  // namespace ruraledu::feed
