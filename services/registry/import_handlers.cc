#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "services/registry/handlers.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr size_t kChunkBytes = 1 << 20;
constexpr int64_t kFileBytes = int64_t{4} << 30;
constexpr size_t kBatchCharacters = 64;

// What every method on one import needs.
struct Target {
  std::string shard, id, county;
  std::shared_ptr<const crypto::Sealer> sealer;
};

absl::StatusOr<Target> TargetOf(const rpc::Host& host, const std::string& name) {
  Target target;
  ASSIGN_OR_RETURN(target.shard, rpc::ShardOf(name, "imports"));
  ASSIGN_OR_RETURN(target.sealer, host.keys.SealerOf(target.shard));
  target.id = std::string(feed::IdOfName(name));
  target.county = std::string(rpc::CountyOfParent(name));
  return target;
}

// Where a file works. There is one working-day calendar, the nation's: whoever may write one county only may not.
std::string_view AreaOf(const v1::Import& import, const Target& target) {
  return import.source() == v1::IMPORT_SOURCE_CALENDARS ? std::string_view() : std::string_view(target.county);
}

absl::StatusOr<v1::Import> LoadImport(rpc::Call& call, db::Transaction& tx, const Target& target,
                                      const std::string& name) {
  ASSIGN_OR_RETURN(auto import, feed::Load<v1::Import>(tx, *target.sealer, kImports, target.shard, target.id));
  if (!import.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(AreaOf(*import, target)));
  return *std::move(import);
}

// Adds what changes too often to be journalled: bytes received, rows applied so far.
absl::Status ShowProgress(db::Transaction& tx, const Target& target, v1::Import* import) {
  if (import->state() == v1::IMPORT_STATE_UPLOADING) {
    ASSIGN_OR_RETURN(const int64_t received, ReceivedBytes(tx, target.shard, target.id));
    import->set_received_bytes(received);
  } else if (import->state() == v1::IMPORT_STATE_PARTLY_APPLIED) {
    ASSIGN_OR_RETURN(const auto job, db::FindJob(tx, target.shard, feed::IdOfName(import->job())));
    import->set_applied_rows(job.has_value() ? job->done_units : 0);
  }
  return absl::OkStatus();
}

// Changes an import within a write handler.
template <typename Decide>
absl::StatusOr<v1::Import> Change(rpc::Call& call, const rpc::Host& host, const std::string& name,
                                  std::string_view cause, Decide decide) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(host, name));
  return rpc::Write(
      call, host.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::Import before, LoadImport(call, tx, target, name));
        v1::Import after = before;
        RETURN_IF_ERROR(decide(tx, target, before, after));
        feed::RootWriter writer(tx, *target.sealer, {call.caller().subject, call.call_id()});
        RETURN_IF_ERROR(writer.Put(kImports, &before, after, cause).status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::Import> {
        ASSIGN_OR_RETURN(v1::Import import, LoadImport(call, tx, target, written));
        RETURN_IF_ERROR(ShowProgress(tx, target, &import));
        return import;
      });
}

std::string JobName(const Target& target, std::string_view job) {
  return absl::StrCat("counties/", target.county, "/jobs/", job);
}

absl::Status CheckState(const v1::Import& import, std::initializer_list<v1::ImportState> allowed) {
  for (const v1::ImportState state : allowed) {
    if (import.state() == state) {
      return absl::OkStatus();
    }
  }
  return Fail("IMPORT_STATE", {{"state", EnumText(import.state())}});
}

