// Mirror of the national system: exports, their files, feedbacks, differences.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "common/rpc/table_stream.h"
#include "ruraledu/student_aid/v1/mirror_job.pb.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/mirror_rules.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmaskMirror = "student_aid.mirror.unmask";
constexpr int64_t kRowsPerRead = 1000;

template <typename M>
std::string AreaOf(const M& root) {
  return root.area();
}

const rpc::RootKind<v1::MirrorEntry> kEntry{kMirrorEntries, AreaOf<v1::MirrorEntry>, nullptr};

// POLICY_SET_UNKNOWN, POLICY_MISSING for a layout that does not hold in the term.
absl::StatusOr<const v1::MirrorLayout*> LayoutIn(const MirrorBook& mirror, const std::string& name, const Term& term) {
  const v1::MirrorLayout* layout = mirror.Find(name);
  if (layout == nullptr) {
    return Fail("POLICY_SET_UNKNOWN", {{"name", name}});
  }
  return HoldsIn(*layout, term) ? absl::StatusOr<const v1::MirrorLayout*>(layout)
                                : Fail("POLICY_MISSING", {{"region", name}, {"term", term.text()}});
}

// Takes the place of the export before it. MIRROR_EXPORT_OPEN while that one is being made, or has differences that
// nobody worked off.
absl::Status Replace(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& id,
                     feed::RootWriter* writer) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::MirrorExport>(tx, sealer, kMirrorExports, tx.shard(), id));
  ASSIGN_OR_RETURN(const auto job, db::FindJob(tx, tx.shard(), feed::IdOfName(before->job())));
  const bool running = before->state() == v1::MIRROR_EXPORT_STATE_RUNNING && job.has_value() &&
                       job->state != db::JobState::kFailed && job->state != db::JobState::kCancelled;
  ASSIGN_OR_RETURN(const int64_t open, OpenDifferencesOf(tx, tx.shard(), id));
  if (running || open > 0) {
    return Fail("MIRROR_EXPORT_OPEN", {{"name", before->name()}, {"open", absl::StrCat(open)}});
  }
  v1::MirrorExport after = *before;
  RETURN_IF_ERROR(StepExport("replace", &after));
  return writer->Put(kMirrorExports, &*before, after, "REPLACE").status();
}

v1::MirrorExport NewExport(const v1::CreateMirrorExportRequest& request, const v1::MirrorLayout& layout,
                           const std::string& id, int32_t number, const std::string& person) {
  const std::string county(rpc::CountyOfParent(request.parent()));
  v1::MirrorExport made;
  made.set_name(absl::StrCat(request.parent(), "/", kMirrorExports.collection, "/", id));
  made.set_area(county);
  made.set_term(request.term());
  made.set_layout(layout.name());
  made.set_layout_digest(layout.digest());
  *made.mutable_columns() = layout.columns();
  made.set_basis(request.basis() == v1::MIRROR_BASIS_PAID ? v1::MIRROR_BASIS_PAID : v1::MIRROR_BASIS_GRANTED);
  made.set_number(number);
  made.set_reference(MirrorReference(county, request.term(), layout.name(), number));
  made.set_state(v1::MIRROR_EXPORT_STATE_RUNNING);
  made.set_made_by(person);
  made.set_job(absl::StrCat(request.parent(), "/jobs/", id));
  return made;
}

