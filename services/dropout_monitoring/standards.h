// The data of a deployment, read from its files once at start.
#pragma once

#include <memory>
#include <string>

#include "common/domain/code_list.h"
#include "common/domain/region.h"
#include "common/domain/school_year.h"
#include "services/dropout_monitoring/profile_rules.h"

namespace ruraledu::dropout_monitoring {

struct Standards {
  std::shared_ptr<const RegionTree> regions;
  TermCalendar terms;
  ProfileBook profiles;
  CodeList leave_reasons;
  CodeList statuses;  // with the column `marking`
};

// <policies>/dropout_monitoring/absence_*.csv, <data>/term-calendar.csv, <data>/codes/leave_reason.csv and
// student_status.csv. `regions` may be null: regions by digits then. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions);

}  // namespace ruraledu::dropout_monitoring
