#include "common/feed/erasure.h"

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/feed/journal.h"
#include "common/feed/root.h"

namespace ruraledu::feed {
namespace {

// Empties the personal parts that tell something. Whether there was any.
bool Forget(const ruraledu::feed::v1::RootEvent& event, const Tells& tells,
            ruraledu::feed::v1::RootPersonal* personal) {
  bool found = false;
  for (int i = 0; i < event.changes_size() && i < personal->changes_size(); ++i) {
    if (!personal->changes(i).empty() && tells(event.changes(i), personal->changes(i))) {
      personal->mutable_changes(i)->clear();
      found = true;
    }
  }
  return found;
}

// Within the write that replaces them, so that two erasures in one entry do not undo each other.
absl::Status ForgetEntries(db::Transaction& tx, const crypto::Sealer& sealer, const Tells& tells, int64_t after,
                           int64_t until) {
  ASSIGN_OR_RETURN(auto entries, ReadSealedEntries(tx, tx.shard(), after, until - after));
  RETURN_IF_ERROR(OpenPersonal(sealer, entries));
  for (const auto& entry : entries) {
    ruraledu::feed::v1::RootEvent event;
    ruraledu::feed::v1::RootPersonal personal;
    const bool parsed = event.ParseFromString(entry.body()) && personal.ParseFromString(entry.personal());
    if (entry.seq() > until || !parsed || !Forget(event, tells, &personal)) {
      continue;
    }
    // The last one takes the salt along: nobody can find out by trying any more.
    const bool all = absl::c_all_of(personal.changes(), [](const std::string& one) { return one.empty(); });
    RETURN_IF_ERROR(
        ReplacePersonal(tx, sealer, entry.seq(), all ? std::string() : personal.SerializeAsString()).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunErasure(db::JobContext& context, const crypto::Sealer& sealer,
                        const std::function<absl::Status(db::Transaction& tx)>& rows, const Tells& tells) {
  const std::string shard = context.job().shard;
  int64_t at = 0;
  if (context.job().cursor.empty()) {
    RETURN_IF_ERROR(context.Chunk(rows, "0", 0, 0));
  } else if (!absl::SimpleAtoi(context.job().cursor, &at)) {
    return absl::InternalError("the cursor of an erasure does not parse");
  }
  while (true) {
    RETURN_IF_ERROR(context.CheckGoOn());
    ASSIGN_OR_RETURN(const auto page, context.database().Read([&](db::Transaction& tx) {
      return ReadSealedEntries(tx, shard, at, kPageEntries);
    }));
    if (page.empty()) {
      return absl::OkStatus();
    }
    const int64_t until = page.back().seq();
    RETURN_IF_ERROR(context.Chunk([&](db::Transaction& tx) { return ForgetEntries(tx, sealer, tells, at, until); },
                                  absl::StrCat(until), until, 0));
    at = until;
  }
}

}  // namespace ruraledu::feed
