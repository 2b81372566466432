// Figures of a comparison: findings by kind beside those before, children of school age by township and state. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"

namespace ruraledu::dropout_monitoring {

// Kinds of `kinds` that are not among the open findings `before`, and the other way round.
std::vector<v1::ComparisonKind> FreshKinds(absl::Span<const v1::ComparisonKind> kinds,
                                           absl::Span<const v1::ComparisonFinding> before);
std::vector<v1::ComparisonKind> GoneKinds(absl::Span<const v1::ComparisonKind> kinds,
                                          absl::Span<const v1::ComparisonFinding> before);

// Counts the findings of one child.
void CountKinds(absl::Span<const v1::ComparisonKind> kinds, absl::Span<const v1::ComparisonFinding> before,
                v1::ComparisonRun* run);
// Counts children of an area: its township, or the county where none is known. Rows stay in order.
void CountChildren(std::string_view area, std::string_view state, int64_t children, v1::ComparisonRun* run);
// Adds the figures of a page.
void AddFigures(const v1::ComparisonRun& page, v1::ComparisonRun* run);

}  // namespace ruraledu::dropout_monitoring
