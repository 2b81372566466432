// aid funds: allotments, arrivals, steps of two persons, settlement of waivers.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, name, document, level, on, term, item, reason, etag;
  std::vector<std::string> items, schools;
  bool taken_back = false, dry_run = false, overdue = false, over_age = false, open = false;
  int year = 0;
  int64_t limit = 50;
};

constexpr std::string_view kLevels[] = {"central", "province", "city", "county"};

// "SP_NUTR=1500.00" -> item and fen; without an amount: 0.
absl::Status ReadItems(const std::vector<std::string>& texts,
                       google::protobuf::RepeatedPtrField<v1::FundAmount>* items) {
  for (const std::string& text : texts) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    v1::FundAmount* item = items->Add();
    item->set_item(parts.first);
    if (!parts.second.empty()) {
      ASSIGN_OR_RETURN(const int64_t fen, ParseFen(parts.second));
      item->set_amount_fen(fen);
    }
  }
  return absl::OkStatus();
}

Table RowsTable(const google::protobuf::RepeatedPtrField<v1::FundRow>& rows) {
  Table table({{"项目 item"}, {"金额 amount", true}, {"结果 result"}, {"资源名 entry"}});
  for (const v1::FundRow& row : rows) {
    table.Add({row.item(), FormatFenGrouped(row.amount_fen()), row.reason().empty() ? "OK" : row.reason(),
               LastPart(row.entry())});
  }
  return table;
}

absl::Status ListAllFunds(Session& session, const Options& options) {
  v1::ListFundsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_budget_year(options.year);
  request.set_over_age_only(options.over_age);
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListFundsResponse>("student_aid", "ListFunds", request));
  Table table({{"年度 year"},
               {"项目 item"},
               {"下达 allotted", true},
               {"到位 arrived", true},
               {"支付 ordered", true},
               {"发放 paid", true},
               {"退回 returned", true},
               {"结算 settled", true},
               {"待追回 recoverable", true},
               {"结余 at-hand", true},
               {"超期结余 over-age", true},
               {"状态 state"}});
  const auto add = [&](const v1::Fund& fund, const std::string& year, const std::string& item) {
    table.Add({year, item, FormatFenGrouped(fund.allotted_fen()), FormatFenGrouped(fund.arrived_fen()),
               FormatFenGrouped(fund.ordered_fen()), FormatFenGrouped(fund.paid_fen()),
               FormatFenGrouped(fund.returned_fen()), FormatFenGrouped(fund.settled_fen()),
               FormatFenGrouped(fund.recoverable_fen()), FormatFenGrouped(fund.at_hand_fen()),
               FormatFenGrouped(fund.over_age_fen()), fund.closed() ? "closed" : ""});
  };
  for (const v1::Fund& fund : all.funds()) {
    add(fund, absl::StrCat(fund.budget_year()), fund.item());
  }
  add(all.total(), "合计", "");
  return session.Print(all, table);
}

template <typename Request>
absl::Status RecordRows(Session& session, const Options& options, std::string_view method) {
  Request request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_document(options.document);
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (options.level == kLevels[i]) {
      request.set_level(static_cast<v1::FundingLevel>(i + 1));
    }
  }
  request.set_budget_year(options.year);
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  RETURN_IF_ERROR(ReadItems(options.items, request.mutable_items()));
  request.set_taken_back(options.taken_back);
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::FundRowsResponse>("student_aid", method, request));
  return session.Print(answer, RowsTable(answer.rows()));
}

absl::Status ListArrivals(Session& session, const Options& options) {
  v1::ListFundArrivalsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_budget_year(options.year);
  request.set_overdue_only(options.overdue);
  ASSIGN_OR_RETURN(const auto all,
                   session.Call<v1::ListFundArrivalsResponse>("student_aid", "ListFundArrivals", request));
  Table table({{"项目 item"},
               {"文号 document"},
               {"到位日期 arrived"},
               {"金额 amount", true},
               {"未支付 unspent", true},
               {"支付期限 pay-out-by"},
               {"超期 overdue"}});
  for (const v1::FundArrival& arrival : all.arrivals()) {
    table.Add({arrival.item(), arrival.document(), TextOf(arrival.arrived_on()), FormatFenGrouped(arrival.amount_fen()),
               FormatFenGrouped(arrival.unspent_fen()), TextOf(arrival.pay_out_by()), arrival.overdue() ? "yes" : ""});
  }
  return session.Print(all, table);
}

