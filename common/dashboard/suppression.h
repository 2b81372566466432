// Small groups in the public view. A table of cells, one row per school, one column per part of an indicator and one
// for its total; the sums of the columns are known (the township shows them), and the parts of a row add up to its
// total.
//
// A cell of 1 to 4 is hidden. A line - a column, or the parts of a row with their total - with exactly one hidden cell
// gives it away, so a second one is withheld: the smallest other value, a 0 only when there is nothing else. That cell
// lies in another line as well, so this goes on until no line has a single one. What is known from outside, or by
// comparing two indicators, is not considered.
#pragma once

#include <vector>

#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::dashboard {

// Hides within one indicator of the schools of one township, in the order of their areas, with all their parts. Which
// cells are withheld depends on nothing but the values, so that a school's own dashboard and the breakdown of its
// township agree. A part that is 0 everywhere need not be there.
void HideSmall(const std::vector<ruraledu::dashboard::v1::Indicator*>& schools);

}  // namespace ruraledu::dashboard
