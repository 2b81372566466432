// Reports as tests read them.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/domain/report_cells.h"

namespace ruraledu::student_aid {

// The cells of a row as people read them.
inline std::string Line(const reports_v1::ReportRow& row) {
  std::vector<std::string> cells;
  for (const reports_v1::ReportCell& cell : row.cells()) cells.push_back(CellText(cell));
  return absl::StrJoin(cells, "|");
}

}  // namespace ruraledu::student_aid
