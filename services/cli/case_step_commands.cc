// cases: what is done with a case, from its opening to the return of the child and the closing.
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"
#include "services/cli/evidence.h"
#include "services/cli/monitoring_commands.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, name, etag, student, child, township, found, attended, sibling, on, means, outcome, place, result,
      next, reason, destination, destination_text, aid, decision, placement, seen, area, officer, out, purpose;
  std::vector<std::string> people, evidence, roles;
  std::map<std::string, std::string> changes;  // by field
  v1::DiscoveryChannel channel = v1::DISCOVERY_CHANNEL_UNSPECIFIED;
  v1::CaseStepKind step = v1::CASE_STEP_KIND_UNSPECIFIED;
  v1::LegalStepKind legal = v1::LEGAL_STEP_KIND_UNSPECIFIED;
  v1::AuthorityLevel level = v1::AUTHORITY_LEVEL_UNSPECIFIED;
  int32_t days = 0;
};
using Shared = std::shared_ptr<Options>;

template <typename Request>
absl::Status OnCase(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto file, session.Call<v1::Case>(kService, method, request));
  Table table = CaseTable();
  AddCase(file, &table);
  return session.Print(file, table);
}

// A request about the case of the command line.
template <typename Request>
Request About(const Options& options) {
  Request request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return request;
}

absl::Status Open(Session& session, const Options& options) {
  v1::OpenCaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  if (!options.child.empty()) {
    RETURN_IF_ERROR(FromFile("--child", options.child, request.mutable_child()));
  }
  request.set_township(options.township);
  request.set_channel(options.channel);
  RETURN_IF_ERROR(PutDay("--found", options.found, &request, &v1::OpenCaseRequest::mutable_discovered_on));
  RETURN_IF_ERROR(PutDay("--attended", options.attended, &request, &v1::OpenCaseRequest::mutable_last_attended_on));
  request.set_sibling_of(options.sibling);
  return OnCase(session, "OpenCase", request);
}

// "SCHOOL=王老师,13800000000".
absl::Status AddRole(const std::string& text, v1::Case* file) {
  const std::pair<std::string, std::string> slot = absl::StrSplit(text, absl::MaxSplits('=', 1));
  const std::pair<std::string, std::string> who = absl::StrSplit(slot.second, absl::MaxSplits(',', 1));
  if (slot.first.empty() || who.first.empty()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--role"}, {"problem", "SLOT=name or SLOT=name,phone"}});
  }
  v1::CaseRole& role = *file->add_roles();
  role.set_slot(slot.first);
  role.set_display_name(who.first);
  role.set_phone(who.second);
  return absl::OkStatus();
}

// What is on the command line is changed, also to nothing.
absl::Status Update(Session& session, const Options& options) {
  v1::UpdateCaseRequest request;
  v1::Case& file = *request.mutable_case_file();
  file.set_name(options.name);
  file.set_etag(options.etag);
  for (const auto& [field, value] : options.changes) {
    const auto* const known = v1::Case::descriptor()->FindFieldByName(field);
    if (known->type() == google::protobuf::FieldDescriptor::TYPE_BOOL) {
      file.GetReflection()->SetBool(&file, known, value == "yes");
    } else {
      file.GetReflection()->SetString(&file, known, value);
    }
    request.mutable_update_mask()->add_paths(field);
  }
  for (const std::string& role : options.roles) {
    RETURN_IF_ERROR(AddRole(role, &file));
  }
  if (!options.roles.empty()) {
    request.mutable_update_mask()->add_paths("roles");
  }
  if (request.update_mask().paths().empty()) {
    return Fail("CLI_ARGUMENT", {{"argument", "update"}, {"problem", "nothing is to be changed"}});
  }
  return OnCase(session, "UpdateCase", request);
}

absl::Status Verify(Session& session, const Options& options) {
  return OnCase(session, "VerifyCase", About<v1::VerifyCaseRequest>(options));
}

absl::Status Contact(Session& session, const Options& options) {
  auto request = About<v1::RecordContactRequest>(options);
  v1::CaseContact& contact = *request.mutable_contact();
  RETURN_IF_ERROR(PutDay("--on", options.on, &contact, &v1::CaseContact::mutable_on));
  contact.set_means(options.means);
  contact.set_outcome(options.outcome);
  contact.set_place(options.place);
  contact.mutable_people()->Assign(options.people.begin(), options.people.end());
  contact.set_result(options.result);
  contact.set_next_step(options.next);
  return OnCase(session, "RecordContact", request);
}

