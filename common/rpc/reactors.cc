#include "common/rpc/reactors.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/codegen/proto_buffer_reader.h>

#include <algorithm>

#include "common/obs/log.h"
#include "common/rpc/status.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"

namespace ruraledu::rpc {
namespace {

constexpr absl::Duration kLongestSilence = absl::Minutes(10);  // of a caller in a stream of requests
constexpr size_t kPositionsLimit = 4096;                       // metadata of about 8 KiB in all

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

std::string_view Header(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end() ? std::string_view() : View(found->second);
}

std::string_view First(const grpc::AuthContext& auth, const char* property) {
  const auto values = auth.FindPropertyValues(property);
  return values.empty() ? std::string_view() : View(values.front());
}

absl::Status Overloaded(absl::Duration hint) {
  absl::Status status = Fail("OVERLOADED");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(hint)));
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord(retry.SerializeAsString()));
  return status;
}

// Runs `work`; an exception of a library ends as INTERNAL, not as gRPC's UNIMPLEMENTED.
template <typename Work>
auto Guard(const ServerCall& call, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    obs::Log(obs::Level::kError, "handler_exception", {{"method", call.method().name}, {"call_id", call.call_id()}});
    return Fail("INTERNAL");
  }
}

// An error that nobody may see is at least named in the log.
void LogInner(const ServerCall& call, const absl::Status& status) {
  if (absl::IsInternal(status) || absl::IsUnknown(status) || (!status.ok() && ReasonOf(status).empty())) {
    obs::LogStatus(obs::Level::kError, "rpc_internal", status,
                   {{"method", call.method().name}, {"call_id", call.call_id()}});
  }
}

absl::Duration Since(absl::Time time) {
  return Clock::System().Now() - time;
}

// Parses the request, which is not before it is known that the caller may call; checks it, answers it.
absl::Status AnswerBytes(const UnaryMethod& method, ServerCall& call, const grpc::ByteBuffer& bytes,
                         grpc::ByteBuffer* response) {
  const std::unique_ptr<google::protobuf::Message> request = method.NewRequest();
  if (!ParseBytes(bytes, request.get())) {
    return Fail("REQUEST_MALFORMED");
  }
  RETURN_IF_ERROR(call.Check(*request));
  const std::unique_ptr<google::protobuf::Message> answer = method.NewResponse();
  RETURN_IF_ERROR(method.Answer(call, *request, answer.get()));
  grpc::Slice slice(answer->ByteSizeLong());
  answer->SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  *response = grpc::ByteBuffer(&slice, 1);
  return absl::OkStatus();
}

}  // namespace

absl::Status AdmitFrom(grpc::CallbackServerContext& context, ServerCall& call) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  Incoming incoming{.authorization = Header(context, "authorization"),
                    .purpose = Header(context, "ruraledu-purpose"),
                    .after = Header(context, "ruraledu-after-bin"),
                    .traceparent = Header(context, "traceparent"),
                    .call_id = Header(context, "ruraledu-call-id")};
  if (auth != nullptr) {
    incoming.certificate_uri = First(*auth, GRPC_PEER_URI_PROPERTY_NAME);
    incoming.certificate_cn = First(*auth, GRPC_X509_CN_PROPERTY_NAME);
    incoming.certificate_pem = First(*auth, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  }
  if (context.deadline() < std::chrono::system_clock::time_point::max()) {
    incoming.deadline = absl::FromChrono(context.deadline());
  }
  return call.Admit(incoming);
}

void AddTrailers(grpc::CallbackServerContext& context, const ServerCall& call) {
  context.AddTrailingMetadata("ruraledu-call-id", call.call_id());
  if (call.replayed()) {
    context.AddTrailingMetadata("ruraledu-replayed", "true");
  }
  if (call.positions().positions_size() > 0) {
    std::string bytes = call.positions().SerializeAsString();
    if (bytes.size() <= kPositionsLimit) {
      context.AddTrailingMetadata("ruraledu-positions-bin", std::move(bytes));
    }
  }
}

bool ParseBytes(const grpc::ByteBuffer& buffer, google::protobuf::Message* message) {
  grpc::ByteBuffer copy(buffer);  // shares the bytes
  grpc::ProtoBufferReader reader(&copy);
  return reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
}

void ShareBytes(const Bytes& bytes, grpc::ByteBuffer* buffer) {
  auto* keep = new Bytes(bytes);
  grpc::Slice slice(
      const_cast<char*>((*keep)->data()), (*keep)->size(), [](void* kept) { delete static_cast<Bytes*>(kept); }, keep);
  *buffer = grpc::ByteBuffer(&slice, 1);
}

absl::Status MessageUnary::Handle() {
  return AnswerBytes(method_, call_, *request_, response_);
}