absl::Status ShowStep(Session& session, const v1::FundStep& step) {
  RETURN_IF_ERROR(session.Print(step, RowsTable(step.rows())));
  if (!session.console().json) {
    session.console().out << step.name() << " " << EnumText(step.state()) << "\n";
  }
  return absl::OkStatus();
}

absl::Status ProposeOne(Session& session, const Options& options, std::string_view method) {
  v1::ProposeFundStepRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_budget_year(options.year);
  request.set_document(options.document);
  RETURN_IF_ERROR(ReadItems(options.items, request.mutable_items()));
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(const auto step, session.Call<v1::FundStep>("student_aid", method, request));
  return ShowStep(session, step);
}

absl::Status ConfirmOne(Session& session, const Options& options) {
  v1::ConfirmFundStepRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(const auto step, session.Call<v1::FundStep>("student_aid", "ConfirmFundStep", request));
  return ShowStep(session, step);
}

absl::Status RefuseOne(Session& session, const Options& options) {
  v1::RefuseFundStepRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(const auto step, session.Call<v1::FundStep>("student_aid", "RefuseFundStep", request));
  return ShowStep(session, step);
}

absl::Status ListSteps(Session& session, const Options& options) {
  v1::ListFundStepsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_proposed_only(options.open);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListFundStepsResponse>("student_aid", "ListFundSteps", request, options.limit));
  Table table(
      {{"事项 kind"}, {"年度 year"}, {"文号 document"}, {"提出 proposed"}, {"状态 state"}, {"资源名 resource"}});
  for (const v1::FundStep& step : all.steps()) {
    table.Add({EnumText(step.kind()), absl::StrCat(step.budget_year()), step.document(), TextOf(step.proposed_on()),
               EnumText(step.state()), step.name()});
  }
  return session.Print(all, table);
}

absl::Status SettleAll(Session& session, const Options& options) {
  v1::SettleWaiversRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_item(options.item);
  request.mutable_schools()->Assign(options.schools.begin(), options.schools.end());
  request.set_document(options.document);
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::SettleWaiversResponse>("student_aid", "SettleWaivers", request));
  Table table(
      {{"学校 school"}, {"人数 pupils", true}, {"应减免 waived", true}, {"本次结算 settled", true}, {"结果 result"}});
  for (const v1::SettlementRow& row : answer.rows()) {
    table.Add({LastPart(row.school()), absl::StrCat(row.pupils()), FormatFenGrouped(row.waived_fen()),
               FormatFenGrouped(row.amount_fen()), row.reason().empty() ? "OK" : row.reason()});
  }
  return session.Print(answer, table);
}

absl::Status ListSettled(Session& session, const Options& options) {
  v1::ListSettlementsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_item(options.item);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListSettlementsResponse>("student_aid", "ListSettlements",
                                                                                request, options.limit));
  Table table({{"区域 area"},
               {"项目 item"},
               {"人数 pupils", true},
               {"应减免 waived", true},
               {"已结算 settled", true},
               {"资源名 resource"}});
  for (const v1::Settlement& one : all.settlements()) {
    table.Add({one.area(), one.item(), absl::StrCat(one.pupils()), FormatFenGrouped(one.waived_fen()),
               FormatFenGrouped(one.settled_fen()), one.name()});
  }
  return session.Print(all, table);
}

using Shared = std::shared_ptr<Options>;

CLI::App* AddOne(CLI::App* funds, const Shared& options, const std::string& name, const std::string& about) {
  CLI::App* command = funds->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  return command;
}
void AddYear(CLI::App* command, const Shared& options) {
  command->add_option("--year", options->year, "budget year")->required();
}
void AddDryRun(CLI::App* command, const Shared& options) {
  command->add_flag("--dry-run", options->dry_run, "only what would become of it");
}