// Writes the rows as they were frozen. ERASED when one of them was, since the file cannot be the same any more.
absl::Status WriteRows(const rpc::Host& host, const v1::MirrorExport& exported, ingest::TableWriter& writer) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(exported.name()));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const std::string id(feed::IdOfName(exported.name()));
  std::string after, digest = exported.layout_digest();
  for (int64_t written = 0; written < exported.rows();) {
    ASSIGN_OR_RETURN(const auto rows, host.database.Read([&](db::Transaction& tx) {
      return EntriesOf(tx, shard, id, after, std::min(kRowsPerRead, exported.rows() - written));
    }));
    if (rows.empty()) {
      return absl::DataLossError("rows of an export are missing");
    }
    for (const db::Row& row : rows) {
      v1::MirrorEntry entry;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kMirrorEntries, row.Text(0), sealer.get(), &entry));
      if (entry.cells_size() != exported.columns_size()) {
        return Fail("ERASED", {{"name", entry.name()}});
      }
      digest = MirrorDigest(host.keys, digest, entry);
      RETURN_IF_ERROR(writer.Write(rpc::OutCellsOf(entry.cells())));
    }
    written += static_cast<int64_t>(rows.size());
    after = rows.back().Text(0);
  }
  if (exported.rows() > 0 && crypto::Hex(digest) != exported.digest()) {
    return absl::DataLossError("the rows of an export are not those that were frozen");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ListMirrorLayoutsResponse> Handlers::ListMirrorLayouts(rpc::Call&,
                                                                          const v1::ListMirrorLayoutsRequest& request) {
  v1::ListMirrorLayoutsResponse response;
  if (request.term().empty()) {
    response.mutable_layouts()->Assign(mirror_.layouts().begin(), mirror_.layouts().end());
    return response;
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  for (const v1::MirrorLayout& layout : mirror_.layouts()) {
    if (HoldsIn(layout, term)) {
      *response.add_layouts() = layout;
    }
  }
  return response;
}

absl::StatusOr<v1::MirrorExport> Handlers::CreateMirrorExport(rpc::Call& call,
                                                              const v1::CreateMirrorExportRequest& request) {
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  ASSIGN_OR_RETURN(const v1::MirrorLayout* const layout, LayoutIn(mirror_, request.layout(), term));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string id = NewId(call.clock());
  const Act act = ActOf(call);
  v1::MirrorExportPlan plan;
  plan.set_export_name(absl::StrCat(request.parent(), "/", kMirrorExports.collection, "/", id));
  *plan.mutable_after() = OfRegistry(request.after());
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        RETURN_IF_ERROR(call.CheckArea(shard.substr(1)));
        RETURN_IF_ERROR(NoOpenBatch(shared_, request.parent(), plan.after())(tx));
        ASSIGN_OR_RETURN(const StandingExport standing, FindStandingExport(tx, shard, request.term(), layout->name()));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        if (!standing.id.empty()) {
          RETURN_IF_ERROR(Replace(tx, *sealer, standing.id, &writer));
        }
        const v1::MirrorExport made =
            NewExport(request, *layout, id, static_cast<int32_t>(standing.before + 1), act.person);
        RETURN_IF_ERROR(db::InsertJob(tx, {.shard = shard,
                                           .id = id,
                                           .kind = std::string(kMirrorExportJob),
                                           .input = plan.SerializeAsString(),
                                           .subject = call.caller().subject,
                                           .area = shard.substr(1)}));
        RETURN_IF_ERROR(writer.Put(kMirrorExports, nullptr, made, "CREATE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{made.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::MirrorExport> {
        ASSIGN_OR_RETURN(auto made,
                         feed::Load<v1::MirrorExport>(tx, *sealer, kMirrorExports, shard, feed::IdOfName(name)));
        RETURN_IF_ERROR(call.CheckArea(made->area()));
        return *std::move(made);
      });
}

absl::StatusOr<v1::MirrorExport> Handlers::GetMirrorExport(rpc::Call& call, const v1::GetMirrorExportRequest& request) {
  return rpc::GetRoot<v1::MirrorExport>(call, host_, kMirrorExports, request.name(), AreaOf<v1::MirrorExport>);
}

absl::StatusOr<v1::ListMirrorExportsResponse> Handlers::ListMirrorExports(rpc::Call& call,
                                                                          const v1::ListMirrorExportsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"term"}};
  if (!request.term().empty()) {
    RETURN_IF_ERROR(ParseTerm(request.term()).status());
    spec.equal.emplace_back("term", request.term());
  }
  return rpc::ListRoots<v1::MirrorExport, v1::ListMirrorExportsRequest, v1::ListMirrorExportsResponse>(
      call, host_, kMirrorExports, spec, request, &v1::ListMirrorExportsResponse::mutable_exports);
}

