// Single resources, small lists and rules of student_aid: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/department_aid.pb.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "ruraledu/student_aid/v1/verification.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

class AidReadsTest : public CliTest {
 protected:
  AidReadsTest() { UseShippedData(); }

  // Asks for one resource by name and gives what was shown.
  template <typename Request, typename Answer>
  std::string Shown(const std::string& method, std::vector<std::string> command, const Answer& answer) {
    const auto asked = Answers<Request>(method, answer);
    command.push_back(answer.name());
    std::string out = Done(std::move(command));
    EXPECT_EQ(asked->name(), answer.name());
    return out;
  }
};

TEST_F(AidReadsTest, PolicySets) {
  v1::PolicySet set;
  set.set_name("policySets/SP@1");
  set.set_label_zh("遂平县");
  set.set_from_term("2022-2023-2");
  set.mutable_review_by()->set_year(2023);
  set.mutable_review_by()->set_month(12);
  set.mutable_review_by()->set_day(31);
  set.add_items()->set_code("SP_NUTR");
  v1::ListPolicySetsResponse all;
  *all.add_policy_sets() = set;
  const auto asked = Answers<v1::ListPolicySetsRequest>("ListPolicySets", all);
  const std::string out = Done({"aid", "policies", "list", "--term", "2023-2024-1", "--region", "411728000000"});
  EXPECT_HAS(out, "遂平县");
  EXPECT_HAS(out, "2023-12-31");
  EXPECT_ASKED(asked, "term: '2023-2024-1' region_code: '411728000000'");
  EXPECT_HAS(Shown<v1::GetPolicySetRequest>("GetPolicySet", {"aid", "policies", "show"}, set), "SP_NUTR");
}

TEST_F(AidReadsTest, RecordsOfOtherSystems) {
  v1::ListAidRecordsResponse all;
  v1::AidRecord* record = all.add_records();
  record->set_person("P-1");
  record->set_item("SP_NUTR");
  record->set_amount_fen(40000);
  record->set_refused("DUPLICATE_AID");
  const auto asked = Answers<v1::ListAidRecordsRequest>("ListAidRecords", all);
  const std::string out = Done({"aid", "records", "--term", "2023-2024-1"});
  EXPECT_HAS(out, "400.00");
  EXPECT_HAS(out, "DUPLICATE_AID");
  EXPECT_EQ(asked->parent(), "counties/411728");
  EXPECT_EQ(asked->term(), "2023-2024-1");
}

TEST_F(AidReadsTest, Settlements) {
  v1::ListSettlementsResponse all;
  v1::Settlement* one = all.add_settlements();
  one->set_item("SP_HS_FEE");
  one->set_pupils(3);
  one->set_waived_fen(240000);
  one->set_settled_fen(160000);
  const auto asked = Answers<v1::ListSettlementsRequest>("ListSettlements", all);
  const std::string out = Done({"aid", "funds", "settlements", "--term", "2023-2024-1", "--item", "SP_HS_FEE"});
  EXPECT_HAS(out, "2,400.00");
  EXPECT_HAS(out, "1,600.00");
  EXPECT_EQ(asked->item(), "SP_HS_FEE");
}

TEST_F(AidReadsTest, OneOfEach) {
  v1::Run run;
  run.set_name("counties/411728/runs/r1");
  run.set_persons(31);
  EXPECT_HAS(Shown<v1::GetRunRequest>("GetRun", {"aid", "show-run"}, run), "\"31\"");
  v1::Study study;
  study.set_name("counties/411728/studies/s1");
  study.set_university("郑州大学");
  EXPECT_HAS(Shown<v1::GetStudyRequest>("GetStudy", {"aid", "studies", "show"}, study), "郑州大学");
  v1::Fund fund;
  fund.set_name("counties/411728/funds/2024.SP_NUTR");
  fund.set_label_zh("营养膳食补助");
  EXPECT_HAS(Shown<v1::GetFundRequest>("GetFund", {"aid", "funds", "show"}, fund), "营养膳食补助");
  v1::FundStep step;
  step.set_name("counties/411728/fundSteps/f1");
  step.set_document("遂财教〔2024〕9号");
  EXPECT_HAS(Shown<v1::GetFundStepRequest>("GetFundStep", {"aid", "funds", "show-step"}, step), "9号");
  v1::PaymentReturn answer;
  answer.set_name("counties/411728/paymentReturns/b1");
  answer.set_imported_by("clerk");
  EXPECT_HAS(Shown<v1::GetPaymentReturnRequest>("GetPaymentReturn", {"aid", "payments", "show-answer"}, answer),
             "clerk");
}

