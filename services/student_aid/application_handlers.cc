// Aid applications: tables, proposed, handed in, reviewed, withdrawn, read.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/application_run.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/evidence_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/information_rules.h"
#include "services/student_aid/information_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostSubmissions = 200;
constexpr std::string_view kUnmaskApplication = "student_aid.applications.unmask";
constexpr std::string_view kHandleObjections = "student_aid.applications.objections";

std::string AreaOf(const v1::Application& application) {
  return application.area();
}

absl::Status CheckSubmissions(const IdentificationBook& tables, absl::CivilDay today,
                              const v1::BatchSubmitApplicationsRequest& request) {
  Violations violations;
  violations.Require(request.applications_size() > 0, "applications");
  violations.MostElements("applications", request.applications_size(), kMostSubmissions);
  for (int i = 0; i < request.applications_size() && i < kMostSubmissions; ++i) {
    CheckEvidence(tables, today, request.applications(i).evidence(), absl::StrCat("applications[", i, "].evidence"),
                  &violations);
  }
  return violations.status();
}

absl::Status CheckReview(const v1::BatchReviewApplicationsRequest& request) {
  Violations violations;
  violations.Require(request.decision() != v1::REVIEW_DECISION_UNSPECIFIED, "decision");
  violations.Require(request.decision() != v1::REVIEW_DECISION_REJECT || !request.reason().empty(), "reason");
  violations.Require(request.school().empty() != request.applications().empty(), "applications");
  if (!request.school().empty() && !ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  violations.MostBytes("reason", request.reason(), kMostText);
  return violations.status();
}

// The state in which applications wait for a review.
v1::ApplicationState WaitsFor(bool by_school, const v1::ApplicationPolicy& policy) {
  return by_school                                          ? v1::APPLICATION_STATE_SUBMITTED
         : policy.notice_level() == v1::NOTICE_LEVEL_COUNTY ? v1::APPLICATION_STATE_SCHOOL_APPROVED
                                                            : v1::APPLICATION_STATE_ON_SCHOOL_NOTICE;
}

// Those named, or all of a school that wait for the review.
absl::StatusOr<std::vector<rpc::BatchRow>> RowsToReview(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                                        const ApplicationBook& tables, bool by_school,
                                                        const v1::BatchReviewApplicationsRequest& request) {
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, rpc::RowsNamed(request.applications(), "applications"));
  if (!request.school().empty()) {
    const std::string region = RegionOfShard(shard);
    ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
    const v1::ApplicationPolicy* policy = tables.InForce(region, term);
    if (policy == nullptr) {
      return Fail("POLICY_MISSING", {{"region", region}, {"term", request.term()}});
    }
    ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(request.school())));
    if (!school.has_value() || school->name() != request.school()) {
      return call.CheckMissing(request.school());
    }
    RETURN_IF_ERROR(call.CheckArea(school->area()));
    ASSIGN_OR_RETURN(const auto ids, ApplicationsIn(tx, shard, request.term(), RangeOf(school->area()),
                                                    WaitsFor(by_school, *policy), rpc::kMostRows));
    for (const std::string& id : ids) {
      rows.push_back({absl::StrCat(request.parent(), "/applications/", id), ""});
    }
  }
  RETURN_IF_ERROR(rpc::SettleRows(call, tx, shard, kApplications, &rows));
  return rows;
}

// The comparisons of the terms that a batch is about (2.9); a term without a closed one has none.
using Comparisons = std::map<std::string, std::optional<std::map<std::string, v1::GapReason>>>;

// "counties/411728/applications/<person>.<term>.<item>" -> the term.
std::string TermOfName(std::string_view name) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(feed::IdOfName(name)), '.');
  return parts.size() == 3 ? parts[1] : "";
}

absl::StatusOr<Comparisons> ReadComparisons(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                            const std::vector<rpc::BatchRow>& rows) {
  Comparisons comparisons;
  for (const rpc::BatchRow& row : rows) {
    const std::string term = TermOfName(row.name);
    if (!term.empty() && !comparisons.contains(term)) {
      ASSIGN_OR_RETURN(comparisons[term], ShouldNotList(tx, sealer, shard, term));
    }
  }
  return comparisons;
}

