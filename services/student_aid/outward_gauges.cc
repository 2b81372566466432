#include "services/student_aid/outward_gauges.h"

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "services/student_aid/outward_store.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kTerms = 3;
constexpr std::string_view kOverdue = "ruraledu_student_aid_outward_overdue_pupils";

class Probe {
 public:
  Probe(db::Database& database, obs::Metrics& metrics, const Clock& clock)
      : database_(database), metrics_(metrics), clock_(clock) {}

  absl::Status Show(const std::string& shard) {
    ASSIGN_OR_RETURN(const auto late,
                     database_.Read([&](db::Transaction& tx) { return LateCases(tx, shard, clock_.Today()); }));
    std::set<std::string>& terms = shown_[shard];
    std::map<std::string, int64_t> now;
    for (const std::string& term : terms) {
      now[term] = 0;
    }
    for (size_t i = 0; i < late.size() && i < kTerms; ++i) {  // the newest first
      now[late[i].term] = late[i].count;
      terms.insert(late[i].term);
    }
    for (const auto& [term, count] : now) {
      metrics_.GaugeOf(kOverdue, {shard.substr(1), term}).Set(static_cast<double>(count));
    }
    return absl::OkStatus();
  }

 private:
  db::Database& database_;
  obs::Metrics& metrics_;
  const Clock& clock_;
  std::map<std::string, std::set<std::string>> shown_;  // terms by shard: one without late answers any more is zero
};

}  // namespace

absl::Span<const obs::MetricSpec> OutwardMetricSpecs() {
  static const auto* const specs =
      new std::vector<obs::MetricSpec>{{obs::MetricType::kGauge,
                                        kOverdue,
                                        "Pupils who study elsewhere about whom an answer is late (digest 2.8)",
                                        {"county", "term"}}};
  return *specs;
}

obs::Sampler::Probe OutwardProbe(db::Database& database, obs::Metrics& metrics, const Clock& clock) {
  metrics.Declare(OutwardMetricSpecs());
  return dashboard::MovedCounties(
      database,
      [probe = std::make_shared<Probe>(database, metrics, clock)](const std::string& shard) {
        return probe->Show(shard);
      },
      &clock);
}

}  // namespace ruraledu::student_aid
