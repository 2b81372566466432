#include "common/domain/calendar.h"

#include <map>
#include <random>
#include <sstream>

#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Day;
using ::ruraledu::testing::Holidays;
using ::testing::ElementsAre;

TEST(WorkCalendar, KnownDays) {  // DR-05
  const std::pair<const char*, bool> days[] = {
      {"2023-09-01", true},  {"2023-09-02", false}, {"2023-09-28", true}, {"2023-09-29", false}, {"2023-10-06", false},
      {"2023-10-07", true},  {"2023-10-08", true},  {"2023-10-09", true}, {"2024-02-04", true},  {"2024-02-10", false},
      {"2022-12-31", false}, {"2026-10-10", true},  {"2026-12-31", true},
  };
  for (const auto& [day, workday] : days) {
    EXPECT_EQ(*Holidays().IsWorkday(Day(day)), workday) << day;
  }
}

TEST(WorkCalendar, AYearIsPresentWithBothItsAnchors) {
  EXPECT_THAT(Holidays().years(), ElementsAre(2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026));
  EXPECT_FALSE(Holidays().HasYear(absl::CivilYear(2027)));
  const auto spill =
      WorkCalendar::Parse("t", "date,kind,name\n2022-12-31,public_holiday,a\n2023-01-01,public_holiday,a\n");
  ASSERT_TRUE(spill.ok());
  EXPECT_TRUE(spill->years().empty());
  EXPECT_EQ(ReasonOf(spill->IsWorkday(Day("2023-01-02")).status()), "CALENDAR_MISSING");
}

TEST(WorkCalendar, AMissingYearIsAnErrorAndNeverAGuess) {  // DR-05
  const absl::Status status = Holidays().IsWorkday(Day("2027-01-04")).status();
  EXPECT_EQ(ReasonOf(status), "CALENDAR_MISSING");
  EXPECT_THAT(status.ToString(), ::testing::HasSubstr("2027"));
  EXPECT_EQ(ReasonOf(Holidays().NoticeEnd(Day("2026-12-28"), 5).status()), "CALENDAR_MISSING");
  EXPECT_EQ(*Holidays().NoticeEnd(Day("2026-12-24"), 5), Day("2026-12-31"));
  EXPECT_EQ(ReasonOf(Holidays().PeriodEnd(Day("2026-12-31"), 10).status()), "CALENDAR_MISSING");
  EXPECT_EQ(ReasonOf(Holidays().AddWorkdays(Day("2015-01-05"), -5).status()), "CALENDAR_MISSING");
  EXPECT_EQ(ReasonOf(Holidays().WorkdaysBetween(Day("2026-12-30"), Day("2027-01-02")).status()), "CALENDAR_MISSING");
}

TEST(WorkCalendar, Notices) {  // DR-06: start excluded, through the 5th working day after
  const std::pair<const char*, const char*> notices[] = {
      {"2023-09-04", "2023-09-11"},  // Monday: 5 6 7 8 11
      {"2023-09-01", "2023-09-08"},  // Friday
      {"2023-09-02", "2023-09-08"},  // posted on a Saturday
      {"2023-09-27", "2023-10-10"},  // 28 7 8 9 10 around National Day, with make-up Saturday and Sunday
  };
  for (const auto& [posted, end] : notices) {
    EXPECT_EQ(*Holidays().NoticeEnd(Day(posted), 5), Day(end)) << posted;
  }
}

TEST(WorkCalendar, Periods) {  // DR-06: ends on a non-working day -> the next working day
  EXPECT_EQ(*Holidays().PeriodEnd(Day("2023-09-04"), 5), Day("2023-09-11"));
  EXPECT_EQ(*Holidays().PeriodEnd(Day("2023-09-04"), 4), Day("2023-09-08"));
  EXPECT_EQ(*Holidays().PeriodEnd(Day("2023-09-24"), 5), Day("2023-10-07"));
}

TEST(WorkCalendar, DaysLeft) {
  EXPECT_EQ(Holidays().DaysLeft(Day("2026-12-31")), 0);
  EXPECT_EQ(Holidays().DaysLeft(Day("2026-11-21")), 40);
  EXPECT_EQ(Holidays().DaysLeft(Day("2025-12-31")), 365);
  EXPECT_EQ(Holidays().DaysLeft(Day("2027-01-01")), -1);
}

TEST(WorkCalendar, Refusals) {
  for (const char* row :
       {"2023-02-30,public_holiday,x\n", "2023-01-01,holiday,x\n", "2023-01-02,transfer_workday,x\n",
        "2023-01-01,public_holiday,x\n2023-01-01,public_holiday,x\n", "2023-01-01,public_holiday\n"}) {
    EXPECT_EQ(ReasonOf(WorkCalendar::Parse("t", std::string("date,kind,name\n") + row).status()), "DATA_FILE") << row;
  }
  EXPECT_EQ(ReasonOf(WorkCalendar::Parse("t", "date,name\n").status()), "DATA_FILE");
}

// An oracle that reads the file itself, knows the weekday by Sakamoto's rule and walks day by day.
class Oracle {
 public:
  Oracle() {
    std::istringstream file(*LoadFile(testing::DataFolder() + "/holidays.csv"));
    for (std::string line; std::getline(file, line);) {
      kinds_[line.substr(0, 10)] = line[11];
    }
  }
  bool Works(absl::CivilDay day) const {
    const auto found = kinds_.find(absl::FormatCivilTime(day));
    return found != kinds_.end() ? found->second == 't' : WeekdayOf(day) >= 1 && WeekdayOf(day) <= 5;
  }

 private:
  static int WeekdayOf(absl::CivilDay day) {
    constexpr int kOffsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    const int y = static_cast<int>(day.year()) - (day.month() < 3);
    return (y + y / 4 - y / 100 + y / 400 + kOffsets[day.month() - 1] + day.day()) % 7;
  }
  std::map<std::string, char> kinds_;
};

TEST(WorkCalendar, AgreesWithANaiveOracle) {
  const Oracle oracle;
  for (absl::CivilDay day = Day("2015-01-01"); day < Day("2027-01-01"); ++day) {
    ASSERT_EQ(*Holidays().IsWorkday(day), oracle.Works(day)) << day;
  }
  std::mt19937 random(testing::Seed());
  for (int round = 0; round < 2000; ++round) {
    const absl::CivilDay start = Day("2015-02-01") + static_cast<int>(random() % 4200);
    const int count = 1 + static_cast<int>(random() % 30);
    absl::CivilDay end = start;
    for (int left = count; left > 0; left -= oracle.Works(end)) {
      ++end;
    }
    ASSERT_EQ(*Holidays().AddWorkdays(start, count), end) << start << " + " << count;
    ASSERT_EQ(*Holidays().WorkdaysBetween(start, end), count);
    ASSERT_TRUE(*Holidays().IsWorkday(end));
    ASSERT_LE(*Holidays().AddWorkdays(end, -count), start + 0);
  }
}

}  // namespace
}  // namespace ruraledu
