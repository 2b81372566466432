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
