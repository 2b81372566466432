// aid ledger, aid reports: entries, the trial balance of a day, reports as tables and files.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "services/cli/commands.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, item, person, order, from, to, on, report, area, period, out, purpose;
  bool unmask = false;
  int year = 0;
  int64_t limit = 50;
};

constexpr std::string_view kReports[] = {
    "budget-need",  "execution",      "fund-arrivals", "overpayments", "aid-ledger",         "loans",
    "school-funds", "identification", "coverage",      "gaps",         "late-payments",      "supplements",
    "complaints",   "outward",        "publicity",     "mirror",       "mirror-differences", "problems"};

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
    table.Add({TextOf(entry.on()), absl::StrCat(entry.budget_year()), entry.item(),
               WithoutPrefix(v1::LedgerEntryKind_Name(entry.kind()), "LEDGER_ENTRY_KIND_"),
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
    table.Add({absl::StrCat(row.budget_year()), row.item(),
               WithoutPrefix(v1::LedgerAccount_Name(row.account()), "LEDGER_ACCOUNT_"),
               FormatFenGrouped(row.debit_fen()), FormatFenGrouped(row.credit_fen())});
  }
  table.Add({"合计", "", "", FormatFenGrouped(balance.debit_fen()), FormatFenGrouped(balance.credit_fen())});
  return session.Print(balance, table);
}

v1::ReportKind KindOf(const std::string& name) {
  v1::ReportKind kind = v1::REPORT_KIND_UNSPECIFIED;
  v1::ReportKind_Parse(absl::StrCat("REPORT_KIND_", absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}}))),
                       &kind);
  return kind;
}

std::string CellText(const v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case v1::ReportCell::kText:
      return cell.text();
    case v1::ReportCell::kCount:
      return Grouped(cell.count());
    case v1::ReportCell::kAmountFen:
      return FormatFenGrouped(cell.amount_fen());
    case v1::ReportCell::kDay:
      return TextOf(cell.day());
    case v1::ReportCell::kRate:
      return PercentText(Rate{cell.rate().numerator(), cell.rate().denominator()}).value_or("—");
    default:
      return "";
  }
}

// --area, or the county of the profile.
template <typename Request>
absl::StatusOr<Request> RequestOf(Session& session, const Options& options) {
  Request request;
  if (options.area.empty()) {
    ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
    request.set_area(absl::StrCat("areas/", LastPart(county)));
  } else {
    request.set_area(absl::StrCat("areas/", options.area));
  }
  request.set_report(KindOf(options.report));
  request.set_period(options.period);
  request.set_unmask(options.unmask);
  return request;
}

absl::Status ShowReport(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(auto request, RequestOf<v1::GetReportRequest>(session, options));
  request.set_page_size(1000);
  v1::Report report;
  do {
    ASSIGN_OR_RETURN(v1::Report page,
                     session.Call<v1::Report>("student_aid", "GetReport", request, {.purpose = options.purpose}));
    request.set_page_token(page.next_page_token());
    if (report.columns_size() > 0) {
      page.clear_columns();
      page.clear_signatures();
    }
    report.clear_next_page_token();
    report.MergeFrom(page);
  } while (!request.page_token().empty());
  std::vector<Heading> headings;
  for (const v1::ReportColumn& column : report.columns()) {
    headings.push_back({absl::StrCat(column.label_zh(), " ", column.id())});
  }
  Table table(headings);
  auto rows = report.rows();
  *rows.Add() = report.total();
  for (const v1::ReportRow& row : rows) {
    std::vector<std::string> cells;
    for (const v1::ReportCell& cell : row.cells()) {
      cells.push_back(CellText(cell));
    }
    table.Add(std::move(cells));
  }
  return session.Print(report, table);
}

absl::Status SaveReport(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(auto request, RequestOf<v1::ExportReportRequest>(session, options));
  request.set_format(absl::EndsWithIgnoreCase(options.out, ".xlsx") ? v1::REPORT_FORMAT_XLSX : v1::REPORT_FORMAT_CSV);
  ASSIGN_OR_RETURN(rpc::Client* const client, session.Client("student_aid"));
  ASSIGN_OR_RETURN(const auto out, PrivateFile::Create(options.out));
  RETURN_IF_ERROR(client->Stream<v1::ExportReportResponse>(
      "ExportReport", request, [&](const v1::ExportReportResponse& part) { return out->Write(part.content()); },
      {.timeout = absl::Hours(1), .purpose = options.purpose}));
  RETURN_IF_ERROR(out->Keep());
  session.Say(absl::StrCat(options.out, ": ", Grouped(out->bytes()), " bytes"),
              {{"file", options.out}, {"bytes", absl::StrCat(out->bytes())}});
  return absl::OkStatus();
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

void AddReport(CLI::App* command, const Shared& options) {
  command->add_option("report", options->report, absl::StrJoin(kReports, ", "))
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kReports), std::end(kReports))));
  command
      ->add_option("period", options->period,
                   "a year 2024 or, as the report says, a term 2023-2024-1 or days 2023-09-01..2023-12-31")
      ->required();
  command->add_option("--county", options->county, "six digits");
  command->add_option("--area", options->area, "another area: 41, 4117, 411728103, 411728103/<school>");
  AddUnmask(*command, &options->unmask, &options->purpose);
}

}  // namespace

void AddLedgerCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddLedger(aid, chosen, options);
  CLI::App* reports = aid.add_subcommand("reports", "reports that are signed")->require_subcommand(1);
  CLI::App* show = reports->add_subcommand("show", "a report as a table");
  AddReport(show, options);
  OnCommand(show, chosen, options, ShowReport);
  CLI::App* save = reports->add_subcommand("export", "a report as CSV or XLSX");
  AddReport(save, options);
  save->add_option("--out", options->out, "file; .xlsx is a workbook")->required();
  OnCommand(save, chosen, options, SaveReport);
}

}  // namespace ruraledu::cli
