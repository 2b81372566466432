#include "common/rpc/person_erasure.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "common/domain/shard.h"
#include "common/feed/copy.h"
#include "common/feed/erasure.h"
#include "common/feed/journal.h"
#include "common/files/content.h"
#include "common/rpc/file_methods.h"

namespace ruraledu::rpc {
namespace {

using google::protobuf::Message;

constexpr int64_t kPage = 100;

// What every erasure does to roots and files.
class Eraser {
 protected:
  Eraser(const Host& host, absl::Span<const feed::OwnRoot> kinds, db::JobContext& context, const crypto::Sealer& sealer)
      : host_(host), kinds_(kinds), context_(context), sealer_(sealer) {}

  const std::string& shard() const { return context_.job().shard; }
  std::string NameIn(std::string_view collection, std::string_view id) const {
    return absl::StrCat("counties/", shard().substr(1), "/", collection, "/", id);
  }
  feed::RootWriter NewWriter(db::Transaction& tx) const {
    return {tx, sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id}, host_.NewCounters()};
  }

  absl::Status EraseRoot(db::Transaction& tx, const feed::OwnRoot& kind, const std::string& id,
                         const std::string& person, feed::RootWriter& writer) {
    const std::unique_ptr<Message> before(kind.make());
    RETURN_IF_ERROR(feed::LoadRoot(tx, sealer_, *kind.table, shard(), id, before.get()).status());
    const std::unique_ptr<Message> after(before->New());
    after->CopyFrom(*before);
    feed::KeepPublished(*after);
    if (kind.person.drop != nullptr) {
      kind.person.drop(*after, person);
    }
    RETURN_IF_ERROR(writer.Put(*kind.table, before.get(), *after, "ERASE").status());
    return DetachFiles(tx, NameIn(kind.table->collection, id), person, writer);
  }

  // Goes through the files to which a root refers.
  template <typename Do>
  absl::Status ForEachFile(db::Transaction& tx, const std::string& root, Do act) {
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, files::FilesOf(tx, shard(), root, after, kPage));
      for (const db::Row& row : rows) {
        after = row.Text(0);
        RETURN_IF_ERROR(act(row));
      }
      if (rows.size() < static_cast<size_t>(kPage)) {
        return absl::OkStatus();
      }
    }
  }

  // Columns id, body, sealed, version of the roots of a kind under a key; none of a kind without keys.
  absl::StatusOr<std::vector<db::Row>> RowsOfKey(db::Transaction& tx, const feed::OwnRoot& kind,
                                                 const std::string& key) const {
    if (kind.person.key.empty()) {
      return std::vector<db::Row>();
    }
    return tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", kind.table->table, " WHERE shard = $1 AND ",
                                 kind.person.key, " = $2 ORDER BY id"),
                    shard(), key);
  }

  // A root that lost what it says about the person refers to no attachment any more. One that stayed for its sake when
  // its owner was erased goes now; the person's own come last.
  absl::Status DetachFiles(db::Transaction& tx, const std::string& root, const std::string& person,
                           feed::RootWriter& writer) {
    return ForEachFile(tx, root, [&](const db::Row& row) -> absl::Status {
      RETURN_IF_ERROR(files::Detach(tx, row.Text(0), root));
      ruraledu::files::v1::File file;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kFiles, row.Text(0), &sealer_, &file));
      const std::string_view owner = feed::IdOfName(file.owner());
      ASSIGN_OR_RETURN(const bool known, feed::HasNamedPupil(tx, shard(), owner));
      if (known || owner == person || file.owner() != NameIn("students", owner)) {
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(EraseFile(tx, file, writer));
      return feed::ErasePersonal(tx, file.name()).status();
    });
  }

  static absl::Status EraseFile(db::Transaction& tx, const ruraledu::files::v1::File& file, feed::RootWriter& writer) {
    const auto after = files::Erase(tx, file);
    if (ReasonOf(after.status()) == "FILE_REFERENCED" || ReasonOf(after.status()) == "STATE_TRANSITION") {
      return absl::OkStatus();  // evidence of somebody else, too; erased before
    }
    RETURN_IF_ERROR(after.status());
    return writer.Put(kFiles, &file, *after, "ERASE").status();
  }

  const Host& host_;
  const absl::Span<const feed::OwnRoot> kinds_;
  db::JobContext& context_;
  const crypto::Sealer& sealer_;
};

