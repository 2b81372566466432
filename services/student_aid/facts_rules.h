// The facts about one person, read once into masks and numbers. Inside of entitlement_rules only.
#pragma once

#include <cstdint>

#include "common/base/error.h"
#include "google/type/date.pb.h"
#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// A date as the number YYYYMMDD, for comparing; 0 = unset.
int DayNumber(absl::CivilDay day);
int DayNumber(const google::type::Date& date);

// Adds AMOUNT_NEGATIVE or AMOUNT_TOO_LARGE. Sums of checked amounts stay far inside of int64.
void CheckAmount(int64_t fen, std::string_view field, Violations* violations);

// Kinds as masks over PolicyBook::kinds(). The rural masks hold those of records with area RURAL.
struct KindMasks {
  uint64_t held = 0, held_rural = 0;                    // on the first day of the term (DR-14)
  uint64_t supplementary = 0, supplementary_rural = 0;  // M1-M3 found later, up to the cut-off (DR-10)
  uint64_t eliminated = 0;                              // monitored, risk eliminated on or before the first day
  uint64_t after_cut_off = 0;                           // monitored, found after the cut-off
  uint64_t starts_later = 0;                            // other kinds that start after the first day
  uint64_t ended = 0;
};

struct FactMasks {
  int stage = -1;           // StageIndex
  int study_year = 0;       // 0 = not stated
  uint32_t conditions = 0;  // bits of Conditions() that are met, FRESHMAN and SELECTED excepted
};

// Fills `masks` and adds every violation of the facts.
void ReadFacts(const PolicyBook& book, const v1::PupilFacts& facts, FactMasks* masks, Violations* violations);
// The kinds of a term; those in `monitored` have same-term entry and elimination of risk. The facts must have passed
// ReadFacts.
KindMasks ReadKinds(const PolicyBook& book, const v1::PupilFacts& facts, const TermDates& dates, uint64_t monitored);
// Hardship level 1..3 of the kinds in `mask`, best first: stated, or 1 for those in `level_one`; 0 = none (2.6).
int BestLevel(const PolicyBook& book, const v1::PupilFacts& facts, uint64_t mask, uint64_t level_one);

}  // namespace ruraledu::student_aid
