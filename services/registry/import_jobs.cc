#include "services/registry/import_jobs.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/crypto/blind_index.h"
#include "common/domain/load_file.h"
#include "common/domain/shard.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kScanPage = 10'000;

absl::StatusOr<std::string> Run(const rpc::Host& host, ReferenceBook& book, db::JobContext& context,
                                absl::StatusOr<std::string> (ImportJob::*function)()) {
  ASSIGN_OR_RETURN(const auto job, ImportJob::Open(host, book, context));
  return (*job.*function)();
}

}  // namespace

void RegisterImportJobs(db::JobEngine& engine, const rpc::Host& host, ReferenceBook& book) {
  const auto add = [&](std::string_view kind, absl::StatusOr<std::string> (ImportJob::*function)()) {
    engine.Register(std::string(kind),
                    [&host, &book, function](db::JobContext& context) { return Run(host, book, context, function); });
  };
  add(kImportCheckJob, &ImportJob::Check);
  add(kImportApplyJob, &ImportJob::Apply);
  add(kImportWithdrawJob, &ImportJob::Withdraw);
}

absl::StatusOr<std::string> InsertImportJob(db::Transaction& tx, std::string_view kind, std::string_view subject,
                                            std::string_view county, std::string_view import_id) {
  db::JobRow job;
  job.id = NewId(tx.clock());
  job.kind = std::string(kind);
  job.input = std::string(import_id);
  job.subject = std::string(subject);
  job.area = std::string(county);
  RETURN_IF_ERROR(db::InsertJob(tx, job));
  return job.id;
}

std::string ImportCursor::Text() const {
  return absl::StrCat(phase, "|", line, "|", attempt);
}

ImportCursor ImportCursor::Parse(std::string_view text, std::string_view first_phase) {
  ImportCursor cursor{std::string(first_phase)};
  const std::vector<std::string_view> parts = absl::StrSplit(text, '|');
  if (parts.size() == 3) {
    cursor.phase = std::string(parts[0]);
    (void)absl::SimpleAtoi(parts[1], &cursor.line);
    (void)absl::SimpleAtoi(parts[2], &cursor.attempt);
  }
  return cursor;
}

absl::uint128 BinaryIndex(std::string_view index) {
  uint64_t high = 0, low = 0;
  (void)absl::SimpleHexAtoi(index.substr(0, 16), &high);
  (void)absl::SimpleHexAtoi(index.substr(16), &low);
  return absl::MakeUint128(high, low);
}

