#include "services/registry/import_store.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/root.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kLineColumns[] = {"shard",   "import_id", "line", "row_key",      "person_key",
                                             "outcome", "code",      "root", "root_version", "sealed"};

constexpr size_t kUpdatePage = 64;  // rows of one statement; smaller pages are powers of two: few texts are prepared

std::string LineContext(std::string_view import_id, int64_t line) {
  return absl::StrCat("import_row/", import_id, "/", line);
}

// Maps in the order of their keys, so that equal rows give equal texts.
std::string Deterministic(const v1::StagedRow& staged) {
  std::string text;
  google::protobuf::io::StringOutputStream out(&text);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  staged.SerializeToCodedStream(&coded);
  coded.Trim();
  return text;
}

absl::Status ReadStaged(const crypto::Sealer& sealer, std::string_view import_id, const std::string& sealed,
                        StagedLine* line) {
  if (sealed.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::string text, sealer.Open(sealed, LineContext(import_id, line->line)));
  if (!line->staged.ParseFromString(text)) {
    return absl::DataLossError("a staged row does not parse");
  }
  line->stored.staged = std::move(text);
  return absl::OkStatus();
}

StagedLine ReadLine(const db::Row& row) {
  StagedLine line{row.Int(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.Int(6)};
  line.stored = {.outcome = line.outcome, .code = line.code, .root = line.root, .root_version = line.root_version};
  return line;
}

// The text to be sealed, nullopt when the row holds it already. The values of a row never change, its faults and images
// do; only the header's values are added to.
std::optional<std::string> ChangedText(const StagedLine& line) {
  const bool settled = line.staged.faults().empty() && line.staged.befores().empty() && line.line != kHeaderLine;
  if (settled && line.staged.ByteSizeLong() == line.stored.staged.size()) {
    return std::nullopt;
  }
  std::string text = Deterministic(line.staged);
  return text == line.stored.staged ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

absl::StatusOr<bool> HasOpenBatch(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM import WHERE shard = $1 AND state = $2 LIMIT 1", shard,
                                               v1::ImportState_Name(v1::IMPORT_STATE_PARTLY_APPLIED)));
  return row.has_value();
}

absl::StatusOr<std::optional<std::string>> FindBatch(db::Transaction& tx, std::string_view shard,
                                                     v1::ImportSource source, std::string_view batch) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM import WHERE shard = $1 AND source = $2 AND batch = $3",
                                               shard, v1::ImportSource_Name(source), batch));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

absl::StatusOr<std::vector<db::Row>> ImportRows(db::Transaction& tx, std::string_view shard, std::string_view before,
                                                int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM import WHERE shard = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT "
      "$3",
      shard, before, limit);
}

absl::StatusOr<std::vector<v1::Import>> ClosedImports(db::Transaction& tx, std::string_view shard,
                                                      v1::ImportSource source) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT id, body, sealed, version FROM import WHERE shard = $1 AND source = $2 AND state = $3 ORDER BY id",
          shard, v1::ImportSource_Name(source), v1::ImportState_Name(v1::IMPORT_STATE_CLOSED)));
  std::vector<v1::Import> imports;
  for (const db::Row& row : rows) {
    v1::Import import;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kImports, row.Text(0), nullptr, &import));
    if (import.complete()) {
      imports.clear();
    }
    imports.push_back(std::move(import));
  }
  return imports;
}

std::string ChunkContext(std::string_view import_id, int64_t start) {
  return absl::StrCat("import_chunk/", import_id, "/", start);
}

absl::StatusOr<int64_t> ReceivedBytes(db::Transaction& tx, std::string_view shard, std::string_view import_id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT end_offset FROM import_chunk WHERE shard = $1 AND import_id = $2 "
                               "ORDER BY start_offset DESC LIMIT 1",
                               shard, import_id));
  return row.has_value() ? row->Int(0) : 0;
}

absl::StatusOr<std::optional<ImportChunk>> ChunkAt(db::Transaction& tx, std::string_view shard,
                                                   std::string_view import_id, int64_t start) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT start_offset, end_offset, digest, sealed FROM import_chunk WHERE shard = $1 AND "
                               "import_id = $2 AND start_offset <= $3 ORDER BY start_offset DESC LIMIT 1",
                               shard, import_id, start));
  if (!row.has_value() || row->Int(1) <= start) {
    return std::optional<ImportChunk>();
  }
  return std::optional(ImportChunk{row->Int(0), row->Int(1), row->Bytes(2), row->Bytes(3)});
}