absl::Status Propose(Session& session, const Options& options) {
  auto request = About<v1::ProposeCaseStepRequest>(options);
  v1::CaseProposal& proposal = *request.mutable_proposal();
  proposal.set_kind(options.step);
  proposal.set_reason(options.reason);
  RETURN_IF_ERROR(AddEvidence("--evidence", options.evidence, proposal.mutable_evidence()));
  proposal.set_destination(options.destination);
  proposal.set_destination_text(options.destination_text);
  proposal.set_aid_decision(options.aid);
  return OnCase(session, "ProposeCaseStep", request);
}

absl::Status Decide(Session& session, const Options& options) {
  auto request = About<v1::DecideCaseStepRequest>(options);
  request.set_kind(options.step);
  request.set_accept(options.decision == kAccept);
  request.set_reason(options.reason);
  return OnCase(session, "DecideCaseStep", request);
}

absl::Status Issue(Session& session, const Options& options) {
  auto request = About<v1::IssueLegalStepRequest>(options);
  request.set_kind(options.legal);
  request.set_term_days(options.days);
  RETURN_IF_ERROR(AddEvidence("--record", options.evidence, request.mutable_records()));
  return OnCase(session, "IssueLegalStep", request);
}

absl::Status SaveDocument(Session& session, const Options& options) {
  v1::RenderLegalDocumentRequest request;
  request.set_name(options.name);
  request.set_kind(options.legal);
  return SaveLetter<v1::RenderLegalDocumentResponse>(session, kService, "RenderLegalDocument", request, options.out,
                                                     options.purpose);
}

absl::Status Return(Session& session, const Options& options) {
  auto request = About<v1::RecordReturnRequest>(options);
  RETURN_IF_ERROR(PutDay("--on", options.on, &request, &v1::RecordReturnRequest::mutable_returned_on));
  request.set_placement(options.placement);
  return OnCase(session, "RecordReturn", request);
}

absl::Status Follow(Session& session, const Options& options) {
  auto request = About<v1::RecordFollowUpRequest>(options);
  v1::FollowUp& look = *request.mutable_follow_up();
  RETURN_IF_ERROR(PutDay("--on", options.on, &look, &v1::FollowUp::mutable_on));
  look.set_present(options.seen == "present");
  look.set_note(options.result);
  return OnCase(session, "RecordFollowUp", request);
}

absl::Status Offer(Session& session, const Options& options) {
  auto request = About<v1::OfferHandOverRequest>(options);
  v1::HandOver& offer = *request.mutable_hand_over();
  offer.set_level(options.level);
  offer.set_area(options.area);
  offer.set_officer(options.officer);
  offer.set_reason(options.reason);
  return OnCase(session, "OfferHandOver", request);
}

absl::Status Answer(Session& session, const Options& options) {
  auto request = About<v1::AnswerHandOverRequest>(options);
  request.set_accept(options.decision == kAccept);
  request.set_officer(options.officer);
  request.set_reason(options.reason);
  return OnCase(session, "AnswerHandOver", request);
}

CLI::App* OnOne(CLI::App* cases, const char* name, const char* about, const Shared& options) {
  CLI::App* command = cases->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/cases/...")->required();
  return command;
}
CLI::App* OnVersion(CLI::App* cases, const char* name, const char* about, const Shared& options) {
  CLI::App* command = OnOne(cases, name, about, options);
  command->add_option("--etag", options->etag, "only if the case is still this version");
  return command;
}

void AddFile(CLI::App* cases, Action& chosen, const Shared& options) {
  CLI::App* open = cases->add_subcommand("open", "opens the case of a child, or adds a finding to the open one");
  open->add_option("--county", options->county, "six digits");
  CLI::Option* student = open->add_option("--student", options->student, "resource name or person id");
  open->add_option("--child", options->child, "no register knows the child: JSON file, ChildFile")->excludes(student);
  open->add_option("--township", options->township, "with --child: where it lives, 9 digits");
  AddEnum(open, "--channel", &options->channel, "how it was found")->required();
  open->add_option("--found", options->found, "day on which it was found")->required();
  open->add_option("--attended", options->attended, "last day on which the child attended");
  open->add_option("--sibling-of", options->sibling, "case of a sibling that led to this one");
  OnCommand(open, chosen, options, Open);
  CLI::App* update = OnVersion(cases, "update", "changes what the file says", options);
  const auto change = [&](const char* option, const char* field, const char* about) {
    return update->add_option_function<std::string>(
        option, [options, field](const std::string& value) { options->changes[field] = value; }, about);
  };
  change("--reason-code", "reason_code", "why the child is away, code list dropout_reason: 01");
  change("--poverty", "poverty_caused", "poverty is a cause: yes or no")->check(CLI::IsMember({"yes", "no"}));
  change("--measures", "measures", "measures in words");
  change("--placement", "placement", "code list dropout_placement: ORIGINAL_CLASS");
  change("--officer", "officer", "registry id of the officer in charge");
  update->add_option("--role", options->roles, "all of the five roles: SCHOOL=name,phone")->allow_extra_args(false);
  OnCommand(update, chosen, options, Update);
  OnCommand(OnVersion(cases, "verify", "begins to look into a suspicion", options), chosen, options, Verify);
}

