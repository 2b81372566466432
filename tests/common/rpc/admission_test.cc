// Who gets in: identity, permission, area, purpose, fields; over TLS, by real tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/obs/log.h"
#include "tests/common/rpc/echo_server.h"

namespace ruraledu::rpc {
namespace {

echo::GetNoteRequest Get(std::string name) {
  echo::GetNoteRequest request;
  request.set_name(std::move(name));
  return request;
}

echo::CreateNoteRequest Create(std::string parent, std::string area, std::string id = NewId()) {
  echo::CreateNoteRequest request;
  request.set_parent(std::move(parent));
  request.mutable_note()->set_area(std::move(area));
  request.mutable_note()->set_text("hello");
  request.set_request_id(std::move(id));
  return request;
}

class Admission : public ::testing::Test {
 protected:
  std::string NewNote(std::string area = "411728103") {
    return server.As("wang")->Call<echo::Note>("CreateNote", Create("counties/411728", std::move(area)))->name();
  }
  std::string ReasonFor(std::string token, std::string_view certificate = "") {
    const auto note = server.Connect(std::move(token), certificate)->Call<echo::Note>("GetNote", Get(name));
    return note.ok() ? "OK" : ReasonOf(note.status());
  }

  EchoServer server;
  const std::string name = NewNote();
};

TEST_F(Admission, PositiveControl) {
  AnswerFacts facts;
  const auto note = server.As("wang")->Call<echo::Note>("GetNote", Get(name), {.call_id = "my-call-1"}, &facts);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text(), "hello");
  EXPECT_EQ(facts.call_id, "my-call-1");
  EXPECT_FALSE(facts.replayed);
}

TEST_F(Admission, EveryRefusalOfIdentity) {
  EXPECT_EQ(ReasonFor(""), "TOKEN_REQUIRED");
  EXPECT_EQ(ReasonFor("nonsense"), "TOKEN_MALFORMED");
  std::string forged = server.Token("wang");
  forged[forged.size() - 4] = forged[forged.size() - 4] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ReasonFor(forged), "TOKEN_SIGNATURE");
  const std::string token = server.Token("wang");
  EXPECT_EQ(ReasonFor(token), "OK");
  server.clock.Advance(absl::Minutes(12));
  EXPECT_EQ(ReasonFor(token), "TOKEN_EXPIRED");
}

TEST_F(Admission, RevocationStopsTheNextCall) {
  const std::string token = server.Token("wang");
  const auto account = server.access.Find("registry", "wang");
  EXPECT_EQ(ReasonFor(token), "OK");
  server.Grant("wang", account->grants, /*active=*/true, absl::ToUnixSeconds(server.clock.Now()) + 1);
  EXPECT_EQ(ReasonFor(token), "TOKEN_REVOKED");
  AccountAccess one = *account;
  one.revoked_sessions = {"s1"};
  server.access.Put("registry", "wang", one);
  EXPECT_EQ(ReasonFor(token), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonFor(server.Token("wang", "s2")), "OK") << "another session lives on";
  server.Grant("wang", account->grants, /*active=*/false);
  EXPECT_EQ(ReasonFor(token), "TOKEN_REVOKED");
  server.Grant("wang", {});
  EXPECT_EQ(ReasonFor(token), "PERMISSION_DENIED") << "a withdrawn grant";
}

TEST_F(Admission, PermissionDeniedSaysTheSameToEverybody) {
  const std::string missing = "counties/411728/notes/missing";
  absl::Status seen = server.As("zhao")->Call<echo::Note>("GetNote", Get(name)).status();
  EXPECT_EQ(ReasonOf(seen), "PERMISSION_DENIED");
  const std::string elsewhere = NewNote("411728104");
  const absl::Status others[] = {
      server.As("zhao")->Call<echo::Note>("GetNote", Get(missing)).status(),
      server.As("nobody")->Call<echo::Note>("GetNote", Get(name)).status(),
      server.As("unknown")->Call<echo::Note>("GetNote", Get(name)).status(),
      server.As("li")->Call<echo::Note>("GetNote", Get(elsewhere)).status(),
      server.As("li")->Call<echo::Note>("GetNote", Get(missing)).status(),
      server.As("zhao")->Call<echo::Note>("CreateNote", Create("counties/411728", "411728103")).status(),
  };
  for (const absl::Status& other : others) {
    EXPECT_EQ(other, seen);  // code, message and every byte of the details
  }
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get(missing)).status()), "NOT_FOUND");
  EXPECT_TRUE(server.As("li")->Call<echo::Note>("GetNote", Get(name)).ok());
}

