// What happens behind the queue: replay, deadlines, overload, cancellation, exceptions, waiting for positions, streams,
// drain, health.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/obs/log.h"
#include "tests/common/rpc/echo_server.h"

namespace ruraledu::rpc {
namespace {

using ruraledu::common::v1::Position;
using ruraledu::common::v1::Positions;

echo::GetNoteRequest Get(std::string name = "counties/411728/notes/1") {
  echo::GetNoteRequest request;
  request.set_name(std::move(name));
  return request;
}

echo::CreateNoteRequest Create(std::string id = NewId(), std::string text = "hello") {
  echo::CreateNoteRequest request;
  request.set_parent("counties/411728");
  request.mutable_note()->set_area("411728103");
  request.mutable_note()->set_text(std::move(text));
  request.set_request_id(std::move(id));
  return request;
}

TEST(Replay, TheFirstAnswerAgainMarked) {
  EchoServer server;
  const auto client = server.As("wang");
  AnswerFacts first, second;
  const auto a = client->Call<echo::Note>("CreateNote", Create("id-1"), {}, &first);
  const auto b = client->Call<echo::Note>("CreateNote", Create("id-1"), {}, &second);
  ASSERT_TRUE(a.ok() && b.ok()) << a.status() << b.status();
  EXPECT_EQ(a->name(), b->name());
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(second.replayed);
  EXPECT_EQ(server.handlers.applied, 1);
  EXPECT_EQ(first.positions.positions(0).shard(), "c411728");
  EXPECT_EQ(first.positions.positions(0).service(), "echo");
  EXPECT_EQ(first.positions.positions(0).seq(), 1);
}

TEST(Replay, OtherContentIsRefusedAndOtherCallersHaveTheirOwnIds) {
  EchoServer server;
  server.Grant("sun", server.access.Find("registry", "wang")->grants);
  ASSERT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", Create("id-1")).ok());
  const auto other = server.As("wang")->Call<echo::Note>("CreateNote", Create("id-1", "other"));
  EXPECT_EQ(ReasonOf(other.status()), "REQUEST_ID_REUSED");
  EXPECT_TRUE(server.As("sun")->Call<echo::Note>("CreateNote", Create("id-1", "other")).ok());
}

TEST(Replay, ValidateOnlyAnswersAndLeavesNoTrace) {
  EchoServer server;
  auto request = Create("id-1");
  request.set_validate_only(true);
  AnswerFacts facts;
  const auto preview = server.As("wang")->Call<echo::Note>("CreateNote", request, {}, &facts);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->text(), "hello");
  EXPECT_EQ(facts.positions.positions_size(), 0);
  EXPECT_THAT(*server.database().Heads(),
              ::testing::Each(::testing::Field(&db::Database::HeadMove::head, ::testing::Field(&db::Head::seq, 0))));
  request.set_validate_only(false);
  EXPECT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", request, {}, &facts).ok());
  EXPECT_FALSE(facts.replayed);
}

TEST(Client, FillsTheRequestIdAndPassesPositionsOn) {
  EchoServer server;
  const auto client = server.As("wang");
  auto request = Create("");
  EXPECT_TRUE(client->Call<echo::Note>("CreateNote", request).ok());
  EXPECT_EQ(client->after().positions(0).seq(), 1);
  EXPECT_TRUE(client->Call<echo::Note>("CreateNote", request).ok());
  EXPECT_EQ(server.handlers.applied, 2) << "each call has its own id";
  EXPECT_EQ(client->after().positions_size(), 1);
  EXPECT_EQ(client->after().positions(0).seq(), 2);
}

TEST(Deadline, DefaultAndCap) {
  EchoServer server;
  absl::Duration left;
  server.handlers.before = [&](Call& call) {
    left = call.deadline() - Clock::System().Now();
    return absl::CancelledError();
  };
  EXPECT_FALSE(server.As("wang")->Call<echo::Note>("GetNote", Get()).ok());
  EXPECT_LE(left, absl::Seconds(5));
  EXPECT_FALSE(server.As("wang")->Call<echo::Note>("GetNote", Get(), {.timeout = absl::Hours(1)}).ok());
  EXPECT_GT(left, absl::Seconds(5));
  EXPECT_LE(left, absl::Seconds(20)) << "max_timeout_ms of the method";
}

TEST(Queue, FullRefusesAtOnceWithAHint) {
  EchoServer server({.workers = 1, .queue = 1});
  Gate gate;
  server.handlers.before = [&](Call&) {
    gate.Pass();
    return absl::OkStatus();
  };
  const auto call = [&] { (void)server.As("wang")->Call<echo::Note>("GetNote", Get()); };
  std::thread running(call);
  gate.AwaitWaiting(1);
  std::thread queued(call);
  while (server.QueuedCalls() == 0) {
    std::this_thread::yield();
  }
  const absl::Status refused = server.As("wang")->Call<echo::Note>("GetNote", Get()).status();
  EXPECT_EQ(ReasonOf(refused), "OVERLOADED");
  EXPECT_TRUE(refused.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_EQ(server.handlers.ran, 1);
  gate.Open();
  running.join();
  queued.join();
  EXPECT_EQ(server.handlers.ran, 2);
}

TEST(Queue, ExpiredCallsAreAnsweredWithoutWork) {
  EchoServer server({.workers = 1});
  Gate gate;
  server.handlers.before = [&](Call&) {
    gate.Pass();
    return absl::OkStatus();
  };
  const obs::CapturedLog log;
  std::thread running([&] { (void)server.As("wang")->Call<echo::Note>("GetNote", Get()); });
  gate.AwaitWaiting(1);
  absl::Duration timeout = absl::Milliseconds(300);
  do {  // on a busy machine a call may expire before it reaches the server
    const auto late = server.As("wang")->Call<echo::Note>("GetNote", Get(), {.timeout = timeout, .call_id = "late"});
    ASSERT_TRUE(absl::IsDeadlineExceeded(late.status())) << late.status();
    timeout *= 2;
  } while (server.QueuedCalls() == 0);
  // The server counts from the call's arrival, which was before now.
  for (const absl::Time expired = absl::Now() + timeout / 2; absl::Now() < expired;) {
    std::this_thread::yield();
  }
  gate.Open();
  running.join();
  ASSERT_TRUE(server.WaitIdle());
  EXPECT_EQ(server.handlers.ran, 1);
  EXPECT_THAT(log.lines(),
              ::testing::Contains(::testing::AllOf(
                  ::testing::HasSubstr("\"call_id\":\"late\""),
                  ::testing::AnyOf(::testing::HasSubstr("DEADLINE_EXCEEDED"), ::testing::HasSubstr("CANCELLED")))));
}

TEST(Queue, HealthAnswersWhileEveryWorkerIsBusy) {
  EchoServer server({.workers = 1});
  Gate gate;
  server.handlers.before = [&](Call&) {
    gate.Pass();
    return absl::OkStatus();
  };
  std::thread running([&] { (void)server.As("wang")->Call<echo::Note>("GetNote", Get()); });
  gate.AwaitWaiting(1);
  EXPECT_EQ(server.Health(""), 1);
  EXPECT_EQ(server.Health("ruraledu.testing.v1.EchoService"), 1);
  gate.Open();  // the probes above were answered before the worker was free
  running.join();
}

TEST(Handler, ACancelledCallIsSeenByItsHandler) {
  EchoServer server;
  absl::Mutex mu;
  bool seen = false;
  server.handlers.before = [&](Call& call) {
    while (!call.cancelled()) {
      std::this_thread::yield();
    }
    absl::MutexLock lock(&mu);
    seen = true;
    return absl::CancelledError();
  };
  EXPECT_FALSE(server.As("wang")->Call<echo::Note>("GetNote", Get(), {.timeout = absl::Milliseconds(200)}).ok());
  ASSERT_TRUE(server.WaitIdle());
  absl::MutexLock lock(&mu);
  EXPECT_TRUE(seen);
}

TEST(Handler, ExceptionsAndInnerErrorsTellNothing) {
  EchoServer server;
  server.handlers.before = [](Call&) -> absl::Status { throw std::runtime_error("secret 1"); };
  absl::Status status = server.As("wang")->Call<echo::Note>("GetNote", Get()).status();
  EXPECT_EQ(ReasonOf(status), "INTERNAL");
  EXPECT_EQ(status.message().find("secret"), std::string::npos);
  server.handlers.before = [](Call&) { return absl::UnknownError("secret 2"); };
  status = server.As("wang")->Call<echo::Note>("GetNote", Get()).status();
  EXPECT_EQ(ReasonOf(status), "INTERNAL");
  EXPECT_EQ(status.message().find("secret"), std::string::npos);
}

TEST(Handler, DetailsOverTheLimitAreReplaced) {
  EchoServer server;
  server.handlers.before = [](Call&) {
    Violations violations;
    for (int i = 0; i < 200; ++i) {
      violations.Require(false, "rows.field_number_" + std::to_string(i));
    }
    return violations.status();
  };
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get()).status()), "DETAILS_TOO_LARGE");
}

