// aid payments: cards, batches, files to and from the bank, recovery.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/cli/attachment.h"
#include "services/cli/calls.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, name, kind = "regular", reissue_of, holder, account, bank_code, state, batch, person, area,
                                  format = "csv", file, purpose, etag, cause, amount, on, left_on, document, reason;
  std::vector<std::string> items, applications, evidence;
  bool wait = false, drift = false, problems = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

template <typename Enum>
absl::StatusOr<Enum> Code(const std::string& word, std::string_view argument) {
  const auto value = word.empty() ? Enum{} : EnumOf<Enum>(absl::AsciiStrToUpper(word));
  if (!value.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", argument}, {"problem", absl::StrCat("no such word: ", word)}});
  }
  return *value;
}

// --- Cards
// ------------------------------------------------------------------------------------------------------------

absl::Status ListProblems(Session& session, const Options& options) {
  v1::ListAccountProblemsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListAccountProblemsResponse>(
                                       "student_aid", "ListAccountProblems", request, options.limit));
  Table table({{"区域 area"}, {"学生 student"}, {"原因 reasons"}});
  for (const v1::AccountProblem& problem : all.problems()) {
    table.Add({problem.area(), problem.student(), absl::StrJoin(problem.reasons(), " ")});
  }
  return session.Print(all, table);
}

absl::Status ShowCheck(Session& session, const v1::AccountCheck& check) {
  Table table(
      {{"学期 term"}, {"通过 accepted", true}, {"拒绝 refused", true}, {"不明 unknown", true}, {"资源名 resource"}});
  table.Add(
      {check.term(), Grouped(check.accepted()), Grouped(check.refused()), Grouped(check.unknown()), check.name()});
  return session.Print(check, table);
}

absl::Status NewCheck(Session& session, const Options& options) {
  v1::CreateAccountCheckRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto check, session.Call<v1::AccountCheck>("student_aid", "CreateAccountCheck", request));
  return ShowCheck(session, check);
}

absl::Status GetCheck(Session& session, const Options& options) {
  v1::GetAccountCheckRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto check, session.Call<v1::AccountCheck>("student_aid", "GetAccountCheck", request));
  return ShowCheck(session, check);
}

// --- Files
// ------------------------------------------------------------------------------------------------------------

template <typename Request>
absl::Status SaveFile(Session& session, const Options& options, std::string_view method, const Request& request) {
  return SavePrivate(session, "student_aid", method, request, options.file, options.purpose,
                     &v1::ExportPaymentFileResponse::data);
}

absl::Status SaveCheck(Session& session, const Options& options) {
  v1::ExportAccountCheckRequest request;
  request.set_name(options.name);
  return SaveFile(session, options, "ExportAccountCheck", request);
}

absl::StatusOr<v1::PaymentFileFormat> FormatOf(const Options& options) {
  return Code<v1::PaymentFileFormat>(options.format, "--format");
}

absl::Status SaveBatch(Session& session, const Options& options) {
  v1::ExportPaymentFileRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const v1::PaymentFileFormat format, FormatOf(options));
  request.set_format(format);
  return SaveFile(session, options, "ExportPaymentFile", request);
}

absl::Status AnswerCheck(Session& session, const Options& options) {
  v1::ImportAccountCheckRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(*request.mutable_file(), PutSentFile(session, options.name, options.file));
  ASSIGN_OR_RETURN(const auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", "ImportAccountCheck", request));
  if (!options.wait) {
    return session.PrintJson(job);
  }
  RETURN_IF_ERROR(session.WaitForJob("student_aid", job.name()).status());
  return GetCheck(session, options);
}

absl::Status ShowReturns(Session& session, const google::protobuf::Message& answer,
                         const std::vector<v1::PaymentReturn>& returns) {
  Table table({{"批次 batch"}, {"日期 on"}, {"行数 lines", true}, {"结果 outcomes"}, {"资源名 resource"}});
  for (const v1::PaymentReturn& one : returns) {
    std::vector<std::string> outcomes;
    for (const v1::PaymentLineCount& count : one.outcomes()) {
      outcomes.push_back(absl::StrCat(EnumText(count.outcome()), " ", count.lines()));
    }
    table.Add({LastPart(one.batch()), TextOf(one.imported_on()), Grouped(one.lines()), absl::StrJoin(outcomes, ", "),
               one.name()});
  }
  return session.Print(answer, table);
}

absl::Status ShowReturn(Session& session, const v1::PaymentReturn& booked) {
  return ShowReturns(session, booked, {booked});
}

absl::Status AnswerBatch(Session& session, const Options& options) {
  v1::ImportPaymentReturnRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const v1::PaymentFileFormat format, FormatOf(options));
  request.set_format(format);
  return HandIn(session, "ImportPaymentReturn", std::move(request), options.file, options.wait, ShowReturn);
}

