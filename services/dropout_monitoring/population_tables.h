// How residents, findings and runs of comparisons, and ledgers rest (common/feed/root.h).
#pragma once

#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kResidents;
extern const feed::RootTable kComparisonFindings;
extern const feed::RootTable kComparisonRuns;
extern const feed::RootTable kChildLedgers;

}  // namespace ruraledu::dropout_monitoring
