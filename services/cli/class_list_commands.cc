// attendance put, meals put: lists of a class as people keep them, a day and session after the other.
#include <chrono>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "services/cli/monitoring_commands.h"
#include "services/cli/row_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr int kListsPerCall = 200;

struct Options {
  std::string county, file, in_class;
  bool whole = false;
};

// When the list was saved: sent again, it says nothing new.
int64_t SavedAtUs(const std::string& file) {
  const auto saved = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file));
  return std::chrono::duration_cast<std::chrono::microseconds>(saved.time_since_epoch()).count();
}

std::string NumberOf(const FileRow& row) {
  return absl::StrCat("studentNumbers/", row["student_number"]);
}

// What every list of the file says of itself.
template <typename List>
absl::Status PutHead(const Options& options, std::string_view parent, const std::string& day, List* list) {
  list->set_class_name(absl::StrCat(parent, "/classes/", LastPart(options.in_class)));
  ASSIGN_OR_RETURN(*list->mutable_day(), DateOf("day", day));
  list->set_taken_at_us(SavedAtUs(options.file));
  list->set_whole_class(options.whole);
  return absl::OkStatus();
}

// Sends lists in calls of at most kListsPerCall; the answer to all of them. `field`: where a request has them.
template <typename Request, typename Response, typename List>
absl::StatusOr<Response> Send(Session& session, std::string_view method, const std::string& parent,
                              const std::vector<List>& lists,
                              google::protobuf::RepeatedPtrField<List>* (Request::*field)()) {
  Response all;
  for (size_t from = 0; from < lists.size(); from += kListsPerCall) {
    Request request;
    request.set_parent(parent);
    for (size_t i = from; i < std::min<size_t>(from + kListsPerCall, lists.size()); ++i) {
      *(request.*field)()->Add() = lists[i];
    }
    ASSIGN_OR_RETURN(const Response answer, session.Call<Response>(kService, method, request));
    all.MergeFrom(answer);
  }
  return all;
}

Table ResultsTable(const google::protobuf::RepeatedPtrField<v1::AttendanceResult>& results,
                   const std::vector<std::string>& names) {
  Table table({{"清单 list"}, {"结果 outcome"}, {"问题 problems"}});
  for (int i = 0; i < results.size(); ++i) {
    const auto problem = [](std::string* out, const v1::AttendanceProblem& one) {
      absl::StrAppend(out, one.reason(), one.mark() < 0 ? "" : absl::StrCat(" #", one.mark() + 1));
    };
    table.Add({names[static_cast<size_t>(i)], NameOf(results.Get(i).outcome()),
               absl::StrJoin(results.Get(i).problems(), ", ", problem)});
  }
  return table;
}

absl::Status PutAttendance(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string parent, session.County(options.county));
  std::map<std::pair<std::string, std::string>, v1::AttendanceSheet> read;  // by day and session
  RETURN_IF_ERROR(ReadRows(session, "attendance", options.file, [&](const FileRow& row) {
    v1::AttendanceMark* mark = read[{row["day"], row["session"]}].add_marks();
    mark->set_student(NumberOf(row));
    mark->set_mark(ValueOf<v1::Mark>(row["mark"]));
    mark->set_leave_reason(row["leave_reason"]);
    return absl::OkStatus();
  }));
  std::vector<v1::AttendanceSheet> sheets;
  std::vector<std::string> names;
  for (auto& [key, sheet] : read) {
    RETURN_IF_ERROR(PutHead(options, parent, key.first, &sheet));
    sheet.set_session(ValueOf<v1::Session>(key.second));
    names.push_back(absl::StrCat(key.first, " ", key.second));
    sheets.push_back(std::move(sheet));
  }
  ASSIGN_OR_RETURN(const auto all, (Send<v1::BatchRecordAttendanceRequest, v1::BatchRecordAttendanceResponse>(
                                       session, "BatchRecordAttendance", parent, sheets,
                                       &v1::BatchRecordAttendanceRequest::mutable_sheets)));
  return session.Print(all, ResultsTable(all.results(), names));
}

absl::Status PutMeals(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string parent, session.County(options.county));
  std::map<std::string, v1::MealList> read;  // by day
  RETURN_IF_ERROR(ReadRows(session, "meals", options.file, [&](const FileRow& row) {
    v1::MealList& list = read[row["day"]];
    *(row["served"] == "1" ? list.add_served() : list.add_not_served()) = NumberOf(row);
    return absl::OkStatus();
  }));
  std::vector<v1::MealList> lists;
  std::vector<std::string> names;
  for (auto& [day, list] : read) {
    RETURN_IF_ERROR(PutHead(options, parent, day, &list));
    names.push_back(day);
    lists.push_back(std::move(list));
  }
  ASSIGN_OR_RETURN(const auto all,
                   (Send<v1::BatchRecordMealsRequest, v1::BatchRecordMealsResponse>(
                       session, "BatchRecordMeals", parent, lists, &v1::BatchRecordMealsRequest::mutable_lists)));
  return session.Print(all, ResultsTable(all.results(), names));
}

void AddPut(CLI::App* noun, Action& chosen, const char* about, const char* columns, const char* whole,
            absl::Status (*run)(Session&, const Options&)) {
  auto options = std::make_shared<Options>();
  CLI::App* put = noun->add_subcommand("put", about);
  put->add_option("file", options->file, columns)->required()->check(CLI::ExistingFile);
  put->add_option("--class", options->in_class, "class, its id or resource name")->required();
  put->add_flag("--whole", options->whole, whole);
  put->add_option("--county", options->county, "six digits");
  OnCommand(put, chosen, options, run);
}

}  // namespace

void AddClassListCommands(CLI::App& root, CLI::App* attendance, Action& chosen) {
  AddPut(attendance, chosen, "records the list of a class", "CSV or Excel: 学籍号, 日期, 时段, 考勤, 请假原因",
         "whoever belongs to the class and is not in the list was present", PutAttendance);
  CLI::App* meals = root.add_subcommand("meals", "whom the canteen served: a second witness of presence");
  AddPut(meals, chosen, "records the list of meals of a class", "CSV or Excel: 学籍号, 日期, 用餐",
         "whoever belongs to the class and is not in the list was served", PutMeals);
}

}  // namespace ruraledu::cli
