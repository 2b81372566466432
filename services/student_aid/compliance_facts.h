// What the service knows of the compliance of pupils (compliance_rules.h), for a comparison run.
//
//   in_class, has_bed  newest check of presence of the school that the pupil is at
//   card               as payment checks it (account_rules.h)
//   restricted         as payment checks it (restriction_rules.h)
//   identified         record of the school year: confirmed and not disputed
//   evidence_stands    of an application: before its school's review the pieces are looked at, behind it they stand
//   status             of the register on the day
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/student_aid/account_facts.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/restriction_rules.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {

struct ComplianceParts {
  const ComplianceBook& rules;
  const PaymentBook& payments;
  const IdentificationBook& tables;
};

// What the checks of presence of a county say, by school.
struct PresenceSeen {
  struct School {
    std::set<std::string> seen, missing;  // persons
  };
  std::map<std::string, School> in_class, in_bed;  // by resource name
};
void AddPresence(const v1::PresenceCheck& check, PresenceSeen* seen);
v1::FactAnswer AnswerOf(const std::map<std::string, PresenceSeen::School>& schools, const std::string& school,
                        const std::string& person);

// What a run reads once. Outlived by everything that it is given.
class ComplianceReader {
 public:
  static absl::StatusOr<ComplianceReader> Create(const ComplianceParts& parts, db::Database& database,
                                                 std::shared_ptr<const crypto::Sealer> sealer, std::string shard,
                                                 const Term& term, absl::CivilDay first_day, absl::CivilDay on);

  // Opens what belongs to a page; call before its pupils.
  absl::Status TakePage(const SealedPage& page);
  // Facts of one pupil of the page. `result` is that of the comparison, `decision` what it was made of.
  v1::ComplianceFacts FactsOf(const RunPupil& pupil, const std::map<std::string, registry_v1::School>& schools,
                              const v1::EvaluateEntitlementResponse& decision, std::string_view stage,
                              const v1::ComparisonResult& result) const;
  const ComplianceBook& rules() const { return parts_.rules; }

 private:
  struct Card {
    std::string digest;
    bool refused = false;
  };
  ComplianceReader(const ComplianceParts& parts, std::shared_ptr<const crypto::Sealer> sealer, std::string shard,
                   const Term& term, absl::CivilDay on)
      : parts_(parts), sealer_(std::move(sealer)), shard_(std::move(shard)), term_(term), on_(on) {}
  absl::Status Load(db::Transaction& tx, absl::CivilDay first_day);
  void AddItems(const RunPupil& pupil, const v1::EvaluateEntitlementResponse& decision,
                const v1::ComparisonResult& result, v1::ComplianceFacts* facts) const;
  void AddCard(const RunPupil& pupil, v1::ComplianceFacts* facts) const;

  ComplianceParts parts_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  std::string shard_;
  Term term_;
  absl::CivilDay on_;
  PresenceSeen presence_;
  RestrictionMap restrictions_;
  // Of the page.
  std::map<std::string, v1::FactAnswer> identified_;  // by person
  std::map<std::string, v1::FactAnswer> evidence_;    // by "<person>.<term>.<item>"
  std::map<std::string, Card> cards_;                 // by person
  CardSharers sharers_;
};

}  // namespace ruraledu::student_aid
