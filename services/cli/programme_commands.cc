// aid studies, aid tracked, aid loans: who studies beyond school, what banks, offices and universities give them, who
// wants a loan and has none.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, file, student, area, term, kind, state, name, year, purpose, source = "EXAM_CENTRE";
  bool unmask = false, with_contract = false;
  int admission = 0;
  int64_t limit = 50;
};

class StudyRecorder final : public RowRecorder {
 public:
  StudyRecorder(Session& session, const Options& options, std::string parent)
      : RowRecorder(session, std::move(parent), "studies"), options_(options) {}

 private:
  absl::StatusOr<std::string> Add(const Row& row, const Person& person) override {
    if (person.by_name) {
      return std::string("WEAK_MATCH");  // an aid that is paid elsewhere goes to nobody who is not sure
    }
    v1::Study study;
    study.set_person(person.id);
    study.set_admission_year(static_cast<int32_t>(row.Number("admission_year")));
    study.set_stage(row.Value("stage"));
    study.set_university(row.Value("university"));
    study.set_region_code(row.Value("region_code"));
    study.set_length_years(static_cast<int32_t>(row.Number("length_years")));
    study.set_full_time_formal(row.Value("full_time") != "0");
    study.set_central_university(row.Value("central_university") == "1");
    study.set_discharged_soldier(row.Value("discharged_soldier") == "1");
    study.set_source(options_.source);
    v1::StudySpan* span = study.add_spans();
    span->set_state(row.Value("state").empty() ? v1::STUDY_STATE_STUDYING
                                               : ValueOf<v1::StudyState>(row.Value("state")));
    const std::string from =
        row.Value("state_from").empty() ? absl::StrCat(study.admission_year(), "-09-01") : row.Value("state_from");
    ASSIGN_OR_RETURN(*span->mutable_from(), DateOf("state_from", from));
    AddYear(row, &study);
    *batch_.add_studies() = std::move(study);
    return std::string();
  }

  static void AddYear(const Row& row, v1::Study* study) {
    if (row.Value("school_year").empty()) {
      return;
    }
    v1::StudyYear* year = study->add_years();
    year->set_school_year(row.Value("school_year"));
    year->set_study_year(static_cast<int32_t>(row.Number("study_year")));
    if (!row.Value("tuition_yuan").empty()) {
      year->set_tuition_fen(row.Number("tuition_yuan"));
    }
    if (!row.Value("accommodation_yuan").empty()) {
      year->set_accommodation_fen(row.Number("accommodation_yuan"));
    }
    if (!row.Value("wants_loan").empty()) {
      year->set_loan_wish(row.Value("wants_loan") == "1" ? v1::LOAN_WISH_YES : v1::LOAN_WISH_NO);
    }
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    ASSIGN_OR_RETURN(const auto answer,
                     session().Call<v1::BatchRecordStudiesResponse>("student_aid", "BatchRecordStudies", batch_));
    batch_.Clear();
    for (const std::string& moved : answer.moved()) {
      session().console().err << "follows the study: " << moved << "\n";
    }
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  const Options& options_;
  v1::BatchRecordStudiesRequest batch_;
};

class TrackedRecorder final : public RowRecorder {
 public:
  TrackedRecorder(Session& session, std::string parent) : RowRecorder(session, std::move(parent), "tracked_aids") {}

