// attendance: the sheets of a day, and the calendars by which schools teach.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, area, day, name, school, year, file, etag;
  int64_t limit = 50;
};

absl::Status ListSheets(Session& session, const Options& options) {
  v1::ListSheetsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  RETURN_IF_ERROR(PutDay("day", options.day, &request, &v1::ListSheetsRequest::mutable_day));
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListSheetsResponse>(kService, "ListSheets", request, options.limit));
  Table table({{"区域 area"},
               {"时段 session"},
               {"已记 marked", true},
               {"旷课 absent", true},
               {"请假 on leave", true},
               {"迟到 late", true},
               {"资源名 resource"}});
  for (const v1::Sheet& sheet : all.sheets()) {
    table.Add({sheet.area(), NameOf(sheet.session()), absl::StrCat(sheet.marked()), absl::StrCat(sheet.absent()),
               absl::StrCat(sheet.on_leave()), absl::StrCat(sheet.late()), sheet.name()});
  }
  return session.Print(all, table);
}

Table CalendarTable() {
  return Table({{"区域 area"},
                {"学年 year"},
                {"上课 teaching"},
                {"例外 exceptions", true},
                {"半日 half days"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddCalendar(const v1::SchoolCalendar& calendar, Table* table) {
  table->Add({calendar.area(), calendar.school_year(),
              absl::StrJoin(calendar.spans(), " ",
                            [](std::string* out, const v1::TeachingSpan& span) {
                              absl::StrAppend(out, TextOf(span.first_day()), "/", TextOf(span.last_day()));
                            }),
              absl::StrCat(calendar.exceptions_size()), calendar.half_days() ? "是 yes" : "否 no", calendar.etag(),
              calendar.name()});
}

// The file holds the calendar; what `show` printed is one, its version included.
absl::Status PutCalendar(Session& session, const Options& options) {
  v1::PutSchoolCalendarRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  RETURN_IF_ERROR(FromFile("file", options.file, request.mutable_calendar()));
  request.set_school(options.school);
  request.set_school_year(options.year);
  if (!options.etag.empty()) {
    request.mutable_calendar()->set_etag(options.etag);
  }
  ASSIGN_OR_RETURN(const auto calendar, session.Call<v1::SchoolCalendar>(kService, "PutSchoolCalendar", request));
  Table table = CalendarTable();
  AddCalendar(calendar, &table);
  return session.Print(calendar, table);
}

absl::Status ListCalendars(Session& session, const Options& options) {
  v1::ListSchoolCalendarsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListSchoolCalendarsResponse>(kService, "ListSchoolCalendars",
                                                                                    request, options.limit));
  Table table = CalendarTable();
  for (const v1::SchoolCalendar& calendar : all.calendars()) {
    AddCalendar(calendar, &table);
  }
  return session.Print(all, table);
}

CLI::App* InCounty(CLI::App* group, const char* name, const char* about, const std::shared_ptr<Options>& options) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  return command;
}

}  // namespace

void AddSheetCommands(CLI::App* attendance, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* sheets = attendance->add_subcommand("sheets", "what was marked")->require_subcommand(1);
  CLI::App* marked = InCounty(sheets, "list", "sheets of a day, without names", options);
  marked->add_option("day", options->day, "2023-09-04")->required();
  marked->add_option("--area", options->area, "only of this area: 411728103/<school>");
  OnCommand(marked, chosen, options, ListSheets);
  AddShow<v1::GetSheetRequest, v1::Sheet>(sheets, chosen, kService, "GetSheet", "one sheet in full",
                                          "counties/411728/sheets/<class>.2023-09-04.D");
  CLI::App* calendars =
      attendance->add_subcommand("calendars", "when the county and its schools teach (校历)")->require_subcommand(1);
  CLI::App* put = InCounty(calendars, "put", "creates or replaces a calendar", options);
  put->add_option("year", options->year, "2023-2024")->required();
  put->add_option("file", options->file, "JSON file: SchoolCalendar")->required();
  put->add_option("--school", options->school, "of this school, resource name; left out: of the county");
  put->add_option("--etag", options->etag, "of the calendar that it replaces; left out: that of the file");
  OnCommand(put, chosen, options, PutCalendar);
  AddShow<v1::GetSchoolCalendarRequest, v1::SchoolCalendar>(
      calendars, chosen, kService, "GetSchoolCalendar", "one calendar in full", "counties/411728/schoolCalendars/...");
  CLI::App* list = InCounty(calendars, "list", "calendars of a county", options);
  OnCommand(list, chosen, options, ListCalendars);
  for (CLI::App* command : {marked, list}) {
    AddLimit(*command, &options->limit);
  }
}

}  // namespace ruraledu::cli
