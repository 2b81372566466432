// aid identify: hardship pupils from the application to the file.
#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, year, name, student, file, region, state, area, purpose, step, decision, reason, etag;
  std::vector<std::string> names, evidence;
  bool unmask = false, disputed = false, due = false, wait = false, dry_run = false;
  int level = 0;
  int64_t limit = 50;
};

Table RecordTable() {
  return Table({{"区域 area"},
                {"状态 state"},
                {"等级 level", true},
                {"建议 proposed", true},
                {"争议 disputed"},
                {"答复期限 due"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddRecord(const v1::Identification& record, Table* table) {
  table->Add({record.area(), EnumText(record.state()), absl::StrCat(record.level()),
              absl::StrCat(record.proposed_level()), record.disputed() ? "是 yes" : "", TextOf(record.answer_due_on()),
              record.etag(), record.name()});
}

template <typename Request>
absl::Status OnRows(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto answer, session.Call<v1::BatchIdentificationsResponse>("student_aid", method, request));
  return session.Print(answer, IdentificationRows(answer.rows()));
}

absl::Status ListPolicies(Session& session, const Options& options) {
  v1::ListIdentificationPoliciesRequest request;
  request.set_term(options.term);
  request.set_region_code(options.region);
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListIdentificationPoliciesResponse>(
                                       "student_aid", "ListIdentificationPolicies", request));
  Table table(
      {{"政策 policy"}, {"类别 group"}, {"因素 factor"}, {"选项 answer"}, {"单位 unit"}, {"分值 points", true}});
  for (const v1::IdentificationPolicy& policy : all.policies()) {
    for (const v1::IdentificationLevel& level : policy.levels()) {
      table.Add({LastPart(policy.name()), "LEVEL", absl::StrCat(level.level()), level.label_zh(), "",
                 absl::StrCat(">=", level.at_least_points())});
    }
    for (const v1::KindRow& kind : policy.kinds()) {
      table.Add({LastPart(policy.name()), "SPECIAL_GROUP", kind.kind(),
                 kind.level() > 0 ? absl::StrCat("LEVEL ", kind.level()) : "", "", absl::StrCat(kind.points())});
    }
    for (const v1::FactorRow& row : policy.factors()) {
      table.Add({LastPart(policy.name()), EnumText(row.group()), row.factor(),
                 absl::StrCat(row.answer(), " ", row.label_zh()), row.unit(), absl::StrCat(row.points())});
    }
  }
  return session.Print(all, table);
}

absl::Status EvaluateFacts(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  v1::EvaluateIdentificationRequest request;
  RETURN_IF_ERROR(FromJson("--facts", json, &request));
  ASSIGN_OR_RETURN(const auto answer,
                   session.Call<v1::EvaluateIdentificationResponse>("student_aid", "EvaluateIdentification", request));
  Table table({{"类别 group"}, {"因素 factor"}, {"选项 answer"}, {"分值 points", true}});
  for (const v1::AppliedFactor& row : answer.applied()) {
    table.Add({EnumText(row.group()), row.factor(), row.answer(), absl::StrCat(row.points())});
  }
  table.Add({"合计 total", "", absl::StrCat("LEVEL ", answer.level()), absl::StrCat(answer.total_points())});
  return session.Print(answer, table);
}

absl::Status OpenRecord(Session& session, const Options& options) {
  v1::CreateIdentificationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  request.set_school_year(options.year);
  return OnIdentification(session, "CreateIdentification", request);
}

// The files hold the requests: {"applications": [...]}, {"adjustments": [...]}.
template <typename Request>
absl::Status SendFile(Session& session, const Options& options, std::string_view method) {
  ASSIGN_OR_RETURN(const std::string json, LoadFile(options.file));
  Request request;
  RETURN_IF_ERROR(FromJson("file", json, &request));
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_validate_only(options.dry_run);
  return OnRows(session, method, request);
}

absl::Status SubmitFile(Session& session, const Options& options) {
  return SendFile<v1::BatchSubmitIdentificationsRequest>(session, options, "BatchSubmitIdentifications");
}

absl::Status AdjustFile(Session& session, const Options& options) {
  return SendFile<v1::BatchAdjustIdentificationsRequest>(session, options, "BatchAdjustIdentifications");
}

absl::Status ListRecords(Session& session, const Options& options) {
  v1::ListIdentificationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_area(AreaOf(options.area));
  request.set_disputed_only(options.disputed);
  request.set_adjustment_due_only(options.due);
  const auto state =
      options.state.empty() ? v1::IDENTIFICATION_STATE_UNSPECIFIED : EnumOf<v1::IdentificationState>(options.state);
  if (!state.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--state"}, {"problem", "no state: APPLIED, ON_NOTICE, CONFIRMED ..."}});
  }
  request.set_state(*state);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListIdentificationsResponse>(
                                       "student_aid", "ListIdentifications", request, options.limit));
  Table table = RecordTable();
  for (const v1::Identification& record : all.identifications()) {
    AddRecord(record, &table);
  }
  return session.Print(all, table);
}

absl::Status GetRecord(Session& session, const Options& options) {
  v1::GetIdentificationRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto record, session.Call<v1::Identification>("student_aid", "GetIdentification", request,
                                                                       {.purpose = options.purpose}));
  return session.PrintJson(record);
}

