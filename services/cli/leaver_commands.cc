// leavers: where the leavers of last grades went, whom to call, the ledger that school and county sign.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/dropout_monitoring/v1/leaver.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr std::string_view kService = "dropout_monitoring";

struct Options {
  std::string county, year, grade, area, state, file, name, outcome, text, on, etag, school, reason;
  bool wait = false, to_call = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

// Sends where leavers went, row by row.
class DestinationRecorder final : public RowRecorder {
 public:
  DestinationRecorder(Session& session, const Options& options, std::string parent)
      : RowRecorder(session, std::move(parent), "leavers"), options_(options) {}

 private:
  // Whom the service finds by the student number.
  absl::StatusOr<Person> PersonOf(const Row&) override { return Person{}; }

  absl::StatusOr<std::string> Add(const Row& row, const Person&) override {
    v1::LeaverRow& leaver = *batch_.add_rows();
    leaver.set_student_number(row.Value("student_number"));
    leaver.set_code(row.Value("destination"));
    leaver.set_place(row.Value("place"));
    leaver.set_proof_kind(row.Value("proof_kind"));
    leaver.set_proof(row.Value("proof"));
    leaver.set_correction_reason(row.Value("correction_reason"));
    if (!row.Value("known_on").empty()) {
      ASSIGN_OR_RETURN(*leaver.mutable_known_on(), DateOf("known_on", row.Value("known_on")));
    }
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    batch_.set_school_year(options_.year);
    ASSIGN_OR_RETURN(const auto answer, session().Call<v1::BatchRecordLeaverDestinationsResponse>(
                                            kService, "BatchRecordLeaverDestinations", batch_));
    batch_.Clear();
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  const Options& options_;
  v1::BatchRecordLeaverDestinationsRequest batch_;
};

absl::Status Run(Session& session, const Options& options) {
  v1::StartLeaverRunRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  *request.mutable_after() = WrittenOf(session, request.parent());
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>(kService, "StartLeaverRun", request));
  if (options.wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob(kService, job.name()));
  }
  Table table({{"任务 job"}, {"状态 state"}});
  table.Add({job.name(), EnumText(job.state())});
  return session.Print(job, table);
}

Table LeaverTable() {
  return Table({{"区域 area"},
                {"年级 grade"},
                {"状态 state"},
                {"去向 destination"},
                {"升学 promoted"},
                {"回访 calls", true},
                {"回访期限 call by"},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddLeaver(const v1::Leaver& one, Table* table) {
  table->Add({one.area(), one.grade(), EnumText(one.state()), one.destination(), one.promoted() ? "是" : "",
              absl::StrCat(one.call_count()), TextOf(one.call_due_on()), one.etag(), one.name()});
}

absl::Status ListThem(Session& session, const Options& options) {
  v1::ListLeaversRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_grade(options.grade);
  request.set_area(AreaOf(options.area));
  request.set_state(ValueOf<v1::LeaverState>(options.state));
  request.set_to_call(options.to_call);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListLeaversResponse>(kService, "ListLeavers", request, options.limit));
  Table table = LeaverTable();
  for (const v1::Leaver& one : all.leavers()) {
    AddLeaver(one, &table);
  }
  return session.Print(all, table);
}

absl::Status Called(Session& session, const Options& options) {
  v1::RecordLeaverCallRequest request;
  request.set_name(options.name);
  request.set_outcome(options.outcome);
  request.set_text(options.text);
  request.set_etag(options.etag);
  if (!options.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  }
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Leaver>(kService, "RecordLeaverCall", request));
  Table table = LeaverTable();
  AddLeaver(one, &table);
  return session.Print(one, table);
}

Table LedgerTable() {
  return Table({{"学校 school"},
                {"版本 version", true},
                {"状态 state"},
                {"年级 grade"},
                {"毕业生 leavers", true},
                {"已落实 known", true},
                {"升学 promoted", true},
                {"版本 etag"},
                {"资源名 resource"}});
}
void AddLedger(const v1::LeaverLedger& one, Table* table) {
  for (const v1::LeaverFigures& row : one.figures()) {
    table->Add({std::string(LastPart(one.school())), absl::StrCat(one.version_number()), EnumText(one.state()),
                row.grade(), absl::StrCat(row.leavers()), absl::StrCat(row.known()), absl::StrCat(row.promoted()),
                one.etag(), one.name()});
  }
}
template <typename Request>
absl::Status OnLedger(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::LeaverLedger>(kService, method, request));
  Table table = LedgerTable();
  AddLedger(one, &table);
  return session.Print(one, table);
}

absl::Status Prepare(Session& session, const Options& options) {
  v1::PrepareLeaverLedgerRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_school(absl::StrCat(request.parent(), "/schools/", LastPart(options.school)));
  request.set_correction_reason(options.reason);
  return OnLedger(session, "PrepareLeaverLedger", request);
}

template <typename Request>
absl::Status SignedBy(Session& session, std::string_view method, const Options& options) {
  Request request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnLedger(session, method, request);
}

