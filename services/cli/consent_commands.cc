// aid consents, aid information: legal bases, consents of families; what is asked of a guardian.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "ruraledu/student_aid/v1/consent.pb.h"
#include "ruraledu/student_aid/v1/information_request.pb.h"
#include "services/cli/calls.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr std::string_view kService = "student_aid";
constexpr char kConsent[] = "counties/411728/consents/...";
constexpr char kRequest[] = "counties/411728/informationRequests/...";

struct Options {
  std::string county, region, on, student, signatory, relation, signed_on, until, file, name, reason, etag, area, use,
      ends_before, record, addressee, phone, question, channel, witness;
  std::vector<std::string> uses, items, answers, files;
  v1::ConsentState consent_state = v1::CONSENT_STATE_UNSPECIFIED;
  v1::InformationRequestState request_state = v1::INFORMATION_REQUEST_STATE_UNSPECIFIED;
  bool cannot_write = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

// --- Consents -------------------------------------------------------------------------------------------------------

absl::Status ListBases(Session& session, const Options& options) {
  v1::ListLegalBasesRequest request;
  if (options.region.empty()) {
    ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
    request.set_region_code(absl::StrCat(county.substr(county.rfind('/') + 1), "000000"));
  } else {
    request.set_region_code(options.region);
  }
  RETURN_IF_ERROR(PutDay("--on", options.on, &request, &v1::ListLegalBasesRequest::mutable_on));
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListLegalBasesResponse>(kService, "ListLegalBases", request));
  Table table({{"用途 use"},
               {"名称 label"},
               {"依据 basis"},
               {"告知 inform"},
               {"有效月数 months", true},
               {"本人签字年龄 self", true},
               {"来源 source"}});
  for (const v1::LegalBasis& basis : all.bases()) {
    const bool consent = basis.basis() == v1::LEGAL_BASIS_KIND_CONSENT;
    table.Add({basis.use(), basis.label_zh(), NameOf(basis.basis()), basis.inform() ? "是" : "",
               consent ? absl::StrCat(basis.consent_months()) : "", consent ? absl::StrCat(basis.self_age()) : "",
               basis.source()});
  }
  return session.Print(all, table);
}

absl::Status RecordPaper(Session& session, const Options& options) {
  v1::BatchRecordConsentsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  v1::NewConsent* const paper = request.add_consents();
  paper->set_student(options.student);
  for (const std::string& use : options.uses) {
    paper->add_uses(use);
  }
  paper->set_signatory(options.signatory);
  paper->set_relation(options.relation);
  RETURN_IF_ERROR(PutDay("--signed-on", options.signed_on, paper, &v1::NewConsent::mutable_signed_on));
  RETURN_IF_ERROR(PutDay("--until", options.until, paper, &v1::NewConsent::mutable_valid_until));
  paper->set_file(options.file);
  ASSIGN_OR_RETURN(const auto done,
                   session.Call<v1::BatchRecordConsentsResponse>(kService, "BatchRecordConsents", request));
  Table table({{"用途 use"}, {"原因 reason"}, {"资源名 resource"}});
  for (const v1::ConsentRow& row : done.rows()) {
    table.Add({row.use(), row.reason(), row.name()});
  }
  return session.Print(done, table);
}

Table ConsentTable(const google::protobuf::RepeatedPtrField<v1::Consent>& consents) {
  Table table({{"学生 person"},
               {"用途 use"},
               {"状态 state"},
               {"签字人 relation"},
               {"签字日 signed"},
               {"到期日 until"},
               {"撤回日 withdrawn"},
               {"资源名 resource"}});
  for (const v1::Consent& one : consents) {
    table.Add({one.person(), one.use(), NameOf(one.state()), one.relation(), DayTextOf(one.signed_on()),
               DayTextOf(one.valid_until()), DayTextOf(one.withdrawn_on()), one.name()});
  }
  return table;
}

absl::Status WithdrawOne(Session& session, const Options& options) {
  v1::WithdrawConsentRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto consent, session.Call<v1::Consent>(kService, "WithdrawConsent", request));
  google::protobuf::RepeatedPtrField<v1::Consent> one;
  *one.Add() = consent;
  return session.Print(consent, ConsentTable(one));
}

absl::Status ListPapers(Session& session, const Options& options) {
  v1::ListConsentsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_student(options.student);
  request.set_use(options.use);
  request.set_state(options.consent_state);
  RETURN_IF_ERROR(
      PutDay("--ends-before", options.ends_before, &request, &v1::ListConsentsRequest::mutable_ends_before));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListConsentsResponse>(kService, "ListConsents", request, options.limit));
  return session.Print(all, ConsentTable(all.consents()));
}

