// Reads the file of a list of another department, as a job.
//
// The file is read whole before anything is written. One with damaged lines is kept with what is wrong and nothing
// else. Else its rows are written page by page, each by the number of its line, so that a job that was cut off goes on
// with the same rows; the last write lets the list count, takes the place of the earlier list of the department and
// period, and erases the content of the file, in which stand people whom nobody here has to know.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/files/content.h"
#include "common/ingest/header_map.h"
#include "common/rpc/resources.h"
#include "services/student_aid/department_policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kDepartmentAidJob = "department_aid_list";

struct DepartmentParts {
  const rpc::Host& host;
  const DepartmentBook& departments;
  const ingest::HeaderSpec& header;  // headers/department_aid.csv
  const files::Shelf& shelf;
  int64_t page = 300;  // lines per write
};

// Keyed digest of a department and a period: lists with the same one take each other's place.
std::string SlotOf(const crypto::KeyRing& keys, const v1::DepartmentAidList& list);

// Result: DepartmentAidList. Errors: those of ingest::OpenTable and MappedTable, STATE_TRANSITION,
// DEPARTMENT_LIST_TWICE for a file that counts in another list.
absl::StatusOr<std::string> RunDepartmentAidList(const DepartmentParts& parts, db::JobContext& context);

}  // namespace ruraledu::student_aid
