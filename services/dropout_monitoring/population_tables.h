// How residents, findings and runs of comparisons, and ledgers rest (common/feed/root.h).
#pragma once

#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kResidents;
extern const feed::RootTable kComparisonFindings;
extern const feed::RootTable kComparisonRuns;
extern const feed::RootTable kChildLedgers;

// Whether a student register knows the child of a finding.
bool AboutStudent(const v1::ComparisonFinding& finding);

}  // namespace ruraledu::dropout_monitoring
