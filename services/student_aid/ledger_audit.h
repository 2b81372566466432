// Looks whether the ledger is sound, how far budgets are executed and what is overdue, for the gauges of each county.
#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "services/student_aid/fund_policy_rules.h"

namespace ruraledu::student_aid {

// A probe of the sampler. A county is looked at once a day, and when its head moved, at most once an hour: its entries
// are added up again by budget year. Sets ruraledu_integrity_findings{check="ledger"}, which is 0 while the ledger is
// sound, and the time of the latest check; of the present and the last budget year what is budgeted, executed and not
// paid out in time. `rules` outlives it.
obs::Sampler::Probe LedgerAudit(db::Database& database, const Clock& clock, const FundRules& rules,
                                obs::Metrics& metrics, const obs::RuntimeMetrics& runtime);

// The gauges, declared by LedgerAudit.
absl::Span<const obs::MetricSpec> LedgerMetricSpecs();

}  // namespace ruraledu::student_aid
