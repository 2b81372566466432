// enrolment: who is expected in the first grades of a school year, notices, who reported, who is somewhere else.
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/enrolment.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, year, level, area, village, state, school, name, file, on, code, place, proof, etag, from;
  std::string to;
  std::vector<std::string> names, catchments;
  bool wait = false, claims = false, refuse = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

std::string SchoolName(const std::string& parent, const std::string& school) {
  return school.empty() ? "" : absl::StrCat(parent, "/schools/", LastPart(school));
}

// Sends the list of a school, row by row.
class ReportedRecorder final : public RowRecorder {
 public:
  ReportedRecorder(Session& session, const Options& options, std::string parent)
      : RowRecorder(session, std::move(parent), "reported"), options_(options) {}

 private:
  // Whom the service finds.
  absl::StatusOr<Person> PersonOf(const Row&) override { return Person{}; }

  absl::StatusOr<std::string> Add(const Row& row, const Person&) override {
    v1::ReportedRow& child = *batch_.add_rows();
    child.set_notice_number(row.Value("notice_number"));
    child.set_id_number(row.Value("citizen_id"));
    child.set_display_name(row.Value("name"));
    if (!row.Value("birth_date").empty()) {
      ASSIGN_OR_RETURN(*child.mutable_birth_date(), DateOf("birth_date", row.Value("birth_date")));
    }
    if (!row.Value("reported_on").empty()) {
      ASSIGN_OR_RETURN(*child.mutable_reported_on(), DateOf("reported_on", row.Value("reported_on")));
    }
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    batch_.set_school_year(options_.year);
    batch_.set_school(SchoolName(parent(), options_.school));
    const std::string on = options_.on.empty() ? DayText(Clock::System().Today()) : options_.on;
    ASSIGN_OR_RETURN(*batch_.mutable_reported_on(), DateOf("--on", on));
    ASSIGN_OR_RETURN(const auto answer,
                     session().Call<v1::BatchRecordReportedResponse>(kService, "BatchRecordReported", batch_));
    batch_.Clear();
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  const Options& options_;
  v1::BatchRecordReportedRequest batch_;
};

absl::Status PutDrive(Session& session, const Options& options) {
  v1::PutEnrolmentDriveRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_level(ValueOf<v1::SchoolLevel>(options.level));
  request.set_etag(options.etag);
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_report_from(), DateOf("--from", options.from));
  }
  if (!options.to.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_report_until(), DateOf("--until", options.to));
  }
  for (const std::string& one : options.catchments) {
    const size_t at = one.find('=');
    if (at == std::string::npos) {
      return Fail("CLI_ARGUMENT", {{"argument", "catchments"}, {"problem", "write 411728103001=school"}});
    }
    v1::Catchment* row = request.add_catchments();
    const std::string from = one.substr(0, at);
    row->set_from(request.level() == v1::SCHOOL_LEVEL_JUNIOR ? SchoolName(request.parent(), from) : from);
    row->set_school(SchoolName(request.parent(), one.substr(at + 1)));
  }
  ASSIGN_OR_RETURN(const auto drive, session.Call<v1::EnrolmentDrive>(kService, "PutEnrolmentDrive", request));
  Table table({{"学年 year"}, {"学段 level"}, {"报到 from"}, {"截止 until"}, {"对口 catchments", true}, {"版本 etag"}});
  table.Add({drive.school_year(), EnumText(drive.level()), TextOf(drive.report_from()), TextOf(drive.report_until()),
             absl::StrCat(drive.catchments_size()), drive.etag()});
  return session.Print(drive, table);
}

absl::Status Run(Session& session, const Options& options) {
  v1::StartEnrolmentRunRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>(kService, "StartEnrolmentRun", request));
  if (options.wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob(kService, job.name()));
  }
  Table table({{"任务 job"}, {"状态 state"}});
  table.Add({job.name(), EnumText(job.state())});
  return session.Print(job, table);
}

