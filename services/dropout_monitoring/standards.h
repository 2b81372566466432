// The data of a deployment, read from its files once at start.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/domain/code_list.h"
#include "common/domain/region.h"
#include "common/domain/school_year.h"
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/absence_message_rules.h"
#include "services/dropout_monitoring/care_standards.h"
#include "services/dropout_monitoring/case_policy_rules.h"
#include "services/dropout_monitoring/department_slip_rules.h"
#include "services/dropout_monitoring/enrolment_rules.h"
#include "services/dropout_monitoring/leaver_rules.h"
#include "services/dropout_monitoring/ledger_rules.h"
#include "services/dropout_monitoring/population_rules.h"
#include "services/dropout_monitoring/profile_rules.h"
#include "services/dropout_monitoring/rate_policy_rules.h"
#include "services/dropout_monitoring/register_check_rules.h"
#include "services/dropout_monitoring/responsibility_rules.h"

namespace ruraledu::dropout_monitoring {

struct Standards {
  std::shared_ptr<const RegionTree> regions;
  TermCalendar terms;
  // Absence.
  ProfileBook profiles;
  CodeList leave_reasons;
  CodeList statuses;  // with the column `marking`
  AbsenceMessageBook absence_messages;
  // Cases.
  CaseBook cases;
  std::map<std::string, std::string> documents;  // templates by name: "legal_0"
  std::vector<v1::ResponsibilitySlot> slots;
  // Comparisons.
  ComparisonBook comparisons;
  // Register cleaning.
  RegisterBook registers;
  // Rates.
  RateBook rates;
  // Slips to other departments.
  SlipBook slips;
  // Approvals by which a child may stay away.
  ApprovalBook approvals;
  // The enrolment drive, leavers.
  EnrolmentBook enrolment;
  LeaverBook leavers;
  // Early warning, placement, dossiers.
  CareStandards care;
  // Ledgers.
  PlatformBook platforms;
};

// <policies>/dropout_monitoring, <data>/term-calendar.csv, <data>/codes. `regions` may be null: regions by digits then.
// DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions);

}  // namespace ruraledu::dropout_monitoring