// --- Information ----------------------------------------------------------------------------------------------------

Table RequestTable(const google::protobuf::RepeatedPtrField<v1::InformationRequest>& requests) {
  Table table({{"期限 due"},
               {"状态 state"},
               {"学生 person"},
               {"关系 relation"},
               {"核实事项 items"},
               {"逾期 late"},
               {"记录 record"},
               {"资源名 resource"}});
  for (const v1::InformationRequest& one : requests) {
    table.Add({DayTextOf(one.due_on()), NameOf(one.state()), one.person(), one.relation(),
               absl::StrJoin(one.items(), " "), one.late() ? "是" : "", one.record(), one.name()});
  }
  return table;
}

template <typename Request>
absl::Status OnRequest(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto found, session.Call<v1::InformationRequest>(kService, method, request));
  google::protobuf::RepeatedPtrField<v1::InformationRequest> one;
  *one.Add() = found;
  return session.Print(found, RequestTable(one));
}

absl::Status AskFamily(Session& session, const Options& options) {
  v1::CreateInformationRequestRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_record(options.record);
  request.set_addressee(options.addressee);
  request.set_relation(options.relation);
  request.set_phone(options.phone);
  for (const std::string& item : options.items) {
    request.add_items(item);
  }
  request.set_question(options.question);
  return OnRequest(session, "CreateInformationRequest", request);
}

// "INCOME=月收入 900 元" -> item and what stands behind it.
absl::StatusOr<std::pair<std::string, std::string>> ItemOf(std::string_view argument, std::string_view text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  return parts.first.empty() || parts.second.empty()
             ? Fail("CLI_ARGUMENT", {{"argument", argument}, {"problem", "write ITEM=..."}})
             : absl::StatusOr<std::pair<std::string, std::string>>(parts);
}

absl::Status AnswerFor(Session& session, const Options& options) {
  v1::AnswerInformationRequestRequest request;
  request.set_name(options.name);
  request.set_channel(options.channel);
  for (const std::string& text : options.answers) {
    ASSIGN_OR_RETURN(const auto given, ItemOf("--answer", text));
    v1::InformationAnswer* const answer = request.add_answers();
    answer->set_item(given.first);
    answer->set_text(given.second);
  }
  for (const std::string& text : options.files) {
    ASSIGN_OR_RETURN(const auto given, ItemOf("--file", text));
    for (v1::InformationAnswer& answer : *request.mutable_answers()) {
      if (answer.item() == given.first) {
        answer.set_file(given.second);
      }
    }
  }
  request.set_cannot_write(options.cannot_write);
  request.set_witness(options.witness);
  request.set_etag(options.etag);
  return OnRequest(session, "AnswerInformationRequest", request);
}

absl::Status DeclineFor(Session& session, const Options& options) {
  v1::DeclineInformationRequestRequest request;
  request.set_name(options.name);
  request.set_channel(options.channel);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnRequest(session, "DeclineInformationRequest", request);
}

absl::Status TakeBack(Session& session, const Options& options) {
  v1::WithdrawInformationRequestRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnRequest(session, "WithdrawInformationRequest", request);
}

absl::Status ListRequests(Session& session, const Options& options) {
  v1::ListInformationRequestsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_student(options.student);
  request.set_record(options.record);
  request.set_state(options.request_state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListInformationRequestsResponse>(
                                       kService, "ListInformationRequests", request, options.limit));
  return session.Print(all, RequestTable(all.requests()));
}

// --- Command lines --------------------------------------------------------------------------------------------------

