#include "services/dropout_monitoring/gauges.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/dashboard/county_sums.h"
#include "common/dashboard/moved_counties.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

struct Shown {
  std::string_view measure;  // indicators.cc
  std::string_view gauge;
};
constexpr std::array<Shown, 5> kShown = {{
    {"absent_pupils", "ruraledu_dropout_monitoring_absent_pupils"},
    {"suspected_pupils", "ruraledu_dropout_monitoring_suspected_pupils"},
    {"no_record_pupils", "ruraledu_dropout_monitoring_no_record_pupils"},
    {"returning_pupils", "ruraledu_dropout_monitoring_returning_pupils"},
    {"disputed_pupils", "ruraledu_dropout_monitoring_disputed_pupils"},
}};

class Probe {
 public:
  Probe(db::Database& database, obs::Metrics& metrics) : database_(database), metrics_(metrics) {
    for (const Shown& shown : kShown) {
      measures_.push_back(shown.measure);
    }
  }

  absl::Status Show(const std::string& shard) {
    ASSIGN_OR_RETURN(const auto sums,
                     database_.Read([&](db::Transaction& tx) { return dashboard::CountySums(tx, shard, measures_); }));
    for (const Shown& shown : kShown) {
      // Of a level the present row comes first, those of terms that ended after it.
      const auto now = std::find_if(sums.begin(), sums.end(), [&](const auto& sum) {
        return sum.measure == shown.measure && sum.period == sums.front().period;
      });
      metrics_.GaugeOf(shown.gauge, {shard.substr(1)}).Set(now == sums.end() ? 0.0 : static_cast<double>(now->value));
    }
    return absl::OkStatus();
  }

 private:
  db::Database& database_;
  obs::Metrics& metrics_;
  std::vector<std::string_view> measures_;
};

}  // namespace

absl::Span<const obs::MetricSpec> MetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kShown[0].gauge, "Pupils at a step of absence (digest 3.2)", {"county"}},
      {kGauge, kShown[1].gauge, "Pupils whose absence reached the suspicion of a dropout", {"county"}},
      {kGauge, kShown[2].gauge, "Pupils without a record of attendance (DR-28)", {"county"}},
      {kGauge, kShown[3].gauge, "Pupils who came back and are not yet stable (DR-29)", {"county"}},
      {kGauge, kShown[4].gauge, "Pupils of whom class and list of meals say different things", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe AbsenceProbe(db::Database& database, obs::Metrics& metrics) {
  metrics.Declare(MetricSpecs());
  return dashboard::MovedCounties(database, [probe = std::make_shared<Probe>(database, metrics)](
                                                const std::string& shard) { return probe->Show(shard); });
}

}  // namespace ruraledu::dropout_monitoring