absl::Status ListReturns(Session& session, const Options& options) {
  v1::ListPaymentReturnsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_batch(options.batch);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPaymentReturnsResponse>("student_aid", "ListPaymentReturns",
                                                                                   request, options.limit));
  return ShowReturns(session, all, {all.returns().begin(), all.returns().end()});
}

absl::Status ListLines(Session& session, const Options& options) {
  v1::ListPaymentReturnLinesRequest request;
  request.set_name(options.name);
  request.set_problems_only(options.problems);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPaymentReturnLinesResponse>(
                                       "student_aid", "ListPaymentReturnLines", request, options.limit));
  Table table({{"行 line", true}, {"指令号 reference"}, {"金额 amount", true}, {"结果 outcome"}, {"原因 reason"}});
  for (const v1::PaymentReturnLine& line : all.lines()) {
    table.Add({Grouped(line.line()), line.reference(), FormatFenGrouped(line.amount_fen()), EnumText(line.outcome()),
               line.reason()});
  }
  return session.Print(all, table);
}

// --- Batches
// ----------------------------------------------------------------------------------------------------------

Table BatchTable(const std::vector<v1::PaymentBatch>& batches) {
  Table table({{"批号 reference"},
               {"类型 kind"},
               {"状态 state"},
               {"笔数 orders", true},
               {"金额(元) yuan", true},
               {"成功 paid", true},
               {"失败 failed", true},
               {"退回 returned", true},
               {"未列入 left-out", true},
               {"资源名 resource"}});
  for (const v1::PaymentBatch& batch : batches) {
    table.Add({batch.reference(), EnumText(batch.kind()), EnumText(batch.state()), Grouped(batch.order_count()),
               FormatFenGrouped(batch.total_fen()), Grouped(batch.paid_count()), Grouped(batch.failed_count()),
               Grouped(batch.returned_count()), Grouped(batch.left_out_count()), batch.name()});
  }
  return table;
}

absl::Status GetBatch(Session& session, const Options& options) {
  v1::GetPaymentBatchRequest request;
  request.set_name(options.name);
  request.set_with_drift(options.drift);
  ASSIGN_OR_RETURN(const auto batch, session.Call<v1::PaymentBatch>("student_aid", "GetPaymentBatch", request));
  RETURN_IF_ERROR(session.Print(batch, BatchTable({batch})));
  if (batch.has_drift() && !session.console().json) {
    Table drift({{"学生有变 pupils-changed", true}, {"卡有变 cards-changed", true}});
    drift.Add({Grouped(batch.drift().pupils_changed()), Grouped(batch.drift().cards_changed())});
    return session.Print(batch.drift(), drift);
  }
  return absl::OkStatus();
}

absl::Status OrderBatch(Session& session, const Options& options) {
  v1::CreatePaymentBatchRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const v1::PaymentBatchKind kind, Code<v1::PaymentBatchKind>(options.kind, "--kind"));
  request.set_kind(kind);
  request.mutable_items()->Assign(options.items.begin(), options.items.end());
  request.set_reissue_of(options.reissue_of);
  request.mutable_account()->set_holder(options.holder);
  request.mutable_account()->set_number(options.account);
  request.mutable_account()->set_bank_code(options.bank_code);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(const auto batch, session.Call<v1::PaymentBatch>("student_aid", "CreatePaymentBatch", request));
  if (!options.wait) {
    return session.Print(batch, BatchTable({batch}));
  }
  RETURN_IF_ERROR(session.WaitForJob("student_aid", batch.job()).status());
  Options made;
  made.name = batch.name();
  return GetBatch(session, made);
}

absl::Status ListBatches(Session& session, const Options& options) {
  v1::ListPaymentBatchesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const v1::PaymentBatchState state, Code<v1::PaymentBatchState>(options.state, "--state"));
  request.set_state(state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPaymentBatchesResponse>("student_aid", "ListPaymentBatches",
                                                                                   request, options.limit));
  return session.Print(all, BatchTable({all.batches().begin(), all.batches().end()}));
}

