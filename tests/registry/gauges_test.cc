// What Prometheus sees of the registry's work.
#include "services/registry/gauges.h"

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GaugesTest : public RegistryTest {};

TEST_F(GaugesTest, DaysLeftInTheCalendarAndWorkThatWaits) {  // DR-05
  obs::Metrics metrics;
  const auto probe = OpenWorkProbe(*database_, *book_, clock_, metrics);
  ASSERT_TRUE(probe().ok());
  const auto left = [&] {
    return absl::StrCat("ruraledu_registry_calendar_days_left ", book_->Get()->calendar.DaysLeft(clock_.Today()));
  };
  EXPECT_THAT(metrics.Text(), HasSubstr(left()));
  EXPECT_GT(book_->Get()->calendar.DaysLeft(clock_.Today()), 1000) << "2023 to the end of 2026";
  clock_.Set(absl::FromCivil(absl::CivilSecond(2031, 3, 1, 12, 0, 0), absl::UTCTimeZone()));
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_registry_calendar_days_left -1")) << "a year that nobody loaded";

  v1::Transfer transfer;
  transfer.set_name(absl::StrCat(kParent, "/transfers/t1"));
  transfer.set_student(absl::StrCat(kParent, "/students/s1"));
  transfer.set_area("411728001/s/c");
  transfer.set_state(v1::TRANSFER_STATE_REQUESTED);
  Put(kTransfers, transfer);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(ruraledu_registry_transfers_open{county="411728"} 1)"));
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("ruraledu_registry_reviews_open{")));
}

}  // namespace
}  // namespace ruraledu::registry
