// approvals: who may stay away from school for a time, and who was not back afterwards.
#include <memory>
#include <string>
#include <vector>

#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"
#include "services/cli/calls.h"
#include "services/cli/evidence.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, child, kind, state, from, until, paper, reason, etag;
  std::vector<std::string> evidence;
  int64_t limit = 50;
};

Table ApprovalTable() {
  return Table({{"类别 kind"},
                {"起 from"},
                {"止 until"},
                {"状态 state"},
                {"区域 area"},
                {"个案 case"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddApproval(const v1::AbsenceApproval& one, Table* table) {
  table->Add({EnumText(one.kind()), TextOf(one.valid_from()), TextOf(one.valid_until()), EnumText(one.state()),
              one.area(), one.case_name(), one.etag(), one.name()});
}
template <typename Request>
absl::Status OnApproval(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::AbsenceApproval>(kService, method, request));
  Table table = ApprovalTable();
  AddApproval(one, &table);
  return session.Print(one, table);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposeAbsenceApprovalRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_child(options.child);
  request.set_kind(ValueOf<v1::ApprovalKind>(options.kind));
  RETURN_IF_ERROR(AddEvidence("--evidence", options.evidence, request.mutable_evidence()));
  ASSIGN_OR_RETURN(*request.mutable_valid_from(), DateOf("--from", options.from));
  ASSIGN_OR_RETURN(*request.mutable_valid_until(), DateOf("--until", options.until));
  return OnApproval(session, "ProposeAbsenceApproval", request);
}

absl::Status DecideOn(Session& session, const Options& options, bool approve) {
  v1::DecideAbsenceApprovalRequest request;
  request.set_name(options.name);
  request.set_approve(approve);
  request.set_paper(options.paper);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnApproval(session, "DecideAbsenceApproval", request);
}
absl::Status Grant(Session& session, const Options& options) {
  return DecideOn(session, options, true);
}
absl::Status Refuse(Session& session, const Options& options) {
  return DecideOn(session, options, false);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::WithdrawAbsenceApprovalRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnApproval(session, "WithdrawAbsenceApproval", request);
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListAbsenceApprovalsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_kind(ValueOf<v1::ApprovalKind>(options.kind));
  request.set_state(ValueOf<v1::ApprovalState>(options.state));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListAbsenceApprovalsResponse>(kService, "ListAbsenceApprovals",
                                                                                     request, options.limit));
  Table table = ApprovalTable();
  for (const v1::AbsenceApproval& one : all.approvals()) {
    AddApproval(one, &table);
  }
  return session.Print(all, table);
}

CLI::App* OnOne(CLI::App* approvals, const char* name, const char* about, const std::shared_ptr<Options>& options) {
  CLI::App* command = approvals->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/absenceApprovals/...")->required();
  command->add_option("--etag", options->etag, "what was read");
  return command;
}

}  // namespace

void AddApprovalCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  const CLI::IsMember kinds({"SUSPENSION", "DELAY", "EXEMPTION", "HOME_TEACHING"});
  CLI::App* approvals =
      root.add_subcommand("approvals", "who may stay away from school (休学 延缓 免学 送教)")->require_subcommand(1);
  CLI::App* propose = approvals->add_subcommand("propose", "proposes an approval; another one is its renewal");
  propose->add_option("child", options->child, "student or resident, resource name")->required();
  propose->add_option("kind", options->kind, "SUSPENSION, DELAY, EXEMPTION or HOME_TEACHING")->required()->check(kinds);
  propose->add_option("--from", options->from, "first day")->required();
  propose->add_option("--until", options->until, "last day")->required();
  AddEvidenceOption(propose, "--evidence", &options->evidence);
  OnCommand(propose, chosen, options, Propose);
  CLI::App* grant = OnOne(approvals, "grant", "grants what another person proposed", options);
  grant->add_option("--paper", options->paper, "number of the paper that grants it")->required();
  OnCommand(grant, chosen, options, Grant);
  CLI::App* refuse = OnOne(approvals, "refuse", "refuses what another person proposed", options);
  OnCommand(refuse, chosen, options, Refuse);
  CLI::App* withdraw = OnOne(approvals, "withdraw", "takes a proposal or an approval back", options);
  OnCommand(withdraw, chosen, options, Withdraw);
  for (CLI::App* command : {refuse, withdraw}) {
    command->add_option("--reason", options->reason, "why")->required();
  }
  for (CLI::App* command : {grant, refuse}) {
    command->get_option("--etag")->required();
  }
  AddShow<v1::GetAbsenceApprovalRequest, v1::AbsenceApproval>(approvals, chosen, kService, "GetAbsenceApproval",
                                                              "one approval in full",
                                                              "counties/411728/absenceApprovals/...");
  CLI::App* list = approvals->add_subcommand("list", "approvals, the first to end first");
  AddLimit(*list, &options->limit);
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_option("--kind", options->kind, "only of this kind")->check(kinds);
  list->add_option("--state", options->state,
                   "PROPOSED, IN_FORCE, REFUSED, WITHDRAWN, FOLLOWED, BACK, LEFT or NOT_BACK");
  for (CLI::App* command : {propose, list}) {
    command->add_option("--county", options->county, "six digits");
  }
  OnCommand(list, chosen, options, ListThem);
}

}  // namespace ruraledu::cli
