#include "services/dropout_monitoring/case_gauges.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/moved_counties.h"
#include "common/db/jobs.h"
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/department_slip_store.h"
#include "services/dropout_monitoring/report_facts.h"

namespace ruraledu::dropout_monitoring {
namespace {

using enum obs::MetricType;

constexpr std::string_view kSuspected = "ruraledu_dropout_monitoring_suspected_cases";
constexpr std::string_view kConfirmed = "ruraledu_dropout_monitoring_confirmed_dropouts";
constexpr std::string_view kOnTrial = "ruraledu_dropout_monitoring_trial_returns";
constexpr std::string_view kLate = "ruraledu_dropout_monitoring_overdue_actions";
constexpr std::string_view kEscalated = "ruraledu_dropout_monitoring_escalated_cases";
constexpr std::string_view kMissing = "ruraledu_dropout_monitoring_missing_reports";
constexpr std::string_view kUnreviewed = "ruraledu_dropout_monitoring_missing_reviews";
constexpr std::string_view kUnsigned = "ruraledu_dropout_monitoring_missing_register_checks";
constexpr std::string_view kLateSlips = "ruraledu_dropout_monitoring_overdue_slips";
constexpr std::string_view kUnnamed = "ruraledu_dropout_monitoring_children_without_name";
constexpr std::string_view kUnmarked = "ruraledu_dropout_monitoring_unmarked_classes";
constexpr int64_t kJobsLookedAt = 20;

// As the evaluation of the last day that was evaluated says, of several the newest one; 0: none ended.
absl::StatusOr<int64_t> UnmarkedClasses(db::Transaction& tx, const std::string& shard) {
  ASSIGN_OR_RETURN(const auto jobs, db::ListJobs(tx, shard, kEvaluationJob, "", kJobsLookedAt));
  std::pair<std::optional<absl::CivilDay>, int64_t> newest;
  int64_t classes = 0;
  for (const db::JobRow& job : jobs) {
    v1::EvaluationPlan plan;
    v1::EvaluationResult result;
    if (job.state != db::JobState::kSucceeded || !plan.ParseFromString(job.input) ||
        !result.ParseFromString(job.result)) {
      continue;
    }
    const std::pair key(DayOf(plan.on()), job.version);
    if (newest <= key) {
      newest = key;
      classes = result.unmarked_classes();
    }
  }
  return classes;
}

// What a level above waits for: late actions that it was told of, reviews that are missing.
absl::Status LookUpwards(db::Transaction& tx, const ReportFacts& facts, obs::Metrics& metrics,
                         const std::string& shard) {
  const std::string county = shard.substr(1);
  ASSIGN_OR_RETURN(auto escalated, CountEscalated(tx, shard));
  for (const v1::AuthorityLevel level : {v1::AUTHORITY_LEVEL_SCHOOL, v1::AUTHORITY_LEVEL_TOWNSHIP,
                                         v1::AUTHORITY_LEVEL_COUNTY, v1::AUTHORITY_LEVEL_CITY}) {
    metrics.GaugeOf(kEscalated, {county, EnumText(level)}).Set(static_cast<double>(escalated[level]));
  }
  ASSIGN_OR_RETURN(const ReviewsOfCounty reviews, ReviewsHeld(tx, shard));
  std::map<v1::ReviewKind, int64_t> unreviewed = {
      {v1::REVIEW_KIND_QUARTER, 0}, {v1::REVIEW_KIND_TERM, 0}, {v1::REVIEW_KIND_YEAR, 0}};
  for (const v1::MissingReview& one : MissingReviews(reviews, facts.today, facts.standards.terms)) {
    unreviewed[one.kind()] += 1;
  }
  for (const auto& [kind, count] : unreviewed) {
    metrics.GaugeOf(kUnreviewed, {county, EnumText(kind)}).Set(static_cast<double>(count));
  }
  return absl::OkStatus();
}

// Of one county.
absl::Status Look(db::Transaction& tx, const ReportFacts& facts, obs::Metrics& metrics, const std::string& shard) {
  ASSIGN_OR_RETURN(const CaseCounts counts, CountCases(tx, shard, facts.today));
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
  ASSIGN_OR_RETURN(sums[kLateSlips], CountLateSlips(tx, shard, facts.today));
  ASSIGN_OR_RETURN(sums[kMissing], MissingReports(tx, facts, shard, facts.today));
  ASSIGN_OR_RETURN(sums[kUnsigned], MissingRegisterChecks(tx, facts, shard, facts.today));
  ASSIGN_OR_RETURN(sums[kUnmarked], UnmarkedClasses(tx, shard));
  const std::string county = shard.substr(1);
  for (const auto& [gauge, count] : sums) {
    metrics.GaugeOf(gauge, {county}).Set(static_cast<double>(count));
  }
  RETURN_IF_ERROR(LookUpwards(tx, facts, metrics, shard));
  ASSIGN_OR_RETURN(const auto gaps, ReadGaps(tx, shard));
  for (const auto& [line, children] : gaps) {
    metrics.GaugeOf(kUnnamed, {county, line}).Set(static_cast<double>(children));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Span<const obs::MetricSpec> CaseMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kSuspected, "Open suspected cases, verification included (digest 3.5)", {"county"}},
      {kGauge, kConfirmed, "Confirmed dropouts that are not resolved (DR-31, DR-56)", {"county"}},
      {kGauge, kOnTrial, "Children on trial return (DR-29)", {"county"}},
      {kGauge, kLate, "Open cases whose next action, a visit for instance, is past its last day", {"county"}},
      {kGauge,
       kEscalated,
       "Open cases whose present action is late, by the highest level that was told (DR-54)",
       {"county", "level"}},
      {kGauge, kMissing, "Monthly zero reports of the school year that were due and are missing (3.6)", {"county"}},
      {kGauge,
       kUnreviewed,
       "Reviews of a quarter, term or year that was over in the last year and that nobody approved (3.3, 6.3)",
       {"county", "kind"}},
      {kGauge,
       kUnsigned,
       "Monthly checks of the register of the school year that were due and are not signed",
       {"county"}},
      {kGauge, kLateSlips, "Slips to other departments whose answer is past its last day", {"county"}},
      {kGauge, kUnmarked, "Classes that were not marked when the newest evaluation ended (DR-28)", {"county"}},
      {kGauge, kUnnamed, "Pupils without a responsible name in a line, as counted last (3.3)", {"county", "line"}},
  };
  return *specs;
}

obs::Sampler::Probe CaseProbe(const rpc::Host& host, const Standards& standards, obs::Metrics& metrics) {
  metrics.Declare(CaseMetricSpecs());
  return dashboard::MovedCounties(
      host.database,
      [&host, &standards, &metrics](const std::string& shard) {
        const ReportFacts facts{host, standards, host.clock.Today()};
        return host.database.Read([&](db::Transaction& tx) { return Look(tx, facts, metrics, shard); });
      },
      &host.clock);
}

}  // namespace ruraledu::dropout_monitoring
