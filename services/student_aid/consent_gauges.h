// What Prometheus sees of a county's consents and of what families are asked.
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "common/obs/sampler.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"

namespace ruraledu::student_aid {

absl::Span<const obs::MetricSpec> ConsentMetricSpecs();

// What the probe stands on; all of it outlives the probe.
struct ConsentProbeParts {
  db::Database& database;
  obs::Metrics& metrics;
  const ConsentBook& consents;
  const FollowUpBook& follow_up;
  const TermCalendar& calendar;
  const Clock& clock;
};
// Looks at counties whose head moved since it looked last, and at all of them on a new day. Declares the families.
obs::Sampler::Probe ConsentProbe(const ConsentProbeParts& parts);

}  // namespace ruraledu::student_aid
