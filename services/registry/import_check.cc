// Stage: the file row by row into sealed rows. Validate and compare: the rows run dry. Preview: counts, guards, state.
#include <list>
#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/behind.h"
#include "common/base/enum_text.h"
#include "common/crypto/blind_index.h"
#include "common/domain/area.h"
#include "common/domain/citizen_id.h"
#include "common/domain/load_file.h"
#include "common/ingest/header_map.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr size_t kStageRows = 2'000;
constexpr size_t kCompareRows = 1'000;

// The uploaded file, opened chunk by chunk: its plain bytes are in memory only.
class ChunkSource final : public ingest::ByteSource {
 public:
  ChunkSource(db::Database& database, std::shared_ptr<const crypto::Sealer> sealer, std::string shard,
              std::string import_id, int64_t size)
      : database_(database),
        sealer_(std::move(sealer)),
        shard_(std::move(shard)),
        import_id_(std::move(import_id)),
        size_(size) {}

  int64_t size() const override { return size_; }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    size_t done = 0;
    while (done < n && offset < size_) {
      ASSIGN_OR_RETURN(const Piece* piece, At(offset));
      const auto from = static_cast<size_t>(offset - piece->start);
      const size_t part = std::min(n - done, piece->bytes.size() - from);
      std::memcpy(out + done, piece->bytes.data() + from, part);
      done += part;
      offset += static_cast<int64_t>(part);
    }
    return done;
  }

 private:
  static constexpr size_t kKept = 8;  // a workbook is read at several places at once
  struct Piece {
    int64_t start;
    std::string bytes;
  };

  absl::StatusOr<const Piece*> At(int64_t offset) {
    for (auto at = kept_.begin(); at != kept_.end(); ++at) {
      if (at->start <= offset && offset < at->start + static_cast<int64_t>(at->bytes.size())) {
        kept_.splice(kept_.begin(), kept_, at);
        return &kept_.front();
      }
    }
    ASSIGN_OR_RETURN(const auto chunk,
                     database_.Read([&](db::Transaction& tx) { return ChunkAt(tx, shard_, import_id_, offset); }));
    if (!chunk.has_value()) {
      return Fail("FILE_TRUNCATED");
    }
    ASSIGN_OR_RETURN(std::string bytes, sealer_->Open(chunk->sealed, ChunkContext(import_id_, chunk->start)));
    kept_.push_front({chunk->start, std::move(bytes)});
    if (kept_.size() > kKept) {
      kept_.pop_back();
    }
    return &kept_.front();
  }

  db::Database& database_;
  const std::shared_ptr<const crypto::Sealer> sealer_;
  const std::string shard_, import_id_;
  const int64_t size_;
  std::list<Piece> kept_;
};

StagedLine HeaderLine(const ingest::MappedTable& table) {
  StagedLine line{.line = kHeaderLine, .outcome = "UNCHANGED"};
  for (int i = 0; i < static_cast<int>(table.spec().fields().size()); ++i) {
    (*line.staged.mutable_values())[table.spec().fields()[static_cast<size_t>(i)].name] = table.header(i);
  }
  (*line.staged.mutable_values())[std::string(kExtraHeaders)] = absl::StrJoin(table.extra(), "\n");
  return line;
}

// Full-width characters, blanks around it, a lower-case x.
bool IsRepaired(std::string_view number) {
  bool changed = false;
  NormalizeNumber(number, &changed);
  return changed;
}

absl::StatusOr<StagedLine> StageRow(const ImportParts& parts, const ingest::MappedTable& table,
                                    const ingest::MappedRow& row) {
  std::vector<std::string> values;
  std::vector<ingest::RowError> errors;
  RETURN_IF_ERROR(ingest::ParseRow(table, row, parts.reference->codes, parts.facts.facts_on, &values, &errors));
  StagedLine line{.line = row.line};
  for (size_t i = 0; i < values.size(); ++i) {
    const ingest::FieldSpec& field = table.spec().fields()[i];
    if (!values[i].empty()) {
      (*line.staged.mutable_values())[field.name] = values[i];
    }
    if (field.name == "citizen_id" && !values[i].empty() && IsRepaired(row.values[i].text)) {
      (*line.staged.mutable_values())["citizen_id_repaired"] = "1";  // 7.1: with a warning
    }
    if (field.list == "hardship_kind" && !row.values[i].text.empty() && row.values[i].fault.empty()) {
      (*line.staged.mutable_values())["kind_text"] =
          row.values[i].text;  // "农村低保": the code D1 does not tell the area
    }
  }
  for (const ingest::RowError& error : errors) {
    v1::RowFault* fault = line.staged.add_faults();
    fault->set_column(error.column);
    fault->set_field(error.field);
    fault->set_code(error.code);
    fault->set_original(error.original);
  }
  if (!errors.empty()) {
    line.outcome = "ERROR";
    line.code = errors.front().code;
  }
  const RowView view(line.staged.values());
  const std::string key = RowKey(parts.facts, view), person = PersonIdOfRow(view);
  line.row_key = key.empty() ? "" : crypto::BlindIndex(parts.host.keys, "import_key", key).value;
  line.person_key = person.empty() ? "" : crypto::BlindIndex(parts.host.keys, "id_number", person).value;
  return line;
}