template <typename Request>
absl::Status MoveBatch(Session& session, const Options& options, std::string_view method) {
  Request request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto batch, session.Call<v1::PaymentBatch>("student_aid", method, request));
  return session.Print(batch, BatchTable({batch}));
}

absl::Status ListLeftOutRows(Session& session, const Options& options) {
  v1::ListLeftOutRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListLeftOutResponse>("student_aid", "ListLeftOut", request, options.limit));
  Table table({{"区域 area"}, {"原因 reason"}, {"申请 application"}});
  for (const v1::LeftOut& row : all.rows()) {
    table.Add({row.area(), row.reason(), row.application()});
  }
  return session.Print(all, table);
}

absl::Status ListOrders(Session& session, const Options& options) {
  v1::ListPaymentOrdersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_batch(options.batch);
  request.set_term(options.term);
  request.set_person(options.person);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const v1::PaymentOrderState state, Code<v1::PaymentOrderState>(options.state, "--state"));
  request.set_state(state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPaymentOrdersResponse>("student_aid", "ListPaymentOrders",
                                                                                  request, options.limit));
  Table table({{"区域 area"},
               {"项目 item"},
               {"状态 state"},
               {"金额(元) yuan", true},
               {"发放日 paid-on"},
               {"逾期 late"},
               {"银行原因 reason"},
               {"资源名 resource"}});
  for (const v1::PaymentOrder& order : all.orders()) {
    table.Add({order.area(), order.item(), EnumText(order.state()), FormatFenGrouped(order.amount_fen()),
               TextOf(order.paid_on()), order.late() ? "是 yes" : "", order.bank_reason(), order.name()});
  }
  return session.Print(all, table);
}

// --- Recovery
// ---------------------------------------------------------------------------------------------------------

// "CERTIFICATE" or "CERTIFICATE=counties/411728/files/...".
template <typename Request>
void PutEvidence(const Options& options, Request* request) {
  for (const std::string& text : options.evidence) {
    const size_t sign = std::min(text.find('='), text.size());
    v1::Evidence* evidence = request->add_evidence();
    evidence->set_kind(text.substr(0, sign));
    evidence->set_file(sign < text.size() ? text.substr(sign + 1) : "");
  }
}

absl::Status Recover(Session& session, const Options& options) {
  v1::StartRecoveryRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.mutable_applications()->Assign(options.applications.begin(), options.applications.end());
  ASSIGN_OR_RETURN(const v1::RecoveryCause cause, Code<v1::RecoveryCause>(options.cause, "--cause"));
  request.set_cause(cause);
  if (!options.amount.empty()) {
    ASSIGN_OR_RETURN(const int64_t fen, ParseFen(options.amount));
    request.set_amount_fen(fen);
  }
  if (!options.left_on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_left_on(), DateOf("--left-on", options.left_on));
  }
  request.set_document(options.document);
  request.set_reason(options.reason);
  PutEvidence(options, &request);
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::StartRecoveryResponse>("student_aid", "StartRecovery", request));
  Table table({{"状态 state"}, {"待追回(元) yuan", true}, {"资源名 resource"}});
  for (const v1::Application& one : answer.applications()) {
    table.Add({EnumText(one.state()), FormatFenGrouped(one.recoverable_fen()), one.name()});
  }
  return session.Print(answer, table);
}

absl::Status Recovered(Session& session, const Options& options) {
  v1::RecordRecoveryRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const int64_t fen, ParseFen(options.amount));
  request.set_amount_fen(fen);
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  request.set_document(options.document);
  PutEvidence(options, &request);
  return OnApplication(session, "RecordRecovery", request);
}

absl::Status WriteOff(Session& session, const Options& options) {
  v1::WriteOffRecoveryRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_document(options.document);
  request.set_reason(options.reason);
  PutEvidence(options, &request);
  return OnApplication(session, "WriteOffRecovery", request);
}

// --- The commands
// -----------------------------------------------------------------------------------------------------

