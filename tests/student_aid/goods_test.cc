// Goods at schools: what moves a stock, who is given what and how often, the second person, what is taken back, what
// the office reads of it.
#include "services/student_aid/office_gauges.h"
#include "tests/student_aid/goods_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum v1::GoodsMovementKind;

class GoodsTest : public GoodsFixture, public ::testing::TestWithParam<const char*> {
 protected:
  GoodsTest() : GoodsFixture(OptionsOf(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Databases, GoodsTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(GoodsTest, AWholeClassIsGivenRowByRow) {
  Receive(2);
  auto request = Issuing({"p1", "p4", "p2", "nobody", "p3"});
  request.mutable_rows(0)->set_relation("GRANDPARENT");
  EXPECT_EQ(Issued(request), "p1 p4:GOODS_NOT_ENTITLED p2 nobody:PERSON_UNKNOWN p3:STOCK_EXCEEDED");
  EXPECT_EQ(Stock().on_hand(), 0);
  EXPECT_EQ(Stock().totals().issued(), 2);
  const auto again = Issue(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->results(0).movement().relation(), "GRANDPARENT");
  EXPECT_EQ(again->results(0).movement().period(), "ONCE");
  EXPECT_EQ(again->results(0).movement().term(), kAutumn);
  EXPECT_EQ(Stock().totals().issued(), 2) << "a replay gives nothing";
  auto other = request;
  other.mutable_rows(0)->set_relation("");
  EXPECT_EQ(Issued(other), "REQUEST_ID_REUSED");

  v1::ListGoodsMovementsRequest list;
  list.set_parent(kCounty);
  list.set_person("p1");
  const auto listed = As("reader", "ListGoodsMovements", list, &Handlers::ListGoodsMovements);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->movements_size(), 1);
  EXPECT_EQ(listed->movements(0).document(), "签领表3");
  list.set_kind(GOODS_MOVEMENT_KIND_RETURNED);
  EXPECT_EQ(As("reader", "ListGoodsMovements", list, &Handlers::ListGoodsMovements)->movements_size(), 0);
  EXPECT_EQ(aid.Counter("goods_issued", "411728", "BEDDING"), 2);
  EXPECT_EQ(aid.Counter("goods_available", "411728", "BEDDING"), 2);
}

TEST_P(GoodsTest, AnItemIsGivenAsOftenAsTheTableSaysInTheWholeCounty) {
  Receive(5);
  Receive(5, "BEDDING", "s2");
  Receive(5, "TEXTBOOKS");
  EXPECT_EQ(Issued(Issuing({"p1", "p2"})), "p1 p2");
  EXPECT_EQ(Issued(Issuing({"p1", "p3"})), "p1:ALREADY_ISSUED p3");
  auto two = Issuing({"p1"}, "TEXTBOOKS");
  two.mutable_rows(0)->set_quantity(2);
  EXPECT_EQ(Issued(two), "p1:ALREADY_ISSUED") << "one set each";
  EXPECT_EQ(Issued(Issuing({"p1", "p4"}, "TEXTBOOKS")), "p1 p4") << "everybody of compulsory education";
  EXPECT_EQ(Issued(Issuing({"p1"}, "TEXTBOOKS")), "p1:ALREADY_ISSUED");

  // p1 goes to another school of the county: what was given once stays given.
  registry_v1::Student moved = Student("p1", "JUN", "7", true, {"P2"}, kCounty, "s2");
  moved.set_area("411728104/s2");
  registry.Put(moved);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Issued(Issuing({"p1"}, "BEDDING", "s2")), "p1:ALREADY_ISSUED");
  EXPECT_EQ(Issued(Issuing({"p1"})), "p1:GOODS_NOT_ENTITLED") << "no pupil of this school any more";
  EXPECT_EQ(Issued(Issuing({"p2"}, "BEDDING", "s2")), "p2:GOODS_NOT_ENTITLED");
  // The next term another set of books.
  On(3, 10, 2024);
  auto spring = Issuing({"p2"}, "TEXTBOOKS");
  *spring.mutable_on() = DateOf(absl::CivilDay(2024, 3, 10));
  EXPECT_EQ(Issued(spring), "p2");
  EXPECT_EQ(Issued(Issuing({"p2"}, "TEXTBOOKS")), "p2") << "of the autumn, told late";
}

TEST_P(GoodsTest, WhoWasMergedKeepsWhatWasGiven) {
  Receive(5);
  ASSERT_EQ(Issued(Issuing({"p1"})), "p1");
  registry_v1::Student merged = Student("p1", "JUN", "7", true, {"P2"});
  merged.set_merged_into(Pupil("p2"));
  registry.Put(merged);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Issued(Issuing({"p2", "p1"})), "p2:ALREADY_ISSUED p1:ALREADY_ISSUED");
}

