#include "common/feed/follow_shard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"

namespace ruraledu::feed {
namespace {

using ruraledu::common::v1::Position;
using ruraledu::feed::v1::JournalEntry;
using ruraledu::feed::v1::ListJournalRequest;
using ruraledu::feed::v1::ListJournalResponse;
using ruraledu::feed::v1::ListStateRequest;
using ruraledu::feed::v1::ListStateResponse;

constexpr int32_t kStatePage = 500;

using Entries = absl::Span<const JournalEntry* const>;

absl::StatusOr<std::optional<FollowedRow>> Load(const Following& f, std::string_view shard) {
  return f.database.Read([&](db::Transaction& tx) { return FindFollowedRow(tx, f.options.source_service, shard); });
}

// Whether the stored row is still what the page was asked for: another replica, or another thread, may have been
// faster.
absl::StatusOr<bool> Unchanged(db::Transaction& tx, std::string_view service,
                               const std::optional<FollowedRow>& expected) {
  ASSIGN_OR_RETURN(const auto stored, FindFollowedRow(tx, service, tx.shard()));
  if (!stored.has_value() || !expected.has_value()) {
    return stored.has_value() == expected.has_value();
  }
  const Position &a = stored->followed.position, &b = expected->followed.position;
  return a.instance() == b.instance() && a.seq() == b.seq() && a.hash() == b.hash() &&
         stored->followed.state == expected->followed.state && stored->resync == expected->resync &&
         stored->resync_token == expected->resync_token;
}

// Runs `change` and stores `row`, in one transaction, unless the stored row is no longer `expected`: then false.
absl::StatusOr<bool> Save(const Following& f, std::string_view shard, const std::optional<FollowedRow>& expected,
                          FollowedRow row, const std::function<absl::Status(db::Transaction&, FollowedRow&)>& change) {
  return f.database.Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const bool unchanged, Unchanged(tx, f.options.source_service, expected));
    if (!unchanged) {
      return false;
    }
    FollowedRow next = row;
    RETURN_IF_ERROR(change(tx, next));
    RETURN_IF_ERROR(SaveFollowedRow(tx, next));
    return true;
  });
}

absl::Status Nothing(db::Transaction&, FollowedRow&) {
  return absl::OkStatus();
}

void Heard(db::Transaction& tx, FollowedRow& row) {
  row.followed.heard_at_us = tx.clock().NowMicros();
}

// Keeps position and rows as they are until the resync begins.
absl::StatusOr<Step> Stop(const Following& f, std::string_view shard, const FollowedRow& row) {
  FollowedRow stopped = row;
  stopped.followed.state = std::string(kStopped);
  stopped.resync_token.clear();
  ASSIGN_OR_RETURN(const bool saved, Save(f, shard, row, stopped, Nothing));
  return saved ? Step::kStopped : Step::kMore;
}

bool SameHistory(const Position& ours, const Position& head) {
  return head.instance() == ours.instance() && head.seq() >= ours.seq() &&
         (head.seq() > ours.seq() || head.hash() == ours.hash());
}

// --- resync

absl::StatusOr<ListStateResponse> AskState(const Following& f, std::string_view shard, const std::string& token) {
  ListStateRequest request;
  request.set_parent(absl::StrCat("shards/", shard));
  request.set_page_token(token);
  request.set_page_size(kStatePage);
  request.set_with_personal(f.options.with_personal);
  ASSIGN_OR_RETURN(ListStateResponse page, f.source.ListState(request));
  for (const JournalEntry& entry : page.entries()) {
    if (entry.shard() != shard) {
      return Fail("JOURNAL_BROKEN", {{"shard", shard}, {"seq", absl::StrCat(entry.seq())}});
    }
  }
  return page;
}

// Stores `row` with a page of state; after the last page the shard follows.
absl::StatusOr<Step> ApplyPage(const Following& f, std::string_view shard, const std::optional<FollowedRow>& expected,
                               FollowedRow row, const ListStateResponse& page, bool first) {
  row.followed.state = std::string(page.next_page_token().empty() ? kFollowing : kResyncing);
  row.resync_token = page.next_page_token();
  row.followed.source_head = page.position().seq();
  RETURN_IF_ERROR(f.applier.Prepare(shard));
  auto saved = Save(f, shard, expected, row, [&](db::Transaction& tx, FollowedRow& next) {
    Heard(tx, next);
    if (first) {
      next.resync = std::max(next.resync + 1, tx.clock().NowMicros());
    }
    for (const JournalEntry& entry : page.entries()) {
      RETURN_IF_ERROR(f.applier.ApplyState(tx, entry, next.resync));
    }
    return page.next_page_token().empty() ? f.applier.FinishResync(tx, shard, next.resync) : absl::OkStatus();
  });
  RETURN_IF_ERROR(saved.status());
  return Step::kMore;
}

// The first page: its position is where following goes on, since later pages may be newer.
absl::StatusOr<Step> BeginResync(const Following& f, std::string_view shard, const std::optional<FollowedRow>& row) {
  ASSIGN_OR_RETURN(const ListStateResponse page, AskState(f, shard, ""));
  FollowedRow begun = row.value_or(FollowedRow());
  begun.followed.position = page.position();
  begun.followed.position.set_shard(std::string(shard));
  begun.followed.position.set_service(f.options.source_service);
  return ApplyPage(f, shard, row, begun, page, /*first=*/true);
}

absl::StatusOr<Step> GoOnResync(const Following& f, std::string_view shard, const FollowedRow& row) {
  const auto page = AskState(f, shard, row.resync_token);
  if (ReasonOf(page.status()) == "PAGE_TOKEN") {
    return Stop(f, shard, row);
  }
  RETURN_IF_ERROR(page.status());
  if (!SameHistory(row.followed.position, page->position())) {
    return Stop(f, shard, row);
  }
  return ApplyPage(f, shard, row, row, *page, /*first=*/false);
}