CLI::App* Named(CLI::App* payments, const Shared& options, const std::string& name, const std::string& about,
                const std::string& what) {
  CLI::App* command = payments->add_subcommand(name, about);
  command->add_option("name", options->name, what)->required();
  return command;
}
CLI::App* InCounty(CLI::App* payments, const Shared& options, const std::string& name, const std::string& about) {
  CLI::App* command = payments->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  return command;
}
void AddTerm(CLI::App* command, const Shared& options, bool required) {
  command->add_option("--term", options->term, "2023-2024-1")->required(required);
}
void AddOut(CLI::App* command, const Shared& options) {
  command->add_option("--out", options->file, "new file to write")->required();
  command->add_option("--purpose", options->purpose, "why: it shows cards, and is journalled")->required();
}
void AddAnswer(CLI::App* command, const Shared& options) {
  command->add_option("file", options->file, "the bank's answer")->required()->check(CLI::ExistingFile);
  command->add_flag("--wait", options->wait, "until it is booked");
}
void AddPaper(CLI::App* command, const Shared& options, bool reason) {
  command->add_option("--document", options->document, "its number")->required();
  command->add_option("--evidence", options->evidence, "CERTIFICATE=counties/411728/files/...; may be repeated")
      ->allow_extra_args(false);
  if (reason) {
    command->add_option("--reason", options->reason, "in words")->required();
  }
}

constexpr char kBatch[] = "counties/411728/paymentBatches/...";
constexpr char kCheck[] = "counties/411728/accountChecks/...";
constexpr char kApplication[] = "counties/411728/applications/...";

void AddCards(CLI::App* payments, Action& chosen, const Shared& options) {
  CLI::App* problems =
      InCounty(payments, options, "problems", "pupils whose card does not pass, before a batch is made");
  AddTerm(problems, options, true);
  problems->add_option("--area", options->area, "411728103, 411728103/<school>");
  AddLimit(*problems, &options->limit);
  OnCommand(problems, chosen, options, ListProblems);
  CLI::App* check = InCounty(payments, options, "check", "makes a check of the term's cards by the bank");
  AddTerm(check, options, true);
  OnCommand(check, chosen, options, NewCheck);
  OnCommand(Named(payments, options, "show-check", "what a check found", kCheck), chosen, options, GetCheck);
  CLI::App* file = Named(payments, options, "check-file", "saves the file of a check", kCheck);
  AddOut(file, options);
  OnCommand(file, chosen, options, SaveCheck);
  CLI::App* answer = Named(payments, options, "check-answer", "books the bank's answer to a check", kCheck);
  AddAnswer(answer, options);
  OnCommand(answer, chosen, options, AnswerCheck);
  AddEvaluate<v1::EvaluateAccountRequest, v1::EvaluateAccountResponse>(payments, chosen, "student_aid",
                                                                       "EvaluateAccount", "whether a card passes");
}

void AddBatches(CLI::App* payments, Action& chosen, const Shared& options) {
  CLI::App* order = InCounty(payments, options, "order", "makes a batch of what is approved, and orders it (发放)");
  AddTerm(order, options, true);
  order->add_option("--kind", options->kind, "regular, supplementary, reissue")->capture_default_str();
  order->add_option("--item", options->items, "only this item; may be repeated");
  order->add_option("--reissue-of", options->reissue_of, kBatch);
  order->add_option("--holder", options->holder, "of the account that pays")->required();
  order->add_option("--account", options->account, "its number")->required();
  order->add_option("--bank-code", options->bank_code, "12 digits")->required();
  order->add_flag("--wait", options->wait, "until it is ordered");
  OnCommand(order, chosen, options, OrderBatch);
  CLI::App* list = InCounty(payments, options, "list", "batches of a county");
  AddTerm(list, options, false);
  list->add_option("--state", options->state, "ordered, sent, closed ...");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListBatches);
  CLI::App* show = Named(payments, options, "show", "one batch", kBatch);
  show->add_flag("--drift", options->drift, "what changed in the registry since it was frozen");
  OnCommand(show, chosen, options, GetBatch);
  CLI::App* left = Named(payments, options, "left-out", "what a batch left out, and why", kBatch);
  AddLimit(*left, &options->limit);
  OnCommand(left, chosen, options, ListLeftOutRows);
  CLI::App* orders = InCounty(payments, options, "orders", "orders, masked");
  orders->add_option("--batch", options->batch, kBatch);
  AddTerm(orders, options, false);
  orders->add_option("--state", options->state, "ordered, sent, paid, failed, returned, cancelled");
  orders->add_option("--person", options->person, "only this pupil");
  orders->add_option("--area", options->area, "411728103, 411728103/<school>");
  AddLimit(*orders, &options->limit);
  OnCommand(orders, chosen, options, ListOrders);
  AddShow<v1::GetPaymentOrderRequest, v1::PaymentOrder>(payments, chosen, "student_aid", "GetPaymentOrder",
                                                        "one order in full", "counties/411728/paymentOrders/...",
                                                        "show-order");
  CLI::App* send = Named(payments, options, "send", "says that the file of a batch was handed to the bank", kBatch);
  CLI::App* cancel = Named(payments, options, "cancel", "gives up a batch that was not sent", kBatch);
  for (CLI::App* command : {send, cancel}) {
    command->add_option("--etag", options->etag, "expected version");
  }
  OnCommand(send, chosen, options, [](Session& session, const Options& given) {
    return MoveBatch<v1::SendPaymentBatchRequest>(session, given, "SendPaymentBatch");
  });
  OnCommand(cancel, chosen, options, [](Session& session, const Options& given) {
    return MoveBatch<v1::CancelPaymentBatchRequest>(session, given, "CancelPaymentBatch");
  });
}

