// aid verification: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/verification.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kVerification[] = "counties/411728/verifications/v1";

class VerificationTest : public CliTest {
 protected:
  VerificationTest() { UseShippedData(); }
};

TEST_F(VerificationTest, ASampleIsDrawnAndAnswered) {
  v1::Verification made;
  made.set_name(kVerification);
  made.set_population(1000);
  made.set_estimated(true);
  made.set_estimate_bp(9876);
  const auto drawn = Answers<v1::CreateVerificationRequest>("CreateVerification", made);
  EXPECT_HAS(Run({"aid", "verification", "draw", "--term", "2023-2024-1", "--confidence", "9900", "--margin", "300",
                  "--seed", "42"})
                 .out,
             "98.76%");
  EXPECT_EQ(drawn->confidence_bp(), 9900);
  EXPECT_EQ(drawn->margin_bp(), 300);
  EXPECT_EQ(drawn->seed(), 42u);
  v1::VerificationEntry entry;
  entry.set_answer(v1::VERIFICATION_ANSWER_IN_PART);
  const auto said = Answers<v1::RecordVerificationAnswerRequest>("RecordVerificationAnswer", entry);
  EXPECT_HAS(Run({"aid", "verification", "answer", "counties/411728/verificationEntries/v1.p1", "--answer", "in-part",
                  "--received", "12.50", "--on", "2023-12-05", "--note", "电话"})
                 .out,
             "IN_PART");
  EXPECT_EQ(said->received_fen(), 1250);
  EXPECT_EQ(said->on().day(), 5);
  v1::ListVerificationEntriesResponse sample;
  *sample.add_entries() = entry;
  const auto listed = Answers<v1::ListVerificationEntriesRequest>("ListVerificationEntries", sample);
  EXPECT_EQ(Run({"aid", "verification", "sample", kVerification, "--unanswered"}).code, 0);
  EXPECT_EQ(listed->verification(), kVerification);
  EXPECT_TRUE(listed->unanswered());
  const auto closed = Answers<v1::CloseVerificationRequest>("CloseVerification", made);
  EXPECT_EQ(Run({"aid", "verification", "close", kVerification, "--etag", "\"3\""}).code, 0);
  EXPECT_EQ(closed->etag(), "\"3\"");
  v1::ReplayVerificationResponse again;
  again.set_sample_same(true);
  const auto replayed = Answers<v1::ReplayVerificationRequest>("ReplayVerification", again);
  EXPECT_HAS(Run({"aid", "verification", "replay", kVerification}).out, "yes");
  v1::ListVerificationsResponse all;
  *all.add_verifications() = made;
  const auto named = Answers<v1::ListVerificationsRequest>("ListVerifications", all);
  EXPECT_HAS(Run({"aid", "verification", "list"}).out, kVerification);
  const auto shown = Answers<v1::GetVerificationRequest>("GetVerification", made);
  EXPECT_EQ(Run({"aid", "verification", "show", kVerification}).code, 0);
}

}  // namespace
}  // namespace ruraledu::cli