TEST_F(Admission, ABatchWithOneForeignElementIsRefused) {
  echo::BatchGetNotesRequest batch;
  *batch.add_requests() = Get(name);
  EXPECT_TRUE(server.As("wang")->Call<echo::BatchGetNotesResponse>("BatchGetNotes", batch).ok());
  *batch.add_requests() = Get("counties/500243/notes/1");
  const auto refused = server.As("wang")->Call<echo::BatchGetNotesResponse>("BatchGetNotes", batch);
  EXPECT_EQ(ReasonOf(refused.status()), "PERMISSION_DENIED");
}

TEST_F(Admission, ABatchIsSettledNameByName) {
  const auto other = server.As("wang")->Call<echo::Note>("CreateNote", Create("counties/411728", "411728104"));
  ASSERT_TRUE(other.ok()) << other.status();
  echo::BatchGetNotesRequest batch;
  *batch.add_requests() = Get(name);
  *batch.add_requests() = Get(name);
  const auto li = server.As("li");
  EXPECT_TRUE(li->Call<echo::BatchGetNotesResponse>("BatchGetNotes", batch).ok()) << "each by its own area";
  *batch.mutable_requests(1) = Get(other->name());
  // A handler that looks at the caller's own row twice has not looked at the foreign one.
  server.handlers.check_area = false;
  server.handlers.before = [](Call& call) { return call.CheckArea("411728103"); };
  EXPECT_EQ(ReasonOf(li->Call<echo::BatchGetNotesResponse>("BatchGetNotes", batch).status()), "PERMISSION_DENIED");
  server.handlers.before = [this](Call& call) { return call.CheckArea("411728103", name); };
  EXPECT_EQ(ReasonOf(li->Call<echo::BatchGetNotesResponse>("BatchGetNotes", batch).status()), "PERMISSION_DENIED");
}

TEST_F(Admission, AnAnswerThatNobodySettledIsReplaced) {
  server.handlers.check_area = false;
  EXPECT_EQ(ReasonOf(server.As("li")->Call<echo::Note>("GetNote", Get(name)).status()), "PERMISSION_DENIED");
  EXPECT_TRUE(server.As("wang")->Call<echo::Note>("GetNote", Get(name)).ok()) << "covered by the grant";
  const int applied = server.handlers.applied;
  const auto head = server.database().Heads();
  const auto written = server.As("li")->Call<echo::Note>("CreateNote", Create("counties/411728", "411728103"));
  EXPECT_EQ(ReasonOf(written.status()), "PERMISSION_DENIED");
  EXPECT_EQ(server.handlers.applied, applied + 1);
  EXPECT_EQ(server.database().Heads()->front().head.seq, head->front().head.seq) << "rolled back";
}

TEST_F(Admission, Purpose) {
  const auto client = server.As("xu");
  EXPECT_EQ(ReasonOf(client->Call<echo::Note>("UnmaskNote", Get(name)).status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(client->Call<echo::Note>("UnmaskNote", Get(name), {.purpose = "CURIOSITY"}).status()),
            "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(client->Call<echo::Note>("UnmaskNote", Get(name), {.purpose = "a b"}).status()),
            "METADATA_INVALID");
  EXPECT_TRUE(client->Call<echo::Note>("UnmaskNote", Get(name), {.purpose = "CASE_WORK"}).ok());
}

TEST_F(Admission, FieldsAfterScope) {
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get("")).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get("notes/1")).status()), "NAME_INVALID");
  echo::CreateNoteRequest request;
  request.set_parent("counties/500243");
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("CreateNote", request).status()), "PERMISSION_DENIED")
      << "a foreign caller learns nothing about the fields";
  request.set_parent("counties/411728");
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("CreateNote", request).status()), "FIELD_REQUIRED");
}

