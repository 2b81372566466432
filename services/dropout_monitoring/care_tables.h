// How scores of early warning rest (common/feed/root.h). The id of a score is the person.
#pragma once

#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kRisks;

}  // namespace ruraledu::dropout_monitoring
