// Apply: claim identities, rows, doubtful pairs, links to what other departments said before, end what a complete file
// no longer names, close.
#include <set>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/db/claims.h"
#include "common/domain/shard.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

namespace v1 = ruraledu::registry::v1;

constexpr size_t kFirstRows = 200, kMostRows = 5'000;
constexpr absl::Duration kChunkTime = absl::Milliseconds(200);
constexpr size_t kClaimPage = 1'000;
constexpr int64_t kPage = 5'000;
constexpr size_t kMatchRows = 200;

// One identity number that a row needs.
struct Want {
  std::string key, holder;
  int64_t line;
};

std::vector<ImportUnit> UnitsOf(const std::vector<std::vector<int64_t>>& numbers, std::vector<StagedLine>* lines) {
  std::vector<ImportUnit> units;
  size_t at = 0;
  for (const auto& unit : numbers) {
    units.emplace_back();
    for (size_t i = 0; i < unit.size(); ++i) {
      units.back().push_back(&(*lines)[at++]);
    }
  }
  return units;
}

}  // namespace

absl::StatusOr<std::string> ImportJob::Apply() {
  cursor_ = ImportCursor::Parse(context_.job().cursor, "CLAIM");
  if (import_.state() != v1::IMPORT_STATE_PARTLY_APPLIED) {
    return std::string();
  }
  while (cursor_.phase == "CLAIM" || cursor_.phase == "ROWS") {
    if (cursor_.phase == "CLAIM") {
      ASSIGN_OR_RETURN(const bool go_on, ClaimIdentities());
      if (!go_on) {
        return std::string();
      }
    }
    const absl::Status rows = ApplyRows();
    if (ReasonOf(rows) != "CLAIM_BARRED") {
      RETURN_IF_ERROR(rows);
      continue;
    }
    // The sweeper gave this attempt up because it took too long: nothing of it is applied, so it starts again under a
    // new name.
    RETURN_IF_ERROR(Chunk({"CLAIM", 0, cursor_.attempt + 1}, [](db::Transaction&) { return absl::OkStatus(); }));
  }
  if (cursor_.phase == "MATCH") {
    RETURN_IF_ERROR(Match());
  }
  if (cursor_.phase == "REMATCH") {
    RETURN_IF_ERROR(Rematch());
  }
  if (cursor_.phase == "END") {
    RETURN_IF_ERROR(End());
  }
  if (cursor_.phase == "CONFIRM") {
    RETURN_IF_ERROR(Confirm());
  }
  RETURN_IF_ERROR(Close());
  return std::string();
}

std::string ImportJob::Operation() const {
  return DerivedId({"claim", id_, absl::StrCat(cursor_.attempt)});
}

