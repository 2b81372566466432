// The evaluation of a county at the end of a day as a job: school by school, one snapshot, decisions outside of any
// transaction, one write that stores what changed together with the cursor.
//
//   WAITING_FOR_FEED until the positions that the request named are reached, and while an import is partly applied
//   a school without a school day on the day, or without a calendar, is left out and counted
//   cases are opened, and every open case is told of attendance, whoever found the child, in the write that stores what
//   they follow from (case_writes.h)
//   scores of early warning follow in the same write; a child that left the rolls loses its points
//   a child's sheets are followed through all classes that it belonged to in the window; runs that are open, and
//   returns that are not stable, are followed to their beginning a state that is of a later day stays
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kEvaluationJob = "attendance_evaluation";

struct EvaluationParts {
  const rpc::Host& host;
  const Standards& standards;
};

// Result: EvaluationResult.
absl::StatusOr<std::string> RunEvaluation(const EvaluationParts& parts, db::JobContext& context);

// Queues the evaluation of the day for every county that has a school calendar and no job for the day yet: of today
// from `hour` on in Shanghai, of yesterday before. Called at start and now and then; returns how many jobs it queued.
absl::StatusOr<int64_t> QueueEvaluations(db::Database& database, const Clock& clock, int hour);

}  // namespace ruraledu::dropout_monitoring
