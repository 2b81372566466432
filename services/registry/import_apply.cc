// Apply: rows, doubtful pairs, links to what other departments said before, end what a complete file no longer names,
// close. What comes before the first row is in import_claim.cc.
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/behind.h"
#include "common/crypto/blind_index.h"
#include "common/db/claims.h"
#include "common/domain/shard.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kPage = 5'000;
constexpr size_t kMatchRows = 200;
constexpr int kPreparedTries = 2;

std::string CalendarName(const StagedLine& line) {
  return absl::StrCat("calendars/", RowView(line.staged.values()).Get("date").substr(0, 4));
}

}  // namespace

// Others of the county wait for the head while a chunk is written, and a snapshot ends after two seconds: as many rows
// as fit into the time.
struct ImportJob::RowsOfChunk {
  static constexpr size_t kFirst = 200, kMost = 5'000;
  static constexpr absl::Duration kTime = absl::Milliseconds(200);

  void Took(absl::Duration written, absl::Duration read) {
    const absl::Duration time = std::max(written, read / 4);
    count = time > kTime ? std::max(count / 2, kFirst / 4) : time < kTime / 2 ? std::min(count * 2, kMost) : count;
  }
  size_t count = kFirst;
};

absl::StatusOr<std::string> ImportJob::Apply() {
  cursor_ = ImportCursor::Parse(context_.job().cursor, "CLAIM");
  if (import_.state() != v1::IMPORT_STATE_PARTLY_APPLIED) {
    return std::string();
  }
  while (cursor_.phase == "CLAIM" || cursor_.phase == "ROWS") {
    if (cursor_.phase == "CLAIM") {
      ASSIGN_OR_RETURN(const bool valid, Recheck());
      if (!valid) {
        return std::string();
      }
      ASSIGN_OR_RETURN(const bool claimed, ClaimIdentities());
      if (!claimed) {
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
  ASSIGN_OR_RETURN(const Tally tally, Count());
  if (cursor_.phase == "CONFIRM") {
    RETURN_IF_ERROR(Confirm(tally));
    RETURN_IF_ERROR(AddToDirectory(tally));
  }
  RETURN_IF_ERROR(Close(tally));
  return std::string();
}

// Rows on their way into the county: read, decided, sealed on a snapshot; the county is locked for the inserts only.
struct ImportJob::PreparedRows {
  std::vector<std::vector<int64_t>> numbers;
  ImportRun::Ready ready;
  std::optional<LineUpdates> updates;
};

absl::Status ImportJob::ApplyRows() {
  ASSIGN_OR_RETURN(const UnitIndex* index, Units());
  const int tries = import_.source() == v1::IMPORT_SOURCE_STUDENT_ROSTER ? kPreparedTries : 0;
  RowsOfChunk rows;
  std::shared_ptr<const PreparedRows> next;  // made ready beside the write of those before
  for (int overtaken = 0;;) {
    const auto numbers = next != nullptr ? next->numbers : index->Next(cursor_.line, rows.count);
    if (numbers.empty()) {
      return Chunk({"MATCH", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
    }
    // Others who write in the county move its head. Whoever is overtaken twice does its work under the lock.
    if (overtaken >= tries) {
      const absl::Time begun = host_.clock.Now();
      RETURN_IF_ERROR(ApplyLocked(numbers));
      rows.Took(host_.clock.Now() - begun, absl::ZeroDuration());
      overtaken = 0;
      continue;
    }
    if (next == nullptr) {
      ASSIGN_OR_RETURN(next, PrepareRows(numbers, nullptr));
    }
    if (next != nullptr) {
      const std::shared_ptr<const PreparedRows> now = std::move(next);
      const bool first = cursor_.line == 0;
      ASSIGN_OR_RETURN(next, WriteRows(*now, index->Next(now->numbers.back().front(), rows.count), &rows));
      RETURN_IF_ERROR(first ? host_.database.AnalyseNewTables() : absl::OkStatus());
    }
    overtaken = next == nullptr && cursor_.line < numbers.back().front() ? overtaken + 1 : 0;
  }
}

// Writes rows and makes those behind them ready meanwhile; null when there are none, or when they have to be looked at
// after this write: the cursor tells whether it was overtaken.
absl::StatusOr<std::shared_ptr<const ImportJob::PreparedRows>> ImportJob::WriteRows(
    const PreparedRows& now, const std::vector<std::vector<int64_t>>& behind, RowsOfChunk* rows) {
  absl::Duration took;
  Behind writing;
  RETURN_IF_ERROR(writing.Start([&] {
    const absl::Time begun = host_.clock.Now();
    const absl::Status written =
        Chunk({"ROWS", now.numbers.back().front(), cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(CheckClaimed(tx));
          RETURN_IF_ERROR(now.ready.Write(tx));
          return now.updates->Write(tx);
        });
    took = host_.clock.Now() - begun;
    return written;
  }));
  const absl::Time begun = host_.clock.Now();
  auto next = behind.empty() ? std::shared_ptr<const PreparedRows>() : PrepareRows(behind, &now.ready);
  const absl::Duration read = host_.clock.Now() - begun;
  const absl::Status written = writing.Wait();
  if (ReasonOf(written) == "HEAD_MOVED") {
    return std::shared_ptr<const PreparedRows>();
  }
  RETURN_IF_ERROR(written);
  rows->Took(took, read);
  return next;
}

// `before`: what is being written meanwhile. Null when the rows have to wait for it, or others write in the county.
absl::StatusOr<std::shared_ptr<const ImportJob::PreparedRows>> ImportJob::PrepareRows(
    const std::vector<std::vector<int64_t>>& numbers, const ImportRun::Ready* before) {
  auto rows = std::make_shared<PreparedRows>(PreparedRows{.numbers = numbers});
  ASSIGN_OR_RETURN(std::vector<StagedLine> lines, LoadLines(numbers));
  std::vector<ImportUnit> units = UnitsOf(numbers, &lines);
  bool entered = false;
  auto ready = host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<ImportRun::Ready> {
    ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, parts_->shard));
    if (std::exchange(entered, true)) {  // the lines are used up
      return Fail("HEAD_MOVED", {{"shard", parts_->shard}});
    }
    ImportRun run(tx, *parts_, head.seq, before);
    RETURN_IF_ERROR(run.Prefetch(units));
    for (ImportUnit& unit : units) {
      RETURN_IF_ERROR(run.Apply(unit));
    }
    return run.Seal();
  });
  if (ReasonOf(ready.status()) == "HEAD_MOVED") {
    return std::shared_ptr<const PreparedRows>();
  }
  RETURN_IF_ERROR(ready.status());
  rows->ready = *std::move(ready);
  rows->updates.emplace(*parts_->sealer, id_, std::move(lines));
  return rows;
}

absl::Status ImportJob::CheckClaimed(db::Transaction& tx) const {
  if (import_.source() != v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(db::CheckNotBarred(tx, Operation()));
  return db::MarkDone(tx, Operation());
}

absl::Status ImportJob::ApplyLocked(const std::vector<std::vector<int64_t>>& numbers) {
  ASSIGN_OR_RETURN(std::vector<StagedLine> loaded, LoadLines(numbers));
  if (import_.source() == v1::IMPORT_SOURCE_CALENDARS) {
    RETURN_IF_ERROR(ApplyCalendars(numbers, &loaded));
  }
  return Chunk({"ROWS", numbers.back().front(), cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
    std::vector<StagedLine> lines = loaded;  // the body may run again
    RETURN_IF_ERROR(CheckClaimed(tx));
    if (import_.source() != v1::IMPORT_SOURCE_CALENDARS) {
      ImportRun run(tx, *parts_, false);
      std::vector<ImportUnit> units = UnitsOf(numbers, &lines);
      RETURN_IF_ERROR(run.Prefetch(units));
      for (ImportUnit& unit : units) {
        RETURN_IF_ERROR(run.Apply(unit));
      }
      RETURN_IF_ERROR(run.Flush());
    }
    return LineUpdates(*parts_->sealer, id_, std::move(lines)).Write(tx);
  });
}

// Calendars rest in the nation's shard, their rows in the county's. The images from before are stored first, so that a
// crash after the nation's write loses none of them; the second time the write changes nothing.
absl::Status ImportJob::ApplyCalendars(const std::vector<std::vector<int64_t>>& numbers,
                                       std::vector<StagedLine>* lines) {
  ImportParts national = *parts_;
  national.shard = std::string(kNationShard);
  ASSIGN_OR_RETURN(national.sealer, host_.keys.SealerOf(kNationShard));
  RETURN_IF_ERROR(Chunk(cursor_, [&](db::Transaction& tx) -> absl::Status {
    for (ImportUnit& unit : UnitsOf(numbers, lines)) {
      if (unit.front()->staged.befores().empty()) {
        v1::BeforeImage* image = unit.front()->staged.add_befores();
        image->set_name(CalendarName(*unit.front()));
        ASSIGN_OR_RETURN(const auto present, feed::Load<v1::Calendar>(tx, *national.sealer, kCalendars, kNationShard,
                                                                      feed::IdOfName(image->name())));
        image->set_root(present.has_value() ? present->SerializeAsString() : "");
        RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, *unit.front()));
      }
    }
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(
      *lines, host_.database.Write(kNationShard, [&](db::Transaction& tx) -> absl::StatusOr<std::vector<StagedLine>> {
        std::vector<StagedLine> copy = *lines;
        ImportRun run(tx, national, false);
        for (ImportUnit& unit : UnitsOf(numbers, &copy)) {
          StagedLine* first = unit.front();
          RETURN_IF_ERROR(run.Apply(unit));
          RETURN_IF_ERROR(run.Flush());
          const std::string name = first->staged.befores(0).name();
          ASSIGN_OR_RETURN(const auto present, feed::Load<v1::Calendar>(tx, *national.sealer, kCalendars, kNationShard,
                                                                        feed::IdOfName(name)));
          v1::BeforeImage* image = first->staged.mutable_befores(0);
          image->set_version(present.has_value() ? VersionOf(present->etag()) : 0);
          if (!present.has_value() || present->SerializeAsString() == image->root()) {
            first->staged.clear_befores();  // unchanged
          }
        }
        return copy;
      }));
  return absl::OkStatus();
}

absl::StatusOr<ImportJob::Fresh> ImportJob::FreshStudents() {
  Fresh fresh;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "*", after, kPage);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      if (line.outcome != "NEW" && line.outcome != "CHANGED") {
        continue;
      }
      const RowView row(line.staged.values());
      if (!line.person_key.empty()) {  // under every key version: the other rows may be older than the newest
        for (const auto& index : crypto::BlindIndexes(host_.keys, "id_number", PersonIdOfRow(row))) {
          fresh.students.insert(index.value);
        }
      }
      for (const std::string_view field : {"guardian_id", "guardian2_id"}) {
        for (const auto& index : crypto::BlindIndexes(host_.keys, "id_number", row.Get(field))) {
          if (row.Has(field)) {
            fresh.parents[index.value].push_back(std::string(feed::IdOfName(line.root)));
          }
        }
      }
    }
    if (page.empty()) {
      return fresh;
    }
  }
}

// Students that came with this roster may be in what the departments sent before, or their parents.
absl::Status ImportJob::Rematch() {
  const ImportCursor next{"END", 0, cursor_.attempt};
  constexpr v1::ImportSource kSources[] = {v1::IMPORT_SOURCE_RURAL_REVITALISATION, v1::IMPORT_SOURCE_CIVIL_AFFAIRS,
                                           v1::IMPORT_SOURCE_DISABLED_FEDERATION, v1::IMPORT_SOURCE_VETERANS};
  std::optional<Fresh> fresh;  // read when there is anything to compare it with
  for (const v1::ImportSource source : kSources) {
    if (import_.source() != v1::IMPORT_SOURCE_STUDENT_ROSTER) {
      break;
    }
    ASSIGN_OR_RETURN(const auto imports, host_.database.Read([&](db::Transaction& tx) {
      return ClosedImports(tx, parts_->shard, source);
    }));
    for (const v1::Import& other : imports) {
      if (!fresh.has_value()) {
        ASSIGN_OR_RETURN(fresh, FreshStudents());
      }
      RETURN_IF_ERROR(RematchWith(other, *fresh));
    }
  }
  return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
}

absl::Status ImportJob::RematchWith(const v1::Import& other, const Fresh& fresh) {
  ImportParts parts = *parts_;
  parts.facts = FactsOf(other, *parts.reference);
  if (other.source() == v1::IMPORT_SOURCE_DISABLED_FEDERATION) {
    parts.parents = fresh.parents;
  }
  for (int64_t after = 0, got = kPage; got == kPage;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, parts.shard, parts.facts.import_id, after, kPage);
    }));
    got = static_cast<int64_t>(page.size());
    std::vector<int64_t> hits;
    for (const StagedLine& line : page) {
      after = line.line;
      const bool unmatched = line.code == "NOT_A_PUPIL" || line.outcome == "WEAK_MATCH";
      if ((unmatched && fresh.students.contains(line.person_key)) || parts.parents.contains(line.person_key)) {
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
      return LineUpdates(*parts.sealer, parts.facts.import_id, std::move(lines)).Write(tx);
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
      return LineUpdates(*parts_->sealer, id_, std::move(lines)).Write(tx);
    }));
  }
}

absl::Status ImportJob::Close(const Tally& tally) {
  int64_t applied = 0, errors = 0;
  for (const auto& [what, count] : tally.counts) {
    applied += what.first == "NEW" || what.first == "CHANGED" ? count : 0;
    errors += what.first == "ERROR" ? count : 0;
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
  return ReloadReference();
}

}  // namespace ruraledu::registry
