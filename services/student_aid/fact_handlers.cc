// Enquiries at departments about what families reported.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/proto_day.h"
#include "common/domain/report_cells.h"
#include "common/domain/shard.h"
#include "common/rpc/table_stream.h"
#include "services/student_aid/consent_store.h"
#include "services/student_aid/fact_rules.h"
#include "services/student_aid/fact_run.h"
#include "services/student_aid/fact_store.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmaskFacts = "student_aid.facts.unmask";
constexpr int kMostEntries = 2000;
constexpr int64_t kRecordsPerRead = 500;

std::string AreaOf(const v1::FactEnquiry& enquiry) {
  return enquiry.area();
}

absl::Status CheckNew(const DepartmentBook& departments, absl::CivilDay today,
                      const v1::CreateFactEnquiryRequest& request) {
  Violations violations;
  violations.Require(!request.department().empty(), "department");
  if (!request.department().empty() && !departments.KnowsDepartment(request.department(), today)) {
    violations.Add("department", "CODE_UNKNOWN", {{"list", "aid_department"}});
  }
  if (!ParseSchoolYear(request.school_year()).ok()) {
    violations.Add("school_year", "SCHOOL_YEAR_FORMAT", {{"school_year", request.school_year()}});
  }
  RETURN_IF_ERROR(violations.status());
  return departments.FactorsOf(request.department(), today).empty()
             ? Fail("FACT_SOURCE_NONE", {{"department", request.department()}})
             : absl::OkStatus();
}

// Entries of an enquiry in the making. Without a basis for a pupil nothing is asked about that pupil.
class Asking {
 public:
  // `basis`: of the enquiry today; null: none.
  Asking(db::Transaction& tx, const crypto::Sealer& sealer, const std::vector<std::string>& factors,
         const v1::LegalBasis* basis, absl::CivilDay today, const v1::FactEnquiry& enquiry)
      : tx_(tx), sealer_(sealer), factors_(factors), basis_(basis), today_(today), enquiry_(enquiry) {}

  absl::Status Add(const AreaRange& within) {
    std::string area, id;
    while (!full()) {
      ASSIGN_OR_RETURN(const auto rows, IdentificationsBehind(tx_, tx_.shard(), enquiry_.school_year(), within, area,
                                                              id, kRecordsPerRead));
      for (const db::Row& row : rows) {
        RETURN_IF_ERROR(AddRecord(row));
      }
      if (static_cast<int64_t>(rows.size()) < kRecordsPerRead) {
        return absl::OkStatus();
      }
      area = rows.back().Text(0);
      id = rows.back().Text(1);
    }
    return absl::OkStatus();
  }
  // What is left to ask; FACT_ENQUIRY_EMPTY, FACT_ENQUIRY_BASIS.
  absl::Status CheckAny() const {
    if (!entries.empty()) {
      return absl::OkStatus();
    }
    return without_basis == 0
               ? Fail("FACT_ENQUIRY_EMPTY", {{"year", enquiry_.school_year()}})
               : Fail("FACT_ENQUIRY_BASIS", {{"count", absl::StrCat(without_basis)}, {"use", enquiry_.use()}});
  }
  std::vector<v1::FactEnquiryEntry> entries;
  int32_t without_basis = 0;  // entries that were left out

