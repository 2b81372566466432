// dropout: rates of a school year, the figures that a county enters for them, cohorts of schools, reports.
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/rate.pb.h"
#include "ruraledu/dropout_monitoring/v1/report.pb.h"
#include "services/cli/calls.h"
#include "services/cli/report_commands.h"
#include "services/cli/row_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr std::pair<std::string_view, v1::SchoolLevel> kLevels[] = {
    {"学前", v1::SCHOOL_LEVEL_PRESCHOOL},      {"小学", v1::SCHOOL_LEVEL_PRIMARY},
    {"初中", v1::SCHOOL_LEVEL_JUNIOR},         {"高中阶段", v1::SCHOOL_LEVEL_UPPER_SECONDARY},
    {"PRESCHOOL", v1::SCHOOL_LEVEL_PRESCHOOL}, {"PRIMARY", v1::SCHOOL_LEVEL_PRIMARY},
    {"JUNIOR", v1::SCHOOL_LEVEL_JUNIOR},       {"UPPER_SECONDARY", v1::SCHOOL_LEVEL_UPPER_SECONDARY},
};
const std::vector<std::string> kReports = {"rates",
                                           "cohorts",
                                           "suspected",
                                           "dropouts",
                                           "zero-reports",
                                           "missing-reports",
                                           "unmarked-classes",
                                           "responsibility-gaps",
                                           "platform-ledger",
                                           "platform-basic",
                                           "register-findings",
                                           "register-checks",
                                           "enrolment-daily",
                                           "expected-children",
                                           "leavers",
                                           "leaver-rates",
                                           "committee-reviews",
                                           "case-work",
                                           "signed-ledger",
                                           "disabled-children",
                                           "dossiers",
                                           "department-slips",
                                           "absence-approvals",
                                           "platform",
                                           "zero-roll-up",
                                           "clearance"};

struct Options {
  std::string county, area, year, name, etag, file, source, reason, region;
  bool all = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

struct DropoutReports {
  using Get = v1::GetReportRequest;
  using Export = v1::ExportReportRequest;
  using Report = v1::Report;
  static constexpr std::string_view kService = cli::kService;
  static constexpr std::string_view kOptions =
      "signed-ledger: SUSPECTED for the version signed last by the day, SUSPECTED.3; platform: which one";
  static void Parse(const std::string& name, v1::ReportKind* kind) { v1::ReportKind_Parse(name, kind); }
};

std::string SideText(const v1::RateSide& side) {
  const std::string counted = side.has_counted() ? Grouped(side.counted()) : "—";
  return side.has_reported() ? absl::StrCat(counted, " / ", Grouped(side.reported())) : counted;
}

absl::Status ShowRates(Session& session, const Options& options) {
  v1::GetRatesRequest request;
  if (options.area.empty()) {
    ASSIGN_OR_RETURN(const std::string county, session.County(options.county));
    request.set_area(absl::StrCat("areas/", LastPart(county)));
  } else {
    request.set_area(absl::StrCat("areas/", options.area));
  }
  request.set_school_year(options.year);
  ASSIGN_OR_RETURN(const auto rates, session.Call<v1::Rates>(kService, "GetRates", request));
  Table table({{"指标 indicator"},
               {"比率 rate", true},
               {"分子 numerator", true},
               {"分母（统计/上报） denominator", true},
               {"口径 counts"},
               {"状态 state"},
               {"标记 flags"},
               {"原因 reason"}});
  for (const v1::RateResult& one : rates.rates()) {
    table.Add({EnumText(one.indicator()), one.percent(), Grouped(one.rate().numerator()), SideText(one.denominator()),
               EnumText(one.denominator().counts()), EnumText(one.state()), absl::StrJoin(one.flags(), " "),
               one.reason()});
  }
  return session.Print(rates, table);
}

absl::Status ListAges(Session& session, const Options& options) {
  v1::ListOfficialAgesRequest request;
  request.set_region_code(options.region);
  request.set_school_year(options.year);
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListOfficialAgesResponse>(kService, "ListOfficialAges", request));
  Table table({{"学段 level"}, {"年龄 ages"}, {"区划 region"}, {"自 from"}, {"年级 grades"}, {"依据 source"}});
  for (const v1::OfficialAge& one : all.levels()) {
    table.Add({NameOf(one.level()), absl::StrCat(one.first_age(), "-", one.last_age()), one.region_code(),
               TextOf(one.valid_from()), absl::StrJoin(one.grades(), " "), one.source()});
  }
  return session.Print(all, table);
}

