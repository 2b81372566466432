// What a handler sees of the call that it answers. No gRPC in here.
//
// Life of a request (README of common/rpc): core parses -> admit (identity, permission, deadline, room) -> queue ->
// worker -> check (scope, violations) -> load -> decide -> save -> answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/db/db.h"
#include "common/db/idempotency.h"
#include "common/domain/area.h"
#include "common/rpc/access.h"
#include "google/protobuf/message.h"
#include "ruraledu/common/v1/options.pb.h"
#include "ruraledu/common/v1/types.pb.h"

namespace ruraledu::rpc {

// A method as its descriptor states it; built once at start-up, see method_table.h.
struct Method {
  std::string full_name;  // "/ruraledu.registry.v1.RegistryService/CreateStudent"
  std::string service;    // "registry": label of metrics
  std::string name;       // "CreateStudent"
  ruraledu::common::v1::Access access;
  const google::protobuf::Descriptor* request = nullptr;
  bool streaming = false;
};

// What a write handler's transaction leaves behind: enough to read the answer again, for the first answer and for a
// replay alike.
struct Written {
  std::string name;     // resource name; several joined by '\n' for a batch
  int64_t version = 0;  // seq of the journal entry
};

// What goes along when the call is continued at another service (client.h): who asked, and which trace it belongs to.
struct Forwarded {
  std::string token;        // the person's token, "" without one
  std::string traceparent;  // "" without one
};

class Call {
 public:
  virtual ~Call() = default;

  virtual const Method& method() const = 0;
  virtual const Caller& caller() const = 0;
  virtual const std::string& call_id() const = 0;
  virtual const std::string& purpose() const = 0;
  virtual absl::Time deadline() const = 0;
  virtual const Clock& clock() const = 0;
  // True once the client hung up; long handlers ask between steps.
  virtual bool cancelled() const = 0;
  // The caller named positions (`after`): no cache may answer with less than is known now.
  virtual bool fresh() const { return false; }
  virtual const Forwarded& forwarded() const {
    static const Forwarded kNothing;
    return kNothing;
  }

  // --- area
  // ------------------------------------------------------------------------------------------------------------- The
  // runtime has refused callers whose areas do not meet the county (or region) named in the request. A caller whose
  // grant covers all of it is settled. For a smaller grant (township, school, class) the handler must settle with the
  // row's own area: CheckArea after loading, or Ranges() as the filter of a list. An answer of an unsettled call is
  // replaced by PERMISSION_DENIED, an unsettled write is rolled back.
  //
  // A resource that is not there: call CheckMissing(), which answers NOT_FOUND only to a settled caller and the same
  // PERMISSION_DENIED as for a foreign one otherwise.
  //
  // A request that names several (a repeated scope field) is settled name by name: `name` says which one has this area.
  virtual absl::Status CheckArea(std::string_view area, std::string_view name = {}) = 0;
  virtual absl::Status CheckMissing(std::string_view name) = 0;
  // The caller's areas inside of the region named in the request, as half-open ranges for SQL.
  virtual std::vector<AreaRange> Ranges() = 0;
  // Whether the caller holds another permission over `area` (unmasking, personal parts of the feed).
  virtual bool Holds(std::string_view permission, std::string_view area) = 0;

  // --- writes
  // ----------------------------------------------------------------------------------------------------------- For Run
  // below: key of the request for replay; nullopt when the method takes no request_id.
  virtual std::optional<db::RequestKey> request_key() const = 0;
  virtual bool validate_only() const = 0;
  virtual absl::Status Settled() const = 0;
  // Reports a journal position that the answer reached.
  virtual void Reached(std::string_view shard, const db::Head& head) = 0;
  virtual void MarkReplayed() = 0;
};

// Runs a write handler's transaction in `shard`:
//   replay check by request_id; apply(tx) -> StatusOr<Written>; scope must be settled; the answer remembered; read(tx,
//   name) -> StatusOr<Answer>.
// A repeated request_id with the same content skips apply and reads again for the present caller, marked `replayed`.
// validate_only runs apply and read, answers, and rolls back.
template <typename Apply, typename Read>
auto Write(Call& call, db::Database& database, std::string_view shard, Apply apply, Read read)
    -> std::invoke_result_t<Read, db::Transaction&, const std::string&> {
  using Answer = std::invoke_result_t<Read, db::Transaction&, const std::string&>;
  struct Outcome {
    Answer answer;
    db::Head head;
    bool replayed;
  };
  std::optional<Answer> preview;
  const auto run = [&](db::Transaction& tx) -> absl::StatusOr<Outcome> {
    const auto key = call.request_key();
    std::optional<db::Remembered> remembered;
    if (key.has_value()) {
      ASSIGN_OR_RETURN(remembered, db::FindRemembered(tx, *key));
    }
    Written written;
    if (remembered.has_value()) {
      written = {remembered->name, remembered->version};
    } else {
      ASSIGN_OR_RETURN(written, apply(tx));
      if (key.has_value()) {
        RETURN_IF_ERROR(db::Remember(tx, *key, {written.name, written.version}));
      }
    }
    Answer answer = read(tx, written.name);
    if (!answer.ok()) {
      return answer.status();
    }
    RETURN_IF_ERROR(call.Settled());
    if (call.validate_only()) {
      preview.emplace(std::move(answer));
      return absl::CancelledError("validate_only");
    }
    return Outcome{std::move(answer), tx.head(), remembered.has_value()};
  };
  absl::StatusOr<Outcome> outcome = database.Write(shard, run, {.deadline = call.deadline()});
  if (!outcome.ok()) {
    return preview.has_value() ? *std::move(preview) : Answer(outcome.status());
  }
  call.Reached(shard, outcome->head);
  if (outcome->replayed) {
    call.MarkReplayed();
  }
  return std::move(outcome->answer);
}

}  // namespace ruraledu::rpc
