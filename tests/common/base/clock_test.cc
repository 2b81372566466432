#include "common/base/clock.h"

#include <set>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu {
namespace {

absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

TEST(Clock, TheDayIsThatOfShanghai) {  // DR-07
  EXPECT_EQ(ShanghaiDay(At("2023-08-31T15:59:59Z")), absl::CivilDay(2023, 8, 31));
  EXPECT_EQ(ShanghaiDay(At("2023-08-31T16:00:00Z")), absl::CivilDay(2023, 9, 1));
  const FakeClock clock(At("2023-12-31T16:00:00Z"));
  EXPECT_EQ(clock.Today(), absl::CivilDay(2024, 1, 1));
}

TEST(Clock, AFakeStandsStillUntilMoved) {
  FakeClock clock(At("2023-09-01T00:00:00.000001Z"));
  EXPECT_EQ(clock.NowMicros(), 1693526400000001);
  EXPECT_EQ(clock.NowMicros(), 1693526400000001);
  clock.Advance(absl::Hours(24));
  EXPECT_EQ(clock.NowMicros(), 1693526400000001 + int64_t{86400} * 1000000);
  clock.Set(At("2023-09-01T00:00:00Z"));
  EXPECT_EQ(clock.NowMicros(), 1693526400000000);
}

TEST(Day, TextAndBack) {
  for (const char* text : {"2023-09-01", "2024-02-29", "0001-01-01", "9999-12-31"}) {
    absl::CivilDay day;
    ASSERT_TRUE(ParseDay(text, &day)) << text;
    EXPECT_EQ(DayText(day), text);
  }
}

TEST(Day, ParsingIsStrict) {
  for (const char* text :
       {"", "2023-9-1", "2023-02-29", "2023-13-01", "2023-00-01", "2023-01-00", "2023-04-31", "2023/09/01", "20230901",
        "2023-09-01 ", " 2023-09-1", "+023-09-01", "2023-09-0x", "0000-01-01"}) {
    absl::CivilDay day(2000, 1, 1);
    EXPECT_FALSE(ParseDay(text, &day)) << text;
    EXPECT_EQ(day, absl::CivilDay(2000, 1, 1)) << "a refused text must not change the day";
  }
}

TEST(Ids, AreUuidsOfVersionSeven) {
  const FakeClock clock(At("2023-09-01T00:00:00Z"));
  const std::string id = NewId(clock);
  EXPECT_THAT(id, ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(id.substr(0, 13), "018a4e0a-1c00");  // 1693526400000 milliseconds
}

TEST(Ids, SortByTimeOfCreation) {
  FakeClock clock(At("2023-09-01T00:00:00Z"));
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewId(clock);
    EXPECT_LT(last, id);
    last = id;
    clock.Advance(absl::Milliseconds(1 + i * i));
  }
}

TEST(Ids, AreUniqueAcrossThreads) {
  constexpr int kThreads = 4, kEach = 5000;
  const FakeClock clock(At("2023-09-01T00:00:00Z"));
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        ids.push_back(NewId(clock));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::set<std::string> all;
  for (const auto& ids : made) {
    all.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads) * kEach);
}

}  // namespace
}  // namespace ruraledu
