// zero-reports: what a school reports of a month and its principal signs, and the reviews of what was reported.
#include "absl/strings/str_cat.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr char kReport[] = "counties/411728/zeroReports/...";
constexpr char kReview[] = "counties/411728/reviews/...";

struct Options {
  std::string county, area, name, etag, school, month, period, text;
  v1::ZeroFigures figures;
  v1::ReviewKind kind = v1::REVIEW_KIND_UNSPECIFIED;
  bool zero = false, all = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

struct Figure {
  const char* option;
  const char* label;
  int32_t (v1::ZeroFigures::*get)() const;
  void (v1::ZeroFigures::*set)(int32_t);
};
constexpr Figure kFigures[] = {
    {"registered", "在籍", &v1::ZeroFigures::registered, &v1::ZeroFigures::set_registered},
    {"present", "在校", &v1::ZeroFigures::present, &v1::ZeroFigures::set_present},
    {"on-leave", "请假", &v1::ZeroFigures::on_leave, &v1::ZeroFigures::set_on_leave},
    {"suspended", "休学", &v1::ZeroFigures::suspended, &v1::ZeroFigures::set_suspended},
    {"home-taught", "送教", &v1::ZeroFigures::home_taught, &v1::ZeroFigures::set_home_taught},
    {"suspected-new", "新增疑似", &v1::ZeroFigures::suspected_new, &v1::ZeroFigures::set_suspected_new},
    {"suspected-total", "疑似", &v1::ZeroFigures::suspected_total, &v1::ZeroFigures::set_suspected_total},
    {"dropped-new", "新增辍学", &v1::ZeroFigures::dropped_new, &v1::ZeroFigures::set_dropped_new},
    {"dropped-total", "辍学", &v1::ZeroFigures::dropped_total, &v1::ZeroFigures::set_dropped_total},
    {"returned", "劝返", &v1::ZeroFigures::returned, &v1::ZeroFigures::set_returned},
    {"relapsed", "再辍", &v1::ZeroFigures::relapsed, &v1::ZeroFigures::set_relapsed},
    {"transfer-unconfirmed", "转学未确认", &v1::ZeroFigures::transfer_unconfirmed,
     &v1::ZeroFigures::set_transfer_unconfirmed},
};

Table ReportTable() {
  return Table({{"区域 area"},
                {"月份 month"},
                {"版本 number", true},
                {"状态 state"},
                {"疑似 suspected", true},
                {"辍学 dropped", true},
                {"清零 zero"},
                {"不符 differs"},
                {"期限 due"},
                {"签字 signed"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddReport(const v1::ZeroReport& report, Table* table) {
  table->Add({report.area(), report.month(), absl::StrCat(report.version_number()), NameOf(report.state()),
              absl::StrCat(report.figures().suspected_total()), absl::StrCat(report.figures().dropped_total()),
              report.zero() ? "是 yes" : "否 no", report.differs() ? "是 yes" : "", TextOf(report.due_on()),
              TextOf(report.signed_on()), report.etag(), report.name()});
}
template <typename Request>
absl::Status OnReport(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto report, session.Call<v1::ZeroReport>(kService, method, request));
  Table table = ReportTable();
  AddReport(report, &table);
  return session.Print(report, table);
}

absl::Status Prepare(Session& session, const Options& options) {
  v1::PrepareZeroReportRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_month(options.month);
  *request.mutable_figures() = options.figures;
  request.set_zero(options.zero);
  request.set_correction_reason(options.text);
  return OnReport(session, "PrepareZeroReport", request);
}

absl::Status Sign(Session& session, const Options& options) {
  v1::SignZeroReportRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnReport(session, "SignZeroReport", request);
}

// The figures of the report, and the totals that the service knew of the school when it was signed.
absl::Status Show(Session& session, const Options& options) {
  v1::GetZeroReportRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto report, session.Call<v1::ZeroReport>(kService, "GetZeroReport", request));
  Table table({{"项目 figure"}, {"上报 reported", true}, {"系统已知 known", true}});
  for (const Figure& figure : kFigures) {
    const bool known = report.has_known() && std::string_view(figure.option).ends_with("-total");
    table.Add({absl::StrCat(figure.label, " ", figure.option), absl::StrCat((report.figures().*figure.get)()),
               known ? absl::StrCat((report.known().*figure.get)()) : ""});
  }
  table.Add({"状态 state", NameOf(report.state()), ""});
  table.Add({"版本 etag", report.etag(), ""});
  return session.Print(report, table);
}

absl::Status ListAll(Session& session, const Options& options) {
  v1::ListZeroReportsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_month(options.month);
  request.set_area(AreaOf(options.area));
  request.set_all_versions(options.all);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListZeroReportsResponse>(kService, "ListZeroReports", request, options.limit));
  Table table = ReportTable();
  for (const v1::ZeroReport& report : all.reports()) {
    AddReport(report, &table);
  }
  return session.Print(all, table);
}

Table ReviewTable() {
  return Table({{"类别 kind"},
                {"期间 period"},
                {"状态 state"},
                {"期限 due"},
                {"辍学 dropouts", true},
                {"缺报 missing", true},
                {"清零 cleared"},
                {"意见 findings"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddReview(const v1::Review& review, Table* table) {
  table->Add({NameOf(review.kind()), review.period(), NameOf(review.state()), TextOf(review.due_on()),
              absl::StrCat(review.clearance().total().dropouts()), absl::StrCat(review.clearance().missing_reports()),
              review.clearance().total().cleared() ? "是 yes" : "否 no", review.findings(), review.etag(),
              review.name()});
}
template <typename Request>
absl::Status OnReview(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto review, session.Call<v1::Review>(kService, method, request));
  Table table = ReviewTable();
  AddReview(review, &table);
  return session.Print(review, table);
}

absl::Status PrepareReview(Session& session, const Options& options) {
  v1::PrepareReviewRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_kind(options.kind);
  request.set_period(options.period);
  request.set_findings(options.text);
  return OnReview(session, "PrepareReview", request);
}

absl::Status DecideReview(Session& session, const Options& options, bool approve) {
  v1::DecideReviewRequest request;
  request.set_name(options.name);
  request.set_approve(approve);
  request.set_reason(approve ? "" : options.text);
  request.set_etag(options.etag);
  return OnReview(session, "DecideReview", request);
}

absl::Status ListReviews(Session& session, const Options& options) {
  v1::ListReviewsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_kind(options.kind);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListReviewsResponse>(kService, "ListReviews", request, options.limit));
  Table table = ReviewTable();
  for (const v1::Review& review : all.reviews()) {
    AddReview(review, &table);
  }
  for (const v1::MissingReview& one : all.missing()) {
    table.Add({NameOf(one.kind()), one.period(), "未审定 MISSING", TextOf(one.due_on()), "", "", "", "", "", ""});
  }
  return session.Print(all, table);
}

CLI::App* InCounty(CLI::App* group, const char* name, const char* about, const Shared& options) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  return command;
}
CLI::App* OnOne(CLI::App* group, const char* name, const char* about, const char* example, const Shared& options) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("name", options->name, example)->required();
  return command;
}
void AddEtag(CLI::App* command, const Shared& options) {
  command->add_option("--etag", options->etag, "what was read")->required();
}

void AddReports(CLI::App* reports, Action& chosen, const Shared& options) {
  CLI::App* prepare = InCounty(reports, "prepare", "prepares the report of a school, or a correction", options);
  prepare->add_option("school", options->school, "counties/411728/schools/...")->required();
  prepare->add_option("month", options->month, "2026-09")->required();
  for (const Figure& figure : kFigures) {
    prepare
        ->add_option_function<int32_t>(
            absl::StrCat("--", figure.option),
            [options, figure](int32_t count) { (options->figures.*figure.set)(count); }, figure.label)
        ->check(CLI::NonNegativeNumber);
  }
  prepare->get_option("--registered")->required();
  prepare->get_option("--present")->required();
  prepare->add_flag("--zero", options->zero, "states that nobody is suspected or out (零报告)");
  prepare->add_option("--reason", options->text, "why a signed report is corrected");
  OnCommand(prepare, chosen, options, Prepare);
  CLI::App* sign = OnOne(reports, "sign", "signs a report that another person prepared (签字)", kReport, options);
  AddEtag(sign, options);
  OnCommand(sign, chosen, options, Sign);
  OnCommand(OnOne(reports, "show", "the figures of a report beside what is known", kReport, options), chosen, options,
            Show);
  CLI::App* list = InCounty(reports, "list", "reports of a month", options);
  list->add_option("month", options->month, "2026-09")->required();
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--all", options->all, "every version");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListAll);
}

void AddReviews(CLI::App* reports, Action& chosen, const Shared& options) {
  CLI::App* reviews =
      reports->add_subcommand("reviews", "reviews of a quarter, term or year (四个一)")->require_subcommand(1);
  CLI::App* prepare = InCounty(reviews, "prepare", "prepares a review, or one that was opened again", options);
  AddEnum(prepare, "kind", &options->kind, "whose review")->required();
  prepare->add_option("period", options->period, "2026-Q3, 2026-2027-1, 2026-2027")->required();
  prepare->add_option("--findings", options->text, "in words, no names of persons");
  OnCommand(prepare, chosen, options, PrepareReview);
  CLI::App* approve = OnOne(reviews, "approve", "approves what another person prepared; locks it", kReview, options);
  AddEtag(approve, options);
  OnCommand(approve, chosen, options,
            [](Session& session, const Options& given) { return DecideReview(session, given, true); });
  CLI::App* reopen = OnOne(reviews, "reopen", "opens an approved review again", kReview, options);
  AddEtag(reopen, options);
  reopen->add_option("--reason", options->text, "why")->required();
  OnCommand(reopen, chosen, options,
            [](Session& session, const Options& given) { return DecideReview(session, given, false); });
  AddShow<v1::GetReviewRequest, v1::Review>(reviews, chosen, kService, "GetReview", "one review in full", kReview);
  CLI::App* list = InCounty(reviews, "list", "reviews of a county", options);
  AddEnum(list, "--kind", &options->kind, "only of this kind");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListReviews);
}

}  // namespace

void AddZeroReportCommands(CLI::App* reports, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddReports(reports, chosen, options);
  AddReviews(reports, chosen, options);
}

}  // namespace ruraledu::cli
