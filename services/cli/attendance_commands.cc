// attendance, absences: lists of a class, classes that were not marked, children who are away.
#include <chrono>
#include <filesystem>
#include <map>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/domain/code_list.h"
#include "common/ingest/header_map.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr int kSheetsPerCall = 200;

struct Options {
  std::string county, file, in_class, day, area, step;
  bool whole = false, no_record = false, wait = false;
  int64_t limit = 50;
};

// When the list was saved: sent again, it says nothing new.
int64_t SavedAtUs(const std::string& file) {
  const auto saved = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file));
  return std::chrono::duration_cast<std::chrono::microseconds>(saved.time_since_epoch()).count();
}

// Reads the list of a class and sends it sheet by sheet.
class Marker {
 public:
  Marker(Session& session, const Options& options, std::string parent)
      : session_(session), options_(options), parent_(std::move(parent)) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(Profile* const profile, session_.profile());
    ASSIGN_OR_RETURN(const CodeLists lists, CodeLists::Load(profile->data_folder + "/codes"));
    ASSIGN_OR_RETURN(auto spec, ingest::HeaderSpec::Load(profile->data_folder + "/headers/attendance.csv"));
    ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(options_.file));
    ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), std::move(spec)));
    ingest::MappedRow row;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, table.Next(&row));
      if (!more) {
        break;
      }
      RETURN_IF_ERROR(Take(table, row, lists));
    }
    return wrong_ > 0 ? Fail("IMPORT_HAS_ERRORS", {{"count", absl::StrCat(wrong_)}}) : Send();
  }

 private:
  absl::Status Take(const ingest::MappedTable& table, const ingest::MappedRow& row, const CodeLists& lists) {
    std::vector<std::string> values;
    std::vector<ingest::RowError> errors;
    RETURN_IF_ERROR(ingest::ParseRow(table, row, lists, Clock::System().Today(), &values, &errors));
    for (const ingest::RowError& error : errors) {
      session_.console().err << ingest::EnglishMessage(error) << "\n";
    }
    if (!errors.empty()) {
      ++wrong_;
      return absl::OkStatus();
    }
    const auto value = [&](std::string_view field) { return values[static_cast<size_t>(table.spec().Field(field))]; };
    v1::AttendanceSheet& sheet = sheets_[{value("day"), value("session")}];
    v1::AttendanceMark* mark = sheet.add_marks();
    mark->set_student(absl::StrCat("studentNumbers/", value("student_number")));
    v1::Mark meant = v1::MARK_UNSPECIFIED;
    v1::Mark_Parse(absl::StrCat("MARK_", value("mark")), &meant);
    mark->set_mark(meant);
    mark->set_leave_reason(value("leave_reason"));
    return absl::OkStatus();
  }

  absl::Status Send() {
    v1::BatchRecordAttendanceRequest request;
    for (auto& [key, sheet] : sheets_) {
      sheet.set_class_name(absl::StrCat(parent_, "/classes/", LastPart(options_.in_class)));
      ASSIGN_OR_RETURN(*sheet.mutable_day(), DateOf("day", key.first));
      v1::Session session = v1::SESSION_UNSPECIFIED;
      v1::Session_Parse(absl::StrCat("SESSION_", key.second), &session);
      sheet.set_session(session);
      sheet.set_taken_at_us(SavedAtUs(options_.file));
      sheet.set_whole_class(options_.whole);
      *request.add_sheets() = sheet;
      names_.push_back(absl::StrCat(key.first, " ", key.second));
      if (request.sheets_size() == kSheetsPerCall) {
        RETURN_IF_ERROR(Call(&request));
      }
    }
    RETURN_IF_ERROR(Call(&request));
    Table table({{"考勤单 sheet"}, {"结果 outcome"}, {"问题 problems"}});
    for (int i = 0; i < all_.results_size(); ++i) {
      std::vector<std::string> problems;
      for (const v1::AttendanceProblem& problem : all_.results(i).problems()) {
        problems.push_back(
            absl::StrCat(problem.reason(), problem.mark() < 0 ? "" : absl::StrCat(" #", problem.mark() + 1)));
      }
      table.Add({names_[static_cast<size_t>(i)],
                 WithoutPrefix(v1::AttendanceOutcome_Name(all_.results(i).outcome()), "ATTENDANCE_OUTCOME_"),
                 absl::StrJoin(problems, ", ")});
    }
    return session_.Print(all_, table);
  }

  absl::Status Call(v1::BatchRecordAttendanceRequest* request) {
    if (request->sheets().empty()) {
      return absl::OkStatus();
    }
    request->set_parent(parent_);
    ASSIGN_OR_RETURN(const auto answer,
                     session_.Call<v1::BatchRecordAttendanceResponse>(kService, "BatchRecordAttendance", *request));
    all_.MergeFrom(answer);
    request->Clear();
    return absl::OkStatus();
  }

  Session& session_;
  const Options& options_;
  const std::string parent_;
  std::map<std::pair<std::string, std::string>, v1::AttendanceSheet> sheets_;  // by day and session
  std::vector<std::string> names_;
  v1::BatchRecordAttendanceResponse all_;
  int64_t wrong_ = 0;
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
      sessions.push_back(WithoutPrefix(v1::Session_Name(static_cast<v1::Session>(item)), "SESSION_"));
    }
    table.Add({one.area(), one.display_name(), absl::StrJoin(sessions, " "), one.class_name()});
  }
  return session.Print(all, table);
}

