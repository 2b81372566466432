// The client's promises: retries, what a stream and a certificate get, the feed of another service, TLS files.
#include "common/rpc/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/crypto/signing.h"
#include "common/rpc/fake_client.h"
#include "common/rpc/feed_source.h"
#include "common/rpc/tls.h"
#include "tests/common/rpc/echo_server.h"

namespace ruraledu::rpc {
namespace {

echo::CreateNoteRequest Create() {
  echo::CreateNoteRequest request;
  request.set_parent("counties/411728");
  request.mutable_note()->set_area("411728103");
  request.mutable_note()->set_text("hello");
  return request;
}

echo::GetNoteRequest Get() {
  echo::GetNoteRequest request;
  request.set_name("counties/411728/notes/1");
  return request;
}

// What a handler answers to its first calls, and how often it was asked.
struct Failing {
  std::string reason;
  int failures;
  int calls;  // with four tries
};

TEST(Retry, OnlyWhatMayPassByAndNeverMoreThanAgreed) {
  const Failing kCases[] = {{"DRAINING", 0, 1},           {"DRAINING", 1, 2},     {"DRAINING", 3, 4},
                            {"DRAINING", 99, 4},          {"FEED_BEHIND", 99, 1}, {"ETAG_MISMATCH", 99, 1},
                            {"PERMISSION_DENIED", 99, 1}, {"INTERNAL", 99, 1}};
  EchoServer server;
  const auto client = server.Connect(server.Token("wang"), "", /*max_tries=*/4);
  for (const Failing& one : kCases) {
    int calls = 0;
    std::vector<std::string> ids;
    server.handlers.before = [&](Call& call) {
      ids.push_back(call.request_key()->request_id);
      return ++calls <= one.failures ? Fail(one.reason) : absl::OkStatus();
    };
    const int applied = server.handlers.applied;
    const auto made = client->Call<echo::Note>("CreateNote", Create());
    EXPECT_EQ(calls, one.calls) << one.reason << " " << one.failures;
    EXPECT_EQ(made.ok(), one.failures < one.calls) << one.reason << " " << made.status();
    EXPECT_EQ(server.handlers.applied, applied + (made.ok() ? 1 : 0)) << one.reason;
    EXPECT_THAT(ids, ::testing::Each(ids.front())) << "all tries are one request";
  }
}

TEST(Retry, EndsWithTheDeadlineAndWhenNobodyWantsItAnyMore) {
  EchoServer server;
  const auto client = server.Connect(server.Token("wang"), "", /*max_tries=*/1000000);
  std::atomic<int> calls = 0;
  server.handlers.before = [&](Call&) {
    ++calls;
    return Fail("DRAINING");
  };
  EXPECT_FALSE(client->Call<echo::Note>("GetNote", Get(), {.timeout = absl::Milliseconds(400)}).ok());
  EXPECT_LT(calls, 100) << "tries are paced";
  calls = 0;
  const auto given_up = client->Call<echo::Note>("GetNote", Get(), {.cancelled = [&] { return calls >= 2; }});
  EXPECT_FALSE(given_up.ok());
  EXPECT_EQ(calls, 2);
}

TEST(Retry, NobodyThereIsAReasonOfItsOwn) {
  EchoServer server;
  const auto client = server.Connect(server.Token("wang"), "", /*max_tries=*/2);
  server.Drain();
  EXPECT_EQ(ReasonOf(client->Call<echo::Note>("GetNote", Get()).status()), "PEER_UNAVAILABLE");
}

// Hangs up on everybody who connects, and counts them.
class HangingUp {
 public:
  HangingUp() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address_), sizeof(address_)), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    socklen_t size = sizeof(address_);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
    thread_ = std::thread([this] {
      for (int peer; (peer = accept(listener_, nullptr, nullptr)) >= 0; ++met_) {
        close(peer);
      }
    });
  }
  ~HangingUp() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  int port() const { return ntohs(address_.sin_port); }
  int met() const { return met_; }

 private:
  const int listener_;
  sockaddr_in address_{};
  std::atomic<int> met_ = 0;
  std::thread thread_;
};

