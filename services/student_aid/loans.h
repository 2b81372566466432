// Who wants a loan for a school year, may have one, and has a contract or not: 应贷尽贷 (PS-5f). Read from studies, the
// decisions of the autumn term and the loans.
#pragma once

#include <string_view>
#include <vector>

#include "common/crypto/field_cipher.h"
#include "common/db/db.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// Of these studies, those that go on in the autumn of the year and whose family wants a loan, in their order; names are
// masked. A contract makes eligible whatever was decided.
absl::StatusOr<std::vector<v1::LoanCandidate>> LoanCandidatesOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                const PolicyBook& book, std::string_view shard,
                                                                const SchoolYear& year,
                                                                const std::vector<v1::Study>& studies);

// Counts in the denominator of the rate.
inline bool Eligible(const v1::LoanCandidate& candidate) {
  return candidate.gap() != v1::LOAN_GAP_NOT_DECIDED && candidate.gap() != v1::LOAN_GAP_NOT_ELIGIBLE;
}

}  // namespace ruraledu::student_aid