 private:
  bool full() const { return entries.size() >= kMostEntries; }
  absl::Status AddRecord(const db::Row& row) {
    v1::Identification record;
    RETURN_IF_ERROR(feed::ReadRoot(row, 2, kIdentifications, row.Text(1), &sealer_, &record));
    if (!MayBeAsked(record.state()) || record.set_aside()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto asked, FactorsAsked(tx_, tx_.shard(), row.Text(1)));
    std::optional<bool> allowed;
    for (const v1::FactorFact& fact : FactorsNow(record)) {
      const bool known = std::find(factors_.begin(), factors_.end(), fact.factor()) != factors_.end();
      if (!known || asked.contains(fact.factor()) || full()) {
        continue;
      }
      if (!allowed.has_value()) {
        ASSIGN_OR_RETURN(allowed, Allowed(record.person()));
      }
      if (!*allowed) {
        ++without_basis;
        continue;
      }
      v1::FactEnquiryEntry& entry = entries.emplace_back();
      const std::string parent = absl::StrCat("counties/", tx_.shard().substr(1));
      entry.set_row(static_cast<int64_t>(entries.size()));
      entry.set_name(absl::StrFormat("%s/%s/%s.%07d", parent, kFactEnquiryEntries.collection,
                                     feed::IdOfName(enquiry_.name()), entry.row()));
      entry.set_enquiry(enquiry_.name());
      entry.set_area(record.area());
      entry.set_person(record.person());
      entry.set_identification(record.name());
      entry.set_factor(fact.factor());
    }
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Allowed(const std::string& person) {
    ConsentFacts facts;
    if (basis_ != nullptr && basis_->basis() == v1::LEGAL_BASIS_KIND_CONSENT) {
      ASSIGN_OR_RETURN(const std::string stays, WhoStays(tx_, tx_.shard(), person));
      ASSIGN_OR_RETURN(facts, ConsentFactsOf(tx_, tx_.shard(), stays, basis_->use()));
    }
    return EvaluateConsent(basis_, today_, facts).allowed();
  }

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const std::vector<std::string>& factors_;
  const v1::LegalBasis* basis_;
  const absl::CivilDay today_;
  const v1::FactEnquiry& enquiry_;
};

// An enquiry without its entries.
v1::FactEnquiry Opened(const v1::CreateFactEnquiryRequest& request, const std::string& id, const Act& act,
                       int64_t now_us, const ConsentBook& consents, const v1::LegalBasis* basis) {
  const std::string county(rpc::CountyOfParent(request.parent()));
  v1::FactEnquiry made;
  made.set_name(absl::StrCat(request.parent(), "/", kFactEnquiries.collection, "/", id));
  made.set_area(county);
  made.set_department(request.department());
  made.set_school_year(request.school_year());
  made.set_state(v1::FACT_ENQUIRY_STATE_OPEN);
  made.set_reference(absl::StrCat("RURALEDU-HC-", county, "-", id));
  made.set_file_time_us(now_us);
  made.set_asked_by(act.person);
  made.set_use(consents.UseOfEnquiry(request.department()));
  made.set_basis(basis == nullptr ? v1::LEGAL_BASIS_KIND_UNSPECIFIED : basis->basis());
  return made;
}

// What the department is to write: the unit of a value, or the answers to choose from.
std::string HintOf(const IdentificationBook& tables, std::string_view policy, std::string_view factor) {
  const v1::IdentificationPolicy* const table = tables.Find(policy);
  std::vector<std::string> answers;
  for (int i = 0; table != nullptr && i < table->factors_size(); ++i) {
    const v1::FactorRow& row = table->factors(i);
    if (row.factor() != factor) {
      continue;
    }
    if (!row.unit().empty()) {
      return absl::StrCat("核实值单位：", row.unit());
    }
    answers.push_back(absl::StrCat(row.answer(), " ", row.label_zh()));
  }
  return absl::StrCat("核实选项：", absl::StrJoin(answers, "；"));
}

const char* const kHeadings[] = {"查询编号",     "序号",     "姓名",     "身份证件号码", "核查项目",
                                 "核查项目名称", "核查结果", "核实选项", "核实值"};

using Cells = google::protobuf::RepeatedPtrField<reports_v1::ReportCell>;

// ERASED when the pupil was.
absl::Status AddCells(const IdentificationBook& tables, db::Transaction& tx, const crypto::Sealer& sealer,
                      const std::string& reference, const v1::FactEnquiryEntry& entry, Cells* cells) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(entry.name()));
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, entry.person()));
  ASSIGN_OR_RETURN(const auto row, PaperOf(tx, shard, entry.person()));
  v1::Identification record;
  RETURN_IF_ERROR(
      feed::LoadRoot(tx, sealer, kIdentifications, shard, feed::IdOfName(entry.identification()), &record).status());
  if (!place.has_value() || !row.has_value() || place->display_name.empty()) {
    return Fail("ERASED", {{"name", entry.name()}});
  }
  registry_v1::Student paper;
  RETURN_IF_ERROR(feed::ReadRoot(*row, 0, kPapers, entry.person(), &sealer, &paper));
  for (const std::string& text :
       {reference, absl::StrCat(entry.row()), place->display_name, paper.id_number(), entry.factor(),
        HintOf(tables, record.policy(), entry.factor()), std::string(), std::string(), std::string()}) {
    *cells->Add() = TextCell(text);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::FactEnquiry> Handlers::CreateFactEnquiry(rpc::Call& call,
                                                            const v1::CreateFactEnquiryRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(CheckNew(departments_, today, request));
  ASSIGN_OR_RETURN(auto within, WithinArea(request.area()));
  const std::string county(rpc::CountyOfParent(request.parent()));
  if (within.empty()) {
    within.push_back(RangeOf(county));
  }
  const std::vector<std::string> factors = departments_.FactorsOf(request.department(), today);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const v1::LegalBasis* const basis = consents_.FindEnquiry(request.department(), RegionOfShard(shard), today);
  const v1::FactEnquiry made =
      Opened(request, NewId(call.clock()), ActOf(call), call.clock().NowMicros(), consents_, basis);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        RETURN_IF_ERROR(call.CheckArea(county));
        Asking asking(tx, *sealer, factors, basis, today, made);
        for (const AreaRange& range : within) {
          RETURN_IF_ERROR(asking.Add(range));
        }
        RETURN_IF_ERROR(asking.CheckAny());
        v1::FactEnquiry whole = made;
        whole.set_entries(static_cast<int32_t>(asking.entries.size()));
        whole.set_without_basis(asking.without_basis);
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kFactEnquiries, nullptr, whole, "CREATE").status());
        for (const v1::FactEnquiryEntry& entry : asking.entries) {
          RETURN_IF_ERROR(writer.Put(kFactEnquiryEntries, nullptr, entry, "CREATE").status());
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{whole.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::FactEnquiry> {
        ASSIGN_OR_RETURN(auto root,
                         feed::Load<v1::FactEnquiry>(tx, *sealer, kFactEnquiries, shard, feed::IdOfName(name)));
        RETURN_IF_ERROR(call.CheckArea(root->area()));
        return *std::move(root);
      });
}

