// aid record: a list of what another system paid, as that system exports it. Persons are found by identity number in
// the registry; nothing of the list is kept but the aid itself.
#include <map>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/ingest/header_map.h"
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
      Refuse(row.line, errors.front().code);
      return absl::OkStatus();
    }
    const auto value = [&](std::string_view field) { return values[static_cast<size_t>(table.spec().Field(field))]; };
    const auto school = schools_.find(value("school_code"));
    if (school == schools_.end()) {
      Refuse(row.line, "UNKNOWN_SCHOOL");
      return absl::OkStatus();
    }
    const absl::StatusOr<std::string> person = PersonOf(value("citizen_id"));
    if (absl::IsNotFound(person.status()) || absl::IsInvalidArgument(person.status())) {
      Refuse(row.line, ReasonOf(person.status()));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(person.status());
    v1::AidRecord& record = *batch_.add_records();
    record.set_person(*person);
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

  absl::StatusOr<std::string> PersonOf(const std::string& number) {
    const auto known = persons_.find(number);
    if (known != persons_.end()) {
      return known->second;
    }
    registry::FindStudentRequest request;
    request.set_parent(parent_);
    request.set_id_number(number);
    ASSIGN_OR_RETURN(const auto student, session_.Call<registry::Student>("registry", "FindStudent", request));
    return persons_[number] = LastPart(student.name());
  }

  absl::Status Send() {
    if (batch_.records().empty()) {
      return absl::OkStatus();
    }
    batch_.set_parent(parent_);
    ASSIGN_OR_RETURN(const auto answer,
                     session_.Call<v1::BatchRecordAidResponse>("student_aid", "BatchRecordAid", batch_));
    for (int i = 0; i < answer.outcomes_size(); ++i) {
      ++counts_[answer.outcomes(i)];
      if (answer.outcomes(i) != "RECORDED" && answer.outcomes(i) != "UNCHANGED") {
        Note(lines_[static_cast<size_t>(i)], answer.outcomes(i));
      }
    }
    sent_ += batch_.records_size();
    progress_.Show(sent_, 0, absl::StrCat(Grouped(sent_), " rows"));
    batch_.Clear();
    lines_.clear();
    return absl::OkStatus();
  }

  void Refuse(int64_t line, std::string_view code) {
    ++counts_[std::string(code)];
    Note(line, code);
  }

  void Note(int64_t line, std::string_view code) {
    constexpr size_t kShown = 20;
    if (++noted_ <= kShown) {
      session_.console().err << "line " << line << ": " << code << "\n";
    }
  }

  absl::Status Report() {
    Table table({{"结果 outcome"}, {"行 rows", true}});
    for (const auto& [outcome, count] : counts_) {
      table.Add({outcome, Grouped(count)});
    }
    session_.console().out << table.Text();
    return absl::OkStatus();
  }

  Session& session_;
  const Options& options_;
  const std::string parent_;
  Progress progress_;
  v1::BatchRecordAidRequest batch_;
  std::vector<int64_t> lines_;
  std::map<std::string, std::string> schools_,
      persons_;  // school code -> id; identity number -> person, in memory only
  std::map<std::string, int64_t> counts_;
  size_t noted_ = 0;
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
