#include "common/rpc/shared_methods.h"

#include "absl/strings/numbers.h"
#include "common/base/enum_text.h"
#include "common/feed/journal.h"

namespace ruraledu::rpc {
namespace {

namespace feed_v1 = ruraledu::feed::v1;
namespace jobs_v1 = ruraledu::jobs::v1;

constexpr absl::Duration kHeartbeat = absl::Seconds(5);
constexpr size_t kSignatureBytes = 64;  // Ed25519

feed::FeedServer ServerOf(const SharedMethods& shared) {
  return {shared.host.database, shared.host.keys, shared.service, shared.state};
}

// The area that a shard's journal covers; hash shards and the nation's cover no place: only callers for the whole
// country read them.
std::string AreaOfShard(std::string_view shard) {
  if (shard.starts_with('a')) {
    const std::string_view home = shard.substr(1);
    return home == "00" ? "" : std::string(home);
  }
  return PrefixOfShard(shard).value_or("");
}

// Settles a call that names a shard as its parent, and checks the right to personal parts.
absl::Status CheckShard(const SharedMethods& shared, Call& call, std::string_view parent, bool with_personal) {
  ASSIGN_OR_RETURN(const std::string shard, feed::ShardOfParent(parent));
  const std::string area = AreaOfShard(shard);
  if (!call.Holds(absl::StrCat(shared.service, ".feed.read"), area) ||
      (with_personal && !call.Holds(absl::StrCat(shared.service, ".feed.personal"), area))) {
    return Fail("PERMISSION_DENIED");
  }
  return call.CheckArea(area);
}

class JournalStream final : public StreamSource<feed_v1::StreamJournalResponse> {
 public:
  JournalStream(const SharedMethods& shared, std::string shard, feed_v1::ListJournalRequest request)
      : shared_(shared), shard_(std::move(shard)), request_(std::move(request)) {}

  absl::StatusOr<std::optional<feed_v1::StreamJournalResponse>> Next(Call& call) override {
    ASSIGN_OR_RETURN(feed_v1::ListJournalResponse page, feed::ListJournal(ServerOf(shared_), request_));
    const bool due = call.clock().Now() - last_sent_ >= kHeartbeat;
    if (page.entries().empty() && !due) {
      return std::optional<feed_v1::StreamJournalResponse>();
    }
    feed_v1::StreamJournalResponse batch;
    *batch.mutable_head() = page.head();
    if (!page.entries().empty()) {
      auto* after = request_.mutable_after();
      *after = page.head();
      after->set_seq(page.entries().rbegin()->seq());
      after->set_hash(page.entries().rbegin()->hash());
    }
    batch.mutable_entries()->Swap(page.mutable_entries());
    last_sent_ = call.clock().Now();
    return std::optional(std::move(batch));
  }
  std::vector<std::string> Shards() const override { return {shard_}; }
  absl::Duration heartbeat() const override { return kHeartbeat; }