absl::Status EachLine(db::Database& database, std::string_view shard, std::string_view import_id,
                      absl::FunctionRef<void(const StagedLine&)> visit) {
  for (int64_t after = 0, got = kScanPage; got == kScanPage;) {
    ASSIGN_OR_RETURN(const auto page, database.Read([&](db::Transaction& tx) {
      return ScanLines(tx, shard, import_id, after, kScanPage);
    }));
    got = static_cast<int64_t>(page.size());
    for (const StagedLine& line : page) {
      after = line.line;
      visit(line);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<UnitIndex> UnitIndex::Load(db::Database& database, std::string_view shard, std::string_view import_id) {
  std::vector<std::pair<absl::uint128, int64_t>> keys;  // a blind index is 16 bytes in hexadecimal digits
  RETURN_IF_ERROR(EachLine(database, shard, import_id, [&](const StagedLine& line) {
    if (!line.row_key.empty() && line.line < kMissingBase) {
      keys.emplace_back(BinaryIndex(line.row_key), line.line);
    }
  }));
  std::sort(keys.begin(), keys.end());
  std::vector<std::pair<int64_t, std::pair<size_t, size_t>>> units;  // first line, range in keys
  for (size_t from = 0; from < keys.size();) {
    size_t to = from + 1;
    while (to < keys.size() && keys[to].first == keys[from].first) {
      ++to;
    }
    units.push_back({keys[from].second, {from, to}});
    from = to;
  }
  std::sort(units.begin(), units.end());
  UnitIndex index;
  for (const auto& [first, range] : units) {
    index.starts_.push_back(index.lines_.size());
    for (size_t i = range.first; i < range.second; ++i) {
      index.lines_.push_back(keys[i].second);
    }
  }
  return index;
}

std::vector<std::vector<int64_t>> UnitIndex::Next(int64_t after, size_t rows) const {
  const auto begin =
      std::partition_point(starts_.begin(), starts_.end(), [&](size_t start) { return lines_[start] <= after; });
  std::vector<std::vector<int64_t>> units;
  size_t count = 0;
  for (auto at = begin; at != starts_.end() && count < rows; ++at) {
    const size_t to = at + 1 == starts_.end() ? lines_.size() : *(at + 1);
    units.emplace_back(lines_.begin() + static_cast<int64_t>(*at), lines_.begin() + static_cast<int64_t>(to));
    count += to - *at;
  }
  return units;
}

absl::StatusOr<const UnitIndex*> ImportJob::Units() {
  if (!units_.has_value()) {
    ASSIGN_OR_RETURN(units_, UnitIndex::Load(host_.database, parts_->shard, id_));
  }
  return &*units_;
}

ImportFacts FactsOf(const v1::Import& import, const Reference& reference) {
  ImportFacts facts{.source = import.source(),
                    .county = std::string(rpc::CountyOfParent(import.name())),
                    .evidence = import.batch(),
                    .import_id = std::string(feed::IdOfName(import.name()))};
  ParseDay(import.facts_on(), &facts.facts_on);
  facts.school_year = import.school_year().empty() ? reference.terms.SchoolYearOf(facts.facts_on).text()
                                                   : import.school_year().substr(0, 9);
  return facts;
}

absl::StatusOr<std::unique_ptr<ImportJob>> ImportJob::Open(const rpc::Host& host, ReferenceBook& book,
                                                           db::JobContext& context) {
  std::unique_ptr<ImportJob> job(new ImportJob(host, book, context));
  const std::string& shard = context.job().shard;
  job->id_ = context.job().input;
  job->policy_folder_ = absl::StrCat(book.data_folder(), "/../policies/registry/");
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(auto import, host.database.Read([&](db::Transaction& tx) {
    return feed::Load<v1::Import>(tx, *sealer, kImports, shard, job->id_);
  }));
  if (!import.has_value()) {
    return Fail("NOT_FOUND", {{"name", job->id_}});
  }
  job->import_ = *std::move(import);
  const std::string weights_file = absl::StrCat(job->policy_folder_, "identity_match.csv");
  ASSIGN_OR_RETURN(const std::string weights_text, LoadFile(weights_file));
  ASSIGN_OR_RETURN(const MatchWeights weights, MatchWeights::Parse(weights_file, weights_text));
  const auto reference = book.Get();
  job->parts_.reset(new ImportParts{.host = host,
                                    .reference = reference,
                                    .sealer = sealer,
                                    .weights = weights,
                                    .facts = FactsOf(job->import_, *reference),
                                    .shard = shard,
                                    .actor = absl::StrCat("job:", context.job().id)});
  RETURN_IF_ERROR(job->LoadHeaders());
  if (job->import_.source() == v1::IMPORT_SOURCE_DISABLED_FEDERATION) {
    RETURN_IF_ERROR(job->FindParents());
  }
  return job;
}

absl::Status ImportJob::ReloadReference() {
  const bool reference =
      import_.source() == v1::IMPORT_SOURCE_VILLAGES || import_.source() == v1::IMPORT_SOURCE_CALENDARS;
  return reference ? book_.Reload() : absl::OkStatus();
}

absl::Status ImportJob::LoadHeaders() {
  ASSIGN_OR_RETURN(const auto line, host_.database.Read([&](db::Transaction& tx) {
    return LoadLine(tx, *parts_->sealer, parts_->shard, id_, kHeaderLine);
  }));
  if (line.has_value()) {
    parts_->headers = {line->staged.values().begin(), line->staged.values().end()};
  }
  return absl::OkStatus();
}

// Whose children are at school here. A student that changes meanwhile is looked at again when its turn comes.
absl::Status ImportJob::FindParents() {
  for (std::string after;;) {
    ASSIGN_OR_RETURN(const auto rows, host_.database.Read([&](db::Transaction& tx) {
      return PupilRows(tx, parts_->shard, after, 1'000);
    }));
    if (rows.empty()) {
      return absl::OkStatus();
    }
    for (const db::Row& row : rows) {
      after = row.Text(0);
      v1::Student student;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kStudents, after, parts_->sealer.get(), &student));
      for (const v1::Guardian& guardian : student.guardians()) {
        if (!guardian.id_number().empty()) {
          for (const auto& index : crypto::BlindIndexes(host_.keys, "id_number", guardian.id_number())) {
            parts_->parents[index.value].push_back(after);
          }
        }
      }
    }
  }
}

absl::Status ImportJob::Chunk(const ImportCursor& next, const std::function<absl::Status(db::Transaction&)>& body) {
  RETURN_IF_ERROR(context_.CheckGoOn());
  const int64_t done = next.line < kMissingBase ? next.line : context_.job().done_units;
  RETURN_IF_ERROR(context_.Chunk(body, next.Text(), done, std::max(done, context_.job().total_units)));
  cursor_ = next;
  return absl::OkStatus();
}

absl::Status ImportJob::Save(db::Transaction& tx, const std::function<void(v1::Import&)>& change,
                             std::string_view cause) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Import>(tx, *parts_->sealer, kImports, parts_->shard, id_));
  v1::Import after = *before;
  change(after);
  feed::RootWriter writer(tx, *parts_->sealer, {parts_->actor, id_});
  RETURN_IF_ERROR(writer.Put(kImports, &*before, after, cause).status());
  return writer.Finish().status();
}

absl::StatusOr<std::vector<StagedLine>> ImportJob::LoadLines(const std::vector<std::vector<int64_t>>& units) const {
  size_t rows = 0;
  int64_t first = kMissingBase, last = 0;
  for (const std::vector<int64_t>& unit : units) {
    rows += unit.size();
    first = std::min(first, unit.front());
    last = std::max(last, unit.back());
  }
  // Units mostly lie together: then one statement reads them all.
  const bool together = last - first < static_cast<int64_t>(rows) * 2;
  return host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<StagedLine>> {
    absl::flat_hash_map<int64_t, StagedLine> read;
    if (together) {
      ASSIGN_OR_RETURN(auto between, LinesBetween(tx, *parts_->sealer, parts_->shard, id_, first, last));
      if (rows == units.size() && rows == between.size()) {  // one row each: they are in order
        return between;
      }
      for (StagedLine& line : between) {
        read.emplace(line.line, std::move(line));
      }
    }
    std::vector<StagedLine> lines;
    for (const std::vector<int64_t>& unit : units) {
      for (const int64_t number : unit) {
        if (const auto found = read.find(number); found != read.end()) {
          lines.push_back(std::move(found->second));
          continue;
        }
        ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, number));
        lines.push_back(line.has_value() ? *std::move(line) : StagedLine{.line = number, .outcome = "ERROR"});
      }
    }
    return lines;
  });
}

}  // namespace ruraledu::registry
