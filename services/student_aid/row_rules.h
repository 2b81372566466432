// One row against one person: steps 1 to 3 of entitlement_rules.h. Inside of entitlement_rules only.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/student_aid/clause_rules.h"
#include "services/student_aid/facts_rules.h"
#include "services/student_aid/program_rules.h"

namespace ruraledu::student_aid {

// One person in one term.
struct Case {
  const PolicyBook& book;
  Term term;
  const v1::PupilFacts* facts = nullptr;
  FactMasks masks;
  KindMasks kinds;
};

inline constexpr int kNoRow = -1;

// What became of a row.
struct Verdict {
  // kCandidate: could be granted; of those of a family one is kGranted and the national floor beside it kApplied.
  enum Kind { kRemoved, kCandidate, kGranted, kApplied } kind = kRemoved;
  std::string_view reason, detail;  // of a removed row: the first clause that is not met
  int64_t amount_fen = 0;
  uint64_t kinds = 0;          // held or found, that qualify
  bool supplementary = false;  // by same-term entry only (DR-10)
  bool below_national = false;
  int floor = kNoRow;        // national row that was applied beside it
  int replaced_by = kNoRow;  // row

  void Remove(Clause clause, int by = kNoRow) {
    kind = kRemoved;
    reason = Clauses()[clause].reason;
    detail = Clauses()[clause].english;
    replaced_by = by;
  }
};

// Candidate with its amount of the term, or removed.
Verdict JudgeRow(const Case& person, const ProgramRow& row);

}  // namespace ruraledu::student_aid