void AddMoney(CLI::App* funds, Action& chosen, const Shared& options) {
  CLI::App* list = AddOne(funds, options, "list", "funds of a county and their sums");
  list->add_option("--year", options->year, "only this budget year");
  list->add_flag("--over-age", options->over_age, "only those with money that is to be given back");
  OnCommand(list, chosen, options, ListAllFunds);
  AddShow<v1::GetFundRequest, v1::Fund>(funds, chosen, "student_aid", "GetFund", "one fund in full",
                                        "counties/411728/funds/2024.SP_NUTR");
  for (const auto& [name, about] : std::vector<std::pair<std::string, std::string>>{
           {"allot", "records an allotment by document (指标下达)"}, {"arrive", "records that money arrived (到位)"}}) {
    CLI::App* record = AddOne(funds, options, name, about);
    AddYear(record, options);
    record->add_option("--document", options->document, "its number")->required();
    record->add_option("--on", options->on, "2024-03-01")->required();
    record->add_option("--level", options->level, "central, province, city or county")
        ->required()
        ->check(CLI::IsMember({"central", "province", "city", "county"}));
    record->add_option("items", options->items, "SP_NUTR=150000.00 ...")->required();
    record->add_flag("--taken-back", options->taken_back, "it was cut or called back");
    AddDryRun(record, options);
    if (name == "allot") {
      OnCommand(record, chosen, options, [](Session& session, const Options& given) {
        return RecordRows<v1::RecordAllotmentRequest>(session, given, "RecordAllotment");
      });
    } else {
      OnCommand(record, chosen, options, [](Session& session, const Options& given) {
        return RecordRows<v1::RecordArrivalRequest>(session, given, "RecordArrival");
      });
    }
  }
  CLI::App* arrivals = AddOne(funds, options, "arrivals", "arrivals of a budget year and what is not paid out");
  AddYear(arrivals, options);
  arrivals->add_flag("--overdue", options->overdue, "only those that are not paid out in time");
  OnCommand(arrivals, chosen, options, ListArrivals);
  CLI::App* settle = AddOne(funds, options, "settle", "settles waivers of a term and item with schools");
  settle->add_option("--term", options->term, "2023-2024-1")->required();
  settle->add_option("--item", options->item, "SP_HS_FEE")->required();
  settle->add_option("--document", options->document, "of the transfer")->required();
  settle->add_option("--on", options->on, "2023-11-20")->required();
  settle->add_option("schools", options->schools, "counties/411728/schools/...; none: all");
  AddDryRun(settle, options);
  OnCommand(settle, chosen, options, SettleAll);
  CLI::App* settled = AddOne(funds, options, "settlements", "what was settled with schools in a term");
  settled->add_option("--term", options->term, "2023-2024-1")->required();
  settled->add_option("--item", options->item, "only this item");
  AddLimit(*settled, &options->limit);
  OnCommand(settled, chosen, options, ListSettled);
}

void AddSteps(CLI::App* funds, Action& chosen, const Shared& options) {
  struct Step {
    std::string name, method, about;
  };
  for (const auto& step :
       std::vector<Step>{{"carry", "CarryOver", "proposes that unspent money goes to the next year of its item (结转)"},
                         {"surrender", "Surrender", "proposes that money that is over age goes back (上缴)"},
                         {"close", "CloseFundYear", "proposes that a budget year ends (结账)"},
                         {"advance", "AllowAdvance", "proposes how far funds may order more than is at hand (垫付)"}}) {
    CLI::App* propose = AddOne(funds, options, step.name, step.about);
    AddYear(propose, options);
    propose->add_option("--document", options->document, "that says so")->required();
    propose->add_option("items", options->items, "SP_NUTR=100.00 ...; without an amount all, without items every one");
    AddDryRun(propose, options);
    OnCommand(propose, chosen, options, [method = step.method](Session& session, const Options& given) {
      return ProposeOne(session, given, method);
    });
  }
  CLI::App* steps = AddOne(funds, options, "steps", "steps of a county");
  steps->add_flag("--open", options->open, "only those that wait for another person");
  AddLimit(*steps, &options->limit);
  OnCommand(steps, chosen, options, ListSteps);
  AddShow<v1::GetFundStepRequest, v1::FundStep>(funds, chosen, "student_aid", "GetFundStep", "one step in full",
                                                "counties/411728/fundSteps/...", "show-step");
  CLI::App* confirm = funds->add_subcommand("confirm", "confirms a step that another person proposed");
  confirm->add_option("name", options->name, "counties/411728/fundSteps/...")->required();
  confirm->add_option("--etag", options->etag, "only if the step is still this version");
  AddDryRun(confirm, options);
  OnCommand(confirm, chosen, options, ConfirmOne);
  CLI::App* refuse = funds->add_subcommand("refuse", "refuses a step");
  refuse->add_option("name", options->name, "counties/411728/fundSteps/...")->required();
  refuse->add_option("--reason", options->reason, "why, in words")->required();
  refuse->add_option("--etag", options->etag, "only if the step is still this version");
  OnCommand(refuse, chosen, options, RefuseOne);
}

}  // namespace

void AddFundCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* funds = aid.add_subcommand("funds", "money of aid by item and budget year")->require_subcommand(1);
  AddMoney(funds, chosen, options);
  AddSteps(funds, chosen, options);
}

}  // namespace ruraledu::cli
