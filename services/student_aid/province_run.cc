#include "services/student_aid/province_run.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "google/rpc/status.pb.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(500);

bool Ended(const db::JobRow& job) {
  return job.state == db::JobState::kSucceeded || job.state == db::JobState::kFailed ||
         job.state == db::JobState::kCancelled;
}

absl::Status ErrorOf(const db::JobRow& job) {
  google::rpc::Status stored;
  if (job.state == db::JobState::kCancelled || !stored.ParseFromString(job.error)) {
    return Fail("JOB_CANCELLED");
  }
  absl::Status status(static_cast<absl::StatusCode>(stored.code()), stored.message());
  for (const auto& detail : stored.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

// The child's id follows from the parent's, so that a parent that was cut off finds the children it made.
absl::Status InsertChild(const RunParts& parts, const db::JobRow& parent, const v1::RunPlan& plan,
                         const std::string& shard) {
  v1::RunPlan own = plan;
  own.clear_after();
  for (const auto& position : plan.after().positions()) {
    if (position.shard() == shard) {
      *own.mutable_after()->add_positions() = position;
    }
  }
  return parts.host.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
    db::JobRow child{.shard = shard, .id = absl::StrCat(parent.id, "-", shard.substr(1)), .kind = parent.kind};
    ASSIGN_OR_RETURN(const auto there, db::FindJob(tx, shard, child.id));
    if (there.has_value()) {
      return absl::OkStatus();
    }
    child.parent = absl::StrCat(parent.shard, "/", parent.id);
    child.input = own.SerializeAsString();
    child.subject = parent.subject;
    child.area = parent.area;
    return db::InsertJob(tx, child);
  });
}

void AddRun(const v1::Run& run, v1::Run* sum) {
  sum->add_children(run.name());
  sum->set_persons(sum->persons() + run.persons());
  sum->set_entitled_persons(sum->entitled_persons() + run.entitled_persons());
  sum->set_invalid_persons(sum->invalid_persons() + run.invalid_persons());
  sum->set_differences(sum->differences() + run.differences());
  for (const auto& [letter, persons] : run.classes()) {
    (*sum->mutable_classes())[letter] += persons;
  }
  sum->set_eligible_compliant(sum->eligible_compliant() + run.eligible_compliant());
  sum->set_eligible_not_compliant(sum->eligible_not_compliant() + run.eligible_not_compliant());
  sum->set_not_eligible(sum->not_eligible() + run.not_eligible());
  for (const auto& [code, persons] : run.unmet()) {
    (*sum->mutable_unmet())[code] += persons;
  }
  std::map<std::string, v1::AmountByItem> totals;
  for (const v1::AmountByItem& total : sum->totals()) {
    totals[total.item()] = total;
  }
  for (const v1::AmountByItem& total : run.totals()) {
    v1::AmountByItem& row = totals[total.item()];
    row.set_item(total.item());
    row.set_persons(row.persons() + total.persons());
    row.set_amount_fen(row.amount_fen() + total.amount_fen());
    if (total.has_coverage()) {
      row.mutable_coverage()->set_numerator(row.coverage().numerator() + total.coverage().numerator());
      row.mutable_coverage()->set_denominator(row.coverage().denominator() + total.coverage().denominator());
    }
  }
  sum->clear_totals();
  for (const auto& [item, total] : totals) {
    *sum->add_totals() = total;
  }
}

}  // namespace

absl::StatusOr<std::string> RunProvince(const RunParts& parts, db::JobContext& context, const v1::RunPlan& plan) {
  const db::JobRow& job = context.job();
  db::Database& database = parts.host.database;
  if (job.cursor.empty()) {
    ASSIGN_OR_RETURN(const auto shards,
                     database.Read([&](db::Transaction& tx) { return CountiesWithin(tx, job.shard.substr(1, 2)); }));
    for (const std::string& shard : shards) {
      RETURN_IF_ERROR(InsertChild(parts, job, plan, shard));
    }
    RETURN_IF_ERROR(context.Chunk([](db::Transaction&) { return absl::OkStatus(); }, "started", 0,
                                  static_cast<int64_t>(shards.size())));
  }
  ASSIGN_OR_RETURN(const auto children, database.Read([&](db::Transaction& tx) {
    return db::ChildJobs(tx, absl::StrCat(job.shard, "/", job.id));
  }));
  const absl::Status go_on = context.CheckGoOn();
  v1::Run result;
  result.set_name(absl::StrCat("provinces/", job.shard.substr(1), "/runs/", job.id));
  result.set_kind(plan.kind());
  result.set_term(plan.term());
  result.set_state(v1::RUN_STATE_CLOSED);
  absl::Status failed;
  int64_t ended = 0;
  for (const db::JobRow& child : children) {
    if (!Ended(child) && ReasonOf(go_on) == "JOB_CANCELLED") {
      RETURN_IF_ERROR(
          database.Write(child.shard, [&](db::Transaction& tx) { return db::RequestCancel(tx, child.id); }));
    }
    ended += Ended(child) ? 1 : 0;
    if (child.state == db::JobState::kSucceeded) {
      v1::Run run;
      run.ParseFromString(child.result);
      AddRun(run, &result);
    } else if (Ended(child) && failed.ok()) {
      failed = ErrorOf(child);
    }
  }
  RETURN_IF_ERROR(go_on);
  if (ended < static_cast<int64_t>(children.size())) {
    RETURN_IF_ERROR(context.Chunk([](db::Transaction&) { return absl::OkStatus(); }, job.cursor, ended,
                                  static_cast<int64_t>(children.size())));
    return context.Postpone(db::JobState::kQueued, kPause);
  }
  RETURN_IF_ERROR(failed);
  return result.SerializeAsString();
}

}  // namespace ruraledu::student_aid