absl::StatusOr<bool> ImportJob::ClaimIdentities() {
  const ImportCursor rows{"ROWS", 0, cursor_.attempt};
  const auto nothing = [](db::Transaction&) { return absl::OkStatus(); };
  if (import_.source() != v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    RETURN_IF_ERROR(Chunk(rows, nothing));
    return true;
  }
  ASSIGN_OR_RETURN(const UnitIndex index, UnitIndex::Load(host_.database, parts_->shard, id_));
  std::map<std::string, std::vector<Want>> by_shard;
  for (int64_t after = 0;;) {
    const auto units = index.Next(after, kClaimPage);
    if (units.empty()) {
      break;
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
  std::set<int64_t> taken;
  std::vector<db::ClaimRow> mine;
  const std::string operation = Operation();
  const std::string given_up = DerivedId({"claim", id_, absl::StrCat(cursor_.attempt - 1)});
  for (const auto& [shard, wants] : by_shard) {
    std::vector<db::ClaimRow> wanted;
    for (const Want& want : wants) {
      wanted.push_back(
          {std::string(kIdentitySpace), want.key, want.holder, db::ClaimState::kTentative, parts_->shard, operation});
    }
    ASSIGN_OR_RETURN(const auto had,
                     host_.database.Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<std::vector<db::ClaimRow>> {
                       ASSIGN_OR_RETURN(auto rows, db::ClaimMany(tx, wanted));
                       for (size_t i = 0; i < rows.size(); ++i) {
                         if (rows[i].state == db::ClaimState::kTentative && rows[i].operation == given_up) {
                           RETURN_IF_ERROR(db::ReleaseClaim(tx, rows[i].space, rows[i].key, rows[i].holder));
                           ASSIGN_OR_RETURN(rows[i], db::Claim(tx, wanted[i]));
                         }
                       }
                       return rows;
                     }));
    for (size_t i = 0; i < had.size(); ++i) {
      if (had[i].holder != wanted[i].holder) {
        taken.insert(wants[i].line);
      } else if (had[i].operation == operation && had[i].state == db::ClaimState::kTentative) {
        mine.push_back(had[i]);
      }
    }
  }
  const bool refused = !taken.empty() && import_.mode() != v1::IMPORT_MODE_PARTIAL;
  if (refused) {
    RETURN_IF_ERROR(ReleaseClaims(mine));
  }
  RETURN_IF_ERROR(Chunk(refused ? ImportCursor{"DONE"} : rows, [&](db::Transaction& tx) -> absl::Status {
    for (const int64_t number : taken) {
      ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, number));
      registry::Refuse(parts_->headers, {"citizen_id", "IDENTITY_TAKEN"}, &*line);
      RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, *line));
    }
    if (!refused) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(DeleteChunks(tx, id_));
    return Save(
        tx,
        [](v1::Import& import) {
          import.set_state(v1::IMPORT_STATE_REFUSED);
          import.set_refusal("IDENTITY_TAKEN");
        },
        "APPLY");
  }));
  return !refused;
}

absl::Status ImportJob::ReleaseClaims(const std::vector<db::ClaimRow>& mine) {
  std::map<std::string, std::vector<const db::ClaimRow*>> by_shard;
  for (const db::ClaimRow& row : mine) {
    by_shard[ClaimShardOf(row.key)].push_back(&row);
  }
  for (const auto& [shard, rows] : by_shard) {
    RETURN_IF_ERROR(host_.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
      for (const db::ClaimRow* row : rows) {
        RETURN_IF_ERROR(db::ReleaseClaim(tx, row->space, row->key, row->holder));
      }
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status ImportJob::ApplyRows() {
  ASSIGN_OR_RETURN(const UnitIndex index, UnitIndex::Load(host_.database, parts_->shard, id_));
  size_t rows = kFirstRows;
  for (;;) {
    const auto numbers = index.Next(cursor_.line, rows);
    if (numbers.empty()) {
      return Chunk({"MATCH", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
    }
    ASSIGN_OR_RETURN(std::vector<StagedLine> loaded, LoadLines(numbers));
    const absl::Time begun = host_.clock.Now();
    if (import_.source() == v1::IMPORT_SOURCE_CALENDARS) {
      RETURN_IF_ERROR(ApplyCalendars(numbers, &loaded));
    }
    RETURN_IF_ERROR(Chunk({"ROWS", numbers.back().front(), cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
      std::vector<StagedLine> lines = loaded;  // the body may run again
      if (import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER) {
        RETURN_IF_ERROR(db::CheckNotBarred(tx, Operation()));
        RETURN_IF_ERROR(db::MarkDone(tx, Operation()));
      }
      if (import_.source() != v1::IMPORT_SOURCE_CALENDARS) {
        ImportRun run(tx, *parts_, false);
        for (ImportUnit& unit : UnitsOf(numbers, &lines)) {
          RETURN_IF_ERROR(run.Apply(unit));
        }
        RETURN_IF_ERROR(run.Flush());
      }
      for (const StagedLine& line : lines) {
        RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, line));
      }
      return absl::OkStatus();
    }));
    // Others of the county wait for the head meanwhile: as many rows as fit into the time.
    const absl::Duration took = host_.clock.Now() - begun;
    rows = took > kChunkTime       ? std::max(rows / 2, kFirstRows / 4)
           : took < kChunkTime / 2 ? std::min(rows * 2, kMostRows)
                                   : rows;
  }
}

// Calendars rest in the nation's shard. Written first and again after a crash; the second time changes nothing.
absl::Status ImportJob::ApplyCalendars(const std::vector<std::vector<int64_t>>& numbers,
                                       std::vector<StagedLine>* lines) {
  ImportParts national = *parts_;
  national.shard = std::string(kNationShard);
  ASSIGN_OR_RETURN(national.sealer, host_.keys.SealerOf(kNationShard));
  ASSIGN_OR_RETURN(
      *lines, host_.database.Write(kNationShard, [&](db::Transaction& tx) -> absl::StatusOr<std::vector<StagedLine>> {
        std::vector<StagedLine> copy = *lines;
        ImportRun run(tx, national, false);
        for (ImportUnit& unit : UnitsOf(numbers, &copy)) {
          RETURN_IF_ERROR(run.Apply(unit));
        }
        RETURN_IF_ERROR(run.Flush());
        return copy;
      }));
  return absl::OkStatus();
}

absl::Status ImportJob::Match() {
  const ImportCursor next{"REMATCH", 0, cursor_.attempt};
  while (import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, parts_->shard, id_, cursor_.line, kMatchRows);
    }));
    if (page.empty() || page.front().line >= kMissingBase) {
      break;
    }
    RETURN_IF_ERROR(Chunk({"MATCH", page.back().line, cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
      ImportRun run(tx, *parts_, false);
      for (const StagedLine& line : page) {
        if (line.outcome == "NEW") {
          RETURN_IF_ERROR(run.FindDuplicates(feed::IdOfName(line.root)));
        }
      }
      return run.Flush();
    }));
  }
  return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
}

