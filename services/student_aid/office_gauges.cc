#include "services/student_aid/office_gauges.h"

#include <string>
#include <vector>

#include "common/base/day.h"
#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "services/student_aid/goods_store.h"
#include "services/student_aid/office_store.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr std::string_view kOpen = "ruraledu_student_aid_open_complaints";
constexpr std::string_view kOverdue = "ruraledu_student_aid_overdue_complaints";
constexpr std::string_view kWaitingGoods = "ruraledu_student_aid_waiting_goods_movements";

}  // namespace

absl::Span<const obs::MetricSpec> OfficeMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kOpen, "Complaints about aid that nobody answered yet", {"county"}},
      {kGauge, kOverdue, "Complaints about aid that are not answered although their last day is over", {"county"}},
      {kGauge, kWaitingGoods, "Movements of goods that no second person decided on yet", {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe OfficeProbe(db::Database& database, obs::Metrics& metrics, const Clock& clock) {
  metrics.Declare(OfficeMetricSpecs());
  return dashboard::MovedCounties(
      database,
      [&database, &metrics, &clock](const std::string& shard) -> absl::Status {
        ASSIGN_OR_RETURN(const auto waiting, database.Read([&](db::Transaction& tx) {
          return WaitingComplaints(tx, shard, DayText(clock.Today()));
        }));
        metrics.GaugeOf(kOpen, {shard.substr(1)}).Set(static_cast<double>(waiting.open));
        metrics.GaugeOf(kOverdue, {shard.substr(1)}).Set(static_cast<double>(waiting.overdue));
        ASSIGN_OR_RETURN(const int64_t goods,
                         database.Read([&](db::Transaction& tx) { return WaitingGoods(tx, shard); }));
        metrics.GaugeOf(kWaitingGoods, {shard.substr(1)}).Set(static_cast<double>(goods));
        return absl::OkStatus();
      },
      &clock);
}

}  // namespace ruraledu::student_aid
