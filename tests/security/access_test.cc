// Who gets what, for every method of every service: the table is requests.txt, the machinery walks the contracts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/security/world.h"

namespace ruraledu::security {
namespace {

namespace v1 = ruraledu::common::v1;
using google::protobuf::FieldDescriptor;

constexpr int kPermissionDenied = 7;
constexpr int kUnauthenticated = 16;

class EndOfTheWorld : public ::testing::Environment {
 public:
  void TearDown() override { World::End(); }
};
const auto* const kEnd = ::testing::AddGlobalTestEnvironment(new EndOfTheWorld);

// The message that holds the last field of a path, and that field.
struct Place {
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
};

Place PlaceOf(Message& request, const std::string& path) {
  Place place{&request, nullptr};
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(path, '.'))) {
    if (place.field != nullptr) {
      place.message = place.message->GetReflection()->MutableMessage(place.message, place.field);
    }
    place.field = place.message->GetDescriptor()->FindFieldByName(part);
  }
  return place;
}

std::string ScopeText(const Case& one) {
  const auto copy = World::New(*one.method->input_type());
  copy->CopyFrom(*one.request);
  const Place place = PlaceOf(*copy, World::AccessOf(*one.method).scope_field());
  return place.message->GetReflection()->GetString(*place.message, place.field);
}

std::unique_ptr<Message> WithScope(const Case& one, const std::string& text, bool alone = false) {
  auto request = World::New(*one.method->input_type());
  if (!alone) {
    request->CopyFrom(*one.request);
  }
  const Place place = PlaceOf(*request, World::AccessOf(*one.method).scope_field());
  place.message->GetReflection()->SetString(place.message, place.field, text);
  return request;
}

// The same name of something that does not exist: another id of the collection, or another place of the same kind.
std::string Missing(const std::string& name) {
  constexpr char kId[] = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
  if (absl::StartsWith(name, "accounts/411728-")) {
    return absl::StrCat("accounts/411728-", kId, absl::StrContains(name, "/grants/") ? "/grants/1" : "");
  }
  if (name == "counties/411728" || name == "areas/411728" || name == "shards/a411728") {
    return absl::StrCat(name.substr(0, name.size() - 2), "99");
  }
  return absl::StrCat(name.substr(0, name.rfind('/') + 1), kId);
}

bool NamesResource(const std::string& name) {
  return std::count(name.begin(), name.end(), '/') >= 2 || absl::StartsWith(name, "accounts/");
}

bool ScopedByField(const Case& one) {
  return World::AccessOf(*one.method).scope() == v1::SCOPE_KIND_FIELD;
}

bool Writes(const Case& one) {
  return World::AccessOf(*one.method).idempotency() != v1::IDEMPOTENCY_READ;
}

class Access : public ::testing::Test {
 protected:
  World& world = World::Get();
};

TEST_F(Access, EveryMethodHasAPositiveControl) {
  EXPECT_TRUE(world.failures().empty()) << absl::StrJoin(world.failures(), "\n");
  std::set<const MethodDescriptor*> prepared;
  for (const Case& one : world.cases()) {
    prepared.insert(one.method);
  }
  EXPECT_GT(World::Methods().size(), 80u);
  for (const MethodDescriptor* method : World::Methods()) {
    EXPECT_TRUE(prepared.contains(method)) << method->full_name() << " has no request in tests/security/requests.txt: "
                                           << "add one that succeeds in county 411728";
  }
}

// The same bytes for everybody, everything and every method.
TEST_F(Access, AForeignCallerIsToldNothing) {
  std::optional<Answer> constant;
  for (const Case& one : world.cases()) {
    if (!ScopedByField(one)) {
      continue;
    }
    const Who who = world.As("foreign", one.purpose);
    const std::string name = ScopeText(one);
    const Answer existing = world.Call(*one.method, *one.request, who);
    if (!constant.has_value()) {
      constant = existing;
    }
    EXPECT_EQ(existing.code, kPermissionDenied) << one.text() << "\n" << existing.text();
    EXPECT_EQ(existing.reason(), "PERMISSION_DENIED") << one.text();
    EXPECT_EQ(existing, *constant) << one.text() << "\n" << existing.text();
    const Answer missing = world.Call(*one.method, *WithScope(one, Missing(name)), who);
    EXPECT_EQ(missing, existing) << one.text() << "\n" << missing.text();
    const Answer bare = world.Call(*one.method, *WithScope(one, name, /*alone=*/true), who);
    EXPECT_EQ(bare, existing) << "before any field is looked at: " << one.text() << "\n" << bare.text();
  }
  ASSERT_TRUE(constant.has_value());
}

