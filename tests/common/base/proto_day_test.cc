#include "common/base/proto_day.h"

#include "gtest/gtest.h"

namespace ruraledu {
namespace {

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(ProtoDay, DaysOfTheCalendarGoThereAndBack) {
  for (absl::CivilDay day(1899, 12, 30); day < absl::CivilDay(1905, 1, 1); ++day) {
    EXPECT_EQ(DayOf(DateOf(day)), day);
  }
  for (const absl::CivilDay day :
       {absl::CivilDay(1, 1, 1), absl::CivilDay(2024, 2, 29), absl::CivilDay(9999, 12, 31)}) {
    EXPECT_EQ(DayOf(DateOf(day)), day);
    Violations violations;
    EXPECT_EQ(DayOf(DateOf(day), "x", &violations), day);
    EXPECT_TRUE(violations.empty());
  }
  const google::type::Date date = DateOf(absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(date.year() * 10000 + date.month() * 100 + date.day(), 20230901);
}

TEST(ProtoDay, UnsetStaysUnset) {
  Violations violations;
  EXPECT_EQ(DayOf(google::type::Date()), std::nullopt);
  EXPECT_EQ(DayOf(google::type::Date(), "paid_on", &violations), std::nullopt);
  EXPECT_TRUE(violations.empty());
}

TEST(ProtoDay, WhatIsNoDayIsAnErrorThatNamesTheField) {
  for (const auto& date : {Date(2023, 2, 29), Date(2023, 2, 30), Date(2023, 4, 31), Date(2023, 13, 1), Date(2023, 0, 1),
                           Date(2023, 9, 0), Date(2023, 9, 32), Date(0, 9, 1), Date(0, 0, 1), Date(-1, 9, 1),
                           Date(10000, 1, 1), Date(2023, 12, -1), Date(2023, -1, 31)}) {
    Violations violations;
    EXPECT_EQ(DayOf(date), std::nullopt) << date.ShortDebugString();
    EXPECT_EQ(DayOf(date, "record.paid_on", &violations), std::nullopt);
    EXPECT_EQ(ReasonOf(violations.status()), "DATE_INVALID") << date.ShortDebugString();
    EXPECT_EQ(FieldOf(violations.status()), "record.paid_on");
  }
}

}  // namespace
}  // namespace ruraledu
