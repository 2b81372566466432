#include "common/rpc/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::rpc {
namespace {

constexpr std::string_view kRoles =
    "role,permission,label_zh,source\n"
    "OFFICER,registry.students.*,,\nADMIN,registry.*,,\nADMIN,!AUDITOR,,\nAUDITOR,registry.feed.read,,\nPURPOSEFUL,"
    "registry.students.unmask,,\n";
const absl::CivilDay kToday(2026, 9, 1);

TEST(RoleBook, PermissionsByNameAndBelow) {
  const auto book = RoleBook::Parse(kRoles);
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_TRUE(book->Allows("OFFICER", "registry.students.read"));
  EXPECT_TRUE(book->Allows("ADMIN", "registry.students.read"));
  EXPECT_TRUE(book->Allows("AUDITOR", "registry.feed.read"));
  EXPECT_FALSE(book->Allows("AUDITOR", "registry.feed.readable"));
  EXPECT_FALSE(book->Allows("OFFICER", "registry.students"));
  EXPECT_FALSE(book->Allows("OFFICER", "registry.studentsx.read"));
  EXPECT_FALSE(book->Allows("OFFICER", "student_aid.students.read"));
  EXPECT_FALSE(book->Allows("UNKNOWN", "registry.students.read"));
  EXPECT_FALSE(book->Allows("ADMIN", "!AUDITOR.x"));
  EXPECT_FALSE(book->Allows("ADMIN", ""));
}

TEST(RoleBook, IncompatibleBothWays) {
  const auto book = RoleBook::Parse(kRoles);
  EXPECT_TRUE(book->Incompatible("ADMIN", "AUDITOR"));
  EXPECT_TRUE(book->Incompatible("AUDITOR", "ADMIN"));
  EXPECT_FALSE(book->Incompatible("OFFICER", "ADMIN"));
}

TEST(RoleBook, RefusesAnExcludedRoleThatIsUnknown) {
  EXPECT_EQ(ReasonOf(RoleBook::Parse("role,permission,label_zh,source\nA,!NOBODY,,\n").status()), "DATA_FILE");
}

TEST(RoleBook, ShippedRoles) {
  const auto text = LoadFile("deploy/policies/roles.csv");
  ASSERT_TRUE(text.ok());
  const auto book = RoleBook::Parse(*text);
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_TRUE(book->Allows("COUNTY_REGISTRAR", "registry.students.write"));
  EXPECT_FALSE(book->Allows("CLASS_TEACHER", "registry.students.write"));
  EXPECT_FALSE(book->Allows("CITY_VIEWER", "registry.students.read"));
  EXPECT_TRUE(book->Allows("SERVICE_STUDENT_AID", "registry.feed.read"));
  EXPECT_FALSE(book->Allows("SERVICE_STUDENT_AID", "registry.students.write"));
  EXPECT_TRUE(book->Allows("AUDIT_ADMIN", "registry.feed.sign"));
  EXPECT_FALSE(book->Allows("AUDIT_ADMIN", "registry.feed.personal")) << "the chain is checked without personal parts";
  EXPECT_FALSE(book->Allows("COUNTY_REGISTRAR", "registry.erasure.run"));
  // Three administrators are three people (design 8).
  const std::string_view admins[] = {"SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDIT_ADMIN"};
  for (const std::string_view a : admins) {
    for (const std::string_view b : admins) {
      EXPECT_EQ(book->Incompatible(a, b), a != b) << a << " " << b;
    }
  }
}

Caller With(std::vector<GrantRow> grants, bool active = true) {
  auto access = std::make_shared<AccountAccess>();
  access->active = active;
  access->grants = std::move(grants);
  return {.access = std::move(access)};
}

TEST(Caller, AreasAreThoseOfGrantsInForceToday) {
  const RoleBook book = *RoleBook::Parse(kRoles);
  const auto areas = [&](GrantRow grant) {
    return With({std::move(grant)}).AreasFor(book, "registry.students.read", "", kToday);
  };
  const GrantRow grant{.name = "g", .role = "OFFICER", .area = "411728", .from = kToday};
  EXPECT_EQ(areas(grant), Scope::OfPrefix("411728"));
  GrantRow other = grant;
  other.from = kToday + 1;
  EXPECT_TRUE(areas(other).empty()) << "not yet";
  other = grant;
  other.until = kToday;
  EXPECT_TRUE(areas(other).empty()) << "until is the first day on which it no longer holds";
  other.until = kToday + 1;
  EXPECT_FALSE(areas(other).empty());
  other = grant;
  other.role = "AUDITOR";
  EXPECT_TRUE(areas(other).empty());
  other = grant;
  other.area = "";
  EXPECT_EQ(areas(other), Scope::All());
  other.area = "410000";
  EXPECT_TRUE(areas(other).empty()) << "a malformed area grants nothing";
}

// Codes change, four cities are counties too, and some counties have no city (digest 7.4).
constexpr char kRegions[] =
    "code,name,level,parent_code,kind,valid_from,valid_to,successors\n"
    "370000000000,山东省,province,,,,,\n"
    "370100000000,济南市,city,370000000000,,,,\n"
    "370116000000,莱芜区,county,370100000000,,2018-12-26,,\n"
    "371200000000,莱芜市,city,370000000000,,,2018-12-26,370100000000\n"
    "371202000000,莱城区,county,371200000000,,,2018-12-26,370116000000\n"
    "410000000000,河南省,province,,,,,\n"
    "411700000000,驻马店市,city,410000000000,,,,\n"
    "411728000000,遂平县,county,411700000000,,,,\n"
    "419000000000,省直辖县级行政区划,city,410000000000,folded,,,\n"
    "419001000000,济源市,county,419000000000,,,,\n"
    "440000000000,广东省,province,,,,,\n"
    "441900000000,东莞市,city,440000000000,,,,\n"
    "441900000000,东莞市,county,441900000000,,,,\n";

TEST(GrantAreas, MeanRegionsNotDigits) {
  const auto rows = ParseRegions("regions", kRegions);
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto tree = RegionTree::Build(*rows);
  ASSERT_TRUE(tree.ok()) << tree.status();
  const GrantAreas areas(*tree);
  struct Row {
    std::string grant, area;
    bool in;
  };
  const Row kCases[] = {
      {"", "419001103", true},
      {"41", "411728103", true},
      {"41", "419001103", true},     // a county directly below the province
      {"4190", "419001103", false},  // pseudo-prefectures are not granted
      {"419001", "419001103/s1", true},
      {"419001", "411728103", false},
      {"441900", "441900003", true},  // Dongguan as a county
      {"4419", "441900003", true},    // and as a city
      {"3701", "371202001", true},    // rows of the withdrawn code belong to the city that took it over
      {"371202", "370116001", true},  // a grant of the old code stands for the new one
      {"371202", "371202001", true},
      {"370116", "371202001", true},
      {"371202", "370101001", false},
      {"4128", "412800001", false},         // never known
      {"411728104", "411728104/s1", true},  // a township that the list does not have yet
      {"411728104", "411728103/s1", false},
      {"411728103/s1", "411728103/s1/c1", true},
      {"411728103/s1", "411728103/s2/c1", false},
      {"410000", "411728103", false},  // malformed
  };
  for (const int round : {1, 2}) {  // the second time from memory
    for (const Row& row : kCases) {
      EXPECT_EQ(areas.Of(row.grant, kToday).Contains(row.area), row.in) << row.grant << " " << row.area << round;
    }
  }
  EXPECT_FALSE(areas.Of("3701", absl::CivilDay(2018, 12, 25)).Contains("371202001"))
      << "before the day it is another city";
  EXPECT_TRUE(areas.Of("3701", kToday).Contains("371202001"));
}

TEST(Caller, NobodyAndInactiveHoldNothing) {
  const RoleBook book = *RoleBook::Parse(kRoles);
  const GrantRow grant{.role = "OFFICER", .area = "411728", .from = kToday};
  EXPECT_TRUE(Caller().AreasFor(book, "registry.students.read", "", kToday).empty());
  EXPECT_TRUE(With({grant}, false).AreasFor(book, "registry.students.read", "", kToday).empty());
}

TEST(Caller, PurposeMustBeCovered) {
  const RoleBook book = *RoleBook::Parse(kRoles);
  const Caller caller = With({{.role = "PURPOSEFUL", .area = "411728", .from = kToday, .purposes = {"CASE_WORK"}}});
  EXPECT_FALSE(caller.AreasFor(book, "registry.students.unmask", "CASE_WORK", kToday).empty());
  EXPECT_TRUE(caller.AreasFor(book, "registry.students.unmask", "CURIOSITY", kToday).empty());
  const Caller without = With({{.role = "PURPOSEFUL", .area = "411728", .from = kToday}});
  EXPECT_TRUE(without.AreasFor(book, "registry.students.unmask", "CASE_WORK", kToday).empty());
}

TEST(Caller, JobsAndServices) {
  const RoleBook book =
      *RoleBook::Parse("role,permission,label_zh,source\nJOB,registry.*,,\nSERVICE_STUDENT_AID,registry.feed.read,,\n");
  EXPECT_EQ(MakeJobCaller("7", "411728").AreasFor(book, "registry.students.read", "", kToday),
            Scope::OfPrefix("411728"));
  EXPECT_EQ(MakeJobCaller("7", "411728").subject, "job:7");
  const Caller service = MakeServiceCaller("student_aid", "ruraledu://service/student_aid");
  EXPECT_EQ(service.AreasFor(book, "registry.feed.read", "", kToday), Scope::All());
  EXPECT_TRUE(service.AreasFor(book, "registry.students.read", "", kToday).empty());
}

}  // namespace
}  // namespace ruraledu::rpc