// The erasure of one person.
class Erasure : Eraser {
 public:
  Erasure(const Host& host, absl::Span<const feed::OwnRoot> kinds, db::JobContext& context,
          const crypto::Sealer& sealer)
      : Eraser(host, kinds, context, sealer), person_(context.job().input), student_(NameIn("students", person_)) {
    for (const feed::OwnRoot& kind : kinds) {
      const std::unique_ptr<Message> sample(kind.make());
      by_type_.emplace(sample->GetDescriptor()->full_name(), &kind);
    }
  }

  absl::Status Run() {
    RETURN_IF_ERROR(FindKeys());
    if (context_.job().cursor.empty()) {  // the rows are to come
      for (const feed::OwnRoot& kind : kinds_) {
        if (kind.person.lists()) {
          RETURN_IF_ERROR(EraseFromLists(kind));
        }
      }
      RETURN_IF_ERROR(SendElsewhere());
    }
    return feed::RunErasure(
        context_, sealer_, [&](db::Transaction& tx) { return EraseRows(tx); },
        [&](const auto& change, const std::string& personal) { return Tells(change, personal); });
  }

 private:
  // --- Roots that list many
  // -------------------------------------------------------------------------------------------

  // No row that shows the person is added once the registry has erased it: each page is done when it is written.
  absl::Status EraseFromLists(const feed::OwnRoot& kind) {
    std::string after;
    for (;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      std::vector<std::string> found;
      ASSIGN_OR_RETURN(const bool more, FindInLists(kind, &after, &found));
      if (!found.empty()) {
        RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return EraseEntries(tx, kind, found); }, "", 0, 0));
      }
      if (!more) {
        return absl::OkStatus();
      }
    }
  }

  // Of the page behind `after` the ids of those that show the person; false when it was the last page.
  absl::StatusOr<bool> FindInLists(const feed::OwnRoot& kind, std::string* after, std::vector<std::string>* found) {
    ASSIGN_OR_RETURN(const auto rows, host_.database.Read([&](db::Transaction& tx) {
      return tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", kind.table->table,
                                   " WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3"),
                      shard(), *after, kPage);
    }));
    for (const db::Row& row : rows) {
      *after = row.Text(0);
      const std::unique_ptr<Message> root(kind.make());
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, *kind.table, row.Text(0), &sealer_, root.get()));
      if (kind.person.drop(*root, person_)) {
        found->push_back(row.Text(0));
      }
    }
    return rows.size() == static_cast<size_t>(kPage);
  }

  absl::Status EraseEntries(db::Transaction& tx, const feed::OwnRoot& kind, const std::vector<std::string>& ids) {
    feed::RootWriter writer = NewWriter(tx);
    for (const std::string& id : ids) {
      const std::unique_ptr<Message> before(kind.make());
      RETURN_IF_ERROR(feed::LoadRoot(tx, sealer_, *kind.table, shard(), id, before.get()).status());
      const std::unique_ptr<Message> after(before->New());
      after->CopyFrom(*before);
      kind.person.drop(*after, person_);
      RETURN_IF_ERROR(writer.Put(*kind.table, before.get(), *after, "ERASE").status());
    }
    return writer.Finish().status();
  }

  // --- Roots about the person
  // -----------------------------------------------------------------------------------------

  // Whose roots were under a key before the registry knew the person. An erased root keeps its column and its key.
  absl::Status FindKeys() {
    return host_.database.Read([&](db::Transaction& tx) -> absl::Status {
      keys_ = {person_};
      for (const feed::OwnRoot& kind : kinds_) {
        if (kind.person.key.empty() || kind.person.key == kind.person.column) {
          continue;
        }
        ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT ", kind.person.key, " FROM ", kind.table->table,
                                                                " WHERE shard = $1 AND ", kind.person.column, " = $2"),
                                                   shard(), person_));
        for (const db::Row& row : rows) {
          keys_.insert(row.Text(0));
        }
      }
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::set<std::string>> IdsOf(db::Transaction& tx, const feed::OwnRoot& kind) const {
    ASSIGN_OR_RETURN(const auto named, feed::IdsOfPerson(tx, shard(), *kind.table, kind.person, person_));
    std::set<std::string> ids(named.begin(), named.end());
    for (const std::string& key : keys_) {
      if (key == person_ && kind.person.key == kind.person.column) {
        continue;  // those that were found
      }
      ASSIGN_OR_RETURN(const auto rows, RowsOfKey(tx, kind, key));
      for (const db::Row& row : rows) {
        ids.insert(row.Text(0));
      }
    }
    return ids;
  }

  absl::Status EraseRows(db::Transaction& tx) {
    feed::RootWriter writer = NewWriter(tx);
    for (const feed::OwnRoot& kind : kinds_) {
      if (kind.table == &kFiles || kind.person.column.empty()) {
        continue;
      }
      ASSIGN_OR_RETURN(const auto ids, IdsOf(tx, kind));
      for (const std::string& id : ids) {
        RETURN_IF_ERROR(EraseRoot(tx, kind, id, person_, writer));
      }
    }
    RETURN_IF_ERROR(EraseFiles(tx, writer));
    return writer.Finish().status();
  }

  // --- Files
  // ----------------------------------------------------------------------------------------------------------

  absl::Status EraseFiles(db::Transaction& tx, feed::RootWriter& writer) {
    return ForEachFile(tx, student_, [&](const db::Row& row) -> absl::Status {
      ruraledu::files::v1::File file;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kFiles, row.Text(0), &sealer_, &file));
      return file.owner() == student_ ? EraseFile(tx, file, writer) : absl::OkStatus();
    });
  }

  // --- Other counties
  // -------------------------------------------------------------------------------------------------

  // The registry's own job sends, and those that it sends do not: two counties would send to each other for ever.
  absl::Status SendElsewhere() {
    std::set<std::string> shards;
    for (const feed::OwnRoot& kind : kinds_) {
      if (kind.person.elsewhere && context_.job().parent.empty()) {
        ASSIGN_OR_RETURN(const auto rows, host_.database.Read([&](db::Transaction& tx) {
          return tx.Query(absl::StrCat("SELECT DISTINCT shard FROM ", kind.table->table, " WHERE ", kind.person.column,
                                       " = $1 AND shard <> $2 ORDER BY shard"),
                          person_, shard());
        }));
        for (const db::Row& row : rows) {
          shards.insert(row.Text(0));
        }
      }
    }
    for (const std::string& other : shards) {
      RETURN_IF_ERROR(host_.database.Write(other, [&](db::Transaction& tx) { return SendTo(tx); }));
    }
    return absl::OkStatus();
  }

  absl::Status SendTo(db::Transaction& tx) const {
    const db::JobRow& sender = context_.job();
    db::JobRow job{.shard = tx.shard(), .id = absl::StrCat(sender.id, "-", tx.shard().substr(1)), .kind = sender.kind};
    ASSIGN_OR_RETURN(const bool known, feed::HasNamedPupil(tx, tx.shard(), person_));
    ASSIGN_OR_RETURN(const auto there, db::FindJob(tx, tx.shard(), job.id));
    if (known || there.has_value()) {
      return absl::OkStatus();
    }
    job.parent = absl::StrCat(sender.shard, "/", sender.id);
    job.input = sender.input;
    job.subject = sender.subject;
    job.area = PrefixOfShard(tx.shard()).value_or("");
    return db::InsertJob(tx, job);
  }

  // --- Journal
  // --------------------------------------------------------------------------------------------------------

  // Whose change it is stands in the published image, whatever the name of the root.
  bool Tells(const ruraledu::feed::v1::RootChange& change, const std::string& personal) const {
    const auto found = by_type_.find(feed::IdOfName(change.after().type_url()));
    if (found == by_type_.end() || found->second->person.nobody) {
      return false;
    }
    const feed::OwnRoot& kind = *found->second;
    const std::unique_ptr<Message> root(kind.make());
    if (!root->ParseFromString(change.after().value())) {
      return false;
    }
    if (kind.person.lists()) {
      return root->MergeFromString(personal) && kind.person.drop(*root, person_);
    }
    const std::string_view id = feed::IdOfName(change.name());
    return feed::PersonOf(kind, *root, id) == person_ || keys_.contains(feed::KeyOf(kind, *root, id));
  }

  const std::string person_, student_;
  std::set<std::string> keys_;
  absl::flat_hash_map<std::string, const feed::OwnRoot*> by_type_;
};