// Whether the file is at fault, and not this process or its database.
bool FilesFault(const absl::Status& status) {
  return !ReasonOf(status).empty() &&
         (absl::IsInvalidArgument(status) || absl::IsOutOfRange(status) || ReasonOf(status) == "XLS_UNAVAILABLE");
}

}  // namespace

absl::StatusOr<std::string> ImportJob::Check() {
  cursor_ = ImportCursor::Parse(context_.job().cursor, "STAGE");
  if (import_.state() != v1::IMPORT_STATE_CHECKING) {
    return std::string();
  }
  if (cursor_.phase == "STAGE") {
    const absl::Status staged = Stage();
    if (!staged.ok()) {
      RETURN_IF_ERROR(FilesFault(staged) ? RefuseFile(staged) : staged);
      return std::string();
    }
  }
  if (cursor_.phase == "COMPARE") {
    RETURN_IF_ERROR(Compare());
  }
  if (cursor_.phase == "MISSING") {
    RETURN_IF_ERROR(FindMissing());
  }
  RETURN_IF_ERROR(FinishCheck());
  return std::string();
}

absl::Status ImportJob::Stage() {
  ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(std::make_unique<ChunkSource>(
                                    host_.database, parts_->sealer, parts_->shard, id_, import_.total_bytes())));
  ASSIGN_OR_RETURN(auto spec,
                   ingest::HeaderSpec::Load(absl::StrCat(book_.data_folder(), "/headers/",
                                                         absl::AsciiStrToLower(EnumText(import_.source())), ".csv")));
  ASSIGN_OR_RETURN(auto table, ingest::MappedTable::Open(std::move(reader), std::move(spec)));
  const int64_t resumed = cursor_.line;
  const bool header_done = resumed > 0;
  Behind writing;
  std::vector<StagedLine> batch;
  if (!header_done) {
    batch.push_back(HeaderLine(table));
  }
  int64_t rows = 0;
  const auto write = [&](const ImportCursor& next) {
    auto sealed = SealLines(*parts_->sealer, parts_->shard, id_, std::exchange(batch, {}));
    return writing.Start([this, next, sealed = std::move(sealed)] {
      return Chunk(next, [&](db::Transaction& tx) { return InsertLines(tx, sealed); });
    });
  };
  for (ingest::MappedRow row;;) {
    ASSIGN_OR_RETURN(const bool more, table.Next(&row));
    if (!more) {
      break;
    }
    ++rows;
    if (row.line <= resumed) {
      continue;
    }
    ASSIGN_OR_RETURN(batch.emplace_back(), StageRow(*parts_, table, row));
    if (batch.size() >= kStageRows) {
      RETURN_IF_ERROR(write({"STAGE", row.line}));
    }
  }
  if (rows == 0) {
    return Fail("FILE_EMPTY");
  }
  RETURN_IF_ERROR(write({"COMPARE", 0}));
  RETURN_IF_ERROR(writing.Wait());
  RETURN_IF_ERROR(host_.database.AnalyseNewTables());
  return LoadHeaders();
}

absl::Status ImportJob::RefuseFile(const absl::Status& status) {
  for (int64_t deleted = 1; deleted > 0;) {
    RETURN_IF_ERROR(Chunk(cursor_, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(deleted, DeleteLines(tx, id_, 5'000));
      return absl::OkStatus();
    }));
  }
  return Chunk(cursor_, [&](db::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(DeleteChunks(tx, id_));
    return Save(
        tx,
        [&](v1::Import& import) {
          import.set_state(v1::IMPORT_STATE_REFUSED);
          import.set_refusal(ReasonOf(status));
        },
        "CHECK");
  });
}

// Where the county stood when the comparison began: whether it is still true when the import is to be applied.
absl::Status ImportJob::NoteHead() {
  return Chunk(cursor_, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto header, LoadLine(tx, *parts_->sealer, parts_->shard, id_, kHeaderLine));
    if (!header.has_value()) {
      return absl::OkStatus();
    }
    (*header->staged.mutable_values())[std::string(kComparedFrom)] = absl::StrCat(tx.head().seq);
    return UpdateLine(tx, *parts_->sealer, id_, *header);
  });
}

