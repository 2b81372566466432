#include "common/db/idempotency.h"

#include "absl/strings/str_cat.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class IdempotencyTest : public DatabaseTest {
 protected:
  void SetUp() override {
    options_.clock = &clock_;
    Open();
  }
  void Remember(int request) {
    const absl::Status status = database_->Write("c1", [&](Transaction& tx) {
      return db::Remember(tx, {"user", "/Method", absl::StrCat("r", request), "content"}, {"schools/1", 1});
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  int64_t Rows() {
    return *database_->Read([](Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT count(*) FROM remembered"));
      return row->Int(0);
    });
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

// Nobody else deletes them: without this the table would grow for ever.
TEST_P(IdempotencyTest, EachNewAnswerPushesOldOnesOut) {
  for (int request = 0; request < 10; ++request) {
    Remember(request);
  }
  clock_.Advance(absl::Hours(71));
  Remember(10);
  EXPECT_EQ(Rows(), 11) << "all are young";
  clock_.Advance(absl::Hours(2));
  for (int request = 11; request < 16; ++request) {
    Remember(request);
  }
  EXPECT_EQ(Rows(), 6) << "the ten old ones are gone";
  const auto kept = database_->Read(
      [](Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM remembered WHERE request_id = 'r10'"); });
  EXPECT_EQ((*kept)->Int(0), 1);
}

INSTANTIATE_ON_BOTH_DATABASES(IdempotencyTest);

}  // namespace
}  // namespace ruraledu::db