TEST_P(GoodsTest, AKindConfirmedByTheSchoolEntitles) {
  Receive(3, "DONATED_KIT");
  EXPECT_EQ(Issued(Issuing({"p4"}, "DONATED_KIT")), "p4:GOODS_NOT_ENTITLED");
  v1::Identification record;
  record.set_name(Name("p4"));
  record.set_person("p4");
  record.set_area("411728103/s1");
  record.set_school_year("2023-2024");
  record.set_state(v1::IDENTIFICATION_STATE_CONFIRMED);
  const auto sealer = *aid.place.keys->SealerOf("c411728");
  ASSERT_TRUE(aid.place.database
                  ->Write("c411728",
                          [&](db::Transaction& tx) -> absl::Status {
                            feed::RootWriter writer(tx, *sealer, {"tester", "call"}, aid.host().NewCounters());
                            RETURN_IF_ERROR(writer.Put(kIdentifications, nullptr, record, "TEST").status());
                            return writer.Finish().status();
                          })
                  .ok());
  EXPECT_EQ(Issued(Issuing({"p4"}, "DONATED_KIT")), "p4");
}

TEST_P(GoodsTest, LossesWaitForASecondPerson) {
  Receive(5);
  const v1::GoodsMovement lost = Recorded(Moving(GOODS_MOVEMENT_KIND_LOST, 2));
  EXPECT_EQ(lost.state(), v1::GOODS_MOVEMENT_STATE_WAITING);
  EXPECT_EQ(Stock().on_hand(), 5) << "nothing is booked yet";
  EXPECT_EQ(ReasonOf(Confirm(lost.name(), "keeper").status()), "ROLE_HELD");
  EXPECT_EQ(
      ReasonOf(As("keeper", "RefuseGoodsMovement", Refusing(lost.name()), &Handlers::RefuseGoodsMovement).status()),
      "ROLE_HELD");
  auto stale = Naming<v1::ConfirmGoodsMovementRequest>(lost.name());
  stale.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("leader", "ConfirmGoodsMovement", stale, &Handlers::ConfirmGoodsMovement).status()),
            "ETAG_MISMATCH");
  v1::ListGoodsMovementsRequest waiting;
  waiting.set_parent(kCounty);
  waiting.set_waiting_only(true);
  waiting.set_item("BEDDING");
  const auto count = [&] {
    return As("reader", "ListGoodsMovements", waiting, &Handlers::ListGoodsMovements)->movements_size();
  };
  EXPECT_EQ(count(), 1);
  obs::Metrics metrics;
  const auto probe = OfficeProbe(*aid.place.database, metrics, clock);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_student_aid_waiting_goods_movements{county=\"411728\"} 1"));
  const auto confirmed = Confirm(lost.name());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->decided_by(), "job:leader");
  EXPECT_EQ(Stock().on_hand(), 3);
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(ReasonOf(Confirm(lost.name(), "other").status()), "STATE_TRANSITION");

  const v1::GoodsMovement spoilt = Recorded(Moving(GOODS_MOVEMENT_KIND_SPOILT, 3));
  auto unread = Refusing(spoilt.name());
  unread.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("leader", "RefuseGoodsMovement", unread, &Handlers::RefuseGoodsMovement).status()),
            "ETAG_MISMATCH");
  const auto refused = As("leader", "RefuseGoodsMovement", Refusing(spoilt.name()), &Handlers::RefuseGoodsMovement);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->refusal(), "未查清");
  EXPECT_EQ(Stock().on_hand(), 3);
  // What was given meanwhile cannot be lost as well.
  const v1::GoodsMovement late = Recorded(Moving(GOODS_MOVEMENT_KIND_LOST, 1));
  ASSERT_EQ(Issued(Issuing({"p1", "p2", "p3"})), "p1 p2 p3");
  EXPECT_EQ(ReasonOf(Confirm(late.name()).status()), "STOCK_EXCEEDED");
}