// A root about somebody whom no register knows.
struct UnnamedRoot {
  const feed::OwnRoot* kind;
  std::string id, key;
  std::optional<absl::CivilDay> ended;
  bool erased = false;
};

// Columns as of RowsOfKey.
absl::StatusOr<UnnamedRoot> ReadUnnamed(const feed::OwnRoot& kind, const db::Row& row) {
  UnnamedRoot read{&kind, row.Text(0), "", std::nullopt, false};
  const std::unique_ptr<Message> root(kind.make());
  RETURN_IF_ERROR(feed::ReadRoot(row, 1, *kind.table, read.id, nullptr, root.get()));
  read.key = feed::KeyOf(kind, *root, read.id);
  read.ended = kind.person.ended == nullptr ? std::nullopt : kind.person.ended(*root);
  feed::KeepClassified(*root);
  read.erased = row.Bytes(2).empty() && root->ByteSizeLong() == 0;
  return read;
}

// All of a shard, of the kinds that may be about such people.
absl::StatusOr<std::vector<UnnamedRoot>> ReadAllUnnamed(db::Database& database, absl::Span<const feed::OwnRoot> kinds,
                                                        const std::string& shard) {
  std::vector<UnnamedRoot> all;
  for (const feed::OwnRoot& kind : kinds) {
    if (kind.person.ended == nullptr) {
      continue;
    }
    const std::string unnamed =
        kind.person.unnamed.empty() ? absl::StrCat(kind.person.column, " = ''") : std::string(kind.person.unnamed);
    std::vector<db::Row> rows;
    std::string after;
    do {
      ASSIGN_OR_RETURN(rows, database.Read([&](db::Transaction& tx) {
        return tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", kind.table->table,
                                     " WHERE shard = $1 AND ", unnamed, " AND id > $2 ORDER BY id LIMIT $3"),
                        shard, after, kPage);
      }));
      for (const db::Row& row : rows) {
        after = row.Text(0);
        ASSIGN_OR_RETURN(all.emplace_back(), ReadUnnamed(kind, row));
      }
    } while (rows.size() == static_cast<size_t>(kPage));
  }
  return all;
}

