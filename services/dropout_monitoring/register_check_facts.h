// What a check of the register is drawn up from: the register of a school, its marks, other registers, other checks.
// For *_handlers.cc.
#pragma once

#include "common/rpc/resources.h"
#include "services/dropout_monitoring/register_check_rules.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

struct RegisterFacts {
  const rpc::Host& host;
  const Standards& standards;
  absl::CivilDay today;
};

// Writes the findings of today into the check, which has name, school and month; answers stay. CASE_POLICY_MISSING,
// REGION_POLICY_MISSING.
absl::Status DrawUp(db::Transaction& tx, const RegisterFacts& facts, v1::RegisterCheck* check);

}  // namespace ruraledu::dropout_monitoring
