// aid compliance, aid goods: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/compliance.pb.h"
#include "ruraledu/student_aid/v1/goods.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kSchool[] = "counties/411728/schools/s1";
constexpr char kName[] = "counties/411728/goodsMovements/m1";

class GoodsTest : public CliTest {
 protected:
  static v1::GoodsMovement One() {
    v1::GoodsMovement one;
    one.set_name(kName);
    one.set_item("BEDDING");
    one.set_kind(v1::GOODS_MOVEMENT_KIND_LOST);
    one.set_state(v1::GOODS_MOVEMENT_STATE_WAITING);
    one.set_quantity(2);
    return one;
  }
};

TEST_F(GoodsTest, ComplianceIsListedAndEvaluated) {
  v1::ListComparisonRowsResponse all;
  v1::ComparedPerson* person = all.add_persons();
  person->set_display_name("王**");
  person->set_compliance(v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT);
  v1::ComplianceFinding* finding = person->add_compliance_findings();
  finding->set_code("ACCOUNT");
  finding->set_state(v1::COMPLIANCE_STATE_UNMET);
  finding->set_effect(v1::COMPLIANCE_EFFECT_STOP_PAY);
  finding->add_reasons("CARD_MISSING");
  all.add_persons()->set_display_name("李**");
  const auto listed = Answers<v1::ListComparisonRowsRequest>("ListComparisonRows", all);
  const std::string out = Done({"aid", "compliance", "list", "--term", "2023-2024-1", "--area", "411728103"});
  EXPECT_HAS(out, "ELIGIBLE_NOT_COMPLIANT");
  EXPECT_HAS(out, "CARD_MISSING");
  EXPECT_HAS(out, "李**");
  EXPECT_EQ(listed->compliance(), v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT);
  EXPECT_EQ(listed->area(), "areas/411728103");
  Done({"aid", "compliance", "list", "--term", "2023-2024-1", "--standing", "NOT_ELIGIBLE", "--unmask", "--purpose",
        "AID_REVIEW"});
  EXPECT_EQ(listed->compliance(), v1::COMPLIANCE_STATUS_NOT_ELIGIBLE);
  EXPECT_TRUE(listed->unmask());
  EXPECT_EQ(purpose_, "AID_REVIEW");
  v1::EvaluateComplianceResponse answer;
  answer.set_stops_pay(true);
  const auto asked = Answers<v1::EvaluateComplianceRequest>("EvaluateCompliance", answer);
  const std::string file = Write("facts.json", R"({"facts": {"status": "SUSPENDED"}})");
  EXPECT_HAS(Done({"aid", "compliance", "evaluate", "--facts", file}), "stopsPay");
  EXPECT_EQ(asked->facts().status(), "SUSPENDED");
}

TEST_F(GoodsTest, AMovementIsRecorded) {
  const auto recorded = Answers<v1::RecordGoodsMovementRequest>("RecordGoodsMovement", One());
  const std::string out = Done({"aid", "goods", "record", "--school", kSchool, "--item", "BEDDING", "--kind", "LOST",
                                "--units", "2", "--on", "2023-11-20", "--reason", "雨淋"});
  EXPECT_HAS(out, "WAITING");
  EXPECT_EQ(recorded->parent(), "counties/411728");
  EXPECT_EQ(recorded->kind(), v1::GOODS_MOVEMENT_KIND_LOST);
  EXPECT_EQ(recorded->quantity(), 2);
  EXPECT_EQ(recorded->on().day(), 20);
  EXPECT_EQ(recorded->reason(), "雨淋");
  Done({"aid",     "goods",     "record", "--school",   kSchool,      "--item",     "BEDDING",  "--kind",
        "COUNTED", "--counted", "7",      "--on",       "2023-11-20", "--from",     "县教育局", "--to-school",
        kSchool,   "--issue",   kName,    "--relation", "MOTHER",     "--document", "7号"});
  EXPECT_EQ(recorded->counted(), 7);
  EXPECT_EQ(recorded->from_whom(), "县教育局");
  EXPECT_EQ(recorded->other_school(), kSchool);
  EXPECT_EQ(recorded->issue(), kName);
  EXPECT_EQ(recorded->relation(), "MOTHER");
  EXPECT_EQ(recorded->document(), "7号");
}

