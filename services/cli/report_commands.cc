#include "services/cli/report_commands.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"

namespace ruraledu::cli {
namespace {

namespace reports_v1 = ruraledu::reports::v1;

std::string CellText(const reports_v1::ReportCell& cell) {
  switch (cell.value_case()) {
    case reports_v1::ReportCell::kText:
      return cell.text();
    case reports_v1::ReportCell::kCount:
      return Grouped(cell.count());
    case reports_v1::ReportCell::kAmountFen:
      return FormatFenGrouped(cell.amount_fen());
    case reports_v1::ReportCell::kDay:
      return TextOf(cell.day());
    case reports_v1::ReportCell::kRate:
      return PercentText(Rate{cell.rate().numerator(), cell.rate().denominator()}).value_or("—");
    default:
      return "";
  }
}

}  // namespace

std::string ReportKindName(std::string_view name) {
  return absl::StrCat("REPORT_KIND_", absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}})));
}

Table ReportTableOf(const google::protobuf::RepeatedPtrField<reports_v1::ReportColumn>& columns,
                    const google::protobuf::RepeatedPtrField<reports_v1::ReportRow>& rows,
                    const reports_v1::ReportRow& total) {
  std::vector<Heading> headings;
  for (const reports_v1::ReportColumn& column : columns) {
    headings.push_back({absl::StrCat(column.label_zh(), " ", column.id())});
  }
  Table table(headings);
  const auto add = [&](const reports_v1::ReportRow& row) {
    std::vector<std::string> cells;
    for (const reports_v1::ReportCell& cell : row.cells()) {
      cells.push_back(CellText(cell));
    }
    table.Add(std::move(cells));
  };
  for (const reports_v1::ReportRow& row : rows) {
    add(row);
  }
  if (total.cells_size() > 0) {
    add(total);
  }
  return table;
}

void AddReportOptions(CLI::App* command, const std::vector<std::string>& names, std::string_view periods,
                      const std::shared_ptr<ReportOptions>& options) {
  command->add_option("report", options->report, absl::StrJoin(names, ", "))->required()->check(CLI::IsMember(names));
  command->add_option("period", options->period, std::string(periods))->required();
  command->add_option("--county", options->county, "six digits");
  command->add_option("--area", options->area, "another area: 41, 4117, 411728103, 411728103/<school>");
  AddUnmask(*command, &options->unmask, &options->purpose);
}

}  // namespace ruraledu::cli