// Of another township of the same county: what is named is refused alike whether it exists, what is listed is left out.
TEST_F(Access, ANeighbourIsToldNothingEither) {
  for (const Case& one : world.cases()) {
    if (!ScopedByField(one)) {
      continue;
    }
    const Who who = world.As("neighbour", one.purpose);
    const std::string name = ScopeText(one);
    const Answer existing = world.Call(*one.method, *one.request, who);
    if (NamesResource(name) || Writes(one)) {
      EXPECT_EQ(existing.reason(), "PERMISSION_DENIED") << one.text() << "\n" << existing.text();
    }
    if (NamesResource(name)) {
      const Answer missing = world.Call(*one.method, *WithScope(one, Missing(name)), who);
      EXPECT_EQ(missing, existing) << one.text() << "\n" << missing.text();
    }
    for (const char* hidden :
         {"student", "school", "class", "household", "teacher", "transfer", "review", "decision"}) {
      for (const std::string& body : existing.bodies) {
        const std::string id = world.value(hidden).substr(world.value(hidden).rfind('/') + 1);
        EXPECT_FALSE(!id.empty() && absl::StrContains(body, id)) << one.text() << " shows a " << hidden;
      }
    }
  }
}

TEST_F(Access, WithoutGrantsEverythingIsRefused) {
  for (const Case& one : world.cases()) {
    if (World::AccessOf(*one.method).scope() == v1::SCOPE_KIND_SUBJECT) {
      continue;
    }
    for (const char* subject : {"nobody", "no-such-account"}) {
      const Answer refused = world.Call(*one.method, *one.request, world.As(subject, one.purpose));
      EXPECT_EQ(refused.reason(), "PERMISSION_DENIED") << subject << " " << one.text() << "\n" << refused.text();
    }
  }
}

TEST_F(Access, NobodyGetsInWithoutAGoodToken) {
  struct Bad {
    std::string what, token, reason;
  };
  const std::vector<Bad> all = {
      {"none", "", "TOKEN_REQUIRED"},
      {"no token at all", "secret", "TOKEN_MALFORMED"},
      {"expired", world.Token({.subject = "own", .issued_ago_s = 1200, .lives_s = 600}), "TOKEN_EXPIRED"},
      {"from tomorrow", world.Token({.subject = "own", .issued_ago_s = -300}), "TOKEN_EXPIRED"},
      {"of a foreign issuer", world.Token({.subject = "own", .issuer = "other"}), "TOKEN_UNTRUSTED"},
      {"signed by a foreign key", world.Token({.subject = "own", .foreign_key = true}), "TOKEN_SIGNATURE"},
      {"for another audience", world.Token({.subject = "own", .audience = "somebody-else"}), "TOKEN_UNTRUSTED"},
      {"that lives too long", world.Token({.subject = "own", .lives_s = 3600}), "TOKEN_TOO_LONG_LIVED"},
  };
  for (const Case& one : world.cases()) {
    for (const Bad& bad : all) {
      const Answer refused = world.Call(*one.method, *one.request, {.token = bad.token});
      EXPECT_EQ(refused.code, kUnauthenticated) << bad.what << " " << one.text() << "\n" << refused.text();
      EXPECT_EQ(refused.reason(), bad.reason) << bad.what << " " << one.text();
    }
  }
}

// A certificate alone gets a token and nothing else.
TEST_F(Access, APersonsCertificateOnlyGetsATokens) {
  for (const Case& one : world.cases()) {
    const Answer answer = world.Call(*one.method, *one.request, {.certificate = "own"});
    if (World::AccessOf(*one.method).scope() == v1::SCOPE_KIND_SUBJECT) {
      EXPECT_TRUE(answer.ok()) << one.text() << "\n" << answer.text();
    } else {
      EXPECT_EQ(answer.reason(), "TOKEN_REQUIRED") << one.text();
    }
  }
}

