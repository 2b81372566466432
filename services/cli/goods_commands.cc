// aid compliance, aid goods: who is eligible and not compliant; stocks of goods at schools and what moves them.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/compliance.pb.h"
#include "ruraledu/student_aid/v1/goods.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/calls.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr std::string_view kService = "student_aid";

struct Options {
  std::string county, term, area, name, school, item, on, from_whom, document, other_school, issue, relation, reason,
      etag, person, purpose;
  std::vector<std::string> rows;
  v1::ComplianceStatus standing = v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT;
  v1::GoodsMovementKind kind = v1::GOODS_MOVEMENT_KIND_UNSPECIFIED;
  int64_t quantity = 0, counted = 0, limit = 50;
  bool unmask = false, waiting = false;
};
using Shared = std::shared_ptr<Options>;

// --- Compliance -----------------------------------------------------------------------------------------------------

absl::Status ListCompliance(Session& session, const Options& options) {
  v1::ListComparisonRowsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_area(AreaOf(options.area));
  request.set_compliance(options.standing);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListComparisonRowsResponse>(kService, "ListComparisonRows", request,
                                                                   options.limit, {.purpose = options.purpose}));
  Table table({{"姓名 name"},
               {"区域 area"},
               {"复核 standing"},
               {"条件 code"},
               {"状态 state"},
               {"效力 effect"},
               {"项目 items"},
               {"发现 found"},
               {"学生 student"}});
  for (const v1::ComparedPerson& person : all.persons()) {
    const auto add = [&](const v1::ComplianceFinding& finding) {
      table.Add({person.display_name(), person.area(), NameOf(person.compliance()), finding.code(),
                 NameOf(finding.state()), NameOf(finding.effect()), absl::StrJoin(finding.items(), " "),
                 absl::StrJoin(finding.reasons(), " "), person.student()});
    };
    for (const v1::ComplianceFinding& finding : person.compliance_findings()) {
      add(finding);
    }
    if (person.compliance_findings().empty()) {
      add({});
    }
  }
  return session.Print(all, table);
}

// --- Goods ----------------------------------------------------------------------------------------------------------

Table MovementTable() {
  return Table({{"日期 on"},
                {"物资 item"},
                {"类型 kind"},
                {"状态 state"},
                {"数量 units", true},
                {"学校 school"},
                {"学生 person"},
                {"资源名 name"}});
}
void AddMovement(const v1::GoodsMovement& one, Table* table) {
  table->Add({TextOf(one.on()), one.item(), NameOf(one.kind()), NameOf(one.state()), Grouped(one.quantity()),
              one.school(), one.person(), one.name()});
}

template <typename Request>
absl::Status OnMovement(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::GoodsMovement>(kService, method, request));
  Table table = MovementTable();
  AddMovement(one, &table);
  return session.Print(one, table);
}

absl::Status ListTable(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListGoodsResponse>(kService, "ListGoods", v1::ListGoodsRequest()));
  Table table({{"物资 item"},
               {"名称 label"},
               {"单位 unit"},
               {"单价(元) value", true},
               {"每期数量 units", true},
               {"期间 period"},
               {"困难类型 kinds"},
               {"学段 stages"},
               {"地区 region"},
               {"起 from"}});
  for (const v1::GoodsItem& item : all.goods()) {
    table.Add({item.item(), item.label_zh(), item.unit(), FormatFenGrouped(item.value_fen()), Grouped(item.quantity()),
               NameOf(item.period()), absl::StrJoin(item.kinds(), " "), absl::StrJoin(item.stages(), " "),
               item.region(), TextOf(item.from())});
  }
  return session.Print(all, table);
}

absl::Status Record(Session& session, const Options& options) {
  v1::RecordGoodsMovementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_item(options.item);
  request.set_kind(options.kind);
  request.set_quantity(options.quantity);
  request.set_counted(options.counted);
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  request.set_from_whom(options.from_whom);
  request.set_document(options.document);
  request.set_other_school(options.other_school);
  request.set_issue(options.issue);
  request.set_relation(options.relation);
  request.set_reason(options.reason);
  return OnMovement(session, "RecordGoodsMovement", request);
}

