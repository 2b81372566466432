// Dashboards whose periods are terms.
#pragma once

#include "common/dashboard/board.h"
#include "common/domain/school_year.h"

namespace ruraledu::dashboard {

// The present period is the term of the day, the trend the five terms before the one that is shown.
void ShowByTerm(const TermCalendar& terms, BoardSpec* spec);

// Queues the job that keeps the STOCK levels (kOpenPeriodJob in rebuild.h) under the name of the term that ended, for
// every county of the database that was there before the present term began and has not kept them yet. Called at start
// and now and then; returns how many jobs it queued.
absl::StatusOr<int64_t> QueueOpenTerm(db::Database& database, const TermCalendar& terms, const Clock& clock);

// When a day begins in Shanghai, which keeps no summer time in the years that matter here.
absl::Time FirstMoment(absl::CivilDay day);

}  // namespace ruraledu::dashboard