absl::Status ReplayRecord(Session& session, const Options& options) {
  v1::ReplayIdentificationRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto replay,
                   session.Call<v1::ReplayIdentificationResponse>("student_aid", "ReplayIdentification", request));
  if (!replay.same()) {
    return Fail("CLI_REPLAY_DIFFERS", {{"items", options.name}});
  }
  Table table({{"等级 level", true}, {"一致 same"}});
  table.Add({absl::StrCat(replay.level()), "是 yes"});
  return session.Print(replay, table);
}

// One record is shown as it is then; of several, what became of each: one that is refused does not keep the others.
absl::Status ReviewRecords(Session& session, const Options& options) {
  v1::ReviewIdentificationRequest request;
  request.set_decision(options.decision == "accept" ? v1::REVIEW_DECISION_ACCEPT : v1::REVIEW_DECISION_REJECT);
  request.set_level(options.level);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  for (const std::string& kind : options.evidence) {
    request.add_evidence()->set_kind(kind);
  }
  const char* const method = options.step == "class" ? "ClassReviewIdentification" : "SchoolReviewIdentification";
  if (options.names.size() == 1) {
    request.set_name(options.names.front());
    return OnIdentification(session, method, request);
  }
  v1::BatchIdentificationsResponse answer;
  for (const std::string& name : options.names) {
    request.set_name(name);
    const auto record = session.Call<v1::Identification>("student_aid", method, request);
    if (!record.ok() && !IsOfOne(record.status())) {
      return record.status();
    }
    v1::IdentificationRow& row = *answer.add_rows();
    row.set_name(name);
    row.set_reason(ReasonOf(record.status()));
  }
  return session.Print(answer, IdentificationRows(answer.rows()));
}

absl::Status ArchiveAll(Session& session, const Options& options) {
  v1::BatchArchiveIdentificationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.mutable_identifications()->Assign(options.names.begin(), options.names.end());
  return OnRows(session, "BatchArchiveIdentifications", request);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposeIdentificationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", "ProposeIdentifications", request));
  if (!options.wait) {
    return session.PrintJson(job);
  }
  ASSIGN_OR_RETURN(job, session.WaitForJob("student_aid", job.name()));
  v1::ProposalResult result;
  if (!job.result().UnpackTo(&result)) {
    return Fail("CLI_JOB_FAILED", {{"job", job.name()}, {"state", "a job without a result"}});
  }
  Table table({{"人数 pupils", true}, {"新提名 proposed", true}, {"待调整 due", true}, {"随转 moved", true}});
  table.Add({Grouped(result.persons()), Grouped(result.proposed()), Grouped(result.adjustments_due()),
             Grouped(result.moved())});
  return session.Print(result, table);
}

using Shared = std::shared_ptr<Options>;

