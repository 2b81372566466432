// aid complaints, aid messages: what is complained about and who answers, who was told of a payment.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/student_aid/v1/complaint.pb.h"
#include "ruraledu/student_aid/v1/family_message.pb.h"
#include "services/cli/calls.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, name, category, student, school, application, order, term, channel, complainant, contact, text,
      on, area, assignee, outcome, etag, purpose, batch, why, priority, receipt;
  std::vector<std::string> files, messages;
  bool open = false, unmask = false, again = false, undelivered = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

constexpr std::string_view kPriorities[] = {"normal", "high", "urgent"};
constexpr std::string_view kOutcomes[] = {"founded", "unfounded", "helped", "referred"};

Table ComplaintTable(const google::protobuf::RepeatedPtrField<v1::Complaint>& complaints) {
  Table table({{"答复期限 due"},
               {"类别 category"},
               {"状态 state"},
               {"经办人 assignee"},
               {"学生 pupil"},
               {"内容 ground"},
               {"紧急程度 priority"},
               {"回执号 receipt"},
               {"资源名 name"}});
  for (const v1::Complaint& one : complaints) {
    table.Add({TextOf(one.answer_due_on()), one.category(), EnumText(one.state()), one.assignee(), one.person(),
               one.ground(), EnumText(one.priority()), one.receipt(), one.name()});
  }
  return table;
}

absl::Status ShowComplaint(Session& session, const v1::Complaint& complaint) {
  google::protobuf::RepeatedPtrField<v1::Complaint> one;
  *one.Add() = complaint;
  return session.Print(complaint, ComplaintTable(one));
}

template <typename Request>
absl::Status OnComplaint(Session& session, std::string_view method, const Request& request,
                         const rpc::CallOptions& options = {}) {
  ASSIGN_OR_RETURN(const auto complaint, session.Call<v1::Complaint>("student_aid", method, request, options));
  return ShowComplaint(session, complaint);
}

absl::Status ListCategories(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
  v1::ListComplaintCategoriesRequest request;
  request.set_region_code(absl::StrCat(LastPart(county), "000000"));
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListComplaintCategoriesResponse>(
                                       "student_aid", "ListComplaintCategories", request));
  Table table({{"代码 code"}, {"类别 category"}, {"答复工作日 days", true}, {"敏感 sensitive"}, {"依据 source"}});
  for (const v1::ComplaintCategory& one : all.categories()) {
    table.Add(
        {one.code(), one.label_zh(), absl::StrCat(one.answer_days()), one.sensitive() ? "yes" : "", one.source()});
  }
  return session.Print(all, table);
}

// Unstated when none is given.
v1::ComplaintPriority PriorityOf(const Options& options) {
  return ValueOf<v1::ComplaintPriority>(absl::AsciiStrToUpper(options.priority));
}

absl::Status ShowStatus(Session& session, const Options& options) {
  v1::GetComplaintStatusRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_receipt(options.receipt);
  ASSIGN_OR_RETURN(const auto status,
                   session.Call<v1::GetComplaintStatusResponse>("student_aid", "GetComplaintStatus", request));
  Table table({{"状态 state"}, {"受理 received"}, {"答复期限 due"}, {"答复 answered"}, {"逾期 overdue"}});
  table.Add({EnumText(status.state()), TextOf(status.received_on()), TextOf(status.answer_due_on()),
             TextOf(status.answered_on()), status.overdue() ? "yes" : ""});
  return session.Print(status, table);
}

absl::Status RecordOne(Session& session, const Options& options) {
  v1::CreateComplaintRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_category(options.category);
  request.set_student(options.student);
  request.set_school(options.school);
  request.set_application(options.application);
  request.set_order(options.order);
  request.set_term(options.term);
  request.set_channel(options.channel);
  request.set_complainant(options.complainant);
  request.set_contact(options.contact);
  request.set_ground(options.text);
  request.set_priority(PriorityOf(options));
  request.mutable_files()->Assign(options.files.begin(), options.files.end());
  if (!options.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_received_on(), DateOf("--on", options.on));
  }
  return OnComplaint(session, "CreateComplaint", request);
}

absl::Status AssignOne(Session& session, const Options& options) {
  v1::AssignComplaintRequest request;
  request.set_name(options.name);
  request.set_assignee(options.assignee);
  request.set_etag(options.etag);
  return OnComplaint(session, "AssignComplaint", request);
}

