// aid graduates, aid publicity.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/domain/load_file.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/graduate.pb.h"
#include "ruraledu/student_aid/v1/publicity.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, name, file, area, state, channel, reason, etag, purpose;
  int32_t year = 0;
  int64_t limit = 50;
  bool unmask = false;
};
using Shared = std::shared_ptr<Options>;

std::string RateText(const ruraledu::common::v1::Rate& rate) {
  return absl::StrCat(rate.numerator(), "/", rate.denominator(), " ",
                      PercentText({rate.numerator(), rate.denominator()}).value_or("-"));
}

// --- Graduates
// --------------------------------------------------------------------------------------------------------

Table GraduateTable() {
  return Table({{"区域 area"},
                {"姓名 name"},
                {"学段 stage"},
                {"状态 state"},
                {"责任人 responsible"},
                {"措施 measures", true},
                {"最近联系 contact"},
                {"去向 outcome"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddGraduate(const v1::Graduate& graduate, Table* table) {
  table->Add({graduate.area(), graduate.display_name(), graduate.stage(), EnumText(graduate.state()),
              graduate.responsible(), absl::StrCat(graduate.measure_count()), TextOf(graduate.last_contact_on()),
              graduate.outcome(), graduate.etag(), graduate.name()});
}

absl::Status ShowGraduate(Session& session, const v1::Graduate& graduate) {
  Table table = GraduateTable();
  AddGraduate(graduate, &table);
  return session.Print(graduate, table);
}

// The file holds the request: {"graduates": [...]}.
absl::Status EnterFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::BatchEnterGraduatesRequest request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_graduating_year(options.year);
  ASSIGN_OR_RETURN(const auto answer,
                   session.Call<v1::BatchGraduatesResponse>("student_aid", "BatchEnterGraduates", request));
  return session.Print(answer, IdentificationRows(answer.rows()));
}

absl::Status ListGraduates(Session& session, const Options& options) {
  v1::ListGraduatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_graduating_year(options.year);
  request.set_area(AreaOf(options.area));
  const auto state = options.state.empty() ? v1::GRADUATE_STATE_UNSPECIFIED : EnumOf<v1::GraduateState>(options.state);
  if (!state.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--state"}, {"problem", "no such state"}});
  }
  request.set_state(*state);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListGraduatesResponse>("student_aid", "ListGraduates", request, options.limit));
  Table table = GraduateTable();
  for (const v1::Graduate& graduate : all.graduates()) {
    AddGraduate(graduate, &table);
  }
  return session.Print(all, table);
}

absl::Status ShowFile(Session& session, const Options& options) {
  v1::GetGraduateRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto graduate,
                   session.Call<v1::Graduate>("student_aid", "GetGraduate", request, {.purpose = options.purpose}));
  return ShowGraduate(session, graduate);
}

// The file holds the request without its name: {"contact": {"outcome": "REACHED"}}.
absl::Status AddToFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::AddGraduateEntryRequest request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto graduate, session.Call<v1::Graduate>("student_aid", "AddGraduateEntry", request));
  return ShowGraduate(session, graduate);
}

absl::Status ListGaps(Session& session, const Options& options) {
  v1::ListGraduateGapsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_graduating_year(options.year);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListGraduateGapsResponse>("student_aid", "ListGraduateGaps",
                                                                                 request, options.limit));
  Table table({{"区域 area"},
               {"姓名 name"},
               {"缺项 lacks"},
               {"最近联系 contact"},
               {"责任人 responsible"},
               {"资源名 resource"}});
  for (const v1::GraduateGapRow& row : all.rows()) {
    table.Add({row.area(), row.masked_name(),
               absl::StrJoin(row.gaps(), " ",
                             [](std::string* out, int gap) {
                               absl::StrAppend(out, EnumText(static_cast<v1::GraduateGap>(gap)));
                             }),
               TextOf(row.last_contact_on()), row.responsible(), row.graduate()});
  }
  table.Add({"就业率 employment", "", RateText(all.employment()), "", "", ""});
  return session.Print(all, table);
}

// --- Publicity
// --------------------------------------------------------------------------------------------------------

