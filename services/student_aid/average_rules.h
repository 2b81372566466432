// The check of AVERAGE standards per county and school year (DR-19).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/rate.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// What one recipient got of a family in one term.
struct AveragePayment {
  std::string school;
  std::string stage;         // "HS"
  v1::BenefitFamily family;  // GRANT
  Term term;
  int64_t paid_fen = 0;
};

struct SchoolMean {
  std::string school;
  Rate mean;  // paid by standard
  bool off;   // outside of the limits: warning SCHOOL_MEAN_OFF
};

struct AverageCheck {
  std::string item;                 // the national row
  Rate mean;                        // sum paid by sum of standards of the same recipients and terms
  bool mean_ok = false;             // inside the limits, included
  bool within_allocation = false;   // an allocation is recorded and not exceeded
  int64_t outside_range = 0;        // payments outside of the individual range of the term
  std::vector<SchoolMean> schools;  // in order of school

  // One of the two is enough.
  bool ok() const { return mean_ok || within_allocation; }
};

// Per national AVERAGE item, in order of its code. `payments` are those of one county and school year; those of a
// family, stage and term without an AVERAGE row are left out. `allocated_fen`: fund allocated to the county for the
// same terms. Errors: POLICY_MISSING when the national set has no limits.
absl::StatusOr<std::vector<AverageCheck>> CheckAverages(const PolicyBook& book,
                                                        absl::Span<const AveragePayment> payments,
                                                        std::optional<int64_t> allocated_fen);

}  // namespace ruraledu::student_aid