TEST_P(GoodsTest, ACountBooksItsDifferenceByASecondPerson) {
  Receive(5);
  const auto counting = [&](int64_t units, const std::string& reason) {
    auto request = Moving(GOODS_MOVEMENT_KIND_COUNTED, 0);
    request.set_counted(units);
    request.set_reason(reason);
    return request;
  };
  const v1::GoodsMovement fits = Recorded(counting(5, ""));
  EXPECT_EQ(fits.state(), v1::GOODS_MOVEMENT_STATE_BOOKED) << "there is nothing to decide";
  EXPECT_EQ(ReasonOf(Record(counting(4, "")).status()), "FIELD_REQUIRED") << "a difference wants a reason";
  const v1::GoodsMovement short_of = Recorded(counting(4, "少一套"));
  EXPECT_EQ(short_of.expected(), 5);
  EXPECT_EQ(short_of.quantity(), -1);
  EXPECT_EQ(Stock().on_hand(), 5);
  ASSERT_EQ(Issued(Issuing({"p1"})), "p1");
  ASSERT_TRUE(Confirm(short_of.name()).ok());
  EXPECT_EQ(Stock().on_hand(), 3) << "the difference, not the number of that day";
  EXPECT_EQ(Stock().totals().counted(), -1);
  EXPECT_EQ(ReasonOf(Reverse(fits.name()).status()), "MOVEMENT_NOT_REVERSIBLE") << "it moved nothing";
}

TEST_P(GoodsTest, ATransferIsOneWriteForBothSchools) {
  Receive(5);
  auto request = Moving(GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, 2);
  request.set_other_school(SchoolName("s1"));
  EXPECT_EQ(ReasonOf(Record(request).status()), "NAME_INVALID") << "to itself";
  request.set_other_school(SchoolName("s9"));
  EXPECT_EQ(ReasonOf(Record(request).status()), "SCHOOL_UNKNOWN");
  request.set_other_school(SchoolName("s2"));
  EXPECT_EQ(
      ReasonOf(As("keeper", "RecordGoodsMovement", request, &Handlers::RecordGoodsMovement, "411728103/s1").status()),
      "PERMISSION_DENIED")
      << "it concerns both schools";
  const v1::GoodsMovement out = Recorded(request);
  EXPECT_EQ(Stock().on_hand(), 3);
  EXPECT_EQ(Stock("BEDDING", "s2").on_hand(), 2);
  EXPECT_EQ(Stock("BEDDING", "s2").totals().transferred_in(), 2);
  auto too_many = Moving(GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, 4);
  too_many.set_other_school(SchoolName("s2"));
  EXPECT_EQ(ReasonOf(Record(too_many).status()), "STOCK_EXCEEDED");
  EXPECT_EQ(Stock("BEDDING", "s2").on_hand(), 2) << "neither side";

  const auto back = Reverse(out.counterpart());  // from the other side
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(Stock().on_hand(), 5);
  EXPECT_EQ(Stock("BEDDING", "s2").on_hand(), 0);
  EXPECT_EQ(ReasonOf(Reverse(out.name()).status()), "MOVEMENT_NOT_REVERSIBLE") << "both sides were taken back";
}

