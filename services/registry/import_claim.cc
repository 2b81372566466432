// What comes before the first row is applied: is every row still valid, does every identity number belong to whom the
// rows say; and what comes after the last one: claims confirmed or given back, new persons in the directory.
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/db/claims.h"
#include "common/domain/shard.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

namespace v1 = ruraledu::registry::v1;

constexpr size_t kClaimPage = 1'000;
constexpr int64_t kPage = 5'000;
constexpr int kRechecks = 3;          // of a county that changes meanwhile
constexpr int64_t kOwnEntries = 2;    // since the comparison began: its end, the order to apply
constexpr size_t kIdCharacters = 36;  // of a person id

absl::StatusOr<int64_t> SeqOf(db::Database& database, const std::string& shard) {
  return database.Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, shard));
    return head.seq;
  });
}

// A first attempt, or another write of the same person, was cut off or is under way: the owner says what became of it
// (as the sweeper asks, only without waiting); then the claim is taken or renewed.
absl::StatusOr<db::ClaimRow> SettleOther(db::Database& database, const std::string& shard, const db::ClaimRow& seen,
                                         const db::ClaimRow& wanted) {
  ASSIGN_OR_RETURN(const bool barred,
                   database.Write(seen.owner_shard, [&](db::Transaction& tx) { return db::Bar(tx, seen.operation); }));
  return database.Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<db::ClaimRow> {
    if (barred) {
      RETURN_IF_ERROR(db::ReleaseSeen(tx, seen).status());
    } else {
      RETURN_IF_ERROR(db::ConfirmClaims(tx, seen.space, seen.operation));
    }
    ASSIGN_OR_RETURN(auto rows, db::RenewMany(tx, {wanted}));
    return rows.front();
  });
}

}  // namespace

// All or nothing: between the preview and now the county may have changed, so every row is tried again unless nothing
// has. Rows are tried on snapshots; when the county moved on meanwhile, once more. What changes after that is met row
// by row: applying only goes forward.
absl::StatusOr<bool> ImportJob::Recheck() {
  if (import_.mode() == v1::IMPORT_MODE_PARTIAL) {
    return true;
  }
  int64_t compared_from = -1;
  (void)absl::SimpleAtoi(parts_->headers[std::string(kComparedFrom)], &compared_from);
  ASSIGN_OR_RETURN(int64_t head, SeqOf(host_.database, parts_->shard));
  if (head == compared_from + kOwnEntries) {
    return true;
  }
  ASSIGN_OR_RETURN(const UnitIndex index, UnitIndex::Load(host_.database, parts_->shard, id_));
  std::map<int64_t, RowIssue> wrong;
  for (int i = 0; i < kRechecks; ++i) {
    wrong.clear();
    for (int64_t after = 0;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      const auto units = index.Next(after, kClaimPage);
      if (units.empty()) {
        break;
      }
      after = units.back().front();
      ASSIGN_OR_RETURN(std::vector<StagedLine> lines, LoadLines(units));
      std::set<int64_t> before;
      for (const StagedLine& line : lines) {
        if (line.outcome == "ERROR") {
          before.insert(line.line);
        }
      }
      RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
        ImportRun run(tx, *parts_, true);
        for (ImportUnit& unit : UnitsOf(units, &lines)) {
          RETURN_IF_ERROR(run.Apply(unit));
        }
        return absl::OkStatus();
      }));
      for (const StagedLine& line : lines) {
        if (line.outcome == "ERROR" && !before.contains(line.line)) {
          const v1::RowFault& fault = line.staged.faults(line.staged.faults_size() - 1);
          wrong.emplace(line.line, RowIssue{fault.field(), fault.code()});
        }
      }
    }
    ASSIGN_OR_RETURN(const int64_t now, SeqOf(host_.database, parts_->shard));
    if (now == head) {
      break;
    }
    head = now;
  }
  if (wrong.empty()) {
    return true;
  }
  RETURN_IF_ERROR(Chunk({"DONE"}, [&](db::Transaction& tx) { return RefuseRows(tx, wrong, "IMPORT_HAS_ERRORS"); }));
  return false;
}