 private:
  absl::StatusOr<std::string> Add(const Row& row, const Person& person) override {
    if (person.by_name) {
      return std::string("WEAK_MATCH");
    }
    ASSIGN_OR_RETURN(const google::type::Date on, DateOf("on", row.Value("on")));
    v1::TrackedAidRow& added = *batch_.add_rows();
    added.set_student(person.id);
    added.set_term(row.Value("term"));
    added.set_kind(ValueOf<v1::TrackedAidKind>(row.Value("kind")));
    added.set_event(ValueOf<v1::TrackedAidEvent>(row.Value("event")));
    *added.mutable_on() = on;
    added.set_amount_fen(row.Number("amount_yuan"));
    added.set_item(row.Value("item"));
    added.set_reference(row.Value("reference"));
    added.set_contract_number(row.Value("contract_number"));
    added.set_co_borrower(row.Value("co_borrower"));
    added.set_reason(row.Value("reason"));
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    batch_.set_parent(parent());
    ASSIGN_OR_RETURN(const auto answer, session().Call<v1::BatchRecordTrackedAidsResponse>(
                                            "student_aid", "BatchRecordTrackedAids", batch_));
    batch_.Clear();
    return std::vector<std::string>(answer.outcomes().begin(), answer.outcomes().end());
  }

  v1::BatchRecordTrackedAidsRequest batch_;
};

absl::Status ListStudies(Session& session, const Options& options) {
  v1::ListStudiesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  request.set_admission_year(options.admission);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListStudiesResponse>("student_aid", "ListStudies", request, options.limit));
  Table table({{"区域 area"}, {"层次 stage"}, {"院校 university"}, {"状态 state"}, {"起 from"}, {"资源名 resource"}});
  for (const v1::Study& study : all.studies()) {
    const v1::StudySpan span = study.spans().empty() ? v1::StudySpan() : *study.spans().rbegin();
    table.Add(
        {study.area(), study.stage(), study.university(), EnumText(span.state()), TextOf(span.from()), study.name()});
  }
  return session.Print(all, table);
}

Table TrackedTable() {
  return Table({{"区域 area"},
                {"类别 kind"},
                {"状态 state"},
                {"项目 item"},
                {"申请 asked", true},
                {"标准 standard", true},
                {"签约 agreed", true},
                {"发放 paid", true},
                {"资源名 resource"}});
}

void AddTracked(const v1::TrackedAid& aid, Table* table) {
  table->Add({aid.area(), EnumText(aid.kind()), EnumText(aid.state()), aid.item(), FormatFenGrouped(aid.amount_fen()),
              FormatFenGrouped(aid.standard_fen()), FormatFenGrouped(aid.agreed_fen()),
              FormatFenGrouped(aid.paid_fen()), aid.name()});
}

absl::Status ListTracked(Session& session, const Options& options) {
  v1::ListTrackedAidsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_kind(ValueOf<v1::TrackedAidKind>(options.kind));
  request.set_state(ValueOf<v1::TrackedAidState>(options.state));
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListTrackedAidsResponse>("student_aid", "ListTrackedAids",
                                                                                request, options.limit));
  Table table = TrackedTable();
  for (const v1::TrackedAid& aid : all.tracked_aids()) {
    AddTracked(aid, &table);
  }
  return session.Print(all, table);
}

absl::Status ShowTracked(Session& session, const Options& options) {
  v1::GetTrackedAidRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  rpc::CallOptions call;
  call.purpose = options.purpose;
  ASSIGN_OR_RETURN(const auto aid, session.Call<v1::TrackedAid>("student_aid", "GetTrackedAid", request, call));
  Table table = TrackedTable();
  AddTracked(aid, &table);
  return session.Print(aid, table);
}

absl::Status ListCandidates(Session& session, const Options& options) {
  v1::ListLoanCandidatesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school_year(options.year);
  request.set_area(AreaOf(options.area));
  request.set_with_contract(options.with_contract);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListLoanCandidatesResponse>("student_aid", "ListLoanCandidates",
                                                                                   request, options.limit));
  Table table({{"区域 area"}, {"姓名 name"}, {"原因 gap"}, {"条款 clause"}, {"上限 ceiling", true}, {"学生 student"}});
  for (const v1::LoanCandidate& one : all.candidates()) {
    table.Add({one.area(), one.display_name(), EnumText(one.gap()), one.clause(), FormatFenGrouped(one.ceiling_fen()),
               one.student()});
  }
  return session.Print(all, table);
}

