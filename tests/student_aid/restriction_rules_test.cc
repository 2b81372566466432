// Restrictions: what stops whom and when, and that nobody relieves what they put on.
#include "services/student_aid/restriction_rules.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

constexpr char kApplication[] = "counties/411728/applications/p1.2023-2024-1.SP_LIV_B_JUN";

absl::CivilDay Day(int month, int day) {
  return absl::CivilDay(2023, month, day);
}
Act By(const std::string& person, absl::CivilDay on = Day(9, 18), const std::string& reason = "why") {
  return {person, on, reason};
}
v1::RestrictionCode Code(v1::RestrictionEffect effect) {
  v1::RestrictionCode code;
  code.set_code("X");
  code.set_effect(effect);
  return code;
}
v1::Restriction On(v1::RestrictionEffect effect, std::optional<absl::CivilDay> until = std::nullopt) {
  v1::Restriction restriction;
  restriction.set_person("p1");
  if (until.has_value()) *restriction.mutable_until() = DateOf(*until);
  EXPECT_TRUE(PutOn(By("officer"), Code(effect), &restriction).ok());
  return restriction;
}
RestrictionMap Map(const v1::Restriction& restriction) {
  return {{"p1", {restriction}}};
}

TEST(Restrictions, StopWhatTheirCodeStops) {
  struct Row {
    v1::RestrictionEffect effect;
    bool pay, apply;
  };
  for (const Row& row :
       {Row{v1::RESTRICTION_EFFECT_STOP_APPLY, true, true}, Row{v1::RESTRICTION_EFFECT_STOP_PAY, true, false},
        Row{v1::RESTRICTION_EFFECT_WARN, false, false}}) {
    const RestrictionMap map = Map(On(row.effect));
    EXPECT_EQ(StopsPayment(map, "p1", kApplication, Day(9, 18)), row.pay) << row.effect;
    EXPECT_EQ(StopsApplication(map, "p1", kApplication, Day(9, 18)), row.apply) << row.effect;
    EXPECT_FALSE(StopsPayment(map, "p2", kApplication, Day(9, 18)));
  }
}

TEST(Restrictions, HoldFromTheirFirstDayUntilTheyEndOrAreLifted) {
  v1::Restriction restriction = On(v1::RESTRICTION_EFFECT_STOP_PAY, Day(10, 1));
  EXPECT_FALSE(InForce(restriction, Day(9, 17)));
  EXPECT_TRUE(InForce(restriction, Day(9, 18)));
  EXPECT_TRUE(InForce(restriction, Day(9, 30)));
  EXPECT_FALSE(InForce(restriction, Day(10, 1)));
  ASSERT_TRUE(Lift(By("approver", Day(9, 20)), &restriction).ok());
  EXPECT_TRUE(InForce(restriction, Day(9, 19)));
  EXPECT_FALSE(InForce(restriction, Day(9, 20)));
}

TEST(Restrictions, ArePassedOverForOneApplication) {
  v1::Restriction restriction = On(v1::RESTRICTION_EFFECT_STOP_APPLY);
  ASSERT_TRUE(Bypass(By("approver"), kApplication, &restriction).ok());
  const RestrictionMap map = Map(restriction);
  EXPECT_FALSE(StopsPayment(map, "p1", kApplication, Day(9, 20)));
  EXPECT_FALSE(StopsApplication(map, "p1", kApplication, Day(9, 20)));
  EXPECT_TRUE(StopsPayment(map, "p1", "counties/411728/applications/p1.2023-2024-1.SP_NUTR", Day(9, 20)));
  EXPECT_EQ(restriction.bypasses(0).person(), "approver");
}

TEST(Restrictions, EachReasonOfARefusal) {
  v1::Restriction restriction;
  EXPECT_EQ(ReasonOf(PutOn(By("officer", Day(9, 18), ""), Code(v1::RESTRICTION_EFFECT_WARN), &restriction)),
            "FIELD_REQUIRED");
  *restriction.mutable_until() = DateOf(Day(9, 18));
  EXPECT_EQ(ReasonOf(PutOn(By("officer"), Code(v1::RESTRICTION_EFFECT_WARN), &restriction)), "RESTRICTION_INTERVAL");
  restriction = On(v1::RESTRICTION_EFFECT_STOP_PAY);
  EXPECT_EQ(ReasonOf(Lift(By("officer"), &restriction)), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Bypass(By("officer"), kApplication, &restriction)), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Lift(By("approver", Day(9, 20), ""), &restriction)), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Bypass(By("approver"), "counties/411728/applications/p2.2023-2024-1.X", &restriction)),
            "RESTRICTION_OTHER_PERSON");
  ASSERT_TRUE(Bypass(By("approver"), kApplication, &restriction).ok());
  EXPECT_EQ(ReasonOf(Bypass(By("approver"), kApplication, &restriction)), "RESTRICTION_BYPASSED");
  ASSERT_TRUE(Lift(By("approver"), &restriction).ok());
  EXPECT_EQ(ReasonOf(Lift(By("approver"), &restriction)), "RESTRICTION_OVER");
  EXPECT_EQ(ReasonOf(Bypass(By("approver"), kApplication, &restriction)), "RESTRICTION_OVER");
}

}  // namespace
}  // namespace ruraledu::student_aid
