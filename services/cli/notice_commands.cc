// aid identify, aid applications: public notices, objections, appeals.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, name, school, ground, person, outcome, step, decision, reason, etag;
  std::vector<std::string> names;
  bool running = false, dry_run = false;
  bool applications = false;  // aid applications
  int level = 0, objection = 1;
  int64_t limit = 50;
};

// The method of identifications, or that of applications.
template <typename Request>
absl::Status OnRecord(Session& session, const Options& options, std::string_view identification,
                      std::string_view application, const Request& request) {
  return options.applications ? OnApplication(session, application, request)
                              : OnIdentification(session, identification, request);
}

absl::Status ShowNoticeRows(Session& session, const v1::NoticeResponse& answer) {
  RETURN_IF_ERROR(session.Print(answer, IdentificationRows(answer.rows())));
  if (!session.console().json && answer.has_notice()) {
    session.console().out << answer.notice().name() << " " << TextOf(answer.notice().posted_on()) << " - "
                          << TextOf(answer.notice().ends_on()) << "\n";
  }
  return absl::OkStatus();
}

absl::Status PostNotice(Session& session, const Options& options) {
  v1::StartNoticeRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  request.set_term(options.term);
  auto* names = options.applications ? request.mutable_applications() : request.mutable_identifications();
  names->Assign(options.names.begin(), options.names.end());
  request.set_kind(!options.applications    ? v1::NOTICE_KIND_IDENTIFICATIONS
                   : options.school.empty() ? v1::NOTICE_KIND_COUNTY_APPLICATIONS
                                            : v1::NOTICE_KIND_SCHOOL_APPLICATIONS);
  request.set_validate_only(options.dry_run);
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::NoticeResponse>("student_aid", "StartNotice", request));
  return ShowNoticeRows(session, answer);
}

absl::Status CloseOne(Session& session, const Options& options) {
  v1::CloseNoticeRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::NoticeResponse>("student_aid", "CloseNotice", request));
  return ShowNoticeRows(session, answer);
}

absl::Status ListAllNotices(Session& session, const Options& options) {
  v1::ListNoticesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_running_only(options.running);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListNoticesResponse>("student_aid", "ListNotices", request, options.limit));
  Table table({{"学校 school"},
               {"学期 term"},
               {"公示 posted"},
               {"截止 through"},
               {"人数 pupils", true},
               {"状态 state"},
               {"资源名 resource"}});
  for (const v1::Notice& notice : all.notices()) {
    table.Add({LastPart(notice.school()), notice.term(), TextOf(notice.posted_on()), TextOf(notice.ends_on()),
               absl::StrCat(notice.entry_count()), EnumText(notice.state()), notice.name()});
  }
  return session.Print(all, table);
}

// What hangs on the wall.
absl::Status ShowNotice(Session& session, const Options& options) {
  v1::GetNoticeRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto notice, session.Call<v1::Notice>("student_aid", "GetNotice", request));
  Table table({{"姓名 name"}, {"班级 class"}, {"等级 level", true}, {"项目 item"}});
  for (const v1::NoticeEntry& entry : notice.entries()) {
    table.Add({entry.masked_name(), LastPart(entry.area()), entry.level() > 0 ? absl::StrCat(entry.level()) : "",
               entry.item()});
  }
  return session.Print(notice, table);
}

absl::Status ObjectTo(Session& session, const Options& options) {
  v1::CreateObjectionRequest request;
  request.set_name(options.name);
  request.set_objector(options.person);
  request.set_ground(options.ground);
  return OnRecord(session, options, "CreateObjection", "CreateApplicationObjection", request);
}

absl::Status ResolveOne(Session& session, const Options& options) {
  v1::ResolveObjectionRequest request;
  request.set_name(options.name);
  request.set_objection(options.objection);
  request.set_outcome(options.outcome == "unfounded"       ? v1::OBJECTION_OUTCOME_UNFOUNDED
                      : options.outcome == "level-changed" ? v1::OBJECTION_OUTCOME_LEVEL_CHANGED
                                                           : v1::OBJECTION_OUTCOME_EXCLUDED);
  request.set_level(options.level);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnRecord(session, options, "ResolveObjection", "ResolveApplicationObjection", request);
}

absl::Status AppealFor(Session& session, const Options& options) {
  v1::CreateAppealRequest request;
  request.set_name(options.name);
  request.set_appellant(options.person);
  request.set_ground(options.ground);
  return OnRecord(session, options, "CreateAppeal", "CreateApplicationAppeal", request);
}

