// The data of early warning, placement and dossiers, read from their files once at start.
#pragma once

#include <string>

#include "services/dropout_monitoring/care_rules.h"
#include "services/dropout_monitoring/placement_rules.h"
#include "services/dropout_monitoring/risk_rules.h"

namespace ruraledu::dropout_monitoring {

struct CareStandards {
  RiskBook risks;
  CodeList grades;  // with the column `order`
  PlacementBook placements;
  CodeList disability_grades;
  CareBook care;
};

// <policies>/dropout_monitoring is `folder`. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<CareStandards> LoadCareStandards(const std::string& folder, const std::string& data_folder,
                                                const RegionPath& path);

}  // namespace ruraledu::dropout_monitoring
