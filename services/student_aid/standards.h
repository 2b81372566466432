// The standards of a deployment, read from its files once at start.
#pragma once

#include <memory>
#include <string>

#include "common/domain/region.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/mirror_policy_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/verification_rules.h"

namespace ruraledu::student_aid {

// <policies>/student_aid/*.textproto, <data>/term-calendar.csv and <data>/former-poor-areas.csv. `regions` may be null:
// regions by digits then. Findings of the loading checks go to the log. DATA_FILE, DATA_FILE_UNREADABLE and the errors
// of PolicyBook::Create.
absl::StatusOr<PolicyBook> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                         std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/identification_*.csv and <data>/codes/evidence_kind.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<IdentificationBook> LoadIdentificationTables(const std::string& policies_folder,
                                                            const std::string& data_folder,
                                                            std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/application_*.csv and restriction_codes.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<ApplicationBook> LoadApplicationTables(const std::string& policies_folder,
                                                      std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/fund_rules.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<FundRules> LoadFundRules(const std::string& policies_folder, std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/payment_rules.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<PaymentBook> LoadPaymentRules(const std::string& policies_folder,
                                             std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/complaint_categories.csv, family_messages.csv and presence_rules.csv,
// <data>/codes/contact_channel.csv and hardship_kind.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<OfficeBook> LoadOfficeTables(const std::string& policies_folder, const std::string& data_folder,
                                            std::shared_ptr<const RegionTree> regions);
// <policies>/student_aid/follow_up_rules.csv and outward_letter.txt, code lists of graduates and publicity. DATA_FILE,
// DATA_FILE_UNREADABLE.
absl::StatusOr<FollowUpBook> LoadFollowUp(const std::string& policies_folder, const std::string& data_folder,
                                          std::shared_ptr<const RegionTree> regions);

// <policies>/student_aid/mirror_*.csv and the code lists of <data>/codes. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<MirrorBook> LoadMirror(const std::string& policies_folder, const std::string& data_folder);
// <policies>/student_aid/aid_caps.csv and fact_sources.csv, <data>/term-calendar.csv and the code lists of
// <data>/codes. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<DepartmentBook> LoadDepartments(const std::string& policies_folder, const std::string& data_folder,
                                               std::shared_ptr<const RegionTree> regions);
// <policies>/student_aid/compliance_rules.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<ComplianceBook> LoadCompliance(const std::string& policies_folder);
// <policies>/student_aid/goods.csv, <data>/term-calendar.csv and the code lists of <data>/codes. DATA_FILE,
// DATA_FILE_UNREADABLE.
absl::StatusOr<GoodsBook> LoadGoods(const std::string& policies_folder, const std::string& data_folder,
                                    std::shared_ptr<const RegionTree> regions);
// <policies>/student_aid/legal_bases.csv and the code lists of <data>/codes. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<ConsentBook> LoadConsents(const std::string& policies_folder, const std::string& data_folder,
                                         std::shared_ptr<const RegionTree> regions);
// <policies>/student_aid/verification_*.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<VerificationBook> LoadVerification(const std::string& policies_folder,
                                                  std::shared_ptr<const RegionTree> regions);

}  // namespace ruraledu::student_aid