void UnaryReactor::Begin() {
  entered_ = engine_.Enter(/*stream=*/false);
  absl::Status status = AdmitFrom(*context_, call_);
  if (!entered_) {
    call_.metrics().CountShed(obs::Shed::kDraining);
    return Answer(Fail("DRAINING"));
  }
  if (!status.ok()) {
    return Answer(std::move(status));
  }
  if (std::optional<absl::Status> quick = Guard(call_, [&] { return Quick(); }); quick.has_value()) {
    return Answer(call_.Conclude(*std::move(quick)));
  }
  queued_at_ = Clock::System().Now();
  if (!engine_.workers().Submit(this)) {
    call_.metrics().CountShed(obs::Shed::kQueueFull);
    return Answer(Overloaded(engine_.parts().limits.retry_hint));
  }
}

void UnaryReactor::Run() {
  if (stage_ == Stage::kWaiting) {
    // Leaves time to say FEED_BEHIND before the caller's own deadline fires.
    const absl::Duration left = call_.deadline() - Clock::System().Now();
    const absl::Duration spare = std::min(left / 5, absl::Milliseconds(500));
    absl::Status waited = engine_.parts().wait_for(*call_.after(), call_.deadline() - spare);
    if (waited.ok()) {
      // What was waited for may have been a revocation.
      waited = engine_.parts().access->Refresh();
      waited.Update(call_.CheckAgain());
    }
    if (!waited.ok()) {
      return Answer(std::move(waited));
    }
    stage_ = Stage::kWaited;
    engine_.workers().Submit(this, /*always=*/true);
    return;
  }
  if (stage_ == Stage::kQueued) {
    queued_ = Since(queued_at_);
    call_.metrics().QueueWait(absl::ToDoubleSeconds(queued_));
  }
  if (call_.cancelled()) {
    call_.metrics().CountShed(obs::Shed::kCancelled);
    return Answer(Fail("CANCELLED"));
  }
  if (Clock::System().Now() >= call_.deadline()) {
    call_.metrics().CountShed(obs::Shed::kExpired);
    return Answer(Fail("DEADLINE_EXCEEDED"));
  }
  if (stage_ == Stage::kQueued && call_.after().has_value() && MustWait()) {
    stage_ = Stage::kWaiting;
    if (!engine_.waiters().Submit(this)) {
      Answer(Overloaded(engine_.parts().limits.retry_hint));
    }
    return;
  }
  Answer(Work());
}

bool UnaryReactor::MustWait() {
  const EngineParts& parts = engine_.parts();
  if (!parts.wait_for) {
    return false;
  }
  const absl::StatusOr<bool> reached = parts.reached ? parts.reached(*call_.after()) : false;
  return !reached.ok() || !*reached;  // an error shows itself in the wait
}

absl::Status UnaryReactor::Work() {
  return call_.Conclude(Guard(call_, [&] { return Handle(); }));
}

void UnaryReactor::Answer(absl::Status status) {
  LogInner(call_, status);
  status = ForCaller(status);
  AddTrailers(*context_, call_);
  call_.Record(status, queued_);
  Finish(ToGrpc(status));
}

void UnaryReactor::OnDone() {
  Engine& engine = engine_;
  const bool entered = entered_;
  delete this;
  if (entered) {
    engine.Leave(/*stream=*/false);
  }
}

void ExchangeReactor::Begin() {
  entered_ = engine_.Enter(/*stream=*/true);
  const absl::Status status = AdmitFrom(*context_, *call_);
  if (!entered_) {
    call_->metrics().CountShed(obs::Shed::kDraining);
    return End(Fail("DRAINING"));
  }
  if (!status.ok()) {
    return End(status);
  }
  if (!engine_.stream_room()) {
    call_->metrics().CountShed(obs::Shed::kQueueFull);
    return End(Overloaded(engine_.parts().limits.retry_hint));
  }
  engine_.Join(this);
  Read();
}

void ExchangeReactor::Read() {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kReading;
    waits_until_ = Clock::System().Now() + kLongestSilence;
  }
  StartRead(&request_);
  Wake();  // the one for a drain may have come before
}

void ExchangeReactor::OnReadDone(bool ok) {
  {
    absl::MutexLock lock(&mu_);
    if (state_ != State::kReading) {
      return;  // it ends already
    }
    state_ = State::kWorking;
  }
  if (!ok) {
    return Close(grpc::Status::OK);  // the caller has said everything
  }
  queued_at_ = Clock::System().Now();
  engine_.workers().Submit(this, /*always=*/true);
}

absl::Status ExchangeReactor::Step() {
  {
    absl::MutexLock lock(&mu_);
    if (state_ == State::kEnding && !engine_.draining()) {
      return Fail("DEADLINE_EXCEEDED");
    }
  }
  if (engine_.draining()) {
    return Fail("DRAINING");
  }
  auto call = std::make_unique<ServerCall>(engine_, index_);
  const absl::Status admitted = AdmitFrom(*context_, *call);
  {
    absl::MutexLock lock(&mu_);
    call_ = std::move(call);
    if (cancelled_) {
      return Fail("CANCELLED");
    }
  }
  RETURN_IF_ERROR(admitted);
  queued_ = Since(queued_at_);
  call_->metrics().QueueWait(absl::ToDoubleSeconds(queued_));
  if (Clock::System().Now() >= call_->deadline()) {
    return Fail("DEADLINE_EXCEEDED");
  }
  return call_->Conclude(Guard(*call_, [&] { return AnswerBytes(method_, *call_, request_, &response_); }));
}