absl::Status InsertChunk(db::Transaction& tx, std::string_view import_id, const ImportChunk& chunk) {
  return tx
      .Execute(
          "INSERT INTO import_chunk (shard, import_id, start_offset, end_offset, digest, sealed) VALUES ($1, $2, $3, "
          "$4, $5, $6)",
          tx.shard(), import_id, chunk.start, chunk.end, db::Blob{chunk.digest}, db::Blob{chunk.sealed})
      .status();
}

absl::Status DeleteChunks(db::Transaction& tx, std::string_view import_id) {
  return tx.Execute("DELETE FROM import_chunk WHERE shard = $1 AND import_id = $2", tx.shard(), import_id).status();
}

std::vector<std::vector<db::Value>> SealLines(const crypto::Sealer& sealer, std::string_view shard,
                                              std::string_view import_id, absl::Span<const StagedLine> lines) {
  std::vector<std::vector<db::Value>> rows;
  rows.reserve(lines.size());
  for (const StagedLine& line : lines) {
    rows.push_back({std::string(shard), std::string(import_id), line.line, line.row_key, line.person_key, line.outcome,
                    line.code, line.root, line.root_version,
                    db::Blob{sealer.Seal(Deterministic(line.staged), LineContext(import_id, line.line))}});
  }
  return rows;
}

absl::Status InsertLines(db::Transaction& tx, const std::vector<std::vector<db::Value>>& rows) {
  return rows.empty() ? absl::OkStatus() : tx.Bulk("import_row", kLineColumns, rows);
}

absl::Status UpdateLine(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view import_id,
                        const StagedLine& line) {
  return LineUpdates(sealer, import_id, {line}).Write(tx);
}

LineUpdates::LineUpdates(const crypto::Sealer& sealer, std::string_view import_id, std::vector<StagedLine> lines)
    : import_id_(import_id), lines_(std::move(lines)) {
  for (const StagedLine& line : lines_) {
    const StagedLine::Stored& stored = line.stored;
    const auto text = ChangedText(line);
    if (text.has_value()) {
      sealed_.push_back({&line, sealer.Seal(*text, LineContext(import_id, line.line))});
    } else if (line.outcome != stored.outcome || line.code != stored.code || line.root != stored.root) {
      plain_.push_back({&line, ""});
    } else if (line.root_version != stored.root_version) {
      if (!versions_.empty() && versions_.back().last == line.line - 1 &&
          versions_.back().version == line.root_version) {
        versions_.back().last = line.line;
      } else {
        versions_.push_back({line.line, line.line, line.root_version});
      }
    }
  }
}

absl::Status LineUpdates::WritePage(db::Transaction& tx, absl::Span<const Change> page, bool sealed) const {
  // The range of lines keeps every plan of the join within it, whatever is known of the table.
  const auto [first, last] = std::minmax_element(
      page.begin(), page.end(), [](const Change& a, const Change& b) { return a.line->line < b.line->line; });
  std::vector<db::Value> args = {tx.shard(), import_id_, first->line->line, last->line->line};
  const size_t fixed = args.size();
  std::string sql = absl::StrCat(
      "UPDATE import_row SET outcome = v.column2, code = v.column3, root = v.column4, root_version = v.column5",
      sealed ? ", sealed = v.column6" : "", " FROM (VALUES ");
  for (const Change& change : page) {
    absl::StrAppend(&sql, args.size() == fixed ? "" : ", ");
    const size_t before = args.size();
    args.insert(args.end(), {change.line->line, change.line->outcome, change.line->code, change.line->root,
                             change.line->root_version});
    if (sealed) {
      args.emplace_back(db::Blob{change.sealed});
    }
    for (size_t i = before + 1; i <= args.size(); ++i) {
      absl::StrAppend(&sql, i == before + 1 ? "(" : ", ", "$", i);
    }
    sql += ")";
  }
  sql +=
      ") AS v WHERE import_row.shard = $1 AND import_row.import_id = $2 AND import_row.line >= $3 AND import_row.line "
      "<= $4 AND "
      "import_row.line = v.column1";
  return tx.ExecuteValues(sql, std::move(args)).status();
}

