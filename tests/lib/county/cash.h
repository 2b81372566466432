// What a county's families get in money during a school year, out of the truth about it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/lib/county/county.h"

namespace ruraledu::testlib {

// Whom the comparison with the departments' lists finds to be hardship pupils at the begin of a term, without paper
// (2.6): places in `pupils`.
std::set<int> FoundByComparison(const CountyTruth& truth, int term);
// They are hardship pupils by their identification (N1) from that term on: the oracle decides their terms anew.
void Identify(const std::set<int>& pupils, int term, CountyTruth* truth);

// By item, of a term.
std::map<std::string, int64_t> CashOf(const PupilTruth& pupil, int term);
// The pupil's own card, of a range that no bank has given out; it passes ISO/IEC 7812-1.
std::string CardOf(int pupil);

}  // namespace ruraledu::testlib