TEST(After, WaitsOnlyForWhatThisServiceKnows) {
  EchoServer server({.workers = 1, .waiters = 1});
  const auto client = server.As("wang");
  const auto created = client->Call<echo::Note>("CreateNote", Create());
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(client->Call<echo::Note>("GetNote", Get(created->name())).ok()) << "reached already";
  Positions foreign;
  Position& position = *foreign.add_positions();
  position.set_instance("x");
  position.set_service("nutrition_plan");
  position.set_shard("c411728");
  position.set_seq(100);
  client->AddAfter(foreign);
  EXPECT_TRUE(client->Call<echo::Note>("GetNote", Get(created->name())).ok()) << "a service that is not followed";
}

TEST(After, FeedBehindAtTheDeadlineAndWorkersStayFree) {
  EchoServer server({.workers = 1, .waiters = 1}, {"registry"});
  const auto waiting = server.As("wang");
  Positions positions;
  Position& position = *positions.add_positions();
  position.set_instance("x");
  position.set_service("registry");
  position.set_shard("c411728");
  position.set_seq(5);
  waiting->AddAfter(positions);
  absl::Status behind;
  std::thread thread(
      [&] { behind = waiting->Call<echo::Note>("GetNote", Get(), {.timeout = absl::Seconds(3)}).status(); });
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get()).status()), "NOT_FOUND")
      << "the worker is free";
  thread.join();
  EXPECT_EQ(ReasonOf(behind), "FEED_BEHIND");
}