absl::Status LineUpdates::Write(db::Transaction& tx) const {
  for (const auto* changes : {&plain_, &sealed_}) {
    for (absl::Span<const Change> rest = *changes; !rest.empty();) {
      const auto page = rest.first(std::min(kUpdatePage, std::bit_floor(rest.size())));
      RETURN_IF_ERROR(WritePage(tx, page, changes == &sealed_));
      rest.remove_prefix(page.size());
    }
  }
  for (const Versions& range : versions_) {
    RETURN_IF_ERROR(tx.Execute("UPDATE import_row SET root_version = $5 WHERE shard = $1 AND import_id = $2 AND "
                               "line >= $3 AND line <= $4",
                               tx.shard(), import_id_, range.first, range.last, range.version)
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StagedLine>> LoadLine(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   std::string_view shard, std::string_view import_id, int64_t number) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT line, row_key, person_key, outcome, code, root, root_version, sealed FROM import_row "
                  "WHERE shard = $1 AND import_id = $2 AND line = $3",
                  shard, import_id, number));
  if (!row.has_value()) {
    return std::optional<StagedLine>();
  }
  StagedLine line = ReadLine(*row);
  RETURN_IF_ERROR(ReadStaged(sealer, import_id, row->Bytes(7), &line));
  return std::optional(std::move(line));
}

absl::StatusOr<std::vector<StagedLine>> LinesBetween(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view shard, std::string_view import_id, int64_t first,
                                                     int64_t last) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT line, row_key, person_key, outcome, code, root, root_version, sealed FROM import_row "
               "WHERE shard = $1 AND import_id = $2 AND line >= $3 AND line <= $4 ORDER BY line",
               shard, import_id, first, last));
  std::vector<StagedLine> lines;
  for (const db::Row& row : rows) {
    lines.push_back(ReadLine(row));
    RETURN_IF_ERROR(ReadStaged(sealer, import_id, row.Bytes(7), &lines.back()));
  }
  return lines;
}

absl::StatusOr<std::vector<StagedLine>> LinesOfKey(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   std::string_view shard, std::string_view import_id,
                                                   std::string_view row_key) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT line, row_key, person_key, outcome, code, root, root_version, sealed FROM import_row "
               "WHERE shard = $1 AND import_id = $2 AND row_key = $3 ORDER BY line",
               shard, import_id, row_key));
  std::vector<StagedLine> lines;
  for (const db::Row& row : rows) {
    lines.push_back(ReadLine(row));
    RETURN_IF_ERROR(ReadStaged(sealer, import_id, row.Bytes(7), &lines.back()));
  }
  return lines;
}

absl::StatusOr<std::vector<StagedLine>> ListLines(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  std::string_view shard, std::string_view import_id,
                                                  std::string_view outcome, int64_t after, int64_t limit) {
  const std::string which = outcome.empty()  ? "outcome <> 'UNCHANGED'"
                            : outcome == "*" ? "outcome <> ''"
                                             : "outcome = $5";
  std::vector<db::Value> args = {std::string(shard), std::string(import_id), std::max(after, kHeaderLine), limit};
  if (!outcome.empty() && outcome != "*") {
    args.push_back(std::string(outcome));
  }
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.QueryValues(
          absl::StrCat("SELECT line, row_key, person_key, outcome, code, root, root_version, sealed FROM import_row "
                       "WHERE shard = $1 AND import_id = $2 AND line > $3 AND ",
                       which, " ORDER BY line LIMIT $4"),
          std::move(args)));
  std::vector<StagedLine> lines;
  for (const db::Row& row : rows) {
    lines.push_back(ReadLine(row));
    RETURN_IF_ERROR(ReadStaged(sealer, import_id, row.Bytes(7), &lines.back()));
  }
  return lines;
}

absl::StatusOr<std::vector<StagedLine>> ScanLines(db::Transaction& tx, std::string_view shard,
                                                  std::string_view import_id, int64_t after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT line, row_key, person_key, outcome, code, root, root_version FROM import_row "
                            "WHERE shard = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4",
                            shard, import_id, after, limit));
  std::vector<StagedLine> lines;
  for (const db::Row& row : rows) {
    lines.push_back(ReadLine(row));
  }
  return lines;
}

