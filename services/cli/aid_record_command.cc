// aid record, aid records: what another system paid, from the list that it exports, and as it was recorded.
#include "common/domain/money.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/commands.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;

struct Options {
  std::string county, term, file, source = "PRIOR_SYSTEM", paid_on;
  int64_t limit = 50;
};

class AidRecorder final : public RowRecorder {
 public:
  AidRecorder(Session& session, const Options& options, std::string parent)
      : RowRecorder(session, std::move(parent), "aid_records"), options_(options) {}

 private:
  absl::Status Begin() override {
    registry::ListSchoolsRequest request;
    request.set_parent(parent());
    request.set_with_closed(true);
    ASSIGN_OR_RETURN(const auto all,
                     session().ListAll<registry::ListSchoolsResponse>("registry", "ListSchools", request, 0));
    for (const registry::School& school : all.schools()) {
      schools_[school.code()] = LastPart(school.name());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Add(const Row& row, const Person& person) override {
    const auto school = schools_.find(row.Value("school_code"));
    if (school == schools_.end()) {
      return std::string("SCHOOL_UNKNOWN");
    }
    const std::string& paid_on = row.Value("paid_on").empty() ? options_.paid_on : row.Value("paid_on");
    ASSIGN_OR_RETURN(const google::type::Date day, DateOf("paid_on", paid_on));
    if (person.by_name) {
      Count(row.line, "WEAK_MATCH");  // recorded, and to be looked at
    }
    v1::AidRecord& record = *batch_.add_records();
    record.set_person(person.id);
    record.set_weak_match(person.by_name);
    record.set_id_mismatch(person.by_name);
    record.set_item(row.Value("item"));
    record.set_term(row.Value("term"));
    record.set_amount_fen(row.Number("amount_yuan"));
    *record.mutable_paid_on() = day;
    record.set_source(options_.source);
    record.set_school(school->second);
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    ASSIGN_OR_RETURN(const auto answer,
                     session().Call<v1::BatchRecordAidResponse>("student_aid", "BatchRecordAid", batch_));
    batch_.Clear();
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  const Options& options_;
  v1::BatchRecordAidRequest batch_;
  std::map<std::string, std::string> schools_;  // code -> id
};

absl::Status ListRecords(Session& session, const Options& options) {
  v1::ListAidRecordsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListAidRecordsResponse>("student_aid", "ListAidRecords", request,
                                                                               options.limit));
  Table table({{"区域 area"},
               {"学生 person"},
               {"项目 item"},
               {"金额(元) yuan", true},
               {"发放日 paid-on"},
               {"来源 source"},
               {"拒收 refused"}});
  for (const v1::AidRecord& record : all.records()) {
    table.Add({record.area(), record.person(), record.item(), FormatFenGrouped(record.amount_fen()),
               TextOf(record.paid_on()), record.source(), record.refused()});
  }
  return session.Print(all, table);
}

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
  CLI::App* records = aid.add_subcommand("records", "aid of a term that other systems paid, as recorded");
  records->add_option("--county", options->county, "six digits");
  records->add_option("--term", options->term, "2023-2024-1")->required();
  AddLimit(*records, &options->limit);
  OnCommand(records, chosen, options, ListRecords);
  OnCommand(record, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return AidRecorder(session, given, std::move(parent)).Run(given.file);
  });
}

}  // namespace ruraledu::cli
