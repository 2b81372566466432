#include "common/files/gauges.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "common/base/error.h"

namespace ruraledu::files {
namespace {

constexpr std::string_view kStates[] = {"UPLOADING", "QUARANTINED", "CLEAN", "REJECTED", "ERASED"};

class Probe {
 public:
  Probe(db::Database& database, const obs::RuntimeMetrics& metrics) : database_(database), metrics_(metrics) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const auto heads, database_.Heads());
    for (const auto& [shard, head] : heads) {
      int64_t& seen = seen_[shard];
      if (shard.starts_with('c') && seen != head.seq) {
        RETURN_IF_ERROR(Count(shard));
        seen = head.seq;
      }
    }
    return Age();
  }

 private:
  struct Sum {
    int64_t files = 0, bytes = 0;
  };

  absl::Status Count(const std::string& shard) {
    ASSIGN_OR_RETURN(const auto rows, database_.Read([&](db::Transaction& tx) {
      return tx.Query(
          "SELECT state, count(*), CAST(sum(total_bytes) AS BIGINT) FROM file WHERE shard = $1 "
          "GROUP BY state",
          shard);
    }));
    if (rows.empty() && !shown_.contains(shard)) {
      return absl::OkStatus();  // a county without attachments has no series
    }
    shown_.insert(shard);
    std::map<std::string, Sum, std::less<>> sums;
    for (const db::Row& row : rows) {
      sums[row.Text(0)] = {row.Int(1), row.Int(2)};
    }
    for (const std::string_view state : kStates) {
      const auto found = sums.find(state);
      const Sum sum = found == sums.end() ? Sum() : found->second;
      const std::string label = absl::AsciiStrToLower(state);
      metrics_.GaugeOf("ruraledu_files", {shard.substr(1), label}).Set(static_cast<double>(sum.files));
      metrics_.GaugeOf("ruraledu_files_bytes", {shard.substr(1), label}).Set(static_cast<double>(sum.bytes));
    }
    return absl::OkStatus();
  }

  absl::Status Age() {
    ASSIGN_OR_RETURN(const double seconds, database_.Read([&](db::Transaction& tx) -> absl::StatusOr<double> {
      absl::Time oldest = tx.clock().Now();
      for (const std::string& shard : shown_) {
        ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT since FROM file WHERE shard = $1 AND state = "
                                                     "'QUARANTINED' ORDER BY since LIMIT 1",
                                                     shard));
        oldest = row.has_value() ? std::min(oldest, row->Time(0)) : oldest;
      }
      return absl::ToDoubleSeconds(tx.clock().Now() - oldest);
    }));
    metrics_.GaugeOf("ruraledu_files_quarantine_oldest_seconds").Set(seconds);
    return absl::OkStatus();
  }

  db::Database& database_;
  const obs::RuntimeMetrics metrics_;
  std::map<std::string, int64_t> seen_;
  std::set<std::string> shown_;
};

}  // namespace

obs::Sampler::Probe FilesProbe(db::Database& database, const obs::RuntimeMetrics& metrics) {
  return [probe = std::make_shared<Probe>(database, metrics)] { return probe->Run(); };
}

}  // namespace ruraledu::files