// Reads a stream on a thread until it ends.
class Watcher {
 public:
  explicit Watcher(std::unique_ptr<Client> client)
      : client_(std::move(client)), thread_([this] {
          echo::WatchNotesRequest request;
          request.set_parent("counties/411728");
          const absl::Status status = client_->Stream<echo::Note>("WatchNotes", request, [this](const echo::Note&) {
            absl::MutexLock lock(&mu_);
            ++seen_;
            return absl::OkStatus();
          });
          absl::MutexLock lock(&mu_);
          status_ = status;
        }) {}
  void AwaitSeen(int count) {
    absl::MutexLock lock(&mu_);
    const auto enough = [this, count] { return seen_ >= count; };
    mu_.Await(absl::Condition(&enough));
  }
  absl::Status Join() {
    thread_.join();
    absl::MutexLock lock(&mu_);
    return status_;
  }

 private:
  absl::Mutex mu_;
  int seen_ = 0;
  absl::Status status_;
  const std::unique_ptr<Client> client_;
  std::thread thread_;
};

TEST(Stream, SendsWhatIsThereAndWhatComes) {
  EchoServer server;
  const auto writer = server.As("wang");
  ASSERT_TRUE(writer->Call<echo::Note>("CreateNote", Create()).ok());
  Watcher watcher(server.As("li"));
  watcher.AwaitSeen(1);
  ASSERT_TRUE(writer->Call<echo::Note>("CreateNote", Create()).ok());
  watcher.AwaitSeen(2);
  server.StopAdmitting();
  EXPECT_EQ(ReasonOf(watcher.Join()), "DRAINING");
}

