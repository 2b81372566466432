// Consents and requests for information, cut off before their statements; see cut_off.h.
#include "tests/student_aid/consent_fixture.h"
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/information_fixture.h"

namespace ruraledu::student_aid {
namespace {

template <typename Fixture>
class Faults : public Fixture, public ::testing::Test {
 protected:
  explicit Faults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : Fixture(Faulty(counter)), left(std::move(counter)) {}

  // What a query of (text, shard, number) holds; `next`: see CutOff.
  void CutOffEach(const std::string& written, int most, const std::function<Again(int n)>& next) {
    CutOffAnywhere({.left = *left,
                    .most = most,
                    .next = next,
                    .ready = [] {},
                    .written = [&, written] { return RowsOf(this->aid, {written}); },
                    .sound =
                        [&] {
                          ExpectJournalled(this->aid, {"consent", "information_request"});
                        }});
  }
  std::shared_ptr<std::atomic<int64_t>> left;
};

using ConsentFaults = Faults<ConsentFixture>;
using InformationFaults = Faults<InformationFixture>;

constexpr char kConsentRows[] = "SELECT id, shard, version FROM consent ORDER BY id";

TEST_F(ConsentFaults, PapersAreRecordedAndTakenBackOnce) {
  std::vector<v1::BatchRecordConsentsRequest> recording;
  for (int i = 0; i < 60; ++i) {
    recording.push_back(Recording({Paper("p1", {kAsk, kRefer}), Paper("p2")}));
  }
  CutOffEach(kConsentRows, 60, [&](int n) -> Again { return [&, n] { return Record(recording[n - 1]).status(); }; });
  std::vector<v1::WithdrawConsentRequest> withdrawing;
  for (const v1::BatchRecordConsentsRequest& request : recording) {
    withdrawing.push_back(Withdrawing(Record(request)->rows(0).name()));
  }
  CutOffEach("SELECT id, shard, version FROM consent WHERE withdrawn_on <> '' ORDER BY id", 60,
             [&](int n) -> Again { return [&, n] { return Withdraw(withdrawing[n - 1]).status(); }; });
}

TEST_F(ConsentFaults, AnEnquiryByConsentIsMadeOnce) {
  Apply(4);
  ASSERT_TRUE(Record(Recording({Paper("p1"), Paper("p2")})).ok());
  const auto request = AskingFor();
  int cuts = 0;
  for (int cut = 0;; cut += 3, ++cuts) {
    *left = cut;
    const absl::Status asked = Ask(request).status();
    *left = -1;
    ExpectJournalled(aid, {"fact_enquiry", "fact_enquiry_entry"});
    if (asked.ok()) break;
    ASSERT_LT(cuts, 300) << asked;
  }
  EXPECT_GT(cuts, 4) << "so few statements cannot be";
  EXPECT_EQ(Ask(request)->entries(), 2);
  EXPECT_EQ(Ask(request)->without_basis(), 2);
}

TEST_F(InformationFaults, RequestsAreAskedAndClosedOnce) {
  constexpr int kMost = 60;
  Reviewed({"p1"});
  std::vector<v1::CreateInformationRequestRequest> asking;
  std::vector<v1::AnswerInformationRequestRequest> answering;
  std::vector<v1::DeclineInformationRequestRequest> declining;
  std::vector<v1::WithdrawInformationRequestRequest> taking;
  for (int i = 0; i < kMost; ++i) {
    asking.push_back(Asking(Name("p1")));
    answering.push_back(Answering(Asked(Name("p1"))));
    answering.back().mutable_answers(0)->set_file(Upload(Pupil("p1"), absl::StrCat("证明 ", i)));
    declining.push_back(Declining(Asked(Name("p1"))));
    taking.push_back(TakingBack(Asked(Name("p1"))));
  }
  const auto in = [](const char* state) {
    return absl::StrCat("SELECT id, shard, version FROM information_request WHERE state = 'INFORMATION_REQUEST_STATE_",
                        state, "' ORDER BY id");
  };
  CutOffEach(in("OPEN"), kMost, [&](int n) -> Again { return [&, n] { return AskFamily(asking[n - 1]).status(); }; });
  CutOffEach(in("ANSWERED"), kMost,
             [&](int n) -> Again { return [&, n] { return AnswerFamily(answering[n - 1]).status(); }; });
  CutOffEach(in("DECLINED"), kMost,
             [&](int n) -> Again { return [&, n] { return DeclineFamily(declining[n - 1]).status(); }; });
  CutOffEach(in("WITHDRAWN"), kMost,
             [&](int n) -> Again { return [&, n] { return TakeBack(taking[n - 1]).status(); }; });
}

}  // namespace
}  // namespace ruraledu::student_aid
