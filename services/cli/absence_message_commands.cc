// absences messages: who is told of an absence, what the channel answered, whom it did not reach.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"
#include "services/cli/monitoring_commands.h"
#include "services/cli/row_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr size_t kDeliveriesPerCall = 500;

struct Options {
  std::string county, area, channel, file, purpose;
  v1::AbsenceMessageState state = v1::ABSENCE_MESSAGE_STATE_UNSPECIFIED;
  bool again = false, unmask = false;
  int64_t limit = 50;
};

// Until every child that is away has its message.
absl::Status SendAll(Session& session, const Options& options) {
  v1::SendAbsenceMessagesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_channel(options.channel);
  request.set_again(options.again);
  v1::SendAbsenceMessagesResponse sum;
  do {
    ASSIGN_OR_RETURN(const auto answer,
                     session.Call<v1::SendAbsenceMessagesResponse>(kService, "SendAbsenceMessages", request));
    sum.set_made(sum.made() + answer.made());
    sum.set_more(answer.more());
  } while (sum.more());
  Table table({{"已生成 made", true}});
  table.Add({Grouped(sum.made())});
  return session.Print(sum, table);
}

absl::StatusOr<std::vector<v1::AbsenceMessageDelivery>> ReadDeliveries(Session& session, const std::string& parent,
                                                                       const std::string& file) {
  std::vector<v1::AbsenceMessageDelivery> deliveries;
  RETURN_IF_ERROR(ReadRows(session, "deliveries", file, [&](const FileRow& row) -> absl::Status {
    v1::AbsenceMessageDelivery& delivery = deliveries.emplace_back();
    delivery.set_message(absl::StrCat(parent, "/absenceMessages/", LastPart(row["message"])));
    delivery.set_delivered(row["result"] == "DELIVERED");
    delivery.set_failure(row["failure"]);
    return PutDay("day", row["day"], &delivery, &v1::AbsenceMessageDelivery::mutable_on);
  }));
  return deliveries;
}

absl::Status RecordAnswers(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string parent, session.County(options.county));
  ASSIGN_OR_RETURN(const auto deliveries, ReadDeliveries(session, parent, options.file));
  v1::BatchRecordAbsenceDeliveriesResponse all;
  for (size_t from = 0; from < deliveries.size(); from += kDeliveriesPerCall) {
    v1::BatchRecordAbsenceDeliveriesRequest request;
    request.set_parent(parent);
    for (size_t i = from; i < std::min(from + kDeliveriesPerCall, deliveries.size()); ++i) {
      *request.add_deliveries() = deliveries[i];
    }
    ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchRecordAbsenceDeliveriesResponse>(
                                            kService, "BatchRecordAbsenceDeliveries", request));
    all.MergeFrom(answer);
  }
  Table table({{"资源名 name"}, {"未登记原因 reason"}});
  for (const v1::AbsenceDeliveryRow& row : all.rows()) {
    table.Add({row.name(), row.reason()});
  }
  return session.Print(all, table);
}

absl::Status ListSome(Session& session, const Options& options) {
  v1::ListAbsenceMessagesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_state(options.state);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListAbsenceMessagesResponse>(kService, "ListAbsenceMessages", request,
                                                                    options.limit, {.purpose = options.purpose}));
  Table table({{"区域 area"},
               {"学生 pupil"},
               {"缺勤起始 from"},
               {"天数 days", true},
               {"渠道 channel"},
               {"状态 state"},
               {"次数 attempts", true},
               {"未达原因 failure"},
               {"内容 text"},
               {"资源名 name"}});
  for (const v1::AbsenceMessage& one : all.messages()) {
    table.Add({one.area(), one.person(), TextOf(one.run_from()), absl::StrCat(one.run_days()), one.channel(),
               NameOf(one.state()), absl::StrCat(one.attempts()), one.failure(), one.text(), one.name()});
  }
  return session.Print(all, table);
}

}  // namespace

void AddAbsenceMessageCommands(CLI::App* absences, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* messages =
      absences->add_subcommand("messages", "messages to guardians about an absence")->require_subcommand(1);
  CLI::App* send = messages->add_subcommand("send", "makes the messages about children who are away, once per run");
  send->add_option("--channel", options->channel, "code list contact_channel: SMS, PHONE ...")->required();
  send->add_flag("--again", options->again, "also those that did not arrive");
  CLI::App* answer = messages->add_subcommand("answer", "records what the channel answered");
  answer->add_option("file", options->file, "CSV or Excel: 消息编号, 送达结果, 日期, 未达原因")
      ->required()
      ->check(CLI::ExistingFile);
  CLI::App* list = messages->add_subcommand("list", "messages, with who was not reached");
  AddEnum(list, "--state", &options->state, "only in this state");
  AddUnmask(*list, &options->unmask, &options->purpose);
  AddLimit(*list, &options->limit);
  for (CLI::App* command : {send, list}) {
    command->add_option("--area", options->area, "411728103, 411728103/<school>, 411728103/<school>/<class>");
  }
  for (CLI::App* command : {send, answer, list}) {
    command->add_option("--county", options->county, "six digits");
  }
  OnCommand(send, chosen, options, SendAll);
  OnCommand(answer, chosen, options, RecordAnswers);
  OnCommand(list, chosen, options, ListSome);
}

}  // namespace ruraledu::cli
