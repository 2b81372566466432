// Lists of other departments, enquiries and decisions about evidence, cut off before their statements; see cut_off.h.
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/department_fixture.h"
#include "tests/student_aid/fact_fixture.h"

namespace ruraledu::student_aid {
namespace {

// Cuts the work off every few statements later until it is through.
void UntilDone(Aid& aid, std::atomic<int64_t>& left, const std::vector<std::string>& tables, const Again& work,
               int stride, bool replays) {
  int cuts = 0;
  for (int cut = 0;; cut += stride, ++cuts) {
    left = cut;
    const absl::Status called = work();
    left = -1;
    ExpectJournalled(aid, tables);
    if (called.ok()) break;
    ASSERT_LT(cuts, 300) << called;
  }
  EXPECT_GT(cuts, 2) << "so few statements cannot be";
  if (replays) {
    EXPECT_TRUE(work().ok()) << "a replay";
  }
}

class DepartmentFaults : public DepartmentFixture, public ::testing::Test {
 protected:
  explicit DepartmentFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : DepartmentFixture(Faulty(counter)), left(std::move(counter)) {}
  void Cut(const Again& work, int stride, bool replays) {
    UntilDone(aid, *left, {"department_aid_list", "department_aid"}, work, stride, replays);
  }
  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_F(DepartmentFaults, AListIsReadOnceAndTakesThePlaceOnce) {
  Counted({"1 LIVING 1.00"});
  const auto create = Opening();
  Cut([&] { return OpenList(create).status(); }, 3, true);
  const std::string name = OpenList(create)->name();
  const auto import = Reading(
      name, Upload(name, Aiding({"1 LIVING 3.00", "2 MEALS 4.00", "99 OTHER 1.00", "3 OTHER 5.00", "4 OTHER 6.00"})));
  Cut([&] { return As("clerk", "ImportDepartmentAidList", import, &Handlers::ImportDepartmentAidList).status(); }, 3,
      true);
  const auto job = As("clerk", "ImportDepartmentAidList", import, &Handlers::ImportDepartmentAidList);
  ASSERT_TRUE(job.ok()) << job.status();
  Cut([&] { return aid.Turn("c411728", std::string(feed::IdOfName(job->name()))); }, 5, false);
  const v1::DepartmentAidList list = ListOf(name);
  EXPECT_EQ(list.state(), v1::DEPARTMENT_AID_LIST_STATE_COUNTED);
  EXPECT_EQ(list.rows(), 4);
  EXPECT_EQ(list.total_fen(), 1800);
  EXPECT_EQ(list.unmatched(), 1);
  auto withdraw = Naming<v1::WithdrawDepartmentAidListRequest>(name);
  withdraw.set_reason("名单有误");
  Cut(
      [&] {
        return As("officer", "WithdrawDepartmentAidList", withdraw, &Handlers::WithdrawDepartmentAidList).status();
      },
      3, true);
}

class FactFaults : public FactFixture, public ::testing::Test {
 protected:
  explicit FactFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : FactFixture(Faulty(counter)), left(std::move(counter)) {}
  void Cut(const Again& work, int stride, bool replays) {
    UntilDone(aid, *left, {"fact_enquiry", "fact_enquiry_entry", "identification"}, work, stride, replays);
  }
  std::shared_ptr<std::atomic<int64_t>> left;
};

TEST_F(FactFaults, AnEnquiryIsAnsweredOnceAndEvidenceDecidedOnce) {
  Apply(4);
  const auto ask = AskingFor();
  Cut([&] { return Ask(ask).status(); }, 3, true);
  const auto enquiry = Ask(ask);
  EXPECT_EQ(enquiry->entries(), 4);
  const auto import = Importing(
      enquiry->name(),
      Upload(enquiry->name(), Answering(*enquiry, {"1 FOUND 1600", "2 FOUND 900", "3 NOT_FOUND", "4 FOUND 1600"})));
  Cut([&] { return As("clerk", "ImportFactAnswers", import, &Handlers::ImportFactAnswers).status(); }, 3, true);
  const auto job = As("clerk", "ImportFactAnswers", import, &Handlers::ImportFactAnswers);
  ASSERT_TRUE(job.ok()) << job.status();
  Cut([&] { return aid.Turn("c411728", std::string(feed::IdOfName(job->name()))); }, 5, false);
  EXPECT_EQ(EnquiryOf(enquiry->name()).answered(), 4);
  EXPECT_EQ(EnquiryOf(enquiry->name()).differing(), 2);
  EXPECT_EQ(RecordOf("p4").input().facts().factors(0).verified().value(), 1600);
  v1::DecideEvidenceRequest decide;
  decide.set_name(Name("p1"));
  decide.set_number(1);
  decide.set_decision(v1::EVIDENCE_DECISION_REFUSED);
  decide.set_reason("字迹不清");
  decide.set_request_id(NewId());
  Cut(
      [&] {
        return As("desk", "DecideIdentificationEvidence", decide, &Handlers::DecideIdentificationEvidence).status();
      },
      3, true);
  v1::SupplyEvidenceRequest supply;
  supply.set_name(Name("p1"));
  supply.set_number(1);
  supply.mutable_evidence()->set_kind("PROMISE");
  supply.set_request_id(NewId());
  Cut(
      [&] {
        return As("teacher", "SupplyIdentificationEvidence", supply, &Handlers::SupplyIdentificationEvidence).status();
      },
      3, true);
  EXPECT_EQ(RecordOf("p1").evidence_size(), 2);
}

}  // namespace
}  // namespace ruraledu::student_aid