TEST_F(Access, AWarmCacheAnswersNobodyElse) {
  for (const char* service : {"registry", "student_aid", "dropout_monitoring"}) {
    const std::string request = "area: \"areas/411728\" period: \"2026-2027-1\"";
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(world.Call(service, "GetDashboard", request, world.As("own")).ok());
      EXPECT_EQ(world.Call(service, "GetDashboard", request, world.As("foreign")).reason(), "PERMISSION_DENIED");
      EXPECT_EQ(world.Call(service, "GetDashboard", request, world.As("neighbour")).reason(), "PERMISSION_DENIED");
      EXPECT_EQ(world.Call(service, "GetDashboard", request, {}).reason(), "TOKEN_REQUIRED");
    }
    for (const char* wider : {"areas/4117", "areas/41", "areas/"}) {
      const auto refused = world.Call(service, "GetDashboard", absl::StrCat("area: \"", wider, "\""), world.As("own"));
      EXPECT_EQ(refused.reason(), "PERMISSION_DENIED") << wider;
    }
  }
}

// A request that names several things is refused for one of them that is foreign.
TEST_F(Access, OneForeignElementRefusesTheBatch) {
  struct Batch {
    std::string service, method, who, text, reason;
  };
  const std::string record =
      "item: \"SP_LIV_N_PRI\" term: \"2026-2027-1\" amount_fen: 1 source: \"X\" paid_on { year: "
      "2026 month: 11 day: 1 } }";
  const std::vector<Batch> all = {
      // The pupil lies in the township of one caller and not in that of the other.
      {"student_aid", "BatchRecordAid", "neighbour",
       absl::StrCat("parent: \"counties/411728\" request_id: \"b-1\" records { person: \"<aided>\" ", record),
       "PERMISSION_DENIED"},
      {"student_aid", "BatchRecordAid", "neighbour",
       absl::StrCat("parent: \"counties/411728\" request_id: \"b-2\" records { person: \"no-such-person\" ", record),
       "PERMISSION_DENIED"},
      {"registry", "MergeStudents", "own",
       "name: \"<student>\" duplicate: \"counties/500243/students/1\" reason: \"X\" request_id: \"b-3\"",
       "MERGE_OTHER_COUNTY"},
      {"registry", "GiveGrant", "own",
       "name: \"<account>\" request_id: \"b-4\" grant { role: \"CITY_VIEWER\" area: \"areas/500243\" valid_from { "
       "year: "
       "2026 month: 1 day: 1 } }",
       "PERMISSION_DENIED"},
      {"registry", "GiveGrant", "own",
       "name: \"<account>\" request_id: \"b-5\" grant { role: \"CITY_VIEWER\" area: \"areas/4117\" valid_from { year: "
       "2026 month: 1 day: 1 } }",
       "PERMISSION_DENIED"},
      {"registry", "AcceptTransfer", "foreign",
       "parent: \"counties/500243\" transfer: \"<transfer>\" request_id: \"b-6\"", "TRANSFER_UNKNOWN"},
      {"registry", "AcceptTransfer", "foreign",
       "parent: \"counties/500243\" transfer: \"counties/411728/transfers/1\" request_id: \"b-7\"", "TRANSFER_UNKNOWN"},
      {"registry", "EndTransfer", "foreign",
       "parent: \"counties/500243\" transfer: \"<withdrawn>\" request_id: \"b-8\"", "TRANSFER_UNKNOWN"},
      {"registry", "EndTransfer", "foreign",
       "parent: \"counties/500243\" transfer: \"counties/411728/transfers/1\" request_id: \"b-9\"", "TRANSFER_UNKNOWN"},
  };
  for (const Batch& batch : all) {
    const Answer answer = world.Call(batch.service, batch.method, batch.text, world.As(batch.who));
    EXPECT_EQ(answer.reason(), batch.reason) << batch.method << " " << batch.text << "\n" << answer.text();
  }
}

