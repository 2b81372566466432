// Attendance and meals as they are uploaded, and what is known of a class.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/attendance_record.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

// What a sheet and a list of meals have in common.
template <typename List>
void CheckHead(const std::string& field, const List& list, Violations* violations) {
  violations->Require(!list.class_name().empty(), field + ".class_name");
  violations->Require(list.has_day(), field + ".day");
  DayOf(list.day(), field + ".day", violations);
  violations->Require(list.taken_at_us() > 0, field + ".taken_at_us");
}

void CheckSheet(const std::string& field, const v1::AttendanceSheet& sheet, Violations* violations) {
  CheckHead(field, sheet, violations);
  violations->Require(sheet.session() != v1::SESSION_UNSPECIFIED, field + ".session");
  violations->MostElements(field + ".marks", sheet.marks_size(), kMostMarks);
  for (int i = 0; i < std::min(sheet.marks_size(), kMostMarks); ++i) {
    const std::string at = absl::StrCat(field, ".marks[", i, "]");
    violations->Require(!sheet.marks(i).student().empty(), at + ".student");
    violations->Require(sheet.marks(i).mark() != v1::MARK_UNSPECIFIED, at + ".mark");
  }
}

void CheckMeals(const std::string& field, const v1::MealList& list, Violations* violations) {
  CheckHead(field, list, violations);
  violations->MostElements(field + ".served", list.served_size() + list.not_served_size(), kMostMarks);
  for (const auto& [names, part] : {std::pair(&list.served(), ".served"), {&list.not_served(), ".not_served"}}) {
    for (int i = 0; i < std::min(names->size(), kMostMarks); ++i) {
      violations->Require(!names->Get(i).empty(), absl::StrCat(field, part, "[", i, "]"));
    }
  }
}

// Of each of a request, at least one and at most as many as one may send.
template <typename List, typename Check>
absl::Status CheckAll(const std::string& field, const List& all, Check check) {
  Violations violations;
  violations.Require(!all.empty(), field);
  violations.MostElements(field, all.size(), kMostSheets);
  for (int i = 0; i < std::min(all.size(), kMostSheets); ++i) {
    check(absl::StrCat(field, "[", i, "]"), all.Get(i), &violations);
  }
  return violations.status();
}

v1::AttendanceSheet AsSheet(const v1::MealList& list) {
  v1::AttendanceSheet sheet;
  sheet.set_class_name(list.class_name());
  *sheet.mutable_day() = list.day();
  sheet.set_session(v1::SESSION_MEAL);
  sheet.set_taken_at_us(list.taken_at_us());
  sheet.set_whole_class(list.whole_class());
  for (const auto& [names, mark] :
       {std::pair(&list.served(), v1::MARK_PRESENT), {&list.not_served(), v1::MARK_ABSENT}}) {
    for (const std::string& student : *names) {
      v1::AttendanceMark* added = sheet.add_marks();
      added->set_student(student);
      added->set_mark(mark);
    }
  }
  return sheet;
}

std::string AreaOfSheet(const v1::Sheet& sheet) {
  return sheet.area();
}

}  // namespace

absl::StatusOr<v1::BatchRecordAttendanceResponse> Handlers::BatchRecordAttendance(
    rpc::Call& call, const v1::BatchRecordAttendanceRequest& request) {
  RETURN_IF_ERROR(CheckAll("sheets", request.sheets(), CheckSheet));
  return RecordSheets(call, host_, standards_, request.parent(), request.sheets(), Witness::kClass);
}

absl::StatusOr<v1::BatchRecordMealsResponse> Handlers::BatchRecordMeals(rpc::Call& call,
                                                                        const v1::BatchRecordMealsRequest& request) {
  RETURN_IF_ERROR(CheckAll("lists", request.lists(), CheckMeals));
  google::protobuf::RepeatedPtrField<v1::AttendanceSheet> sheets;
  for (const v1::MealList& list : request.lists()) {
    *sheets.Add() = AsSheet(list);
  }
  ASSIGN_OR_RETURN(v1::BatchRecordAttendanceResponse taken,
                   RecordSheets(call, host_, standards_, request.parent(), sheets, Witness::kCanteen));
  v1::BatchRecordMealsResponse response;
  response.mutable_results()->Swap(taken.mutable_results());
  return response;
}
absl::StatusOr<v1::Sheet> Handlers::GetSheet(rpc::Call& call, const v1::GetSheetRequest& request) {
  ASSIGN_OR_RETURN(v1::Sheet sheet, rpc::GetRoot<v1::Sheet>(call, host_, kSheets, request.name(), AreaOfSheet));
  // Why a child was on leave is for who handles children, not for who counts them.
  if (!call.Holds("dropout_monitoring.pupils.read", sheet.area())) {
    sheet.clear_leaves();
  }
  return sheet;
}

absl::StatusOr<v1::ListSheetsResponse> Handlers::ListSheets(rpc::Call& call, const v1::ListSheetsRequest& request) {
  Violations violations;
  violations.Require(request.has_day(), "day");
  const auto day = DayOf(request.day(), "day", &violations);
  RETURN_IF_ERROR(violations.status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"day", DayText(*day)}}};
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::Sheet, v1::ListSheetsRequest, v1::ListSheetsResponse>(
      call, host_, kSheets, spec, request, &v1::ListSheetsResponse::mutable_sheets);
}

}  // namespace ruraledu::dropout_monitoring