absl::StatusOr<rpc::ReportStream> Handlers::ExportFactEnquiry(rpc::Call& call,
                                                              const v1::ExportFactEnquiryRequest& request) {
  ASSIGN_OR_RETURN(const auto enquiry,
                   rpc::GetRoot<v1::FactEnquiry>(call, host_, kFactEnquiries, request.name(), AreaOf));
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskFacts, enquiry.area(), enquiry.name()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  std::vector<Cells> rows;
  RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto entries, EntriesOfEnquiry(tx, shard, feed::IdOfName(enquiry.name())));
    for (const v1::FactEnquiryEntry& entry : entries) {
      RETURN_IF_ERROR(AddCells(tables_, tx, *sealer, enquiry.reference(), entry, &rows.emplace_back()));
    }
    return absl::OkStatus();
  }));
  return rpc::StreamTable(enquiry.reference(), request.format(), {std::begin(kHeadings), std::end(kHeadings)},
                          [&](ingest::TableWriter& writer) -> absl::Status {
                            for (const Cells& cells : rows) {
                              RETURN_IF_ERROR(writer.Write(rpc::OutCellsOf(cells)));
                            }
                            return absl::OkStatus();
                          });
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ImportFactAnswers(rpc::Call& call,
                                                                    const v1::ImportFactAnswersRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kFactEnquiries.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  // Settles the area, for replays too.
  RETURN_IF_ERROR(rpc::GetRoot<v1::FactEnquiry>(call, host_, kFactEnquiries, request.name(), AreaOf).status());
  v1::FactAnswersPlan plan;
  plan.set_enquiry(request.name());
  plan.set_file(request.file());
  plan.set_person(ActOf(call).person);
  return rpc::StartJob(shared_, call, absl::StrCat("counties/", shard.substr(1)), kFactAnswersJob, plan,
                       [&](db::Transaction& tx) -> absl::Status {
                         ASSIGN_OR_RETURN(auto enquiry, feed::Load<v1::FactEnquiry>(tx, *sealer, kFactEnquiries, shard,
                                                                                    feed::IdOfName(request.name())));
                         RETURN_IF_ERROR(StepEnquiry("read", &*enquiry));
                         return CheckFileOf(tx, host_.keys, request.file(), request.name());
                       });
}

absl::StatusOr<v1::FactEnquiry> Handlers::GetFactEnquiry(rpc::Call& call, const v1::GetFactEnquiryRequest& request) {
  return rpc::GetRoot<v1::FactEnquiry>(call, host_, kFactEnquiries, request.name(), AreaOf);
}

absl::StatusOr<v1::ListFactEnquiriesResponse> Handlers::ListFactEnquiries(rpc::Call& call,
                                                                          const v1::ListFactEnquiriesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {}};
  if (!request.school_year().empty()) {
    RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
    spec.equal.emplace_back("school_year", request.school_year());
  }
  return rpc::ListRoots<v1::FactEnquiry, v1::ListFactEnquiriesRequest, v1::ListFactEnquiriesResponse>(
      call, host_, kFactEnquiries, spec, request, &v1::ListFactEnquiriesResponse::mutable_enquiries);
}

absl::StatusOr<v1::ListFactEnquiryEntriesResponse> Handlers::ListFactEnquiryEntries(
    rpc::Call& call, const v1::ListFactEnquiryEntriesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {}};
  if (!request.enquiry().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.enquiry(), kFactEnquiries.collection).status());
    spec.equal.emplace_back("enquiry", std::string(feed::IdOfName(request.enquiry())));
  }
  if (!request.person().empty()) {
    spec.equal.emplace_back("person", request.person());
  }
  return rpc::ListRoots<v1::FactEnquiryEntry, v1::ListFactEnquiryEntriesRequest, v1::ListFactEnquiryEntriesResponse>(
      call, host_, kFactEnquiryEntries, spec, request, &v1::ListFactEnquiryEntriesResponse::mutable_entries);
}

}  // namespace ruraledu::student_aid