void AddPersuasion(CLI::App* cases, Action& chosen, const Shared& options) {
  CLI::App* contact = OnVersion(cases, "contact", "writes down a visit or another contact (劝返记录)", options);
  contact->add_option("--on", options->on, "day")->required();
  contact->add_option("--means", options->means, "code list contact_means: VISIT, PHONE ...")->required();
  contact->add_option("--outcome", options->outcome, "code list contact_outcome: REFUSED_FAMILY ...")->required();
  contact->add_option("--place", options->place, "where");
  contact->add_option("--with", options->people, "who took part")->allow_extra_args(false);
  contact->add_option("--result", options->result, "result in words");
  contact->add_option("--next", options->next, "what is to be done next");
  OnCommand(contact, chosen, options, Contact);
  CLI::App* propose = OnVersion(cases, "propose", "proposes a step that another person decides", options);
  AddEnum(propose, "step", &options->step, "step")->required();
  propose->add_option("--reason", options->reason, "why, in words");
  AddEvidenceOption(propose, "--evidence", &options->evidence);
  propose->add_option("--destination", options->destination, "MOVE: school, resource name");
  propose->add_option("--destination-text", options->destination_text, "MOVE: destination outside of the suite");
  propose->add_option("--aid", options->aid, "CLOSE: aid decision that answers the poverty");
  OnCommand(propose, chosen, options, Propose);
  CLI::App* decide = OnVersion(cases, "decide", "decides what another person proposed", options);
  AddEnum(decide, "step", &options->step, "step that was read")->required();
  AddDecision(decide, &options->decision);
  decide->add_option("--reason", options->reason, "why; needed to reject");
  OnCommand(decide, chosen, options, Decide);
}

void AddLegal(CLI::App* cases, Action& chosen, const Shared& options) {
  CLI::App* legal = OnVersion(cases, "legal", "takes a step of lawful control (依法控辍)", options);
  AddEnum(legal, "step", &options->legal, "step")->required();
  legal->add_option("--days", options->days, "term in calendar days; left out: as the policy says")
      ->check(CLI::PositiveNumber);
  AddEvidenceOption(legal, "--record", &options->evidence);
  OnCommand(legal, chosen, options, Issue);
  CLI::App* document = OnOne(cases, "document", "saves the document of a legal step that was taken", options);
  AddEnum(document, "step", &options->legal, "step")->required();
  document->add_option("--out", options->out, "new file to write, .docx")->required();
  document->add_option("--purpose", options->purpose, "why; it names the child and is journalled")->required();
  OnCommand(document, chosen, options, SaveDocument);
}

void AddReturn(CLI::App* cases, Action& chosen, const Shared& options) {
  CLI::App* back = OnVersion(cases, "return", "the child is back, on trial (返校)", options);
  back->add_option("--on", options->on, "first day on which it was present")->required();
  back->add_option("--placement", options->placement, "code list dropout_placement: ORIGINAL_CLASS")->required();
  OnCommand(back, chosen, options, Return);
  CLI::App* follow = OnVersion(cases, "follow-up", "writes down a look after the return", options);
  follow->add_option("--seen", options->seen, "present or absent; absent is a relapse")
      ->required()
      ->check(CLI::IsMember({"present", "absent"}));
  follow->add_option("--on", options->on, "day; left out: today");
  follow->add_option("--note", options->result, "what was seen");
  OnCommand(follow, chosen, options, Follow);
  CLI::App* offer = OnVersion(cases, "offer", "offers the case to another authority (移交)", options);
  AddEnum(offer, "--to", &options->level, "authority that is to lead")->required();
  offer->add_option("--area", options->area, "its area: 411728103")->required();
  offer->add_option("--reason", options->reason, "why")->required();
  CLI::App* answer = OnVersion(cases, "answer", "takes an offered case over, or not", options);
  AddDecision(answer, &options->decision);
  answer->add_option("--reason", options->reason, "why; needed to reject");
  for (CLI::App* command : {offer, answer}) {
    command->add_option("--officer", options->officer, "registry id of the officer there");
  }
  OnCommand(offer, chosen, options, Offer);
  OnCommand(answer, chosen, options, Answer);
}

}  // namespace

void AddCaseStepCommands(CLI::App* cases, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddFile(cases, chosen, options);
  AddPersuasion(cases, chosen, options);
  AddLegal(cases, chosen, options);
  AddReturn(cases, chosen, options);
}

}  // namespace ruraledu::cli
