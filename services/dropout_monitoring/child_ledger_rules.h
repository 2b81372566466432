// The three ledgers of a county (三本台账, digest 3.3) with dynamic sign-off: who stands in them, who is signed off,
// and what two persons lock. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"

namespace ruraledu::dropout_monitoring {

// The ledger in which an open case stands; UNSPECIFIED: in none. A child on trial return stays where it was.
v1::LedgerKind LedgerOf(const v1::Case& file);
// Why a line of the version before is signed off; "": it is not.
std::string SignedOff(v1::LedgerKind kind, const v1::Case& file);
// Fills lines and counts of a version out of the cases of its kind, and of those that stood in the version before.
void FillLedger(absl::Span<const v1::Case> cases, absl::Span<const v1::Case> before, v1::ChildLedger* ledger);
// Prepared -> signed -> replaced. STATE_TRANSITION, ROLE_HELD.
absl::Status SignLedger(const std::string& person, absl::CivilDay on, v1::ChildLedger* ledger);

}  // namespace ruraledu::dropout_monitoring
