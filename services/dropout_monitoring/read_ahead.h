// Work that reads much goes before the write, in a snapshot: under the lock of the county's head the write only looks
// whether the snapshot still holds. For *_handlers.cc and what they call.
#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/followed.h"
#include "common/feed/journal.h"
#include "common/rpc/resources.h"

namespace ruraledu::dropout_monitoring {

// Where a county stands: its journal, and its copy of the registry.
struct CountyMark {
  int64_t seq = 0;
  std::string copy;
  bool operator==(const CountyMark&) const = default;
};

inline absl::StatusOr<CountyMark> MarkOf(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, shard));
  ASSIGN_OR_RETURN(const auto row, feed::FindFollowedRow(tx, "registry", shard));
  return CountyMark{head.seq, row.has_value() ? absl::StrCat(row->followed.position.SerializeAsString(), "/",
                                                             row->followed.state, "/", row->resync_token)
                                              : std::string()};
}

template <typename T>
struct ReadAhead {
  CountyMark mark;
  T value;
};

// In the write. HEAD_MOVED: it holds no more.
template <typename T>
absl::Status CheckStill(db::Transaction& tx, const ReadAhead<T>& ahead) {
  ASSIGN_OR_RETURN(const CountyMark now, MarkOf(tx, tx.shard()));
  return now == ahead.mark ? absl::OkStatus() : Fail("HEAD_MOVED", {{"shard", tx.shard()}});
}

// `read(tx)` -> StatusOr<T> in a snapshot, then `write(ahead)`, which calls CheckStill. Where others are faster again
// and again, and where the reading fails, `write(nullptr)` reads by itself under the lock: it ends, and tells why not.
template <typename T, typename Read, typename Write>
auto ReadThenWrite(db::Database& database, const std::string& shard, absl::Time deadline, Read read, Write write)
    -> std::invoke_result_t<Write, const ReadAhead<T>*> {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const auto ahead = database.Read(
        [&](db::Transaction& tx) -> absl::StatusOr<ReadAhead<T>> {
          ASSIGN_OR_RETURN(CountyMark mark, MarkOf(tx, shard));
          ASSIGN_OR_RETURN(T value, read(tx));
          return ReadAhead<T>{std::move(mark), std::move(value)};
        },
        {.deadline = deadline});
    if (!ahead.ok()) {
      break;
    }
    auto written = write(&*ahead);
    if (ReasonOf(written.status()) != "HEAD_MOVED") {
      return written;
    }
  }
  return write(nullptr);
}

}  // namespace ruraledu::dropout_monitoring