TEST_P(GoodsTest, WhatCameBackMayBeGivenAgain) {
  Receive(1);
  const auto response = Issue(Issuing({"p1"}));
  ASSERT_TRUE(response.ok()) << response.status();
  const std::string issue = response->results(0).movement().name();
  auto request = Moving(GOODS_MOVEMENT_KIND_RETURNED, 1);
  request.set_issue(issue);
  request.set_relation("MOTHER");
  auto too_many = request;
  too_many.set_quantity(2);
  too_many.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(Record(too_many).status()), "RETURN_EXCEEDED");
  const v1::GoodsMovement returned = Recorded(request);
  EXPECT_EQ(returned.person(), "p1");
  EXPECT_EQ(returned.relation(), "MOTHER");
  EXPECT_EQ(Stock().on_hand(), 1);
  EXPECT_EQ(ReasonOf(Reverse(issue).status()), "MOVEMENT_NOT_REVERSIBLE") << "it came back";
  request.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(Record(request).status()), "RETURN_EXCEEDED") << "nothing is out";
  EXPECT_EQ(Issued(Issuing({"p1"})), "p1");
  request.set_issue(absl::StrCat(kCounty, "/goodsMovements/none"));
  EXPECT_EQ(ReasonOf(Record(request).status()), "NOT_FOUND");
  request.set_issue(StockName("BEDDING"));
  EXPECT_EQ(ReasonOf(Record(request).status()), "NAME_INVALID");
}

TEST_P(GoodsTest, AMistakeIsTakenBackByAMovement) {
  Receive(2);
  const auto response = Issue(Issuing({"p1"}));
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::GoodsMovement& issue = response->results(0).movement();
  auto stale = Reversing(issue.name());
  stale.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(As("keeper", "ReverseGoodsMovement", stale, &Handlers::ReverseGoodsMovement).status()),
            "ETAG_MISMATCH");
  const auto back = Reverse(issue.name());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->quantity(), -1);
  EXPECT_EQ(back->reverses(), issue.name());
  EXPECT_EQ(Stock().on_hand(), 2);
  EXPECT_EQ(Stock().totals().issued(), 0);
  EXPECT_EQ(WholeRoot<v1::GoodsMovement>(kGoodsMovements, issue.name()).SerializeAsString(), issue.SerializeAsString())
      << "never changed";
  EXPECT_EQ(ReasonOf(Reverse(issue.name()).status()), "MOVEMENT_NOT_REVERSIBLE");
  EXPECT_EQ(ReasonOf(Reverse(back->name()).status()), "MOVEMENT_NOT_REVERSIBLE");
  EXPECT_EQ(Issued(Issuing({"p1", "p2"})), "p1 p2");
  // A loss that was none is taken back by two persons, too; refused, it may be taken back again.
  Receive(1);
  const v1::GoodsMovement lost = Recorded(Moving(GOODS_MOVEMENT_KIND_LOST, 1));
  EXPECT_EQ(ReasonOf(Reverse(lost.name()).status()), "MOVEMENT_NOT_REVERSIBLE") << "not booked";
  ASSERT_TRUE(Confirm(lost.name()).ok());
  const auto found = Reverse(lost.name());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::GOODS_MOVEMENT_STATE_WAITING);
  EXPECT_EQ(ReasonOf(Reverse(lost.name()).status()), "MOVEMENT_NOT_REVERSIBLE") << "one waits";
  ASSERT_TRUE(As("leader", "RefuseGoodsMovement", Refusing(found->name()), &Handlers::RefuseGoodsMovement).ok());
  const auto again = Reverse(lost.name());
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_TRUE(Confirm(again->name()).ok());
  EXPECT_EQ(Stock().on_hand(), 1);
  EXPECT_EQ(Stock().totals().lost(), 0);
  EXPECT_EQ(ReasonOf(Reverse(absl::StrCat(kCounty, "/goodsMovements/none")).status()), "NOT_FOUND");
}

