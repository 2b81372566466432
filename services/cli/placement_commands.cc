// placements: how each disabled child is placed, by whose approval, and the lessons at home.
#include "absl/strings/str_cat.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "services/cli/evidence.h"
#include "services/cli/monitoring_commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";
constexpr char kChild[] = "counties/411728/disabledChildren/...";

struct Options {
  std::string county, area, name, etag, student, child, township, kind, grade, certificate, school, from, until,
      content, decision, reason, on, text, teacher;
  std::vector<std::string> teachers, evidence;
  OpinionOptions opinion;
  int32_t lessons = 0;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

// The child, and its newest placement.
template <typename Request>
absl::Status OnChild(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto child, session.Call<v1::DisabledChild>(kService, method, request));
  Table table({{"区域 area"},
               {"安置 kind"},
               {"状态 state"},
               {"自 from"},
               {"至 until"},
               {"鉴定 opinions", true},
               {"版本 etag"},
               {"资源名 resource"}});
  const v1::Placement newest =
      child.placements().empty() ? v1::Placement() : child.placements(child.placements_size() - 1);
  table.Add({child.area(), newest.kind(), NameOf(newest.state()), TextOf(newest.from()), TextOf(newest.until()),
             absl::StrCat(child.opinions_size()), child.etag(), child.name()});
  return session.Print(child, table);
}

absl::Status Put(Session& session, const Options& options) {
  v1::PutDisabledChildRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  if (!options.child.empty()) {
    RETURN_IF_ERROR(FromFile("--child", options.child, request.mutable_child()));
  }
  request.set_township(options.township);
  request.mutable_disability()->set_kind(options.kind);
  request.mutable_disability()->set_grade(options.grade);
  request.mutable_disability()->set_certificate(options.certificate);
  return OnChild(session, "PutDisabledChild", request);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposePlacementRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  v1::Placement& placement = *request.mutable_placement();
  placement.set_kind(options.kind);
  placement.set_school(options.school);
  RETURN_IF_ERROR(PutDay("--from", options.from, &placement, &v1::Placement::mutable_from));
  RETURN_IF_ERROR(PutDay("--until", options.until, &placement, &v1::Placement::mutable_until));
  if (options.lessons > 0 || !options.teachers.empty() || !options.content.empty()) {
    v1::TeachingPlan& plan = *placement.mutable_plan();
    plan.set_lessons_per_week(options.lessons);
    plan.mutable_teachers()->Assign(options.teachers.begin(), options.teachers.end());
    plan.set_content(options.content);
  }
  RETURN_IF_ERROR(AddEvidence("--evidence", options.evidence, placement.mutable_evidence()));
  return OnChild(session, "ProposePlacement", request);
}

absl::Status Decide(Session& session, const Options& options) {
  v1::DecidePlacementRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_approve(options.decision == kAccept);
  request.set_reason(options.reason);
  return OnChild(session, "DecidePlacement", request);
}

absl::Status RecordOpinion(Session& session, const Options& options) {
  v1::RecordCommitteeOpinionRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  RETURN_IF_ERROR(PutOpinion(options.opinion, request.mutable_opinion()));
  return OnChild(session, "RecordCommitteeOpinion", request);
}

absl::Status ListPolicies(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListPlacementPoliciesResponse>(kService, "ListPlacementPolicies",
                                                                                   v1::ListPlacementPoliciesRequest()));
  Table table({{"政策或类别 policy"}, {"规则 rule"}, {"值 value"}, {"依据 source"}});
  for (const v1::PlacementPolicy& policy : all.policies()) {
    const std::string name = LastPart(policy.name());
    table.Add({name, "年龄 ages", absl::StrCat(policy.age_from(), "-", policy.age_to()), policy.source()});
    table.Add({name, "学年课时 lessons per year", absl::StrCat(policy.lessons_per_year()), policy.source()});
    table.Add({name, "断课天数 gap days", absl::StrCat(policy.gap_days()), policy.source()});
    table.Add({name, "复核月数 review months", absl::StrCat(policy.review_months()), policy.source()});
    table.Add({name, "评估期限 review by", absl::StrCat(policy.review_by()), policy.source()});
    table.Add({name, "衔接期限 transition by", absl::StrCat(policy.transition_by()), policy.source()});
  }
  for (const v1::PlacementKind& kind : all.kinds()) {
    table.Add({kind.code(), kind.label_zh(), kind.placed() ? "安置 placed" : "", kind.opinion()});
  }
  return session.Print(all, table);
}

Table LessonTable() {
  return Table(
      {{"日期 on"}, {"课时 lessons", true}, {"教师 teacher"}, {"记录 note"}, {"学生 child"}, {"资源名 resource"}});
}
void AddLesson(const v1::HomeLesson& lesson, Table* table) {
  table->Add({TextOf(lesson.on()), absl::StrCat(lesson.lessons()), lesson.teacher(), lesson.note(), lesson.child(),
              lesson.name()});
}

