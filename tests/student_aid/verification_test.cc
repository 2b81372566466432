// Verification after payment: a sample that can be drawn again, answers, a result that stands.
#include "tests/student_aid/mirror_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class VerificationTest : public MirrorFixture, public ::testing::TestWithParam<const char*> {
 protected:
  VerificationTest() : MirrorFixture(OptionsOf(GetParam())) {}

  static v1::CreateVerificationRequest Drawing(uint64_t seed = 7) {
    v1::CreateVerificationRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_seed(seed);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Verification> DrawOne(const v1::CreateVerificationRequest& request = Drawing()) {
    return As("officer", "CreateVerification", request, &Handlers::CreateVerification);
  }
  v1::Verification Get(const std::string& name) {
    const auto found =
        As("reader", "GetVerification", Naming<v1::GetVerificationRequest>(name), &Handlers::GetVerification);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(v1::Verification());
  }
  v1::ReplayVerificationResponse Replay(const std::string& name) {
    const auto again =
        As("reader", "ReplayVerification", Naming<v1::ReplayVerificationRequest>(name), &Handlers::ReplayVerification);
    EXPECT_TRUE(again.ok()) << again.status();
    return again.value_or(v1::ReplayVerificationResponse());
  }
  std::vector<std::string> Sample(const std::string& verification, bool unanswered = false) {
    v1::ListVerificationEntriesRequest request;
    request.set_parent(kCounty);
    request.set_verification(verification);
    request.set_unanswered(unanswered);
    const auto all = As("reader", "ListVerificationEntries", request, &Handlers::ListVerificationEntries);
    EXPECT_TRUE(all.ok()) << all.status();
    std::vector<std::string> names;
    for (const v1::VerificationEntry& entry : all->entries()) names.push_back(entry.name());
    return names;
  }
  static v1::RecordVerificationAnswerRequest Saying(const std::string& entry, v1::VerificationAnswer answer,
                                                    int64_t fen = 0) {
    auto request = Naming<v1::RecordVerificationAnswerRequest>(entry);
    request.set_answer(answer);
    request.set_received_fen(fen);
    request.set_note("电话核实");
    return request;
  }
  absl::StatusOr<v1::VerificationEntry> Say(const v1::RecordVerificationAnswerRequest& request,
                                            const std::string& by = "clerk") {
    return As(by, "RecordVerificationAnswer", request, &Handlers::RecordVerificationAnswer);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, VerificationTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(VerificationTest, ASampleIsDrawnAnsweredAndClosed) {
  EXPECT_EQ(ReasonOf(DrawOne().status()), "VERIFICATION_NOBODY");
  Pay({"p1", "p2", "p3", "p4"});
  auto draw = Drawing();
  draw.set_confidence_bp(8000);
  draw.set_margin_bp(4000);  // two of four
  const auto made = DrawOne(draw);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->population(), 4);
  EXPECT_EQ(made->sample(), SampleSize(4, 1281552, 4000));
  EXPECT_EQ(made->strata_size(), 1);
  EXPECT_EQ(DrawOne(draw)->name(), made->name()) << "a replay";
  EXPECT_TRUE(Replay(made->name()).frame_same());
  EXPECT_TRUE(Replay(made->name()).sample_same());
  const auto sample = Sample(made->name());
  ASSERT_EQ(sample.size(), 2u);
  const auto close = Naming<v1::CloseVerificationRequest>(made->name());
  EXPECT_EQ(ReasonOf(As("officer", "CloseVerification", close, &Handlers::CloseVerification).status()),
            "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Say(Saying(sample[0], v1::VERIFICATION_ANSWER_IN_FULL), "payer").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Say(Saying(sample[0], v1::VERIFICATION_ANSWER_IN_PART, kAmount)).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Say(Saying(sample[0], v1::VERIFICATION_ANSWER_IN_FULL, 1)).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Say(Saying(sample[0], v1::VERIFICATION_ANSWER_UNSPECIFIED)).status()), "FIELD_REQUIRED");
  auto late = Saying(sample[0], v1::VERIFICATION_ANSWER_IN_FULL);
  *late.mutable_on() = Date(20240101);
  EXPECT_EQ(ReasonOf(Say(late).status()), "DATE_AHEAD");
  const auto said = Say(Saying(sample[0], v1::VERIFICATION_ANSWER_IN_FULL));
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->note(), "") << "masked";
  auto stale = Saying(sample[0], v1::VERIFICATION_ANSWER_IN_FULL);
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(Say(stale).status()), "ETAG_MISMATCH");
  EXPECT_THAT(Sample(made->name(), true), ElementsAre(sample[1]));
  ASSERT_TRUE(Say(Saying(sample[1], v1::VERIFICATION_ANSWER_IN_PART, 100)).ok());
  const v1::Verification before = Get(made->name());
  EXPECT_EQ(before.strata(0).in_full(), 1);
  EXPECT_EQ(before.strata(0).in_part(), 1);
  EXPECT_EQ(before.estimate_bp(), 5000);
  const auto closed = As("officer", "CloseVerification", Naming<v1::CloseVerificationRequest>(made->name()),
                         &Handlers::CloseVerification);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->estimate_bp(), 5000);
  EXPECT_EQ(ReasonOf(Say(Saying(sample[1], v1::VERIFICATION_ANSWER_IN_FULL)).status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(As("officer", "CloseVerification", Naming<v1::CloseVerificationRequest>(made->name()),
                        &Handlers::CloseVerification)
                         .status()),
            "STATE_TRANSITION");
  EXPECT_EQ(Get(made->name()).strata(0).in_part(), 1);
}

TEST_P(VerificationTest, WhoWasPaidOtherwiseIsAnotherFrame) {
  const std::string batch = Pay({"p1", "p2"});
  auto draw = Drawing();
  draw.set_batch(batch);
  const auto made = DrawOne(draw);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->sample(), 2) << "few are all asked";
  EXPECT_NE(DrawOne(Drawing(0))->seed(), 0u);
  // An answer of the bank about that day comes later.
  Pay({"p3"});
  EXPECT_TRUE(Replay(made->name()).frame_same()) << "of another batch";
  const auto all = DrawOne();
  Pay({"p4"});
  EXPECT_FALSE(Replay(all->name()).frame_same());
  draw = Drawing();
  draw.set_term("x");
  EXPECT_EQ(ReasonOf(DrawOne(draw).status()), "TERM_FORMAT");
  draw = Drawing();
  draw.set_confidence_bp(1);
  EXPECT_EQ(ReasonOf(DrawOne(draw).status()), "VERIFICATION_CONFIDENCE");
}

}  // namespace
}  // namespace ruraledu::student_aid