absl::Status ImportJob::Compare() {
  if (cursor_.line == 0) {
    RETURN_IF_ERROR(NoteHead());
  }
  ASSIGN_OR_RETURN(const UnitIndex* index, Units());
  const bool many = KeyHasManyRows(import_.source());
  Behind writing;
  for (int64_t at = cursor_.line;;) {
    const auto units = index->Next(at, kCompareRows);
    if (units.empty()) {
      RETURN_IF_ERROR(writing.Wait());
      return Chunk({"MISSING", 0}, [](db::Transaction&) { return absl::OkStatus(); });
    }
    at = units.back().front();
    ASSIGN_OR_RETURN(std::vector<StagedLine> lines, LoadLines(units));
    bool entered = false;
    RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
      if (std::exchange(entered, true)) {  // the lines are used up: the job goes on at its cursor
        return Fail("HEAD_MOVED", {{"shard", parts_->shard}});
      }
      ImportRun run(tx, *parts_, true);
      std::vector<ImportUnit> of_roots = UnitsOf(units, &lines);
      RETURN_IF_ERROR(run.Prefetch(of_roots));
      for (ImportUnit& unit : of_roots) {
        MarkRepeats(many, unit);
        RETURN_IF_ERROR(run.Apply(unit));
      }
      return absl::OkStatus();
    }));
    const auto updates = std::make_shared<const LineUpdates>(*parts_->sealer, id_, std::move(lines));
    RETURN_IF_ERROR(writing.Start([this, at, updates] {
      return Chunk({"COMPARE", at}, [&](db::Transaction& tx) { return updates->Write(tx); });
    }));
  }
}

absl::Status ImportJob::FinishCheck() {
  ASSIGN_OR_RETURN(const Tally tally, Count());
  v1::ImportPreview preview;
  std::map<std::string, int64_t> codes;
  int64_t differing = 0;
  for (const auto& [what, count] : tally.counts) {
    const auto& [outcome, code] = what;
    const auto add = [&, &had = outcome, rows = count](std::string_view wanted,
                                                       int64_t (v1::ImportPreview::*get)() const,
                                                       void (v1::ImportPreview::*set)(int64_t)) {
      if (had == wanted) {
        (preview.*set)((preview.*get)() + rows);
      }
    };
    add("NEW", &v1::ImportPreview::new_rows, &v1::ImportPreview::set_new_rows);
    add("CHANGED", &v1::ImportPreview::changed, &v1::ImportPreview::set_changed);
    add("UNCHANGED", &v1::ImportPreview::unchanged, &v1::ImportPreview::set_unchanged);
    add("MISSING", &v1::ImportPreview::missing, &v1::ImportPreview::set_missing);
    add("ERROR", &v1::ImportPreview::errors, &v1::ImportPreview::set_errors);
    add("DUPLICATE", &v1::ImportPreview::duplicates, &v1::ImportPreview::set_duplicates);
    add("WEAK_MATCH", &v1::ImportPreview::weak_matches, &v1::ImportPreview::set_weak_matches);
    preview.set_rows(preview.rows() + (outcome == "MISSING" ? 0 : count));
    differing += code == "DUPLICATE_DIFFERS" ? count : 0;
    if (outcome == "ERROR" || outcome == "DUPLICATE") {
      codes[code] += count;
    }
  }
  std::vector<std::pair<std::string, int64_t>> sorted(codes.begin(), codes.end());
  absl::c_stable_sort(sorted, [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [code, count] : sorted) {
    auto* added = preview.add_error_codes();
    added->set_code(code);
    added->set_count(count);
  }
  const std::string guards_file = absl::StrCat(policy_folder_, "import_guards.csv");
  ASSIGN_OR_RETURN(const std::string guards_text, LoadFile(guards_file));
  ASSIGN_OR_RETURN(const auto guards, ParseGuards(guards_file, guards_text));
  for (const std::string& guard : GuardsThatHold(guards, import_.source(), preview, cursor_.attempt)) {
    preview.add_guards(guard);
  }
  for (const std::string_view header :
       absl::StrSplit(parts_->headers[std::string(kExtraHeaders)], '\n', absl::SkipEmpty())) {
    preview.add_ignored_headers(std::string(header));
  }
  const bool refused = import_.mode() != v1::IMPORT_MODE_PARTIAL && preview.errors() + differing > 0;
  return Chunk({"DONE", 0}, [&](db::Transaction& tx) -> absl::Status {
    if (refused) {
      RETURN_IF_ERROR(DeleteChunks(tx, id_));
    }
    return Save(
        tx,
        [&](v1::Import& import) {
          *import.mutable_preview() = preview;
          import.set_refusal(refused ? "IMPORT_HAS_ERRORS" : "");
          import.set_state(refused                     ? v1::IMPORT_STATE_REFUSED
                           : !preview.guards().empty() ? v1::IMPORT_STATE_HELD
                                                       : v1::IMPORT_STATE_READY);
        },
        "CHECK");
  });
}

}  // namespace ruraledu::registry