// Students that came with this roster may be in what the departments sent before.
absl::Status ImportJob::Rematch() {
  const ImportCursor next{"END", 0, cursor_.attempt};
  absl::flat_hash_set<std::string> fresh;
  for (int64_t after = 0, got = kPage; got == kPage && import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, parts_->shard, id_, after, kPage);
    }));
    got = static_cast<int64_t>(page.size());
    for (const StagedLine& line : page) {
      after = line.line;
      if ((line.outcome == "NEW" || line.outcome == "CHANGED") && !line.person_key.empty()) {
        fresh.insert(line.person_key);
      }
    }
  }
  constexpr v1::ImportSource kSources[] = {v1::IMPORT_SOURCE_RURAL_REVITALISATION, v1::IMPORT_SOURCE_CIVIL_AFFAIRS,
                                           v1::IMPORT_SOURCE_DISABLED_FEDERATION, v1::IMPORT_SOURCE_VETERANS};
  for (const v1::ImportSource source : kSources) {
    if (fresh.empty()) {
      break;
    }
    ASSIGN_OR_RETURN(const auto imports, host_.database.Read([&](db::Transaction& tx) {
      return ClosedImports(tx, parts_->shard, source);
    }));
    for (const v1::Import& other : imports) {
      RETURN_IF_ERROR(RematchWith(other, fresh));
    }
  }
  return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
}

