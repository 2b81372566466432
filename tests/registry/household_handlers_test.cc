// Households with their members and dated hardship records (2.1).
#include <functional>

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class HouseholdHandlersTest : public RegistryTest {
 protected:
  absl::StatusOr<v1::Household> Update(const v1::Household& household, const std::vector<std::string>& mask) {
    v1::UpdateHouseholdRequest request;
    *request.mutable_household() = household;
    *request.mutable_update_mask()->mutable_paths() = {mask.begin(), mask.end()};
    request.set_request_id(NextRequest());
    return Call("UpdateHousehold", request, &Handlers::UpdateHousehold);
  }
  absl::StatusOr<v1::ListHouseholdsResponse> List(const std::string& village, const std::string& area = "411728") {
    v1::ListHouseholdsRequest request;
    request.set_parent(kParent);
    request.set_village(village);
    return Call("ListHouseholds", request, &Handlers::ListHouseholds, area);
  }
};

TEST_F(HouseholdHandlersTest, MembersAndHardshipsAreShownToNobodyWithoutTheRight) {
  const v1::Household household = Must(Create(Household()));
  EXPECT_TRUE(household.masked());
  EXPECT_EQ(household.members_size(), 0);
  EXPECT_EQ(household.hardships_size(), 0);
  EXPECT_EQ(household.village(), "411728001201");
  v1::GetHouseholdRequest get;
  get.set_name(household.name());
  EXPECT_EQ(Must(Call("GetHousehold", get, &Handlers::GetHousehold)).SerializeAsString(),
            household.SerializeAsString());
  get.set_unmask(true);
  const auto as = [&](const std::string& role, const std::string& granted, const std::string& purpose) {
    return CallAs(Somebody(role, "411728", granted), "GetHousehold", get, &Handlers::GetHousehold, purpose);
  };
  EXPECT_EQ(ReasonOf(as("COUNTY_AID_OFFICER", "AID", "AID").status()), "PERMISSION_DENIED") << "may read, not unmask";
  EXPECT_EQ(ReasonOf(as("COUNTY_REGISTRAR", "", "").status()), "PURPOSE_REQUIRED");
  const v1::Household clear = Must(as("COUNTY_REGISTRAR", "AID", "AID"));
  ASSERT_EQ(clear.members_size(), 1);
  EXPECT_EQ(clear.members(0).display_name(), "张三");
  EXPECT_EQ(clear.hardships(0).kind(), "P2");
  get.set_name(absl::StrCat(kParent, "/households/none"));
  EXPECT_EQ(ReasonOf(Call("GetHousehold", get, &Handlers::GetHousehold).status()), "NOT_FOUND");
}