// What the sender states, checked; the day on which the facts hold defaults to the first day of the school year or
// term, else to today.
absl::StatusOr<v1::Import> CheckNew(const v1::Import& wanted, const TermCalendar& terms, absl::CivilDay today) {
  v1::Import import;
  Violations violations;
  import.set_source(wanted.source());
  import.set_batch(wanted.batch());
  import.set_mode(wanted.mode() == v1::IMPORT_MODE_UNSPECIFIED ? v1::IMPORT_MODE_ALL_OR_NOTHING : wanted.mode());
  import.set_school_year(wanted.school_year());
  import.set_total_bytes(wanted.total_bytes());
  import.set_sha256(wanted.sha256());
  import.set_file_name(wanted.file_name());
  import.set_complete(wanted.complete());
  violations.Require(wanted.source() != v1::IMPORT_SOURCE_UNSPECIFIED && v1::ImportSource_IsValid(wanted.source()),
                     "import.source");
  violations.Require(!wanted.batch().empty(), "import.batch");
  if (wanted.batch().size() > kBatchCharacters) {
    violations.Add("import.batch", "FIELD_TOO_LONG", {{"limit", absl::StrCat(kBatchCharacters)}});
  }
  violations.Require(wanted.sha256().size() == crypto::kDigestBytes, "import.sha256");
  if (wanted.total_bytes() < 1 || wanted.total_bytes() > kFileBytes) {
    violations.Add("import.total_bytes", "NUMBER_RANGE", {{"low", "1"}, {"high", absl::StrCat(kFileBytes)}});
  }
  absl::CivilDay facts_on = today;
  if (const auto term = ParseTerm(wanted.school_year()); term.ok()) {
    facts_on = terms.FirstDay(*term);
  } else if (const auto year = ParseSchoolYear(wanted.school_year()); year.ok()) {
    facts_on = terms.FirstDay(Term{*year, Season::kAutumn});
  } else if (!wanted.school_year().empty()) {
    violations.Add("import.school_year", "SCHOOL_YEAR_FORMAT");
  }
  if (!wanted.facts_on().empty() && !ParseDay(wanted.facts_on(), &facts_on)) {
    violations.Add("import.facts_on", "DATE_INVALID");
  }
  import.set_facts_on(DayText(facts_on));
  import.set_state(v1::IMPORT_STATE_UPLOADING);
  RETURN_IF_ERROR(violations.status());
  return import;
}

}  // namespace

absl::StatusOr<v1::Import> Handlers::CreateImport(rpc::Call& call, const v1::CreateImportRequest& request) {
  ASSIGN_OR_RETURN(v1::Import wanted, CheckNew(request.import(), reference_.Get()->terms, call.clock().Today()));
  const std::string fresh = absl::StrCat(request.parent(), "/imports/", NewId(call.clock()));
  ASSIGN_OR_RETURN(const Target target, TargetOf(host_, fresh));
  RETURN_IF_ERROR(call.CheckArea(AreaOf(wanted, target)));
  wanted.set_started_by(call.caller().subject);
  return rpc::Write(
      call, host_.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto known, FindBatch(tx, target.shard, wanted.source(), wanted.batch()));
        if (known.has_value()) {
          ASSIGN_OR_RETURN(const auto import,
                           feed::Load<v1::Import>(tx, *target.sealer, kImports, target.shard, *known));
          return import->sha256() == wanted.sha256()
                     ? absl::StatusOr<rpc::Written>(rpc::Written{import->name(), tx.head().seq})
                     : Fail("DUPLICATE_BATCH", {{"name", import->name()}});
        }
        v1::Import made = wanted;
        made.set_name(fresh);
        feed::RootWriter writer(tx, *target.sealer, {call.caller().subject, call.call_id()});
        RETURN_IF_ERROR(writer.Put(kImports, nullptr, made, "CREATE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{fresh, version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::Import> {
        Target found = target;
        found.id = std::string(feed::IdOfName(name));
        ASSIGN_OR_RETURN(v1::Import import, LoadImport(call, tx, found, name));
        RETURN_IF_ERROR(ShowProgress(tx, found, &import));
        return import;
      });
}

absl::StatusOr<v1::UploadChunkResponse> Handlers::UploadChunk(rpc::Call& call, const v1::UploadChunkRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(host_, request.name()));
  if (request.data().size() > kChunkBytes) {
    return Fail("CHUNK_TOO_LARGE", {{"limit", absl::StrCat(kChunkBytes)}});
  }
  if (crypto::Sha256({request.data()}) != request.sha256()) {
    return Fail("CHUNK_DIGEST");
  }
  const int64_t end = request.offset() + static_cast<int64_t>(request.data().size());
  const ImportChunk chunk{request.offset(), end, request.sha256(),
                          target.sealer->Seal(request.data(), ChunkContext(target.id, request.offset()))};
  return rpc::Write(
      call, host_.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::Import import, LoadImport(call, tx, target, request.name()));
        if (import.state() != v1::IMPORT_STATE_UPLOADING) {
          return Fail("UPLOAD_CLOSED");
        }
        ASSIGN_OR_RETURN(const auto known, ChunkAt(tx, target.shard, target.id, request.offset()));
        const bool repeated = known.has_value() && known->start == chunk.start && known->digest == chunk.digest;
        ASSIGN_OR_RETURN(const int64_t received, ReceivedBytes(tx, target.shard, target.id));
        if (!repeated && (request.offset() != received || end > import.total_bytes())) {
          return Fail("CHUNK_OFFSET", {{"expected", absl::StrCat(received)}});
        }
        if (!repeated) {
          RETURN_IF_ERROR(InsertChunk(tx, target.id, chunk));
        }
        return rpc::Written{request.name(), tx.head().seq};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::UploadChunkResponse> {
        v1::UploadChunkResponse response;
        ASSIGN_OR_RETURN(const int64_t received, ReceivedBytes(tx, target.shard, target.id));
        response.set_received_bytes(received);
        return response;
      });
}