absl::Status ImportJob::RematchWith(const v1::Import& other, const absl::flat_hash_set<std::string>& fresh) {
  ImportParts parts = *parts_;
  parts.facts.source = other.source();
  parts.facts.evidence = other.batch();
  parts.facts.import_id = std::string(feed::IdOfName(other.name()));
  ParseDay(other.facts_on(), &parts.facts.facts_on);
  for (int64_t after = 0, got = kPage; got == kPage;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, parts.shard, parts.facts.import_id, after, kPage);
    }));
    got = static_cast<int64_t>(page.size());
    std::vector<int64_t> hits;
    for (const StagedLine& line : page) {
      after = line.line;
      const bool unmatched = line.code == "NOT_A_PUPIL" || line.outcome == "WEAK_MATCH";
      if (unmatched && fresh.contains(line.person_key)) {
        hits.push_back(line.line);
      }
    }
    if (hits.empty()) {
      continue;
    }
    RETURN_IF_ERROR(Chunk(cursor_, [&](db::Transaction& tx) -> absl::Status {
      ImportRun run(tx, parts, false);
      std::vector<StagedLine> lines;
      for (const int64_t number : hits) {
        ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts.sealer, parts.shard, parts.facts.import_id, number));
        lines.push_back(*std::move(line));
      }
      for (StagedLine& line : lines) {
        ImportUnit unit = {&line};
        RETURN_IF_ERROR(other.source() == v1::IMPORT_SOURCE_RURAL_REVITALISATION ? run.LinkMember(line)
                                                                                 : run.Apply(unit));
      }
      RETURN_IF_ERROR(run.Flush());
      for (const StagedLine& line : lines) {
        RETURN_IF_ERROR(UpdateLine(tx, *parts.sealer, parts.facts.import_id, line));
      }
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status ImportJob::End() {
  const ImportCursor next{"CONFIRM", 0, cursor_.attempt};
  const bool hardship = KeyHasManyRows(import_.source()) && import_.source() != v1::IMPORT_SOURCE_CALENDARS;
  if (!hardship || !import_.complete()) {
    return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> groups, Groups());
  for (int64_t after = std::max(cursor_.line, kMissingBase - 1);;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "MISSING", after, kMatchRows);
    }));
    if (page.empty()) {
      return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
    }
    after = page.back().line;
    RETURN_IF_ERROR(Chunk({"END", after, cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
      std::vector<StagedLine> lines = page;
      ImportRun run(tx, *parts_, false);
      for (StagedLine& line : lines) {
        const std::string id(feed::IdOfName(line.root));
        const bool household = import_.source() == v1::IMPORT_SOURCE_RURAL_REVITALISATION;
        RETURN_IF_ERROR((household ? run.EndHousehold(id, groups, &line) : run.EndStudent(id, groups, &line)).status());
      }
      RETURN_IF_ERROR(run.Flush());
      for (const StagedLine& line : lines) {
        RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, line));
      }
      return absl::OkStatus();
    }));
  }
}

absl::Status ImportJob::Confirm() {
  std::set<std::string> shards;
  for (int64_t after = 0, got = kPage; got == kPage && import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, parts_->shard, id_, after, kPage);
    }));
    got = static_cast<int64_t>(page.size());
    for (const StagedLine& line : page) {
      after = line.line;
      if (!line.person_key.empty()) {
        shards.insert(ClaimShardOf(line.person_key));
      }
    }
  }
  for (int i = 0; i < kHashShards && !shards.empty() && host_.keys.index_keys().size() > 1; ++i) {
    shards.insert(HashShard(i));  // the indexes of other key versions lie anywhere
  }
  for (const std::string& shard : shards) {
    RETURN_IF_ERROR(host_.database.Write(
        shard, [&](db::Transaction& tx) { return db::ConfirmClaims(tx, kIdentitySpace, Operation()); }));
  }
  return Chunk({"CLOSE", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
}

absl::Status ImportJob::Close() {
  ASSIGN_OR_RETURN(const auto counts,
                   host_.database.Read([&](db::Transaction& tx) { return CountLines(tx, parts_->shard, id_); }));
  int64_t applied = 0, errors = 0;
  for (const OutcomeCount& count : counts) {
    applied += count.outcome == "NEW" || count.outcome == "CHANGED" ? count.count : 0;
    errors += count.outcome == "ERROR" ? count.count : 0;
  }
  RETURN_IF_ERROR(Chunk({"DONE"}, [&](db::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(DeleteChunks(tx, id_));
    return Save(
        tx,
        [&](v1::Import& import) {
          import.set_state(v1::IMPORT_STATE_CLOSED);
          import.set_applied_rows(applied);
          import.mutable_preview()->set_errors(errors);
        },
        "APPLY");
  }));
  const bool reference =
      import_.source() == v1::IMPORT_SOURCE_VILLAGES || import_.source() == v1::IMPORT_SOURCE_CALENDARS;
  return reference ? book_.Reload() : absl::OkStatus();
}

}  // namespace ruraledu::registry
