#include <algorithm>

#include "common/crypto/masking.h"
#include "common/feed/heads.h"
#include "services/student_aid/comparison_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/run.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::Run& run) {
  return run.area();
}

constexpr std::string_view kClassColumns[] = {"class_a", "class_b", "class_c", "class_d", "class_e", "class_f"};

// One child on a list: the class asked for, else the first one; the rows asked for.
v1::ComparedPerson PersonOf(const v1::Comparison& comparison, const v1::ListComparisonRowsRequest& request) {
  v1::ComparedPerson person;
  person.set_student(absl::StrCat(request.parent(), "/students/", comparison.person()));
  person.set_area(comparison.area());
  const auto& classes = comparison.result().classes();
  person.set_comparison_class(request.comparison_class() != v1::COMPARISON_CLASS_UNSPECIFIED
                                  ? request.comparison_class()
                              : classes.empty() ? v1::COMPARISON_CLASS_UNSPECIFIED
                                                : static_cast<v1::ComparisonClass>(classes.Get(0)));
  for (const v1::ComparisonRow& row : comparison.result().rows()) {
    const bool list_fits = request.list() == v1::COMPARISON_LIST_UNSPECIFIED || row.list() == request.list();
    if (list_fits && (request.item().empty() || row.item() == request.item())) {
      *person.add_rows() = row;
    }
  }
  person.set_compliance(comparison.result().compliance());
  *person.mutable_compliance_findings() = comparison.result().compliance_findings();
  person.set_masked(!request.unmask());
  if (request.unmask()) {
    *person.mutable_why_not() = comparison.result().why_not();
  }
  return person;
}

absl::StatusOr<rpc::ListSpec> SpecOf(const v1::ListComparisonRowsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (request.list() != v1::COMPARISON_LIST_UNSPECIFIED) {
    spec.equal.emplace_back(request.list() == v1::COMPARISON_LIST_SHOULD_AID ? "should_aid" : "should_not", int64_t{1});
  }
  if (request.comparison_class() != v1::COMPARISON_CLASS_UNSPECIFIED) {
    spec.equal.emplace_back(std::string(kClassColumns[request.comparison_class() - v1::COMPARISON_CLASS_A]),
                            int64_t{1});
  }
  if (request.compliance() != v1::COMPLIANCE_STATUS_UNSPECIFIED) {
    spec.equal.emplace_back("compliance", v1::ComplianceStatus_Name(request.compliance()));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return spec;
}

}  // namespace

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartRun(rpc::Call& call, v1::RunKind kind, const std::string& parent,
                                                           const std::string& term,
                                                           const ruraledu::common::v1::Positions& after) {
  RETURN_IF_ERROR(ParseTerm(term).status());
  const std::string shard = ShardOfName(parent).value_or("");
  if (std::count(parent.begin(), parent.end(), '/') != 1 || (!shard.starts_with('c') && !shard.starts_with('p'))) {
    return Fail("PARENT_INVALID", {{"parent", parent}});
  }
  v1::RunPlan plan;
  plan.set_kind(kind);
  plan.set_term(term);
  *plan.mutable_after() = OfRegistry(after);
  return rpc::StartJob(shared_, call, parent, JobKind(kind), plan, NoOpenBatch(shared_, parent, plan.after()));
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartEntitlementRun(rpc::Call& call,
                                                                      const v1::StartEntitlementRunRequest& request) {
  return StartRun(call, v1::RUN_KIND_ENTITLEMENT, request.parent(), request.term(), request.after());
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartComparisonRun(rpc::Call& call,
                                                                     const v1::StartComparisonRunRequest& request) {
  return StartRun(call, v1::RUN_KIND_COMPARISON, request.parent(), request.term(), request.after());
}

absl::StatusOr<v1::Run> Handlers::GetRun(rpc::Call& call, const v1::GetRunRequest& request) {
  return rpc::GetRoot<v1::Run>(call, host_, kRuns, request.name(), AreaOf);
}

absl::StatusOr<v1::ListRunsResponse> Handlers::ListRuns(rpc::Call& call, const v1::ListRunsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));  // totals of a whole county
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string before, rpc::PageAfter(filter, request.page_token()));
  const std::string kind = request.kind() == v1::RUN_KIND_UNSPECIFIED ? "" : v1::RunKind_Name(request.kind());
  ASSIGN_OR_RETURN(auto runs, host_.database.Read([&](db::Transaction& tx) {
    return PageOfRuns(tx, shard, kind, request.term(), before, size + 1);
  }));
  v1::ListRunsResponse response;
  if (static_cast<int64_t>(runs.size()) > size) {
    runs.resize(size);
    response.set_next_page_token(rpc::PageToken(filter, {std::string(feed::IdOfName(runs.back().name()))}));
  }
  response.mutable_runs()->Assign(runs.begin(), runs.end());
  return response;
}