// "<person>[,<units>[,<relation>]]".
absl::StatusOr<v1::GoodsIssueRow> RowOf(const std::string& text) {
  std::vector<std::string> words = absl::StrSplit(text, ',');
  words.resize(3);
  v1::GoodsIssueRow row;
  row.set_person(words[0]);
  int64_t units = 0;
  if (!words[1].empty() && !absl::SimpleAtoi(words[1], &units)) {
    return Fail("CLI_ARGUMENT", {{"argument", "pupils"}, {"problem", "<person>[,<units>[,<relation>]]"}});
  }
  row.set_quantity(units);
  row.set_relation(words[2]);
  return row;
}

absl::Status Issue(Session& session, const Options& options) {
  v1::BatchIssueGoodsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_item(options.item);
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  request.set_document(options.document);
  for (const std::string& text : options.rows) {
    ASSIGN_OR_RETURN(*request.add_rows(), RowOf(text));
  }
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchIssueGoodsResponse>(kService, "BatchIssueGoods", request));
  Table table({{"学生 person"}, {"结果 result"}, {"数量 units", true}, {"资源名 name"}});
  for (const v1::GoodsIssueResult& row : answer.results()) {
    table.Add({row.person(), row.reason().empty() ? "ISSUED" : row.reason(), Grouped(row.movement().quantity()),
               row.movement().name()});
  }
  return session.Print(answer, table);
}

absl::Status Reverse(Session& session, const Options& options) {
  v1::ReverseGoodsMovementRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_reason(options.reason);
  return OnMovement(session, "ReverseGoodsMovement", request);
}

absl::Status Confirm(Session& session, const Options& options) {
  v1::ConfirmGoodsMovementRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnMovement(session, "ConfirmGoodsMovement", request);
}

absl::Status Refuse(Session& session, const Options& options) {
  v1::RefuseGoodsMovementRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_reason(options.reason);
  return OnMovement(session, "RefuseGoodsMovement", request);
}

absl::Status ListStocks(Session& session, const Options& options) {
  v1::ListGoodsStocksRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_item(options.item);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListGoodsStocksResponse>(kService, "ListGoodsStocks", request, options.limit));
  Table table({{"学校 school"},
               {"物资 item"},
               {"结存 on hand", true},
               {"接收 received", true},
               {"发放 issued", true},
               {"退回 returned", true},
               {"资源名 name"}});
  for (const v1::GoodsStock& stock : all.stocks()) {
    table.Add({stock.school(), stock.item(), Grouped(stock.on_hand()), Grouped(stock.totals().received()),
               Grouped(stock.totals().issued()), Grouped(stock.totals().returned()), stock.name()});
  }
  return session.Print(all, table);
}

absl::Status ListMovements(Session& session, const Options& options) {
  v1::ListGoodsMovementsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_item(options.item);
  request.set_kind(options.kind);
  request.set_person(options.person);
  request.set_waiting_only(options.waiting);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListGoodsMovementsResponse>(kService, "ListGoodsMovements",
                                                                                   request, options.limit));
  Table table = MovementTable();
  for (const v1::GoodsMovement& one : all.movements()) {
    AddMovement(one, &table);
  }
  return session.Print(all, table);
}

void AddList(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
  command->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*command, &options->limit);
}

void AddWhat(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
  command->add_option("--school", options->school, "counties/411728/schools/...")->required();
  command->add_option("--item", options->item, "TEXTBOOKS; see: aid goods table")->required();
  command->add_option("--on", options->on, "day: 2023-11-20")->required();
  command->add_option("--document", options->document, "number of the delivery note, list or report");
}

CLI::App* AddNamed(CLI::App* goods, const Shared& options, const std::string& name, const std::string& about) {
  CLI::App* command = goods->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/goodsMovements/...")->required();
  command->add_option("--etag", options->etag, "only if the movement is still this version");
  return command;
}

