#include "services/student_aid/outward_gauges.h"

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/error.h"
#include "services/student_aid/outward_store.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kTerms = 3;
constexpr std::string_view kOverdue = "ruraledu_student_aid_outward_overdue_pupils";

class Probe {
 public:
  Probe(db::Database& database, obs::Metrics& metrics, const Clock& clock)
      : database_(database), metrics_(metrics), clock_(clock) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const auto heads, database_.Heads());
    const absl::CivilDay today = clock_.Today();
    for (const auto& [shard, head] : heads) {
      Seen& seen = seen_[shard];
      if (shard.starts_with('c') && (seen.seq != head.seq || seen.on != today)) {
        RETURN_IF_ERROR(Show(shard, today, &seen));
        seen.seq = head.seq;
        seen.on = today;
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Seen {
    int64_t seq = 0;
    absl::CivilDay on;
    std::set<std::string> terms;  // shown before: one without late answers is zero
  };

  absl::Status Show(const std::string& shard, absl::CivilDay today, Seen* seen) {
    ASSIGN_OR_RETURN(const auto late, database_.Read([&](db::Transaction& tx) { return LateCases(tx, shard, today); }));
    std::map<std::string, int64_t> now;
    for (const std::string& term : seen->terms) {
      now[term] = 0;
    }
    for (size_t i = 0; i < late.size() && i < kTerms; ++i) {  // the newest first
      now[late[i].term] = late[i].count;
      seen->terms.insert(late[i].term);
    }
    for (const auto& [term, count] : now) {
      metrics_.GaugeOf(kOverdue, {shard.substr(1), term}).Set(static_cast<double>(count));
    }
    return absl::OkStatus();
  }

  db::Database& database_;
  obs::Metrics& metrics_;
  const Clock& clock_;
  std::map<std::string, Seen> seen_;
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
  return [probe = std::make_shared<Probe>(database, metrics, clock)] { return probe->Run(); };
}

}  // namespace ruraledu::student_aid
