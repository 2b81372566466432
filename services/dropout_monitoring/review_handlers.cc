// Reviews of the "four ones": prepared out of the reports, approved by another person of the level, opened again.
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/report_facts.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr Transition kReviewRows[] = {{"PREPARED", "prepare", "PREPARED"},
                                      {"PREPARED", "approve", "APPROVED"},
                                      {"APPROVED", "reopen", "REOPENED"},
                                      {"REOPENED", "prepare", "PREPARED"}};
constexpr StateMachine kReviewStates("review", "PREPARED", kReviewRows);
static_assert(kReviewStates.AllReachable() && kReviewStates.Unambiguous());

std::string AreaOf(const v1::Review& review) {
  return review.area();
}
const rpc::RootKind<v1::Review> kKind{kReviews, AreaOf, nullptr};

// PERMISSION_DENIED unless the caller holds the right of the level over the county.
absl::Status CheckLevel(rpc::Call& call, v1::ReviewKind kind, const std::string& county) {
  const std::string_view permission = kind == v1::REVIEW_KIND_QUARTER ? "dropout_monitoring.reviews.quarter"
                                      : kind == v1::REVIEW_KIND_TERM  ? "dropout_monitoring.reviews.term"
                                                                      : "dropout_monitoring.reviews.year";
  return call.Holds(permission, county) ? absl::OkStatus() : Fail("PERMISSION_DENIED");
}

// The sums of its months and the cleared state, as they are now.
absl::Status FillReview(db::Transaction& tx, const ReportFacts& facts, const ReviewSpan& span, v1::Review* review) {
  const std::string shard(tx.shard());
  review->clear_months();
  for (absl::CivilMonth month = span.first; month <= span.last; ++month) {
    ASSIGN_OR_RETURN(*review->add_months(), MonthSum(tx, facts, shard, month));
  }
  ASSIGN_OR_RETURN(*review->mutable_clearance(), ClearanceOn(tx, facts, shard, std::min(span.due, facts.today)));
  return absl::OkStatus();
}

absl::Status Approve(db::Transaction& tx, const ReportFacts& facts, const ReviewSpan& span, const CaseAct& act,
                     v1::Review* review) {
  RETURN_IF_ERROR(kReviewStates.Next(EnumText(review->state()), "approve").status());
  if (review->prepared_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "PREPARER"}, {"wanted", "APPROVER"}});
  }
  if (act.on <= span.due) {
    return Fail("REVIEW_RUNNING", {{"period", review->period()}, {"until", DayText(span.due)}});
  }
  RETURN_IF_ERROR(FillReview(tx, facts, span, review));
  review->set_state(v1::REVIEW_STATE_APPROVED);
  review->set_approved_by(act.person);
  *review->mutable_approved_on() = DateOf(act.on);
  return absl::OkStatus();
}

