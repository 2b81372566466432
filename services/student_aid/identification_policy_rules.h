// Tables of identification per jurisdiction (digest 2.6): levels, the six groups, the scored table, what a kind means,
// working days of notice, objections and appeals.
//
// The files are <policies>/student_aid/identification_*.csv; everything that is a number of policy is in them. A
// version does not change once it is used: stored answers name it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// The texts of the five files.
struct IdentificationFiles {
  std::string
      policies;  // policy,version,region,from_term,until_term,notice_days,objection_days,appeal_days,answer_days,label_zh,source
  std::string levels;   // policy,version,level,label_zh,label_en,at_least_points,source
  std::string groups;   // policy,version,group,label_zh,max_points,source
  std::string factors;  // policy,version,group,factor,answer,from_value,below_value,unit,label_zh,points,source
  std::string kinds;    // policy,version,kind,level,points,source
};

// Policies in the order of the file, without digests. Errors: DATA_FILE with file and line for
//   a number that is none or negative, a group that nobody knows, a row of a policy that is not there, a term that is
//   none a notice of fewer than 5 working days (2.6), a period of 0 days levels with gaps, or that do not need fewer
//   points as they grow milder; a group missing or twice a factor in two groups or units, an answer twice, bounds that
//   overlap, an empty range, a kind twice, a level that the policy does not have versions of a jurisdiction that
//   overlap, leave a gap (DR-04) or hold in different regions; two jurisdictions in one region
absl::StatusOr<std::vector<v1::IdentificationPolicy>> ParseIdentificationPolicies(const IdentificationFiles& files);

// The tables of a deployment. Immutable; safe for many threads.
class IdentificationBook {
 public:
  // `policies` passed the parser. `evidence`: code list evidence_kind.
  IdentificationBook(std::vector<v1::IdentificationPolicy> policies, CodeList evidence,
                     RegionPath path = RegionPathByDigits);

  absl::Span<const v1::IdentificationPolicy> policies() const { return policies_; }
  const CodeList& evidence() const { return evidence_; }
  // nullptr when there is none of that name.
  const v1::IdentificationPolicy* Find(std::string_view name) const;
  // The one of the lowest region that has one in the term: the county's, else the city's, the province's, the nation's;
  // nullptr when there is none.
  const v1::IdentificationPolicy* InForce(std::string_view region, const Term& term) const;

 private:
  std::vector<v1::IdentificationPolicy> policies_;
  CodeList evidence_;
  RegionPath path_;
};

// "ECONOMY" <-> FACTOR_GROUP_ECONOMY; UNSPECIFIED when there is none of that name.
v1::FactorGroup FactorGroupOf(std::string_view name);

}  // namespace ruraledu::student_aid