TEST_P(GoodsTest, TheLedgerTiesAndNamesWhoHasNothing) {
  Receive(6);
  ASSERT_EQ(Issued(Issuing({"p1", "p2"})), "p1 p2");
  auto out = Moving(GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, 1);
  out.set_other_school(SchoolName("s2"));
  Recorded(out);
  ASSERT_TRUE(Confirm(Recorded(Moving(GOODS_MOVEMENT_KIND_SPOILT, 1)).name()).ok());
  const auto ledger = ReportLines(v1::REPORT_KIND_GOODS_LEDGER);
  ASSERT_THAT(ledger, ::testing::SizeIs(3));
  EXPECT_EQ(ledger[0], "411728103|3241001234|常庄中心学校|BEDDING|寄宿被褥|套|0|6|2|0|0|1|0|1|0|2|300.00");
  EXPECT_EQ(ledger[1], "411728104|3241001234|常庄中心学校|BEDDING|寄宿被褥|套|0|0|0|0|1|0|0|0|0|1|150.00");
  EXPECT_EQ(ledger[2], "合计||||||0|6|2|0|1|1|0|1|0|3|450.00");
  const auto of_school = ReportLines(v1::REPORT_KIND_GOODS_LEDGER, "areas/411728104/s2");
  EXPECT_THAT(of_school, ::testing::SizeIs(2));

  std::vector<std::string> bedding;
  for (const std::string& line : ReportLines(v1::REPORT_KIND_GOODS_UNISSUED)) {
    if (line.find("|BEDDING|") != std::string::npos) bedding.push_back(line);
  }
  EXPECT_THAT(bedding, ElementsAre("411728103|3241001234|常庄中心学校|p3|王**|BEDDING|寄宿被褥|ONCE|1|0|1"));
  EXPECT_THAT(ReportLines(v1::REPORT_KIND_GOODS_UNISSUED, "areas/411728", true)[0], HasSubstr("|p1|王小明|"));
}