absl::StatusOr<rpc::ReportStream> Handlers::ExportMirrorFile(rpc::Call& call,
                                                             const v1::ExportMirrorFileRequest& request) {
  ASSIGN_OR_RETURN(const auto exported, rpc::GetRoot<v1::MirrorExport>(call, host_, kMirrorExports, request.name(),
                                                                       AreaOf<v1::MirrorExport>));
  if (exported.state() == v1::MIRROR_EXPORT_STATE_RUNNING) {
    return Fail("STATE_TRANSITION",
                {{"machine", kMirrorExportStates.name()}, {"from", EnumText(exported.state())}, {"event", "export"}});
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskMirror, exported.area(), exported.name()));
  std::vector<std::string> header;
  for (const v1::MirrorColumn& column : exported.columns()) {
    header.push_back(column.heading());
  }
  return rpc::StreamTable(exported.reference(), request.format(), header,
                          [&](ingest::TableWriter& writer) { return WriteRows(host_, exported, writer); });
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ImportMirrorFeedback(rpc::Call& call,
                                                                       const v1::ImportMirrorFeedbackRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kMirrorExports.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  // Settles the area, for replays too.
  RETURN_IF_ERROR(
      rpc::GetRoot<v1::MirrorExport>(call, host_, kMirrorExports, request.name(), AreaOf<v1::MirrorExport>).status());
  v1::MirrorFeedbackPlan plan;
  plan.set_export_name(request.name());
  plan.set_file(request.file());
  plan.set_person(ActOf(call).person);
  return rpc::StartJob(shared_, call, absl::StrCat("counties/", shard.substr(1)), kMirrorAnswerJob, plan,
                       [&](db::Transaction& tx) -> absl::Status {
                         ASSIGN_OR_RETURN(auto exported,
                                          feed::Load<v1::MirrorExport>(tx, *sealer, kMirrorExports, shard,
                                                                       feed::IdOfName(request.name())));
                         RETURN_IF_ERROR(StepExport("answer", &*exported));
                         return CheckFileOf(tx, host_.keys, request.file(), request.name());
                       });
}

absl::StatusOr<v1::MirrorFeedback> Handlers::GetMirrorFeedback(rpc::Call& call,
                                                               const v1::GetMirrorFeedbackRequest& request) {
  return rpc::GetRoot<v1::MirrorFeedback>(call, host_, kMirrorFeedbacks, request.name(), AreaOf<v1::MirrorFeedback>);
}

absl::StatusOr<v1::ListMirrorFeedbacksResponse> Handlers::ListMirrorFeedbacks(
    rpc::Call& call, const v1::ListMirrorFeedbacksRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {}};
  if (!request.of_export().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.of_export(), kMirrorExports.collection).status());
    spec.equal.emplace_back("export_id", std::string(feed::IdOfName(request.of_export())));
  }
  return rpc::ListRoots<v1::MirrorFeedback, v1::ListMirrorFeedbacksRequest, v1::ListMirrorFeedbacksResponse>(
      call, host_, kMirrorFeedbacks, spec, request, &v1::ListMirrorFeedbacksResponse::mutable_feedbacks);
}

absl::StatusOr<v1::MirrorEntry> Handlers::GetMirrorEntry(rpc::Call& call, const v1::GetMirrorEntryRequest& request) {
  ASSIGN_OR_RETURN(v1::MirrorEntry entry,
                   rpc::GetRoot<v1::MirrorEntry>(call, host_, kMirrorEntries, request.name(), AreaOf<v1::MirrorEntry>));
  if (!request.unmask()) {
    rpc::MaskRoot(entry);
    return entry;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskMirror, entry.area(), entry.name()));
  return entry;
}

absl::StatusOr<v1::ListMirrorEntriesResponse> Handlers::ListMirrorEntries(rpc::Call& call,
                                                                          const v1::ListMirrorEntriesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.of_export().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.of_export(), kMirrorExports.collection).status());
    spec.equal.emplace_back("export_id", std::string(feed::IdOfName(request.of_export())));
  }
  if (request.state() != v1::MIRROR_ENTRY_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::MirrorEntryState_Name(request.state()));
  }
  if (request.reason() != v1::MIRROR_REASON_UNSPECIFIED) {
    spec.equal.emplace_back("reason", v1::MirrorReason_Name(request.reason()));
  }
  if (!request.person().empty()) {
    spec.equal.emplace_back("person", request.person());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::MirrorEntry, v1::ListMirrorEntriesRequest, v1::ListMirrorEntriesResponse>(
      call, host_, kMirrorEntries, spec, request, &v1::ListMirrorEntriesResponse::mutable_entries);
}

absl::StatusOr<v1::MirrorEntry> Handlers::ResolveMirrorEntry(rpc::Call& call,
                                                             const v1::ResolveMirrorEntryRequest& request) {
  Violations violations;
  violations.Require(
      v1::MirrorResolution_IsValid(request.resolution()) && request.resolution() != v1::MIRROR_RESOLUTION_UNSPECIFIED,
      "resolution");
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(call, host_, kEntry, request.name(), false, "RESOLVE",
                        [&](db::Transaction&, const v1::MirrorEntry* before, v1::MirrorEntry& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          return ResolveEntry(act, request.resolution(), &after);
                        });
}

}  // namespace ruraledu::student_aid
