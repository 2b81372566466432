// responsibilities: which call each command makes, and what it shows.
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kName[] = "counties/411728/responsibilities/r1";

class ResponsibilitiesTest : public CliTest {
 protected:
  static v1::Responsibility One() {
    v1::Responsibility one;
    one.set_name(kName);
    one.set_slot("VILLAGE");
    one.set_display_name("张*");
    return one;
  }
};

TEST_F(ResponsibilitiesTest, ANameIsPutInASlotAndEnds) {
  const auto assigned = Monitors<v1::AssignResponsibilityRequest>("AssignResponsibility", One());
  const std::string shown = Done({"responsibilities", "assign", "TWO_LINES", "VILLAGE", "411728103001", "--name",
                                  "张大山", "--post", "村主任", "--phone", "13800000000", "--from", "2026-09-01"});
  for (const char* text : {kName, "VILLAGE", "张*"}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(assigned, R"pb(parent: "counties/411728"
                              responsibility {
                                mechanism: "TWO_LINES"
                                slot: "VILLAGE"
                                subject: "411728103001"
                                display_name: "张大山"
                                post: "村主任"
                                phone: "13800000000"
                                from { year: 2026 month: 9 day: 1 }
                              })pb");
  const auto ended = Monitors<v1::EndResponsibilityRequest>("EndResponsibility", One());
  Done({"responsibilities", "end", kName, "--until", "2026-12-01", "--etag", "\"7\""});
  EXPECT_ASKED(ended, R"pb(name: "counties/411728/responsibilities/r1"
                           until { year: 2026 month: 12 day: 1 }
                           etag: "\"7\"")pb");
  Done({"responsibilities", "end", kName});
  EXPECT_FALSE(ended->has_until()) << "today is said by leaving it out";
}

TEST_F(ResponsibilitiesTest, SlotsListsAndGaps) {
  v1::ListResponsibilitySlotsResponse slots;
  slots.add_slots()->set_label_zh("村责任人");
  slots.mutable_slots(0)->set_line(v1::CONTROL_LINE_ADMINISTRATION);
  Monitors<v1::ListResponsibilitySlotsRequest>("ListResponsibilitySlots", slots);
  const std::string table = Done({"responsibilities", "slots"});
  for (const char* text : {"村责任人", "ADMINISTRATION"}) EXPECT_HAS(table, text);
  v1::ListResponsibilitiesResponse all;
  *all.add_responsibilities() = One();
  const auto listed = Monitors<v1::ListResponsibilitiesRequest>("ListResponsibilities", all);
  EXPECT_HAS(Done({"responsibilities", "list", "--mechanism", "TWO_LINES", "--in-force", "--area", "411728103"}),
             kName);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103"
                            mechanism: "TWO_LINES"
                            in_force_only: true
                            page_size: 50)pb");
  v1::ListResponsibilityGapsResponse gaps;
  gaps.add_gaps()->add_lines(v1::CONTROL_LINE_EDUCATION);
  const auto asked = Monitors<v1::ListResponsibilityGapsRequest>("ListResponsibilityGaps", gaps);
  EXPECT_HAS(Done({"responsibilities", "gaps", "--area", "411728103", "--limit", "3"}), "EDUCATION");
  EXPECT_ASKED(asked, R"pb(parent: "counties/411728" area: "areas/411728103" page_size: 3)pb");
}

TEST_F(ResponsibilitiesTest, AMechanismIsWrittenFromAFile) {
  v1::Mechanism mechanism;
  mechanism.set_source("县教发〔2026〕3号");
  const auto put = Monitors<v1::PutMechanismRequest>("PutMechanism", mechanism);
  const std::string file =
      Write("m.json", R"({"components": [{"number": 1, "text": "一份台账"}], "source": "3号", "etag": "\"6\""})");
  EXPECT_HAS(Done({"responsibilities", "mechanisms", "put", "counties/411728/mechanisms/12357", file}), "2026");
  EXPECT_ASKED(put, R"pb(mechanism {
                           name: "counties/411728/mechanisms/12357"
                           components { number: 1 text: "一份台账" }
                           source: "3号"
                           etag: "\"6\""
                         })pb");
  Done({"responsibilities", "mechanisms", "put", "counties/411728/mechanisms/12357", file, "--etag", "\"7\""});
  EXPECT_EQ(put->mechanism().etag(), "\"7\"");
  const auto shown = Monitors<v1::GetMechanismRequest>("GetMechanism", mechanism);
  EXPECT_HAS(Done({"responsibilities", "mechanisms", "show", "counties/411728/mechanisms/12357"}), "3号");
  EXPECT_EQ(shown->name(), "counties/411728/mechanisms/12357");
}

}  // namespace
}  // namespace ruraledu::cli
