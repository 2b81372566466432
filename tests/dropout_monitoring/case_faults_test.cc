// A fault before each statement of every write of cases, responsibilities, reports and reviews: no half write, the same
// request_id succeeds afterwards, once.
//
// RURALEDU_FAULT_STRIDE (default 3): every how many statements a fault; 1: before each of them.
#include <atomic>
#include <cstdlib>

#include "common/db/faults.h"
#include "common/feed/journal.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using Left = std::shared_ptr<std::atomic<int64_t>>;  // statements that still work; negative: all
using Again = std::function<absl::Status()>;         // the same request, whenever it is called

db::Options Faulty(Left left) {
  db::Options options;
  options.decorate = db::WithFaults([left = std::move(left)](int64_t, std::string_view) {
    return *left < 0 || left->fetch_sub(1) > 0 ? absl::OkStatus() : (*left = 0, absl::UnknownError("cut off"));
  });
  return options;
}

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
    if (method == "PutRateFigures" || method == "SignRateFigures") return Figuring(n);
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

  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    for (const char* table :
         {"dropout_case", "responsibility", "mechanism", "zero_report", "review", "rate_figures", "job"}) {
      const auto rows = monitoring.place.database->Read([&](db::Transaction& tx) {
        return tx.Query(absl::StrCat("SELECT id, version FROM ", table, " ORDER BY id"));
      });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(1)));
    }
    return lines;
  }
  // Every root has the journal entry of its version, and the chain holds.
  void ExpectSound() {
    for (const char* table : {"dropout_case", "responsibility", "mechanism", "zero_report", "review", "rate_figures"}) {
      const auto lost = monitoring.place.database->Read([&](db::Transaction& tx) {
        return tx.Query(absl::StrCat("SELECT id FROM ", table,
                                     " AS root WHERE NOT EXISTS (SELECT seq FROM journal WHERE journal.shard = "
                                     "root.shard AND journal.seq = root.version)"));
      });
      ASSERT_TRUE(lost.ok()) << lost.status();
      EXPECT_TRUE(lost->empty()) << table << " without its entry";
    }
    EXPECT_TRUE(feed::VerifyChain(*monitoring.place.database, kShard).ok());
  }

  static constexpr int kMost = 30;
  Left left;
};

TEST_P(CaseFaults, CutOffAnywhere) {
  const char* text = std::getenv("RURALEDU_FAULT_STRIDE");
  const int stride = text == nullptr ? 3 : std::atoi(text);
  ASSERT_GT(stride, 0);
  int n = 0;
  for (int cut = 0;; cut += stride) {
    ASSERT_LT(n, kMost);
    const Again call = Next(++n);
    const auto before = Written();
    *left = cut;
    const absl::Status cut_off = call();
    *left = -1;
    ExpectSound();
    if (!cut_off.ok()) EXPECT_EQ(Written(), before) << "a half write, cut at " << cut;
    const absl::Status again = call();
    ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again;
    const auto done = Written();
    EXPECT_TRUE(call().ok());
    EXPECT_EQ(Written(), done) << "a replay writes nothing";
    if (cut_off.ok()) break;
  }
  EXPECT_GT(n, 2) << "so few statements cannot be";
}

INSTANTIATE_TEST_SUITE_P(Writes, CaseFaults,
                         ::testing::Values("OpenCase", "UpdateCase", "VerifyCase", "RecordContact", "ProposeCaseStep",
                                           "DecideCaseStep", "IssueLegalStep", "RecordReturn", "RecordFollowUp",
                                           "OfferHandOver", "AnswerHandOver", "AssignResponsibility",
                                           "EndResponsibility", "PutMechanism", "PrepareZeroReport", "SignZeroReport",
                                           "PrepareReview", "PutRateFigures", "SignRateFigures"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
