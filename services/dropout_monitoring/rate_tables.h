// How figures for rates rest (common/feed/root.h).
#pragma once

#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kRateFigures;

}  // namespace ruraledu::dropout_monitoring