absl::Status AnswerOne(Session& session, const Options& options) {
  v1::AnswerComplaintRequest request;
  request.set_name(options.name);
  request.set_outcome(ValueOf<v1::ComplaintOutcome>(absl::AsciiStrToUpper(options.outcome)));
  request.set_answer(options.text);
  request.mutable_files()->Assign(options.files.begin(), options.files.end());
  request.set_etag(options.etag);
  return OnComplaint(session, "AnswerComplaint", request);
}

absl::Status ReopenOne(Session& session, const Options& options) {
  v1::ReopenComplaintRequest request;
  request.set_name(options.name);
  request.set_ground(options.text);
  request.set_etag(options.etag);
  return OnComplaint(session, "ReopenComplaint", request);
}

absl::Status ShowOne(Session& session, const Options& options) {
  v1::GetComplaintRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  return OnComplaint(session, "GetComplaint", request, {.purpose = options.purpose});
}

absl::Status ListSome(Session& session, const Options& options) {
  v1::ListComplaintsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  if (!options.area.empty()) {
    request.set_area(absl::StrCat("areas/", options.area));
  }
  request.set_open_only(options.open);
  request.set_category(options.category);
  request.set_assignee(options.assignee);
  request.set_priority(PriorityOf(options));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListComplaintsResponse>("student_aid", "ListComplaints", request,
                                                                               options.limit));
  return session.Print(all, ComplaintTable(all.complaints()));
}

// Until every paid order of the batch has its message.
absl::Status SendAll(Session& session, const Options& options) {
  v1::SendFamilyMessagesRequest request;
  request.set_batch(options.batch);
  request.set_channel(options.channel);
  request.set_again(options.again);
  v1::SendFamilyMessagesResponse sum;
  do {
    ASSIGN_OR_RETURN(const auto answer,
                     session.Call<v1::SendFamilyMessagesResponse>("student_aid", "SendFamilyMessages", request));
    sum.set_made(sum.made() + answer.made());
    sum.set_more(answer.more());
  } while (sum.more());
  Table table({{"已生成 made", true}});
  table.Add({Grouped(sum.made())});
  return session.Print(sum, table);
}

absl::Status ListMessages(Session& session, const Options& options) {
  v1::ListFamilyMessagesRequest request;
  request.set_batch(options.batch);
  request.set_unmask(options.unmask);
  if (options.undelivered) {
    request.set_state(v1::FAMILY_MESSAGE_STATE_UNDELIVERED);
  }
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListFamilyMessagesResponse>("student_aid", "ListFamilyMessages", request,
                                                                   options.limit, {.purpose = options.purpose}));
  Table table({{"学生 pupil"},
               {"区域 area"},
               {"渠道 channel"},
               {"状态 state"},
               {"次数 attempts", true},
               {"未达原因 failure"},
               {"内容 text"},
               {"资源名 name"}});
  for (const v1::FamilyMessage& one : all.messages()) {
    table.Add({one.person(), one.area(), one.channel(), EnumText(one.state()), absl::StrCat(one.attempts()),
               one.failure(), one.text(), one.name()});
  }
  return session.Print(all, table);
}

// Without --failed the messages arrived.
absl::Status RecordAnswers(Session& session, const Options& options) {
  v1::BatchRecordDeliveriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  for (const std::string& name : options.messages) {
    v1::FamilyMessageDelivery* row = request.add_deliveries();
    row->set_message(name);
    row->set_delivered(options.why.empty());
    row->set_failure(options.why);
    ASSIGN_OR_RETURN(*row->mutable_on(), DateOf("--on", options.on));
  }
  ASSIGN_OR_RETURN(const auto answer,
                   session.Call<v1::BatchRecordDeliveriesResponse>("student_aid", "BatchRecordDeliveries", request));
  return session.Print(answer, IdentificationRows(answer.rows()));
}

CLI::App* AddNamed(CLI::App* parent, const Shared& options, const std::string& name, const std::string& about) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/complaints/...")->required();
  return command;
}
void AddEtag(CLI::App* command, const Shared& options) {
  command->add_option("--etag", options->etag, "only if the complaint is still this version");
}

void AddPriority(CLI::App* command, const Shared& options, const std::string& about) {
  command->add_option("--priority", options->priority, about)
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kPriorities), std::end(kPriorities))));
}

