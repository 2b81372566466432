// What comes before the first row is applied: is every row still valid, does every identity number belong to whom the
// rows say; and what comes after the last one: claims confirmed or given back, new persons in the directory.
#include <bit>
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

constexpr size_t kClaimPage = 1'000;
constexpr size_t kPersonPage = 64;
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

absl::StatusOr<bool> ImportJob::Unmoved() const {
  int64_t compared_from = -1;
  if (const auto stated = parts_->headers.find(std::string(kComparedFrom)); stated != parts_->headers.end()) {
    (void)absl::SimpleAtoi(stated->second, &compared_from);
  }
  ASSIGN_OR_RETURN(const int64_t head, SeqOf(host_.database, parts_->shard));
  return head == compared_from + kOwnEntries;
}

// All or nothing: between the preview and now the county may have changed, so every row is tried again unless nothing
// has. Rows are tried on snapshots; when the county moved on meanwhile, once more. What changes after that is met row
// by row: applying only goes forward.
absl::StatusOr<bool> ImportJob::Recheck() {
  if (import_.mode() == v1::IMPORT_MODE_PARTIAL) {
    return true;
  }
  ASSIGN_OR_RETURN(const bool unmoved, Unmoved());
  if (unmoved) {
    return true;
  }
  ASSIGN_OR_RETURN(int64_t head, SeqOf(host_.database, parts_->shard));
  ASSIGN_OR_RETURN(const UnitIndex* index, Units());
  std::map<int64_t, RowIssue> wrong;
  for (int i = 0; i < kRechecks; ++i) {
    wrong.clear();
    for (int64_t after = 0;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      const auto units = index->Next(after, kClaimPage);
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
        std::vector<ImportUnit> of_roots = UnitsOf(units, &lines);
        RETURN_IF_ERROR(run.Prefetch(of_roots));
        for (ImportUnit& unit : of_roots) {
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

void ClaimShardWants::Add(std::string_view key, std::string_view holder, int64_t line) {
  keys_.push_back(BinaryIndex(key));
  holders_ += holder;
  ends_.push_back(static_cast<uint32_t>(holders_.size()));
  lines_.push_back(line);
}

std::string ClaimShardWants::key(size_t i) const {
  return absl::StrCat(absl::Hex(absl::Uint128High64(keys_[i]), absl::kZeroPad16),
                      absl::Hex(absl::Uint128Low64(keys_[i]), absl::kZeroPad16));
}

std::string ClaimShardWants::holder(size_t i) const {
  const size_t from = i == 0 ? 0 : ends_[i - 1];
  return holders_.substr(from, ends_[i] - from);
}

absl::Status ImportJob::AddWants(const std::vector<std::vector<int64_t>>& units, ClaimWants* wants) {
  ASSIGN_OR_RETURN(std::vector<StagedLine> lines, LoadLines(units));
  return host_.database.Read([&](db::Transaction& tx) -> absl::Status {
    ImportRun run(tx, *parts_, true);
    RETURN_IF_ERROR(run.Prefetch(UnitsOf(units, &lines)));
    for (const StagedLine& line : lines) {
      if (line.outcome == "ERROR" || line.outcome == "DUPLICATE") {
        continue;
      }
      ASSIGN_OR_RETURN(const ImportRun::Holder holder, run.HolderOf(line));
      for (const std::string& key : holder.claims) {
        (*wants)[ClaimShardOf(key)].Add(key, holder.person, line.line);
      }
    }
    return absl::OkStatus();
  });
}

// While the county stands where it was compared, the staged rows tell themselves what a new student claims: they carry
// the index of its number.
absl::StatusOr<ClaimWants> ImportJob::WantedClaims() {
  ClaimWants wants;
  ASSIGN_OR_RETURN(const bool unmoved, Unmoved());
  const bool staged = unmoved && host_.keys.index_keys().size() == 1;
  std::vector<int64_t> asked;
  RETURN_IF_ERROR(EachRosterLine([&](const StagedLine& line) {
    if (line.line >= kMissingBase || line.outcome == "ERROR" || line.outcome == "DUPLICATE") {
      return;
    }
    if (!staged || line.outcome == "CHANGED") {
      asked.push_back(line.line);
    } else if (line.outcome == "NEW" && !line.person_key.empty()) {
      wants[ClaimShardOf(line.person_key)].Add(line.person_key, feed::IdOfName(line.root), line.line);
    }
  }));
  for (size_t from = 0; from < asked.size(); from += kClaimPage) {
    std::vector<std::vector<int64_t>> units;
    for (size_t i = from; i < std::min(from + kClaimPage, asked.size()); ++i) {
      units.push_back({asked[i]});
    }
    RETURN_IF_ERROR(AddWants(units, &wants));
  }
  return wants;
}

absl::StatusOr<std::map<int64_t, RowIssue>> ImportJob::TakeClaims(const ClaimWants& wants) {
  struct Outcome {
    std::vector<int64_t> taken;  // lines
    std::vector<std::pair<size_t, db::ClaimRow>> unsettled;
  };
  const std::string operation = Operation();
  const std::vector<std::string> shards = db::ShardsOf(wants);
  std::vector<Outcome> outcomes(shards.size());
  const auto wanted = [&](const ClaimShardWants& here, size_t i) {
    return db::ClaimRow{std::string(kIdentitySpace), here.key(i),   here.holder(i),
                        db::ClaimState::kTentative,  parts_->shard, operation};
  };
  RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t at, db::Transaction& tx) -> absl::Status {
    const ClaimShardWants& here = wants.at(shards[at]);
    std::vector<db::ClaimRow> rows;
    for (size_t i = 0; i < here.size(); ++i) {
      rows.push_back(wanted(here, i));
    }
    ASSIGN_OR_RETURN(auto had, db::RenewMany(tx, rows));
    Outcome outcome;
    for (size_t i = 0; i < had.size(); ++i) {
      if (had[i].holder != rows[i].holder) {
        outcome.taken.push_back(here.line(i));
      } else if (had[i].state == db::ClaimState::kTentative && had[i].operation != operation) {
        outcome.unsettled.emplace_back(i, std::move(had[i]));
      }
    }
    outcomes[at] = std::move(outcome);
    return absl::OkStatus();
  }));
  std::map<int64_t, RowIssue> taken;
  for (size_t at = 0; at < shards.size(); ++at) {
    const ClaimShardWants& here = wants.at(shards[at]);
    for (const auto& [i, seen] : outcomes[at].unsettled) {
      ASSIGN_OR_RETURN(const auto row, SettleOther(host_.database, shards[at], seen, wanted(here, i)));
      if (row.holder != here.holder(i)) {
        outcomes[at].taken.push_back(here.line(i));
      }
    }
    for (const int64_t line : outcomes[at].taken) {
      taken.emplace(line, RowIssue{"citizen_id", "IDENTITY_TAKEN"});
    }
  }
  return taken;
}

// False: refused, nothing is applied.
absl::StatusOr<bool> ImportJob::ClaimIdentities() {
  std::map<int64_t, RowIssue> taken;
  std::vector<std::string> shards;
  if (import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    ASSIGN_OR_RETURN(const ClaimWants wants, WantedClaims());
    ASSIGN_OR_RETURN(taken, TakeClaims(wants));
    shards = db::ShardsOf(wants);
  }
  const bool refused = !taken.empty() && import_.mode() != v1::IMPORT_MODE_PARTIAL;
  if (refused) {
    RETURN_IF_ERROR(ReleaseClaims(shards));
  }
  RETURN_IF_ERROR(Chunk(refused ? ImportCursor{"DONE"} : ImportCursor{"ROWS", 0, cursor_.attempt},
                        [&](db::Transaction& tx) { return RefuseRows(tx, taken, refused ? "IDENTITY_TAKEN" : ""); }));
  return !refused;
}

absl::Status ImportJob::ReleaseClaims(const std::vector<std::string>& shards) {
  return db::WriteEach(host_.database, shards, [&](size_t, db::Transaction& tx) {
    return db::ReleaseOperation(tx, kIdentitySpace, Operation());
  });
}

absl::Status ImportJob::EachRosterLine(absl::FunctionRef<void(const StagedLine&)> visit) {
  return import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER ? EachLine(host_.database, parts_->shard, id_, visit)
                                                              : absl::OkStatus();
}

absl::StatusOr<Tally> ImportJob::Count() const {
  Tally tally;
  const bool roster = import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER;
  RETURN_IF_ERROR(EachLine(host_.database, parts_->shard, id_, [&](const StagedLine& line) {
    ++tally.counts[{line.outcome, line.code}];
    if (!roster) {
      return;
    }
    if (!line.person_key.empty()) {
      tally.claim_shards.insert(ClaimShardOf(line.person_key));
      if (line.outcome == "ERROR") {
        tally.errors.push_back(line.line);
      }
    }
    if (line.outcome == "NEW") {  // the ids are kept packed, since there may be very many
      absl::StrAppend(&tally.persons[PersonShard(feed::IdOfName(line.root))], feed::IdOfName(line.root));
    }
  }));
  return tally;
}

absl::Status ImportJob::Confirm(const Tally& tally) {
  std::set<std::string> shards = tally.claim_shards;
  for (int i = 0; i < kHashShards && !shards.empty() && host_.keys.index_keys().size() > 1; ++i) {
    shards.insert(HashShard(i));  // the indexes of other key versions lie anywhere
  }
  RETURN_IF_ERROR(GiveBackUnused(tally.errors));
  return db::WriteEach(host_.database, std::vector<std::string>(shards.begin(), shards.end()),
                       [&](size_t, db::Transaction& tx) { return db::ConfirmClaims(tx, kIdentitySpace, Operation()); });
}

// Rows that turned out wrong when they were applied claimed a number that nobody here has.
absl::Status ImportJob::GiveBackUnused(const std::vector<int64_t>& errors) {
  for (size_t from = 0; from < errors.size(); from += kClaimPage) {
    std::vector<std::vector<int64_t>> units;
    for (size_t i = from; i < std::min(from + kClaimPage, errors.size()); ++i) {
      units.push_back({errors[i]});
    }
    ASSIGN_OR_RETURN(const std::vector<StagedLine> lines, LoadLines(units));
    std::map<std::string, std::vector<std::string>> unused;  // by claim shard
    RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
      unused.clear();
      for (const StagedLine& line : lines) {
        const auto keys = IdIndexes(host_.keys, RowView(line.staged.values()).Get("citizen_id"));
        ASSIGN_OR_RETURN(const auto here, StudentsByIdIndex(tx, parts_->shard, keys));
        for (const std::string& key : here.empty() ? keys : std::vector<std::string>()) {
          unused[ClaimShardOf(key)].push_back(key);
        }
      }
      return absl::OkStatus();
    }));
    const std::vector<std::string> shards = db::ShardsOf(unused);
    RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t at, db::Transaction& tx) -> absl::Status {
      for (const std::string& key : unused.at(shards[at])) {
        ASSIGN_OR_RETURN(const auto claim, db::FindClaim(tx, kIdentitySpace, key));
        const bool mine =
            claim.has_value() && claim->state == db::ClaimState::kTentative && claim->operation == Operation();
        RETURN_IF_ERROR(mine ? db::ReleaseSeen(tx, *claim).status() : absl::OkStatus());
      }
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

// Where every new person is, in the person's hash shard (design section 6).
absl::Status ImportJob::AddToDirectory(const Tally& tally) {
  const std::vector<std::string> shards = db::ShardsOf(tally.persons);
  RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
    const std::string& ids = tally.persons.at(shards[i]);
    for (size_t at = 0; at < ids.size();) {  // pages are powers of two: few statements are prepared
      std::vector<std::string> persons;
      for (size_t left = std::bit_floor(std::min(kPersonPage, (ids.size() - at) / kIdCharacters)); left > 0; --left) {
        persons.push_back(ids.substr(at, kIdCharacters));
        at += kIdCharacters;
      }
      RETURN_IF_ERROR(AddPersons(tx, persons, parts_->shard, parts_->facts.facts_on));
    }
    return absl::OkStatus();
  }));
  return Chunk({"CLOSE", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
}

}  // namespace ruraledu::registry