absl::Status ListRuns(Session& session, const Options& options) {
  v1::ListEnrolmentRunsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListEnrolmentRunsResponse>(kService, "ListEnrolmentRuns",
                                                                                  request, options.limit));
  Table table({{"日期 on"},
               {"学年 year"},
               {"学段 level"},
               {"应入学 children", true},
               {"新增 new", true},
               {"通知书 notices", true},
               {"疑似 suspected", true}});
  for (const v1::EnrolmentRun& run : all.runs()) {
    for (const v1::EnrolmentFigures& row : run.figures()) {
      table.Add({TextOf(run.on()), run.school_year(), EnumText(row.level()), absl::StrCat(row.children()),
                 absl::StrCat(row.fresh()), absl::StrCat(row.noticed()), absl::StrCat(run.suspected())});
    }
  }
  return session.Print(all, table);
}

Table ChildTable() {
  return Table({{"区域 area"},
                {"学段 level"},
                {"状态 state"},
                {"通知书 notice"},
                {"落实 settled"},
                {"个案 case"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddChild(const v1::ExpectedChild& one, Table* table) {
  table->Add({one.area(), EnumText(one.level()), EnumText(one.state()), one.notice().number(), TextOf(one.settled_on()),
              one.case_name(), one.etag(), one.name()});
}
template <typename Request>
absl::Status OnChild(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::ExpectedChild>(kService, method, request));
  Table table = ChildTable();
  AddChild(one, &table);
  return session.Print(one, table);
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListExpectedChildrenRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_level(ValueOf<v1::SchoolLevel>(options.level));
  request.set_area(AreaOf(options.area));
  request.set_village(options.village);
  request.set_former_school(SchoolName(request.parent(), options.school));
  request.set_state(ValueOf<v1::ExpectedState>(options.state));
  request.set_claims_only(options.claims);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListExpectedChildrenResponse>(kService, "ListExpectedChildren",
                                                                                     request, options.limit));
  Table table = ChildTable();
  for (const v1::ExpectedChild& one : all.children()) {
    AddChild(one, &table);
  }
  return session.Print(all, table);
}

absl::Status Notice(Session& session, const Options& options) {
  v1::BatchIssueEnrolmentNoticesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(SchoolName(request.parent(), options.school));
  request.mutable_children()->Assign(options.names.begin(), options.names.end());
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchIssueEnrolmentNoticesResponse>(
                                          kService, "BatchIssueEnrolmentNotices", request));
  Table table({{"儿童 child"}, {"结果 outcome"}});
  for (int i = 0; i < answer.outcomes_size(); ++i) {
    table.Add({request.children(i), answer.outcomes(i)});
  }
  return session.Print(answer, table);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::WithdrawReportedRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const std::string parent, session.County(options.county));
  request.set_school(SchoolName(parent, options.school));
  request.set_etag(options.etag);
  return OnChild(session, "WithdrawReported", request);
}

absl::Status Claim(Session& session, const Options& options) {
  v1::ClaimEnrolmentDestinationRequest request;
  request.set_name(options.name);
  request.set_code(options.code);
  request.set_place(options.place);
  request.set_proof(options.proof);
  request.set_etag(options.etag);
  return OnChild(session, "ClaimEnrolmentDestination", request);
}

absl::Status Decide(Session& session, const Options& options) {
  v1::DecideEnrolmentDestinationRequest request;
  request.set_name(options.name);
  request.set_confirm(!options.refuse);
  request.set_etag(options.etag);
  return OnChild(session, "DecideEnrolmentDestination", request);
}

CLI::App* Add(CLI::App* group, const char* name, const char* about, const Shared& options, bool list = false) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  if (list) {
    AddLimit(*command, &options->limit);
  }
  return command;
}
void AddYear(CLI::App* command, const Shared& options) {
  command->add_option("year", options->year, "school year: 2023-2024")->required();
}
CLI::App* OnOne(CLI::App* group, const char* name, const char* about, const Shared& options) {
  CLI::App* command = Add(group, name, about, options);
  command->add_option("name", options->name, "counties/411728/expectedChildren/...")->required();
  return command;
}

