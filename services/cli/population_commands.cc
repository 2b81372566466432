// population, child-ledgers: who lives in the county and is in no register, what the three comparisons found, what the
// county signs.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, file, source, listed, area, name, student, etag, kind, found_by, gone_by;
  bool weak = false, open = false, wait = false, in_force = false;
  int64_t limit = 50;
};

// Sends the register of another office, or a round of visits.
class ResidentRecorder final : public RowRecorder {
 public:
  ResidentRecorder(Session& session, const Options& options, std::string parent)
      : RowRecorder(session, std::move(parent), "residents"), options_(options) {}

 private:
  // Whom the service finds; children of the list may be in no register.
  absl::StatusOr<Person> PersonOf(const Row&) override { return Person{}; }

  absl::StatusOr<std::string> Add(const Row& row, const Person&) override {
    v1::Resident& child = *batch_.add_residents();
    child.set_display_name(row.Value("name"));
    child.set_id_number(row.Value("citizen_id"));
    if (!row.Value("birth_date").empty()) {
      ASSIGN_OR_RETURN(*child.mutable_birth_date(), DateOf("birth_date", row.Value("birth_date")));
    }
    child.set_sex(row.Value("sex"));
    child.set_village(row.Value("village_code"));
    child.set_address(row.Value("address"));
    child.set_whereabouts(row.Value("whereabouts"));
    if (!row.Value("guardian_name").empty()) {
      v1::CaseGuardian* guardian = child.add_guardians();
      guardian->set_display_name(row.Value("guardian_name"));
      guardian->set_phone(row.Value("guardian_phone"));
    }
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    batch_.set_source(options_.source);
    const std::string listed = options_.listed.empty() ? DayText(Clock::System().Today()) : options_.listed;
    ASSIGN_OR_RETURN(*batch_.mutable_listed_on(), DateOf("--listed", listed));
    ASSIGN_OR_RETURN(const auto answer,
                     session().Call<v1::BatchRecordResidentsResponse>(kService, "BatchRecordResidents", batch_));
    batch_.Clear();
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  const Options& options_;
  v1::BatchRecordResidentsRequest batch_;
};

Table ResidentTable() {
  return Table({{"区域 area"},
                {"来源 sources"},
                {"去向 whereabouts"},
                {"匹配 match"},
                {"候选 candidates"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddResident(const v1::Resident& one, Table* table) {
  table->Add({one.area(), absl::StrJoin(one.sources(), " "), one.whereabouts(), EnumText(one.match()),
              absl::StrJoin(one.match() == v1::RESIDENT_MATCH_WEAK ? one.candidates() : one.refused(), " "), one.etag(),
              one.name()});
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListResidentsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_match(options.weak ? v1::RESIDENT_MATCH_WEAK : v1::RESIDENT_MATCH_UNSPECIFIED);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListResidentsResponse>(kService, "ListResidents", request, options.limit));
  Table table = ResidentTable();
  for (const v1::Resident& one : all.residents()) {
    AddResident(one, &table);
  }
  return session.Print(all, table);
}

absl::Status Decide(Session& session, const Options& options) {
  v1::DecideResidentRequest request;
  request.set_name(options.name);
  request.set_student(options.student);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Resident>(kService, "DecideResident", request));
  Table table = ResidentTable();
  AddResident(one, &table);
  return session.Print(one, table);
}

absl::Status Compare(Session& session, const Options& options) {
  v1::StartComparisonRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>(kService, "StartComparison", request));
  if (options.wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob(kService, job.name()));
  }
  Table table({{"任务 job"}, {"状态 state"}});
  table.Add({job.name(), EnumText(job.state())});
  return session.Print(job, table);
}

absl::Status ListRuns(Session& session, const Options& options) {
  v1::ListComparisonRunsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListComparisonRunsResponse>(kService, "ListComparisonRuns",
                                                                                   request, options.limit));
  Table table(
      {{"日期 on"}, {"类别 kind"}, {"新增 new", true}, {"仍在 still", true}, {"消除 gone", true}, {"资源名 resource"}});
  for (const v1::ComparisonRun& run : all.runs()) {
    for (const v1::KindFigures& row : run.kinds()) {
      table.Add({TextOf(run.on()), EnumText(row.kind()), absl::StrCat(row.fresh()), absl::StrCat(row.still()),
                 absl::StrCat(row.gone()), run.name()});
    }
  }
  return session.Print(all, table);
}

absl::Status ListFindings(Session& session, const Options& options) {
  v1::ListComparisonFindingsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_kind(ValueOf<v1::ComparisonKind>(options.kind));
  request.set_open_only(options.open);
  request.set_found_by(LastPart(options.found_by));
  request.set_gone_by(LastPart(options.gone_by));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListComparisonFindingsResponse>(
                                       kService, "ListComparisonFindings", request, options.limit));
  Table table({{"区域 area"},
               {"类别 kind"},
               {"发现 found"},
               {"消除 gone"},
               {"次数 times", true},
               {"个案 case"},
               {"来源 source"}});
  for (const v1::ComparisonFinding& one : all.findings()) {
    table.Add({one.area(), EnumText(one.kind()), TextOf(one.found_on()), TextOf(one.gone_on()),
               absl::StrCat(one.times()), one.case_name(), one.source()});
  }
  return session.Print(all, table);
}