absl::Status ImportJob::RefuseRows(db::Transaction& tx, const std::map<int64_t, RowIssue>& rows,
                                   std::string_view refusal) {
  for (const auto& [number, issue] : rows) {
    ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, number));
    registry::Refuse(parts_->headers, issue, &*line);
    RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, *line));
  }
  if (refusal.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(DeleteChunks(tx, id_));
  return Save(
      tx,
      [&](v1::Import& import) {
        import.set_state(v1::IMPORT_STATE_REFUSED);
        import.set_refusal(std::string(refusal));
      },
      "APPLY");
}

std::string ImportJob::Operation() const {
  return DerivedId({"claim", id_, absl::StrCat(cursor_.attempt)});
}

// By claim shard: one sorted pass over each.
absl::StatusOr<std::map<std::string, std::vector<ClaimWant>>> ImportJob::WantedClaims() {
  std::map<std::string, std::vector<ClaimWant>> by_shard;
  ASSIGN_OR_RETURN(const UnitIndex index, UnitIndex::Load(host_.database, parts_->shard, id_));
  for (int64_t after = 0;;) {
    const auto units = index.Next(after, kClaimPage);
    if (units.empty()) {
      return by_shard;
    }
    after = units.back().front();
    ASSIGN_OR_RETURN(const std::vector<StagedLine> lines, LoadLines(units));
    RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
      ImportRun run(tx, *parts_, true);
      for (const StagedLine& line : lines) {
        if (line.outcome == "ERROR" || line.outcome == "DUPLICATE") {
          continue;
        }
        ASSIGN_OR_RETURN(const ImportRun::Holder holder, run.HolderOf(line));
        if (holder.needs_claim) {
          for (const std::string& key : IdIndexes(host_.keys, RowView(line.staged.values()).Get("citizen_id"))) {
            by_shard[ClaimShardOf(key)].push_back({key, holder.person, line.line});
          }
        }
      }
      return absl::OkStatus();
    }));
  }
}

absl::StatusOr<Claimed> ImportJob::TakeClaims(const std::map<std::string, std::vector<ClaimWant>>& by_shard) {
  Claimed claimed;
  const std::string operation = Operation();
  const std::vector<std::string> shards = db::ShardsOf(by_shard);
  std::vector<std::vector<db::ClaimRow>> wanted;
  for (const auto& [shard, wants] : by_shard) {
    wanted.emplace_back();
    for (const ClaimWant& want : wants) {
      wanted.back().push_back(
          {std::string(kIdentitySpace), want.key, want.holder, db::ClaimState::kTentative, parts_->shard, operation});
    }
  }
  std::vector<std::vector<db::ClaimRow>> had(shards.size());
  RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(had[i], db::RenewMany(tx, wanted[i]));
    return absl::OkStatus();
  }));
  for (size_t at = 0; at < shards.size(); ++at) {
    const std::vector<ClaimWant>& wants = by_shard.at(shards[at]);
    for (size_t i = 0; i < wants.size(); ++i) {
      db::ClaimRow& row = had[at][i];
      const bool own = row.holder == wants[i].holder;
      if (own && row.state == db::ClaimState::kTentative && row.operation != operation) {
        ASSIGN_OR_RETURN(row, SettleOther(host_.database, shards[at], row, wanted[at][i]));
      }
      if (row.holder != wants[i].holder) {
        claimed.taken.emplace(wants[i].line, RowIssue{"citizen_id", "IDENTITY_TAKEN"});
      } else if (row.state == db::ClaimState::kTentative) {
        claimed.mine.push_back(row);
      }
    }
  }
  return claimed;
}

// False: refused, nothing is applied.
absl::StatusOr<bool> ImportJob::ClaimIdentities() {
  Claimed claimed;
  if (import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    ASSIGN_OR_RETURN(const auto by_shard, WantedClaims());
    ASSIGN_OR_RETURN(claimed, TakeClaims(by_shard));
  }
  const bool refused = !claimed.taken.empty() && import_.mode() != v1::IMPORT_MODE_PARTIAL;
  if (refused) {
    RETURN_IF_ERROR(ReleaseClaims(claimed.mine));
  }
  RETURN_IF_ERROR(
      Chunk(refused ? ImportCursor{"DONE"} : ImportCursor{"ROWS", 0, cursor_.attempt},
            [&](db::Transaction& tx) { return RefuseRows(tx, claimed.taken, refused ? "IDENTITY_TAKEN" : ""); }));
  return !refused;
}

