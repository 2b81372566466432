#include "common/rpc/names.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace ruraledu::rpc {
namespace {

struct Row {
  std::string_view name, prefix;
  bool whole;
};

TEST(AreaOfName, EveryStatedForm) {
  const Row kRows[] = {
      {"counties/411728", "411728", false},
      {"counties/411728/students/0190", "411728", false},
      {"counties/441900", "441900", false},  // Dongguan as county keeps its zeros
      {"cities/411700/plans/1", "4117", false},
      {"provinces/410000", "41", false},
      {"countries/CN", "", false},
      {"areas/41", "41", true},
      {"areas/411728103/s1/c1", "411728103/s1/c1", true},
      {"411728103", "411728103", true},
      {"411728000000", "411728", true},
      {"regions/411728103000", "411728103", true},
      {"regions/410000000000", "41", true},
      {"accounts/411728-0190", "411728", false},
      {"accounts/4117-0190", "4117", false},
      {"accounts/41-0190", "41", false},
      {"accounts/00-0190", "", false},
      {"areas/", "", true},  // the whole country
      {"persons/0190", "", false},
      {"shards/c411728", "411728", false},
      {"shards/h017", "", false},
      {"shards/a411728", "411728", false},
      {"shards/a41", "41", false},
      {"shards/a00", "", false},
  };
  for (const Row& row : kRows) {
    const auto area = AreaOfName(row.name);
    ASSERT_TRUE(area.ok()) << row.name;
    EXPECT_EQ(area->prefix, row.prefix) << row.name;
    EXPECT_EQ(area->whole, row.whole) << row.name;
  }
}

TEST(AreaOfName, RefusesEverythingElseAndDoesNotRepeatIt) {
  for (const std::string_view name : {"",
                                      "counties",
                                      "counties/",
                                      "counties/41172",
                                      "counties/4117288",
                                      "counties/41172x",
                                      "cities/411728",
                                      "provinces/411700",
                                      "areas/410000",
                                      "areas/411728/../500243",
                                      "accounts/411728",
                                      "accounts/x-1",
                                      "accounts/411728-",
                                      "accounts/4117281-1",
                                      "shards/a411",
                                      "students/1",
                                      "persons/",
                                      "410000",
                                      "shards/",
                                      "shards/C411728",
                                      "regions/4117",
                                      "countries/US",
                                      "counties/011728"}) {
    const auto area = AreaOfName(name, "parent");
    EXPECT_EQ(ReasonOf(area.status()), "NAME_INVALID") << name;
    EXPECT_EQ(area.status().message().find("411728"), std::string::npos);
  }
}

}  // namespace
}  // namespace ruraledu::rpc