absl::StatusOr<v1::ListRunDifferencesResponse> Handlers::ListRunDifferences(
    rpc::Call& call, const v1::ListRunDifferencesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "runs"));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const v1::Run run, rpc::GetRoot<v1::Run>(call, host_, kRuns, request.name(), AreaOf));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, rpc::PageAfter(filter, request.page_token()));
  ASSIGN_OR_RETURN(auto rows, host_.database.Read([&](db::Transaction& tx) {
    return ListDifferences(tx, shard, feed::IdOfName(run.name()), after, size + 1);
  }));
  v1::ListRunDifferencesResponse response;
  for (int64_t i = 0; i < static_cast<int64_t>(rows.size()) && i < size; ++i) {
    *response.add_differences() = std::move(rows[i].difference);
  }
  if (static_cast<int64_t>(rows.size()) > size) {
    response.set_next_page_token(rpc::PageToken(filter, {rows[size - 1].person}));
  }
  return response;
}

absl::StatusOr<v1::ListComparisonRowsResponse> Handlers::ListComparisonRows(
    rpc::Call& call, const v1::ListComparisonRowsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const rpc::ListSpec spec, SpecOf(request));
  if (request.unmask()) {
    const std::string area(request.area().empty() ? rpc::CountyOfParent(request.parent())
                                                  : request.area().substr(std::string_view("areas/").size()));
    RETURN_IF_ERROR(
        AllowUnmask(call, kUnmask, area, absl::StrCat(request.parent(), "/comparisons/", area, ".", request.term())));
  }
  v1::ListComparisonRowsResponse response;
  const bool filtered = request.list() != v1::COMPARISON_LIST_UNSPECIFIED || !request.item().empty();
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(call, host_, kComparisons, request.parent(), spec, request, request.page_size(),
                     request.page_token(),
                     [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                       v1::Comparison comparison;
                       RETURN_IF_ERROR(feed::ReadRoot(row, column, kComparisons, id, sealer.get(), &comparison));
                       v1::ComparedPerson person = PersonOf(comparison, request);
                       // Asked for by compliance, somebody stands in it even where nothing else may be shown.
                       const bool empty = request.compliance() == v1::COMPLIANCE_STATUS_UNSPECIFIED &&
                                          comparison.result().classes().empty() && comparison.result().rows().empty() &&
                                          person.why_not().empty();
                       if (!empty && !(filtered && person.rows().empty())) {
                         *response.add_persons() = std::move(person);
                       }
                       return absl::OkStatus();
                     }));
  RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
    for (v1::ComparedPerson& person : *response.mutable_persons()) {
      ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, feed::IdOfName(person.student())));
      person.set_display_name(!place.has_value() ? ""
                              : request.unmask() ? place->display_name
                                                 : crypto::MaskName(place->display_name));
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::EvaluateComplianceResponse> Handlers::EvaluateCompliance(
    rpc::Call&, const v1::EvaluateComplianceRequest& request) {
  RETURN_IF_ERROR(CheckComplianceFacts(request.facts()));
  return student_aid::EvaluateCompliance(compliance_, request.facts());
}

absl::StatusOr<v1::GetCoverageResponse> Handlers::GetCoverage(rpc::Call& call, const v1::GetCoverageRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  ASSIGN_OR_RETURN(const auto runs, host_.database.Read([&](db::Transaction& tx) {
    return FindRuns(tx, *sealer, shard, v1::RUN_KIND_COMPARISON, request.term(), v1::RUN_STATE_CLOSED);
  }));
  if (runs.empty()) {
    return call.CheckMissing(absl::StrCat(request.parent(), "/runs"));
  }
  v1::GetCoverageResponse response;
  response.set_run(runs.front().name());
  int64_t covered = 0, should = 0;
  for (const v1::AmountByItem& total : runs.front().totals()) {
    if (total.coverage().denominator() == 0) {
      continue;  // nobody should have it: not applicable (DR-03)
    }
    *response.add_items() = total;
    covered += total.coverage().numerator();
    should += total.coverage().denominator();
  }
  ASSIGN_OR_RETURN(const Rate overall, CoverageRate(covered, should));
  response.mutable_overall()->set_numerator(overall.numerator);
  response.mutable_overall()->set_denominator(overall.denominator);
  return response;
}

}  // namespace ruraledu::student_aid
