// Commands for the reports of a service (common/rpc/reports.h): as a table on the terminal, and as a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/reports/v1/reports.pb.h"
#include "services/cli/commands.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {

struct ReportOptions {
  std::string county, report, area, period, option, out, purpose;
  bool unmask = false;
};

// "aid-ledger" -> "REPORT_KIND_AID_LEDGER".
std::string ReportKindName(std::string_view name);
Table ReportTableOf(const google::protobuf::RepeatedPtrField<ruraledu::reports::v1::ReportColumn>& columns,
                    const google::protobuf::RepeatedPtrField<ruraledu::reports::v1::ReportRow>& rows,
                    const ruraledu::reports::v1::ReportRow& total);
// Reports that ask for something beside area and period.
template <typename Request>
concept TakesOption = requires(Request request) {
  request.set_option("");
};
// What the two commands have in common.
void AddReportOptions(CLI::App* command, const std::vector<std::string>& names, std::string_view periods,
                      const std::shared_ptr<ReportOptions>& options);

// `Contract`: Get, Export and Report are its messages, Parse reads a kind, kService names the service.
template <typename Contract>
struct ReportCommands {
  // --area, or the county of the profile.
  template <typename Request>
  static absl::StatusOr<Request> RequestOf(Session& session, const ReportOptions& options) {
    Request request;
    if (options.area.empty()) {
      ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
      request.set_area(absl::StrCat("areas/", LastPart(county)));
    } else {
      request.set_area(absl::StrCat("areas/", options.area));
    }
    decltype(request.report()) kind = {};
    Contract::Parse(ReportKindName(options.report), &kind);
    request.set_report(kind);
    request.set_period(options.period);
    request.set_unmask(options.unmask);
    if constexpr (TakesOption<Request>) {
      request.set_option(options.option);
    }
    return request;
  }

  static absl::Status Show(Session& session, const ReportOptions& options) {
    ASSIGN_OR_RETURN(auto request, RequestOf<typename Contract::Get>(session, options));
    request.set_page_size(1000);
    typename Contract::Report report;
    do {
      ASSIGN_OR_RETURN(auto page, session.Call<typename Contract::Report>(Contract::kService, "GetReport", request,
                                                                          {.purpose = options.purpose}));
      request.set_page_token(page.next_page_token());
      if (report.columns_size() > 0) {
        page.clear_columns();
        page.clear_signatures();
      }
      report.clear_next_page_token();
      report.MergeFrom(page);
    } while (!request.page_token().empty());
    return session.Print(report, ReportTableOf(report.columns(), report.rows(), report.total()));
  }

  static absl::Status Save(Session& session, const ReportOptions& options) {
    namespace reports_v1 = ruraledu::reports::v1;
    ASSIGN_OR_RETURN(auto request, RequestOf<typename Contract::Export>(session, options));
    request.set_format(absl::EndsWithIgnoreCase(options.out, ".xlsx") ? reports_v1::REPORT_FORMAT_XLSX
                                                                      : reports_v1::REPORT_FORMAT_CSV);
    return SavePrivate(session, Contract::kService, "ExportReport", request, options.out, options.purpose,
                       &reports_v1::ExportReportResponse::content);
  }

  static void AddOption(CLI::App* command, const std::shared_ptr<ReportOptions>& options) {
    if constexpr (TakesOption<typename Contract::Get>) {
      command->add_option("--option", options->option, std::string(Contract::kOptions));
    }
  }

  static void Add(CLI::App& parent, Action& chosen, const std::vector<std::string>& names, std::string_view periods) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* reports = parent.add_subcommand("reports", "reports that are signed")->require_subcommand(1);
    CLI::App* show = reports->add_subcommand("show", "a report as a table");
    AddReportOptions(show, names, periods, options);
    AddOption(show, options);
    OnCommand(show, chosen, options, Show);
    CLI::App* save = reports->add_subcommand("export", "a report as CSV or XLSX");
    AddReportOptions(save, names, periods, options);
    AddOption(save, options);
    save->add_option("--out", options->out, "file; .xlsx is a workbook")->required();
    OnCommand(save, chosen, options, Save);
  }
};

}  // namespace ruraledu::cli
