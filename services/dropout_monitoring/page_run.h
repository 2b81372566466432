// What jobs share that go through the facts of a county page by page, in phases.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/db/jobs.h"
#include "common/feed/heads.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// How long a job waits before it looks again whether the copy of the registry has what it needs.
inline constexpr absl::Duration kFactsPause = absl::Milliseconds(200);

// Goes on from `now`, a cursor with `phase` and `after`, which the job keeps, to the end of phase `phases` - 1.
//   read(tx, now)      a page of facts with `last`, the key done last, "" at the end of the phase
//   count(page, next)  adds it to the cursor's figures
//   store(tx, page)    writes it, in one transaction with the cursor; HEAD_MOVED when somebody was faster
//   done(now)          how many were done, shown as progress
// Waits while the copy of the registry is behind `after` or an import into the county is open.
template <typename Cursor, typename After, typename Read, typename Count, typename Store, typename Done>
absl::Status RunPages(const rpc::Host& host, db::JobContext& context, const After& after, int phases, const Read& read,
                      const Count& count, const Store& store, const Done& done, Cursor* now) {
  const std::string& shard = context.job().shard;
  const std::string instance = host.database.instance();
  while (now->phase() < phases) {
    RETURN_IF_ERROR(context.CheckGoOn());
    using Page = typename std::invoke_result_t<Read, db::Transaction&, const Cursor&>::value_type;
    ASSIGN_OR_RETURN(const auto page,
                     host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::optional<Page>> {
                       ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "dropout_monitoring", instance, after));
                       ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard));
                       if (!reached || open) {
                         return std::optional<Page>();
                       }
                       ASSIGN_OR_RETURN(Page facts, read(tx, *now));
                       return std::optional<Page>(std::move(facts));
                     }));
    if (!page.has_value()) {
      return context.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    Cursor next = *now;
    count(*page, &next);
    next.set_after(page->last);
    if (page->last.empty()) {
      next.set_phase(now->phase() + 1);
    }
    const absl::Status written =
        context.Chunk([&](db::Transaction& tx) { return store(tx, *page); }, next.SerializeAsString(), done(next), 0);
    if (ReasonOf(written) == "HEAD_MOVED") {
      continue;  // the page is read again
    }
    RETURN_IF_ERROR(written);
    *now = std::move(next);
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