// A grant that reaches beyond the confirming administrator's area is not let through by confirming it.
TEST_F(Access, NobodyConfirmsBeyondTheOwnArea) {
  const auto account = world.Call("registry", "CreateAccount",
                                  "parent: \"areas/411728\" request_id: \"wide-1\" account { subject: \"wide\" person: "
                                  "\"P-wide\" }",
                                  world.As("own"));
  ASSERT_TRUE(account.ok()) << account.text();
  const std::string name = World::In(account, "registry", "CreateAccount", "name");
  const auto given =
      world.Call("registry", "GiveGrant",
                 absl::StrCat("name: \"", name, "\" request_id: \"wide-2\" grant { role: \"CITY_VIEWER\" ",
                              "area: \"areas/41\" valid_from { year: 2026 month: 1 day: 1 } }"),
                 world.As("country"));
  ASSERT_TRUE(given.ok()) << given.text();
  const std::string grant = World::In(given, "registry", "GiveGrant", "grants.0.name");
  const std::string confirm = absl::StrCat("name: \"", grant, "\" request_id: \"wide-3\"");
  EXPECT_EQ(world.Call("registry", "ConfirmGrant", confirm, world.As("own")).reason(), "PERMISSION_DENIED");
  EXPECT_EQ(world.Call("registry", "ConfirmGrant", confirm, world.As("country")).reason(), "SAME_PERSON");
}

TEST_F(Access, ASubjectAndACertificateStandForOneAccount) {
  const auto create = [&](const std::string& fields, const std::string& id) {
    return world
        .Call(
            "registry", "CreateAccount",
            absl::StrCat("parent: \"areas/411728\" request_id: \"", id, "\" account { person: \"P-x\" ", fields, " }"),
            world.As("own"))
        .reason();
  };
  EXPECT_EQ(create("subject: \"own\"", "taken-1"), "SUBJECT_TAKEN");
  EXPECT_EQ(create("subject: \"x\" issuer: \"certificate\"", "taken-2"), "ISSUER_RESERVED");
  EXPECT_EQ(create("subject: \"x\" issuer: \"job\"", "taken-3"), "ISSUER_RESERVED");
  const std::string fingerprint(64, 'a');
  EXPECT_EQ(create(absl::StrCat("subject: \"x1\" certificate_fingerprints: \"", fingerprint, "\""), "taken-4"), "OK");
  EXPECT_EQ(create(absl::StrCat("subject: \"x2\" certificate_fingerprints: \"", fingerprint, "\""), "taken-5"),
            "SUBJECT_TAKEN");
}

// Accounts live at every level, each below whoever manages it.
TEST_F(Access, AccountsOfProvincesAndOfTheCountry) {
  for (const char* parent : {"areas/41", "areas/4117", "areas/"}) {
    const std::string text = absl::StrCat("parent: \"", parent, "\" request_id: \"level", parent,
                                          "\" account { subject: \"level", parent, "\" person: \"P-y\" }");
    EXPECT_EQ(world.Call("registry", "CreateAccount", text, world.As("own")).reason(), "PERMISSION_DENIED") << parent;
    const Answer made = world.Call("registry", "CreateAccount", text, world.As("country"));
    EXPECT_TRUE(made.ok()) << parent << " " << made.text();
    const Answer listed =
        world.Call("registry", "ListAccounts", absl::StrCat("parent: \"", parent, "\""), world.As("country"));
    ASSERT_TRUE(listed.ok()) << parent << " " << listed.text();
    EXPECT_TRUE(absl::StrContains(listed.bodies.front(), absl::StrCat("level", parent)));
    EXPECT_EQ(
        world.Call("registry", "ListAccounts", absl::StrCat("parent: \"", parent, "\""), world.As("own")).reason(),
        "PERMISSION_DENIED");
  }
}