absl::Status RecordLesson(Session& session, const Options& options) {
  v1::RecordHomeLessonRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  v1::HomeLesson& lesson = *request.mutable_lesson();
  lesson.set_child(options.name);
  RETURN_IF_ERROR(PutDay("--on", options.on, &lesson, &v1::HomeLesson::mutable_on));
  lesson.set_lessons(options.lessons);
  lesson.set_teacher(options.teacher);
  lesson.set_note(options.text);
  ASSIGN_OR_RETURN(const auto recorded, session.Call<v1::HomeLesson>(kService, "RecordHomeLesson", request));
  Table table = LessonTable();
  AddLesson(recorded, &table);
  return session.Print(recorded, table);
}

absl::Status ListLessons(Session& session, const Options& options) {
  v1::ListHomeLessonsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_child(options.child);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListHomeLessonsResponse>(kService, "ListHomeLessons", request, options.limit));
  Table table = LessonTable();
  for (const v1::HomeLesson& lesson : all.lessons()) {
    AddLesson(lesson, &table);
  }
  return session.Print(all, table);
}

CLI::App* OnOne(CLI::App* group, const char* name, const char* about, const Shared& options) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("name", options->name, kChild)->required();
  command->add_option("--etag", options->etag, "only if the child is still this version");
  return command;
}

void AddChild(CLI::App* placements, Action& chosen, const Shared& options) {
  CLI::App* put = placements->add_subcommand("put", "enters a child of the federation's list");
  put->add_option("--county", options->county, "six digits");
  CLI::Option* student = put->add_option("--student", options->student, "counties/411728/students/...");
  put->add_option("--child", options->child, "on no student register: JSON file, ChildFile")->excludes(student);
  put->add_option("--township", options->township, "with --child: where it lives, 9 digits");
  put->add_option("--kind", options->kind, "code list disability_kind: 1")->required();
  put->add_option("--grade", options->grade, "code list disability_grade: 2")->required();
  put->add_option("--certificate", options->certificate, "number of the certificate");
  OnCommand(put, chosen, options, Put);
  AddShow<v1::GetDisabledChildRequest, v1::DisabledChild>(placements, chosen, kService, "GetDisabledChild",
                                                          "one child in full", kChild);
}

void AddSteps(CLI::App* placements, Action& chosen, const Shared& options) {
  CLI::App* propose = OnOne(placements, "propose", "proposes a placement that another person decides", options);
  propose->add_option("kind", options->kind, "code list placement_kind: INCLUSIVE_CLASS, HOME_TEACHING ...")
      ->required();
  propose->add_option("--school", options->school, "school that has it on its roll, resource name");
  propose->add_option("--from", options->from, "first day")->required();
  propose->add_option("--until", options->until, "first day no more");
  propose->add_option("--lessons", options->lessons, "plan: lessons a week")->check(CLI::PositiveNumber);
  propose->add_option("--teacher", options->teachers, "plan: who teaches")->allow_extra_args(false);
  propose->add_option("--content", options->content, "plan: what is taught, how, with what help");
  AddEvidenceOption(propose, "--evidence", &options->evidence);
  OnCommand(propose, chosen, options, Propose);
  CLI::App* decide = OnOne(placements, "decide", "decides what another person proposed", options);
  AddDecision(decide, &options->decision);
  decide->add_option("--reason", options->reason, "why; needed to reject");
  OnCommand(decide, chosen, options, Decide);
  CLI::App* opinion = OnOne(placements, "opinion", "records an opinion of the expert committee (专家委员会)", options);
  AddOpinionOptions(opinion, &options->opinion);
  opinion->get_option("--advises")->required();
  OnCommand(opinion, chosen, options, RecordOpinion);
}

void AddLessons(CLI::App* placements, Action& chosen, const Shared& options) {
  CLI::App* lessons = placements->add_subcommand("lessons", "lessons at home (送教上门)")->require_subcommand(1);
  CLI::App* record = lessons->add_subcommand("record", "records the lessons of a day");
  record->add_option("child", options->name, kChild)->required();
  record->add_option("--on", options->on, "day")->required();
  record->add_option("--lessons", options->lessons, "how many")->required();
  record->add_option("--teacher", options->teacher, "who taught")->required();
  record->add_option("--note", options->text, "what, and how the child did");
  OnCommand(record, chosen, options, RecordLesson);
  CLI::App* list = lessons->add_subcommand("list", "lessons, masked");
  list->add_option("--child", options->child, "only of this child, resource name");
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListLessons);
  for (CLI::App* command : {record, list}) {
    command->add_option("--county", options->county, "six digits");
  }
}

}  // namespace

void AddPlacementCommands(CLI::App* placements, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddChild(placements, chosen, options);
  AddSteps(placements, chosen, options);
  AddLessons(placements, chosen, options);
  OnCommand(placements->add_subcommand("policies", "rules of regions, and kinds of placement"), chosen, options,
            ListPolicies);
  AddEvaluate<v1::EvaluatePlacementRequest, v1::EvaluatePlacementResponse>(
      placements, chosen, kService, "EvaluatePlacement", "what is wrong with a placement, from explicit facts");
}

}  // namespace ruraledu::cli
