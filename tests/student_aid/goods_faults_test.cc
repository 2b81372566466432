// Movements of goods, cut off before their statements: no write is done by halves, and stocks stay the sums of what is
// booked.
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/goods_fixture.h"

namespace ruraledu::student_aid {
namespace {

using enum v1::GoodsMovementKind;

class GoodsFaults : public GoodsFixture, public ::testing::TestWithParam<const char*> {
 protected:
  explicit GoodsFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : GoodsFixture([&] {
          db::Options options = OptionsOf(GetParam());
          options.decorate = Faulty(counter).decorate;
          return options;
        }()),
        left(std::move(counter)) {}

  // Cuts the call off at every third statement until it is through; each time the books are whole.
  template <typename Request, typename Answer>
  Answer UntilDone(const std::string& by, const std::string& method, const Request& request,
                   absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    for (int cut = 0; cut < 300; cut += 3) {
      *left = cut;
      const auto answer = As(by, method, request, handler);
      *left = -1;
      ExpectJournalled(aid, {"goods_movement", "goods_stock"});
      ExpectTied();
      if (answer.ok()) {
        EXPECT_GT(cut, 3) << "so few statements cannot be";
        EXPECT_EQ(As(by, method, request, handler)->SerializeAsString(), answer->SerializeAsString()) << "a replay";
        return *answer;
      }
    }
    ADD_FAILURE() << method << " never got through";
    return {};
  }
  // The stocks are the sums of what is booked.
  void ExpectTied() {
    const auto rows = aid.place.database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<db::Row>> {
      return tx.Query("SELECT id, body, sealed, version FROM goods_movement ORDER BY id");
    });
    ASSERT_TRUE(rows.ok()) << rows.status();
    int64_t sum = 0;
    const auto movements = feed::ReadRoots<v1::GoodsMovement>(*rows, kGoodsMovements, nullptr);
    ASSERT_TRUE(movements.ok()) << movements.status();
    for (const v1::GoodsMovement& movement : *movements) {
      sum += movement.state() == v1::GOODS_MOVEMENT_STATE_BOOKED ? DeltaOf(movement) : 0;
    }
    const auto stocks = aid.place.database->Read(
        [](db::Transaction& tx) { return tx.QueryOne("SELECT CAST(sum(on_hand) AS BIGINT) FROM goods_stock"); });
    ASSERT_TRUE(stocks.ok()) << stocks.status();
    EXPECT_EQ((*stocks)->OptInt(0).value_or(0), sum);
  }

  std::shared_ptr<std::atomic<int64_t>> left;
};
INSTANTIATE_TEST_SUITE_P(Databases, GoodsFaults, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(GoodsFaults, NoWriteIsDoneByHalves) {
  UntilDone("keeper", "RecordGoodsMovement", Moving(GOODS_MOVEMENT_KIND_RECEIVED, 6), &Handlers::RecordGoodsMovement);
  auto transfer = Moving(GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, 2);
  transfer.set_other_school(SchoolName("s2"));
  const auto out = UntilDone("keeper", "RecordGoodsMovement", transfer, &Handlers::RecordGoodsMovement);
  const auto issued = UntilDone("keeper", "BatchIssueGoods", Issuing({"p1", "p2", "p3"}), &Handlers::BatchIssueGoods);
  ASSERT_EQ(issued.results_size(), 3);
  EXPECT_EQ(Stock().on_hand(), 1);
  UntilDone("keeper", "ReverseGoodsMovement", Reversing(out.name()), &Handlers::ReverseGoodsMovement);
  EXPECT_EQ(Stock().on_hand(), 3);
  const auto lost =
      UntilDone("keeper", "RecordGoodsMovement", Moving(GOODS_MOVEMENT_KIND_LOST, 1), &Handlers::RecordGoodsMovement);
  UntilDone("leader", "ConfirmGoodsMovement", Naming<v1::ConfirmGoodsMovementRequest>(lost.name()),
            &Handlers::ConfirmGoodsMovement);
  const auto spoilt = Recorded(Moving(GOODS_MOVEMENT_KIND_SPOILT, 1));
  UntilDone("leader", "RefuseGoodsMovement", Refusing(spoilt.name()), &Handlers::RefuseGoodsMovement);
  EXPECT_EQ(Stock().on_hand(), 2);
  EXPECT_EQ(aid.Counter("goods_issued", "411728", "BEDDING"), 3);
}

}  // namespace
}  // namespace ruraledu::student_aid