void AddConsents(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* group =
      aid.add_subcommand("consents", "legal bases and consents of families (授权同意)")->require_subcommand(1);
  CLI::App* bases = group->add_subcommand("bases", "on what basis data is used, use by use");
  bases->add_option("--county", options->county, "six digits");
  bases->add_option("--region", options->region, "another region, twelve digits");
  bases->add_option("--on", options->on, "day, 2023-09-01; else today");
  OnCommand(bases, chosen, options, ListBases);
  AddEvaluate<v1::EvaluateConsentRequest, v1::EvaluateConsentResponse>(
      group, chosen, kService, "EvaluateConsent", "whether data of a pupil may be used, from explicit facts");
  CLI::App* record = group->add_subcommand("record", "records a signed paper, a consent per use");
  record->add_option("--county", options->county, "six digits");
  record->add_option("--student", options->student, "counties/411728/students/...")->required();
  record->add_option("--use", options->uses, "ENQUIRE_CIVIL_AFFAIRS; several are given one after the other")
      ->required();
  record->add_option("--signatory", options->signatory, "name of who signed")->required();
  record->add_option("--relation", options->relation, "MOTHER, FATHER ..., or SELF")->required();
  record->add_option("--signed-on", options->signed_on, "2023-09-01")->required();
  record->add_option("--until", options->until, "first day on which it holds no more, when the paper says one");
  record->add_option("--file", options->file, "the paper, counties/411728/files/...")->required();
  OnCommand(record, chosen, options, RecordPaper);
  CLI::App* withdraw = group->add_subcommand("withdraw", "a family takes a consent back");
  withdraw->add_option("name", options->name, kConsent)->required();
  withdraw->add_option("--reason", options->reason, "what the family said");
  withdraw->add_option("--etag", options->etag, "expected version");
  OnCommand(withdraw, chosen, options, WithdrawOne);
  AddShow<v1::GetConsentRequest, v1::Consent>(group, chosen, kService, "GetConsent", "one consent", kConsent);
  CLI::App* list = group->add_subcommand("list", "consents of a county, what ends first stands first");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "411728103, 411728103/<school>");
  list->add_option("--student", options->student, "only of this pupil");
  list->add_option("--use", options->use, "only to this use");
  list->add_option("--ends-before", options->ends_before, "only those that hold no more on this day, 2023-12-31");
  AddEnum(list, "--state", &options->consent_state, "only those that are so today");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListPapers);
}

void AddInformation(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* group =
      aid.add_subcommand("information", "what is asked of a guardian (向监护人核实)")->require_subcommand(1);
  CLI::App* ask = group->add_subcommand("ask", "asks somebody of the family about a record; the school waits");
  ask->add_option("--county", options->county, "six digits");
  ask->add_option("--record", options->record, "counties/411728/identifications/... or .../applications/...")
      ->required();
  ask->add_option("--addressee", options->addressee, "name of who is asked")->required();
  ask->add_option("--relation", options->relation, "GRANDPARENT; code list guardian_relation")->required();
  ask->add_option("--phone", options->phone, "when there is one");
  ask->add_option("--item", options->items, "INCOME; several are given one after the other")->required();
  ask->add_option("--question", options->question, "in words; needed with OTHER");
  OnCommand(ask, chosen, options, AskFamily);
  CLI::App* answer = group->add_subcommand("answer", "records what was said");
  answer->add_option("name", options->name, kRequest)->required();
  answer->add_option("--channel", options->channel, "PAPER, PHONE, HOME_VISIT, INTERVIEW, MESSAGE")->required();
  answer->add_option("--answer", options->answers, "INCOME=..., one per item that was asked")->required();
  answer->add_option("--file", options->files, "INCOME=counties/411728/files/...: proof of an item");
  answer->add_flag("--cannot-write", options->cannot_write, "who answered cannot write: needs --witness");
  answer->add_option("--witness", options->witness, "registry id of who heard it, too");
  answer->add_option("--etag", options->etag, "expected version");
  OnCommand(answer, chosen, options, AnswerFor);
  CLI::App* decline = group->add_subcommand("decline", "who was asked does not answer");
  decline->add_option("name", options->name, kRequest)->required();
  decline->add_option("--channel", options->channel, "PAPER, PHONE, HOME_VISIT, INTERVIEW, MESSAGE")->required();
  decline->add_option("--reason", options->reason, "what was said");
  decline->add_option("--etag", options->etag, "expected version");
  OnCommand(decline, chosen, options, DeclineFor);
  CLI::App* withdraw = group->add_subcommand("withdraw", "takes a request back");
  withdraw->add_option("name", options->name, kRequest)->required();
  withdraw->add_option("--reason", options->reason, "why")->required();
  withdraw->add_option("--etag", options->etag, "expected version");
  OnCommand(withdraw, chosen, options, TakeBack);
  AddShow<v1::GetInformationRequestRequest, v1::InformationRequest>(group, chosen, kService, "GetInformationRequest",
                                                                    "one request", kRequest);
  CLI::App* list = group->add_subcommand("list", "requests of a county, what is due first stands first");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "411728103, 411728103/<school>");
  list->add_option("--student", options->student, "only about this pupil");
  list->add_option("--record", options->record, "only about this record");
  AddEnum(list, "--state", &options->request_state, "only those that are so today");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListRequests);
}

}  // namespace

void AddConsentCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddConsents(aid, chosen, options);
  AddInformation(aid, chosen, options);
}

}  // namespace ruraledu::cli
