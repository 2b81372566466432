// What reports of every service share (common/rpc/reports.h); the reports themselves are tested with their services.
#include "common/rpc/reports.h"

#include "gtest/gtest.h"

namespace ruraledu::rpc {
namespace {

TEST(Reports, TwoDaysInOrderAreAPeriod) {
  EXPECT_TRUE(ParseDays("2023-09-01..2023-12-31")->Contains(absl::CivilDay(2023, 12, 31)));
  EXPECT_FALSE(ParseDays("2023-09-01..2023-12-31")->Contains(absl::CivilDay(2024, 1, 1)));
  EXPECT_TRUE(ParseDays("2023-09-01..2023-09-01").has_value());
  for (const char* wrong :
       {"", "2023", "2023-09-01", "2023-09-02..2023-09-01", "2023-02-30..2023-09-01", "..", "a..b"}) {
    EXPECT_FALSE(ParseDays(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace ruraledu::rpc
