// The daily look at children who need care, a part of the job of the case clock (case_clock.h): disabled children of
// the register enter the ledger, left-behind and in-difficulty children get a dossier, both follow the register, and
// findings follow the day: an approval that ended, a gap of lessons at home.
//
// Children are read and judged outside of any transaction; a write checks that they are still the ones that were read.
#pragma once

#include "services/dropout_monitoring/case_clock.h"

namespace ruraledu::dropout_monitoring {

// Of the job's county. `cursor` and `done` are the job's own.
absl::Status LookAtCare(const CaseClockParts& parts, db::JobContext& context, const std::string& cursor, int64_t done);

}  // namespace ruraledu::dropout_monitoring
