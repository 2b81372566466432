// How cases, responsibilities, reports and reviews rest (common/feed/root.h).
#pragma once

#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kCases;
extern const feed::RootTable kResponsibilities;
extern const feed::RootTable kMechanisms;
extern const feed::RootTable kZeroReports;
extern const feed::RootTable kReviews;

}  // namespace ruraledu::dropout_monitoring