using Shared = std::shared_ptr<Options>;

void AddList(CLI::App* command, const Shared& options) {
  command->add_option("--county", options->county, "six digits");
  command->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*command, &options->limit);
}

CLI::App* AddFile(CLI::App* parent, const Shared& options, const char* columns) {
  CLI::App* record = parent->add_subcommand("record", "records the rows of a list");
  record->add_option("file", options->file, columns)->required()->check(CLI::ExistingFile);
  record->add_option("--county", options->county, "six digits");
  return record;
}

void AddStudies(CLI::App& aid, Action& chosen, const Shared& options) {
  CLI::App* studies = aid.add_subcommand("studies", "who studies beyond school (高校在读)")->require_subcommand(1);
  CLI::App* record =
      AddFile(studies, options, "CSV or Excel: 身份证件号, 录取年份, 层次, 院校名称, 院校区划代码, 学制");
  record->add_option("--source", options->source, "EXAM_CENTRE, SCHOOL, FAMILY")->capture_default_str();
  OnCommand(record, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return StudyRecorder(session, given, std::move(parent)).Run(given.file);
  });
  CLI::App* list = studies->add_subcommand("list", "studies of a county");
  AddList(list, options);
  list->add_option("--student", options->student, "only of this student");
  list->add_option("--admission", options->admission, "only admitted in this year: 2023");
  OnCommand(list, chosen, options, ListStudies);
  AddShow<v1::GetStudyRequest, v1::Study>(studies, chosen, "student_aid", "GetStudy", "one study",
                                          "counties/411728/studies/...");
}

}  // namespace

void AddProgrammeCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  AddStudies(aid, chosen, options);
  CLI::App* tracked =
      aid.add_subcommand("tracked", "loans, Rain and Dew, grants of universities (助学贷款等)")->require_subcommand(1);
  CLI::App* record = AddFile(tracked, options, "CSV or Excel: 身份证件号, 学期, 类别, 办理结果, 办理日期, 金额");
  OnCommand(record, chosen, options, [](Session& session, const Options& given) -> absl::Status {
    ASSIGN_OR_RETURN(std::string parent, session.County(given.county));
    return TrackedRecorder(session, std::move(parent)).Run(given.file);
  });
  CLI::App* list = tracked->add_subcommand("list", "tracked aid of a county and term");
  AddList(list, options);
  list->add_option("--term", options->term, "2023-2024-1; of loans and scholarships the autumn")->required();
  list->add_option("--kind", options->kind, "only this kind")
      ->check(CLI::IsMember({"LOAN_ORIGIN", "LOAN_CAMPUS", "RAIN_DEW", "GRANT", "SCHOLARSHIP"}));
  list->add_option("--state", options->state, "only in this state")
      ->check(CLI::IsMember({"ASKED", "AGREED", "PAID", "REFUSED", "WITHDRAWN", "PAUSED", "ENDED"}));
  OnCommand(list, chosen, options, ListTracked);
  CLI::App* show = tracked->add_subcommand("show", "one tracked aid");
  show->add_option("name", options->name, "counties/411728/trackedAids/...")->required();
  AddUnmask(*show, &options->unmask, &options->purpose);
  OnCommand(show, chosen, options, ShowTracked);
  AddEvaluate<v1::EvaluateTrackedAidRequest, v1::EvaluateTrackedAidResponse>(
      tracked, chosen, "student_aid", "EvaluateTrackedAid", "what the standards say of a loan or grant");
  CLI::App* loans =
      aid.add_subcommand("loans", "who wants a loan and has no contract (应贷尽贷); the rate: aid reports");
  AddList(loans, options);
  loans->add_option("--year", options->year, "school year: 2023-2024")->required();
  loans->add_flag("--with-contract", options->with_contract, "also those who have one");
  OnCommand(loans, chosen, options, ListCandidates);
}

}  // namespace ruraledu::cli
