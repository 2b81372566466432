#include "services/registry/gauges.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

using enum obs::MetricType;

constexpr std::string_view kCalendarDays = "ruraledu_registry_calendar_days_left";
constexpr std::string_view kReviewsOpen = "ruraledu_registry_reviews_open";
constexpr std::string_view kTransfersOpen = "ruraledu_registry_transfers_open";
constexpr std::string_view kImportsOpen = "ruraledu_registry_imports_open";

// "IMPORT_STATE_PARTLY_APPLIED" -> "partly_applied".
std::string StateLabel(std::string_view state) {
  return absl::AsciiStrToLower(absl::StripPrefix(state, "IMPORT_STATE_"));
}

class Probe {
 public:
  Probe(db::Database& database, const ReferenceBook& reference, const Clock& clock, obs::Metrics& metrics)
      : database_(database), reference_(reference), clock_(clock), metrics_(metrics) {}

  absl::Status Run() {
    metrics_.GaugeOf(kCalendarDays).Set(reference_.Get()->calendar.DaysLeft(clock_.Today()));
    ASSIGN_OR_RETURN(const auto work, database_.Read(CountOpenWork));
    for (auto& [series, value] : values_) {
      value = 0;
    }
    for (const OpenWork& open : work) {
      values_[{open.kind, {open.shard.substr(1), open.state}}] = open.count;
    }
    for (const auto& [series, value] : values_) {
      Set(series.first, series.second.first, series.second.second, value);
    }
    return absl::OkStatus();
  }

 private:
  void Set(std::string_view kind, std::string_view county, std::string_view state, int64_t value) {
    if (kind == "import") {
      metrics_.GaugeOf(kImportsOpen, {county, StateLabel(state)}).Set(static_cast<double>(value));
    } else {
      metrics_.GaugeOf(kind == "review" ? kReviewsOpen : kTransfersOpen, {county}).Set(static_cast<double>(value));
    }
  }

  db::Database& database_;
  const ReferenceBook& reference_;
  const Clock& clock_;
  obs::Metrics& metrics_;
  // What was shown once is shown as 0 when it is gone: (kind, (county, state)).
  std::map<std::pair<std::string, std::pair<std::string, std::string>>, int64_t> values_;
};

}  // namespace

absl::Span<const obs::MetricSpec> MetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kCalendarDays, "Days to the end of the working-day calendar, -1 without this year (DR-05)"},
      {kGauge, kReviewsOpen, "Doubtful pairs of persons that wait for an officer", {"county"}},
      {kGauge, kTransfersOpen, "Transfers requested or accepted and not closed", {"county"}},
      {kGauge, kImportsOpen, "Imports that are not closed, refused or withdrawn", {"county", "state"}},
  };
  return *specs;
}

obs::Sampler::Probe OpenWorkProbe(db::Database& database, const ReferenceBook& reference, const Clock& clock,
                                  obs::Metrics& metrics) {
  metrics.Declare(MetricSpecs());
  return [probe = std::make_shared<Probe>(database, reference, clock, metrics)] { return probe->Run(); };
}

}  // namespace ruraledu::registry