TEST(Stream, EndsWhenTheGrantGoes) {
  EchoServer server;
  ASSERT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", Create()).ok());
  Watcher watcher(server.As("li"));
  watcher.AwaitSeen(1);
  server.Grant("li", {});
  EXPECT_EQ(ReasonOf(watcher.Join()), "PERMISSION_DENIED");
}

TEST(Stream, EndsWhenTheTokenDoes) {
  EchoServer server;
  ASSERT_TRUE(server.As("wang")->Call<echo::Note>("CreateNote", Create()).ok());
  Watcher watcher(server.As("wang"));
  watcher.AwaitSeen(1);
  server.clock.Advance(absl::Hours(1));
  EXPECT_EQ(ReasonOf(watcher.Join()), "TOKEN_EXPIRED");
}

TEST(Exchange, EachMessageIsACallOfItsOwn) {
  EchoServer server;
  const auto talk = server.Talk(server.Token("wang"));
  const auto first = talk->Say(Create("id-1"));
  const auto second = talk->Say(Create("id-2"));
  const auto again = talk->Say(Create("id-1"));
  ASSERT_TRUE(first && second && again);
  EXPECT_NE(first->name(), second->name());
  EXPECT_EQ(first->name(), again->name()) << "the first answer";
  EXPECT_EQ(server.handlers.applied, 2);
  EXPECT_TRUE(talk->End().ok());
  EXPECT_TRUE(server.WaitIdle());
  EXPECT_THAT(server.metrics.Text(), ::testing::HasSubstr("method=\"StreamNotes\""));
}

TEST(Exchange, WhatWasSaidAheadIsAnsweredInOrder) {
  EchoServer server;
  const auto talk = server.Talk(server.Token("wang"));
  for (int i = 0; i < 50; ++i) talk->Write(Create());
  EXPECT_TRUE(talk->End().ok());
  EXPECT_EQ(server.handlers.applied, 50) << "also of a caller that hung up meanwhile";
}

TEST(Exchange, AnErrorEndsItAndWhatWasAnsweredStands) {
  EchoServer server;
  const auto talk = server.Talk(server.Token("wang"));
  ASSERT_TRUE(talk->Say(Create("id-1")).has_value());
  EXPECT_FALSE(talk->Say(Create("id-1", "other")).has_value());
  EXPECT_EQ(ReasonOf(talk->End(false)), "REQUEST_ID_REUSED");
  EXPECT_EQ(server.handlers.applied, 1);
  const auto foreign = server.Talk(server.Token("zhao"));
  EXPECT_FALSE(foreign->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(foreign->End(false)), "PERMISSION_DENIED");
  const auto nobody = server.Talk("");
  EXPECT_FALSE(nobody->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(nobody->End(false)), "TOKEN_MALFORMED");
  echo::CreateNoteRequest incomplete = Create();
  incomplete.clear_note();
  const auto wrong = server.Talk(server.Token("wang"));
  EXPECT_FALSE(wrong->Say(incomplete).has_value());
  EXPECT_EQ(ReasonOf(wrong->End(false)), "FIELD_REQUIRED");
}

TEST(Exchange, EndsWhenGrantOrTokenDo) {
  EchoServer server;
  const auto talk = server.Talk(server.Token("wang"));
  ASSERT_TRUE(talk->Say(Create()).has_value());
  const auto grants = server.access.Find("registry", "wang")->grants;
  server.Grant("wang", {});
  EXPECT_FALSE(talk->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(talk->End(false)), "PERMISSION_DENIED");
  server.Grant("wang", grants);
  const auto later = server.Talk(server.Token("wang"));
  ASSERT_TRUE(later->Say(Create()).has_value());
  server.clock.Advance(absl::Hours(1));
  EXPECT_FALSE(later->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(later->End(false)), "TOKEN_EXPIRED");
}

