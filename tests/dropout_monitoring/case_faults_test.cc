// A fault before each statement of every write of cases, responsibilities, reports, reviews, comparisons, slips,
// approvals, checks of the register and figures (cut_off.h).
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/cut_off.h"
#include "tests/dropout_monitoring/population_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

class CaseFaults : public CaseFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit CaseFaults(Left counter = std::make_shared<std::atomic<int64_t>>(-1))
      : CaseFixture(Faulty(counter)), left(std::move(counter)) {
    for (int n = 1; n <= kMost; ++n) {
      registry.Put(Child(absl::StrCat("x", n)));
      registry.Put(TownSchool(absl::StrCat("z", n)));
    }
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this] { return As(by, "411728", GetParam(), request, handler).status(); };
  }

  // The n-th call; what it needs is made now.
  Again Next(int n) {
    const std::string& method = GetParam();
    const std::string person = absl::StrCat("x", n);
    if (method == "OpenCase") return Repeat("t", Opening(person), &Handlers::OpenCase);
    if (method == "AssignResponsibility" || method == "EndResponsibility") return Naming(person);
    if (method == "PutMechanism") return Explaining(n);
    if (method == "PrepareZeroReport" || method == "SignZeroReport") return Reporting(n);
    if (method.find("Register") != std::string::npos) return Cleaning(n);
    if (method == "PutRateFigures" || method == "SignRateFigures") return Figuring(n);
    if (method == "PrepareReview" || method == "DecideReview") return LookingBack(n);
    if (method == "BatchRecordResidents" || method == "DecideResident") return Listing(n);
    if (method == "StartComparison") return Repeat("t", Comparing(), &Handlers::StartComparison);
    if (method.find("AbsenceApproval") != std::string::npos) return Approving(person);
    if (method.find("DepartmentSlip") != std::string::npos) return Slipping(person);
    if (method == "PrepareChildLedger" || method == "SignChildLedger") return DrawingUp(n);
    return OnCase(method, OpenFor(person)->name());
  }
  Again LookingBack(int n) {
    v1::PrepareReviewRequest prepare = Of<v1::PrepareReviewRequest>("");
    prepare.set_parent(kCounty);
    prepare.set_kind(v1::REVIEW_KIND_QUARTER);
    prepare.set_period(absl::StrCat(2021 + n / 4, "-Q", 1 + n % 4));
    if (GetParam() == "PrepareReview") return Repeat("t", prepare, &Handlers::PrepareReview);
    On(7, 8, 2024);  // all of the quarters are over
    const auto prepared = As("t", "411728", "PrepareReview", prepare, &Handlers::PrepareReview);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    v1::DecideReviewRequest decide = Of<v1::DecideReviewRequest>(prepared->name());
    decide.set_approve(true);
    decide.set_etag(prepared->etag());
    return Repeat("b", decide, &Handlers::DecideReview);
  }
  Again Slipping(const std::string& person) {
    v1::SendDepartmentSlipRequest send = Of<v1::SendDepartmentSlipRequest>("");
    send.set_parent(kCounty);
    send.set_about(absl::StrCat(kCounty, "/students/", person));
    send.set_matter("VISIT");
    if (GetParam() == "SendDepartmentSlip") return Repeat("t", send, &Handlers::SendDepartmentSlip);
    const auto sent = As("t", "411728", "SendDepartmentSlip", send, &Handlers::SendDepartmentSlip);
    EXPECT_TRUE(sent.ok()) << sent.status();
    v1::AnswerDepartmentSlipRequest answer = Of<v1::AnswerDepartmentSlipRequest>(sent->name());
    answer.set_result("SETTLED");
    if (GetParam() == "AnswerDepartmentSlip") return Repeat("t", answer, &Handlers::AnswerDepartmentSlip);
    v1::WithdrawDepartmentSlipRequest withdraw = Of<v1::WithdrawDepartmentSlipRequest>(sent->name());
    withdraw.set_reason("误发");
    return Repeat("t", withdraw, &Handlers::WithdrawDepartmentSlip);
  }
  Again Approving(const std::string& person) {
    v1::ProposeAbsenceApprovalRequest propose = Of<v1::ProposeAbsenceApprovalRequest>("");
    propose.set_parent(kCounty);
    propose.set_child(absl::StrCat(kCounty, "/students/", person));
    propose.set_kind(v1::APPROVAL_KIND_SUSPENSION);
    *propose.mutable_valid_from() = *propose.mutable_valid_until() = DateOf(today);
    if (GetParam() == "ProposeAbsenceApproval") return Repeat("t", propose, &Handlers::ProposeAbsenceApproval);
    const auto proposed = As("t", "411728", "ProposeAbsenceApproval", propose, &Handlers::ProposeAbsenceApproval);
    EXPECT_TRUE(proposed.ok()) << proposed.status();
    v1::DecideAbsenceApprovalRequest decide = Of<v1::DecideAbsenceApprovalRequest>(proposed->name());
    decide.set_approve(true);
    decide.set_paper("休1");
    decide.set_etag(proposed->etag());
    if (GetParam() == "DecideAbsenceApproval") return Repeat("b", decide, &Handlers::DecideAbsenceApproval);
    EXPECT_TRUE(As("b", "411728", "DecideAbsenceApproval", decide, &Handlers::DecideAbsenceApproval).ok());
    v1::WithdrawAbsenceApprovalRequest withdraw = Of<v1::WithdrawAbsenceApprovalRequest>(proposed->name());
    withdraw.set_reason("误批");
    return Repeat("b", withdraw, &Handlers::WithdrawAbsenceApproval);
  }
  // Comparisons and ledgers.
  Again Listing(int n) {
    const auto list =
        ListOf({ResidentOf("王小明", "", 20140315, absl::StrCat("411728103", absl::Dec(n, absl::kZeroPad3)))}, "POLICE",
               today);
    if (GetParam() == "BatchRecordResidents") return Repeat("t", list, &Handlers::BatchRecordResidents);
    EXPECT_TRUE(As("t", "411728", "BatchRecordResidents", list, &Handlers::BatchRecordResidents).ok());
    v1::OpenCaseRequest open = Opening("");  // of the same child: the decision gives it to the student
    open.clear_student();
    open.set_township("411728103");
    open.mutable_child()->set_display_name("王小明");
    *open.mutable_child()->mutable_birth_date() = Date(20140315);
    open.mutable_child()->set_household_village(list.residents(0).village());
    EXPECT_TRUE(As("t", "411728", "OpenCase", open, &Handlers::OpenCase).ok());
    Compared(monitoring);
    v1::ListResidentsRequest queue;
    queue.set_parent(kCounty);
    queue.set_match(v1::RESIDENT_MATCH_WEAK);
    const auto listed = monitoring.Call("ListResidents", queue, &Handlers::ListResidents);
    v1::DecideResidentRequest decide = Of<v1::DecideResidentRequest>(listed->residents(0).name());
    decide.set_etag(listed->residents(0).etag());
    decide.set_student(absl::StrCat(kCounty, "/students/x", n));
    return Repeat("t", decide, &Handlers::DecideResident);
  }
  Again DrawingUp(int n) {
    v1::PrepareChildLedgerRequest prepare = Of<v1::PrepareChildLedgerRequest>("");
    prepare.set_parent(kCounty);
    prepare.set_kind(v1::LEDGER_KIND_SUSPECTED);
    if (n == 1) EXPECT_TRUE(OpenFor("p1").ok());
    if (GetParam() == "PrepareChildLedger") {
      Later(1);
      return Repeat("t", prepare, &Handlers::PrepareChildLedger);
    }
    const auto prepared = As("t", "411728", "PrepareChildLedger", prepare, &Handlers::PrepareChildLedger);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    v1::SignChildLedgerRequest sign = Of<v1::SignChildLedgerRequest>(prepared->name());
    sign.set_etag(prepared->etag());
    return Repeat("b", sign, &Handlers::SignChildLedger);
  }
  Again OnCase(const std::string& method, const std::string& name) {
    if (method == "VerifyCase") return Repeat("t", Of<v1::VerifyCaseRequest>(name), &Handlers::VerifyCase);
    if (method == "RecordContact") return Repeat("t", Visiting(name), &Handlers::RecordContact);
    if (method == "UpdateCase") {
      v1::UpdateCaseRequest request = Of<v1::UpdateCaseRequest>("");
      request.mutable_case_file()->set_name(name);
      request.mutable_case_file()->set_reason_code("02");
      return Repeat("t", request, &Handlers::UpdateCase);
    }
    if (method == "OfferHandOver" || method == "AnswerHandOver") return HandingOver(method, name);
    Approve(Whole(name)->child_key(), today, today);
    const v1::CaseProposal exempt = Proposal(v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE");
    if (method == "ProposeCaseStep") return Repeat("t", Proposing(name, exempt), &Handlers::ProposeCaseStep);
    if (method == "DecideCaseStep") {
      EXPECT_TRUE(As("t", "411728", "ProposeCaseStep", Proposing(name, exempt), &Handlers::ProposeCaseStep).ok());
      return Repeat("b", Deciding(name, exempt.kind()), &Handlers::DecideCaseStep);
    }
    if (method == "IssueLegalStep") {
      EXPECT_TRUE(Visit(name).ok());
      return Repeat("t", Issuing(name, v1::LEGAL_STEP_KIND_LEGAL_0), &Handlers::IssueLegalStep);
    }
    v1::RecordReturnRequest back = Of<v1::RecordReturnRequest>(name);
    *back.mutable_returned_on() = DateOf(today);
    back.set_placement("ORIGINAL_CLASS");
    if (method == "RecordReturn") return Repeat("t", back, &Handlers::RecordReturn);
    EXPECT_TRUE(As("t", "411728", "RecordReturn", back, &Handlers::RecordReturn).ok());
    v1::RecordFollowUpRequest look = Of<v1::RecordFollowUpRequest>(name);
    look.mutable_follow_up()->set_present(true);
    return Repeat("t", look, &Handlers::RecordFollowUp);
  }
  Again HandingOver(const std::string& method, const std::string& name) {
    v1::OfferHandOverRequest offer = Of<v1::OfferHandOverRequest>(name);
    offer.mutable_hand_over()->set_level(v1::AUTHORITY_LEVEL_TOWNSHIP);
    offer.mutable_hand_over()->set_area("411728103");
    if (method == "OfferHandOver") return Repeat("t", offer, &Handlers::OfferHandOver);
    EXPECT_TRUE(As("t", "411728", "OfferHandOver", offer, &Handlers::OfferHandOver).ok());
    v1::AnswerHandOverRequest answer = Of<v1::AnswerHandOverRequest>(name);
    answer.set_accept(true);
    return Repeat("w", answer, &Handlers::AnswerHandOver);
  }
  Again Naming(const std::string& person) {
    v1::AssignResponsibilityRequest request = Of<v1::AssignResponsibilityRequest>("");
    request.set_parent(kCounty);
    request.mutable_responsibility()->set_mechanism("TWO_LINES");
    request.mutable_responsibility()->set_slot("CLASS");
    request.mutable_responsibility()->set_subject(person);
    request.mutable_responsibility()->set_display_name("李老师");
    if (GetParam() == "AssignResponsibility") return Repeat("t", request, &Handlers::AssignResponsibility);
    const auto named = As("t", "411728", "AssignResponsibility", request, &Handlers::AssignResponsibility);
    EXPECT_TRUE(named.ok()) << named.status();
    return Repeat("t", Of<v1::EndResponsibilityRequest>(named->name()), &Handlers::EndResponsibility);
  }
  Again Explaining(int n) {
    v1::PutMechanismRequest request = Of<v1::PutMechanismRequest>("");
    request.mutable_mechanism()->set_name(absl::StrCat(kCounty, "/mechanisms/m", n));
    request.mutable_mechanism()->add_components()->set_number(1);
    request.mutable_mechanism()->mutable_components(0)->set_text("一");
    return Repeat("t", request, &Handlers::PutMechanism);
  }
  Again Reporting(int n) {
    v1::PrepareZeroReportRequest request = Of<v1::PrepareZeroReportRequest>("");
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/z", n));
    request.set_month("2023-09");
    request.mutable_figures();
    request.set_zero(true);
    if (GetParam() == "PrepareZeroReport") return Repeat("t", request, &Handlers::PrepareZeroReport);
    const auto prepared = As("t", "411728", "PrepareZeroReport", request, &Handlers::PrepareZeroReport);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    v1::SignZeroReportRequest sign = Of<v1::SignZeroReportRequest>(prepared->name());
    sign.set_etag(prepared->etag());
    return Repeat("b", sign, &Handlers::SignZeroReport);
  }
  // A school with a child that has no student number.
  Again Cleaning(int n) {
    registry_v1::Student student = Child(absl::StrCat("y", n));
    student.set_id_number(absl::StrCat("id-y", n));
    student.mutable_enrolments(0)->set_school(absl::StrCat(kCounty, "/schools/z", n));
    student.mutable_enrolments(0)->clear_class_name();
    registry.Put(student);
    EXPECT_TRUE(monitoring.CatchUp().ok());
    v1::PrepareRegisterCheckRequest prepare = Of<v1::PrepareRegisterCheckRequest>("");
    prepare.set_parent(kCounty);
    prepare.set_school(student.enrolments(0).school());
    prepare.set_month("2023-09");
    if (GetParam() == "PrepareRegisterCheck") return Repeat("t", prepare, &Handlers::PrepareRegisterCheck);
    const auto prepared = As("t", "411728", "PrepareRegisterCheck", prepare, &Handlers::PrepareRegisterCheck);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    v1::AnswerRegisterFindingRequest answer = Of<v1::AnswerRegisterFindingRequest>(prepared->name());
    answer.set_kind(v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED);
    answer.set_student(student.name());
    answer.set_answer(v1::REGISTER_ANSWER_EXPLAINED);
    answer.set_reason("新生");
    if (GetParam() == "AnswerRegisterFinding") return Repeat("t", answer, &Handlers::AnswerRegisterFinding);
    const auto answered = As("t", "411728", "AnswerRegisterFinding", answer, &Handlers::AnswerRegisterFinding);
    EXPECT_TRUE(answered.ok()) << answered.status();
    v1::SignRegisterCheckRequest sign = Of<v1::SignRegisterCheckRequest>(prepared->name());
    sign.set_etag(answered->etag());
    return Repeat("b", sign, &Handlers::SignRegisterCheck);
  }
  Again Figuring(int n) {
    v1::PutRateFiguresRequest request = Of<v1::PutRateFiguresRequest>("");
    request.set_parent(kCounty);
    request.mutable_figures()->set_area("411728");
    request.mutable_figures()->set_school_year(absl::StrCat(1980 + n, "-", 1981 + n));
    request.mutable_figures()->set_source("年鉴");
    request.mutable_figures()->add_populations()->set_level(v1::SCHOOL_LEVEL_PRIMARY);
    if (GetParam() == "PutRateFigures") return Repeat("t", request, &Handlers::PutRateFigures);
    const auto entered = As("t", "411728", "PutRateFigures", request, &Handlers::PutRateFigures);
    EXPECT_TRUE(entered.ok()) << entered.status();
    v1::SignRateFiguresRequest sign = Of<v1::SignRateFiguresRequest>(entered->name());
    sign.set_etag(entered->etag());
    return Repeat("b", sign, &Handlers::SignRateFigures);
  }

  CutOff Test() {
    return {.left = left,
            .monitoring = monitoring,
            .roots = {"dropout_case", "responsibility", "mechanism", "zero_report", "review", "resident",
                      "child_ledger", "rate_figures", "department_slip", "absence_approval", "register_check"},
            .others = {"job"},
            .most = kMost,
            .next = [this](int n) { return Next(n); }};
  }

  static constexpr int kMost = 60;
  Left left;
};