// A level opens its review again as long as no level above has approved one that covers a month of it.
absl::Status Reopen(db::Transaction& tx, const CaseAct& act, const ReviewSpan& span, v1::Review* review) {
  RETURN_IF_ERROR(kReviewStates.Next(EnumText(review->state()), "reopen").status());
  if (act.reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  for (absl::CivilMonth month = span.first; month <= span.last; ++month) {
    ASSIGN_OR_RETURN(const auto names, ReviewsThatLock(tx, tx.shard(), MonthText(month)));
    for (const std::string& name : names) {
      const std::string_view id = feed::IdOfName(name);
      const auto kind = EnumOf<v1::ReviewKind>(id.substr(0, id.find('.')));
      if (kind.value_or(v1::REVIEW_KIND_UNSPECIFIED) > review->kind()) {
        return Fail("REVIEW_LEVEL_ABOVE", {{"review", name}});
      }
    }
  }
  review->set_state(v1::REVIEW_STATE_REOPENED);
  review->set_reopen_reason(act.reason);
  review->clear_approved_by();
  review->clear_approved_on();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Review> Handlers::PrepareReview(rpc::Call& call, const v1::PrepareReviewRequest& request) {
  Violations violations;
  violations.Require(request.kind() != v1::REVIEW_KIND_UNSPECIFIED, "kind");
  violations.MostBytes("findings", request.findings(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const ReviewSpan span, SpanOf(request.kind(), request.period(), standards_.terms));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(CheckLevel(call, request.kind(), shard.substr(1)));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const CaseAct act = CaseActOf(call);
  const ReportFacts facts{host_, standards_, act.on};
  const std::string id = absl::StrCat(EnumText(request.kind()), ".", request.period());
  ASSIGN_OR_RETURN(const bool there, host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const auto found, feed::Load<v1::Review>(tx, *sealer, kReviews, shard, id));
    return found.has_value();
  }));
  return rpc::WriteRoot(call, host_, kKind, absl::StrCat(request.parent(), "/reviews/", id), !there, "PREPARE",
                        [&](db::Transaction& tx, const v1::Review* before, v1::Review& after) -> absl::Status {
                          if (before != nullptr) {
                            RETURN_IF_ERROR(kReviewStates.Next(EnumText(before->state()), "prepare").status());
                          }
                          after.set_area(shard.substr(1));
                          after.set_kind(request.kind());
                          after.set_period(request.period());
                          after.set_first_month(MonthText(span.first));
                          after.set_last_month(MonthText(span.last));
                          after.set_state(v1::REVIEW_STATE_PREPARED);
                          after.set_findings(request.findings());
                          after.set_prepared_by(act.person);
                          *after.mutable_due_on() = DateOf(span.due);
                          return FillReview(tx, facts, span, &after);
                        });
}

absl::StatusOr<v1::Review> Handlers::DecideReview(rpc::Call& call, const v1::DecideReviewRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  const CaseAct act = CaseActOf(call, request.reason());
  const ReportFacts facts{host_, standards_, act.on};
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, request.approve() ? "APPROVE" : "REOPEN",
      [&](db::Transaction& tx, const v1::Review* before, v1::Review& after) -> absl::Status {
        RETURN_IF_ERROR(CheckLevel(call, before->kind(), before->area()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        ASSIGN_OR_RETURN(const ReviewSpan span, SpanOf(before->kind(), before->period(), standards_.terms));
        return request.approve() ? Approve(tx, facts, span, act, &after) : Reopen(tx, act, span, &after);
      });
}

absl::StatusOr<v1::Review> Handlers::GetReview(rpc::Call& call, const v1::GetReviewRequest& request) {
  return rpc::GetRoot<v1::Review>(call, host_, kReviews, request.name(), AreaOf);
}

absl::StatusOr<v1::ListReviewsResponse> Handlers::ListReviews(rpc::Call& call, const v1::ListReviewsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"period"}};
  if (request.kind() != v1::REVIEW_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::ReviewKind_Name(request.kind()));
  }
  ASSIGN_OR_RETURN(auto response,
                   (rpc::ListRoots<v1::Review, v1::ListReviewsRequest, v1::ListReviewsResponse>(
                       call, host_, kReviews, spec, request, &v1::ListReviewsResponse::mutable_reviews)));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  if (!response.next_page_token().empty() || !call.Holds("dropout_monitoring.reviews.read", shard.substr(1))) {
    return response;
  }
  ASSIGN_OR_RETURN(
      const ReviewsOfCounty held,
      host_.database.Read([&](db::Transaction& tx) { return ReviewsHeld(tx, shard); }, {.deadline = call.deadline()}));
  for (v1::MissingReview& one : MissingReviews(held, call.clock().Today(), standards_.terms)) {
    if (request.kind() == v1::REVIEW_KIND_UNSPECIFIED || request.kind() == one.kind()) {
      *response.add_missing() = std::move(one);
    }
  }
  return response;
}

}  // namespace ruraledu::dropout_monitoring