TEST(Exchange, ADrainEndsOneThatWaitsAndOneThatWorks) {
  EchoServer server;
  Gate gate;
  const auto waits = server.Talk(server.Token("wang"));
  ASSERT_TRUE(waits->Say(Create()).has_value());
  server.handlers.before = [&](Call&) {
    gate.Pass();
    return absl::OkStatus();
  };
  const auto works = server.Talk(server.Token("wang"));
  works->Write(Create());
  gate.AwaitWaiting(1);
  server.StopAdmitting();
  EXPECT_EQ(ReasonOf(waits->End(false)), "DRAINING");
  gate.Open();
  EXPECT_EQ(ReasonOf(works->End(false)), "DRAINING");
  EXPECT_EQ(server.handlers.applied, 2) << "what was under way is stored";
  EXPECT_TRUE(server.WaitIdle());
  const auto late = server.Talk(server.Token("wang"));
  EXPECT_FALSE(late->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(late->End(false)), "DRAINING");
}

TEST(Exchange, ACallerThatGoesLeavesNothingBehind) {
  EchoServer server;
  {
    const auto talk = server.Talk(server.Token("wang"));
    ASSERT_TRUE(talk->Say(Create()).has_value());
    talk->Cancel();
    EXPECT_FALSE(talk->End(false).ok());
  }
  Gate gate;
  server.handlers.before = [&](Call& call) {
    gate.Pass();
    while (!call.cancelled()) {
      std::this_thread::yield();
    }
    return absl::OkStatus();
  };
  const auto busy = server.Talk(server.Token("wang"));
  busy->Write(Create());
  gate.AwaitWaiting(1);
  busy->Cancel();
  gate.Open();
  EXPECT_FALSE(busy->End(false).ok());
  EXPECT_TRUE(server.WaitIdle());
}

TEST(Exchange, TooManyAreRefused) {
  EchoServer server({.workers = 2, .streams = 1});
  const auto first = server.Talk(server.Token("wang"));
  ASSERT_TRUE(first->Say(Create()).has_value());
  const auto second = server.Talk(server.Token("wang"));
  EXPECT_FALSE(second->Say(Create()).has_value());
  EXPECT_EQ(ReasonOf(second->End(false)), "OVERLOADED");
  EXPECT_TRUE(first->End().ok());
}

TEST(Stream, ForeignCallersGetNothing) {
  EchoServer server;
  EXPECT_EQ(ReasonOf(Watcher(server.As("zhao")).Join()), "PERMISSION_DENIED");
}

TEST(Drain, LosesNoAcknowledgedWriteAndRefusesNewCalls) {
  EchoServer server({.workers = 4});
  std::atomic<int> acknowledged = 0, refused = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      const auto client = server.As("wang");
      while (true) {
        const absl::Status status = client->Call<echo::Note>("CreateNote", Create()).status();
        if (!status.ok()) {
          EXPECT_THAT(ReasonOf(status), ::testing::AnyOf("DRAINING", "PEER_UNAVAILABLE"));
          ++refused;
          return;
        }
        ++acknowledged;
      }
    });
  }
  while (acknowledged < 20) {
    std::this_thread::yield();
  }
  server.Drain();
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(refused, 4);
  const auto rows =
      server.database().Read([](db::Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM note"); });
  EXPECT_EQ((*rows)->Int(0), acknowledged);
}

TEST(Drain, CallsInFlightEndFirst) {
  EchoServer server;
  Gate gate;
  server.handlers.before = [&](Call&) {
    gate.Pass();
    return absl::OkStatus();
  };
  absl::Status answer;
  std::thread writer([&] { answer = server.As("wang")->Call<echo::Note>("CreateNote", Create()).status(); });
  gate.AwaitWaiting(1);
  server.StopAdmitting();
  EXPECT_EQ(ReasonOf(server.As("wang")->Call<echo::Note>("GetNote", Get()).status()), "DRAINING");
  std::thread drain([&] { server.Drain(); });
  gate.Open();
  writer.join();
  drain.join();
  EXPECT_TRUE(answer.ok()) << answer;
}

TEST(Server, APortInUseIsRefused) {
  EchoServer server;
  EXPECT_EQ(ReasonOf(server.StartSecond()), "SERVER_ADDRESS");
}

}  // namespace
}  // namespace ruraledu::rpc
