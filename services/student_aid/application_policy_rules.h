// Tables of aid applications per jurisdiction (digest 2.7): where the notice is, working days of notice, objections and
// appeals, approvals of the county by amount; codes of restrictions.
//
// The files are <policies>/student_aid/application_*.csv and restriction_codes.csv. A version does not change once it
// is used: applications name it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// The texts of the two files.
struct ApplicationFiles {
  std::string policies;  // the columns of jurisdiction_rules.h, and notice_level
  std::string steps;     // policy,version,from_amount_fen,approvals,source
};

// Policies in the order of the file, without digests. Errors: DATA_FILE with file and line for what
// jurisdiction_rules.h refuses, a notice level that nobody knows, a policy whose approvals do not begin at 0, are not
// in order of amount, are none or fall as the amount grows.
absl::StatusOr<std::vector<v1::ApplicationPolicy>> ParseApplicationPolicies(const ApplicationFiles& files);

// The tables of a deployment. Immutable; safe for many threads.
class ApplicationBook {
 public:
  // `policies` and `codes` passed the parsers.
  ApplicationBook(std::vector<v1::ApplicationPolicy> policies, std::vector<v1::RestrictionCode> codes,
                  RegionPath path = RegionPathByDigits);

  absl::Span<const v1::ApplicationPolicy> policies() const { return policies_; }
  absl::Span<const v1::RestrictionCode> codes() const { return codes_; }
  // nullptr when there is none of that name.
  const v1::ApplicationPolicy* Find(std::string_view name) const;
  const v1::RestrictionCode* FindCode(std::string_view code) const;
  // The one of the lowest region that has one in the term; nullptr when there is none.
  const v1::ApplicationPolicy* InForce(std::string_view region, const Term& term) const;

 private:
  std::vector<v1::ApplicationPolicy> policies_;
  std::vector<v1::RestrictionCode> codes_;
  RegionPath path_;
};

// The tables by which an application goes: POLICY_SET_UNKNOWN.
absl::StatusOr<const v1::ApplicationPolicy*> PolicyOf(const ApplicationBook& tables,
                                                      const v1::Application& application);

}  // namespace ruraledu::student_aid
