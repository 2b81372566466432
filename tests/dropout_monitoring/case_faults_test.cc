// A fault before each statement of every write of cases, responsibilities, reports and reviews (cut_off.h).
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/cut_off.h"

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
    if (method == "PrepareReview") {
      v1::PrepareReviewRequest request = Of<v1::PrepareReviewRequest>("");
      request.set_parent(kCounty);
      request.set_kind(v1::REVIEW_KIND_QUARTER);
      request.set_period(absl::StrCat(2021 + n / 4, "-Q", 1 + n % 4));
      return Repeat("t", request, &Handlers::PrepareReview);
    }
    return OnCase(method, OpenFor(person)->name());
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

  static constexpr int kMost = 30;
  Left left;
};

TEST_P(CaseFaults, CutOffAnywhere) {
  CutOffAnywhere({.left = left,
                  .monitoring = monitoring,
                  .roots = {"dropout_case", "responsibility", "mechanism", "zero_report", "review"},
                  .others = {"job"},
                  .most = kMost,
                  .next = [this](int n) { return Next(n); }});
}

INSTANTIATE_TEST_SUITE_P(Writes, CaseFaults,
                         ::testing::Values("OpenCase", "UpdateCase", "VerifyCase", "RecordContact", "ProposeCaseStep",
                                           "DecideCaseStep", "IssueLegalStep", "RecordReturn", "RecordFollowUp",
                                           "OfferHandOver", "AnswerHandOver", "AssignResponsibility",
                                           "EndResponsibility", "PutMechanism", "PrepareZeroReport", "SignZeroReport",
                                           "PrepareReview"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
