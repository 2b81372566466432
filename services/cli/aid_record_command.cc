// aid record: a list of what another system paid, as that system exports it. Persons are found by identity number in
// the registry; nothing of the list is kept but the aid itself.
#include <map>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/proto_day.h"
#include "common/ingest/header_map.h"
#include "google/protobuf/struct.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;

constexpr int kBatch = 500;
constexpr size_t kShown = 20;  // lines on the terminal

struct Options {
  std::string county, file, source = "PRIOR_SYSTEM", paid_on;
};

class Recorder {
 public:
  Recorder(Session& session, const Options& options, std::string parent)
      : session_(session), options_(options), parent_(std::move(parent)), progress_(session.MakeProgress("record")) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(Profile* const profile, session_.profile());
    ASSIGN_OR_RETURN(auto spec, ingest::HeaderSpec::Load(profile->data_folder + "/headers/aid_records.csv"));
    ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(options_.file));
    ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), std::move(spec)));
    RETURN_IF_ERROR(ReadSchools());
    ingest::MappedRow row;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, table.Next(&row));
      if (!more) {
        break;
      }
      RETURN_IF_ERROR(Take(table, row));
    }
    RETURN_IF_ERROR(Send());
    progress_.End();
    return Report();
  }

 private:
  absl::Status ReadSchools() {
    registry::ListSchoolsRequest request;
    request.set_parent(parent_);
    request.set_with_closed(true);
    ASSIGN_OR_RETURN(const auto all,
                     session_.ListAll<registry::ListSchoolsResponse>("registry", "ListSchools", request, 0));
    for (const registry::School& school : all.schools()) {
      schools_[school.code()] = LastPart(school.name());
    }
    return absl::OkStatus();
  }

  absl::Status Take(const ingest::MappedTable& table, const ingest::MappedRow& row) {
    std::vector<std::string> values;
    std::vector<ingest::RowError> errors;
    const absl::CivilDay today = Clock::System().Today();
    RETURN_IF_ERROR(ingest::ParseRow(table, row, CodeLists(), today, &values, &errors));
    if (!errors.empty()) {
      Count(row.line, errors.front().code);
      return absl::OkStatus();
    }
    const auto value = [&](std::string_view field) { return values[static_cast<size_t>(table.spec().Field(field))]; };
    const auto school = schools_.find(value("school_code"));
    if (school == schools_.end()) {
      Count(row.line, "SCHOOL_UNKNOWN");
      return absl::OkStatus();
    }
    const absl::StatusOr<Found> person = PersonOf(value("citizen_id"), value("name"));
    if (absl::IsNotFound(person.status()) || absl::IsInvalidArgument(person.status())) {
      Count(row.line, ReasonOf(person.status()));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(person.status());
    v1::AidRecord& record = *batch_.add_records();
    record.set_person(person->id);
    record.set_weak_match(person->by_name);
    record.set_id_mismatch(person->by_name);
    if (person->by_name) {
      Count(row.line, "WEAK_MATCH");  // recorded, and to be looked at
    }
    record.set_item(value("item"));
    record.set_term(value("term"));
    record.set_amount_fen(std::strtoll(value("amount_yuan").c_str(), nullptr, 10));
    const std::string paid_on = value("paid_on").empty() ? options_.paid_on : value("paid_on");
    ASSIGN_OR_RETURN(*record.mutable_paid_on(), DateOf("paid_on", paid_on));
    record.set_source(options_.source);
    record.set_school(school->second);
    lines_.push_back(row.line);
    return batch_.records_size() == kBatch ? Send() : absl::OkStatus();
  }

  struct Found {
    std::string id;
    bool by_name = false;  // nobody has the number: a weak match by name and the birth date in it (2.9)
  };

  absl::StatusOr<Found> PersonOf(const std::string& number, const std::string& name) {
    const auto known = persons_.find(number);
    if (known != persons_.end()) {
      return known->second;
    }
    registry::FindStudentRequest request;
    request.set_parent(parent_);
    request.set_id_number(number);
    auto student = session_.Call<registry::Student>("registry", "FindStudent", request);
    absl::CivilDay birth;
    const bool by_name =
        absl::IsNotFound(student.status()) && !name.empty() && number.size() == 18 &&
        ParseDay(absl::StrCat(number.substr(6, 4), "-", number.substr(10, 2), "-", number.substr(12, 2)), &birth);
    if (by_name) {
      request.set_display_name(name);
      *request.mutable_birth_date() = ruraledu::DateOf(birth);
      student = session_.Call<registry::Student>("registry", "FindStudent", request);
    }
    RETURN_IF_ERROR(student.status());
    return persons_[number] = Found{LastPart(student->name()), by_name};
  }

  absl::Status Send() {
    if (batch_.records().empty()) {
      return absl::OkStatus();
    }
    batch_.set_parent(parent_);
    ASSIGN_OR_RETURN(const auto answer,
                     session_.Call<v1::BatchRecordAidResponse>("student_aid", "BatchRecordAid", batch_));
    for (int i = 0; i < answer.outcomes_size(); ++i) {
      Count(lines_[static_cast<size_t>(i)], answer.outcomes(i));
    }
    sent_ += batch_.records_size();
    progress_.Show(sent_, 0, absl::StrCat(Grouped(sent_), " rows"));
    batch_.Clear();
    lines_.clear();
    return absl::OkStatus();
  }

  void Count(int64_t line, const std::string& outcome) {
    ++counts_[outcome];
    if (outcome == "RECORDED" || outcome == "UNCHANGED") {
      return;
    }
    noted_.emplace_back(line, outcome);
    if (noted_.size() <= kShown && !session_.console().json) {
      session_.console().err << "line " << line << ": " << outcome << "\n";
    }
  }

  absl::Status Report() {
    if (session_.console().json) {
      return session_.PrintJson(AsJson());
    }
    if (noted_.size() > kShown) {
      session_.console().err << "... and " << noted_.size() - kShown << " lines more; --json lists all\n";
    }
    Table table({{"结果 outcome"}, {"行 rows", true}});
    for (const auto& [outcome, count] : counts_) {
      table.Add({outcome, Grouped(count)});
    }
    session_.console().out << table.Text();
    return absl::OkStatus();
  }

  // {"outcomes": {"RECORDED": 80, ...}, "lines": [{"line": 7, "outcome": "NOT_FOUND"}, ...]}
  google::protobuf::Struct AsJson() const {
    google::protobuf::Struct report;
    auto& outcomes = *(*report.mutable_fields())["outcomes"].mutable_struct_value()->mutable_fields();
    for (const auto& [outcome, count] : counts_) {
      outcomes[outcome].set_number_value(static_cast<double>(count));
    }
    auto& lines = *(*report.mutable_fields())["lines"].mutable_list_value();
    for (const auto& [line, outcome] : noted_) {
      auto& fields = *lines.add_values()->mutable_struct_value()->mutable_fields();
      fields["line"].set_number_value(static_cast<double>(line));
      fields["outcome"].set_string_value(outcome);
    }
    return report;
  }

  Session& session_;
  const Options& options_;
  const std::string parent_;
  Progress progress_;
  v1::BatchRecordAidRequest batch_;
  std::vector<int64_t> lines_;
  std::map<std::string, std::string> schools_;  // code -> id
  std::map<std::string, Found> persons_;        // by identity number, in memory only
  std::map<std::string, int64_t> counts_;
  std::vector<std::pair<int64_t, std::string>> noted_;
  int64_t sent_ = 0;
};

}  // namespace

void AddAidRecordCommand(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* record = aid.add_subcommand("record", "records aid that another system paid, from its list");
  record->add_option("file", options->file, "CSV or Excel: 身份证件号, 学校标识码, 学期, 资助项目, 金额")
      ->required()
      ->check(CLI::ExistingFile);
  record->add_option("--county", options->county, "six digits");
  record->add_option("--source", options->source, "PRIOR_SYSTEM, NATIONAL_AID_SYSTEM")->capture_default_str();
  record->add_option("--paid-on", options->paid_on, "day of payment where the list has none");
  OnCommand(record, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return Recorder(session, given, std::move(parent)).Run();
  });
}

}  // namespace ruraledu::cli