absl::Status CheckCompared(const Comparisons& comparisons, const v1::Application& application) {
  const auto of_term = comparisons.find(application.term());
  if (of_term == comparisons.end() || !of_term->second.has_value()) {
    return Fail("COMPARISON_MISSING", {{"term", application.term()}});
  }
  const auto listed = of_term->second->find(application.person());
  return listed == of_term->second->end()
             ? absl::OkStatus()
             : Fail("COMPARISON_SHOULD_NOT", {{"reason", v1::GapReason_Name(listed->second)}});
}

// Caps over the applications of a batch, one write after the other when the write runs again.
class BatchCaps {
 public:
  BatchCaps(const PolicyBook& book, const DepartmentBook& departments) : book_(book), departments_(departments) {}

  void Add(const std::vector<rpc::BatchRow>& rows) {
    for (const rpc::BatchRow& row : rows) {
      const std::string_view id = feed::IdOfName(row.name);
      persons_[TermOfName(row.name)].insert(std::string(id.substr(0, id.find('.'))));
    }
  }
  // Rows come in order; the first one of a write reads what there is.
  absl::Status Check(db::Transaction& tx, size_t row, const v1::Application& application) {
    if (!check_.has_value() || row <= last_) {
      check_.emplace(book_, departments_, IsPromised);
      for (const auto& [text, persons] : persons_) {
        if (const auto term = ParseTerm(text); term.ok()) {
          RETURN_IF_ERROR(check_->Read(tx, {persons.begin(), persons.end()}, *term));
        }
      }
    }
    last_ = row;
    return check_->Check(application);
  }

 private:
  const PolicyBook& book_;
  const DepartmentBook& departments_;
  std::map<std::string, std::set<std::string>> persons_;  // by term
  std::optional<CapCheck> check_;
  size_t last_ = 0;
};

absl::Status Submit(const Act& act, const v1::ApplicationSubmission& submission, const RestrictionMap& restrictions,
                    v1::Application* application) {
  RETURN_IF_ERROR(feed::CheckEtag(submission.etag(), application->etag()));
  if (StopsApplication(restrictions, application->person(), application->name(), act.on)) {
    return Fail("RESTRICTED");
  }
  if (application->state() == v1::APPLICATION_STATE_WITHDRAWN) {
    RETURN_IF_ERROR(StepApplication(act, "reopen", "", application));
  }
  application->set_proposed(false);
  *application->mutable_evidence() = HandedIn(submission.evidence());
  return SubmitApplication(act, application);
}

}  // namespace

absl::StatusOr<v1::ListApplicationPoliciesResponse> Handlers::ListApplicationPolicies(
    rpc::Call&, const v1::ListApplicationPoliciesRequest& request) {
  v1::ListApplicationPoliciesResponse response;
  RETURN_IF_ERROR(ListPolicies(applications_, request, response.mutable_policies()));
  return response;
}

absl::StatusOr<v1::Application> Handlers::GetApplication(rpc::Call& call, const v1::GetApplicationRequest& request) {
  ASSIGN_OR_RETURN(v1::Application application,
                   rpc::GetRoot<v1::Application>(call, host_, kApplications, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(application);
    return application;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskApplication, application.area(), application.name()));
  HideObjectors(call, kHandleObjections, &application);
  return application;
}