TEST_F(GoodsTest, AClassIsGivenItsThings) {
  v1::BatchIssueGoodsResponse answer;
  answer.add_results()->set_person("p1");
  *answer.mutable_results(0)->mutable_movement() = One();
  answer.add_results()->set_person("p2");
  answer.mutable_results(1)->set_reason("ALREADY_ISSUED");
  const auto issued = Answers<v1::BatchIssueGoodsRequest>("BatchIssueGoods", answer);
  const std::string out = Done(
      {"aid", "goods", "issue", "p1", "p2,1,MOTHER", "--school", kSchool, "--item", "BEDDING", "--on", "2023-11-20"});
  EXPECT_HAS(out, "ISSUED");
  EXPECT_HAS(out, "ALREADY_ISSUED");
  ASSERT_EQ(issued->rows_size(), 2);
  EXPECT_EQ(issued->rows(0).quantity(), 0);
  EXPECT_EQ(issued->rows(1).quantity(), 1);
  EXPECT_EQ(issued->rows(1).relation(), "MOTHER");
  EXPECT_NE(Run({"aid", "goods", "issue", "p1,x", "--school", kSchool, "--item", "A", "--on", "2023-11-20"}).code, 0);
}

TEST_F(GoodsTest, AnotherPersonDecidesAndMistakesAreTakenBack) {
  const auto confirmed = Answers<v1::ConfirmGoodsMovementRequest>("ConfirmGoodsMovement", One());
  Done({"aid", "goods", "confirm", kName, "--etag", "\"7\""});
  EXPECT_EQ(confirmed->name(), kName);
  EXPECT_EQ(confirmed->etag(), "\"7\"");
  const auto refused = Answers<v1::RefuseGoodsMovementRequest>("RefuseGoodsMovement", One());
  Done({"aid", "goods", "refuse", kName, "--reason", "未查清"});
  EXPECT_EQ(refused->reason(), "未查清");
  const auto reversed = Answers<v1::ReverseGoodsMovementRequest>("ReverseGoodsMovement", One());
  Done({"aid", "goods", "reverse", kName, "--reason", "登错"});
  EXPECT_EQ(reversed->reason(), "登错");
}

TEST_F(GoodsTest, TablesAndListsAreShown) {
  v1::ListGoodsResponse goods;
  goods.add_goods()->set_label_zh("寄宿被褥");
  Answers<v1::ListGoodsRequest>("ListGoods", goods);
  EXPECT_HAS(Done({"aid", "goods", "table"}), "寄宿被褥");
  v1::GoodsStock stock;
  stock.set_name("counties/411728/goodsStocks/s1.BEDDING");
  stock.set_on_hand(1234);
  const auto shown = Answers<v1::GetGoodsStockRequest>("GetGoodsStock", stock);
  EXPECT_HAS(Done({"aid", "goods", "show", stock.name()}), "1234");
  EXPECT_EQ(shown->name(), stock.name());
  v1::ListGoodsStocksResponse stocks;
  *stocks.add_stocks() = stock;
  const auto listed = Answers<v1::ListGoodsStocksRequest>("ListGoodsStocks", stocks);
  EXPECT_HAS(Done({"aid", "goods", "stocks", "--item", "BEDDING", "--area", "411728103"}), "1,234");
  EXPECT_EQ(listed->item(), "BEDDING");
  v1::ListGoodsMovementsResponse movements;
  *movements.add_movements() = One();
  const auto moved = Answers<v1::ListGoodsMovementsRequest>("ListGoodsMovements", movements);
  EXPECT_HAS(Done({"aid", "goods", "movements", "--kind", "LOST", "--waiting", "--person", "p1"}), kName);
  EXPECT_EQ(moved->kind(), v1::GOODS_MOVEMENT_KIND_LOST);
  EXPECT_TRUE(moved->waiting_only());
  EXPECT_EQ(moved->person(), "p1");
}

}  // namespace
}  // namespace ruraledu::cli
