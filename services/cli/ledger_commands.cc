// aid ledger, aid reports: entries, the trial balance of a day, reports as tables and files.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "services/cli/commands.h"
#include "services/cli/report_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, item, person, order, from, to, on;
  int year = 0;
  int64_t limit = 50;
};

constexpr const char* kReports[] = {
    "budget-need",         "execution",      "fund-arrivals", "overpayments", "aid-ledger",         "loans",
    "school-funds",        "identification", "coverage",      "gaps",         "late-payments",      "supplements",
    "complaints",          "outward",        "publicity",     "mirror",       "mirror-differences", "problems",
    "department-overlaps", "consents",       "compliance",    "goods-ledger", "goods-unissued"};

struct AidReports {
  using Get = v1::GetReportRequest;
  using Export = v1::ExportReportRequest;
  using Report = v1::Report;
  static constexpr std::string_view kService = "student_aid";
  static void Parse(const std::string& name, v1::ReportKind* kind) { v1::ReportKind_Parse(name, kind); }
};

absl::Status ListEntries(Session& session, const Options& options) {
  v1::ListLedgerEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_budget_year(options.year);
  request.set_item(options.item);
  request.set_person(options.person);
  request.set_order(options.order);
  ASSIGN_OR_RETURN(*request.mutable_from(), DateOf("--from", options.from));
  ASSIGN_OR_RETURN(*request.mutable_to(), DateOf("--to", options.to));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListLedgerEntriesResponse>("student_aid", "ListLedgerEntries",
                                                                                  request, options.limit));
  Table table({{"日期 day"},
               {"年度 year"},
               {"项目 item"},
               {"事项 kind"},
               {"金额 amount", true},
               {"文号 document"},
               {"支付单 order"}});
  for (const v1::LedgerEntry& entry : all.entries()) {
    table.Add({TextOf(entry.on()), absl::StrCat(entry.budget_year()), entry.item(), EnumText(entry.kind()),
               FormatFenGrouped(entry.amount_fen()), entry.document(), LastPart(entry.order())});
  }
  return session.Print(all, table);
}

absl::Status ShowTrial(Session& session, const Options& options) {
  v1::GetTrialBalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  ASSIGN_OR_RETURN(const auto balance, session.Call<v1::TrialBalance>("student_aid", "GetTrialBalance", request));
  Table table({{"年度 year"}, {"项目 item"}, {"科目 account"}, {"借方 debit", true}, {"贷方 credit", true}});
  for (const v1::TrialBalanceRow& row : balance.rows()) {
    table.Add({absl::StrCat(row.budget_year()), row.item(), EnumText(row.account()), FormatFenGrouped(row.debit_fen()),
               FormatFenGrouped(row.credit_fen())});
  }
  table.Add({"合计", "", "", FormatFenGrouped(balance.debit_fen()), FormatFenGrouped(balance.credit_fen())});
  return session.Print(balance, table);
}

using Shared = std::shared_ptr<Options>;

void AddLedger(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* ledger = aid.add_subcommand("ledger", "entries and balances of aid money")->require_subcommand(1);
  CLI::App* entries = ledger->add_subcommand("entries", "entries in order of day");
  entries->add_option("--county", options->county, "six digits");
  entries->add_option("--year", options->year, "only this budget year");
  entries->add_option("--item", options->item, "only this item");
  entries->add_option("--person", options->person, "only this pupil");
  entries->add_option("--order", options->order, "only this order, counties/411728/paymentOrders/...");
  entries->add_option("--from", options->from, "first day");
  entries->add_option("--to", options->to, "last day");
  AddLimit(*entries, &options->limit);
  OnCommand(entries, chosen, options, ListEntries);
  CLI::App* trial = ledger->add_subcommand("trial", "the trial balance of a day (试算平衡)");
  trial->add_option("--county", options->county, "six digits");
  trial->add_option("--on", options->on, "2024-06-30")->required();
  OnCommand(trial, chosen, options, ShowTrial);
}

}  // namespace

void AddLedgerCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddLedger(aid, chosen, options);
  ReportCommands<AidReports>::Add(
      aid, chosen, {std::begin(kReports), std::end(kReports)},
      "a year 2024 or, as the report says, a term 2023-2024-1 or days 2023-09-01..2023-12-31");
}

}  // namespace ruraledu::cli
