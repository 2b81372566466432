// Rows against each other: steps 4 to 6 of entitlement_rules.h. `verdicts` are those of the rows of `program`, one
// each. Inside of entitlement_rules only.
#pragma once

#include <vector>

#include "services/student_aid/row_rules.h"

namespace ruraledu::student_aid {

// One amount per benefit family: the lowest local row against the national floor (DR-16, DR-59). Makes candidates
// granted, applied or removed.
void KeepOnePerFamily(const Program& program, std::vector<Verdict>* verdicts);
// A fee subsidy covers what the family still pays after the waiver of the last kindergarten year (DR-18).
void CoverRemainingFee(const Program& program, const v1::PupilFacts& facts, std::vector<Verdict>* verdicts);
// A supplementary batch pays less what was received in the family this term (DR-10).
void DeductReceived(const PolicyBook& book, const Program& program, const v1::PupilFacts& facts,
                    std::vector<Verdict>* verdicts);

}  // namespace ruraledu::student_aid