void AddMoves(CLI::App* goods, Action& chosen, const Shared& options) {
  CLI::App* record = goods->add_subcommand("record", "records what moves a stock; see: aid goods issue");
  AddWhat(record, options);
  AddEnum(record, "--kind", &options->kind, "what happened")->required();
  record->add_option("--units", options->quantity, "units moved");
  record->add_option("--counted", options->counted, "COUNTED: units that were counted");
  record->add_option("--from", options->from_whom, "RECEIVED: organisation it came from");
  record->add_option("--to-school", options->other_school, "TRANSFERRED_OUT: counties/411728/schools/...");
  record->add_option("--issue", options->issue, "RETURNED: the movement by which it was issued");
  record->add_option("--relation", options->relation, "RETURNED: who brought it; left out: the pupil");
  record->add_option("--reason", options->reason, "why, in words");
  OnCommand(record, chosen, options, Record);
  CLI::App* issue = goods->add_subcommand("issue", "gives an item to pupils of a school, a whole class at once");
  AddWhat(issue, options);
  issue->add_option("pupils", options->rows, "<person>[,<units>[,<relation>]] ...")->required();
  OnCommand(issue, chosen, options, Issue);
  CLI::App* reverse = AddNamed(goods, options, "reverse", "takes a movement back by another one");
  CLI::App* refuse = AddNamed(goods, options, "refuse", "refuses what another person recorded");
  for (CLI::App* command : {reverse, refuse}) {
    command->add_option("--reason", options->reason, "why, in words")->required();
  }
  OnCommand(reverse, chosen, options, Reverse);
  OnCommand(refuse, chosen, options, Refuse);
  OnCommand(AddNamed(goods, options, "confirm", "books what another person recorded"), chosen, options, Confirm);
}

}  // namespace

void AddComplianceCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* compliance =
      aid.add_subcommand("compliance", "whether what keeps aid going is so (复核), apart from who is eligible")
          ->require_subcommand(1);
  CLI::App* list = compliance->add_subcommand("list", "by named child where the last comparison left them");
  AddList(list, options);
  list->add_option("--term", options->term, "2023-2024-1")->required();
  AddEnum(list, "--standing", &options->standing, "left out: ELIGIBLE_NOT_COMPLIANT");
  AddUnmask(*list, &options->unmask, &options->purpose);
  OnCommand(list, chosen, options, ListCompliance);
  AddEvaluate<v1::EvaluateComplianceRequest, v1::EvaluateComplianceResponse>(
      compliance, chosen, kService, "EvaluateCompliance", "whether what keeps the aid of a pupil going is so");
}

void AddGoodsCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* goods = aid.add_subcommand("goods", "aid in kind: stocks at schools and what moves them (实物资助)")
                        ->require_subcommand(1);
  OnCommand(goods->add_subcommand("table", "what a pupil gets, how often, and who is entitled"), chosen, options,
            ListTable);
  AddMoves(goods, chosen, options);
  AddShow<v1::GetGoodsStockRequest, v1::GoodsStock>(goods, chosen, kService, "GetGoodsStock",
                                                    "one stock with its terms",
                                                    "counties/411728/goodsStocks/<school>.<item>");
  CLI::App* stocks = goods->add_subcommand("stocks", "what schools have");
  CLI::App* movements = goods->add_subcommand("movements", "what moved the stocks");
  for (CLI::App* command : {stocks, movements}) {
    AddList(command, options);
    command->add_option("--item", options->item, "only this item: TEXTBOOKS");
  }
  OnCommand(stocks, chosen, options, ListStocks);
  AddEnum(movements, "--kind", &options->kind, "only of this kind");
  movements->add_option("--person", options->person, "only of this pupil: registry id");
  movements->add_flag("--waiting", options->waiting, "only those that wait for another person");
  OnCommand(movements, chosen, options, ListMovements);
}

}  // namespace ruraledu::cli