// The registry at once; student_aid as soon as it has followed, which the caller waits for by `after`, without a sleep.
TEST_F(Access, ARevokedGrantStopsTheNextCall) {
  const auto send = [&](const std::string& method, const std::string& text) {
    const Answer answer = world.Call("registry", method, text, world.As(method == "ConfirmGrant" ? "second" : "own"));
    EXPECT_TRUE(answer.ok()) << method << " " << answer.text();
    return World::In(answer, "registry", method, method == "GiveGrant" ? "grants.0.name" : "name");
  };
  const std::string account =
      send("CreateAccount",
           "parent: \"areas/411728\" request_id: \"revoke-1\" account { subject: \"zheng\" person: "
           "\"P-zheng\" }");
  const std::string grant = send(
      "GiveGrant", absl::StrCat("name: \"", account, "\" request_id: \"revoke-2\" grant { role: ",
                                "\"COUNTY_AID_OFFICER\" area: \"areas/411728\" purposes: \"AID_REVIEW\" valid_from ",
                                "{ year: 2026 month: 1 day: 1 } }"));
  const auto reads = [&](bool after) {
    Who who = world.As("zheng");
    who.after = after;
    return std::pair(world.Call("registry", "GetStudent", "name: \"<student>\"", world.As("zheng")).reason(),
                     world.Call("student_aid", "GetRun", "name: \"<run>\"", who).reason());
  };
  EXPECT_EQ(world.Call("registry", "GetStudent", "name: \"<student>\"", world.As("zheng")).reason(),
            "PERMISSION_DENIED")
      << "given, not confirmed";
  send("ConfirmGrant", absl::StrCat("name: \"", grant, "\" request_id: \"revoke-3\""));
  // The caller itself has no right to wait before its grant has arrived: somebody else waits for it.
  Who own = world.As("own");
  own.after = true;
  ASSERT_TRUE(world.Call("student_aid", "GetRun", "name: \"<run>\"", own).ok());
  EXPECT_EQ(reads(true), std::pair(std::string("OK"), std::string("OK")));

  // Reading in clear is journalled in the caller's own shard, which must not stop those who follow it.
  const Answer clear =
      world.Call("registry", "GetStudent", "name: \"<student>\" unmask: true", world.As("zheng", "AID_REVIEW"));
  ASSERT_TRUE(clear.ok()) << clear.text();
  EXPECT_TRUE(absl::StrContains(clear.bodies.front(), "41172820160315001X"));
  EXPECT_EQ(
      world.Call("registry", "GetStudent", "name: \"<student>\" unmask: true", world.As("zheng", "CURIOSITY")).reason(),
      "PERMISSION_DENIED");

  send("RevokeGrant", absl::StrCat("name: \"", grant, "\" request_id: \"revoke-4\""));
  EXPECT_EQ(reads(true), std::pair(std::string("PERMISSION_DENIED"), std::string("PERMISSION_DENIED")));
  EXPECT_EQ(reads(false), std::pair(std::string("PERMISSION_DENIED"), std::string("PERMISSION_DENIED")));
  const Answer journal = world.Call("registry", "ListJournal", "parent: \"shards/a411728\" page_size: 500", own);
  ASSERT_TRUE(journal.ok());
  EXPECT_TRUE(absl::StrContains(journal.bodies.front(), "UNMASK AID_REVIEW"));
}

TEST_F(Access, RevokedTokensAndAccountsAreDead) {
  const auto own = [&](const std::string& method, const std::string& text) {
    const Answer answer = world.Call("registry", method, text, world.As("own"));
    EXPECT_TRUE(answer.ok()) << method << " " << answer.text();
    return World::In(answer, "registry", method, "name");
  };
  const std::string account = own("CreateAccount",
                                  "parent: \"areas/411728\" request_id: \"dead-1\" account { subject: \"dead\" person: "
                                  "\"P-dead\" }");
  const auto reason = [&](const std::string& session) {
    return world
        .Call("registry", "GetRegion", "name: \"regions/county-411728000000\"",
              {.token = world.Token({.subject = "dead", .session = session})})
        .reason();
  };
  EXPECT_EQ(reason("s-1"), "PERMISSION_DENIED");
  own("RevokeAccount", absl::StrCat("name: \"", account, "\" session: \"s-1\" request_id: \"dead-2\""));
  EXPECT_EQ(reason("s-1"), "TOKEN_REVOKED");
  EXPECT_EQ(reason("s-2"), "PERMISSION_DENIED");
  own("RevokeAccount", absl::StrCat("name: \"", account, "\" deactivate: true request_id: \"dead-3\""));
  EXPECT_EQ(reason("s-2"), "TOKEN_REVOKED");
}

}  // namespace
}  // namespace ruraledu::security
