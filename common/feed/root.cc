#include "common/feed/root.h"

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/crypto/erasure.h"
#include "ruraledu/common/v1/options.pb.h"

namespace ruraledu::feed {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ruraledu::common::v1::DataClass;

constexpr size_t kChangesPerEntry = 500;

// Fields of a root by class, worked out once per type.
struct FieldClasses {
  std::vector<const FieldDescriptor*> personal;  // PERSONAL
  std::vector<const FieldDescriptor*> sealed;    // IDENTIFIER, SENSITIVE
  std::vector<const FieldDescriptor*> open;      // the rest but `name` and `etag`
  const FieldDescriptor* name = nullptr;
  const FieldDescriptor* etag = nullptr;
};

FieldClasses Classify(const Descriptor& type) {
  FieldClasses classes;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    switch (field->options().GetExtension(ruraledu::common::v1::data_class)) {
      case DataClass::DATA_CLASS_PERSONAL:
        classes.personal.push_back(field);
        break;
      case DataClass::DATA_CLASS_IDENTIFIER:
      case DataClass::DATA_CLASS_SENSITIVE:
        classes.sealed.push_back(field);
        break;
      default:
        (field->name() == "name"   ? classes.name
         : field->name() == "etag" ? classes.etag
                                   : classes.open.emplace_back()) = field;
    }
  }
  return classes;
}

const FieldClasses& ClassesOf(const Descriptor* type) {
  static absl::Mutex mu;
  static auto& known = *new absl::flat_hash_map<const Descriptor*, std::unique_ptr<FieldClasses>>();
  {
    absl::ReaderMutexLock lock(&mu);
    if (auto found = known.find(type); found != known.end()) {
      return *found->second;
    }
  }
  absl::MutexLock lock(&mu);
  auto& entry = known[type];
  if (entry == nullptr) {
    entry = std::make_unique<FieldClasses>(Classify(*type));
  }
  return *entry;
}

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

// Serialized fields that differ between two published images, taken from `before`.
std::string ChangedFields(const Message& before, const Message& after) {
  const auto changed = Copy(before);
  const auto other = Copy(after);
  const std::unique_ptr<Message> one(before.New()), two(before.New());
  const auto* reflection = before.GetReflection();
  for (const FieldDescriptor* field : ClassesOf(before.GetDescriptor()).open) {
    reflection->SwapFields(changed.get(), one.get(), {field});
    reflection->SwapFields(other.get(), two.get(), {field});
    if (Bytes(*one) != Bytes(*two)) {
      reflection->SwapFields(changed.get(), one.get(), {field});
    }
    one->Clear();
    two->Clear();
  }
  return Bytes(*changed);
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

RootWriter::RootWriter(db::Transaction& tx, const crypto::Sealer& sealer, Author author,
                       std::unique_ptr<RootObserver> observer)
    : tx_(tx),
      sealer_(sealer),
      author_(std::move(author)),
      salt_(crypto::NewDigestSalt()),
      observer_(std::move(observer)) {}

absl::StatusOr<bool> RootWriter::Put(const RootTable& table, const Message* before, const Message& after,
                                     std::string_view cause, std::vector<db::Value> extra) {
  Change change{.table = &table, .is_new = before == nullptr, .name = NameOf(after)};
  change.id = std::string(IdOfName(change.name));
  auto published = Copy(after);
  DropEtag(*published);
  const auto classified = Copy(*published);
  KeepClassified(*classified);
  change.personal = Bytes(*classified);
  const auto open = Copy(*published);
  KeepOpen(*open);
  const auto sealed = Copy(*published);
  KeepSealed(*sealed);
  KeepPublished(*published);
  if (before != nullptr) {
    const auto old = Copy(*before);
    DropEtag(*old);
    const auto old_classified = Copy(*old);
    KeepClassified(*old_classified);
    KeepPublished(*old);
    if (Bytes(*old) == Bytes(*published) && Bytes(*old_classified) == change.personal) {
      return false;
    }
    change.event.mutable_before()->set_type_url(TypeUrl(after));
    change.event.mutable_before()->set_value(ChangedFields(*old, *published));
  }
  change.event.set_name(change.name);
  change.event.set_cause(std::string(cause));
  change.event.mutable_after()->set_type_url(TypeUrl(after));
  change.event.mutable_after()->set_value(Bytes(*published));
  const std::string context = SealContext(table, change.id);
  if (!change.personal.empty()) {
    change.event.set_personal_digest(crypto::KeyedDigest(sealer_, salt_, context, change.personal));
  }
  const std::string sealed_text = Bytes(*sealed);
  change.row = {std::string(tx_.shard()), change.id};
  for (db::Value& value : table.values(after)) {
    change.row.push_back(std::move(value));
  }
  for (db::Value& value : extra) {
    change.row.push_back(std::move(value));
  }
  change.row.push_back(db::Blob{Bytes(*open)});
  change.row.push_back(db::Blob{sealed_text.empty() ? "" : sealer_.Seal(sealed_text, context)});
  if (observer_ != nullptr) {
    observer_->Changed(table, before, after);
  }
  changes_.push_back(std::move(change));
  return true;
}

absl::Status RootWriter::WriteRows(absl::Span<Change> changes, int64_t version) {
  absl::flat_hash_map<const RootTable*, std::vector<std::vector<db::Value>>> fresh;
  for (Change& change : changes) {
    change.row.push_back(version);
    if (change.is_new) {
      fresh[change.table].push_back(std::move(change.row));
    } else {
      RETURN_IF_ERROR(tx_.ExecuteValues(InsertText(*change.table), std::move(change.row)).status());
    }
  }
  for (const auto& [table, rows] : fresh) {
    std::vector<std::string_view> columns = {"shard", "id"};
    columns.insert(columns.end(), table->columns.begin(), table->columns.end());
    columns.insert(columns.end(), {"body", "sealed", "version"});
    RETURN_IF_ERROR(tx_.Bulk(table->table, columns, rows));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RootWriter::Finish() {
  std::vector<feed::Change> entries;
  int64_t version = tx_.head().seq;
  for (size_t from = 0; from < changes_.size(); from += kChangesPerEntry) {
    const auto part = absl::MakeSpan(changes_).subspan(from, kChangesPerEntry);
    ruraledu::feed::v1::RootEvent event;
    ruraledu::feed::v1::RootPersonal personal;
    personal.set_salt(salt_);
    for (Change& change : part) {
      *event.add_changes() = std::move(change.event);
      personal.add_changes(std::move(change.personal));
    }
    entries.push_back({.entity = part.front().name,
                       .actor = author_.actor,
                       .call_id = author_.call_id,
                       .body = event.SerializeAsString(),
                       .personal = personal.SerializeAsString()});
    RETURN_IF_ERROR(WriteRows(part, ++version));
  }
  changes_.clear();
  if (entries.empty()) {
    return version;
  }
  if (observer_ != nullptr) {
    RETURN_IF_ERROR(observer_->Flush(tx_));
  }
  return AppendMany(tx_, sealer_, entries);
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