absl::Status ListLedgers(Session& session, const Options& options) {
  v1::ListLeaverLedgersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListLeaverLedgersResponse>(kService, "ListLeaverLedgers",
                                                                                  request, options.limit));
  Table table = LedgerTable();
  for (const v1::LeaverLedger& one : all.ledgers()) {
    AddLedger(one, &table);
  }
  return session.Print(all, table);
}

absl::Status Rates(Session& session, const Options& options) {
  v1::GetLeaverRatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto rates, session.Call<v1::GetLeaverRatesResponse>(kService, "GetLeaverRates", request));
  Table table({{"年级 grade"},
               {"毕业生 leavers", true},
               {"已落实 known", true},
               {"落实率 rate", true},
               {"升学 promoted", true},
               {"升学率 rate", true}});
  for (const v1::LeaverRates& row : rates.rates()) {
    table.Add({row.figures().grade(), absl::StrCat(row.figures().leavers()), absl::StrCat(row.known().numerator()),
               row.known_percent(), absl::StrCat(row.promoted().numerator()), row.promoted_percent()});
  }
  return session.Print(rates, table);
}

CLI::App* Add(CLI::App* group, const char* name, const char* about, const Shared& options, bool list = false) {
  CLI::App* command = group->add_subcommand(name, about);
  command->add_option("--county", options->county, "six digits");
  command->add_option("year", options->year, "school year that ended: 2022-2023")->required();
  if (list) {
    AddLimit(*command, &options->limit);
    command->add_option("--area", options->area, "only of this area: 411728103");
  }
  return command;
}

void AddLedgers(CLI::App* leavers, Action& chosen, const Shared& options) {
  CLI::App* prepare = Add(leavers, "prepare", "draws the ledger of a school up", options);
  prepare->add_option("school", options->school, "school")->required();
  prepare->add_option("--reason", options->reason, "why there is another version");
  OnCommand(prepare, chosen, options, Prepare);
  const auto on_ledger = [&](const char* name, const char* about) {
    CLI::App* command = leavers->add_subcommand(name, about);
    command->add_option("name", options->name, "counties/411728/leaverLedgers/...")->required();
    command->add_option("--etag", options->etag, "what was read")->required();
    return command;
  };
  OnCommand(on_ledger("sign", "signs a ledger for the school"), chosen, options,
            [](Session& session, const Options& given) {
              return SignedBy<v1::SignLeaverLedgerRequest>(session, "SignLeaverLedger", given);
            });
  OnCommand(on_ledger("close", "signs a ledger for the county and closes it"), chosen, options,
            [](Session& session, const Options& given) {
              return SignedBy<v1::CloseLeaverLedgerRequest>(session, "CloseLeaverLedger", given);
            });
  AddShow<v1::GetLeaverLedgerRequest, v1::LeaverLedger>(leavers, chosen, kService, "GetLeaverLedger",
                                                        "one version of a ledger in full",
                                                        "counties/411728/leaverLedgers/...", "ledger");
  OnCommand(Add(leavers, "ledgers", "ledgers of schools", options, true), chosen, options, ListLedgers);
  CLI::App* rates = Add(leavers, "rates", "rates of known destinations and of promotion", options);
  rates->add_option("--area", options->area, "only of this area: 411728103");
  OnCommand(rates, chosen, options, Rates);
}

}  // namespace

void AddLeaverCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* leavers =
      root.add_subcommand("leavers", "where the leavers of last grades went (毕业生去向台账)")->require_subcommand(1);
  CLI::App* run = Add(leavers, "run", "makes and refreshes the list", options);
  run->add_flag("--wait", options->wait, "waits for its end");
  OnCommand(run, chosen, options, Run);
  CLI::App* list = Add(leavers, "list", "leavers", options, true);
  list->add_option("--grade", options->grade, "9 or 12");
  list->add_option("--state", options->state, "UNKNOWN, CLAIMED, KNOWN or GONE");
  list->add_flag("--to-call", options->to_call, "only those whose family is to be called");
  OnCommand(list, chosen, options, ListThem);
  AddShow<v1::GetLeaverRequest, v1::Leaver>(leavers, chosen, kService, "GetLeaver", "one leaver in full",
                                            "counties/411728/leavers/...");
  CLI::App* put = Add(leavers, "put", "records where leavers went", options);
  put->add_option("file", options->file, "CSV or Excel: 学籍号, 去向, 去向学校, 佐证材料, 佐证编号")
      ->required()
      ->check(CLI::ExistingFile);
  OnCommand(put, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return DestinationRecorder(session, given, std::move(parent)).Run(given.file);
  });
  CLI::App* called = leavers->add_subcommand("call", "writes a call to the family down (回访)");
  called->add_option("name", options->name, "counties/411728/leavers/...")->required();
  called->add_option("outcome", options->outcome, "REACHED, NO_ANSWER, WRONG_NUMBER, REFUSED or MESSAGE")->required();
  called->add_option("--text", options->text, "in words");
  called->add_option("--on", options->on, "day; left out: today");
  called->add_option("--etag", options->etag, "what was read");
  OnCommand(called, chosen, options, Called);
  AddLedgers(leavers, chosen, options);
}

}  // namespace ruraledu::cli
