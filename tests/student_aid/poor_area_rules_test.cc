// Homes in the former contiguous poor areas, digest 2.3 (CN_VOC_GRANT): Xiji and Pengshui are in, their seats are not.
#include "services/student_aid/poor_area_rules.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

TEST(PoorAreas, AHomeCountsInTheCountyButNotInItsSeat) {
  const PoorAreas areas = PoorAreas::Parse("former-poor-areas.csv", Shipped("data/former-poor-areas.csv")).value();
  struct Row {
    const char* village;
    bool counts;
  };
  for (const Row& row :
       {Row{"640422101200", true}, Row{"640422100200", false}, Row{"500243101201", true}, Row{"500243001001", false},
        Row{"500243003200", false}, Row{"411728102201", false}, Row{"500243", false}, Row{"", false}}) {
    EXPECT_EQ(areas.OutsideSeat(row.village), row.counts) << row.village;
  }
  EXPECT_FALSE(PoorAreas().OutsideSeat("640422101200"));
}

TEST(PoorAreas, AnUnsoundTableIsRefused) {
  for (const char* rows : {"64042,x,640422100,y\n", "640422,x,500243001,y\n", "640422,x,640422100000,y\n",
                           "640422,x,,y\n", "640422,x,640422100,y\n640422,x,640422101,y\n"}) {
    const auto areas = PoorAreas::Parse("areas.csv", std::string("county,area,seat,source\n") + rows);
    EXPECT_EQ(ReasonOf(areas.status()), "DATA_FILE") << rows;
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