Table ActivityTable() {
  return Table({{"区域 area"},
                {"日期 day"},
                {"渠道 channel"},
                {"内容 title"},
                {"学生 pupils", true},
                {"家长 guardians", true},
                {"知晓 aware"},
                {"撤回 withdrawn"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddActivity(const v1::PublicityActivity& activity, Table* table) {
  table->Add({activity.area(), TextOf(activity.on()), activity.channel(), activity.title(),
              absl::StrCat(activity.pupils()), absl::StrCat(activity.guardians()),
              absl::StrCat(activity.aware(), "/", activity.asked()), TextOf(activity.withdrawn_on()), activity.etag(),
              activity.name()});
}

template <typename Request>
absl::Status OnActivity(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto activity, session.Call<v1::PublicityActivity>("student_aid", method, request));
  Table table = ActivityTable();
  AddActivity(activity, &table);
  return session.Print(activity, table);
}

// The file holds the activity.
absl::Status RecordFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::CreatePublicityActivityRequest request;
  RETURN_IF_ERROR(FromJson("file", json, request.mutable_activity()));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  return OnActivity(session, "CreatePublicityActivity", request);
}

absl::Status WithdrawOne(Session& session, const Options& options) {
  v1::WithdrawPublicityActivityRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnActivity(session, "WithdrawPublicityActivity", request);
}

absl::Status ListActivities(Session& session, const Options& options) {
  v1::ListPublicityActivitiesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_channel(options.channel);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPublicityActivitiesResponse>(
                                       "student_aid", "ListPublicityActivities", request, options.limit));
  Table table = ActivityTable();
  for (const v1::PublicityActivity& activity : all.activities()) {
    AddActivity(activity, &table);
  }
  return session.Print(all, table);
}

absl::Status ShowCoverage(Session& session, const Options& options) {
  v1::GetPublicityCoverageRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto coverage,
                   session.Call<v1::PublicityCoverage>("student_aid", "GetPublicityCoverage", request));
  Table table({{"学校代码 code"}, {"未覆盖学校 not reached"}, {"区域 area"}});
  for (const v1::UnreachedSchool& school : coverage.unreached()) {
    table.Add({school.code(), school.display_name(), school.area()});
  }
  table.Add({"覆盖率 coverage", RateText(coverage.coverage()), ""});
  table.Add({"知晓率 awareness", RateText(coverage.awareness()), ""});
  return session.Print(coverage, table);
}

void AddPlaceAndLimit(CLI::App* command, const Shared& options) {
  command->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*command, &options->limit);
}

CLI::App* OfYear(CLI::App* parent, const char* name, const char* about, const Shared& options) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  command->add_option("--year", options->year, "year of graduation: 2024")->required();
  return command;
}

CLI::App* OfTerm(CLI::App* parent, const char* name, const char* about, const Shared& options) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  command->add_option("--term", options->term, "2023-2024-1")->required();
  return command;
}

}  // namespace

void AddGraduateCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* graduates =
      aid.add_subcommand("graduates", "hardship graduates, one file each (困难毕业生)")->require_subcommand(1);
  CLI::App* enter = OfYear(graduates, "enter", "enters graduates into the base of a year", options);
  enter->add_option("file", options->file, "JSON file")->required();
  OnCommand(enter, chosen, options, EnterFile);
  CLI::App* list = OfYear(graduates, "list", "files of a year", options);
  list->add_option("--state", options->state, "OPEN, SUPPORTED, PLACED, WITHDRAWN");
  AddPlaceAndLimit(list, options);
  OnCommand(list, chosen, options, ListGraduates);
  CLI::App* gaps = OfYear(graduates, "gaps", "files without a policy or a contact, and the employment rate", options);
  AddPlaceAndLimit(gaps, options);
  OnCommand(gaps, chosen, options, ListGaps);
  CLI::App* show = graduates->add_subcommand("show", "one file");
  CLI::App* add = graduates->add_subcommand("add", "adds a measure, contact, outcome ... to a file");
  for (CLI::App* command : {show, add}) {
    command->add_option("name", options->name, "counties/411728/graduates/...")->required();
  }
  AddUnmask(*show, &options->unmask, &options->purpose);
  add->add_option("file", options->file, "JSON file: {\"contact\": {\"outcome\": \"REACHED\"}}")->required();
  add->add_option("--etag", options->etag, "only if the file is still this version");
  OnCommand(show, chosen, options, ShowFile);
  OnCommand(add, chosen, options, AddToFile);
}

void AddPublicityCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* publicity = aid.add_subcommand("publicity", "publicity of aid policies (政策宣传)")->require_subcommand(1);
  CLI::App* record = publicity->add_subcommand("record", "records an activity");
  record->add_option("--county", options->county, "six digits");
  record->add_option("file", options->file, "JSON file: the activity")->required();
  OnCommand(record, chosen, options, RecordFile);
  CLI::App* withdraw = publicity->add_subcommand("withdraw", "takes an activity back");
  withdraw->add_option("name", options->name, "counties/411728/publicityActivities/...")->required();
  withdraw->add_option("--reason", options->reason, "why, in words")->required();
  withdraw->add_option("--etag", options->etag, "only if the activity is still this version");
  OnCommand(withdraw, chosen, options, WithdrawOne);
  CLI::App* list = OfTerm(publicity, "list", "activities of a term", options);
  list->add_option("--channel", options->channel, "HANDBOOK, CLASS_MEETING ...");
  AddPlaceAndLimit(list, options);
  OnCommand(list, chosen, options, ListActivities);
  OnCommand(OfTerm(publicity, "coverage", "schools that nothing reached, and who knows the policies", options), chosen,
            options, ShowCoverage);
}

}  // namespace ruraledu::cli