TEST_P(CaseFaults, CutOffAnywhere) {
  CutOffAnywhere(Test());
}

// A comparison that is cut off goes on where it stopped: each finding once, each case once.
class ComparisonFaults : public CaseFaults {};

TEST_P(ComparisonFaults, CutOffAnywhere) {
  ASSERT_TRUE(As("t", "411728", "BatchRecordResidents",
                 ListOf({ResidentOf("孙小树", IdOf(20160301)), ResidentOf("陈小川", IdOf(20160306)),
                         ResidentOf("郑小溪", IdOf(20160304))},
                        "POLICE", today),
                 &Handlers::BatchRecordResidents)
                  .ok());
  const auto job = As("t", "411728", "StartComparison", Comparing(), &Handlers::StartComparison);
  ASSERT_TRUE(job.ok()) << job.status();
  int cuts = 0;
  for (int cut = 5;; cut += 23, ++cuts) {
    *left = cut;
    const auto run = TurnOf(monitoring, job->name());
    *left = -1;
    ExpectSound(Test());
    if (run.ok()) {
      EXPECT_EQ(run->cases_opened(), 3);
      EXPECT_EQ(run->residents(), 3);
      break;
    }
  }
  EXPECT_GT(cuts, 2) << "so few statements cannot be";
  const auto found = monitoring.place.database->Read([](db::Transaction& tx) {
    return tx.Query(
        "SELECT c.child_key FROM comparison_finding f JOIN dropout_case c ON c.shard = f.shard AND "
        "c.child_key = f.child_key ORDER BY c.child_key");
  });
  EXPECT_EQ(found->size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Job, ComparisonFaults, ::testing::Values("StartComparison"),
                         [](const auto& info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(Writes, CaseFaults,
                         ::testing::Values("OpenCase", "UpdateCase", "VerifyCase", "RecordContact", "ProposeCaseStep",
                                           "DecideCaseStep", "IssueLegalStep", "RecordReturn", "RecordFollowUp",
                                           "OfferHandOver", "AnswerHandOver", "AssignResponsibility",
                                           "EndResponsibility", "PutMechanism", "PrepareZeroReport", "SignZeroReport",
                                           "PrepareReview", "DecideReview", "BatchRecordResidents", "DecideResident",
                                           "StartComparison", "PrepareChildLedger", "SignChildLedger", "PutRateFigures",
                                           "SignRateFigures", "PrepareRegisterCheck", "AnswerRegisterFinding",
                                           "SignRegisterCheck", "SendDepartmentSlip", "AnswerDepartmentSlip",
                                           "WithdrawDepartmentSlip", "ProposeAbsenceApproval", "DecideAbsenceApproval",
                                           "WithdrawAbsenceApproval"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