// Those that ended on `last` or before, erased ones too. What is under one key goes when the last of it has ended.
absl::StatusOr<std::vector<UnnamedRoot>> UnnamedDue(db::Database& database, absl::Span<const feed::OwnRoot> kinds,
                                                    const std::string& shard, absl::CivilDay last) {
  ASSIGN_OR_RETURN(std::vector<UnnamedRoot> roots, ReadAllUnnamed(database, kinds, shard));
  const auto over = [&](const UnnamedRoot& root) { return root.ended.has_value() && *root.ended <= last; };
  std::set<std::string> kept;
  for (const UnnamedRoot& root : roots) {
    if (!root.key.empty() && !root.erased && !over(root)) {
      kept.insert(root.key);
    }
  }
  roots.erase(std::remove_if(roots.begin(), roots.end(),
                             [&](const UnnamedRoot& root) { return !over(root) || kept.contains(root.key); }),
              roots.end());
  return roots;
}

class UnnamedErasure : Eraser {
 public:
  UnnamedErasure(const Host& host, absl::Span<const feed::OwnRoot> kinds, db::JobContext& context,
                 const crypto::Sealer& sealer)
      : Eraser(host, kinds, context, sealer) {}

  absl::Status Run(int keep_days) {
    ASSIGN_OR_RETURN(due_, UnnamedDue(host_.database, kinds_, shard(), host_.clock.Today() - keep_days));
    for (const UnnamedRoot& root : due_) {
      names_.insert(NameOf(root));
    }
    RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) { return AddKindred(tx); }));
    return feed::RunErasure(
        context_, sealer_, [&](db::Transaction& tx) { return EraseRows(tx); },
        [&](const auto& change, const std::string&) { return names_.contains(change.name()); });
  }

 private:
  std::string NameOf(const UnnamedRoot& root) const { return NameIn(root.kind->table->collection, root.id); }

  // What is under the same keys and has no end of its own.
  absl::Status AddKindred(db::Transaction& tx) {
    std::set<std::string> keys;
    for (const UnnamedRoot& root : due_) {
      keys.insert(root.key);
    }
    keys.erase("");
    for (const feed::OwnRoot& kind : kinds_) {
      for (const std::string& key : keys) {
        ASSIGN_OR_RETURN(const auto rows, RowsOfKey(tx, kind, key));
        for (const db::Row& row : rows) {
          ASSIGN_OR_RETURN(UnnamedRoot root, ReadUnnamed(kind, row));
          if (names_.insert(NameOf(root)).second) {
            due_.push_back(std::move(root));
          }
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status EraseRows(db::Transaction& tx) {
    feed::RootWriter writer = NewWriter(tx);
    for (const UnnamedRoot& root : due_) {
      if (!root.erased) {
        RETURN_IF_ERROR(EraseRoot(tx, *root.kind, root.id, "", writer));
      }
    }
    return writer.Finish().status();
  }

  std::vector<UnnamedRoot> due_;
  std::set<std::string> names_;
};

}  // namespace

absl::Status FollowErasure(db::Transaction& tx, std::string_view service,
                           const ruraledu::registry::v1::Student& student) {
  if (!student.has_erased_on()) {
    return absl::OkStatus();
  }
  const std::string person(feed::IdOfName(student.name()));
  ASSIGN_OR_RETURN(const bool known, feed::HasNamedPupil(tx, tx.shard(), person));
  if (!known) {  // nobody, or done before: afterwards the copy has no name any more
    return absl::OkStatus();
  }
  return db::InsertJob(tx, {.shard = tx.shard(),
                            .id = NewId(tx.clock()),
                            .kind = std::string(kErasePersonJob),
                            .input = person,
                            .subject = absl::StrCat("service:", service),
                            .area = PrefixOfShard(tx.shard()).value_or("")});
}

absl::StatusOr<std::string> RunErasePerson(const Host& host, absl::Span<const feed::OwnRoot> kinds,
                                           db::JobContext& context) {
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(context.job().shard));
  RETURN_IF_ERROR(Erasure(host, kinds, context, *sealer).Run());
  return std::string();
}

absl::StatusOr<std::string> RunEraseUnnamed(const Host& host, absl::Span<const feed::OwnRoot> kinds,
                                            const KeepDays& keep_days, db::JobContext& context) {
  const std::string& shard = context.job().shard;
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  RETURN_IF_ERROR(UnnamedErasure(host, kinds, context, *sealer).Run(keep_days(shard, host.clock.Today())));
  return std::string();
}

absl::StatusOr<bool> IsUnnamedDue(db::Database& database, absl::Span<const feed::OwnRoot> kinds,
                                  const std::string& shard, absl::CivilDay last) {
  ASSIGN_OR_RETURN(const auto due, UnnamedDue(database, kinds, shard, last));
  return !std::all_of(due.begin(), due.end(), [](const UnnamedRoot& root) { return root.erased; });
}

obs::Sampler::Probe UnnamedProbe(const Host& host, std::string service, absl::Span<const feed::OwnRoot> kinds,
                                 KeepDays keep_days) {
  return dashboard::MovedCounties(
      host.database,
      [&host, service = std::move(service), kinds,
       keep_days = std::move(keep_days)](const std::string& shard) -> absl::Status {
        const absl::CivilDay today = host.clock.Today();
        ASSIGN_OR_RETURN(const bool due, IsUnnamedDue(host.database, kinds, shard, today - keep_days(shard, today)));
        if (!due) {
          return absl::OkStatus();
        }
        return host.database.Write(shard, [&](db::Transaction& tx) {
          return db::EnsureJob(tx, {.shard = shard,
                                    .id = NewId(tx.clock()),
                                    .kind = std::string(kEraseUnnamedJob),
                                    .subject = absl::StrCat("service:", service),
                                    .area = PrefixOfShard(shard).value_or("")});
        });
      },
      &host.clock);
}

}  // namespace ruraledu::rpc
