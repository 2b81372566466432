// What Prometheus sees of a county's payments: what is not paid, what failed, what is overdue, where the bank is
// silent.
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/sampler.h"
#include "services/student_aid/payment_policy_rules.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> PaymentMetricSpecs();

// Items of the newest terms from the counters of the dashboard, batches from their table; looks only at counties whose
// head moved since it looked last, and at the calendar each time. Declares the families. Everything outlives the probe.
obs::Sampler::Probe PaymentProbe(db::Database& database, obs::Metrics& metrics, const PaymentBook& payments,
                                 const Clock& clock);

}  // namespace ruraledu::student_aid