absl::Status Absences(Session& session, const Options& options) {
  v1::ListAbsencesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  v1::AbsenceStep step = v1::ABSENCE_STEP_UNSPECIFIED;
  v1::AbsenceStep_Parse(absl::StrCat("ABSENCE_STEP_", options.step), &step);
  request.set_step(step);
  request.set_no_record_only(options.no_record);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListAbsencesResponse>(kService, "ListAbsences", request, options.limit));
  Table table({{"区域 area"},
               {"级别 step"},
               {"连续缺勤 run", true},
               {"无记录 no record", true},
               {"返校 returned"},
               {"资源名 resource"}});
  for (const v1::Absence& one : all.absences()) {
    const v1::AbsenceEvaluation& state = one.evaluation();
    table.Add({one.area(), WithoutPrefix(v1::AbsenceStep_Name(state.step()), "ABSENCE_STEP_"),
               absl::StrCat(state.run_days()), absl::StrCat(state.no_record_days()), TextOf(state.returned_on()),
               one.name()});
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
               {"确认 confirm", true},
               {"无记录 no record", true},
               {"稳定 stable", true},
               {"适用 in force"},
               {"依据 source"}});
  for (const v1::AbsenceProfile& one : all.profiles()) {
    std::vector<std::string> places;
    for (const v1::ProfileInForce& place : all.in_force()) {
      if (place.profile() == one.code()) {
        places.push_back(absl::StrCat(place.region_code().empty() ? "CN" : place.region_code(), "@",
                                      TextOf(place.valid_from()), "/", TextOf(place.valid_to())));
      }
    }
    table.Add({one.code(), absl::StrCat(one.warn_run()), absl::StrCat(one.visit_run()),
               absl::StrCat(one.suspected_run()), absl::StrCat(one.confirm_run()), absl::StrCat(one.no_record_days()),
               absl::StrCat(one.stable_days()), absl::StrJoin(places, " "), one.source()});
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
  table.Add({job.name(), WithoutPrefix(ruraledu::jobs::v1::JobState_Name(job.state()), "JOB_STATE_")});
  return session.Print(job, table);
}

}  // namespace

void AddAttendanceCommands(CLI::App& root, Action& chosen) {
  CLI::App* attendance = root.add_subcommand("attendance", "who was at school");
  auto options = std::make_shared<Options>();
  CLI::App* put = attendance->add_subcommand("put", "records the list of a class");
  put->add_option("file", options->file, "CSV or Excel: 学籍号, 日期, 时段, 考勤, 请假原因")
      ->required()
      ->check(CLI::ExistingFile);
  put->add_option("--class", options->in_class, "class, its id or resource name")->required();
  put->add_flag("--whole", options->whole, "whoever belongs to the class and is not in the list was present");
  put->add_option("--county", options->county, "six digits");
  OnCommand(put, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return Marker(session, given, std::move(parent)).Run();
  });
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
  AddSheetCommands(attendance, chosen);
}

}  // namespace ruraledu::cli