absl::StatusOr<v1::ListApplicationsResponse> Handlers::ListApplications(rpc::Call& call,
                                                                        const v1::ListApplicationsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (request.state() != v1::APPLICATION_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::ApplicationState_Name(request.state()));
  }
  if (!request.item().empty()) {
    spec.equal.emplace_back("item", request.item());
  }
  if (request.disputed_only()) {
    spec.equal.emplace_back("disputed", int64_t{1});
  }
  if (request.overpaid_only()) {
    spec.equal.emplace_back("overpaid", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Application, v1::ListApplicationsRequest, v1::ListApplicationsResponse>(
      call, host_, kApplications, spec, request, &v1::ListApplicationsResponse::mutable_applications);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ProposeApplications(rpc::Call& call,
                                                                      const v1::ProposeApplicationsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  v1::ApplicationPlan plan;
  plan.set_term(request.term());
  *plan.mutable_on() = DateOf(call.clock().Today());
  *plan.mutable_after() = OfRegistry(request.after());
  plan.set_preview(request.preview());
  return rpc::StartJob(shared_, call, request.parent(), kApplicationJob, plan,
                       NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::BatchApplicationsResponse> Handlers::BatchSubmitApplications(
    rpc::Call& call, const v1::BatchSubmitApplicationsRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckSubmissions(tables_, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  std::vector<rpc::BatchRow> rows;
  for (const v1::ApplicationSubmission& one : request.applications()) {
    rows.push_back({one.name(), ""});
  }
  ASSIGN_OR_RETURN(const RestrictionMap restrictions,
                   host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<RestrictionMap> {
                     RETURN_IF_ERROR(rpc::SettleRows(call, tx, shard, kApplications, &rows));
                     return OpenRestrictions(tx, *sealer, shard);
                   }));
  return StepOnRows<v1::Application, v1::BatchApplicationsResponse>(
      call, host_, shard, std::move(rows), "SUBMIT",
      [&](db::Transaction&, size_t i, const v1::Application*, v1::Application& after) {
        return Submit(act, request.applications(static_cast<int>(i)), restrictions, &after);
      });
}

absl::StatusOr<v1::BatchApplicationsResponse> Handlers::ReviewApplications(
    rpc::Call& call, bool by_school, const v1::BatchReviewApplicationsRequest& request) {
  RETURN_IF_ERROR(CheckReview(request));
  const Act act = ActOf(call, request.reason());
  const bool accept = request.decision() == v1::REVIEW_DECISION_ACCEPT;
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  Comparisons comparisons;
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows,
                   host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<rpc::BatchRow>> {
                     ASSIGN_OR_RETURN(auto found, RowsToReview(call, tx, shard, applications_, by_school, request));
                     if (!by_school && accept) {
                       ASSIGN_OR_RETURN(comparisons, ReadComparisons(tx, *sealer, shard, found));
                     }
                     return found;
                   }));
  BatchCaps caps(book_, departments_);
  caps.Add(rows);
  return StepOnRows<v1::Application, v1::BatchApplicationsResponse>(
      call, host_, shard, std::move(rows), by_school ? "SCHOOL_REVIEW" : "COUNTY_REVIEW",
      [&](db::Transaction& tx, size_t row, const v1::Application*, v1::Application& after) -> absl::Status {
        if (by_school) {
          ASSIGN_OR_RETURN(const auto due, InformationDue(tx, shard, feed::IdOfName(after.name())));
          RETURN_IF_ERROR(CheckInformed(due, act.on));
          RETURN_IF_ERROR(accept ? CheckEvidenceStands(tables_.evidence(), after.evidence()) : absl::OkStatus());
          return ReviewBySchool(act, accept, &after);
        }
        if (accept) {
          RETURN_IF_ERROR(CheckCompared(comparisons, after));
          RETURN_IF_ERROR(caps.Check(tx, row, after));
        }
        return ReviewByCounty(act, accept, &after);
      });
}

absl::StatusOr<v1::BatchApplicationsResponse> Handlers::BatchSchoolReviewApplications(
    rpc::Call& call, const v1::BatchReviewApplicationsRequest& request) {
  return ReviewApplications(call, true, request);
}

absl::StatusOr<v1::BatchApplicationsResponse> Handlers::BatchCountyReviewApplications(
    rpc::Call& call, const v1::BatchReviewApplicationsRequest& request) {
  return ReviewApplications(call, false, request);
}

absl::StatusOr<v1::BatchApplicationsResponse> Handlers::BatchWithdrawApplications(
    rpc::Call& call, const v1::BatchWithdrawApplicationsRequest& request) {
  Violations violations;
  violations.Require(!request.applications().empty(), "applications");
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, rpc::RowsNamed(request.applications(), "applications"));
  RETURN_IF_ERROR(
      host_.database.Read([&](db::Transaction& tx) { return rpc::SettleRows(call, tx, shard, kApplications, &rows); }));
  return StepOnRows<v1::Application, v1::BatchApplicationsResponse>(
      call, host_, shard, std::move(rows), "WITHDRAW",
      [&](db::Transaction&, size_t, const v1::Application*, v1::Application& after) {
        return WithdrawApplication(act, &after);
      });
}

}  // namespace ruraledu::student_aid
