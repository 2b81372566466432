#include "services/student_aid/gauges.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/dashboard/county_sums.h"
#include "common/dashboard/moved_counties.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr size_t kTerms = 3;

struct Shown {
  std::string_view measure;  // indicators.cc
  std::string_view gauge;
};
constexpr std::array<Shown, 10> kShown = {{
    {"should", "ruraledu_student_aid_should_be_aided_pupils"},
    {"aided", "ruraledu_student_aid_aided_pupils"},
    {"should_items", "ruraledu_student_aid_should_be_aided_items"},
    {"covered_items", "ruraledu_student_aid_covered_items"},
    {"gap_items", "ruraledu_student_aid_gap_items"},
    {"should_not_items", "ruraledu_student_aid_should_not_items"},
    {"open_objections", "ruraledu_student_aid_open_objections"},
    {"open_appeals", "ruraledu_student_aid_open_appeals"},
    {"running_notices", "ruraledu_student_aid_running_notices"},
    {"not_compliant", "ruraledu_student_aid_not_compliant_pupils"},
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
    std::map<std::string, std::map<std::string, int64_t>, std::greater<>> by_term;  // the newest first
    for (const dashboard::CountySum& sum : sums) {
      by_term[sum.period][sum.measure] = sum.value;
    }
    size_t terms = 0;
    for (const auto& [term, values] : by_term) {
      if (++terms > kTerms) {
        break;
      }
      for (const Shown& shown : kShown) {
        const auto value = values.find(std::string(shown.measure));
        metrics_.GaugeOf(shown.gauge, {shard.substr(1), term})
            .Set(value == values.end() ? 0.0 : static_cast<double>(value->second));
      }
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
      {kGauge, kShown[0].gauge, "Pupils who should be aided (digest 2.9)", {"county", "term"}},
      {kGauge, kShown[1].gauge, "Pupils aided in full", {"county", "term"}},
      {kGauge, kShown[2].gauge, "Items that should be given", {"county", "term"}},
      {kGauge, kShown[3].gauge, "Items given in full", {"county", "term"}},
      {kGauge, kShown[4].gauge, "Items that should be given and were not", {"county", "term"}},
      {kGauge, kShown[5].gauge, "Items given that should not be", {"county", "term"}},
      {kGauge,
       kShown[6].gauge,
       "Objections against public notices that nobody answered yet (digest 2.6)",
       {"county", "term"}},
      {kGauge, kShown[7].gauge, "Appeals against refusals that nobody decided yet (DR-58)", {"county", "term"}},
      {kGauge, kShown[8].gauge, "Public notices that are not closed", {"county", "term"}},
      {kGauge, kShown[9].gauge, "Pupils who are eligible for aid and not compliant", {"county", "term"}},
  };
  return *specs;
}

obs::Sampler::Probe CoverageProbe(db::Database& database, obs::Metrics& metrics) {
  metrics.Declare(MetricSpecs());
  return dashboard::MovedCounties(database, [probe = std::make_shared<Probe>(database, metrics)](
                                                const std::string& shard) { return probe->Show(shard); });
}

}  // namespace ruraledu::student_aid
