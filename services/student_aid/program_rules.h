// The rows in force for one school region, home region and term, compiled to masks. Inside of entitlement_rules only,
// TermAmountFen excepted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// One way to qualify for a row.
struct ProgramWay {
  uint64_t kinds = 0;        // any of them; 0 = everybody
  uint64_t rural_kinds = 0;  // part of `kinds` that counts with area RURAL only
  uint32_t conditions = 0;   // all of them
  uint32_t years = 0;        // bit of the study year; 0 = all
};

struct ProgramRow {
  const v1::PolicyItem* item;
  const v1::PolicySet* set;
  std::string applied;  // "SP@1:SP_LIV_B_PRI"
  int level;            // 0 = lowest region; national sets have the highest
  bool national;
  bool floor;         // national row that is a floor or a ceiling (DR-16)
  uint32_t stages;    // bits of Stages()
  ProgramWay common;  // conditions and years of the row itself
  std::vector<ProgramWay> ways;
  int64_t amount_fen;  // of the term, before charges and tiers
  std::vector<int64_t> tiers_fen;
  uint64_t level_one;     // kinds of level 1 where none is stated
  std::vector<int> rank;  // kinds of the set, best first
};

struct Program {
  std::vector<const v1::PolicySet*> sets;  // lowest region first, the nation last
  std::vector<ProgramRow> rows;            // in order of item code
  uint64_t monitored = 0;                  // kinds with same-term entry and elimination of risk, of these sets
};

// What a row is worth in a term: half a year, all of it in autumn, or the limit of the school year (DR-02, DR-20).
int64_t TermAmountFen(const v1::PolicyItem& item, int64_t annual_fen, Season season);

// Rows that follow the school from the sets of `school`, rows that follow the household from those of `home`.
// Errors: POLICY_MISSING (no set in force), POLICY_SET_UNKNOWN, POLICY_SET_ELSEWHERE (a named set that does not hold
// there in the term).
absl::StatusOr<Program> CompileProgram(const PolicyBook& book, std::string_view school, std::string_view home,
                                       const Term& term, absl::Span<const std::string> names);

}  // namespace ruraledu::student_aid
