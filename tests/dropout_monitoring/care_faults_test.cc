// A fault before each statement of every write of early warning, placement and dossiers (cut_off.h).
#include "tests/dropout_monitoring/care_fixture.h"
#include "tests/dropout_monitoring/cut_off.h"

namespace ruraledu::dropout_monitoring {
namespace {

class CareFaults : public CareFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit CareFaults(Left counter = std::make_shared<std::atomic<int64_t>>(-1))
      : CareFixture(Faulty(counter)), left(std::move(counter)) {
    for (int n = 1; n <= kMost; ++n) registry.Put(Child(absl::StrCat("x", n)));
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
    if (method == "RecordLearning") {
      v1::RecordLearningRequest request = Of<v1::RecordLearningRequest>(absl::StrCat(kCounty, "/risks/", person));
      request.mutable_learning()->set_term("2023-2024-1");
      request.mutable_learning()->set_struggling(true);
      return Repeat("t", request, &Handlers::RecordLearning);
    }
    if (method == "PutDisabledChild") return Repeat("t", Entering(person), &Handlers::PutDisabledChild);
    if (method == "PutDossier") return Repeat("t", Putting(person), &Handlers::PutDossier);
    if (method == "RecordCareEvent" || method == "RecordPsychologicalNote") {
      EXPECT_TRUE(Put(Putting(person)).ok());
      if (method == "RecordCareEvent") return Repeat("t", Caring(DossierName(person)), &Handlers::RecordCareEvent);
      return Repeat("t", Noting(DossierName(person)), &Handlers::RecordPsychologicalNote);
    }
    EXPECT_TRUE(Enter(Entering(person)).ok());
    return OnChild(ChildName(person));
  }
  Again OnChild(const std::string& name) {
    const std::string& method = GetParam();
    if (method == "RecordCommitteeOpinion") return Repeat("t", Opinion(name), &Handlers::RecordCommitteeOpinion);
    if (method == "EnterCommitteeReview") return Repeat("t", Reviewing(name), &Handlers::EnterCommitteeReview);
    if (method == "DecideCommitteeReview") {
      const auto entered = As("t", "411728", "EnterCommitteeReview", Reviewing(name), &Handlers::EnterCommitteeReview);
      EXPECT_TRUE(entered.ok()) << entered.status();
      v1::DecideCommitteeReviewRequest request = Of<v1::DecideCommitteeReviewRequest>(entered->name());
      request.set_confirm(true);
      request.set_etag(entered->etag());
      return Repeat("b", request, &Handlers::DecideCommitteeReview);
    }
    if (method == "ProposePlacement") return Repeat("t", Placing(name), &Handlers::ProposePlacement);
    if (method == "DecidePlacement") {
      EXPECT_TRUE(Propose(Placing(name)).ok());
      v1::DecidePlacementRequest request = Of<v1::DecidePlacementRequest>(name);
      request.set_approve(true);
      return Repeat("b", request, &Handlers::DecidePlacement);
    }
    TeachAtHome(name);
    return Repeat("t", Teaching(name), &Handlers::RecordHomeLesson);
  }

  static constexpr int kMost = 30;
  Left left;
};

TEST_P(CareFaults, CutOffAnywhere) {
  CutOffAnywhere(
      {.left = left,
       .monitoring = monitoring,
       .roots = {"risk", "disabled_child", "home_lesson", "dossier", "psychological_note", "committee_review"},
       .others = {},
       .most = kMost,
       .next = [this](int n) { return Next(n); }});
}

INSTANTIATE_TEST_SUITE_P(Writes, CareFaults,
                         ::testing::Values("RecordLearning", "PutDisabledChild", "RecordCommitteeOpinion",
                                           "ProposePlacement", "DecidePlacement", "RecordHomeLesson", "PutDossier",
                                           "RecordCareEvent", "RecordPsychologicalNote", "EnterCommitteeReview",
                                           "DecideCommitteeReview"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