absl::Status DeleteLinesFrom(db::Transaction& tx, std::string_view import_id, int64_t line) {
  return tx
      .Execute("DELETE FROM import_row WHERE shard = $1 AND import_id = $2 AND line >= $3", tx.shard(), import_id, line)
      .status();
}

absl::StatusOr<int64_t> DeleteLines(db::Transaction& tx, std::string_view import_id, int64_t limit) {
  return tx.Execute(
      "DELETE FROM import_row WHERE shard = $1 AND import_id = $2 AND line IN "
      "(SELECT line FROM import_row WHERE shard = $1 AND import_id = $2 ORDER BY line LIMIT $3)",
      tx.shard(), import_id, limit);
}

absl::StatusOr<std::optional<ImportPlace>> LastLine(db::Transaction& tx, std::string_view shard,
                                                    const ImportPlace& after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT import_id, line FROM import_row WHERE shard = $1 AND (import_id, line) > ($2, $3) "
                            "ORDER BY import_id, line LIMIT $4",
                            shard, after.import_id, after.at, limit));
  return rows.empty() ? std::nullopt : std::optional(ImportPlace{rows.back().Text(0), rows.back().Int(1)});
}

absl::StatusOr<std::vector<SealedLine>> LinesUntil(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   const ImportPlace& after, const ImportPlace& until) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT line, row_key, person_key, outcome, code, root, root_version, sealed, import_id FROM import_row "
               "WHERE shard = $1 AND (import_id, line) > ($2, $3) AND (import_id, line) <= ($4, $5) "
               "ORDER BY import_id, line",
               tx.shard(), after.import_id, after.at, until.import_id, until.at));
  std::vector<SealedLine> lines;
  for (const db::Row& row : rows) {
    SealedLine& one = lines.emplace_back(SealedLine{row.Text(8), ReadLine(row)});
    one.old = !row.Bytes(7).empty() && sealer.NeedsReseal(row.Bytes(7));
    RETURN_IF_ERROR(ReadStaged(sealer, one.import_id, row.Bytes(7), &one.line));
  }
  return lines;
}

absl::Status ResealLine(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view import_id,
                        const StagedLine& line) {
  return tx
      .Execute(
          "UPDATE import_row SET row_key = $4, person_key = $5, sealed = $6 "
          "WHERE shard = $1 AND import_id = $2 AND line = $3",
          tx.shard(), import_id, line.line, line.row_key, line.person_key,
          db::Blob{sealer.Seal(Deterministic(line.staged), LineContext(import_id, line.line))})
      .status();
}

absl::StatusOr<std::optional<ImportPlace>> NextChunk(db::Transaction& tx, std::string_view shard,
                                                     const ImportPlace& after) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT import_id, start_offset FROM import_chunk WHERE shard = $1 AND "
                                               "(import_id, start_offset) > ($2, $3) "
                                               "ORDER BY import_id, start_offset LIMIT 1",
                                               shard, after.import_id, after.at));
  return row.has_value() ? std::optional(ImportPlace{row->Text(0), row->Int(1)}) : std::nullopt;
}

absl::StatusOr<bool> ResealChunk(db::Transaction& tx, const crypto::Sealer& sealer, const ImportPlace& chunk) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT sealed FROM import_chunk WHERE shard = $1 AND import_id = $2 AND "
                               "start_offset = $3",
                               tx.shard(), chunk.import_id, chunk.at));
  if (!row.has_value() || !sealer.NeedsReseal(row->Bytes(0))) {
    return false;
  }
  const std::string context = ChunkContext(chunk.import_id, chunk.at);
  ASSIGN_OR_RETURN(const std::string bytes, sealer.Open(row->Bytes(0), context));
  RETURN_IF_ERROR(tx.Execute("UPDATE import_chunk SET sealed = $4 WHERE shard = $1 AND import_id = $2 AND "
                             "start_offset = $3",
                             tx.shard(), chunk.import_id, chunk.at, db::Blob{sealer.Seal(bytes, context)})
                      .status());
  return true;
}

}  // namespace ruraledu::registry
