// responsibilities: who answers for which place or child, and what the county calls by a name of its own.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, name, etag, mechanism, slot, subject, person, post, phone, on, file;
  bool in_force = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

Table ResponsibilityTable() {
  return Table({{"机制 mechanism"},
                {"岗位 slot"},
                {"对象 subject"},
                {"姓名 name"},
                {"职务 post"},
                {"自 from"},
                {"至 until"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddResponsibility(const v1::Responsibility& one, Table* table) {
  table->Add({one.mechanism(), one.slot(), one.subject(), one.display_name(), one.post(), TextOf(one.from()),
              TextOf(one.until()), one.etag(), one.name()});
}
template <typename Request>
absl::Status OnResponsibility(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Responsibility>(kService, method, request));
  Table table = ResponsibilityTable();
  AddResponsibility(one, &table);
  return session.Print(one, table);
}

absl::Status ListSlots(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListResponsibilitySlotsResponse>(
                                       kService, "ListResponsibilitySlots", v1::ListResponsibilitySlotsRequest()));
  Table table({{"机制 mechanism"}, {"岗位 slot"}, {"名称 label"}, {"线 line"}, {"按 spine"}, {"依据 source"}});
  for (const v1::ResponsibilitySlot& slot : all.slots()) {
    table.Add({slot.mechanism(), slot.slot(), slot.label_zh(), NameOf(slot.line()), slot.spine(), slot.source()});
  }
  return session.Print(all, table);
}

absl::Status Assign(Session& session, const Options& options) {
  v1::AssignResponsibilityRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  v1::Responsibility& one = *request.mutable_responsibility();
  one.set_mechanism(options.mechanism);
  one.set_slot(options.slot);
  one.set_subject(options.subject);
  one.set_display_name(options.person);
  one.set_post(options.post);
  one.set_phone(options.phone);
  RETURN_IF_ERROR(PutDay("--from", options.on, &one, &v1::Responsibility::mutable_from));
  return OnResponsibility(session, "AssignResponsibility", request);
}

absl::Status End(Session& session, const Options& options) {
  v1::EndResponsibilityRequest request;
  request.set_name(options.name);
  RETURN_IF_ERROR(PutDay("--until", options.on, &request, &v1::EndResponsibilityRequest::mutable_until));
  request.set_etag(options.etag);
  return OnResponsibility(session, "EndResponsibility", request);
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListResponsibilitiesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_mechanism(options.mechanism);
  request.set_in_force_only(options.in_force);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListResponsibilitiesResponse>(kService, "ListResponsibilities",
                                                                                     request, options.limit));
  Table table = ResponsibilityTable();
  for (const v1::Responsibility& one : all.responsibilities()) {
    AddResponsibility(one, &table);
  }
  return session.Print(all, table);
}

absl::Status ListGaps(Session& session, const Options& options) {
  v1::ListResponsibilityGapsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListResponsibilityGapsResponse>(
                                       kService, "ListResponsibilityGaps", request, options.limit));
  Table table({{"区域 area"}, {"缺人的线 lines"}, {"学生 student"}});
  for (const v1::ResponsibilityGap& gap : all.gaps()) {
    table.Add({gap.area(),
               absl::StrJoin(gap.lines(), " ",
                             [](std::string* out, int line) {
                               absl::StrAppend(out, NameOf(static_cast<v1::ControlLine>(line)));
                             }),
               gap.student()});
  }
  return session.Print(all, table);
}

// The file holds the components and their source; what `show` printed is one, its version included.
absl::Status PutMechanism(Session& session, const Options& options) {
  v1::PutMechanismRequest request;
  v1::Mechanism& mechanism = *request.mutable_mechanism();
  RETURN_IF_ERROR(FromFile("file", options.file, &mechanism));
  mechanism.set_name(options.name);
  if (!options.etag.empty()) {
    mechanism.set_etag(options.etag);
  }
  ASSIGN_OR_RETURN(const auto put, session.Call<v1::Mechanism>(kService, "PutMechanism", request));
  return session.PrintJson(put);
}

CLI::App* InCounty(CLI::App* group, const char* name, const char* about, const Shared& options) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  return command;
}

void AddMechanisms(CLI::App* group, Action& chosen, const Shared& options) {
  CLI::App* mechanisms =
      group->add_subcommand("mechanisms", "what the county calls by a name of its own: 12357")->require_subcommand(1);
  CLI::App* put = mechanisms->add_subcommand("put", "writes what the components are");
  put->add_option("name", options->name, "counties/411728/mechanisms/12357")->required();
  put->add_option("file", options->file, "JSON file: {\"components\": [...], \"source\": \"...\"}")->required();
  put->add_option("--etag", options->etag, "of what it replaces; left out: that of the file");
  OnCommand(put, chosen, options, PutMechanism);
  AddShow<v1::GetMechanismRequest, v1::Mechanism>(mechanisms, chosen, kService, "GetMechanism", "one mechanism",
                                                  "counties/411728/mechanisms/12357");
}

}  // namespace

void AddResponsibilityCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* group = root.add_subcommand("responsibilities", "who answers for which place or child (双线控辍、五位一体)")
                        ->require_subcommand(1);
  OnCommand(group->add_subcommand("slots", "slots of the mechanisms"), chosen, options, ListSlots);
  CLI::App* assign = InCounty(group, "assign", "puts a name in a slot; the one before it ends", options);
  assign->add_option("mechanism", options->mechanism, "TWO_LINES, FIVE_IN_ONE ...")->required();
  assign->add_option("slot", options->slot, "as slots lists them: VILLAGE")->required();
  assign->add_option("subject", options->subject, "village of 12 digits, area, or person id of a child")->required();
  assign->add_option("--name", options->person, "name of the person")->required();
  assign->add_option("--post", options->post, "post");
  assign->add_option("--phone", options->phone, "phone");
  assign->add_option("--from", options->on, "first day; left out: today");
  OnCommand(assign, chosen, options, Assign);
  CLI::App* end = group->add_subcommand("end", "ends a responsibility");
  end->add_option("name", options->name, "counties/411728/responsibilities/...")->required();
  end->add_option("--until", options->on, "first day no more; left out: today");
  end->add_option("--etag", options->etag, "only if it is still this version");
  OnCommand(end, chosen, options, End);
  CLI::App* list = InCounty(group, "list", "responsibilities, masked", options);
  list->add_option("--mechanism", options->mechanism, "only of this mechanism");
  list->add_flag("--in-force", options->in_force, "only those that have not ended");
  OnCommand(list, chosen, options, ListThem);
  CLI::App* gaps = InCounty(group, "gaps", "children without a name in a line", options);
  OnCommand(gaps, chosen, options, ListGaps);
  for (CLI::App* command : {list, gaps}) {
    command->add_option("--area", options->area, "only of this area: 411728103");
    AddLimit(*command, &options->limit);
  }
  AddMechanisms(group, chosen, options);
}

}  // namespace ruraledu::cli