TEST_F(AidReadsTest, AnOrderIsShownMaskedUnlessAPurposeIsGiven) {
  v1::PaymentOrder order;
  order.set_name("counties/411728/paymentOrders/P-1.2023-2024-1.SP_NUTR.1");
  order.set_bank_reason("户名不符");
  const auto asked = Answers<v1::GetPaymentOrderRequest>("GetPaymentOrder", order);
  EXPECT_HAS(Done({"aid", "payments", "show-order", order.name()}), "户名不符");
  EXPECT_FALSE(asked->unmask());
  Done({"aid", "payments", "show-order", order.name(), "--unmask", "--purpose", "AID_REVIEW"});
  EXPECT_TRUE(asked->unmask());
  EXPECT_EQ(purpose_, "AID_REVIEW");
}

TEST_F(AidReadsTest, RulesAreAskedWithFactsOfAFile) {
  v1::EvaluateAidCapResponse cap;
  cap.set_cap("TOTAL");
  const auto capped = Answers<v1::EvaluateAidCapRequest>("EvaluateAidCap", cap);
  EXPECT_HAS(Done({"aid", "departments", "evaluate", "--facts",
                   Write("cap.json", R"({"term": "2023-2024-1", "amountFen": "100"})")}),
             "TOTAL");
  EXPECT_EQ(capped->amount_fen(), 100);

  v1::EvaluateAccountResponse account;
  account.add_reasons("CARD_CHECK_DIGIT");
  const auto card = Answers<v1::EvaluateAccountRequest>("EvaluateAccount", account);
  EXPECT_HAS(
      Done({"aid", "payments", "evaluate", "--facts", Write("card.json", R"({"facts": {"cardHolder": "王小明"}})")}),
      "CARD_CHECK_DIGIT");
  EXPECT_EQ(card->facts().card_holder(), "王小明");

  v1::EvaluateTrackedAidResponse tracked;
  tracked.set_reason("LOAN_BOTH_KINDS");
  const auto loan = Answers<v1::EvaluateTrackedAidRequest>("EvaluateTrackedAid", tracked);
  EXPECT_HAS(Done({"aid", "tracked", "evaluate", "--facts", Write("loan.json", R"({"amountFen": "1200000"})")}),
             "LOAN_BOTH_KINDS");
  EXPECT_EQ(loan->amount_fen(), 1200000);

  v1::EvaluateVerificationResponse sample;
  sample.set_source("GB/T 2828");
  const auto drawn = Answers<v1::EvaluateVerificationRequest>("EvaluateVerification", sample);
  EXPECT_HAS(Done({"aid", "verification", "evaluate", "--facts", Write("v.json", R"({"marginBp": 500})")}),
             "GB/T 2828");
  EXPECT_EQ(drawn->margin_bp(), 500);

  v1::EvaluateOutwardCaseResponse outward;
  outward.set_entitled_fen(62500);
  const auto elsewhere = Answers<v1::EvaluateOutwardCaseRequest>("EvaluateOutwardCase", outward);
  EXPECT_HAS(Done({"aid", "outward", "evaluate", "--facts", Write("o.json", R"({"term": "2023-2024-1"})")}), "62500");
  EXPECT_EQ(elsewhere->term(), "2023-2024-1");

  EXPECT_NE(Run({"aid", "payments", "evaluate", "--facts", Write("bad.json", "{")}).code, 0);
}

}  // namespace
}  // namespace ruraledu::cli