void AddBank(CLI::App* payments, Action& chosen, const Shared& options) {
  CLI::App* file = Named(payments, options, "file", "saves the file of a batch for the bank", kBatch);
  file->add_option("--format", options->format, "csv or pain_001")->capture_default_str();
  AddOut(file, options);
  OnCommand(file, chosen, options, SaveBatch);
  CLI::App* answer = Named(payments, options, "answer", "books what the bank answered to a batch (回盘)", kBatch);
  answer->add_option("--format", options->format, "csv, pain_002 or camt_053")->capture_default_str();
  AddAnswer(answer, options);
  OnCommand(answer, chosen, options, AnswerBatch);
  CLI::App* returns = InCounty(payments, options, "answers", "answers that were booked");
  returns->add_option("--batch", options->batch, kBatch);
  AddLimit(*returns, &options->limit);
  OnCommand(returns, chosen, options, ListReturns);
  CLI::App* lines = Named(payments, options, "lines", "lines of an answer and what became of them",
                          "counties/411728/paymentReturns/...");
  lines->add_flag("--problems", options->problems, "only those that booked nothing");
  AddLimit(*lines, &options->limit);
  OnCommand(lines, chosen, options, ListLines);
  AddShow<v1::GetPaymentReturnRequest, v1::PaymentReturn>(payments, chosen, "student_aid", "GetPaymentReturn",
                                                          "one answer in full", "counties/411728/paymentReturns/...",
                                                          "show-answer");
}

void AddRecovery(CLI::App* payments, Action& chosen, const Shared& options) {
  CLI::App* recover =
      InCounty(payments, options, "recover", "says that what was paid to one pupil is to come back (追回)");
  recover->add_option("applications", options->applications, kApplication)->required();
  recover->add_option("--cause", options->cause, "not_eligible, false_information, wrong_amount")->required();
  recover->add_option("--amount", options->amount, "wrong_amount: yuan that are to come back");
  recover->add_option("--left-on", options->left_on, "day on which the pupil left");
  AddPaper(recover, options, true);
  OnCommand(recover, chosen, options, Recover);
  CLI::App* recovered = Named(payments, options, "recovered", "says that money came back", kApplication);
  recovered->add_option("--amount", options->amount, "yuan")->required();
  recovered->add_option("--on", options->on, "2024-03-01")->required();
  AddPaper(recovered, options, false);
  CLI::App* write_off =
      Named(payments, options, "write-off", "gives up what is left, by another person (核销)", kApplication);
  AddPaper(write_off, options, true);
  for (CLI::App* command : {recovered, write_off}) {
    command->add_option("--etag", options->etag, "expected version");
  }
  OnCommand(recovered, chosen, options, Recovered);
  OnCommand(write_off, chosen, options, WriteOff);
}

}  // namespace

void AddPaymentCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* payments =
      aid.add_subcommand("payments", "cards, batches, files to and from the bank, recovery")->require_subcommand(1);
  AddCards(payments, chosen, options);
  AddBatches(payments, chosen, options);
  AddBank(payments, chosen, options);
  AddRecovery(payments, chosen, options);
}

}  // namespace ruraledu::cli