absl::Status DecideOne(Session& session, const Options& options) {
  v1::DecideAppealRequest request;
  request.set_name(options.name);
  request.set_granted(options.decision == "grant");
  request.set_level(options.level);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return options.step == "school"
             ? OnRecord(session, options, "DecideSchoolAppeal", "DecideApplicationSchoolAppeal", request)
             : OnRecord(session, options, "DecideCountyAppeal", "DecideApplicationCountyAppeal", request);
}

using Shared = std::shared_ptr<Options>;

void AddName(CLI::App* command, const Shared& options) {
  command
      ->add_option("name", options->name,
                   absl::StrCat("counties/411728/", options->applications ? "applications" : "identifications", "/..."))
      ->required();
}
void AddReason(CLI::App* command, const Shared& options) {
  command->add_option("--reason", options->reason, "why, in words")->required();
  if (!options->applications) {
    command->add_option("--level", options->level, "another level than the present one");
  }
  command->add_option("--etag", options->etag, "only if the record is still this version");
}

void AddNotices(CLI::App* identify, Action& chosen, const Shared& options) {
  const bool applications = options->applications;
  CLI::App* post =
      identify->add_subcommand("post", applications ? "puts applications of a school or county on notice (公示)"
                                                    : "puts reviewed pupils of a school on public notice (公示)");
  post->add_option("--county", options->county, "six digits");
  post->add_option("--term", options->term, "2023-2024-1")->required();
  post->add_option(
          "--school", options->school,
          applications ? "counties/411728/schools/...; none: the list of the county" : "counties/411728/schools/...")
      ->required(!applications);
  post->add_option("names", options->names, "only these records; none: all that wait for the notice");
  post->add_flag("--dry-run", options->dry_run, "only what would become of the rows");
  OnCommand(post, chosen, options, PostNotice);
  CLI::App* notices = identify->add_subcommand("notices", "notices of a county");
  notices->add_option("--county", options->county, "six digits");
  notices->add_option("--term", options->term, "2023-2024-1");
  notices->add_flag("--running", options->running, "only those that run");
  AddLimit(*notices, &options->limit);
  OnCommand(notices, chosen, options, ListAllNotices);
  CLI::App* notice = identify->add_subcommand("notice", "one notice as it was posted");
  notice->add_option("name", options->name, "counties/411728/notices/...")->required();
  OnCommand(notice, chosen, options, ShowNotice);
  CLI::App* close = identify->add_subcommand("close", "ends a notice that is over");
  close->add_option("name", options->name, "counties/411728/notices/...")->required();
  close->add_option("--etag", options->etag, "only if the notice is still this version");
  OnCommand(close, chosen, options, CloseOne);
}

void AddDisputes(CLI::App* identify, Action& chosen, const Shared& options) {
  CLI::App* object = identify->add_subcommand("object", "takes an objection down while the notice runs");
  AddName(object, options);
  object->add_option("--ground", options->ground, "what is objected")->required();
  object->add_option("--objector", options->person, "who objects; may be left out");
  OnCommand(object, chosen, options, ObjectTo);
  CLI::App* resolve = identify->add_subcommand("resolve", "ends an objection after the re-check");
  AddName(resolve, options);
  resolve->add_option("--objection", options->objection, "its number")->capture_default_str();
  std::vector<std::string> outcomes = {"unfounded", "excluded"};
  if (!options->applications) {
    outcomes.emplace_back("level-changed");
  }
  resolve->add_option("--outcome", options->outcome, "what came of it")->required()->check(CLI::IsMember(outcomes));
  AddReason(resolve, options);
  OnCommand(resolve, chosen, options, ResolveOne);
  CLI::App* appeal = identify->add_subcommand("appeal", "takes an appeal against a refusal down");
  AddName(appeal, options);
  appeal->add_option("--appellant", options->person, "the student or a guardian")->required();
  appeal->add_option("--ground", options->ground, "why")->required();
  OnCommand(appeal, chosen, options, AppealFor);
  CLI::App* decide = identify->add_subcommand("decide", "decides the open appeal");
  AddName(decide, options);
  decide->add_option("--step", options->step, "school or county")
      ->required()
      ->check(CLI::IsMember({"school", "county"}));
  decide->add_option("--decision", options->decision, "grant or dismiss")
      ->required()
      ->check(CLI::IsMember({"grant", "dismiss"}));
  AddReason(decide, options);
  OnCommand(decide, chosen, options, DecideOne);
}

}  // namespace

void AddNoticeCommands(CLI::App& parent, Action& chosen, bool applications) {
  auto options = std::make_shared<Options>();
  options->applications = applications;
  AddNotices(&parent, chosen, options);
  AddDisputes(&parent, chosen, options);
}

}  // namespace ruraledu::cli
