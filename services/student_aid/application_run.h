// Work on aid applications (2.7) as a job: opens them out of the decisions in force of a term and works out again those
// that are there (DR-10, DR-14, DR-26).
//
// Persons in the order of their ids, a snapshot and a write per page, the cursor in the same transaction. Of each cash
// item that is granted:
//
//   no application        opened; handed in without paper when a compared kind or a standing identification is behind
//   it before it is ordered  another class or school: on the list again; another amount: assessed again; nothing:
//   withdrawn ordered               waits for the bank paid                  another amount is noted, and `overpaid`
//   set when it is less refused, recovered    stays; withdrawn by the job: opened again, by the family: stays
//
// Nothing is opened while a restriction stops it, or money of the benefit family is out under another item or another
// record of the person. What the caps over all departments' aid do not leave is cut or not opened, the items of a
// person in order of code; money that is out is not asked back because of a cap.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kApplicationJob = "application_proposals";

struct ApplicationParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const IdentificationBook& tables;
  const ApplicationBook& applications;
  const DepartmentBook& departments;
  int64_t page = 500;
};

// The job. Result: ApplicationRunResult. Errors: ENTITLEMENT_RUN_MISSING, POLICY_MISSING, TERM_FORMAT.
absl::StatusOr<std::string> RunApplications(const ApplicationParts& parts, db::JobContext& context);

}  // namespace ruraledu::student_aid