Table LedgerTable() {
  return Table({{"台账 ledger"},
                {"版本 version", true},
                {"状态 state"},
                {"日期 on"},
                {"在册 children", true},
                {"新增 new", true},
                {"销号 signed off", true},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddLedger(const v1::ChildLedger& one, Table* table) {
  table->Add({EnumText(one.kind()), absl::StrCat(one.version_number()), EnumText(one.state()), TextOf(one.on()),
              absl::StrCat(one.children()), absl::StrCat(one.fresh()), absl::StrCat(one.signed_off()), one.etag(),
              one.name()});
}
template <typename Request>
absl::Status OnLedger(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::ChildLedger>(kService, method, request));
  Table table = LedgerTable();
  AddLedger(one, &table);
  return session.Print(one, table);
}

absl::Status PrepareLedger(Session& session, const Options& options) {
  v1::PrepareChildLedgerRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_kind(ValueOf<v1::LedgerKind>(options.kind));
  return OnLedger(session, "PrepareChildLedger", request);
}

absl::Status SignLedger(Session& session, const Options& options) {
  v1::SignChildLedgerRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnLedger(session, "SignChildLedger", request);
}

absl::Status ListLedgers(Session& session, const Options& options) {
  v1::ListChildLedgersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_kind(ValueOf<v1::LedgerKind>(options.kind));
  request.set_in_force_only(options.in_force);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListChildLedgersResponse>(kService, "ListChildLedgers", request, options.limit));
  Table table = LedgerTable();
  for (const v1::ChildLedger& one : all.ledgers()) {
    AddLedger(one, &table);
  }
  return session.Print(all, table);
}

using Shared = std::shared_ptr<Options>;

CLI::App* Add(CLI::App* group, const char* name, const char* about, const Shared& options, bool list = false) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  if (list) {
    AddLimit(*command, &options->limit);
  }
  return command;
}

void AddLedgers(CLI::App& root, Action& chosen, const Shared& options) {
  CLI::App* ledgers =
      root.add_subcommand("child-ledgers", "the three ledgers of the county (三本台账)")->require_subcommand(1);
  const CLI::IsMember kinds({"SCHOOL_AGE", "SUSPECTED", "DROPPED"});
  CLI::App* prepare = Add(ledgers, "prepare", "draws up the next version", options);
  prepare->add_option("kind", options->kind, "SCHOOL_AGE, SUSPECTED or DROPPED")->required()->check(kinds);
  OnCommand(prepare, chosen, options, PrepareLedger);
  CLI::App* sign = ledgers->add_subcommand("sign", "signs a version (签字锁定)");
  sign->add_option("name", options->name, "counties/411728/childLedgers/...")->required();
  sign->add_option("--etag", options->etag, "what was read")->required();
  OnCommand(sign, chosen, options, SignLedger);
  AddShow<v1::GetChildLedgerRequest, v1::ChildLedger>(ledgers, chosen, kService, "GetChildLedger",
                                                      "one version with its lines", "counties/411728/childLedgers/...");
  CLI::App* list = Add(ledgers, "list", "versions", options, true);
  list->add_option("--kind", options->kind, "only of this kind")->check(kinds);
  list->add_flag("--in-force", options->in_force, "only the signed ones in force");
  OnCommand(list, chosen, options, ListLedgers);
}

void AddComparisons(CLI::App* population, Action& chosen, const Shared& options) {
  CLI::App* compare = Add(population, "compare", "compares registers, attendance and households (三比对)", options);
  compare->add_flag("--wait", options->wait, "waits for its end");
  OnCommand(compare, chosen, options, Compare);
  OnCommand(Add(population, "runs", "comparisons with what is new, still there and gone", options, true), chosen,
            options, ListRuns);
  CLI::App* findings = Add(population, "findings", "what comparisons found", options, true);
  findings->add_option("--area", options->area, "only of this area: 411728103");
  findings->add_option("--kind", options->kind, "NEVER_ENROLLED, ON_ROLL_ABSENT ...");
  findings->add_flag("--open", options->open, "only those that are not over");
  findings->add_option("--new-in", options->found_by, "only those that this comparison found new");
  findings->add_option("--gone-in", options->gone_by, "only those that this comparison found no more");
  OnCommand(findings, chosen, options, ListFindings);
}

}  // namespace

void AddPopulationCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* population =
      root.add_subcommand("population", "who lives in the county against who is registered (四查三比对)")
          ->require_subcommand(1);
  CLI::App* put = Add(population, "put", "records a register of another office, or a round of visits", options);
  put->add_option("file", options->file, "CSV or Excel: 姓名, 身份证号, 出生日期, 村代码, 去向")
      ->required()
      ->check(CLI::ExistingFile);
  put->add_option("--source", options->source, "POLICE, SUPPORTED, CIVIL_AFFAIRS, HOUSE_VISIT ...")->required();
  put->add_option("--listed", options->listed, "day of the list; left out: today");
  OnCommand(put, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return ResidentRecorder(session, given, std::move(parent)).Run(given.file);
  });
  CLI::App* list = Add(population, "list", "residents", options, true);
  list->add_option("--area", options->area, "only of this area: 411728103");
  list->add_flag("--weak", options->weak, "only those that wait for a decision");
  OnCommand(list, chosen, options, ListThem);
  CLI::App* decide = population->add_subcommand("decide", "decides a weak match");
  decide->add_option("name", options->name, "counties/411728/residents/...")->required();
  decide->add_option("--student", options->student, "the candidate whom it is; left out: none of them");
  decide->add_option("--etag", options->etag, "what was read")->required();
  OnCommand(decide, chosen, options, Decide);
  AddShow<v1::GetResidentRequest, v1::Resident>(population, chosen, kService, "GetResident", "one resident in full",
                                                "counties/411728/residents/...");
  AddComparisons(population, chosen, options);
  AddLedgers(root, chosen, options);
}

}  // namespace ruraledu::cli
