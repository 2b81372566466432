#include "services/registry/identity_rules.h"

#include <functional>

#include "tests/registry/rules_fixture.h"

namespace ruraledu::registry {
namespace {

v1::Student Student(const std::string& id = "p1") {
  v1::Student student;
  student.set_name("counties/411728/students/" + id);
  student.set_status("ENROLLED");
  student.set_area("411728103/s1");
  student.set_household("counties/411728/households/h1");
  student.set_etag("\"7\"");
  *student.add_enrolments()->mutable_valid_from() = Day(2023, 9, 1);
  return student;
}

TEST(IdentityRules, Merge) {
  struct Case {
    std::function<void(v1::Student& keep, v1::Student& duplicate)> spoil;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&, auto&) {}, ""},
           {[](auto&k, auto&d) { d.set_name(k.name()); }, "MERGE_SELF"},
           {[](auto&k, auto&) { k.set_merged_into("counties/411728/students/p9"); }, "MERGED"},
           {[](auto&, auto&d) { d.set_merged_into("counties/411728/students/p9"); }, "MERGED"},
           {[](auto&k, auto&) { k.set_moved_to("counties/411729/students/p1"); }, "MOVED"},
           {[](auto&, auto&d) { d.set_moved_to("counties/411729/students/p2"); }, "MOVED"},
       }) {
    v1::Student keep = Student(), duplicate = Student("p2");
    c.spoil(keep, duplicate);
    EXPECT_EQ(ReasonOf(CheckMerge(keep, duplicate)), c.reason);
  }
}

TEST(IdentityRules, Transfer) {
  struct Case {
    std::function<void(v1::Student&)> spoil;
    bool another_open;
    absl::CivilDay effective_on;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {[](auto&) {}, false, absl::CivilDay(2023, 9, 2), ""},
           {[](auto&) {}, false, absl::CivilDay(2023, 9, 1), "SPAN_ORDER"},  // the day of arrival is the first one's
           {[](auto&) {}, true, absl::CivilDay(2023, 10, 1), "TRANSFER_OPEN"},
           {[](auto& s) { s.set_status("TRANSFER_OUT_PENDING"); }, false, absl::CivilDay(2023, 10, 1), ""},
           {[](auto& s) { s.set_status("SUSPECTED"); }, false, absl::CivilDay(2023, 10, 1), "STATE_TRANSITION"},
           {[](auto& s) { s.set_status("GRADUATED"); }, false, absl::CivilDay(2023, 10, 1), "STATE_TRANSITION"},
           {[](auto& s) { s.set_moved_to("counties/411729/students/p1"); }, false, absl::CivilDay(2023, 10, 1),
            "MOVED"},
           {[](auto& s) { s.set_merged_into("counties/411728/students/p2"); }, false, absl::CivilDay(2023, 10, 1),
            "MERGED"},
           {[](auto& s) { s.clear_enrolments(); }, false, absl::CivilDay(2020, 1, 1), ""},
       }) {
    v1::Student student = Student();
    c.spoil(student);
    EXPECT_EQ(ReasonOf(CheckTransfer(student, c.another_open, c.effective_on)), c.reason);
  }
}

TEST(IdentityRules, WhoArrivesBringsEverythingButThePlace) {
  v1::Student leaving = Student();
  leaving.set_status("TRANSFER_OUT_PENDING");
  leaving.set_moved_to("counties/411729/students/p1");
  const v1::Student arrival = ArrivalOf(leaving, "counties/411729/students/p1");
  EXPECT_EQ(arrival.name(), "counties/411729/students/p1");
  EXPECT_EQ(arrival.status(), "ENROLLED");
  EXPECT_EQ(arrival.area() + arrival.etag() + arrival.moved_to() + arrival.merged_into(), "");
  EXPECT_EQ(arrival.household(), leaving.household()) << "the family stays registered where it is";
  EXPECT_EQ(arrival.enrolments_size(), 1);
}

// REQUESTED ends once, ACCEPTED only closes.
TEST(IdentityRules, TransferStates) {
  for (const char* state : {"REQUESTED", "ACCEPTED", "REFUSED", "WITHDRAWN", "CLOSED"}) {
    for (const char* event : {"accept", "refuse", "withdraw", "close"}) {
      const bool allowed = state == std::string("REQUESTED")
                               ? event != std::string("close")
                               : state == std::string("ACCEPTED") && event == std::string("close");
      EXPECT_EQ(kTransferStates.Next(state, event).ok(), allowed) << state << " " << event;
    }
  }
}

}  // namespace
}  // namespace ruraledu::registry
