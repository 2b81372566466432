// Evidence piece by piece: what was refused stops the school step until something comes instead.
#include "services/student_aid/evidence_rules.h"
#include "tests/student_aid/application_fixture.h"

namespace ruraledu::student_aid {
namespace {

class EvidenceTest : public ApplicationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  EvidenceTest() : ApplicationFixture(OptionsOf(GetParam())) {}

  static v1::DecideEvidenceRequest Decision(const std::string& name, v1::EvidenceDecision decision, int number = 1,
                                            const std::string& reason = "字迹不清") {
    v1::DecideEvidenceRequest request;
    request.set_name(name);
    request.set_number(number);
    request.set_decision(decision);
    request.set_reason(reason);
    request.set_request_id(NewId());
    return request;
  }
  static v1::SupplyEvidenceRequest Supplying(const std::string& name, int number = 1,
                                             const std::string& kind = "PROMISE") {
    v1::SupplyEvidenceRequest request;
    request.set_name(name);
    request.set_number(number);
    request.mutable_evidence()->set_kind(kind);
    request.mutable_evidence()->set_file_name("承诺书-2.pdf");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Application> DecideApp(const v1::DecideEvidenceRequest& request, const std::string& by = "desk") {
    return As(by, "DecideApplicationEvidence", request, &Handlers::DecideApplicationEvidence);
  }
  absl::StatusOr<v1::Application> SupplyApp(const v1::SupplyEvidenceRequest& request,
                                            const std::string& by = "teacher") {
    return As(by, "SupplyApplicationEvidence", request, &Handlers::SupplyApplicationEvidence);
  }
  // An application that the family handed in with a promise.
  std::string HandedInApp() {
    On(9, 5);
    Renew();
    const std::string name = AppName("p6", "CN_LIV_B_JUN");
    EXPECT_EQ(Reasons(HandIn({name})), "-");
    return name;
  }
  v1::Identification Record(const std::string& person) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    return **aid.place.database->Read([&](db::Transaction& tx) {
      return feed::Load<v1::Identification>(tx, *sealer, kIdentifications, "c411728", feed::IdOfName(Name(person)));
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, EvidenceTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(EvidenceTest, AnApplicationWaitsForTheSchoolWhileARequiredPieceIsRefused) {
  const std::string name = HandedInApp();
  const auto refuse = Decision(name, v1::EVIDENCE_DECISION_ASKED_AGAIN);
  const auto decided = DecideApp(refuse);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_TRUE(decided->masked());
  EXPECT_TRUE(DecideApp(refuse).ok()) << "a replay";
  EXPECT_EQ(App(name).evidence(0).reason(), "字迹不清");
  EXPECT_EQ(App(name).evidence(0).decided_by(), "job:desk");
  EXPECT_EQ(Reasons(BySchool({name})), "EVIDENCE_REFUSED");
  EXPECT_EQ(ReasonOf(SupplyApp(Supplying(name, 1, "CERTIFICATE")).status()), "EVIDENCE_KIND");
  EXPECT_EQ(ReasonOf(SupplyApp(Supplying(name, 2)).status()), "EVIDENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(SupplyApp(Supplying(name), "desk").status()), "ROLE_HELD") << "who decided hands nothing in";
  auto unknown = Supplying(name);
  unknown.mutable_evidence()->set_file("counties/411728/files/none");
  EXPECT_EQ(ReasonOf(SupplyApp(unknown).status()), "FILE_UNKNOWN");
  const auto supplied = SupplyApp(Supplying(name));
  ASSERT_TRUE(supplied.ok()) << supplied.status();
  EXPECT_EQ(App(name).evidence_size(), 2);
  EXPECT_EQ(App(name).evidence(0).replaced_by(), 2);
  EXPECT_EQ(ReasonOf(SupplyApp(Supplying(name)).status()), "EVIDENCE_REPLACED");
  EXPECT_EQ(ReasonOf(SupplyApp(Supplying(name, 2)).status()), "EVIDENCE_STANDS");
  EXPECT_EQ(ReasonOf(DecideApp(Decision(name, v1::EVIDENCE_DECISION_ACCEPTED, 2), "teacher").status()), "ROLE_HELD");
  ASSERT_TRUE(DecideApp(Decision(name, v1::EVIDENCE_DECISION_ACCEPTED, 2, "")).ok());
  EXPECT_EQ(Reasons(BySchool({name})), "-");
  EXPECT_EQ(ReasonOf(DecideApp(Decision(name, v1::EVIDENCE_DECISION_REFUSED, 2)).status()), "STATE_TRANSITION");
}

TEST_P(EvidenceTest, DecisionsNameWhatIsWrong) {
  const std::string name = HandedInApp();
  EXPECT_EQ(ReasonOf(DecideApp(Decision(name, v1::EVIDENCE_DECISION_UNSPECIFIED)).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(DecideApp(Decision(name, v1::EVIDENCE_DECISION_REFUSED, 1, "")).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(DecideApp(Decision(name, v1::EVIDENCE_DECISION_REFUSED, 7)).status()), "EVIDENCE_UNKNOWN");
  auto stale = Decision(name, v1::EVIDENCE_DECISION_REFUSED);
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(DecideApp(stale).status()), "ETAG_MISMATCH");
  ASSERT_TRUE(DecideApp(Decision(name, v1::EVIDENCE_DECISION_ACCEPTED)).ok());
  auto supply = Supplying(name);
  supply.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(SupplyApp(supply).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(DecideApp(Decision(AppName("p9"), v1::EVIDENCE_DECISION_REFUSED)).status()), "NOT_FOUND");
  EXPECT_EQ(Reasons(BySchool({name})), "-") << "what nobody decided about stops nothing";
}

TEST_P(EvidenceTest, AnIdentificationWaitsAtTheSchoolNotAtTheClass) {
  On(9, 5);
  ASSERT_TRUE(Submit({Application("p4")}).ok());
  auto stale = Decision(Name("p4"), v1::EVIDENCE_DECISION_REFUSED);
  stale.set_etag("\"0\"");
  EXPECT_EQ(
      ReasonOf(As("desk", "DecideIdentificationEvidence", stale, &Handlers::DecideIdentificationEvidence).status()),
      "ETAG_MISMATCH");
  auto late = Supplying(Name("p4"));
  late.set_etag("\"0\"");
  EXPECT_EQ(
      ReasonOf(As("teacher", "SupplyIdentificationEvidence", late, &Handlers::SupplyIdentificationEvidence).status()),
      "ETAG_MISMATCH");
  const auto decided = As("desk", "DecideIdentificationEvidence", Decision(Name("p4"), v1::EVIDENCE_DECISION_REFUSED),
                          &Handlers::DecideIdentificationEvidence);
  ASSERT_TRUE(decided.ok()) << decided.status();
  ASSERT_TRUE(ClassReview("p4").ok());
  EXPECT_EQ(ReasonOf(SchoolReview("p4").status()), "EVIDENCE_REFUSED");
  const auto supplied =
      As("teacher", "SupplyIdentificationEvidence", Supplying(Name("p4")), &Handlers::SupplyIdentificationEvidence);
  ASSERT_TRUE(supplied.ok()) << supplied.status();
  EXPECT_EQ(ReasonOf(As("class", "SupplyIdentificationEvidence", Supplying(Name("p4"), 2),
                        &Handlers::SupplyIdentificationEvidence)
                         .status()),
            "EVIDENCE_STANDS");
  EXPECT_EQ(ReasonOf(SchoolReview("p4", true, "teacher").status()), "ROLE_HELD") << "who supplied reviews nothing";
  EXPECT_TRUE(SchoolReview("p4").ok());
  EXPECT_EQ(Record("p4").evidence(1).file_name(), "承诺书-2.pdf");
}

TEST(EvidenceStandsTest, OnlyRequiredKindsStopButSomethingHasToStand) {
  const auto pieces = [](const std::vector<std::pair<std::string, v1::EvidenceDecision>>& all) {
    EvidenceList list;
    for (const auto& [kind, decision] : all) {
      v1::Evidence* piece = list.Add();
      piece->set_kind(kind);
      piece->set_decision(decision);
    }
    return list;
  };
  const auto check = [&](const EvidenceList& list) {
    return std::string(ReasonOf(CheckEvidenceStands(EvidenceKinds(), list)));
  };
  const auto refused = v1::EVIDENCE_DECISION_REFUSED, accepted = v1::EVIDENCE_DECISION_ACCEPTED;
  EXPECT_EQ(check({}), "") << "a register needs no paper";
  EXPECT_EQ(check(pieces({{"HOME_VISIT", refused}, {"PROMISE", accepted}})), "");
  EXPECT_EQ(check(pieces({{"HOME_VISIT", refused}})), "EVIDENCE_REQUIRED");
  EXPECT_EQ(check(pieces({{"HOME_VISIT", accepted}, {"CERTIFICATE", refused}})), "EVIDENCE_REFUSED");
  EvidenceList replaced = pieces({{"CERTIFICATE", refused}, {"CERTIFICATE", accepted}});
  replaced[0].set_replaced_by(2);
  EXPECT_EQ(check(replaced), "");
}

}  // namespace
}  // namespace ruraledu::student_aid