TEST_F(HouseholdHandlersTest, EachReasonOfARefusedHousehold) {
  const auto violated = [&](const std::function<void(v1::Household&)>& spoil) {
    v1::Household household = Household();
    spoil(household);
    return testlib::Violated(Create(household).status());
  };
  EXPECT_THAT(violated([](auto& h) { h.set_village("411729001201"); }), ElementsAre("household.village REGION_UNKNOWN"))
      << "of another county";
  EXPECT_THAT(violated([](auto& h) { h.set_village("411728999999"); }), ElementsAre("household.village REGION_UNKNOWN"))
      << "in no township";
  EXPECT_THAT(violated([](auto& h) { h.set_village("41172800120x"); }), ElementsAre("household.village REGION_CODE"));
  EXPECT_THAT(violated([](auto& h) { h.clear_members(); }), ElementsAre("household.members HOUSEHOLD_HEAD"));
  EXPECT_THAT(violated([](auto& h) { *h.add_members() = h.members(0); }),
              ElementsAre("household.members HOUSEHOLD_HEAD"))
      << "two heads";
  EXPECT_THAT(violated([](auto& h) { h.mutable_members(0)->clear_display_name(); }),
              ElementsAre("household.members[0].display_name FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& h) { h.mutable_members(0)->set_id_number("411700198501010119"); }), SizeIs(1));
  EXPECT_THAT(violated([](auto& h) { h.mutable_members(0)->set_relation("FRIEND"); }), SizeIs(2))
      << "CODE_UNKNOWN, and no head any more";
  EXPECT_THAT(violated([](auto& h) { h.mutable_hardships(0)->set_kind("P9"); }),
              ElementsAre("household.hardships[0].kind CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& h) { h.mutable_hardships(0)->clear_valid_from(); }),
              ElementsAre("household.hardships[0].valid_from DATE_INVALID"));
  EXPECT_THAT(
      violated([](auto& h) { *h.mutable_hardships(0)->mutable_valid_to() = DateOf(absl::CivilDay(2015, 1, 1)); }),
      ElementsAre("household.hardships[0].valid_to SPAN_ORDER"));
  EXPECT_THAT(violated([](auto& h) { h.mutable_hardships(0)->set_area("RURAL"); }),
              ElementsAre("household.hardships[0].area CODE_UNKNOWN"))
      << "only D1 and D2 are rural or urban";
  EXPECT_THAT(violated([](auto& h) { h.mutable_members(0)->mutable_valid_from()->set_month(13); }),
              ElementsAre("household.members[0].valid_from DATE_INVALID"));
  EXPECT_EQ(All<v1::Household>(kHouseholds).size(), 0u);
}

TEST_F(HouseholdHandlersTest, RecordsAreAddedWithDatesAndCounted) {
  const v1::Household household = Must(Create(Household()));
  v1::Household change;
  change.set_name(household.name());
  change.set_etag(household.etag());
  *change.add_hardships() = Household().hardships(0);
  *change.mutable_hardships(0)->mutable_valid_to() = DateOf(absl::CivilDay(2022, 1, 1));
  v1::HardshipRecord* record = change.add_hardships();
  record->set_kind("D1");
  record->set_area("RURAL");
  record->set_source("CIVIL_AFFAIRS");
  *record->mutable_valid_from() = DateOf(absl::CivilDay(2022, 1, 1));
  ASSERT_TRUE(Update(change, {"hardships"}).ok());
  const v1::Household stored = All<v1::Household>(kHouseholds)[0];
  ASSERT_EQ(stored.hardships_size(), 2);
  EXPECT_EQ(stored.members(0).display_name(), "张三") << "not named by the mask";
  EXPECT_THAT(Counters("COUNTY"),
              ElementsAre("COUNTY 411728  hardship_households D1 = 1", "COUNTY 411728  households  = 1"))
      << "P2 has ended";
  EXPECT_EQ(ReasonOf(Update(change, {"hardships"}).status()), "ETAG_MISMATCH");
  change.clear_etag();
  EXPECT_EQ(ReasonOf(Update(change, {"money"}).status()), "FIELD_UNKNOWN");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(HouseholdHandlersTest, ListsGoByVillage) {
  ASSERT_TRUE(Create(Household()).ok());
  ASSERT_TRUE(Create(Household("411728002201")).ok());
  EXPECT_THAT(Must(List("")).households(), SizeIs(2));
  EXPECT_THAT(Must(List("411728001")).households(), SizeIs(1));
  EXPECT_THAT(Must(List("411728001201")).households(), SizeIs(1));
  EXPECT_THAT(Must(List("", "411728002")).households(), SizeIs(1)) << "a township officer";
  EXPECT_EQ(ReasonOf(List("4117x").status()), "REGION_CODE");
  EXPECT_THAT(Must(List("")).ShortDebugString(), Not(HasSubstr("张三")));
}

TEST_F(HouseholdHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  v1::CreateHouseholdRequest create;
  create.set_parent(kParent);
  *create.mutable_household() = Household();
  ExpectReplay<v1::CreateHouseholdRequest, v1::Household>("CreateHousehold", create, &Handlers::CreateHousehold,
                                                          [](auto& r) { r.mutable_household()->set_relocated(true); });
  ASSERT_THAT(All<v1::Household>(kHouseholds), SizeIs(1));
  v1::UpdateHouseholdRequest update;
  update.mutable_household()->set_name(All<v1::Household>(kHouseholds)[0].name());
  update.mutable_household()->set_relocated(true);
  ExpectReplay<v1::UpdateHouseholdRequest, v1::Household>("UpdateHousehold", update, &Handlers::UpdateHousehold,
                                                          [](auto& r) { r.mutable_household()->set_village("x"); });
}

}  // namespace
}  // namespace ruraledu::registry
