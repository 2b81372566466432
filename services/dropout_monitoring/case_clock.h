// The clock of cases: once a day in each county every reminder that is due is issued, cases of children who died or
// moved are closed by what the registry says, reminders of slips to other departments are issued, children whose
// approval to stay away is over are looked for, children without a responsible name are counted, and disabled children
// and dossiers are looked at (care_clock.h).
//
// A probe of the sampler looks whether a county has something to do and gives it a job; the job does it case by case,
// so that a stop in between loses nothing and repeats nothing.
#pragma once

#include "common/db/jobs.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kCaseClockJob = "case_clock";

struct CaseClockParts {
  const rpc::Host& host;
  const Standards& standards;
  int64_t page = 200;  // cases per write
};

absl::StatusOr<std::string> RunCaseClock(const CaseClockParts& parts, db::JobContext& context);

// Gives each county that has something to do a job, unless one waits already. Counties that had nothing to do are asked
// again when their head moved or the day changed.
obs::Sampler::Probe CaseClockProbe(const CaseClockParts& parts);

}  // namespace ruraledu::dropout_monitoring
