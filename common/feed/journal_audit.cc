#include "common/feed/journal_audit.h"

#include "common/base/error.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"

namespace ruraledu::feed {
namespace {

constexpr std::string_view kCheck = "journal_chain";

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
  return VerifyChain(database_, shard, [&] { return Stopped(options_.pause) ? Fail("CANCELLED") : absl::OkStatus(); })
      .status();
}

}  // namespace ruraledu::feed
