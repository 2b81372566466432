#include "common/feed/journal_audit.h"

#include "common/base/error.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::JournalEntry;

constexpr std::string_view kCheck = "journal_chain";

struct Page {
  std::vector<JournalEntry> entries;
  db::Head head;  // of the same snapshot
};

absl::StatusOr<Page> ReadPage(db::Database& database, const std::string& shard, int64_t after) {
  return database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
    Page page;
    ASSIGN_OR_RETURN(page.entries, ReadSealedEntries(tx, shard, after, kPageEntries));
    ASSIGN_OR_RETURN(page.head, HeadOf(tx, shard));
    return page;
  });
}

}  // namespace

JournalAudit::JournalAudit(db::Database& database, const obs::RuntimeMetrics& metrics, JournalAuditOptions options)
    : database_(database), metrics_(metrics), options_(options), thread_([this] { Loop(); }) {}

JournalAudit::~JournalAudit() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

bool JournalAudit::Stopped(absl::Duration wait) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&stopping_), wait);
}

void JournalAudit::Loop() {
  for (absl::Duration wait = options_.first; !Stopped(wait); wait = options_.every) {
    const absl::StatusOr<int> broken = RunRound();
    if (!broken.ok() && !absl::IsCancelled(broken.status())) {
      obs::LogStatus(obs::Level::kWarning, "journal_audit_failed", broken.status());
    }
  }
}

absl::StatusOr<int> JournalAudit::RunRound() {
  int broken = 0;
  ASSIGN_OR_RETURN(const auto heads, database_.Heads());
  for (const auto& head : heads) {
    const absl::Status status = CheckShard(head.shard);
    const bool wrong = ReasonOf(status) == "JOURNAL_BROKEN";
    if (!status.ok() && !wrong) {
      return status;
    }
    metrics_.GaugeOf("ruraledu_integrity_findings", {kCheck, head.shard}).Set(wrong ? 1 : 0);
    if (wrong) {
      ++broken;
      obs::LogStatus(obs::Level::kError, "journal_broken", status, {{"shard", head.shard}});
    }
  }
  metrics_.GaugeOf("ruraledu_integrity_checked_timestamp_seconds", {kCheck})
      .Set(absl::ToDoubleSeconds(Clock::System().Now() - absl::UnixEpoch()));
  return broken;
}

absl::Status JournalAudit::CheckShard(const std::string& shard) {
  db::Head at;
  while (true) {
    ASSIGN_OR_RETURN(const Page page, ReadPage(database_, shard, at.seq));
    if (page.entries.empty()) {
      return at == page.head ? absl::OkStatus()
                             : Fail("JOURNAL_BROKEN", {{"shard", shard}, {"seq", std::to_string(at.seq)}});
    }
    std::vector<const JournalEntry*> entries;
    for (const JournalEntry& entry : page.entries) {
      entries.push_back(&entry);
    }
    size_t good = 0;
    RETURN_IF_ERROR(CheckChain(shard, at, entries, &good));
    at = {page.entries.back().seq(), page.entries.back().hash()};
    if (Stopped(options_.pause)) {
      return Fail("CANCELLED");
    }
  }
}

}  // namespace ruraledu::feed
