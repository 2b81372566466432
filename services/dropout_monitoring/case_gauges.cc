#include "services/dropout_monitoring/case_gauges.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/report_facts.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kSuspected = "ruraledu_dropout_monitoring_suspected_cases";
constexpr std::string_view kConfirmed = "ruraledu_dropout_monitoring_confirmed_dropouts";
constexpr std::string_view kOnTrial = "ruraledu_dropout_monitoring_trial_returns";
constexpr std::string_view kLate = "ruraledu_dropout_monitoring_overdue_actions";
constexpr std::string_view kMissing = "ruraledu_dropout_monitoring_missing_reports";
constexpr std::string_view kUnnamed = "ruraledu_dropout_monitoring_children_without_name";

class Probe {
 public:
  Probe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics)
      : host_(host), standards_(standards), metrics_(metrics) {}

  absl::Status Run() {
    const absl::CivilDay today = host_.clock.Today();
    ASSIGN_OR_RETURN(const auto heads, host_.database.Heads());
    for (const auto& [shard, head] : heads) {
      std::pair<int64_t, absl::CivilDay>& seen = seen_[shard];
      if (shard.starts_with('c') && seen != std::pair(head.seq, today)) {
        RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) { return Look(tx, shard, today); }));
        seen = {head.seq, today};
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Look(db::Transaction& tx, const std::string& shard, absl::CivilDay today) {
    ASSIGN_OR_RETURN(const CaseCounts counts, CountCases(tx, shard, today));
    std::map<std::string_view, int64_t> sums = {{kSuspected, 0}, {kConfirmed, 0}, {kOnTrial, 0}, {kLate, counts.late}};
    for (const auto& [name, count] : counts.by_state) {
      v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
      v1::CaseState_Parse(name, &state);
      if (Unresolved(state)) {
        sums[kConfirmed] += count;
      } else if (state == v1::CASE_STATE_RETURNED_TRIAL) {
        sums[kOnTrial] += count;
      } else if (state == v1::CASE_STATE_SUSPECTED || state == v1::CASE_STATE_VERIFYING) {
        sums[kSuspected] += count;
      }
    }
    const ReportFacts facts{host_, standards_, today};
    ASSIGN_OR_RETURN(sums[kMissing], MissingReports(tx, facts, shard, today));
    const std::string county = shard.substr(1);
    for (const auto& [gauge, count] : sums) {
      metrics_.GaugeOf(gauge, {county}).Set(static_cast<double>(count));
    }
    ASSIGN_OR_RETURN(const auto gaps, ReadGaps(tx, shard));
    for (const auto& [line, children] : gaps) {
      metrics_.GaugeOf(kUnnamed, {county, line}).Set(static_cast<double>(children));
    }
    return absl::OkStatus();
  }

  const rpc::Host& host_;
  const Standards& standards_;
  obs::Metrics& metrics_;
  std::map<std::string, std::pair<int64_t, absl::CivilDay>> seen_;
};

}  // namespace

absl::Span<const obs::MetricSpec> CaseMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kSuspected, "Open suspected cases, verification included (digest 3.5)", {"county"}},
      {kGauge, kConfirmed, "Confirmed dropouts that are not resolved (DR-31, DR-56)", {"county"}},
      {kGauge, kOnTrial, "Children on trial return (DR-29)", {"county"}},
      {kGauge, kLate, "Open cases whose next action, a visit for instance, is past its last day", {"county"}},
      {kGauge, kMissing, "Monthly zero reports of the school year that were due and are missing (3.6)", {"county"}},
      {kGauge, kUnnamed, "Pupils without a responsible name in a line, as counted last (3.3)", {"county", "line"}},
  };
  return *specs;
}

obs::Sampler::Probe CaseProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(CaseMetricSpecs());
  return [probe = std::make_shared<Probe>(host, standards, metrics)] { return probe->Run(); };
}

}  // namespace ruraledu::dropout_monitoring