void AddRecord(CLI::App* complaints, Action& chosen, const Shared& options) {
  CLI::App* record = complaints->add_subcommand("record", "takes a complaint or a request for help down");
  record->add_option("--county", options->county, "six digits");
  record->add_option("--category", options->category, "of aid complaints categories")->required();
  record->add_option("--student", options->student, "counties/411728/students/...");
  record->add_option("--school", options->school, "counties/411728/schools/..., when no pupil is named");
  record->add_option("--application", options->application, "counties/411728/applications/...");
  record->add_option("--order", options->order, "counties/411728/paymentOrders/...");
  record->add_option("--term", options->term, "2023-2024-1")->required();
  record->add_option("--channel", options->channel, "code list contact_channel: PHONE, VISIT ...")->required();
  record->add_option("--by", options->complainant, "who complains");
  record->add_option("--contact", options->contact, "how to reach them");
  record->add_option("--ground", options->text, "what is complained")->required();
  AddPriority(record, options, "normal, high or urgent; that of the category when not given");
  record->add_option("--file", options->files, "counties/411728/files/...");
  record->add_option("--on", options->on, "day on which it was received; today when not given");
  OnCommand(record, chosen, options, RecordOne);
}

void AddComplaints(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* complaints = aid.add_subcommand("complaints", "complaints and requests for help")->require_subcommand(1);
  CLI::App* categories =
      complaints->add_subcommand("categories", "what may be complained about, and the days to answer");
  categories->add_option("--county", options->county, "six digits");
  OnCommand(categories, chosen, options, ListCategories);
  AddRecord(complaints, chosen, options);
  CLI::App* assign = AddNamed(complaints, options, "assign", "says who is to answer");
  assign->add_option("--to", options->assignee, "registry id of the person")->required();
  AddEtag(assign, options);
  OnCommand(assign, chosen, options, AssignOne);
  CLI::App* answer = AddNamed(complaints, options, "answer", "answers a complaint that is assigned to you");
  answer->add_option("--outcome", options->outcome, "founded, unfounded, helped or referred")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kOutcomes), std::end(kOutcomes))));
  answer->add_option("--answer", options->text, "in words")->required();
  answer->add_option("--file", options->files, "counties/411728/files/...");
  AddEtag(answer, options);
  OnCommand(answer, chosen, options, AnswerOne);
  CLI::App* reopen = AddNamed(complaints, options, "reopen", "the family is not content");
  reopen->add_option("--ground", options->text, "what was said")->required();
  AddEtag(reopen, options);
  OnCommand(reopen, chosen, options, ReopenOne);
  CLI::App* show = AddNamed(complaints, options, "show", "one complaint");
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, ShowOne);
  CLI::App* status = complaints->add_subcommand("status", "how a complaint stands, by its receipt");
  status->add_option("--county", options->county, "six digits");
  status->add_option("receipt", options->receipt, "411728-K7QF-2M9X-T4HB-WRD3")->required();
  OnCommand(status, chosen, options, ShowStatus);
  CLI::App* list = complaints->add_subcommand("list", "complaints, what is due first");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--area", options->area, "411728103, 411728103/<school>");
  list->add_option("--category", options->category, "only this one");
  list->add_option("--assignee", options->assignee, "only those that this person is to answer");
  list->add_flag("--open", options->open, "only those that are not answered");
  AddPriority(list, options, "only those that are normal, high or urgent");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListSome);
}

void AddMessages(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* messages = aid.add_subcommand("messages", "messages to families after payment")->require_subcommand(1);
  CLI::App* send = messages->add_subcommand("send", "makes the messages about the paid orders of a batch");
  send->add_option("batch", options->batch, "counties/411728/paymentBatches/...")->required();
  send->add_option("--channel", options->channel, "code list contact_channel: SMS, APP ...")->required();
  send->add_flag("--again", options->again, "also those that did not arrive");
  OnCommand(send, chosen, options, SendAll);
  CLI::App* list = messages->add_subcommand("list", "messages of a batch");
  list->add_option("batch", options->batch, "counties/411728/paymentBatches/...")->required();
  list->add_flag("--undelivered", options->undelivered, "only those that did not arrive");
  AddUnmask(*list, &options->unmask, &options->purpose);
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListMessages);
  CLI::App* answered = messages->add_subcommand("record", "records what the channel answered");
  answered->add_option("--county", options->county, "six digits");
  answered->add_option("--on", options->on, "2023-12-05")->required();
  answered->add_option("--failed", options->why, "they did not arrive: why");
  answered->add_option("messages", options->messages, "counties/411728/familyMessages/...")->required();
  OnCommand(answered, chosen, options, RecordAnswers);
}

}  // namespace

void AddOfficeCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddComplaints(aid, chosen, options);
  AddMessages(aid, chosen, options);
}

}  // namespace ruraledu::cli
