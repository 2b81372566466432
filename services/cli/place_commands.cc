// regions, schools, calendars.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

struct Options {
  std::string county, parent, as_of, stage, school, school_year, name, closed_on;
  std::vector<std::string> replacements;
  bool with_closed = false;
  int64_t limit = 0;
  int year = 0;
};

absl::Status ListRegions(Session& session, const Options& options) {
  v1::ListRegionsRequest request;
  request.set_parent(options.parent);
  if (!options.as_of.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_as_of(), DateOf("--as-of", options.as_of));
  }
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListRegionsResponse>("registry", "ListRegions", request, options.limit));
  Table table({{"代码 code"}, {"名称 name"}, {"级别 level"}, {"资源名 name"}});
  for (const v1::Region& region : all.regions()) {
    table.Add({region.code(), region.display_name(), EnumText(region.level()), region.name()});
  }
  return session.Print(all, table);
}

absl::Status ListSchools(Session& session, const Options& options) {
  v1::ListSchoolsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_stage(options.stage);
  request.set_with_closed(options.with_closed);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListSchoolsResponse>("registry", "ListSchools", request, options.limit));
  Table table({{"标识码 code"}, {"名称 name"}, {"乡镇 township"}, {"学段 stages"}, {"寄宿"}, {"状态 state"}});
  for (const v1::School& school : all.schools()) {
    table.Add({school.code(), school.display_name(), school.township(), absl::StrJoin(school.stages(), " "),
               school.is_boarding() ? "是" : "", EnumText(school.state())});
  }
  return session.Print(all, table);
}

absl::Status CloseSchool(Session& session, const Options& options) {
  v1::CloseSchoolRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(*request.mutable_closed_on(), DateOf("--on", options.closed_on));
  request.mutable_replacements()->Assign(options.replacements.begin(), options.replacements.end());
  ASSIGN_OR_RETURN(const auto school, session.Call<v1::School>("registry", "CloseSchool", request));
  return session.PrintJson(school);
}

absl::Status ListClasses(Session& session, const Options& options) {
  v1::ListClassesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_school_year(options.school_year);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListClassesResponse>("registry", "ListClasses", request, options.limit));
  Table table({{"学年 year"}, {"年级 grade"}, {"班级 class"}, {"上报人数", true}, {"学校 school"}});
  for (const v1::SchoolClass& one : all.classes()) {
    table.Add({one.school_year(), one.grade(), one.display_name(), absl::StrCat(one.reported_size()),
               LastPart(one.school())});
  }
  return session.Print(all, table);
}

absl::Status GetCalendar(Session& session, const Options& options) {
  v1::GetCalendarRequest request;
  request.set_name(absl::StrCat("calendars/", options.year));
  ASSIGN_OR_RETURN(const auto calendar, session.Call<v1::Calendar>("registry", "GetCalendar", request));
  Table table({{"日期 day"}, {"类别 kind"}, {"名称 name"}});
  for (const v1::CalendarDay& day : calendar.days()) {
    table.Add({TextOf(day.date()), day.kind(), day.label_zh()});
  }
  return session.Print(calendar, table);
}

}  // namespace

void AddPlaceCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* regions = root.add_subcommand("regions", "children of a region, the provinces when none is given");
  regions->add_option("parent", options->parent, "resource name: regions/county-411728000000");
  regions->add_option("--as-of", options->as_of, "as the tree was on this day");
  regions->add_option("--limit", options->limit, "at most so many")->check(CLI::NonNegativeNumber);
  OnCommand(regions, chosen, options, ListRegions);

  CLI::App* schools = root.add_subcommand("schools", "schools and classes")->require_subcommand(1);
  CLI::App* list = schools->add_subcommand("list", "schools of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--stage", options->stage, "PRE, PRI, JUN, HS, VOC, SPE");
  list->add_flag("--with-closed", options->with_closed, "closed ones too");
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::NonNegativeNumber);
  OnCommand(list, chosen, options, ListSchools);
  CLI::App* close = schools->add_subcommand("close", "closes a school; its pupils' new schools must be named (AL-2)");
  close->add_option("name", options->name, "counties/411728/schools/...")->required();
  close->add_option("--on", options->closed_on, "day of closing")->required();
  close->add_option("--replacement", options->replacements, "school that takes the pupils; may be repeated")
      ->required()
      ->allow_extra_args(false);
  OnCommand(close, chosen, options, CloseSchool);
  CLI::App* classes = schools->add_subcommand("classes", "classes of a county");
  classes->add_option("--county", options->county, "six digits");
  classes->add_option("--school", options->school, "only of this school (resource name)");
  classes->add_option("--school-year", options->school_year, "2023-2024");
  classes->add_option("--limit", options->limit, "at most so many")->check(CLI::NonNegativeNumber);
  OnCommand(classes, chosen, options, ListClasses);

  CLI::App* calendar = root.add_subcommand("calendar", "holidays and worked weekend days of a year");
  calendar->add_option("year", options->year, "2023")->required();
  OnCommand(calendar, chosen, options, GetCalendar);
}

}  // namespace ruraledu::cli