// gRPC's own pauses between two connections grow to two minutes: so long a restarted registry would have no followers.
TEST(Retry, AsksAgainSoonForAPeerThatWasAwayForLong) {
  HangingUp peer;
  const auto client = ConnectTo({.config = {.address = absl::StrCat("127.0.0.1:", peer.port()), .max_tries = 1'000},
                                 .contract = "ruraledu.testing.v1.EchoService"});
  ASSERT_TRUE(client.ok()) << client.status();
  constexpr int kEnough = 9;  // with gRPC's pauses the ninth comes after a minute
  const auto answer = (*client)->Call<echo::Note>(
      "GetNote", Get(), {.timeout = absl::Seconds(30), .cancelled = [&] { return peer.met() >= kEnough; }});
  EXPECT_EQ(ReasonOf(answer.status()), "PEER_UNAVAILABLE");
  EXPECT_GE(peer.met(), kEnough);
}

TEST(Streams, AreBounded) {
  EchoServer server({.workers = 2, .streams = 1});
  ASSERT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", Create()).ok());
  echo::WatchNotesRequest request;
  request.set_parent("counties/411728");
  absl::Notification open, end;
  std::thread first([&] {
    const absl::Status ended = server.As("wang")->Stream<echo::Note>("WatchNotes", request, [&](const echo::Note&) {
      open.Notify();
      end.WaitForNotification();
      return absl::CancelledError("enough");
    });
    EXPECT_TRUE(absl::IsCancelled(ended)) << ended;
  });
  open.WaitForNotification();
  const auto none = [](const echo::Note&) { return absl::OkStatus(); };
  EXPECT_EQ(ReasonOf(server.As("wang")->Stream<echo::Note>("WatchNotes", request, none)), "OVERLOADED");
  end.Notify();
  first.join();
  ASSERT_TRUE(server.WaitIdle());
}

TEST(Streams, EndWhenTheirSourceSaysSo) {
  EchoServer server;
  server.handlers.notes_end = true;
  ASSERT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", Create()).ok());
  echo::WatchNotesRequest request;
  request.set_parent("counties/411728");
  int notes = 0;
  const absl::Status ended = server.As("wang")->Stream<echo::Note>("WatchNotes", request, [&](const echo::Note&) {
    ++notes;
    return absl::OkStatus();
  });
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(notes, 1);
  ASSERT_TRUE(server.WaitIdle());
}

TEST(Certificate, OfAPersonGetsWhatIsAboutItselfOnly) {
  EchoServer server;
  const auto who = [&](std::string_view certificate) {
    return server.Connect("", certificate)->Call<echo::WhoAmIResponse>("WhoAmI", echo::WhoAmIRequest());
  };
  EXPECT_EQ(ReasonOf(who("").status()), "TOKEN_REQUIRED");
  EXPECT_EQ(ReasonOf(who("person").status()), "PERMISSION_DENIED") << "no account has it";
  const std::string fingerprint = server.Fingerprint("person");
  server.access.Put("certificate", fingerprint,
                    {.account = "accounts/411728-1/certificates/x",
                     .grants = {{.role = "OFFICER", .area = "411728", .from = absl::CivilDay(2020, 1, 1)}}});
  const auto me = who("person");
  ASSERT_TRUE(me.ok()) << me.status();
  EXPECT_EQ(me->subject(), fingerprint);
  EXPECT_EQ(ReasonOf(server.Connect("", "person")->Call<echo::Note>("GetNote", Get()).status()), "TOKEN_REQUIRED")
      << "whatever its grants";
  server.access.Put("certificate", fingerprint, {.account = "accounts/411728-1/certificates/x", .active = false});
  EXPECT_EQ(ReasonOf(who("person").status()), "TOKEN_REVOKED");
}

TEST(ClientFeedSource, AsksTheOtherServiceAndDoesNotWaitForItself) {
  FakeClient client;
  client.On<ruraledu::feed::v1::ListShardsRequest, ruraledu::feed::v1::ListShardsResponse>(
      "ListShards", [](const auto&) {
        ruraledu::feed::v1::ListShardsResponse response;
        response.add_heads()->set_shard("c411728");
        return absl::StatusOr<ruraledu::feed::v1::ListShardsResponse>(response);
      });
  client.On<ruraledu::feed::v1::ListJournalRequest, ruraledu::feed::v1::ListJournalResponse>(
      "ListJournal", [](const ruraledu::feed::v1::ListJournalRequest& request) {
        ruraledu::feed::v1::ListJournalResponse response;
        response.add_entries()->set_seq(request.after().seq() + 1);
        return absl::StatusOr<ruraledu::feed::v1::ListJournalResponse>(response);
      });
  client.On<ruraledu::feed::v1::ListStateRequest, ruraledu::feed::v1::ListStateResponse>("ListState", [](const auto&) {
    return absl::StatusOr<ruraledu::feed::v1::ListStateResponse>(Fail("PAGE_TOKEN"));
  });
  ClientFeedSource source(client);
  EXPECT_EQ(source.ListShards({})->heads(0).shard(), "c411728");
  ruraledu::feed::v1::ListJournalRequest after;
  after.mutable_after()->set_seq(7);
  EXPECT_EQ(source.ListJournal(after)->entries(0).seq(), 8);
  EXPECT_EQ(ReasonOf(source.ListState({}).status()), "PAGE_TOKEN");
}

class TlsFiles : public ::testing::Test {
 protected:
  TlsFiles() {
    std::string folder = std::filesystem::temp_directory_path() / "ruraledu-tls-XXXXXX";
    folder_ = mkdtemp(folder.data());
    const absl::Time now = absl::Now();
    const auto authority = crypto::CreateAuthority("test", now, absl::Hours(24));
    EXPECT_TRUE(crypto::WriteCertificate(folder_, "ca", *authority).ok());
    for (const char* name : {"one", "two"}) {
      const auto issued = crypto::IssueCertificate(*authority, {.common_name = name}, crypto::CertificateUse::kServer,
                                                   now, absl::Hours(24));
      EXPECT_TRUE(crypto::WriteCertificate(folder_, name, *issued).ok());
    }
    EXPECT_TRUE(crypto::WritePemFile(Path("garbage.crt"), "no certificate\n").ok());
  }
  ~TlsFiles() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  std::string Reason(const std::string& authority, const std::string& certificate, const std::string& key) const {
    const auto read = ReadTls(authority.empty() ? "" : Path(authority), certificate.empty() ? "" : Path(certificate),
                              key.empty() ? "" : Path(key));
    return read.ok() ? "OK" : ReasonOf(read.status());
  }

  std::string folder_;
};

TEST_F(TlsFiles, AreCheckedBeforeTheyAreUsed) {
  EXPECT_EQ(Reason("ca.crt", "one.crt", "one.key"), "OK");
  EXPECT_EQ(Reason("", "", ""), "OK");
  EXPECT_EQ(Reason("garbage.crt", "", ""), "TLS_FILES");
  EXPECT_EQ(Reason("ca.crt", "garbage.crt", "one.key"), "TLS_FILES");
  EXPECT_EQ(Reason("ca.crt", "one.crt", "two.key"), "TLS_FILES") << "the key of another certificate";
  EXPECT_NE(Reason("ca.crt", "one.crt", ""), "OK") << "a certificate without its key";
  EXPECT_NE(Reason("ca.crt", "none.crt", "one.key"), "OK");
  std::filesystem::permissions(Path("one.key"), std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_EQ(Reason("ca.crt", "one.crt", "one.key"), "FILE_MODE");
}

// Else what a thread of gRPC holds of OpenSSL is lost when a server ends while somebody connects to it.
TEST(TlsLibrary, AnswersUntilTheProcessEnds) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto end = [] {
    (void)std::atexit([] { _exit(OPENSSL_init_crypto(0, nullptr) == 1 ? 0 : 3); });
    ERR_clear_error();
    std::exit(1);
  };
  EXPECT_EXIT(end(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ruraledu::rpc
