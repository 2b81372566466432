#include "services/student_aid/tables.h"

#include <algorithm>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "common/rpc/file_methods.h"

namespace ruraledu::student_aid {
namespace {

std::vector<db::Value> ComparisonColumns(const v1::Comparison& comparison) {
  const auto& result = comparison.result();
  const auto on_list = [&](v1::ComparisonList list) {
    return std::any_of(result.rows().begin(), result.rows().end(), [&](const auto& row) { return row.list() == list; });
  };
  std::vector<db::Value> values = {comparison.area(), comparison.person(), comparison.term(),
                                   int64_t{on_list(v1::COMPARISON_LIST_SHOULD_AID)},
                                   int64_t{on_list(v1::COMPARISON_LIST_SHOULD_NOT)}};
  for (int code = v1::COMPARISON_CLASS_A; code <= v1::COMPARISON_CLASS_F; ++code) {
    values.push_back(
        int64_t{std::find(result.classes().begin(), result.classes().end(), code) != result.classes().end()});
  }
  values.push_back(v1::ComplianceStatus_Name(result.compliance()));
  return values;
}

}  // namespace

const feed::RootTable kDecisions{
    "decision",
    "decisions",
    {"area", "person", "term", "revision", "in_force", "entitled"},
    feed::ColumnsOf<v1::Decision>(+[](const v1::Decision& d) {
      const bool entitled = std::any_of(d.counted().begin(), d.counted().end(),
                                        [](const auto& item) { return item.counts_in_coverage(); });
      return std::vector<db::Value>{
          d.area(), d.person(), d.term(), int64_t{d.revision()}, int64_t{d.in_force()}, int64_t{entitled}};
    })};

const feed::RootTable kRuns{
    "run", "runs", {"area", "kind", "term", "number", "state"}, feed::ColumnsOf<v1::Run>(+[](const v1::Run& r) {
      return std::vector<db::Value>{r.area(), v1::RunKind_Name(r.kind()), r.term(), int64_t{r.number()},
                                    v1::RunState_Name(r.state())};
    })};

const feed::RootTable kAidRecords{
    "aid_record",
    "aidRecords",
    {"area", "person", "term", "item", "refused", "family"},
    feed::ColumnsOf<v1::AidRecord>(+[](const v1::AidRecord& a) {
      return std::vector<db::Value>{a.area(), a.person(), a.term(), a.item(), a.refused()};
    })};

const feed::RootTable kComparisons{"comparison",
                                   "comparisons",
                                   {"area", "person", "term", "should_aid", "should_not", "class_a", "class_b",
                                    "class_c", "class_d", "class_e", "class_f", "compliance"},
                                   feed::ColumnsOf<v1::Comparison>(&ComparisonColumns)};

// Programmes.
const feed::RootTable kStudies{
    "study", "studies", {"area", "person", "admission_year"}, feed::ColumnsOf<v1::Study>(+[](const v1::Study& s) {
      return std::vector<db::Value>{s.area(), s.person(), int64_t{s.admission_year()}};
    })};

const feed::RootTable kTrackedAids{
    "tracked_aid",
    "trackedAids",
    {"area", "person", "term", "kind", "state", "agreed_fen"},
    feed::ColumnsOf<v1::TrackedAid>(+[](const v1::TrackedAid& t) {
      return std::vector<db::Value>{
          t.area(),      t.person(), t.term(), v1::TrackedAidKind_Name(t.kind()), v1::TrackedAidState_Name(t.state()),
          t.agreed_fen()};
    })};

const feed::RootTable kIdentifications{
    "identification",
    "identifications",
    {"area", "person", "school_year", "state", "disputed", "adjustment_due", "notice"},
    feed::ColumnsOf<v1::Identification>(+[](const v1::Identification& i) {
      return std::vector<db::Value>{i.area(),
                                    i.person(),
                                    i.school_year(),
                                    v1::IdentificationState_Name(i.state()),
                                    int64_t{i.disputed()},
                                    int64_t{i.adjustment_due()},
                                    i.notice()};
    })};

const feed::RootTable kNotices{
    "notice", "notices", {"area", "term", "state"}, feed::ColumnsOf<v1::Notice>(+[](const v1::Notice& n) {
      return std::vector<db::Value>{n.area(), n.term(), v1::NoticeState_Name(n.state())};
    })};

// Studying elsewhere, graduates, publicity.
const feed::RootTable kOutwardCases{
    "outward_case",
    "outwardCases",
    {"area", "person", "term", "direction", "other_county", "state", "letter", "answer_due"},
    feed::ColumnsOf<v1::OutwardCase>(+[](const v1::OutwardCase& c) {
      return std::vector<db::Value>{c.area(),         c.person(),
                                    c.term(),         v1::OutwardDirection_Name(c.direction()),
                                    c.other_county(), v1::OutwardState_Name(c.state()),
                                    c.letter(),       DayTextOf(c.answer_due_on())};
    })};

const feed::RootTable kGraduates{
    "graduate",
    "graduates",
    {"area", "person", "graduating_year", "state", "responsible", "measure_count", "last_contact"},
    feed::ColumnsOf<v1::Graduate>(+[](const v1::Graduate& g) {
      return std::vector<db::Value>{g.area(),
                                    g.person(),
                                    int64_t{g.graduating_year()},
                                    v1::GraduateState_Name(g.state()),
                                    g.responsible(),
                                    int64_t{g.measure_count()},
                                    DayTextOf(g.last_contact_on())};
    })};

const feed::RootTable kPublicityActivities{"publicity_activity",
                                           "publicityActivities",
                                           {"area", "term", "channel", "school", "withdrawn"},
                                           feed::ColumnsOf<v1::PublicityActivity>(+[](const v1::PublicityActivity& a) {
                                             return std::vector<db::Value>{a.area(), a.term(), a.channel(),
                                                                           std::string(feed::IdOfName(a.school())),
                                                                           int64_t{!a.withdrawn_by().empty()}};
                                           })};

const feed::RootTable kApplications{"application",
                                    "applications",
                                    {"area", "person", "term", "item", "state", "disputed", "overpaid", "notice"},
                                    feed::ColumnsOf<v1::Application>(+[](const v1::Application& a) {
                                      return std::vector<db::Value>{a.area(),
                                                                    a.person(),
                                                                    a.term(),
                                                                    a.item(),
                                                                    v1::ApplicationState_Name(a.state()),
                                                                    int64_t{a.disputed()},
                                                                    int64_t{a.overpaid()},
                                                                    a.notice()};
                                    })};

const feed::RootTable kRestrictions{
    "restriction",
    "restrictions",
    {"area", "person", "lifted"},
    feed::ColumnsOf<v1::Restriction>(+[](const v1::Restriction& r) {
      return std::vector<db::Value>{r.area(), r.person(), int64_t{!r.lifted_by().empty()}};
    })};

// The ledger.
const feed::RootTable kFundSteps{"fund_step",
                                 "fundSteps",
                                 {"area", "kind", "budget_year", "state"},
                                 feed::ColumnsOf<v1::FundStep>(+[](const v1::FundStep& s) {
                                   return std::vector<db::Value>{s.area(), v1::FundStepKind_Name(s.kind()),
                                                                 int64_t{s.budget_year()},
                                                                 v1::FundStepState_Name(s.state())};
                                 })};

const feed::RootTable kLedgerEntries{
    "ledger_entry",
    "ledgerEntries",
    {"area", "kind", "budget_year", "item", "amount_fen", "on_day", "order_name", "person", "batch"},
    feed::ColumnsOf<v1::LedgerEntry>(+[](const v1::LedgerEntry& e) {
      return std::vector<db::Value>{e.area(),
                                    v1::LedgerEntryKind_Name(e.kind()),
                                    int64_t{e.budget_year()},
                                    e.item(),
                                    e.amount_fen(),
                                    DayTextOf(e.on()),
                                    e.order(),
                                    e.person(),
                                    e.batch()};
    })};

const feed::RootTable kSettlements{"settlement",
                                   "settlements",
                                   {"area", "school", "term", "item"},
                                   feed::ColumnsOf<v1::Settlement>(+[](const v1::Settlement& s) {
                                     return std::vector<db::Value>{s.area(), s.school(), s.term(), s.item()};
                                   })};

// Payment.
const feed::RootTable kAccountChecks{"account_check",
                                     "accountChecks",
                                     {"area", "term"},
                                     feed::ColumnsOf<v1::AccountCheck>(+[](const v1::AccountCheck& c) {
                                       return std::vector<db::Value>{c.area(), c.term()};
                                     })};

const feed::RootTable kPaymentBatches{
    "payment_batch",
    "paymentBatches",
    {"area", "term", "state", "number"},
    feed::ColumnsOf<v1::PaymentBatch>(+[](const v1::PaymentBatch& b) {
      return std::vector<db::Value>{b.area(), b.term(), v1::PaymentBatchState_Name(b.state()), int64_t{b.number()}};
    })};

const feed::RootTable kPaymentOrders{"payment_order",
                                     "paymentOrders",
                                     {"area", "person", "term", "state", "batch", "row_number", "card_digest"},
                                     feed::ColumnsOf<v1::PaymentOrder>(+[](const v1::PaymentOrder& o) {
                                       return std::vector<db::Value>{o.area(),
                                                                     o.person(),
                                                                     o.term(),
                                                                     v1::PaymentOrderState_Name(o.state()),
                                                                     std::string(feed::IdOfName(o.batch())),
                                                                     o.row(),
                                                                     o.card_digest()};
                                     })};

const feed::RootTable kPaymentReturns{"payment_return",
                                      "paymentReturns",
                                      {"area", "batch", "state"},
                                      feed::ColumnsOf<v1::PaymentReturn>(+[](const v1::PaymentReturn& r) {
                                        return std::vector<db::Value>{r.area(), std::string(feed::IdOfName(r.batch())),
                                                                      v1::PaymentReturnState_Name(r.state())};
                                      })};

const feed::RootTable kPaymentOverrides{"payment_override",
                                        "paymentOverrides",
                                        {"area", "batch", "state"},
                                        feed::ColumnsOf<v1::PaymentOverride>(+[](const v1::PaymentOverride& o) {
                                          return std::vector<db::Value>{o.area(),
                                                                        std::string(feed::IdOfName(o.batch())),
                                                                        v1::PaymentOverrideState_Name(o.state())};
                                        })};

// Office.
const feed::RootTable kComplaints{
    "complaint",
    "complaints",
    {"area", "person", "category", "sensitive", "is_open", "assignee", "answer_due_on", "priority", "receipt"},
    feed::ColumnsOf<v1::Complaint>(+[](const v1::Complaint& c) {
      return std::vector<db::Value>{c.area(),
                                    c.person(),
                                    c.category(),
                                    int64_t{c.sensitive()},
                                    int64_t{c.state() != v1::COMPLAINT_STATE_ANSWERED},
                                    c.assignee(),
                                    DayText(*DayOf(c.answer_due_on())),
                                    v1::ComplaintPriority_Name(c.priority()),
                                    c.receipt()};
    })};

const feed::RootTable kFamilyMessages{"family_message",
                                      "familyMessages",
                                      {"area", "person", "batch", "state"},
                                      feed::ColumnsOf<v1::FamilyMessage>(+[](const v1::FamilyMessage& m) {
                                        return std::vector<db::Value>{m.area(), m.person(),
                                                                      std::string(feed::IdOfName(m.batch())),
                                                                      v1::FamilyMessageState_Name(m.state())};
                                      })};

const feed::RootTable kPerformancePlans{"performance_plan",
                                        "performancePlans",
                                        {"area", "budget_year"},
                                        feed::ColumnsOf<v1::PerformancePlan>(+[](const v1::PerformancePlan& p) {
                                          return std::vector<db::Value>{p.area(), int64_t{p.budget_year()}};
                                        })};

const feed::RootTable kPresenceChecks{"presence_check",
                                      "presenceChecks",
                                      {"area", "kind", "period", "has_findings"},
                                      feed::ColumnsOf<v1::PresenceCheck>(+[](const v1::PresenceCheck& c) {
                                        return std::vector<db::Value>{c.area(), v1::PresenceKind_Name(c.kind()),
                                                                      c.period(), int64_t{c.findings_size() > 0}};
                                      })};

// Consents, information asked of families.
const feed::RootTable kConsents{"consent",
                                "consents",
                                {"area", "person", "use_code", "valid_until", "withdrawn_on"},
                                feed::ColumnsOf<v1::Consent>(+[](const v1::Consent& c) {
                                  return std::vector<db::Value>{c.area(), c.person(), c.use(),
                                                                DayText(DayOf(c.valid_until()).value_or(kLastDay)),
                                                                DayTextOf(c.withdrawn_on())};
                                })};

const feed::RootTable kInformationRequests{
    "information_request",
    "informationRequests",
    {"area", "person", "record", "state", "due_on"},
    feed::ColumnsOf<v1::InformationRequest>(+[](const v1::InformationRequest& r) {
      return std::vector<db::Value>{r.area(), r.person(), std::string(feed::IdOfName(r.record())),
                                    v1::InformationRequestState_Name(r.state()), DayTextOf(r.due_on())};
    })};

// Aid in kind.
const feed::RootTable kGoodsMovements{
    "goods_movement",
    "goodsMovements",
    {"area", "item", "kind", "state", "person", "period", "issue", "reverses", "quantity"},
    feed::ColumnsOf<v1::GoodsMovement>(+[](const v1::GoodsMovement& m) {
      return std::vector<db::Value>{
          m.area(),    m.item(),   v1::GoodsMovementKind_Name(m.kind()),   v1::GoodsMovementState_Name(m.state()),
          m.person(),  m.period(), std::string(feed::IdOfName(m.issue())), std::string(feed::IdOfName(m.reverses())),
          m.quantity()};
    })};

const feed::RootTable kGoodsStocks{
    "goods_stock",
    "goodsStocks",
    {"area", "school", "item", "on_hand"},
    feed::ColumnsOf<v1::GoodsStock>(+[](const v1::GoodsStock& s) {
      return std::vector<db::Value>{s.area(), std::string(feed::IdOfName(s.school())), s.item(), s.on_hand()};
    })};

// Aid of other departments.
const feed::RootTable kDepartmentAidLists{
    "department_aid_list",
    "departmentAidLists",
    {"area", "state", "digest", "slot"},
    feed::ColumnsOf<v1::DepartmentAidList>(+[](const v1::DepartmentAidList& l) {
      return std::vector<db::Value>{l.area(), v1::DepartmentAidListState_Name(l.state()), l.digest(), l.slot()};
    })};

const feed::RootTable kDepartmentAids{"department_aid",
                                      "departmentAids",
                                      {"area", "person", "list_id", "given_on"},
                                      feed::ColumnsOf<v1::DepartmentAid>(+[](const v1::DepartmentAid& a) {
                                        return std::vector<db::Value>{a.area(), a.person(),
                                                                      std::string(feed::IdOfName(a.list())),
                                                                      DayTextOf(a.given_on())};
                                      })};

const feed::RootTable kFactEnquiries{
    "fact_enquiry",
    "factEnquiries",
    {"area", "school_year", "state"},
    feed::ColumnsOf<v1::FactEnquiry>(+[](const v1::FactEnquiry& e) {
      return std::vector<db::Value>{e.area(), e.school_year(), v1::FactEnquiryState_Name(e.state())};
    })};

const feed::RootTable kFactEnquiryEntries{"fact_enquiry_entry",
                                          "factEnquiryEntries",
                                          {"area", "person", "enquiry", "identification", "factor"},
                                          feed::ColumnsOf<v1::FactEnquiryEntry>(+[](const v1::FactEnquiryEntry& e) {
                                            return std::vector<db::Value>{
                                                e.area(), e.person(), std::string(feed::IdOfName(e.enquiry())),
                                                std::string(feed::IdOfName(e.identification())), e.factor()};
                                          })};

// Mirror of the national system.
const feed::RootTable kMirrorEntries{"mirror_entry",
                                     "mirrorEntries",
                                     {"area", "person", "export_id", "row_number", "project", "state", "reason",
                                      "reported_fen", "verified_fen", "verified_lines", "found_on"},
                                     feed::ColumnsOf<v1::MirrorEntry>(+[](const v1::MirrorEntry& e) {
                                       return std::vector<db::Value>{e.area(),
                                                                     e.person(),
                                                                     std::string(feed::IdOfName(e.of_export())),
                                                                     e.row(),
                                                                     e.project(),
                                                                     v1::MirrorEntryState_Name(e.state()),
                                                                     v1::MirrorReason_Name(e.reason()),
                                                                     e.reported_fen(),
                                                                     e.verified_fen(),
                                                                     int64_t{e.verified_lines()},
                                                                     DayTextOf(e.found_on())};
                                     })};

const feed::RootTable kMirrorExports{
    "mirror_export",
    "mirrorExports",
    {"area", "term", "layout", "state"},
    feed::ColumnsOf<v1::MirrorExport>(+[](const v1::MirrorExport& e) {
      return std::vector<db::Value>{e.area(), e.term(), e.layout(), v1::MirrorExportState_Name(e.state())};
    })};

const feed::RootTable kMirrorFeedbacks{"mirror_feedback",
                                       "mirrorFeedbacks",
                                       {"area", "export_id", "state"},
                                       feed::ColumnsOf<v1::MirrorFeedback>(+[](const v1::MirrorFeedback& f) {
                                         return std::vector<db::Value>{f.area(),
                                                                       std::string(feed::IdOfName(f.of_export())),
                                                                       v1::MirrorFeedbackState_Name(f.state())};
                                       })};

// Verification after payment.
const feed::RootTable kVerificationEntries{"verification_entry",
                                           "verificationEntries",
                                           {"area", "person", "verification", "answer"},
                                           feed::ColumnsOf<v1::VerificationEntry>(+[](const v1::VerificationEntry& e) {
                                             return std::vector<db::Value>{
                                                 e.area(), e.person(), std::string(feed::IdOfName(e.verification())),
                                                 v1::VerificationAnswer_Name(e.answer())};
                                           })};

const feed::RootTable kVerifications{
    "verification",
    "verifications",
    {"area", "term", "state"},
    feed::ColumnsOf<v1::Verification>(+[](const v1::Verification& v) {
      return std::vector<db::Value>{v.area(), v.term(), v1::VerificationState_Name(v.state())};
    })};

const feed::RootTable kPupils{"pupil", "students", {}, nullptr};
const feed::RootTable kSchools{"school", "schools", {}, nullptr};
const feed::RootTable kHouseholds{"household", "households", {}, nullptr};
const feed::RootTable kPapers{"pupil_paper", "papers", {}, nullptr};

namespace {

template <typename M>
google::protobuf::Message* Make() {
  return new M;
}

// "counties/411728/identifications/<person>.2023-2024", or an application's name.
bool IsOf(const v1::NoticeEntry& entry, std::string_view person) {
  const std::string_view id =
      feed::IdOfName(entry.identification().empty() ? entry.application() : entry.identification());
  return id.substr(0, id.find('.')) == person;
}

// The list stays as it was posted, without the name.
bool DropEntries(v1::Notice& notice, std::string_view person) {
  bool found = false;
  for (v1::NoticeEntry& entry : *notice.mutable_entries()) {
    if (IsOf(entry, person) && !entry.masked_name().empty()) {
      entry.clear_masked_name();
      found = true;
    }
  }
  return found;
}

// Where somebody slept or sat; the figures and findings stay.
bool DropRows(v1::PresenceCheck& check, std::string_view person) {
  auto& rows = *check.mutable_rows();
  const auto kept = std::remove_if(rows.begin(), rows.end(), [&](const auto& row) { return row.person() == person; });
  const bool found = kept != rows.end();
  rows.erase(kept, rows.end());
  return found;
}

std::optional<absl::CivilDay> EndOfComplaint(const v1::Complaint& complaint) {
  return complaint.state() == v1::COMPLAINT_STATE_ANSWERED ? DayOf(complaint.answered_on()) : std::nullopt;
}

// The last day on which something was heard.
std::optional<absl::CivilDay> EndOfOutwardCase(const v1::OutwardCase& one) {
  for (const auto* date : {&one.answered_on(), &one.asked_on()}) {
    if (const auto day = DayOf(*date); day.has_value()) {
      return day;
    }
  }
  return DayOf(one.found_on());
}

constexpr feed::OwnRoot kOwnRoots[] = {
    {&kAccountChecks, Make<v1::AccountCheck>, {.nobody = true}},
    {&kAidRecords, Make<v1::AidRecord>, {.column = "person"}},
    {&kApplications, Make<v1::Application>, {.column = "person"}},
    {&kComparisons, Make<v1::Comparison>, {.column = "person", .leads_id = true}},
    {&kComplaints, Make<v1::Complaint>, {.column = "person", .ended = feed::EndOf<EndOfComplaint>}},
    {&kConsents, Make<v1::Consent>, {.column = "person"}},
    {&kDecisions, Make<v1::Decision>, {.column = "person", .leads_id = true}},
    {&kDepartmentAidLists, Make<v1::DepartmentAidList>, {.nobody = true}},
    {&kDepartmentAids, Make<v1::DepartmentAid>, {.column = "person"}},
    {&kFactEnquiries, Make<v1::FactEnquiry>, {.nobody = true}},
    {&kFactEnquiryEntries, Make<v1::FactEnquiryEntry>, {.column = "person"}},
    {&kFamilyMessages, Make<v1::FamilyMessage>, {.column = "person"}},
    {&kFundSteps, Make<v1::FundStep>, {.nobody = true}},
    {&kGoodsMovements, Make<v1::GoodsMovement>, {.column = "person"}},
    {&kGoodsStocks, Make<v1::GoodsStock>, {.nobody = true}},
    {&kGraduates, Make<v1::Graduate>, {.column = "person"}},
    {&kIdentifications, Make<v1::Identification>, {.column = "person"}},
    {&kInformationRequests, Make<v1::InformationRequest>, {.column = "person"}},
    {&kLedgerEntries, Make<v1::LedgerEntry>, {.column = "person"}},
    {&kMirrorEntries, Make<v1::MirrorEntry>, {.column = "person"}},
    {&kMirrorExports, Make<v1::MirrorExport>, {.nobody = true}},
    {&kMirrorFeedbacks, Make<v1::MirrorFeedback>, {.nobody = true}},
    {&kNotices, Make<v1::Notice>, {.drop = feed::DropFrom<DropEntries>}},
    {&kOutwardCases,
     Make<v1::OutwardCase>,
     {.column = "person", .elsewhere = true, .ended = feed::EndOf<EndOfOutwardCase>}},
    {&kPaymentBatches, Make<v1::PaymentBatch>, {.nobody = true}},
    {&kPaymentOrders, Make<v1::PaymentOrder>, {.column = "person"}},
    {&kPaymentOverrides, Make<v1::PaymentOverride>, {.nobody = true}},
    {&kPaymentReturns, Make<v1::PaymentReturn>, {.nobody = true}},
    {&kPerformancePlans, Make<v1::PerformancePlan>, {.nobody = true}},
    {&kPresenceChecks, Make<v1::PresenceCheck>, {.drop = feed::DropFrom<DropRows>}},
    {&kPublicityActivities, Make<v1::PublicityActivity>, {.nobody = true}},
    {&kRestrictions, Make<v1::Restriction>, {.column = "person"}},
    {&kRuns, Make<v1::Run>, {.nobody = true}},
    {&kSettlements, Make<v1::Settlement>, {.nobody = true}},
    {&kStudies, Make<v1::Study>, {.column = "person"}},
    {&kTrackedAids, Make<v1::TrackedAid>, {.column = "person"}},
    {&kVerificationEntries, Make<v1::VerificationEntry>, {.column = "person"}},
    {&kVerifications, Make<v1::Verification>, {.nobody = true}},
    {&rpc::kFiles, Make<ruraledu::files::v1::File>, {.column = "owner"}},
};

}  // namespace

absl::Span<const feed::RootTable* const> OwnRoots() {
  static const auto* const all = [] {
    auto* tables = new std::vector<const feed::RootTable*>;
    for (const feed::OwnRoot& root : kOwnRoots) {
      tables->push_back(root.table);
    }
    return tables;
  }();
  return *all;
}

google::protobuf::Message* NewRoot(const feed::RootTable& table) {
  const auto* const found =
      std::find_if(std::begin(kOwnRoots), std::end(kOwnRoots), [&](const auto& root) { return root.table == &table; });
  return found->make();
}

absl::Span<const feed::OwnRoot> OwnKinds() {
  return kOwnRoots;
}

std::vector<feed::ResealStep> ResealSteps() {
  std::vector<feed::ResealStep> steps;
  for (const feed::RootTable* table : OwnRoots()) {
    if (table != &rpc::kFiles) {  // has steps of its own
      steps.push_back(feed::ResealRoots(*table));
    }
  }
  for (const feed::RootTable* table : {&kPupils, &kSchools, &kHouseholds, &kPapers}) {
    steps.push_back(feed::ResealRoots(*table));
  }
  for (feed::ResealStep& step : rpc::FileResealSteps()) {
    steps.push_back(std::move(step));
  }
  steps.push_back(feed::ResealJournal());
  return steps;
}

}  // namespace ruraledu::student_aid
