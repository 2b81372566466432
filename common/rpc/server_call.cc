#include "common/rpc/server_call.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/pki.h"
#include "common/obs/log.h"
#include "common/obs/trace.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace ruraledu::rpc {
namespace {

namespace v1 = ruraledu::common::v1;

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kServiceUri = "ruraledu://service/";
constexpr size_t kMaxCallId = 64;
constexpr size_t kMaxPurpose = 64;

bool IsWord(std::string_view text, size_t limit) {
  return !text.empty() && text.size() <= limit && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

// "counties/411728/students/1" or "accounts/411728-1", as against "counties/411728": what is made below a place that
// the caller shares says nothing about anybody else's.
bool NamesResource(std::string_view name) {
  return absl::c_count(name, '/') >= 2 || absl::StartsWith(name, "accounts/");
}

// The same bytes for the same content, whatever the order of maps.
std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

ServerCall::ServerCall(Engine& engine, int method)
    : engine_(engine),
      entry_(engine.methods()[method]),
      metrics_(engine.metrics(method)),
      begun_(Clock::System().Now()),
      deadline_(begun_ + entry_.timeout) {}

absl::Status ServerCall::Admit(const Incoming& incoming) {
  call_id_ = IsWord(incoming.call_id, kMaxCallId) ? std::string(incoming.call_id) : NewId();
  const auto parent = obs::ParseTraceparent(incoming.traceparent);
  const obs::TraceContext trace = parent.has_value() ? obs::ChildOf(*parent) : obs::NewTrace();
  trace_id_ = trace.trace_id;
  forwarded_.traceparent = obs::FormatTraceparent(trace);
  // The deadline is real time whatever the clock of the rules says: gRPC counts in it.
  if (incoming.deadline != absl::InfiniteFuture()) {
    deadline_ = std::min(incoming.deadline, begun_ + entry_.max_timeout);
  }
  if (!incoming.purpose.empty() && !IsWord(incoming.purpose, kMaxPurpose)) {
    return Fail("METADATA_INVALID", {{"key", "ruraledu-purpose"}});
  }
  purpose_ = incoming.purpose;
  RETURN_IF_ERROR(ReadAfter(incoming.after));
  RETURN_IF_ERROR(Identify(incoming));
  return CheckPermission();
}

absl::Status ServerCall::ReadAfter(std::string_view bytes) {
  v1::Positions asked;
  if (!asked.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail("METADATA_INVALID", {{"key", "ruraledu-after-bin"}});
  }
  const EngineParts& parts = engine_.parts();
  for (v1::Position& position : *asked.mutable_positions()) {
    const bool known = position.service() == parts.service || absl::c_linear_search(parts.follows, position.service());
    if (known) {
      if (!after_.has_value()) {
        after_.emplace();
      }
      *after_->add_positions() = std::move(position);
    }
  }
  return absl::OkStatus();
}

absl::Status ServerCall::AdmitCaller(Caller caller, std::string purpose, absl::Time deadline) {
  call_id_ = NewId();
  caller_ = std::move(caller);
  purpose_ = std::move(purpose);
  deadline_ = std::min(deadline, begun_ + entry_.max_timeout);
  return CheckPermission();
}

absl::Status ServerCall::Identify(const Incoming& incoming) {
  caller_.certificate = incoming.certificate_uri.empty() ? incoming.certificate_cn : incoming.certificate_uri;
  const bool service = absl::StartsWith(incoming.certificate_uri, kServiceUri);
  const std::string_view name = service ? incoming.certificate_uri.substr(kServiceUri.size()) : std::string_view();
  if (service) {
    service_role_ = ServiceRole(name);
  }
  if (!incoming.authorization.empty()) {
    if (!absl::StartsWithIgnoreCase(incoming.authorization, kBearer)) {
      return Fail("TOKEN_REQUIRED");
    }
    return IdentifyByToken(incoming.authorization.substr(kBearer.size()));
  }
  if (service) {
    caller_ = MakeServiceCaller(name, incoming.certificate_uri);
    return absl::OkStatus();
  }
  if (!incoming.certificate_pem.empty() && entry_.method.access.scope() == v1::SCOPE_KIND_SUBJECT) {
    return IdentifyByCertificate(incoming.certificate_pem);
  }
  return Fail("TOKEN_REQUIRED");
}

absl::Status ServerCall::IdentifyByToken(std::string_view token) {
  absl::StatusOr<crypto::Claims> claims = engine_.parts().tokens->Verify(token, clock().Now());
  if (!claims.ok()) {
    engine_.runtime_metrics().token_refused.Inc();
    return claims.status();
  }
  if (forwarded_.token.empty()) {
    forwarded_.token = token;
  }
  caller_.access = engine_.parts().access->Find(claims->issuer, claims->subject);
  if (caller_.access != nullptr) {
    const AccountAccess& access = *caller_.access;
    const bool dead = absl::ToUnixSeconds(claims->issued_at) < access.revoked_before_s ||
                      (!claims->session.empty() && access.revoked_sessions.contains(claims->session));
    if (!access.active || dead) {
      engine_.runtime_metrics().token_refused.Inc();
      return Fail("TOKEN_REVOKED");
    }
  }
  engine_.runtime_metrics().token_accepted.Inc();
  caller_.subject = std::move(claims->subject);
  caller_.issuer = std::move(claims->issuer);
  caller_.session = std::move(claims->session);
  return absl::OkStatus();
}

// Only to get a token: everything else wants one, which lives shorter and can be revoked.
absl::Status ServerCall::IdentifyByCertificate(std::string_view pem) {
  absl::StatusOr<std::string> fingerprint = crypto::CertificateFingerprint(pem);
  if (!fingerprint.ok()) {
    return Fail("TOKEN_REQUIRED");
  }
  caller_.issuer = "certificate";
  caller_.subject = *std::move(fingerprint);
  caller_.access = engine_.parts().access->Find(caller_.issuer, caller_.subject);
  return caller_.access != nullptr && !caller_.access->active ? Fail("TOKEN_REVOKED") : absl::OkStatus();
}

Scope ServerCall::AreasFor(std::string_view permission, std::string_view purpose) const {
  const RoleBook& roles = *engine_.parts().roles;
  // A service that calls for a person must be allowed itself, too.
  if (!service_role_.empty() && !roles.Allows(service_role_, permission)) {
    return Scope();
  }
  const bool stated = caller_.is_service || caller_.issuer == "job";
  return caller_.AreasFor(roles, permission, stated ? "" : purpose, clock().Today(), engine_.parts().areas);
}

absl::Status ServerCall::CheckPermission() {
  const v1::Access& access = entry_.method.access;
  if (caller_.access == nullptr) {
    return Fail("PERMISSION_DENIED");
  }
  if (access.permission().empty()) {
    return absl::OkStatus();
  }
  std::string_view needed;
  if (access.purposes_size() > 0) {
    const bool known =
        std::find(access.purposes().begin(), access.purposes().end(), purpose_) != access.purposes().end();
    if (!known) {
      return Fail("PURPOSE_REQUIRED", {{"purposes", absl::StrJoin(access.purposes(), ", ")}});
    }
    needed = purpose_;
  }
  scope_ = AreasFor(access.permission(), needed);
  return scope_.empty() ? Fail("PERMISSION_DENIED") : absl::OkStatus();
}

absl::Status ServerCall::Check(const google::protobuf::Message& request) {
  request_ = &request;
  checked_ = true;
  if (!entry_.scope.empty()) {
    RETURN_IF_ERROR(CheckScope(request));
  }
  return CheckFields(request);
}

absl::Status ServerCall::CheckScope(const google::protobuf::Message& request) {
  const std::string& field = entry_.method.access.scope_field();
  for (const std::string& text : TextsAt(request, entry_.scope)) {
    if (text.empty()) {
      RETURN_IF_ERROR(CheckFields(request));
      Violations violations;
      violations.Require(false, field);
      return violations.status();
    }
    ASSIGN_OR_RETURN(NamedArea area, AreaOfName(text, field));
    const bool covered = area.prefix.empty() ? scope_ == Scope::All() : scope_.Covers(area.prefix);
    if (!covered && (area.whole || (!area.prefix.empty() && !scope_.Intersects(area.prefix)))) {
      return Fail("PERMISSION_DENIED");
    }
    if (!covered) {
      unsettled_.push_back(text);
    }
    named_.push_back(std::move(area));
  }
  return absl::OkStatus();
}

absl::Status ServerCall::CheckAgain() {
  if (!forwarded_.token.empty()) {
    RETURN_IF_ERROR(IdentifyByToken(forwarded_.token));
  }
  const Scope before = scope_;
  RETURN_IF_ERROR(CheckPermission());
  return before.Intersection(scope_) == before ? absl::OkStatus() : Fail("PERMISSION_DENIED");
}

absl::Status ServerCall::CheckArea(std::string_view area, std::string_view name) {
  // "" is no place: of a person as a whole, which only a caller for the whole country covers.
  if (area.empty() ? scope_ != Scope::All() : !scope_.Covers(area)) {
    return Fail("PERMISSION_DENIED");
  }
  std::erase_if(unsettled_, [&](const std::string& open) { return named_.size() == 1 || open == name; });
  return absl::OkStatus();
}

absl::Status ServerCall::CheckMissing(std::string_view name) {
  RETURN_IF_ERROR(Settled());
  return Fail("NOT_FOUND", {{"name", name}});
}

std::vector<AreaRange> ServerCall::Ranges() {
  unsettled_.clear();
  Scope inside;
  for (const NamedArea& area : named_) {
    const Scope named = area.prefix.empty() ? Scope::All() : Scope::OfPrefix(area.prefix);
    inside = inside.Union(scope_.Intersection(named));
  }
  const Scope& answer = named_.empty() ? scope_ : inside;
  return {answer.ranges().begin(), answer.ranges().end()};
}

bool ServerCall::Holds(std::string_view permission, std::string_view area) {
  const Scope scope = AreasFor(permission, purpose_);
  return area.empty() ? scope == Scope::All() : scope.Covers(area);
}

std::optional<db::RequestKey> ServerCall::request_key() const {
  if (entry_.request_id == nullptr || request_ == nullptr) {
    return std::nullopt;
  }
  std::unique_ptr<google::protobuf::Message> content(request_->New());
  content->CopyFrom(*request_);
  content->GetReflection()->ClearField(content.get(), entry_.request_id);
  return db::RequestKey{.subject = caller_.access->account,
                        .method = entry_.method.full_name,
                        .request_id = request_->GetReflection()->GetString(*request_, entry_.request_id),
                        .fingerprint = engine_.parts().fingerprint(DeterministicBytes(*content))};
}

bool ServerCall::validate_only() const {
  return entry_.validate_only != nullptr && request_ != nullptr &&
         request_->GetReflection()->GetBool(*request_, entry_.validate_only);
}

absl::Status ServerCall::Settled() const {
  return checked_ && unsettled_.empty() ? absl::OkStatus() : Fail("PERMISSION_DENIED");
}

absl::Status ServerCall::Conclude(absl::Status handled) const {
  // Whether a named resource exists, and how it stands, is told to nobody whose right to it was not settled.
  const bool tells = handled.ok() || absl::IsNotFound(handled) || absl::IsAlreadyExists(handled) ||
                     absl::IsAborted(handled) || absl::IsFailedPrecondition(handled);
  const bool resource = absl::c_any_of(unsettled_, NamesResource);
  return tells && (handled.ok() || resource) && !Settled().ok() ? Settled() : handled;
}

void ServerCall::Reached(std::string_view shard, const db::Head& head) {
  v1::Position* position = positions_.add_positions();
  position->set_instance(engine_.parts().instance ? engine_.parts().instance() : "");
  position->set_service(engine_.parts().service);
  position->set_shard(std::string(shard));
  position->set_seq(head.seq);
  position->set_hash(head.hash);
}

void ServerCall::Record(const absl::Status& status, absl::Duration queued) const {
  const double seconds = absl::ToDoubleSeconds(Clock::System().Now() - begun_);
  const int code = static_cast<int>(status.code());
  metrics_.Handled(code, seconds);
  obs::Log(obs::Level::kInfo, "rpc",
           {{"service", entry_.method.service},
            {"method", entry_.method.name},
            {"code", code},
            {"reason", ReasonOf(status)},
            {"seconds", seconds},
            {"queued_seconds", absl::ToDoubleSeconds(queued)},
            {"caller", caller_.access == nullptr ? std::string() : caller_.access->account},
            {"by_service", caller_.is_service || !service_role_.empty()},
            {"replayed", replayed_},
            {"call_id", call_id_},
            {"trace_id", trace_id_}});
}

}  // namespace ruraledu::rpc