TEST_F(Admission, ServicesByCertificate) {
  echo::EchoRequest request;
  request.set_text("hi");
  EXPECT_TRUE(server.Connect("", "student_aid")->Call<echo::EchoResponse>("Echo", request).ok());
  EXPECT_EQ(ReasonFor("", "student_aid"), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonFor("", "gateway"), "OK");
  EXPECT_EQ(ReasonFor("", "person"), "TOKEN_REQUIRED") << "a person's certificate is no token";
}

TEST_F(Admission, AForwardedPersonAndTheServiceMustBothBeAllowed) {
  EXPECT_EQ(ReasonFor(server.Token("wang"), "gateway"), "OK");
  EXPECT_EQ(ReasonFor(server.Token("wang"), "student_aid"), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonFor(server.Token("zhao"), "gateway"), "PERMISSION_DENIED");
  const auto me =
      server.Connect(server.Token("wang"), "gateway")->Call<echo::WhoAmIResponse>("WhoAmI", echo::WhoAmIRequest());
  ASSERT_TRUE(me.ok()) << me.status();
  EXPECT_EQ(me->subject(), "wang");
  EXPECT_EQ(me->certificate(), "ruraledu://service/gateway");
}

TEST_F(Admission, RawBytesFromTheCacheAreCheckedLikeAnyAnswer) {
  echo::GetBoardRequest request;
  request.set_area("areas/411728");
  echo::Note board;
  board.set_text("cached");
  const int ran = server.handlers.ran;
  server.handlers.cached = [&] { return std::make_shared<const std::string>(board.SerializeAsString()); };
  EXPECT_EQ(server.As("wang")->Call<echo::Note>("GetBoard", request)->text(), "cached");
  EXPECT_EQ(server.handlers.ran, ran) << "no handler ran";
  EXPECT_EQ(ReasonOf(server.As("zhao")->Call<echo::Note>("GetBoard", request).status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(server.As("li")->Call<echo::Note>("GetBoard", request).status()), "PERMISSION_DENIED")
      << "an area must be covered";
  server.handlers.cached = [] { return std::nullopt; };
  EXPECT_EQ(server.As("wang")->Call<echo::Note>("GetBoard", request)->text(), "computed");
  EXPECT_EQ(server.handlers.ran, ran + 1);
  request.set_area("areas/411728103");
  EXPECT_TRUE(server.As("li")->Call<echo::Note>("GetBoard", request).ok());
}

TEST_F(Admission, OneLogLinePerCallWithoutTokensOrContent) {
  const obs::CapturedLog log;
  const std::string token = server.Token("wang");
  const auto client = server.Connect(token);
  auto request = Create("counties/411728", "411728103");
  request.mutable_note()->set_text("Zhang San 411728199001011237");
  ASSERT_TRUE(client->Call<echo::Note>("CreateNote", request, {.call_id = "c-1"}).ok());
  EXPECT_FALSE(client->Call<echo::Note>("GetNote", Get("counties/500243/notes/1"), {.call_id = "c-2"}).ok());
  ASSERT_TRUE(server.WaitIdle());
  int rpc_lines = 0;
  for (const std::string& line : log.lines()) {
    EXPECT_THAT(line, ::testing::Not(::testing::HasSubstr(token)));
    EXPECT_THAT(line, ::testing::Not(::testing::HasSubstr("Zhang")));
    EXPECT_THAT(line, ::testing::Not(::testing::HasSubstr("notes/1")));
    rpc_lines += line.find("\"event\":\"rpc\"") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(rpc_lines, 2);
  EXPECT_THAT(log.lines(), ::testing::Contains(::testing::AllOf(
                               ::testing::HasSubstr(R"("service":"echo","method":"GetNote","code":7,)"),
                               ::testing::HasSubstr(R"("reason":"PERMISSION_DENIED")"),
                               ::testing::HasSubstr(R"("caller":"accounts/411728-wang")"),
                               ::testing::HasSubstr(R"("call_id":"c-2")"))));
  EXPECT_THAT(server.metrics.Text(), ::testing::HasSubstr("ruraledu_rpc_handled_total"));
}

}  // namespace
}  // namespace ruraledu::rpc
