// Regions as of a day, calendars (DR-05, DR-06).
#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RegionHandlersTest : public RegistryTest {
 protected:
  absl::StatusOr<v1::Region> Get(const std::string& name, std::optional<absl::CivilDay> day = std::nullopt) {
    v1::GetRegionRequest request;
    request.set_name(name);
    if (day.has_value()) {
      *request.mutable_as_of() = DateOf(*day);
    }
    return Call("GetRegion", request, &Handlers::GetRegion);
  }
  absl::StatusOr<v1::ListRegionsResponse> List(const std::string& parent,
                                               std::optional<absl::CivilDay> day = std::nullopt) {
    v1::ListRegionsRequest request;
    request.set_parent(parent);
    if (day.has_value()) {
      *request.mutable_as_of() = DateOf(*day);
    }
    return Call("ListRegions", request, &Handlers::ListRegions);
  }
  absl::StatusOr<v1::AddWorkingDaysResponse> Add(absl::CivilDay start, int days) {
    v1::AddWorkingDaysRequest request;
    *request.mutable_start() = DateOf(start);
    request.set_working_days(days);
    return Call("AddWorkingDays", request, &Handlers::AddWorkingDays);
  }
};

TEST_F(RegionHandlersTest, ARegionHasALevelACodeAndAParent) {
  const v1::Region county = Must(Get("regions/county-411728000000"));
  EXPECT_EQ(county.display_name(), "遂平县");
  EXPECT_EQ(county.level(), v1::REGION_LEVEL_COUNTY);
  EXPECT_EQ(county.parent(), "regions/city-411700000000");
  EXPECT_EQ(ReasonOf(Get("regions/county-999999000000").status()), "REGION_UNKNOWN");
  EXPECT_EQ(ReasonOf(Get("regions/city-411728000000").status()), "REGION_UNKNOWN") << "it is no city";
  EXPECT_EQ(ReasonOf(Get("regions/county-4117").status()), "NAME_INVALID");
  EXPECT_EQ(ReasonOf(Get("counties/411728").status()), "NAME_INVALID");
}

TEST_F(RegionHandlersTest, ChildrenComeInOrderOfCodeAndPageByToken) {
  EXPECT_THAT(Must(List("")).regions(), SizeIs(1)) << "the small tree has one province";
  const auto counties = Must(List("regions/city-411700000000"));
  ASSERT_THAT(counties.regions(), SizeIs(3));
  EXPECT_EQ(counties.regions(0).code(), "411727000000");
  EXPECT_EQ(ReasonOf(List("regions/city-999900000000").status()), "REGION_UNKNOWN");
  EXPECT_EQ(ReasonOf(List("411700").status()), "NAME_INVALID");
  v1::ListRegionsRequest request;
  request.set_parent("regions/county-411728000000");
  request.set_page_size(5);
  std::vector<std::string> codes;
  do {
    const auto page = Must(Call("ListRegions", request, &Handlers::ListRegions));
    for (const v1::Region& region : page.regions()) {
      codes.push_back(region.code());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && codes.size() < 1000);
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  EXPECT_EQ(codes.size(), static_cast<size_t>(Must(List(request.parent())).regions_size()));
  request.set_page_size(5);
  request.set_page_token("x");
  EXPECT_EQ(ReasonOf(Call("ListRegions", request, &Handlers::ListRegions).status()), "PAGE_TOKEN");
}

TEST_F(RegionHandlersTest, AReCodedTownshipIsFoundAsOfItsDays) {
  v1::Region old = Must(Get("regions/township-411728001000"));
  old.set_name("regions/township-411728900000");
  old.set_code("411728900000");
  old.set_display_name("旧镇");
  *old.mutable_valid_to() = DateOf(absl::CivilDay(2020, 1, 1));
  old.add_successors("regions/township-411728001000");
  old.clear_etag();
  const auto sealer = keys_->SealerOf("p410000");
  ASSERT_TRUE(database_
                  ->Write("p410000",
                          [&](db::Transaction& tx) -> absl::Status {
                            feed::RootWriter writer(tx, **sealer, {"test", "test"});
                            RETURN_IF_ERROR(writer.Put(kRegions, nullptr, old, "TEST").status());
                            return writer.Finish().status();
                          })
                  .ok());
  ASSERT_TRUE(book_->Reload().ok());
  EXPECT_EQ(ReasonOf(Get("regions/township-411728900000").status()), "REGION_UNKNOWN") << "not today";
  const v1::Region then = Must(Get("regions/township-411728900000", absl::CivilDay(2019, 12, 31)));
  EXPECT_EQ(then.display_name(), "旧镇");
  EXPECT_THAT(then.successors(), ElementsAre("regions/township-411728001000"));
  EXPECT_EQ(ReasonOf(Get("regions/township-411728900000", absl::CivilDay(2020, 1, 1)).status()), "REGION_UNKNOWN")
      << "the first day no more";
  const int today = Must(List("regions/county-411728000000")).regions_size();
  EXPECT_EQ(Must(List("regions/county-411728000000", absl::CivilDay(2019, 1, 1))).regions_size(), today + 1);
  v1::GetRegionRequest bad;
  bad.set_name("regions/township-411728900000");
  bad.mutable_as_of()->set_year(2019);
  bad.mutable_as_of()->set_month(2);
  bad.mutable_as_of()->set_day(30);
  EXPECT_THAT(testlib::Violated(Call("GetRegion", bad, &Handlers::GetRegion).status()),
              ElementsAre("as_of DATE_INVALID"));
}

TEST_F(RegionHandlersTest, WorkingDaysFollowTheCalendarOfTheYear) {
  v1::GetCalendarRequest get;
  get.set_name("calendars/2023");
  EXPECT_GT(Must(Call("GetCalendar", get, &Handlers::GetCalendar)).days_size(), 20);
  get.set_name("calendars/1999");
  EXPECT_EQ(ReasonOf(Call("GetCalendar", get, &Handlers::GetCalendar).status()), "CALENDAR_MISSING");
  get.set_name("calendars/next");
  EXPECT_EQ(ReasonOf(Call("GetCalendar", get, &Handlers::GetCalendar).status()), "NAME_INVALID");

  const auto notice = Must(Add(absl::CivilDay(2023, 9, 27), 5));  // National Day, and Saturday the 7th is worked
  EXPECT_EQ(DayOf(notice.end()), absl::CivilDay(2023, 10, 10));
  EXPECT_EQ(DayOf(notice.next_step_from()), absl::CivilDay(2023, 10, 11));
  EXPECT_EQ(ReasonOf(Add(absl::CivilDay(1999, 1, 4), 5).status()), "CALENDAR_MISSING");
  EXPECT_THAT(testlib::Violated(Add(absl::CivilDay(2023, 9, 27), 367).status()),
              ElementsAre("working_days NUMBER_RANGE"));
  v1::AddWorkingDaysRequest empty;
  EXPECT_THAT(testlib::Violated(Call("AddWorkingDays", empty, &Handlers::AddWorkingDays).status()),
              ElementsAre("start FIELD_REQUIRED", "working_days FIELD_REQUIRED"));
}

}  // namespace
}  // namespace ruraledu::registry