void AddCounty(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
}
void AddTerm(CLI::App* command, const Shared& options, bool required) {
  command->add_option("--term", options->term, "2023-2024-1")->required(required);
}
void AddName(CLI::App* command, const Shared& options) {
  command->add_option("name", options->name, "counties/411728/identifications/...")->required();
}
void AddReading(CLI::App* identify, Action& chosen, const Shared& options) {
  CLI::App* policies = identify->add_subcommand("policies", "levels, scored factors and kinds of a jurisdiction");
  AddTerm(policies, options, false);
  policies->add_option("--region", options->region, "12 digits, with --term: the one in force there");
  OnCommand(policies, chosen, options, ListPolicies);
  CLI::App* evaluate = identify->add_subcommand("evaluate", "scores a pupil from explicit facts; nothing is stored");
  evaluate->add_option("--facts", options->file, "JSON file: EvaluateIdentificationRequest")->required();
  OnCommand(evaluate, chosen, options, EvaluateFacts);
  CLI::App* list = identify->add_subcommand("list", "records of a school year");
  AddCounty(list, options);
  list->add_option("--year", options->year, "2023-2024")->required();
  list->add_option("--state", options->state, "APPLIED, ON_NOTICE, CONFIRMED ...");
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--disputed", options->disputed, "with an open objection or appeal");
  list->add_flag("--adjustment-due", options->due, "the registers give another level now");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListRecords);
  CLI::App* show = identify->add_subcommand("show", "one record");
  AddName(show, options);
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, GetRecord);
  CLI::App* replay = identify->add_subcommand("replay", "scores the stored facts of a record again");
  AddName(replay, options);
  OnCommand(replay, chosen, options, ReplayRecord);
}

void AddHandingIn(CLI::App* identify, Action& chosen, const Shared& options) {
  CLI::App* open = identify->add_subcommand("open", "opens a record: the family was told in advance (提前告知)");
  AddCounty(open, options);
  open->add_option("student", options->student, "counties/411728/students/...")->required();
  open->add_option("--year", options->year, "2023-2024")->required();
  OnCommand(open, chosen, options, OpenRecord);
  const std::tuple<const char*, const char*, absl::Status (*)(Session&, const Options&)> files[] = {
      {"submit", "hands in the applications of a class: JSON {\"applications\": [...]}", SubmitFile},
      {"adjust", "adjusts confirmed records from a term on: JSON {\"adjustments\": [...]}", AdjustFile}};
  for (const auto& [name, about, run] : files) {
    CLI::App* command = identify->add_subcommand(name, about);
    command->add_option("file", options->file, "JSON file")->required();
    AddCounty(command, options);
    AddTerm(command, options, true);
    command->add_flag("--dry-run", options->dry_run, "only what would become of the rows");
    OnCommand(command, chosen, options, run);
  }
  CLI::App* review = identify->add_subcommand("review", "review of the class or of the school");
  review->add_option("names", options->names, "counties/411728/identifications/...")->required();
  review->add_option("--step", options->step, "class or school")->required()->check(CLI::IsMember({"class", "school"}));
  review->add_option("--decision", options->decision, "accept or reject")
      ->required()
      ->check(CLI::IsMember({"accept", "reject"}));
  review->add_option("--evidence", options->evidence, "kind that the review adds: HOME_VISIT")->allow_extra_args(false);
  review->add_option("--reason", options->reason, "why, in words");
  review->add_option("--level", options->level, "another level than the present one");
  review->add_option("--etag", options->etag, "one record: only if it is still this version");
  OnCommand(review, chosen, options, ReviewRecords);
  CLI::App* archive = identify->add_subcommand("archive", "files confirmed records (建档备案)");
  AddCounty(archive, options);
  archive->add_option("names", options->names, "counties/411728/identifications/...")->required();
  OnCommand(archive, chosen, options, ArchiveAll);
  CLI::App* propose = identify->add_subcommand("propose", "proposes pupils of compared kinds without paper, as a job");
  AddCounty(propose, options);
  AddTerm(propose, options, true);
  propose->add_flag("--wait", options->wait, "until it is over");
  OnCommand(propose, chosen, options, Propose);
}

}  // namespace

absl::Status ShowIdentification(Session& session, const v1::Identification& record) {
  Table table = RecordTable();
  AddRecord(record, &table);
  return session.Print(record, table);
}

Table IdentificationRows(const google::protobuf::RepeatedPtrField<v1::IdentificationRow>& rows) {
  Table table({{"结果 result"}, {"资源名 resource"}});
  for (const v1::IdentificationRow& row : rows) {
    table.Add({row.reason().empty() ? "OK" : row.reason(), row.name()});
  }
  return table;
}

void AddIdentifyCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* identify = aid.add_subcommand("identify", "hardship pupils: application, review, notice, file (认定)")
                           ->require_subcommand(1);
  AddReading(identify, chosen, options);
  AddHandingIn(identify, chosen, options);
  AddNoticeCommands(*identify, chosen, false);
}

}  // namespace ruraledu::cli