absl::Status ListCohorts(Session& session, const Options& options) {
  v1::ListCohortsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_school_year(options.year);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListCohortsResponse>(kService, "ListCohorts", request, options.limit));
  Table table({{"学校 school"},
               {"学段 level"},
               {"入学 entered"},
               {"入学人数 entrants", true},
               {"转入 in", true},
               {"转出 out", true},
               {"死亡 died", true},
               {"辍学 dropped", true},
               {"休学 suspended", true},
               {"毕业 graduated", true},
               {"在校 now"}});
  for (const v1::Cohort& one : all.cohorts()) {
    std::vector<std::string> now;
    for (const v1::GradeCount& grade : one.counts().now()) {
      now.push_back(absl::StrCat(grade.grade(), ":", grade.pupils()));
    }
    const v1::CohortCounts& counts = one.counts();
    table.Add({one.display_name(), EnumText(one.level()), one.entry_year(), Grouped(counts.entrants()),
               Grouped(counts.transferred_in() + counts.cohort_in()),
               Grouped(counts.transferred_out() + counts.cohort_out()), Grouped(counts.deaths()),
               Grouped(counts.dropouts()), Grouped(counts.suspended()), Grouped(counts.graduates()),
               absl::StrJoin(now, " ")});
  }
  return session.Print(all, table);
}

Table FiguresTable() {
  return Table({{"区划 area"},
                {"学年 year"},
                {"版本 number", true},
                {"状态 state"},
                {"依据 source"},
                {"标签 etag"},
                {"资源名 resource"}});
}
void AddFigures(const v1::RateFigures& one, Table* table) {
  table->Add({one.area(), one.school_year(), absl::StrCat(one.version_number()), EnumText(one.state()), one.source(),
              one.etag(), one.name()});
}

absl::Status ListFigures(Session& session, const Options& options) {
  v1::ListRateFiguresRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_all_versions(options.all);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListRateFiguresResponse>(kService, "ListRateFigures", request, options.limit));
  Table table = FiguresTable();
  for (const v1::RateFigures& one : all.figures()) {
    AddFigures(one, &table);
  }
  return session.Print(all, table);
}

absl::Status SignFigures(Session& session, const Options& options) {
  v1::SignRateFiguresRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto signed_one, session.Call<v1::RateFigures>(kService, "SignRateFigures", request));
  Table table = FiguresTable();
  AddFigures(signed_one, &table);
  return session.Print(signed_one, table);
}

// One line of a file: the population of a level, or a cohort that entered it, or both.
using Figures = std::map<std::pair<std::string, std::string>, v1::RateFigures>;  // by area and school year
absl::Status AddLine(const FileRow& row, Figures* figures) {
  const auto number = [&](std::string_view field) {
    int64_t count = 0;
    return absl::SimpleAtoi(row[field], &count) ? count : 0;
  };
  const auto* const level =
      std::find_if(std::begin(kLevels), std::end(kLevels), [&](const auto& one) { return one.first == row["level"]; });
  if (level == std::end(kLevels)) {
    return Fail("CODE_UNKNOWN", {{"list", "level"}, {"line", absl::StrCat(row.line())}});
  }
  v1::RateFigures& one = (*figures)[{row["area"], row["school_year"]}];
  one.set_area(row["area"]);
  one.set_school_year(row["school_year"]);
  if (!row["people"].empty()) {
    v1::LevelPopulation* population = one.add_populations();
    population->set_level(level->second);
    population->set_people(number("people"));
  }
  if (!row["entrants"].empty()) {
    v1::EntryFigures* entry = one.add_entries();
    entry->set_level(level->second);
    entry->set_entrants(number("entrants"));
    entry->set_transferred_in(number("transferred_in"));
    entry->set_transferred_out(number("transferred_out"));
    entry->set_deaths(number("deaths"));
  }
  return absl::OkStatus();
}

