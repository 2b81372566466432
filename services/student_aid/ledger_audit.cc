#include "services/student_aid/ledger_audit.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/ledger_store.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr absl::Duration kEvery = absl::Hours(1);
constexpr int64_t kFenPerYuan = 100;
constexpr std::string_view kBudget = "ruraledu_student_aid_budget_yuan";
constexpr std::string_view kExecuted = "ruraledu_student_aid_executed_yuan";
constexpr std::string_view kOverdue = "ruraledu_student_aid_overdue_arrivals";

// A county's budget year as it is shown.
struct YearShown {
  int64_t budget_fen = 0, executed_fen = 0, overdue = 0;
};

class Audit {
 public:
  Audit(db::Database& database, const Clock& clock, const FundRules& rules, obs::Metrics& metrics,
        const obs::RuntimeMetrics& runtime)
      : database_(database), clock_(clock), rules_(rules), metrics_(metrics), runtime_(runtime) {}

  absl::Status Look() {
    ASSIGN_OR_RETURN(const auto heads, database_.Heads());
    const absl::CivilDay today = clock_.Today();
    for (const auto& [shard, head] : heads) {
      Seen& seen = seen_[shard];
      const bool moved = seen.seq != head.seq && clock_.Now() >= seen.next;
      if (!shard.starts_with('c') || (!moved && seen.on == today)) {
        continue;
      }
      RETURN_IF_ERROR(Check(shard));
      for (const int64_t year : {today.year() - 1, today.year()}) {
        RETURN_IF_ERROR(Show(shard, static_cast<int32_t>(year)));
      }
      seen = {head.seq, clock_.Now() + kEvery, today};
    }
    return absl::OkStatus();
  }

 private:
  struct Seen {
    int64_t seq = 0;
    absl::Time next = absl::InfinitePast();
    absl::CivilDay on;
  };

  absl::Status Check(const std::string& shard) {
    ASSIGN_OR_RETURN(const auto years, database_.Read([&](db::Transaction& tx) { return BudgetYears(tx, shard); }));
    int64_t findings = 0;
    for (const int32_t year : years) {
      ASSIGN_OR_RETURN(const int64_t found,
                       database_.Read([&](db::Transaction& tx) { return CountImbalances(tx, shard, year); }));
      findings += found;
    }
    runtime_.GaugeOf("ruraledu_integrity_findings", {"ledger", shard}).Set(static_cast<double>(findings));
    runtime_.GaugeOf("ruraledu_integrity_checked_timestamp_seconds", {"ledger"})
        .Set(absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
    return absl::OkStatus();
  }

  absl::Status Show(const std::string& shard, int32_t year) {
    const absl::CivilDay today = clock_.Today();
    const FundRules::Row* rule = rules_.Find(FundRule::kPayOutDays, RegionOfShard(shard), today);
    ASSIGN_OR_RETURN(const YearShown shown, database_.Read([&](db::Transaction& tx) -> absl::StatusOr<YearShown> {
      YearShown read;
      ASSIGN_OR_RETURN(const auto funds, LoadFunds(tx, shard, year));
      for (const auto& [key, fund] : funds) {
        read.budget_fen += TotalsOf(fund).Budget();
        read.executed_fen += TotalsOf(fund).Executed();
      }
      ASSIGN_OR_RETURN(auto arrivals, ReadArrivals(tx, shard, year));
      if (rule != nullptr) {
        SetDue(rule->value, today, &arrivals);
      }
      for (const v1::FundArrival& arrival : arrivals) {
        read.overdue += static_cast<int64_t>(arrival.overdue());
      }
      return read;
    }));
    const auto set = [&](std::string_view gauge, int64_t value) {
      metrics_.GaugeOf(gauge, {shard.substr(1), absl::StrCat(year)}).Set(static_cast<double>(value));
    };
    set(kBudget, shown.budget_fen / kFenPerYuan);
    set(kExecuted, shown.executed_fen / kFenPerYuan);
    set(kOverdue, shown.overdue);
    return absl::OkStatus();
  }

  db::Database& database_;
  const Clock& clock_;
  const FundRules& rules_;
  obs::Metrics& metrics_;
  const obs::RuntimeMetrics runtime_;
  std::map<std::string, Seen> seen_;
};

}  // namespace

absl::Span<const obs::MetricSpec> LedgerMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge,
       kBudget,
       "Money of a budget year: allotted and brought in, less what was given on or back (digest 2.10)",
       {"county", "year"}},
      {kGauge, kExecuted, "Paid and settled of a budget year, less what came back", {"county", "year"}},
      {kGauge, kOverdue, "Arrivals of money that were not paid out in time", {"county", "year"}},
  };
  return *specs;
}

obs::Sampler::Probe LedgerAudit(db::Database& database, const Clock& clock, const FundRules& rules,
                                obs::Metrics& metrics, const obs::RuntimeMetrics& runtime) {
  metrics.Declare(LedgerMetricSpecs());
  return [audit = std::make_shared<Audit>(database, clock, rules, metrics, runtime)] { return audit->Look(); };
}

}  // namespace ruraledu::student_aid
