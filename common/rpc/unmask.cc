#include "common/rpc/unmask.h"

#include "absl/strings/str_cat.h"
#include "common/feed/journal.h"
#include "common/rpc/access_table.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::rpc {

absl::Status JournalUnmask(Call& call, db::Database& database, crypto::KeyRing& keys, std::string_view permission,
                           std::string_view area, std::string_view name) {
  if (call.caller().access == nullptr || !call.Holds(permission, area)) {
    return Fail("PERMISSION_DENIED");
  }
  const absl::StatusOr<std::string> shard = AccessShard(call.caller().access->account);
  if (!shard.ok()) {
    return Fail("PERMISSION_DENIED");
  }
  if (call.purpose().empty()) {
    return Fail("PURPOSE_REQUIRED", {{"purposes", permission}});
  }
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(*shard));
  // The form of every other entry: followers read this shard for its accounts.
  ruraledu::feed::v1::RootEvent event;
  ruraledu::feed::v1::RootChange* change = event.add_changes();
  change->set_name(std::string(name));
  change->set_cause(absl::StrCat("UNMASK ", call.purpose()));
  return database.Write(*shard, [&](db::Transaction& tx) {
    return feed::Append(tx, *sealer,
                        {.entity = std::string(name),
                         .actor = call.caller().subject,
                         .call_id = call.call_id(),
                         .body = event.SerializeAsString(),
                         .personal = ""})
        .status();
  });
}

}  // namespace ruraledu::rpc
