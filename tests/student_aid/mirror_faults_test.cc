// The mirror of the national system and verification after payment, cut off before their statements; see cut_off.h.
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/mirror_fixture.h"

namespace ruraledu::student_aid {
namespace {

class MirrorFaults : public MirrorFixture, public ::testing::TestWithParam<const char*> {
 protected:
  explicit MirrorFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : MirrorFixture(Faulty(counter)), left(std::move(counter)) {}

  // Cuts the work off some statements later each time until it is through.
  void UntilDone(const Again& work, bool replays) {
    const testlib::Cuts cuts(5);
    int64_t cut = cuts.first;
    for (;; cut += cuts.stride) {
      *left = cut;
      const absl::Status called = work();
      *left = -1;
      ExpectJournalled(aid, {"mirror_export", "mirror_entry", "mirror_feedback", "verification", "verification_entry"});
      if (called.ok()) break;
      ASSERT_LT(cut, 1500) << called;
    }
    EXPECT_GT(cut, 4) << "so few statements cannot be";
    if (replays) {
      EXPECT_TRUE(work().ok()) << "a replay";
    }
  }
  Again Job(const std::string& name) {
    return [this, id = std::string(feed::IdOfName(name))] { return aid.Turn("c411728", id); };
  }

  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_P(MirrorFaults, AnExportAndItsFeedbackAreMadeOnce) {
  Approve({"p1", "p2", "p3", "p4"});
  const auto create = Exporting();
  UntilDone([&] { return CreateExport(create).status(); }, true);
  const std::string name = CreateExport(create)->name();
  UntilDone(Job(ExportOf(name).job()), false);
  const v1::MirrorExport exported = ExportOf(name);
  EXPECT_EQ(exported.rows(), 4);
  EXPECT_EQ(exported.total_fen(), 4 * kAmount);
  EXPECT_TRUE(FileOf(exported).ok()) << "the digest is that of its rows";
  const auto import =
      Importing(exported, Upload(name, Answering({"1 625.00", "2 600.00", "3 625.00", "99 1.00", "98 1.00"})));
  UntilDone([&] { return As("clerk", "ImportMirrorFeedback", import, &Handlers::ImportMirrorFeedback).status(); },
            true);
  const auto job = As("clerk", "ImportMirrorFeedback", import, &Handlers::ImportMirrorFeedback);
  UntilDone(Job(job->name()), false);
  EXPECT_THAT(Entries(exported), ::testing::IsSupersetOf({"p1 AGREED", "p2 OPEN OTHER_AMOUNT", "p3 AGREED",
                                                          "p4 OPEN MISSING_THERE", "? OPEN UNKNOWN_PERSON"}));
  EXPECT_EQ(aid.Counter("mirror_differences_open"), 4);
  const auto resolve = Resolving(EntryOf(exported, 2), v1::MIRROR_RESOLUTION_ACCEPTED);
  UntilDone([&] { return As("officer", "ResolveMirrorEntry", resolve, &Handlers::ResolveMirrorEntry).status(); }, true);
  EXPECT_EQ(aid.Counter("mirror_differences_open"), 3);
}

TEST_P(MirrorFaults, AVerificationIsDrawnAnsweredAndClosedOnce) {
  Pay({"p1", "p2"});
  v1::CreateVerificationRequest draw;
  draw.set_parent(kCounty);
  draw.set_term(kAutumn);
  draw.set_request_id(NewId());
  UntilDone([&] { return As("officer", "CreateVerification", draw, &Handlers::CreateVerification).status(); }, true);
  const std::string name = As("officer", "CreateVerification", draw, &Handlers::CreateVerification)->name();
  for (const char* person : {"p1", "p2"}) {
    auto answer = Naming<v1::RecordVerificationAnswerRequest>(
        absl::StrCat(kCounty, "/verificationEntries/", feed::IdOfName(name), ".", person));
    answer.set_answer(v1::VERIFICATION_ANSWER_IN_FULL);
    UntilDone(
        [&] { return As("clerk", "RecordVerificationAnswer", answer, &Handlers::RecordVerificationAnswer).status(); },
        true);
  }
  const auto close = Naming<v1::CloseVerificationRequest>(name);
  UntilDone([&] { return As("officer", "CloseVerification", close, &Handlers::CloseVerification).status(); }, true);
  EXPECT_EQ(WholeRoot<v1::Verification>(kVerifications, name).estimate_bp(), 10000);
}

INSTANTIATE_TEST_SUITE_P(Once, MirrorFaults, ::testing::Values("Sqlite"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