absl::Status ImportJob::ReleaseClaims(const std::vector<db::ClaimRow>& mine) {
  std::map<std::string, std::vector<const db::ClaimRow*>> by_shard;
  for (const db::ClaimRow& row : mine) {
    by_shard[ClaimShardOf(row.key)].push_back(&row);
  }
  const std::vector<std::string> shards = db::ShardsOf(by_shard);
  return db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
    for (const db::ClaimRow* row : by_shard.at(shards[i])) {
      RETURN_IF_ERROR(db::ReleaseSeen(tx, *row).status());
    }
    return absl::OkStatus();
  });
}

absl::Status ImportJob::EachRosterLine(absl::FunctionRef<void(const StagedLine&)> visit) {
  return import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER ? EachLine(host_.database, parts_->shard, id_, visit)
                                                              : absl::OkStatus();
}

absl::Status ImportJob::Confirm() {
  std::set<std::string> shards;
  RETURN_IF_ERROR(EachRosterLine([&](const StagedLine& line) {
    if (!line.person_key.empty()) {
      shards.insert(ClaimShardOf(line.person_key));
    }
  }));
  for (int i = 0; i < kHashShards && !shards.empty() && host_.keys.index_keys().size() > 1; ++i) {
    shards.insert(HashShard(i));  // the indexes of other key versions lie anywhere
  }
  if (!shards.empty()) {
    RETURN_IF_ERROR(GiveBackUnused());
  }
  return db::WriteEach(host_.database, std::vector<std::string>(shards.begin(), shards.end()),
                       [&](size_t, db::Transaction& tx) { return db::ConfirmClaims(tx, kIdentitySpace, Operation()); });
}

// Rows that turned out wrong when they were applied claimed a number that nobody here has.
absl::Status ImportJob::GiveBackUnused() {
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "ERROR", after, kPage);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      const auto keys = IdIndexes(host_.keys, RowView(line.staged.values()).Get("citizen_id"));
      ASSIGN_OR_RETURN(const auto here, host_.database.Read([&](db::Transaction& tx) {
        return StudentsByIdIndex(tx, parts_->shard, keys);
      }));
      for (const std::string& key : keys) {
        if (here.empty()) {
          RETURN_IF_ERROR(host_.database.Write(ClaimShardOf(key), [&](db::Transaction& tx) -> absl::Status {
            ASSIGN_OR_RETURN(const auto claim, db::FindClaim(tx, kIdentitySpace, key));
            const bool mine =
                claim.has_value() && claim->state == db::ClaimState::kTentative && claim->operation == Operation();
            return mine ? db::ReleaseSeen(tx, *claim).status() : absl::OkStatus();
          }));
        }
      }
    }
    if (page.empty()) {
      return absl::OkStatus();
    }
  }
}

// Where every new person is, in the person's hash shard (design section 6). The ids are kept packed, since there may be
// very many.
absl::Status ImportJob::AddToDirectory() {
  std::map<std::string, std::string> by_shard;
  RETURN_IF_ERROR(EachRosterLine([&](const StagedLine& line) {
    if (line.outcome == "NEW") {
      absl::StrAppend(&by_shard[PersonShard(feed::IdOfName(line.root))], feed::IdOfName(line.root));
    }
  }));
  const std::vector<std::string> shards = db::ShardsOf(by_shard);
  RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) {
    const std::string& ids = by_shard.at(shards[i]);
    std::vector<std::string> persons;
    for (size_t at = 0; at < ids.size(); at += kIdCharacters) {
      persons.push_back(ids.substr(at, kIdCharacters));
    }
    return AddPersons(tx, persons, parts_->shard, parts_->facts.facts_on);
  }));
  return Chunk({"CLOSE", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
}

}  // namespace ruraledu::registry