void AddDestinations(CLI::App* enrolment, Action& chosen, const Shared& options) {
  CLI::App* claim = OnOne(enrolment, "claim", "claims that a child is somewhere else", options);
  claim->add_option("code", options->code, "OTHER_COUNTY, ABROAD, DECEASED")->required();
  claim->add_option("--place", options->place, "where");
  claim->add_option("--proof", options->proof, "paper that proves it")->required();
  claim->add_option("--etag", options->etag, "what was read");
  OnCommand(claim, chosen, options, Claim);
  CLI::App* decide = OnOne(enrolment, "decide", "confirms a claim, or refuses it", options);
  decide->add_flag("--refuse", options->refuse, "refuses it");
  decide->add_option("--etag", options->etag, "what was read")->required();
  OnCommand(decide, chosen, options, Decide);
  AddLetter<v1::RenderEnrolmentNoticeRequest, v1::RenderEnrolmentNoticeResponse>(
      enrolment, chosen, kService, "RenderEnrolmentNotice", "saves the notice of a child to hand over",
      "counties/411728/expectedChildren/...");
  CLI::App* withdraw = OnOne(enrolment, "withdraw", "takes back what a school said by mistake", options);
  withdraw->add_option("--school", options->school, "that said it")->required();
  withdraw->add_option("--etag", options->etag, "what was read")->required();
  OnCommand(withdraw, chosen, options, Withdraw);
}

}  // namespace

void AddEnrolmentCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* enrolment = root.add_subcommand("enrolment", "who is expected in the first grades (招生入学、控辍保学开学)")
                            ->require_subcommand(1);
  const CLI::IsMember levels({"PRIMARY", "JUNIOR"});
  CLI::App* plan = Add(enrolment, "plan", "states days and catchments of a drive, as a whole", options);
  AddYear(plan, options);
  plan->add_option("level", options->level, "PRIMARY or JUNIOR")->required()->check(levels);
  plan->add_option("--from", options->from, "first day; left out: of the term");
  plan->add_option("--until", options->to, "last day");
  plan->add_option("--catchment", options->catchments, "411728103001=school, or school=school for JUNIOR");
  plan->add_option("--etag", options->etag, "what was read");
  OnCommand(plan, chosen, options, PutDrive);
  AddShow<v1::GetEnrolmentDriveRequest, v1::EnrolmentDrive>(enrolment, chosen, kService, "GetEnrolmentDrive",
                                                            "days and catchments of a drive",
                                                            "counties/411728/enrolmentDrives/...", "drive");
  CLI::App* run = Add(enrolment, "run", "makes and refreshes the lists", options);
  AddYear(run, options);
  run->add_flag("--wait", options->wait, "waits for its end");
  OnCommand(run, chosen, options, Run);
  OnCommand(Add(enrolment, "runs", "runs with their figures", options, true), chosen, options, ListRuns);
  CLI::App* list = Add(enrolment, "list", "children that are expected", options, true);
  AddYear(list, options);
  list->add_option("--level", options->level, "PRIMARY or JUNIOR")->check(levels);
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_option("--village", options->village, "only of this village");
  list->add_option("--from-school", options->school, "only those who leave this school");
  list->add_option("--state", options->state, "EXPECTED, REPORTED, REGISTERED, ELSEWHERE, EXCUSED, NOT_REPORTED");
  list->add_flag("--claims", options->claims, "only those whose claim waits");
  OnCommand(list, chosen, options, ListThem);
  AddShow<v1::GetExpectedChildRequest, v1::ExpectedChild>(enrolment, chosen, kService, "GetExpectedChild",
                                                          "one child in full", "counties/411728/expectedChildren/...");
  CLI::App* notice = Add(enrolment, "notice", "issues notices of enrolment (入学通知书)", options);
  notice->add_option("names", options->names, "counties/411728/expectedChildren/...")->required();
  notice->add_option("--school", options->school, "that the notices name; left out: that of the catchment");
  OnCommand(notice, chosen, options, Notice);
  CLI::App* report = Add(enrolment, "report", "records who reported to a school (报到)", options);
  AddYear(report, options);
  report->add_option("file", options->file, "CSV or Excel: 通知书编号, or 身份证号, or 姓名 and 出生日期; 报到日期")
      ->required()
      ->check(CLI::ExistingFile);
  report->add_option("--school", options->school, "to which they reported")->required();
  report->add_option("--on", options->on, "day of rows that name none; left out: today");
  OnCommand(report, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return ReportedRecorder(session, given, std::move(parent)).Run(given.file);
  });
  AddDestinations(enrolment, chosen, options);
}

}  // namespace ruraledu::cli
