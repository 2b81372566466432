// aid applications: from the proposal to the approval.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/load_file.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, name, school, file, region, state, item, area, purpose, step, decision, reason;
  std::vector<std::string> names;
  bool unmask = false, disputed = false, overpaid = false, preview = false, wait = false, dry_run = false;
  int64_t limit = 50;
};

Table ApplicationTable() {
  return Table({{"区域 area"},
                {"项目 item"},
                {"状态 state"},
                {"金额(元) yuan", true},
                {"审批 approvals"},
                {"公示截止 through"},
                {"争议 disputed"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddApplication(const v1::Application& application, Table* table) {
  table->Add({application.area(), application.item(), EnumText(application.state()),
              FormatFenGrouped(application.amount_fen()),
              absl::StrCat(application.approvals(), "/", application.approvals_needed()),
              TextOf(application.notice_ends_on()), application.disputed() ? "是 yes" : "", application.etag(),
              application.name()});
}

template <typename Request>
absl::Status OnRows(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchApplicationsResponse>("student_aid", method, request));
  return session.Print(answer, IdentificationRows(answer.rows()));
}

absl::Status ListPolicies(Session& session, const Options& options) {
  v1::ListApplicationPoliciesRequest request;
  request.set_term(options.term);
  request.set_region_code(options.region);
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListApplicationPoliciesResponse>(
                                       "student_aid", "ListApplicationPolicies", request));
  Table table(
      {{"政策 policy"}, {"公示 notice"}, {"公示日 days", true}, {"起点(元) from", true}, {"审批人数 approvals", true}});
  for (const v1::ApplicationPolicy& policy : all.policies()) {
    for (const v1::ApprovalStep& step : policy.approval_steps()) {
      table.Add({LastPart(policy.name()), EnumText(policy.notice_level()), absl::StrCat(policy.notice_days()),
                 FormatFenGrouped(step.from_amount_fen()), absl::StrCat(step.approvals())});
    }
  }
  return session.Print(all, table);
}

absl::Status ListAll(Session& session, const Options& options) {
  v1::ListApplicationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_area(AreaOf(options.area));
  request.set_item(options.item);
  request.set_disputed_only(options.disputed);
  request.set_overpaid_only(options.overpaid);
  const auto state =
      options.state.empty() ? v1::APPLICATION_STATE_UNSPECIFIED : EnumOf<v1::ApplicationState>(options.state);
  if (!state.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--state"}, {"problem", "no state: SUBMITTED, APPROVED, PAID ..."}});
  }
  request.set_state(*state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListApplicationsResponse>("student_aid", "ListApplications",
                                                                                 request, options.limit));
  Table table = ApplicationTable();
  for (const v1::Application& application : all.applications()) {
    AddApplication(application, &table);
  }
  return session.Print(all, table);
}

absl::Status GetOne(Session& session, const Options& options) {
  v1::GetApplicationRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto application, session.Call<v1::Application>("student_aid", "GetApplication", request,
                                                                         {.purpose = options.purpose}));
  return session.PrintJson(application);
}

absl::Status ShowImpacts(Session& session, const v1::ApplicationRunResult& result) {
  Table table(
      {{"变动 change"}, {"原因 cause"}, {"项目 item"}, {"份数 applications", true}, {"金额变动(元) yuan", true}});
  for (const v1::ApplicationImpact& impact : result.impacts()) {
    table.Add({EnumText(impact.change()), EnumText(impact.cause()), impact.item(), Grouped(impact.applications()),
               FormatFenGrouped(impact.amount_change_fen())});
  }
  return session.Print(result, table);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposeApplicationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_preview(options.preview);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", "ProposeApplications", request));
  if (!options.wait) {
    return session.PrintJson(job);
  }
  ASSIGN_OR_RETURN(job, session.WaitForJob("student_aid", job.name()));
  v1::ApplicationRunResult result;
  if (!job.result().UnpackTo(&result)) {
    return Fail("CLI_JOB_FAILED", {{"job", job.name()}, {"state", "a job without a result"}});
  }
  return ShowImpacts(session, result);
}

// The file holds the request: {"applications": [...]}.
absl::Status SubmitFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::BatchSubmitApplicationsRequest request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_validate_only(options.dry_run);
  return OnRows(session, "BatchSubmitApplications", request);
}