 private:
  const SharedMethods& shared_;
  const std::string shard_;
  feed_v1::ListJournalRequest request_;
  absl::Time last_sent_ = absl::InfinitePast();
};

// "counties/411728" or "shards/a411728", or a name below it.
absl::StatusOr<std::string> ShardOfJobs(std::string_view name) {
  return name.starts_with("shards/") ? feed::ShardOfParent(name.substr(0, name.find('/', 7))) : ShardOfName(name);
}

// "counties/411728/jobs/<id>" -> shard and id.
absl::StatusOr<std::pair<std::string, std::string>> JobKey(const std::string& name) {
  ASSIGN_OR_RETURN(std::string shard, ShardOfJobs(name));
  if (name.find("/jobs/") == std::string::npos) {
    return Fail("NAME_INVALID", {{"pattern", "counties/{county}/jobs/{job}"}});
  }
  return std::pair(std::move(shard), std::string(feed::IdOfName(name)));
}

absl::StatusOr<db::JobRow> LoadJob(Call& call, db::Transaction& tx, const std::string& shard, const std::string& id) {
  ASSIGN_OR_RETURN(auto row, db::FindJob(tx, shard, id));
  if (!row.has_value()) {
    return call.CheckMissing(id);
  }
  RETURN_IF_ERROR(call.CheckArea(row->area));
  return *std::move(row);
}

}  // namespace

absl::StatusOr<feed_v1::ListShardsResponse> ListShards(const SharedMethods& shared, Call& call,
                                                       const feed_v1::ListShardsRequest& request) {
  return feed::ListShards(ServerOf(shared), request);
}

absl::StatusOr<feed_v1::ListJournalResponse> ListJournal(const SharedMethods& shared, Call& call,
                                                         const feed_v1::ListJournalRequest& request) {
  RETURN_IF_ERROR(CheckShard(shared, call, request.parent(), request.with_personal()));
  return feed::ListJournal(ServerOf(shared), request);
}

absl::StatusOr<std::unique_ptr<StreamSource<feed_v1::StreamJournalResponse>>> StreamJournal(
    const SharedMethods& shared, Call& call, const feed_v1::StreamJournalRequest& request) {
  RETURN_IF_ERROR(CheckShard(shared, call, request.parent(), request.with_personal()));
  ASSIGN_OR_RETURN(std::string shard, feed::ShardOfParent(request.parent()));
  feed_v1::ListJournalRequest list;
  list.set_parent(request.parent());
  if (request.has_after()) {
    *list.mutable_after() = request.after();
  }
  list.set_page_size(500);
  list.set_with_personal(request.with_personal());
  return std::make_unique<JournalStream>(shared, std::move(shard), std::move(list));
}

absl::StatusOr<feed_v1::ListStateResponse> ListState(const SharedMethods& shared, Call& call,
                                                     const feed_v1::ListStateRequest& request) {
  RETURN_IF_ERROR(CheckShard(shared, call, request.parent(), request.with_personal()));
  return feed::ListState(ServerOf(shared), request);
}

absl::StatusOr<feed_v1::SignedHead> SignHead(const SharedMethods& shared, Call& call,
                                             const feed_v1::SignHeadRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, feed::ShardOfParent(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(AreaOfShard(shard)));
  const auto& position = request.head().position();
  const feed::SignedHead head{.shard = shard,
                              .head = {position.seq(), position.hash()},
                              .signed_at_us = request.head().signed_time_us(),
                              .key_id = request.head().key_id(),
                              .signature = request.head().signature(),
                              .instance = position.instance()};
  if (head.signature.size() != kSignatureBytes || head.key_id.empty()) {
    return Fail("SIGNATURE_INVALID");
  }
  const auto store = [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto row,
                     tx.QueryOne("SELECT hash FROM journal WHERE shard = $1 AND seq = $2", shard, head.head.seq));
    if (position.shard() != shard || position.service() != shared.service ||
        position.instance() != shared.host.database.instance() || !row.has_value() || row->Bytes(0) != head.head.hash) {
      return Fail("FEED_REPLACED",
                  {{"service", shared.service}, {"shard", shard}, {"seq", absl::StrCat(head.head.seq)}});
    }
    return feed::StoreSignedHead(tx, head);
  };
  RETURN_IF_ERROR(shared.host.database.Write(shard, store, {.deadline = call.deadline()}));
  return request.head();
}

absl::StatusOr<feed_v1::ListSignedHeadsResponse> ListSignedHeads(const SharedMethods& shared, Call& call,
                                                                 const feed_v1::ListSignedHeadsRequest& request) {
  RETURN_IF_ERROR(CheckShard(shared, call, request.parent(), /*with_personal=*/false));
  ASSIGN_OR_RETURN(const std::string shard, feed::ShardOfParent(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, PageSize(request.page_size()));
  const std::string filter = FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, PageAfter(filter, request.page_token()));
  ASSIGN_OR_RETURN(const auto heads,
                   shared.host.database.Read([&](db::Transaction& tx) { return feed::ReadSignedHeads(tx, shard); },
                                             {.deadline = call.deadline()}));
  feed_v1::ListSignedHeadsResponse response;
  int64_t after_seq = 0;
  if (!after.empty() && !absl::SimpleAtoi(after, &after_seq)) {
    return Fail("PAGE_TOKEN");
  }
  for (const feed::SignedHead& head : heads) {
    if (head.head.seq <= after_seq) {
      continue;
    }
    if (response.heads_size() == size) {
      response.set_next_page_token(PageToken(filter, {absl::StrCat(response.heads().rbegin()->position().seq())}));
      break;
    }
    auto* signed_head = response.add_heads();
    auto* position = signed_head->mutable_position();
    position->set_instance(head.instance);
    position->set_service(shared.service);
    position->set_shard(shard);
    position->set_seq(head.head.seq);
    position->set_hash(head.head.hash);
    signed_head->set_signed_time_us(head.signed_at_us);
    signed_head->set_key_id(head.key_id);
    signed_head->set_signature(head.signature);
  }
  return response;
}