TEST_P(GoodsTest, EachFieldIsChecked) {
  const auto refused = [&](const std::function<void(v1::RecordGoodsMovementRequest&)>& change) {
    auto request = Moving(GOODS_MOVEMENT_KIND_RECEIVED, 1);
    change(request);
    return ReasonOf(Record(request).status());
  };
  EXPECT_EQ(refused([](auto& r) { r.set_item("GOLD"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_kind(GOODS_MOVEMENT_KIND_ISSUED); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_kind(GOODS_MOVEMENT_KIND_TRANSFERRED_IN); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_quantity(0); }), "NUMBER_RANGE");
  EXPECT_EQ(refused([](auto& r) { r.set_quantity(1'000'001); }), "NUMBER_RANGE");
  EXPECT_EQ(refused([](auto& r) { r.set_counted(1); }), "NUMBER_RANGE");
  EXPECT_EQ(refused([](auto& r) { r.clear_document(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.clear_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.mutable_on()->set_month(13); }), "DATE_INVALID");
  EXPECT_EQ(refused([](auto& r) { *r.mutable_on() = Date(20231202); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& r) { r.set_from_whom(std::string(201, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) { r.set_relation("UNCLE"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_school(SchoolName("none")); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_kind(GOODS_MOVEMENT_KIND_RETURNED); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.set_kind(GOODS_MOVEMENT_KIND_TRANSFERRED_OUT); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.set_kind(GOODS_MOVEMENT_KIND_LOST); }), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(As("x", "RecordGoodsMovement", Moving(GOODS_MOVEMENT_KIND_RECEIVED, 1),
                        &Handlers::RecordGoodsMovement, "411728104")
                         .status()),
            "PERMISSION_DENIED");

  const auto unissued = [&](const std::function<void(v1::BatchIssueGoodsRequest&)>& change) {
    auto request = Issuing({"p1"});
    change(request);
    return Issued(request);
  };
  EXPECT_EQ(unissued([](auto& r) { r.clear_rows(); }), "FIELD_REQUIRED");
  EXPECT_EQ(unissued([](auto& r) { *r.add_rows() = r.rows(0); }), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(unissued([](auto& r) { r.mutable_rows(0)->clear_person(); }), "FIELD_REQUIRED");
  EXPECT_EQ(unissued([](auto& r) { r.mutable_rows(0)->set_quantity(-1); }), "NUMBER_RANGE");
  EXPECT_EQ(unissued([](auto& r) { r.mutable_rows(0)->set_relation("UNCLE"); }), "CODE_UNKNOWN");
  EXPECT_EQ(unissued([](auto& r) { r.set_item("GOLD"); }), "CODE_UNKNOWN");
  EXPECT_EQ(unissued([](auto& r) { *r.mutable_on() = Date(20211101); }), "CODE_UNKNOWN") << "no row of that day";
  EXPECT_EQ(unissued([](auto& r) { *r.mutable_on() = Date(20231202); }), "DATE_AHEAD");
  EXPECT_EQ(unissued([](auto& r) { r.set_school(SchoolName("none")); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(unissued([](auto& r) {
              for (int i = 0; i < 200; ++i) r.add_rows()->set_person(absl::StrCat("x", i));
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(ReasonOf(As("x", "BatchIssueGoods", Issuing({"p1"}), &Handlers::BatchIssueGoods, "411728104").status()),
            "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Confirm(absl::StrCat(kCounty, "/goodsMovements/none")).status()), "NOT_FOUND");
  auto no_reason = Refusing(absl::StrCat(kCounty, "/goodsMovements/none"));
  no_reason.clear_reason();
  EXPECT_EQ(ReasonOf(As("leader", "RefuseGoodsMovement", no_reason, &Handlers::RefuseGoodsMovement).status()),
            "FIELD_REQUIRED");
}

TEST_P(GoodsTest, ANeighbourLearnsNothing) {
  Receive(3);
  const v1::GoodsMovement lost = Recorded(Moving(GOODS_MOVEMENT_KIND_LOST, 1));
  const auto as_neighbour = [&](auto request, std::string_view method, auto handler) {
    return ReasonOf(As("neighbour", method, request, handler, "411728104").status());
  };
  EXPECT_EQ(as_neighbour(Naming<v1::ConfirmGoodsMovementRequest>(lost.name()), "ConfirmGoodsMovement",
                         &Handlers::ConfirmGoodsMovement),
            "PERMISSION_DENIED");
  EXPECT_EQ(as_neighbour(Naming<v1::ConfirmGoodsMovementRequest>(absl::StrCat(kCounty, "/goodsMovements/none")),
                         "ConfirmGoodsMovement", &Handlers::ConfirmGoodsMovement),
            "PERMISSION_DENIED")
      << "the same of what is not there";
  EXPECT_EQ(as_neighbour(Refusing(lost.name()), "RefuseGoodsMovement", &Handlers::RefuseGoodsMovement),
            "PERMISSION_DENIED");
  EXPECT_EQ(as_neighbour(Reversing(lost.name()), "ReverseGoodsMovement", &Handlers::ReverseGoodsMovement),
            "PERMISSION_DENIED");
  EXPECT_EQ(
      as_neighbour(Naming<v1::GetGoodsStockRequest>(StockName("BEDDING")), "GetGoodsStock", &Handlers::GetGoodsStock),
      "PERMISSION_DENIED");
  v1::ListGoodsStocksRequest stocks;
  stocks.set_parent(kCounty);
  EXPECT_EQ(As("reader", "ListGoodsStocks", stocks, &Handlers::ListGoodsStocks)->stocks_size(), 1);
  EXPECT_EQ(As("neighbour", "ListGoodsStocks", stocks, &Handlers::ListGoodsStocks, "411728104")->stocks_size(), 0);
  stocks.set_item("TEXTBOOKS");
  EXPECT_EQ(As("reader", "ListGoodsStocks", stocks, &Handlers::ListGoodsStocks)->stocks_size(), 0);
  v1::ListGoodsMovementsRequest movements;
  movements.set_parent(kCounty);
  movements.set_area("areas/411728103");
  EXPECT_EQ(As("reader", "ListGoodsMovements", movements, &Handlers::ListGoodsMovements)->movements_size(), 2);
  movements.set_area("areas/411728104");
  EXPECT_EQ(As("reader", "ListGoodsMovements", movements, &Handlers::ListGoodsMovements)->movements_size(), 0);
  const auto goods = As("anybody", "ListGoods", v1::ListGoodsRequest(), &Handlers::ListGoods);
  ASSERT_TRUE(goods.ok()) << goods.status();
  EXPECT_EQ(goods->goods_size(), static_cast<int>(GoodsTables().items().size()));
}

}  // namespace
}  // namespace ruraledu::student_aid