absl::Status ReviewAll(Session& session, const Options& options) {
  v1::BatchReviewApplicationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_school(options.school);
  request.mutable_applications()->Assign(options.names.begin(), options.names.end());
  request.set_decision(options.decision == "accept" ? v1::REVIEW_DECISION_ACCEPT : v1::REVIEW_DECISION_REJECT);
  request.set_reason(options.reason);
  request.set_validate_only(options.dry_run);
  return OnRows(session, options.step == "school" ? "BatchSchoolReviewApplications" : "BatchCountyReviewApplications",
                request);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::BatchWithdrawApplicationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.mutable_applications()->Assign(options.names.begin(), options.names.end());
  request.set_reason(options.reason);
  request.set_validate_only(options.dry_run);
  return OnRows(session, "BatchWithdrawApplications", request);
}

using Shared = std::shared_ptr<Options>;

void AddCounty(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
}
void AddDryRun(CLI::App* command, const Shared& options) {
  command->add_flag("--dry-run", options->dry_run, "only what would become of the rows");
}

void AddReading(CLI::App* applications, Action& chosen, const Shared& options) {
  CLI::App* policies = applications->add_subcommand("policies", "notice level, clocks and approvals of a jurisdiction");
  policies->add_option("--term", options->term, "2023-2024-1");
  policies->add_option("--region", options->region, "12 digits, with --term: the one in force there");
  OnCommand(policies, chosen, options, ListPolicies);
  CLI::App* list = applications->add_subcommand("list", "applications of a term");
  AddCounty(list, options);
  list->add_option("--term", options->term, "2023-2024-1")->required();
  list->add_option("--state", options->state, "SUBMITTED, APPROVED, PAID ...");
  list->add_option("--item", options->item, "only of this item");
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--disputed", options->disputed, "with an open objection or appeal");
  list->add_flag("--overpaid", options->overpaid, "paid more than they should");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListAll);
  CLI::App* show = applications->add_subcommand("show", "one application");
  show->add_option("name", options->name, "counties/411728/applications/...")->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, GetOne);
}

void AddSteps(CLI::App* applications, Action& chosen, const Shared& options) {
  CLI::App* propose =
      applications->add_subcommand("propose", "opens and works out applications by the decisions, as a job");
  AddCounty(propose, options);
  propose->add_option("--term", options->term, "2023-2024-1")->required();
  propose->add_flag("--preview", options->preview, "changes nothing: whom it would touch, and why");
  propose->add_flag("--wait", options->wait, "until it is over");
  OnCommand(propose, chosen, options, Propose);
  CLI::App* submit = applications->add_subcommand("submit", "hands drafts in: JSON {\"applications\": [...]}");
  submit->add_option("file", options->file, "JSON file")->required();
  AddCounty(submit, options);
  AddDryRun(submit, options);
  OnCommand(submit, chosen, options, SubmitFile);
  CLI::App* review = applications->add_subcommand("review", "review of the school or of the county");
  AddCounty(review, options);
  review->add_option("--step", options->step, "school or county")
      ->required()
      ->check(CLI::IsMember({"school", "county"}));
  review->add_option("--decision", options->decision, "accept or reject")
      ->required()
      ->check(CLI::IsMember({"accept", "reject"}));
  review->add_option("--school", options->school, "all of this school that wait: counties/411728/schools/...");
  review->add_option("--term", options->term, "with --school: 2023-2024-1");
  review->add_option("--reason", options->reason, "why, in words");
  review->add_option("names", options->names, "only these: counties/411728/applications/...");
  AddDryRun(review, options);
  OnCommand(review, chosen, options, ReviewAll);
  CLI::App* withdraw = applications->add_subcommand("withdraw", "takes applications back before they are ordered");
  AddCounty(withdraw, options);
  withdraw->add_option("names", options->names, "counties/411728/applications/...")->required();
  withdraw->add_option("--reason", options->reason, "why, in words")->required();
  AddDryRun(withdraw, options);
  OnCommand(withdraw, chosen, options, Withdraw);
}

}  // namespace

absl::Status ShowApplication(Session& session, const v1::Application& application) {
  Table table = ApplicationTable();
  AddApplication(application, &table);
  return session.Print(application, table);
}

void AddApplicationCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* applications = aid.add_subcommand("applications", "aid applications: proposal, review, notice (申请审核)")
                               ->require_subcommand(1);
  AddReading(applications, chosen, options);
  AddSteps(applications, chosen, options);
  AddNoticeCommands(*applications, chosen, true);
}

}  // namespace ruraledu::cli