jobs_v1::Job JobMessage(const SharedMethods& shared, const db::JobRow& row) {
  jobs_v1::Job job;
  job.set_name(absl::StrCat(ParentOfShard(row.shard).value_or(absl::StrCat("shards/", row.shard)), "/jobs/", row.id));
  job.set_kind(row.kind);
  job.set_state(EnumOf<jobs_v1::JobState>(db::JobStateName(row.state)).value_or(jobs_v1::JOB_STATE_UNSPECIFIED));
  job.set_done_units(row.done_units);
  job.set_total_units(row.total_units);
  if (const auto type = shared.result_types.find(row.kind);
      row.state == db::JobState::kSucceeded && type != shared.result_types.end()) {
    job.mutable_result()->set_type_url(absl::StrCat("type.googleapis.com/", type->second));
    job.mutable_result()->set_value(row.result);
  }
  if (!row.error.empty()) {
    job.mutable_error()->ParseFromString(row.error);
  }
  job.set_started_by(row.subject);
  job.set_create_time_us(absl::ToUnixMicros(row.created_at));
  job.set_update_time_us(absl::ToUnixMicros(row.updated_at));
  if (const size_t slash = row.parent.find('/'); slash != std::string::npos) {
    job.set_parent_job(
        absl::StrCat(ParentOfShard(row.parent.substr(0, slash)).value_or(""), "/jobs/", row.parent.substr(slash + 1)));
  }
  if (row.state == db::JobState::kSucceeded) {
    auto* position = job.mutable_positions()->add_positions();
    position->set_service(shared.service);
    position->set_instance(shared.host.database.instance());
    position->set_shard(row.shard);
    position->set_seq(shared.heads.head(row.shard).seq);
  }
  job.set_etag(absl::StrCat("\"", row.version, "\""));
  return job;
}

absl::StatusOr<jobs_v1::Job> GetJob(const SharedMethods& shared, Call& call, const jobs_v1::GetJobRequest& request) {
  ASSIGN_OR_RETURN(const auto key, JobKey(request.name()));
  return shared.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<jobs_v1::Job> {
    ASSIGN_OR_RETURN(const db::JobRow row, LoadJob(call, tx, key.first, key.second));
    return JobMessage(shared, row);
  });
}

absl::StatusOr<jobs_v1::ListJobsResponse> ListJobs(const SharedMethods& shared, Call& call,
                                                   const jobs_v1::ListJobsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfJobs(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, PageSize(request.page_size()));
  const std::string filter = FilterOf(request);
  ASSIGN_OR_RETURN(const std::string before, PageAfter(filter, request.page_token()));
  const Scope scope(call.Ranges());
  ASSIGN_OR_RETURN(const auto rows, shared.host.database.Read([&](db::Transaction& tx) {
    return db::ListJobs(tx, shard, request.kind(), before, size + 1);
  }));
  jobs_v1::ListJobsResponse response;
  for (size_t i = 0; i < rows.size() && static_cast<int64_t>(i) < size; ++i) {
    if (scope.Contains(rows[i].area)) {
      *response.add_jobs() = JobMessage(shared, rows[i]);
    }
  }
  if (static_cast<int64_t>(rows.size()) > size) {
    response.set_next_page_token(PageToken(filter, {rows[static_cast<size_t>(size) - 1].id}));
  }
  return response;
}

absl::StatusOr<jobs_v1::Job> CancelJob(const SharedMethods& shared, Call& call,
                                       const jobs_v1::CancelJobRequest& request) {
  ASSIGN_OR_RETURN(const auto key, JobKey(request.name()));
  return Write(
      call, shared.host.database, key.first,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        RETURN_IF_ERROR(LoadJob(call, tx, key.first, key.second).status());
        RETURN_IF_ERROR(db::RequestCancel(tx, key.second));
        return Written{request.name(), tx.head().seq};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<jobs_v1::Job> {
        ASSIGN_OR_RETURN(const db::JobRow row, LoadJob(call, tx, key.first, key.second));
        return JobMessage(shared, row);
      });
}

absl::StatusOr<jobs_v1::Job> StartJob(const SharedMethods& shared, Call& call, const std::string& parent,
                                      std::string_view kind, const google::protobuf::Message& input,
                                      const std::function<absl::Status(db::Transaction&)>& check) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfJobs(parent));
  const std::string id = NewId(call.clock());
  const std::string area = AreaOfShard(shard);
  return Write(
      call, shared.host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        RETURN_IF_ERROR(call.CheckArea(area));
        if (check) {
          RETURN_IF_ERROR(check(tx));
        }
        db::JobRow row;
        row.shard = shard;
        row.id = id;
        row.kind = std::string(kind);
        row.input = input.SerializeAsString();
        row.subject = call.caller().subject;
        row.area = area;
        RETURN_IF_ERROR(db::InsertJob(tx, row));
        return Written{absl::StrCat(parent, "/jobs/", id), tx.head().seq};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<jobs_v1::Job> {
        ASSIGN_OR_RETURN(const db::JobRow row, LoadJob(call, tx, shard, std::string(feed::IdOfName(name))));
        return JobMessage(shared, row);
      });
}

}  // namespace ruraledu::rpc
