// reviews and transfers.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

struct Options {
  std::string county, name, decision, keep, note, etag, student, to_school, to_class, effective_on, reason, duplicate;
  bool all = false, incoming = false;
  int64_t limit = 50;
};

absl::Status ListReviews(Session& session, const Options& options) {
  v1::ListReviewsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_state(options.all ? v1::REVIEW_STATE_UNSPECIFIED : v1::REVIEW_STATE_OPEN);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListReviewsResponse>("registry", "ListReviews", request, options.limit));
  Table table({{"得分 score", true}, {"类别 kind"}, {"理由 reasons"}, {"状态 state"}, {"资源名 resource"}});
  for (const v1::IdentityReview& review : all.reviews()) {
    table.Add({absl::StrCat(review.score_permille()), review.kind(), absl::StrJoin(review.reasons(), " "),
               EnumText(review.state()), review.name()});
  }
  return session.Print(all, table);
}

absl::Status DecideReview(Session& session, const Options& options) {
  v1::DecideReviewRequest request;
  request.set_name(options.name);
  request.set_decision(options.decision == "same" ? v1::REVIEW_STATE_SAME : v1::REVIEW_STATE_DIFFERENT);
  request.set_keep(options.keep);
  request.set_note(options.note);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto review, session.Call<v1::IdentityReview>("registry", "DecideReview", request));
  return session.PrintJson(review);
}

absl::Status Merge(Session& session, const Options& options) {
  v1::MergeStudentsRequest request;
  request.set_name(options.name);
  request.set_duplicate(options.duplicate);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(const auto student, session.Call<v1::Student>("registry", "MergeStudents", request));
  return session.PrintJson(student);
}

absl::Status Unmerge(Session& session, const Options& options) {
  v1::UnmergeStudentRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(const auto student, session.Call<v1::Student>("registry", "UnmergeStudent", request));
  return session.PrintJson(student);
}

absl::Status ListTransfers(Session& session, const Options& options) {
  v1::ListTransfersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_incoming(options.incoming);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListTransfersResponse>("registry", "ListTransfers", request, options.limit));
  Table table({{"生效日 from"}, {"状态 state"}, {"原因 reason"}, {"去向 school"}, {"资源名 resource"}});
  for (const v1::Transfer& transfer : all.transfers()) {
    table.Add({TextOf(transfer.effective_on()), EnumText(transfer.state()), transfer.reason(), transfer.to_school(),
               transfer.name()});
  }
  return session.Print(all, table);
}

absl::Status RequestTransfer(Session& session, const Options& options) {
  v1::CreateTransferRequest request;
  // The source county is that of the student.
  ASSIGN_OR_RETURN(*request.mutable_parent(),
                   session.County(options.student.substr(0, options.student.find("/students/"))));
  v1::Transfer* transfer = request.mutable_transfer();
  transfer->set_student(options.student);
  transfer->set_to_school(options.to_school);
  transfer->set_to_class(options.to_class);
  transfer->set_reason(options.reason);
  ASSIGN_OR_RETURN(*transfer->mutable_effective_on(), DateOf("--effective", options.effective_on));
  ASSIGN_OR_RETURN(const auto made, session.Call<v1::Transfer>("registry", "CreateTransfer", request));
  return session.PrintJson(made);
}

absl::Status AcceptTransfer(Session& session, const Options& options) {
  v1::AcceptTransferRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_transfer(options.name);
  request.set_to_class(options.to_class);
  ASSIGN_OR_RETURN(const auto student, session.Call<v1::Student>("registry", "AcceptTransfer", request));
  return session.PrintJson(student);
}

absl::Status EndTransfer(Session& session, const Options& options) {
  v1::EndTransferRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_transfer(options.name);
  ASSIGN_OR_RETURN(const auto transfer, session.Call<v1::Transfer>("registry", "EndTransfer", request));
  return session.PrintJson(transfer);
}

void AddReviews(CLI::App& root, Action& chosen, const std::shared_ptr<Options>& options) {
  CLI::App* reviews = root.add_subcommand("reviews", "doubtful pairs of persons")->require_subcommand(1);
  CLI::App* list = reviews->add_subcommand("list", "open ones, the surest first");
  list->add_option("--county", options->county, "six digits");
  list->add_flag("--all", options->all, "decided ones too");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListReviews);
  CLI::App* decide = reviews->add_subcommand("decide", "decides one");
  decide->add_option("name", options->name, "counties/411728/reviews/...")->required();
  decide->add_option("decision", options->decision, "same or different")
      ->required()
      ->check(CLI::IsMember({"same", "different"}));
  decide->add_option("--keep", options->keep, "the student that stays, for two students");
  decide->add_option("--note", options->note, "why, without personal data");
  decide->add_option("--etag", options->etag, "version that was looked at");
  OnCommand(decide, chosen, options, DecideReview);
  CLI::App* merge = reviews->add_subcommand("merge", "merges two records of one person");
  merge->add_option("name", options->name, "the student that stays")->required();
  merge->add_option("duplicate", options->duplicate, "the student that becomes an alias")->required();
  merge->add_option("--reason", options->reason, "why, without personal data")->required();
  OnCommand(merge, chosen, options, Merge);
  CLI::App* unmerge = reviews->add_subcommand("unmerge", "ends a merge");
  unmerge->add_option("name", options->name, "the student that is an alias")->required();
  unmerge->add_option("--reason", options->reason, "why, without personal data")->required();
  OnCommand(unmerge, chosen, options, Unmerge);
}

}  // namespace

void AddIdentityCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddReviews(root, chosen, options);
  CLI::App* transfers = root.add_subcommand("transfers", "pupils who change school or county")->require_subcommand(1);
  CLI::App* list = transfers->add_subcommand("list", "out of a county, or into it");
  list->add_flag("--incoming", options->incoming, "those into the county");
  list->add_option("--county", options->county, "six digits");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListTransfers);
  CLI::App* request = transfers->add_subcommand("request", "asks for one, in the source county");
  request->add_option("student", options->student, "counties/411728/students/...")->required();
  request->add_option("--to-school", options->to_school, "school that takes the pupil")->required();
  request->add_option("--to-class", options->to_class, "class there");
  request->add_option("--effective", options->effective_on, "first day at the new school")->required();
  request->add_option("--reason", options->reason, "MOVED_HOUSE, RELOCATION, OTHER");
  OnCommand(request, chosen, options, RequestTransfer);
  CLI::App* accept = transfers->add_subcommand("accept", "accepts one, in the destination county");
  accept->add_option("transfer", options->name, "counties/.../transfers/...")->required();
  accept->add_option("--county", options->county, "destination, six digits");
  accept->add_option("--to-class", options->to_class, "class that takes the pupil");
  OnCommand(accept, chosen, options, AcceptTransfer);
  CLI::App* end = transfers->add_subcommand("end", "refuses or withdraws one that is only requested");
  end->add_option("transfer", options->name, "counties/.../transfers/...")->required();
  end->add_option("--county", options->county, "county of the one who ends it");
  OnCommand(end, chosen, options, EndTransfer);
}

}  // namespace ruraledu::cli
