#include "services/student_aid/office_gauges.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/day.h"
#include "common/base/error.h"
#include "services/student_aid/office_store.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr std::string_view kOpen = "ruraledu_student_aid_open_complaints";
constexpr std::string_view kOverdue = "ruraledu_student_aid_overdue_complaints";

class Probe {
 public:
  Probe(db::Database& database, obs::Metrics& metrics, const Clock& clock)
      : database_(database), metrics_(metrics), clock_(clock) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const auto heads, database_.Heads());
    const absl::CivilDay today = clock_.Today();
    for (const auto& [shard, head] : heads) {
      const std::pair now{head.seq, today};
      if (!shard.starts_with('c') || seen_[shard] == now) {
        continue;
      }
      ASSIGN_OR_RETURN(const auto waiting, database_.Read([&](db::Transaction& tx) {
        return WaitingComplaints(tx, shard, DayText(today));
      }));
      metrics_.GaugeOf(kOpen, {shard.substr(1)}).Set(static_cast<double>(waiting.open));
      metrics_.GaugeOf(kOverdue, {shard.substr(1)}).Set(static_cast<double>(waiting.overdue));
      seen_[shard] = now;
    }
    return absl::OkStatus();
  }

 private:
  db::Database& database_;
  obs::Metrics& metrics_;
  const Clock& clock_;
  std::map<std::string, std::pair<int64_t, absl::CivilDay>> seen_;
};

}  // namespace

absl::Span<const obs::MetricSpec> OfficeMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kOpen, "Complaints about aid that nobody answered yet", {"county"}},
      {kGauge, kOverdue, "Complaints about aid that are not answered although their last day is over", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe OfficeProbe(db::Database& database, obs::Metrics& metrics, const Clock& clock) {
  metrics.Declare(OfficeMetricSpecs());
  return [probe = std::make_shared<Probe>(database, metrics, clock)] { return probe->Run(); };
}

}  // namespace ruraledu::student_aid