absl::StatusOr<v1::Import> Handlers::CommitUpload(rpc::Call& call, const v1::CommitUploadRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(host_, request.name()));
  // The digest of the whole file is work for longer than a transaction may last; chunks never change once they are
  // stored.
  crypto::Sha256Stream digest;
  int64_t received = 0;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const auto chunk,
        host_.database.Read([&](db::Transaction& tx) { return ChunkAt(tx, target.shard, target.id, received); },
                            {.deadline = call.deadline()}));
    more = chunk.has_value();
    if (more) {
      ASSIGN_OR_RETURN(const std::string bytes,
                       target.sealer->Open(chunk->sealed, ChunkContext(target.id, chunk->start)));
      digest.Update(bytes);
      received = chunk->end;
    }
  }
  const std::string sha256 = digest.Finish();
  return Change(call, host_, request.name(), "COMMIT",
                [&](db::Transaction& tx, const Target&, const v1::Import& before, v1::Import& after) -> absl::Status {
                  if (before.state() != v1::IMPORT_STATE_UPLOADING) {
                    return Fail("UPLOAD_CLOSED");
                  }
                  ASSIGN_OR_RETURN(const int64_t now, ReceivedBytes(tx, target.shard, target.id));
                  if (now != received || received != before.total_bytes()) {
                    return Fail("IMPORT_INCOMPLETE", {{"received", absl::StrCat(received)},
                                                      {"expected", absl::StrCat(before.total_bytes())}});
                  }
                  if (sha256 != before.sha256()) {
                    return Fail("IMPORT_DIGEST");
                  }
                  after.set_state(v1::IMPORT_STATE_CHECKING);
                  after.set_received_bytes(received);
                  ASSIGN_OR_RETURN(const std::string job, InsertImportJob(tx, kImportCheckJob, call.caller().subject,
                                                                          target.county, target.id));
                  after.set_job(JobName(target, job));
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Import> Handlers::ApplyImport(rpc::Call& call, const v1::ApplyImportRequest& request) {
  return Change(
      call, host_, request.name(), "APPLY",
      [&](db::Transaction& tx, const Target& target, const v1::Import& before, v1::Import& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        RETURN_IF_ERROR(CheckState(before, {v1::IMPORT_STATE_READY, v1::IMPORT_STATE_HELD}));
        for (const std::string& guard : before.preview().guards()) {
          const auto& given = request.override_guards();
          if (std::find(given.begin(), given.end(), guard) == given.end()) {
            return Fail("IMPORT_HELD", {{"guard", guard}});
          }
        }
        after.set_state(v1::IMPORT_STATE_PARTLY_APPLIED);
        ASSIGN_OR_RETURN(const std::string job,
                         InsertImportJob(tx, kImportApplyJob, call.caller().subject, target.county, target.id));
        after.set_job(JobName(target, job));
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::Import> Handlers::WithdrawImport(rpc::Call& call, const v1::WithdrawImportRequest& request) {
  // Until it is done the county is between two states: runs refuse BATCH_OPEN as while a batch is being applied.
  return Change(
      call, host_, request.name(), "WITHDRAW",
      [&](db::Transaction& tx, const Target& target, const v1::Import& before, v1::Import& after) -> absl::Status {
        RETURN_IF_ERROR(CheckState(before, {v1::IMPORT_STATE_CLOSED}));
        // Free text may name somebody: it rests sealed with the import, outside of the journal.
        ASSIGN_OR_RETURN(auto header, LoadLine(tx, *target.sealer, target.shard, target.id, kHeaderLine));
        if (header.has_value()) {
          (*header->staged.mutable_values())[std::string(kWithdrawalReason)] = request.reason();
          RETURN_IF_ERROR(UpdateLine(tx, *target.sealer, target.id, *header));
        }
        after.set_state(v1::IMPORT_STATE_PARTLY_APPLIED);
        ASSIGN_OR_RETURN(const std::string job,
                         InsertImportJob(tx, kImportWithdrawJob, call.caller().subject, target.county, target.id));
        after.set_job(JobName(target, job));
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::Import> Handlers::GetImport(rpc::Call& call, const v1::GetImportRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(host_, request.name()));
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::Import> {
        ASSIGN_OR_RETURN(v1::Import import, LoadImport(call, tx, target, request.name()));
        RETURN_IF_ERROR(ShowProgress(tx, target, &import));
        return import;
      },
      {.deadline = call.deadline()});
}

absl::StatusOr<v1::ListImportsResponse> Handlers::ListImports(rpc::Call& call, const v1::ListImportsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string before, rpc::PageAfter(filter, request.page_token()));
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::ListImportsResponse> {
        ASSIGN_OR_RETURN(const auto rows, ImportRows(tx, shard, before, size + 1));
        v1::ListImportsResponse response;
        for (const db::Row& row : rows) {
          if (response.imports_size() == size) {
            response.set_next_page_token(rpc::PageToken(
                filter, {std::string(feed::IdOfName(response.imports(static_cast<int>(size) - 1).name()))}));
            break;
          }
          RETURN_IF_ERROR(feed::ReadRoot(row, 1, kImports, row.Text(0), nullptr, response.add_imports()));
        }
        return response;
      },
      {.deadline = call.deadline()});
}

namespace {

// Reasons have texts; what a row came to (EXACT, NOT_A_PUPIL) has none.
bool IsReason(std::string_view code) {
  const auto& reasons = Reasons();
  return std::any_of(reasons.begin(), reasons.end(), [&](const ReasonInfo& info) { return info.reason == code; });
}

void ShowLine(const StagedLine& line, bool originals, v1::ListImportRowsResponse* response) {
  const auto add = [&](const v1::RowFault& fault) {
    v1::ImportRow* row = response->add_rows();
    row->set_line(line.line < kMissingBase ? line.line : 0);
    row->set_outcome(line.outcome);
    row->set_root(line.root);
    row->set_column(fault.column());
    row->set_code(fault.code());
    if (IsReason(fault.code())) {
      row->set_message(EnglishText(fault.code()));
      row->set_message_zh(ChineseText(fault.code()));
    }
    if (originals) {
      row->set_original(fault.original());
    }
  };
  if (line.staged.faults().empty()) {
    v1::RowFault whole;
    whole.set_code(line.code);
    add(whole);
    return;
  }
  for (const v1::RowFault& fault : line.staged.faults()) {
    add(fault);
  }
}

}  // namespace

absl::StatusOr<v1::ListImportRowsResponse> Handlers::ListImportRows(rpc::Call& call,
                                                                    const v1::ListImportRowsRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(host_, request.name()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  int64_t after = 0;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, rpc::PageKey(filter, request.page_token(), 1));
    if (!absl::SimpleAtoi(key[0], &after)) {
      return Fail("PAGE_TOKEN");
    }
  }
  if (request.with_originals()) {
    RETURN_IF_ERROR(AllowUnmask(call, "registry.imports.originals", target.county, request.name()));
  }
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::ListImportRowsResponse> {
        RETURN_IF_ERROR(LoadImport(call, tx, target, request.name()).status());
        ASSIGN_OR_RETURN(const auto lines,
                         ListLines(tx, *target.sealer, target.shard, target.id, request.outcome(), after, size + 1));
        v1::ListImportRowsResponse response;
        for (size_t i = 0; i < lines.size(); ++i) {
          if (static_cast<int64_t>(i) == size) {
            response.set_next_page_token(rpc::PageToken(filter, {absl::StrCat(lines[i - 1].line)}));
            break;
          }
          ShowLine(lines[i], request.with_originals(), &response);
        }
        return response;
      },
      {.deadline = call.deadline()});
}

}  // namespace ruraledu::registry
