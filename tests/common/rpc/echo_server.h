// A real server of the test contract (ruraledu.testing.v1.EchoService) on port zero with TLS, SQLite, tokens and
// grants. No gRPC in here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/crypto/keys.h"
#include "common/crypto/pki.h"
#include "common/crypto/token.h"
#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/rpc/access_table.h"
#include "common/rpc/call.h"
#include "common/rpc/client.h"
#include "common/rpc/config.h"
#include "common/rpc/stream.h"
#include "ruraledu/testing/v1/echo.pb.h"

namespace ruraledu::rpc {

namespace echo = ruraledu::testing::v1;

// The handlers of the test contract, with holes to look and to interfere.
struct EchoHandlers {
  db::Database* database = nullptr;
  crypto::KeyRing* keys = nullptr;
  std::function<absl::Status(Call&)> before;     // at the start of every handler but Echo; unset: nothing
  std::function<std::optional<Bytes>()> cached;  // what GetBoard finds in its cache
  bool check_area = true;                        // whether handlers settle, as they must
  bool notes_end = false;                        // WatchNotes ends after the notes that there are
  std::atomic<int> ran = 0;                      // handlers begun
  std::atomic<int> applied = 0;                  // writes applied

  absl::StatusOr<echo::Note> GetNote(Call& call, const echo::GetNoteRequest& request);
  absl::StatusOr<echo::Note> CreateNote(Call& call, const echo::CreateNoteRequest& request);
  absl::StatusOr<echo::BatchGetNotesResponse> BatchGetNotes(Call& call, const echo::BatchGetNotesRequest& request);
  absl::StatusOr<echo::Note> UnmaskNote(Call& call, const echo::GetNoteRequest& request);
  absl::StatusOr<echo::EchoResponse> Echo(Call& call, const echo::EchoRequest& request);
  absl::StatusOr<echo::WhoAmIResponse> WhoAmI(Call& call, const echo::WhoAmIRequest& request);
  std::optional<Bytes> CachedGetBoard(Call& call, const echo::GetBoardRequest& request);
  absl::StatusOr<Bytes> GetBoard(Call& call, const echo::GetBoardRequest& request);
  absl::StatusOr<std::unique_ptr<StreamSource<echo::Note>>> WatchNotes(Call& call,
                                                                       const echo::WatchNotesRequest& request);
};

// A call of StreamNotes under way.
class Conversation {
 public:
  virtual ~Conversation() = default;
  // The note, or nullopt: the stream has ended.
  virtual std::optional<echo::Note> Say(const echo::CreateNoteRequest& request) = 0;
  virtual void Write(const echo::CreateNoteRequest& request) = 0;  // without waiting for the answer
  virtual void Cancel() = 0;
  // After `hang_up` nothing more is said. How the stream ended.
  virtual absl::Status End(bool hang_up = true) = 0;
};

class EchoServer {
 public:
  explicit EchoServer(Limits limits = {.workers = 2}, std::vector<std::string> follows = {});
  ~EchoServer();

  // Accounts: "wang" officer of county 411728, "zhao" officer of 500243, "li" officer of township 411728103, "xu" may
  // unmask in 411728 for CASE_WORK, "nobody" without grants.
  std::string Token(std::string_view subject, std::string_view session = "s1") const;
  // A client with that token ("" = none) and, when named, the client certificate "gateway", "student_aid" or "person".
  std::unique_ptr<Client> Connect(std::string token, std::string_view certificate = "", int max_tries = 1);
  std::string Fingerprint(std::string_view certificate) const;
  std::unique_ptr<Conversation> Talk(const std::string& token);
  std::unique_ptr<Client> As(std::string_view subject) { return Connect(Token(subject)); }
  void Grant(std::string_view subject, std::vector<GrantRow> grants, bool active = true, int64_t revoked_before_s = 0);

  // grpc.health.v1: 1 serving, 2 not, -1 no answer.
  int Health(const std::string& service);
  absl::Status StartSecond();  // another server on the same port
  void Drain();
  void StopAdmitting();
  bool WaitIdle();  // all calls answered and gone
  int QueuedCalls();
  int port() const;

  FakeClock clock;
  obs::Metrics metrics;
  MemoryAccess access;
  EchoHandlers handlers;
  db::Database& database();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A gate that handlers wait at: opens for good.
class Gate {
 public:
  void Open() {
    absl::MutexLock lock(&mu_);
    open_ = true;
  }
  void Pass() {
    absl::MutexLock lock(&mu_);
    ++waiting_;
    mu_.Await(absl::Condition(&open_));
  }
  void AwaitWaiting(int count) {
    absl::MutexLock lock(&mu_);
    const auto enough = [this, count] { return waiting_ >= count; };
    mu_.Await(absl::Condition(&enough));
  }

 private:
  absl::Mutex mu_;
  bool open_ = false;
  int waiting_ = 0;
};

}  // namespace ruraledu::rpc
