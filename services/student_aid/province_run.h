// A province run: one child job per county, then their end.
#pragma once

#include "services/student_aid/run.h"

namespace ruraledu::student_aid {

// The error of a child that failed is the error of the parent; the other children go on.
absl::StatusOr<std::string> RunProvince(const RunParts& parts, db::JobContext& context, const v1::RunPlan& plan);

}  // namespace ruraledu::student_aid