void ExchangeReactor::Run() {
  absl::Status status = Step();
  if (!status.ok()) {
    return End(std::move(status));
  }
  call_->Record(status, queued_);
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kWriting;
  }
  StartWrite(&response_);
}

void ExchangeReactor::OnWriteDone(bool ok) {
  if (!ok) {
    return Close(grpc::Status(grpc::StatusCode::CANCELLED, ""));
  }
  request_.Clear();
  Read();
}

void ExchangeReactor::OnCancel() {
  absl::MutexLock lock(&mu_);
  cancelled_ = true;
  call_->Cancel();
}

void ExchangeReactor::Wake() {
  absl::MutexLock lock(&mu_);
  if (state_ == State::kReading && (engine_.draining() || Clock::System().Now() >= waits_until_)) {
    state_ = State::kEnding;
    engine_.workers().Submit(this, /*always=*/true);
  }
}

absl::Time ExchangeReactor::next_beat() const {
  absl::MutexLock lock(&mu_);
  return state_ == State::kReading ? waits_until_ : absl::InfiniteFuture();
}

void ExchangeReactor::End(absl::Status status) {
  LogInner(*call_, status);
  status = ForCaller(status);
  call_->Record(status, absl::ZeroDuration());
  Close(ToGrpc(status));
}

void ExchangeReactor::Close(const grpc::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kEnded;
  }
  AddTrailers(*context_, *call_);
  Finish(status);
}

void ExchangeReactor::OnDone() {
  Engine& engine = engine_;
  const bool entered = entered_;
  engine.Part(this);
  delete this;
  if (entered) {
    engine.Leave(/*stream=*/true);
  }
}

void StreamCore::Begin() {
  entered_ = engine_.Enter(/*stream=*/true);
  absl::Status status = AdmitFrom(*context_, call_);
  if (!entered_) {
    call_.metrics().CountShed(obs::Shed::kDraining);
    return Finish(Fail("DRAINING"));
  }
  if (!status.ok()) {
    return Finish(std::move(status));
  }
  if (!engine_.stream_room() || !engine_.workers().Submit(this)) {
    call_.metrics().CountShed(obs::Shed::kQueueFull);
    return Finish(Overloaded(engine_.parts().limits.retry_hint));
  }
}

absl::StatusOr<bool> StreamCore::Step() {
  if (call_.cancelled()) {
    return Fail("CANCELLED");
  }
  if (Clock::System().Now() >= call_.deadline()) {
    return Fail("DEADLINE_EXCEEDED");
  }
  if (engine_.draining()) {
    return Fail("DRAINING");
  }
  if (!opened_) {
    RETURN_IF_ERROR(Guard(call_, [&] { return Open(); }));
    opened_ = true;
    engine_.Join(this);
    absl::MutexLock lock(&mu_);
    ready_ = true;
  } else {
    RETURN_IF_ERROR(call_.CheckAgain());
  }
  ASSIGN_OR_RETURN(const bool ready, Guard(call_, [&] { return Produce(); }));
  // A source that yields rows of an unsettled call has not looked at its areas.
  RETURN_IF_ERROR(ready ? call_.Settled() : absl::OkStatus());
  return ready;
}

void StreamCore::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      woken_ = false;
    }
    absl::StatusOr<bool> ready = Step();
    if (!ready.ok() || ended_) {
      return Finish(ready.status());
    }
    if (*ready) {
      {
        absl::MutexLock lock(&mu_);
        state_ = State::kWriting;
      }
      return Write();
    }
    absl::MutexLock lock(&mu_);
    if (!woken_) {
      state_ = State::kAsleep;
      next_beat_ = std::min(Clock::System().Now() + heartbeat_, call_.deadline());
      return;
    }
  }
}

void StreamCore::Wake() {
  absl::MutexLock lock(&mu_);
  woken_ = true;
  if (state_ == State::kAsleep) {
    state_ = State::kRunning;
    engine_.workers().Submit(this, /*always=*/true);
  }
}

bool StreamCore::Follows(std::string_view shard) const {
  absl::MutexLock lock(&mu_);
  return ready_ && std::find(shards_.begin(), shards_.end(), shard) != shards_.end();
}

absl::Time StreamCore::next_beat() const {
  absl::MutexLock lock(&mu_);
  return state_ == State::kAsleep ? next_beat_ : absl::InfiniteFuture();
}

void StreamCore::Written(bool ok) {
  if (!ok) {
    call_.Cancel();
  }
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kRunning;
  }
  engine_.workers().Submit(this, /*always=*/true);
}

void StreamCore::Cancelled() {
  call_.Cancel();
  Wake();
}

void StreamCore::Finish(absl::Status status) {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kEnded;
  }
  LogInner(call_, status);
  status = ForCaller(status);
  AddTrailers(*context_, call_);
  call_.Record(status, absl::ZeroDuration());
  End(ToGrpc(status));
}

bool StreamCore::Done() {
  engine_.Part(this);
  return entered_;
}

}  // namespace ruraledu::rpc