// A table with the headings of headers/rate_figures.csv; each area and school year becomes figures that wait for a
// signature.
absl::Status PutFigures(Session& session, const Options& options) {
  Figures figures;
  RETURN_IF_ERROR(
      ReadRows(session, "rate_figures", options.file, [&](const FileRow& row) { return AddLine(row, &figures); }));
  v1::ListRateFiguresResponse made;
  Table table = FiguresTable();
  for (auto& [key, one] : figures) {
    v1::PutRateFiguresRequest request;
    ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
    one.set_source(options.source);
    one.set_correction_reason(options.reason);
    *request.mutable_figures() = one;
    ASSIGN_OR_RETURN(*made.add_figures(), session.Call<v1::RateFigures>(kService, "PutRateFigures", request));
    AddFigures(made.figures(made.figures_size() - 1), &table);
  }
  return session.Print(made, table);
}

void AddCounty(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
}

void AddFiguresCommands(CLI::App& dropout, Action& chosen, const Shared& options) {
  CLI::App* figures =
      dropout.add_subcommand("figures", "populations and old cohorts that the county enters")->require_subcommand(1);
  CLI::App* list = figures->add_subcommand("list", "figures of a county");
  AddCounty(list, options);
  AddLimit(*list, &options->limit);
  list->add_option("--year", options->year, "only of this school year");
  list->add_flag("--all", options->all, "every version");
  OnCommand(list, chosen, options, ListFigures);
  CLI::App* put = figures->add_subcommand("put", "enter the figures of a file; they wait for a signature");
  AddCounty(put, options);
  put->add_option("file", options->file, "CSV or workbook, headings as in headers/rate_figures.csv")->required();
  put->add_option("--source", options->source, "document that says so")->required();
  put->add_option("--reason", options->reason, "why signed figures are corrected");
  OnCommand(put, chosen, options, PutFigures);
  CLI::App* sign = figures->add_subcommand("sign", "sign what another person entered");
  sign->add_option("name", options->name, "counties/411728/rateFigures/...")->required();
  sign->add_option("--etag", options->etag, "of the version that was read")->required();
  OnCommand(sign, chosen, options, SignFigures);
  AddShow<v1::GetRateFiguresRequest, v1::RateFigures>(figures, chosen, kService, "GetRateFigures",
                                                      "one version in full", "counties/411728/rateFigures/...");
}

}  // namespace

void AddDropoutCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* dropout =
      root.add_subcommand("dropout", "rates, cohorts and reports of dropout control (控辍保学)")->require_subcommand(1);
  CLI::App* rates = dropout->add_subcommand("rates", "retention, dropout and enrolment of a school year");
  rates->add_option("year", options->year, "2023-2024")->required();
  AddCounty(rates, options);
  rates->add_option("--area", options->area, "another area: 41, 4117, 411728103, 411728103/<school>");
  OnCommand(rates, chosen, options, ShowRates);
  CLI::App* cohorts = dropout->add_subcommand("cohorts", "what became of those who entered a school together");
  cohorts->add_option("year", options->year, "2023-2024")->required();
  AddCounty(cohorts, options);
  AddLimit(*cohorts, &options->limit);
  cohorts->add_option("--area", options->area, "only of this area: 411728103");
  OnCommand(cohorts, chosen, options, ListCohorts);
  CLI::App* ages = dropout->add_subcommand("ages", "official ages of the levels in a school year");
  ages->add_option("year", options->year, "2023-2024")->required();
  ages->add_option("--region", options->region, "12 digits; left out: the nation");
  OnCommand(ages, chosen, options, ListAges);
  AddEvaluate<v1::EvaluateRatesRequest, v1::EvaluateRatesResponse>(dropout, chosen, kService, "EvaluateRates",
                                                                   "rates from explicit facts");
  AddFiguresCommands(*dropout, chosen, options);
  ReportCommands<DropoutReports>::Add(*dropout, chosen, kReports,
                                      "as the report says: a school year 2023-2024, a month 2023-11, a day 2023-11-20 "
                                      "or two days 2023-09-01..2023-12-31");
}

}  // namespace ruraledu::cli