// --- follow

struct Applied {
  bool saved = false;
  FollowedRow row;       // what stands now, when saved
  size_t good = 0;       // entries before the one that the applier refused
  absl::Status refused;  // nothing was changed
};

// Applies all entries and moves the position in one transaction, or, when the applier refuses one, changes nothing.
absl::StatusOr<Applied> ApplyEntries(const Following& f, std::string_view shard, const FollowedRow& row,
                                     Entries entries, int64_t source_head) {
  FollowedRow next = row;
  next.followed.state = std::string(kFollowing);
  next.followed.source_head = source_head;
  if (!entries.empty()) {
    next.followed.position.set_seq(entries.back()->seq());
    next.followed.position.set_hash(entries.back()->hash());
  }
  RETURN_IF_ERROR(f.applier.Prepare(shard));
  size_t good = 0;
  absl::Status refused;
  const auto saved = Save(f, shard, row, next, [&](db::Transaction& tx, FollowedRow& stored) {
    Heard(tx, stored);
    refused = absl::OkStatus();
    for (good = 0; good < entries.size(); ++good) {
      if (absl::Status status = f.applier.Apply(tx, *entries[good]); !status.ok()) {
        refused = IsTransient(status) ? absl::OkStatus() : status;
        return status;
      }
    }
    return absl::OkStatus();
  });
  if (saved.ok()) {
    return Applied{.saved = *saved, .row = std::move(next), .good = entries.size()};
  }
  if (refused.ok()) {
    return saved.status();
  }
  return Applied{.good = good, .refused = refused};
}

// Records that the entry after the position of `row` cannot be applied. Returns `why`: that it could not be recorded
// matters less.
absl::Status MarkFailed(const Following& f, std::string_view shard, const FollowedRow& row, int64_t source_head,
                        const absl::Status& why) {
  FollowedRow failed = row;
  failed.followed.state = std::string(kFailed);
  failed.followed.source_head = source_head;
  const auto saved = Save(f, shard, row, failed, [](db::Transaction& tx, FollowedRow& next) {
    Heard(tx, next);
    return absl::OkStatus();
  });
  if (!saved.ok()) {
    obs::LogStatus(obs::Level::kWarning, "feed_state_not_saved", saved.status(), {{"shard", shard}});
  }
  return why;
}

absl::Status CheckPage(std::string_view shard, const FollowedRow& row, const ListJournalResponse& page, size_t* good) {
  const Position& position = row.followed.position;
  const Entries entries(page.entries().data(), page.entries_size());
  RETURN_IF_ERROR(CheckChain(shard, {position.seq(), position.hash()}, entries, good));
  const int64_t last = position.seq() + page.entries_size();
  const bool gap = entries.empty() && page.head().seq() > position.seq();
  const bool beyond = last > page.head().seq();
  const bool fork = !entries.empty() && last == page.head().seq() && entries.back()->hash() != page.head().hash();
  if (gap || beyond || fork) {
    *good = 0;
    return Fail("JOURNAL_BROKEN", {{"shard", shard}, {"seq", absl::StrCat(position.seq() + 1)}});
  }
  return absl::OkStatus();
}

// Applies the entries before the first one that does not fit or that the applier refuses.
absl::StatusOr<Step> ApplyJournalPage(const Following& f, std::string_view shard, const FollowedRow& row,
                                      const ListJournalResponse& page) {
  const int64_t head = page.head().seq();
  size_t good = 0;
  absl::Status problem = CheckPage(shard, row, page, &good);
  if (!problem.ok() && good == 0) {
    return MarkFailed(f, shard, row, head, problem);
  }
  Entries entries(page.entries().data(), good);
  ASSIGN_OR_RETURN(Applied applied, ApplyEntries(f, shard, row, entries, head));
  if (!applied.refused.ok()) {
    problem = applied.refused;
    entries = entries.subspan(0, applied.good);
    if (entries.empty()) {
      return MarkFailed(f, shard, row, head, problem);
    }
    ASSIGN_OR_RETURN(applied, ApplyEntries(f, shard, row, entries, head));
    RETURN_IF_ERROR(applied.refused);
  }
  if (!applied.saved) {
    return Step::kMore;
  }
  f.options.metrics.applied.Inc(static_cast<double>(entries.size()));
  if (!problem.ok()) {
    return MarkFailed(f, shard, applied.row, head, problem);
  }
  return applied.row.followed.position.seq() == head ? Step::kLevel : Step::kMore;
}

absl::StatusOr<Step> Follow(const Following& f, std::string_view shard, const FollowedRow& row) {
  ListJournalRequest request;
  request.set_parent(absl::StrCat("shards/", shard));
  *request.mutable_after() = row.followed.position;
  request.set_page_size(kPageEntries);
  request.set_with_personal(f.options.with_personal);
  const auto page = f.source.ListJournal(request);
  if (ReasonOf(page.status()) == "FEED_REPLACED") {
    return Stop(f, shard, row);
  }
  RETURN_IF_ERROR(page.status());
  if (!SameHistory(row.followed.position, page->head())) {
    return Stop(f, shard, row);
  }
  return ApplyJournalPage(f, shard, row, *page);
}

}  // namespace

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status);
}

absl::StatusOr<Step> FollowShard(const Following& following, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row, Load(following, shard));
  if (!row.has_value() || row->followed.state == kStopped) {
    return BeginResync(following, shard, row);
  }
  if (row->followed.state == kResyncing) {
    return GoOnResync(following, shard, *row);
  }
  return Follow(following, shard, *row);
}

}  // namespace ruraledu::feed
