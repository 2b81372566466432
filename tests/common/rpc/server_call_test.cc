// The checks of a call without gRPC, and the mapping of errors at the edge.
#include "common/rpc/server_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/access_table.h"
#include "common/rpc/fake_client.h"
#include "common/rpc/status.h"
#include "ruraledu/testing/v1/echo.pb.h"

namespace ruraledu::rpc {
namespace {

namespace echo = ruraledu::testing::v1;

class ServerCallTest : public ::testing::Test {
 protected:
  ServerCallTest() {
    auto made = Engine::Create({.service = "echo",
                                .contracts = {"ruraledu.testing.v1.EchoService"},
                                .roles = &roles_,
                                .access = &access_,
                                .metrics = &metrics_,
                                .limits = {.workers = 1, .waiters = 1}});
    EXPECT_TRUE(made.ok()) << made.status();
    engine_ = *std::move(made);
  }

  RoleBook roles_ =
      *RoleBook::Parse("role,permission,label_zh,source\nJOB,testing.*,,\nSERVICE_STUDENT_AID,testing.echo,,\n");
  MemoryAccess access_;
  obs::Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(ServerCallTest, AMissingDeadlineIsTheMethodsOwnAndALongerOneIsCut) {
  const Incoming incoming{.certificate_uri = "ruraledu://service/student_aid"};
  const absl::Time before = Clock::System().Now();
  ServerCall without(*engine_, engine_->methods().Find("Echo"));
  ASSERT_TRUE(without.Admit(incoming).ok());
  EXPECT_GE(without.deadline(), before + absl::Seconds(10));
  EXPECT_LE(without.deadline(), Clock::System().Now() + absl::Seconds(10));
  Incoming longer = incoming;
  longer.deadline = before + absl::Hours(1);
  ServerCall cut(*engine_, engine_->methods().Find("Echo"));
  ASSERT_TRUE(cut.Admit(longer).ok());
  EXPECT_LE(cut.deadline(), Clock::System().Now() + absl::Seconds(60));
}

TEST_F(ServerCallTest, JobsRunInTheAreaOfTheirStarter) {
  echo::GetNoteRequest request;
  request.set_name("counties/411728/notes/1");
  const auto handler = [](Call& call, const echo::GetNoteRequest& asked) -> absl::StatusOr<std::string> {
    return call.caller().subject;
  };
  EXPECT_EQ(*RunLocally(*engine_, "GetNote", MakeJobCaller("7", "411728"), request, handler), "job:7");
  EXPECT_EQ(ReasonOf(RunLocally(*engine_, "GetNote", MakeJobCaller("7", "500243"), request, handler).status()),
            "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(RunLocally(*engine_, "GetNote", MakeJobCaller("7", "411728103"), request, handler).status()),
            "PERMISSION_DENIED")
      << "nobody settled it";
}

TEST_F(ServerCallTest, RangesAreTheCallersPartOfWhatIsNamed) {
  echo::WatchNotesRequest request;
  request.set_parent("counties/411728");
  const auto handler = [](Call& call, const echo::WatchNotesRequest&) -> absl::StatusOr<std::vector<AreaRange>> {
    return call.Ranges();
  };
  const auto ranges = RunLocally(*engine_, "WatchNotes", MakeJobCaller("7", "411728103"), request, handler);
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  EXPECT_THAT(*ranges, ::testing::ElementsAre(RangeOf("411728103")));
  EXPECT_THAT(*RunLocally(*engine_, "WatchNotes", MakeJobCaller("7", "41"), request, handler),
              ::testing::ElementsAre(RangeOf("411728")));
}

TEST(Status, ThereAndBackKeepsCodeTextAndDetails) {
  Violations violations;
  violations.Require(false, "name");
  const absl::Status status = violations.status();
  EXPECT_EQ(FromGrpc(ToGrpc(ForCaller(status)), "peer"), status);
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus()), "peer").ok());
}

TEST(Status, InnerErrorsDoNotLeave) {
  EXPECT_EQ(ReasonOf(ForCaller(absl::InternalError("select * from person"))), "INTERNAL");
  EXPECT_EQ(ReasonOf(ForCaller(absl::NotFoundError("row 7"))), "INTERNAL");
  EXPECT_EQ(ReasonOf(ForCaller(absl::CancelledError("x"))), "CANCELLED");
  EXPECT_EQ(ReasonOf(ForCaller(absl::DeadlineExceededError("x"))), "DEADLINE_EXCEEDED");
}

TEST(Status, ErrorsOfTheTransport) {
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x"), "peer")), "PEER_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::CANCELLED, "x"), "peer")), "PEER_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "x"), "peer")), "DEADLINE_EXCEEDED");
}

TEST(FakeClient, AnswersWhatItWasTold) {
  FakeClient client;
  client.On<echo::GetNoteRequest, echo::Note>("GetNote",
                                              [](const echo::GetNoteRequest& request) -> absl::StatusOr<echo::Note> {
                                                echo::Note note;
                                                note.set_name(request.name());
                                                return note;
                                              });
  echo::GetNoteRequest request;
  request.set_name("n");
  EXPECT_EQ(client.Call<echo::Note>("GetNote", request)->name(), "n");
  EXPECT_EQ(ReasonOf(client.Call<echo::Note>("Other", request).status()), "PEER_UNAVAILABLE");
}

TEST(RenewingToken, FetchesAgainAMinuteBeforeTheEnd) {
  FakeClock clock(absl::FromUnixSeconds(1'788'220'800));
  int fetched = 0;
  const TokenSource source = RenewingToken(
      [&]() -> absl::StatusOr<FetchedToken> {
        return FetchedToken{"t" + std::to_string(++fetched), clock.Now() + absl::Minutes(10)};
      },
      clock);
  EXPECT_EQ(*source(), "t1");
  clock.Advance(absl::Minutes(8));
  EXPECT_EQ(*source(), "t1");
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(*source(), "t2");
}

}  // namespace
}  // namespace ruraledu::rpc
