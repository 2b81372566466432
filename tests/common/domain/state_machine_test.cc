#include "common/domain/state_machine.h"

#include "gtest/gtest.h"

namespace ruraledu {
namespace {

// Digest 2.6, shortened.
constexpr Transition kRows[] = {
    {"NOTIFIED", "apply", "APPLIED"},   {"APPLIED", "review", "ON_NOTICE"},
    {"APPLIED", "reject", "REJECTED"},  {"ON_NOTICE", "confirm", "CONFIRMED", "notice_over"},
    {"ON_NOTICE", "object", "RECHECK"}, {"RECHECK", "decide", "ON_NOTICE", "list_changed"},
    {"RECHECK", "decide", "REJECTED"},
};
constexpr StateMachine kMachine("identification", "NOTIFIED", kRows);
static_assert(kMachine.AllReachable());
static_assert(kMachine.Unambiguous());
static_assert(kMachine.IsFinal("CONFIRMED") && !kMachine.IsFinal("RECHECK") && !kMachine.IsFinal("NOWHERE"));
static_assert(kMachine.Find("NOTIFIED", "apply")->to == "APPLIED");
static_assert(kMachine.Leads("NOTIFIED", "APPLIED") && kMachine.Leads("NOTIFIED", "CONFIRMED"), "several steps");
static_assert(kMachine.Leads("ON_NOTICE", "ON_NOTICE"), "round a loop");
static_assert(!kMachine.Leads("CONFIRMED", "ON_NOTICE") && !kMachine.Leads("APPLIED", "NOTIFIED"), "never backwards");
static_assert(!kMachine.Leads("APPLIED", "APPLIED"), "standing still is no step");

constexpr Transition kMisspelt[] = {{"A", "go", "B"}, {"b", "go", "C"}};
static_assert(!StateMachine("misspelt", "A", kMisspelt).AllReachable());
constexpr Transition kLoop[] = {{"A", "go", "B"}, {"C", "go", "D"}, {"D", "go", "C"}};
static_assert(!StateMachine("island", "A", kLoop).AllReachable());
constexpr Transition kHidden[] = {{"A", "go", "B"}, {"A", "go", "C", "guard"}};
static_assert(!StateMachine("hidden", "A", kHidden).Unambiguous());

TEST(StateMachine, FollowsTheTable) {
  EXPECT_EQ(*kMachine.Next("NOTIFIED", "apply"), "APPLIED");
  EXPECT_EQ(*kMachine.Next("RECHECK", "decide"), "REJECTED");
  EXPECT_EQ(*kMachine.Next("RECHECK", "decide", [](std::string_view guard) { return guard == "list_changed"; }),
            "ON_NOTICE");
  EXPECT_TRUE(kMachine.IsState("RECHECK"));
  EXPECT_FALSE(kMachine.IsState("PAID"));
}

TEST(StateMachine, RefusesTheRest) {
  for (const auto& [from, event] : {std::pair{"NOTIFIED", "confirm"}, std::pair{"ON_NOTICE", "confirm"},
                                    std::pair{"CONFIRMED", "apply"}, std::pair{"NOWHERE", "apply"}}) {
    const absl::Status status = kMachine.Next(from, event).status();
    EXPECT_EQ(ReasonOf(status), "STATE_TRANSITION") << from << " " << event;
    EXPECT_NE(status.ToString().find("identification"), std::string::npos);
  }
}

}  // namespace
}  // namespace ruraledu
