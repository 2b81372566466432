// What a check of the register is drawn up from: the register of a school, its marks, other registers, other checks.
// For *_handlers.cc.
#pragma once

#include <vector>

#include "common/rpc/resources.h"
#include "services/dropout_monitoring/read_ahead.h"
#include "services/dropout_monitoring/register_check_rules.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

struct RegisterFacts {
  const rpc::Host& host;
  const Standards& standards;
  absl::CivilDay today;
};

// What is found of a school today, and what other schools passed on to it.
struct RegisterFound {
  std::vector<v1::RegisterFinding> found, passed;
};
// `check` has school, area and month. CASE_POLICY_MISSING, REGION_POLICY_MISSING.
absl::StatusOr<RegisterFound> ReadRegister(db::Transaction& tx, const RegisterFacts& facts,
                                           const v1::RegisterCheck& check);
// Writes the findings of today into the check, which has name, school, area and month; answers stay. Without `ahead`
// they are read here. HEAD_MOVED, those of ReadRegister.
absl::Status DrawUp(db::Transaction& tx, const RegisterFacts& facts, const ReadAhead<RegisterFound>* ahead,
                    v1::RegisterCheck* check);

}  // namespace ruraledu::dropout_monitoring
