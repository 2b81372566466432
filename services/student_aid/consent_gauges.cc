#include "services/student_aid/consent_gauges.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "common/domain/shard.h"
#include "services/student_aid/consent_store.h"
#include "services/student_aid/information_store.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr std::string_view kLacking = "ruraledu_student_aid_consents_lacking";
constexpr std::string_view kEnding = "ruraledu_student_aid_consents_ending";
constexpr std::string_view kOpen = "ruraledu_student_aid_open_information_requests";
constexpr std::string_view kOverdue = "ruraledu_student_aid_overdue_information_requests";

// Over the uses of which every pupil who is identified needs a consent; nothing is read where there is none.
absl::StatusOr<ConsentCounts> CountsOf(const ConsentProbeParts& parts, const std::string& shard, absl::CivilDay today) {
  const std::string region = RegionOfShard(shard);
  const std::vector<std::string> uses = UsesNeeded(parts.consents, region, today);
  ConsentCounts sum;
  if (uses.empty()) {
    return sum;
  }
  ASSIGN_OR_RETURN(const ConsentRoll roll, parts.database.Read([&](db::Transaction& tx) {
    return ReadConsentRoll(tx, shard, parts.calendar.SchoolYearOf(today).text());
  }));
  std::vector<ConsentSpan> spans;
  std::set<std::string> identified;
  for (const auto& [person, pupil] : roll.pupils) {
    spans.insert(spans.end(), pupil.spans.begin(), pupil.spans.end());
    if (pupil.identified) {
      identified.insert(person);
    }
  }
  const int32_t days = parts.follow_up.Days(FollowUpRule::kConsentEndingDays, region, today);
  const auto counts = CountConsents(spans, identified, uses, today, days);
  for (const std::string& use : uses) {
    sum += counts.at(use);
  }
  return sum;
}

}  // namespace

absl::Span<const obs::MetricSpec> ConsentMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kLacking, "Consents that are needed of identified pupils and do not hold (digest 7.7)", {"county"}},
      {kGauge, kEnding, "Consents that are needed of identified pupils and end soon (digest 7.7)", {"county"}},
      {kGauge, kOpen, "Requests for information of families that nobody answered yet", {"county"}},
      {kGauge, kOverdue, "Requests for information of families that lapsed without an answer", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe ConsentProbe(const ConsentProbeParts& parts) {
  parts.metrics.Declare(ConsentMetricSpecs());
  return dashboard::MovedCounties(
      parts.database,
      [parts](const std::string& shard) -> absl::Status {
        const absl::CivilDay today = parts.clock.Today();
        ASSIGN_OR_RETURN(const ConsentCounts counts, CountsOf(parts, shard, today));
        ASSIGN_OR_RETURN(const auto waiting, parts.database.Read([&](db::Transaction& tx) {
          return WaitingInformation(tx, shard, DayText(today));
        }));
        const auto show = [&](std::string_view gauge, int64_t value) {
          parts.metrics.GaugeOf(gauge, {shard.substr(1)}).Set(static_cast<double>(value));
        };
        show(kLacking, counts.missing);
        show(kEnding, counts.renew);
        show(kOpen, waiting.open);
        show(kOverdue, waiting.overdue);
        return absl::OkStatus();
      },
      &parts.clock);
}

}  // namespace ruraledu::student_aid
