// attendance, absences: classes that were not marked, children who are away.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, day, area, step;
  bool no_record = false, disputed = false, wait = false;
  int64_t limit = 50;
};

absl::StatusOr<google::type::Date> DayOf(const Options& options) {
  return DateOf("--day", options.day.empty() ? DayText(Clock::System().Today()) : options.day);
}

absl::Status Unmarked(Session& session, const Options& options) {
  v1::ListUnmarkedClassesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(*request.mutable_day(), DayOf(options));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListUnmarkedClassesResponse>(kService, "ListUnmarkedClasses",
                                                                                    request, options.limit));
  Table table({{"区域 area"}, {"班级 class"}, {"时段 sessions"}, {"资源名 resource"}});
  for (const v1::UnmarkedClass& one : all.classes()) {
    std::vector<std::string> sessions;
    for (const int item : one.sessions()) {
      sessions.push_back(EnumText(static_cast<v1::Session>(item)));
    }
    table.Add({one.area(), one.display_name(), absl::StrJoin(sessions, " "), one.class_name()});
  }
  return session.Print(all, table);
}

absl::Status Absences(Session& session, const Options& options) {
  v1::ListAbsencesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_step(ValueOf<v1::AbsenceStep>(options.step));
  request.set_no_record_only(options.no_record);
  request.set_disputed_only(options.disputed);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListAbsencesResponse>(kService, "ListAbsences", request, options.limit));
  Table table({{"区域 area"},
               {"级别 step"},
               {"连续缺勤 run", true},
               {"无记录 no record", true},
               {"旷课有用餐 served", true},
               {"出勤未用餐 not served", true},
               {"返校 returned"},
               {"资源名 resource"}});
  for (const v1::Absence& one : all.absences()) {
    const v1::AbsenceEvaluation& state = one.evaluation();
    table.Add({one.area(), EnumText(state.step()), absl::StrCat(state.run_days()), absl::StrCat(state.no_record_days()),
               absl::StrCat(state.contradicted_days()), absl::StrCat(state.not_served_days()),
               TextOf(state.returned_on()), one.name()});
  }
  return session.Print(all, table);
}

absl::Status Profiles(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListAbsenceProfilesResponse>(kService, "ListAbsenceProfiles",
                                                                                 v1::ListAbsenceProfilesRequest()));
  Table table({{"方案 profile"},
               {"预警 warn", true},
               {"家访 visit", true},
               {"疑似 suspected", true},
               {"无记录 no record", true},
               {"稳定 stable", true},
               {"未用餐 not served", true},
               {"适用 in force"},
               {"依据 source"}});
  for (const v1::AbsenceProfile& one : all.profiles()) {
    std::vector<std::string> places;
    for (const v1::ProfileInForce& place : all.in_force()) {
      if (place.profile() == one.code()) {
        places.push_back(absl::StrCat(place.region_code().empty() ? "CN" : place.region_code(), place.stage(),
                                      place.grade(), "@", TextOf(place.valid_from()), "/", TextOf(place.valid_to())));
      }
    }
    table.Add({one.code(), absl::StrCat(one.warn_run()), absl::StrCat(one.visit_run()),
               absl::StrCat(one.suspected_run()), absl::StrCat(one.no_record_days()), absl::StrCat(one.stable_days()),
               absl::StrCat(one.not_served_days()), absl::StrJoin(places, " "), one.source()});
  }
  return session.Print(all, table);
}

absl::Status EvaluateCounty(Session& session, const Options& options) {
  v1::StartEvaluationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(*request.mutable_on(), DayOf(options));
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>(kService, "StartEvaluation", request));
  if (options.wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob(kService, job.name()));
  }
  Table table({{"任务 job"}, {"状态 state"}});
  table.Add({job.name(), EnumText(job.state())});
  return session.Print(job, table);
}

}  // namespace

void AddAttendanceCommands(CLI::App& root, Action& chosen) {
  CLI::App* attendance = root.add_subcommand("attendance", "who was at school");
  AddClassListCommands(root, attendance, chosen);
  auto options = std::make_shared<Options>();
  CLI::App* unmarked = attendance->add_subcommand("unmarked", "classes that were not marked on a day");
  CLI::App* absences = root.add_subcommand("absences", "children who are away, or of whom nothing is known");
  CLI::App* evaluate = absences->add_subcommand("evaluate", "works out the state of all pupils at the end of a day");
  for (CLI::App* command : {unmarked, evaluate}) {
    command->add_option("--day", options->day, "2023-09-04; left out: today");
  }
  for (CLI::App* command : {unmarked, absences}) {
    command->add_option("--limit", options->limit, "rows; 0: all")->capture_default_str();
  }
  for (CLI::App* command : {unmarked, absences, evaluate}) {
    command->add_option("--county", options->county, "six digits");
  }
  absences->add_option("--area", options->area, "411728103 or 411728103/<school>");
  absences->add_option("--step", options->step, "WARN, VISIT or SUSPECTED")
      ->check(CLI::IsMember({"WARN", "VISIT", "SUSPECTED"}));
  absences->add_flag("--no-record", options->no_record, "only those of whom nothing is known");
  absences->add_flag("--disputed", options->disputed,
                     "only those of whom class and list of meals say different things");
  evaluate->add_flag("--wait", options->wait, "waits for its end");
  OnCommand(unmarked, chosen, options, Unmarked);
  OnCommand(absences, chosen, options, Absences);
  OnCommand(evaluate, chosen, options, EvaluateCounty);
  AddShow<v1::GetAbsenceRequest, v1::Absence>(absences, chosen, kService, "GetAbsence", "state of one child in full",
                                              "counties/411728/absences/...");
  OnCommand(absences->add_subcommand("profiles", "days of absence that reach each step, and where they hold"), chosen,
            options, Profiles);
  AddEvaluate<v1::EvaluateAttendanceRequest, v1::EvaluateAttendanceResponse>(
      attendance, chosen, kService, "EvaluateAttendance", "what a profile says of the school days of a child");
  AddAbsenceMessageCommands(absences, chosen);
  AddSheetCommands(attendance, chosen);
}

}  // namespace ruraledu::cli
