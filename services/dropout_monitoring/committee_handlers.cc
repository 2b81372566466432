// The yearly look of the expert committee: who is due, what it said, confirmed by another person.
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/committee_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/placement_checks.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kUnmaskPlacements = "dropout_monitoring.placements.unmask";

std::string AreaOf(const v1::CommitteeReview& review) {
  return review.area();
}

PlacementAct ActOf(rpc::Call& call) {
  const CaseAct act = CaseActOf(call);
  return {act.person, act.on};
}

absl::StatusOr<CommitteeDay> DayOfCommittee(const Standards& standards, std::string_view shard, absl::CivilDay on) {
  const PlacementBook& book = standards.care.placements;
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(RegionOfShard(shard), on));
  return CommitteeDay{book, *policy, standards.terms, on};
}

absl::Status CheckEntry(const PlacementBook& book, absl::CivilDay today,
                        const v1::EnterCommitteeReviewRequest& request) {
  RETURN_IF_ERROR(CheckOpinion(book, today, request.opinion()));
  Violations violations;
  violations.Require(!request.opinion().text().empty(), "opinion.text");
  violations.Require(!request.recommendation().empty(), "recommendation");
  if (!request.recommendation().empty() && book.recommendations.Find(request.recommendation(), today) == nullptr) {
    violations.Add("recommendation", "CODE_UNKNOWN", {{"list", book.recommendations.name()}});
  }
  violations.MostBytes("correction_reason", request.correction_reason(), kMostCaseText);
  return violations.status();
}

absl::StatusOr<v1::CommitteeReview> Show(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                         const std::string& name) {
  ASSIGN_OR_RETURN(auto review,
                   feed::Load<v1::CommitteeReview>(tx, sealer, kCommitteeReviews, tx.shard(), feed::IdOfName(name)));
  if (!review.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(review->area(), name));
  rpc::MaskRoot(*review);
  return *std::move(review);
}

// What was confirmed is an opinion of the committee about the child from now on: placements follow it.
absl::Status AddOpinion(rpc::Call& call, db::Transaction& tx, const Standards& standards, const crypto::Sealer& sealer,
                        const v1::CommitteeReview& review, feed::RootWriter& writer) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::DisabledChild>(tx, sealer, kDisabledChildren, tx.shard(),
                                                                    feed::IdOfName(review.child())));
  if (!before.has_value()) {
    return call.CheckMissing(review.child());
  }
  Violations violations;
  violations.MostElements("opinions", before->opinions_size() + 1, kMostPlacementHistory);
  RETURN_IF_ERROR(violations.status());
  v1::DisabledChild after = *before;
  v1::CommitteeOpinion* opinion = after.add_opinions();
  *opinion = review.opinion();
  opinion->set_review(review.name());
  RETURN_IF_ERROR(SettleChild(tx, standards, std::string(tx.shard()), call.clock().Today(), &after));
  return writer.Put(kDisabledChildren, &*before, after, "OPINION").status();
}

}  // namespace

absl::StatusOr<v1::ListCommitteeDueResponse> Handlers::ListCommitteeDue(rpc::Call& call,
                                                                        const v1::ListCommitteeDueRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto within, rpc::WithinArea(request.area()));
  const std::string filter = rpc::FilterOf(request);
  std::vector<std::string> after = {"", ""};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, rpc::PageKey(filter, request.page_token(), 2));
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const CommitteeDay day, DayOfCommittee(standards_, shard, call.clock().Today()));
  const auto mine = call.Ranges();
  ASSIGN_OR_RETURN(
      const auto rows,
      host_.database.Read([&](db::Transaction& tx) { return CommitteeList(tx, *sealer, shard, mine, day); },
                          {.deadline = call.deadline()}));
  const Scope asked(within.empty() ? mine : within);
  v1::ListCommitteeDueResponse response;
  response.set_school_year(day.year().text());
  for (const CommitteeRow& row : rows) {
    const v1::CommitteeDue& due = row.due;
    const bool behind = std::tie(due.area(), due.child()) > std::tie(after[0], after[1]);
    const bool wanted = request.task() == v1::COMMITTEE_TASK_UNSPECIFIED || due.task() == request.task();
    if (!behind || !wanted || (request.overdue_only() && !due.overdue()) || !asked.Contains(due.area())) {
      continue;
    }
    if (response.children_size() == size) {
      const v1::CommitteeDue& last = *response.children().rbegin();
      response.set_next_page_token(rpc::PageToken(filter, {last.area(), last.child()}));
      break;
    }
    *response.add_children() = due;
  }
  return response;
}

absl::StatusOr<v1::CommitteeReview> Handlers::EnterCommitteeReview(rpc::Call& call,
                                                                   const v1::EnterCommitteeReviewRequest& request) {
  const PlacementAct act = ActOf(call);
  RETURN_IF_ERROR(CheckEntry(standards_.care.placements, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kDisabledChildren.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const CommitteeDay day, DayOfCommittee(standards_, shard, act.on));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        const std::string child_id(feed::IdOfName(request.name()));
        ASSIGN_OR_RETURN(const auto child,
                         feed::Load<v1::DisabledChild>(tx, *sealer, kDisabledChildren, shard, child_id));
        if (!child.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(child->area(), request.name()));
        const std::string id = absl::StrCat(day.year().text(), ".", child_id);
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::CommitteeReview>(tx, *sealer, kCommitteeReviews, shard, id));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.has_value() ? before->etag() : ""));
        v1::CommitteeReview after = before.value_or(v1::CommitteeReview());
        after.set_name(absl::StrCat("counties/", shard.substr(1), "/", kCommitteeReviews.collection, "/", id));
        RETURN_IF_ERROR(EnterReview(day, act, *child, request, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(
            writer.Put(kCommitteeReviews, before.has_value() ? &*before : nullptr, after, "ENTER").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return Show(call, tx, *sealer, name); });
}

absl::StatusOr<v1::CommitteeReview> Handlers::DecideCommitteeReview(rpc::Call& call,
                                                                    const v1::DecideCommitteeReviewRequest& request) {
  const PlacementAct act = ActOf(call);
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kCommitteeReviews.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::CommitteeReview>(tx, *sealer, kCommitteeReviews, shard,
                                                                            feed::IdOfName(request.name())));
        if (!before.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(before->area(), request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        v1::CommitteeReview after = *before;
        RETURN_IF_ERROR(dropout_monitoring::DecideReview(act, request.confirm(), request.reason(), &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(
            writer.Put(kCommitteeReviews, &*before, after, request.confirm() ? "CONFIRM" : "REFUSE").status());
        if (request.confirm()) {
          RETURN_IF_ERROR(AddOpinion(call, tx, standards_, *sealer, after, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return Show(call, tx, *sealer, name); });
}

absl::StatusOr<v1::CommitteeReview> Handlers::GetCommitteeReview(rpc::Call& call,
                                                                 const v1::GetCommitteeReviewRequest& request) {
  ASSIGN_OR_RETURN(v1::CommitteeReview review,
                   rpc::GetRoot<v1::CommitteeReview>(call, host_, kCommitteeReviews, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(review);
    return review;
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskPlacements, review.area(), request.name()));
  return review;
}

}  // namespace ruraledu::dropout_monitoring
