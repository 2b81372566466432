// placements committee: of whom the expert committee (残疾人教育专家委员会) has something to say, and what it said.
#include "absl/strings/str_cat.h"
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr char kChild[] = "counties/411728/disabledChildren/...";
constexpr char kReview[] = "counties/411728/committeeReviews/2023-2024. ...";

struct Options {
  std::string county, area, name, etag, decision, reason, recommendation, correction;
  OpinionOptions opinion;
  v1::CommitteeTask task = v1::COMMITTEE_TASK_UNSPECIFIED;
  bool overdue = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

template <typename Request>
absl::Status OnReview(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto review, session.Call<v1::CommitteeReview>(kService, method, request));
  Table table({{"事项 task"},
               {"期限 due"},
               {"状态 state"},
               {"录入 entered"},
               {"审核 decided"},
               {"版本 etag"},
               {"资源名 resource"}});
  table.Add({NameOf(review.task()), TextOf(review.due_on()), NameOf(review.state()), TextOf(review.entered_on()),
             TextOf(review.decided_on()), review.etag(), review.name()});
  return session.Print(review, table);
}

absl::Status List(Session& session, const Options& options) {
  v1::ListCommitteeDueRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_task(options.task);
  request.set_overdue_only(options.overdue);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListCommitteeDueResponse>(kService, "ListCommitteeDue", request, options.limit));
  Table table({{"区域 area"},
               {"年级 grade"},
               {"事项 task"},
               {"期限 due"},
               {"逾期 overdue"},
               {"状态 state"},
               {"学生 child"},
               {"评估 review"}});
  for (const v1::CommitteeDue& due : all.children()) {
    table.Add({due.area(), due.grade(), NameOf(due.task()), TextOf(due.due_on()), due.overdue() ? "是 yes" : "",
               NameOf(due.state()), due.child(), due.review()});
  }
  return session.Print(all, table);
}

absl::Status EnterLook(Session& session, const Options& options) {
  v1::EnterCommitteeReviewRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_recommendation(options.recommendation);
  request.set_correction_reason(options.correction);
  RETURN_IF_ERROR(PutOpinion(options.opinion, request.mutable_opinion()));
  return OnReview(session, "EnterCommitteeReview", request);
}

absl::Status DecideLook(Session& session, const Options& options) {
  v1::DecideCommitteeReviewRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_confirm(options.decision == kAccept);
  request.set_reason(options.reason);
  return OnReview(session, "DecideCommitteeReview", request);
}

void AddEnter(CLI::App* committee, Action& chosen, const Shared& options) {
  CLI::App* enter = committee->add_subcommand("enter", "enters what it said of a child in this school year");
  enter->add_option("child", options->name, kChild)->required();
  enter->add_option("recommendation", options->recommendation, "code list committee_recommendation: KEEP")->required();
  AddOpinionOptions(enter, &options->opinion);
  enter->get_option("--text")->required();
  enter->add_option("--correction", options->correction, "why a confirmed look is entered again");
  enter->add_option("--etag", options->etag, "only if the look of the year is still this version");
  OnCommand(enter, chosen, options, EnterLook);
}

}  // namespace

void AddOpinionOptions(CLI::App* command, OpinionOptions* options) {
  command->add_option("--on", options->on, "day")->required();
  command->add_option("--member", options->members, "who was there, two at least")->required()->allow_extra_args(false);
  command->add_option("--learns", options->learns, "whether the child is able to learn: yes or no")
      ->required()
      ->check(CLI::IsMember({"yes", "no"}));
  command->add_option("--advises", options->advises, "kind that it advises, code list placement_kind");
  command->add_option("--text", options->text, "why, in words");
}

absl::Status PutOpinion(const OpinionOptions& options, v1::CommitteeOpinion* opinion) {
  RETURN_IF_ERROR(PutDay("--on", options.on, opinion, &v1::CommitteeOpinion::mutable_on));
  opinion->mutable_members()->Assign(options.members.begin(), options.members.end());
  opinion->set_able_to_learn(options.learns == "yes");
  opinion->set_advised_kind(options.advises);
  opinion->set_text(options.text);
  return absl::OkStatus();
}

void AddCommitteeCommands(CLI::App* placements, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* committee = placements->add_subcommand("committee", "yearly look of the expert committee (专家委员会)")
                            ->require_subcommand(1);
  CLI::App* list = committee->add_subcommand("list", "of whom it has something to say in this school year");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddEnum(list, "--task", &options->task, "only with this task: NEW, TRANSITION ...");
  list->add_flag("--overdue", options->overdue, "only those who are overdue");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, List);
  AddEnter(committee, chosen, options);
  CLI::App* decide = committee->add_subcommand("decide", "confirms or refuses what another person entered");
  decide->add_option("name", options->name, kReview)->required();
  AddDecision(decide, &options->decision);
  decide->add_option("--reason", options->reason, "why; needed to reject");
  decide->add_option("--etag", options->etag, "version that was read")->required();
  OnCommand(decide, chosen, options, DecideLook);
  AddShow<v1::GetCommitteeReviewRequest, v1::CommitteeReview>(committee, chosen, kService, "GetCommitteeReview",
                                                              "one look in full", kReview);
}

}  // namespace ruraledu::cli
