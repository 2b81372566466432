// A whole generated county: the files as the departments would send them, and the truth about them.
//
// Everything is invented and seeded: the same options give byte-identical files. IDs carry region parts of prefecture
// level (digest 7.1), phones and cards lie in ranges that nobody has.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/lib/county/oracle.h"
#include "tests/lib/county/profile.h"

namespace ruraledu::testlib {

struct CountyOptions {
  char profile = 'A';             // 'A' or 'B'
  std::string county = "411728";  // six digits
  int pupils = 1000;              // enrolled in term 2023-2024-1
  uint64_t seed = 1;
  std::string dir;    // files go to dir/<county>/
  FaultRates faults;  // FaultRates::None() for a clean county
  // Whether schools list N1, E1 and W1 pupils; without the list nobody is aided for these kinds. No import knows it
  // yet.
  bool school_identification = false;
  std::string regions_csv = "deploy/data/regions.csv";
  std::string villages_csv = "deploy/data/villages-five-plans.csv";
  std::string holidays_csv = "deploy/data/holidays.csv";
};

// A row that must be refused, or taken with a warning, on import.
struct PlantedFault {
  std::string source, file;  // "student_roster", path below the county's folder
  int line;                  // in the file, from 1, title, header and blank lines counted
  std::string key;           // student number, ID number or name of the row as truth knows it
  std::string field;         // column
  std::string reason;        // "ID_CHECK"
  bool refused;              // false: warning, the row is taken
};

enum class Match { kExact, kWeak, kNotAPupil, kPupilNotOnRegister, kRefused };
std::string_view MatchCode(Match match);  // "EXACT", "WEAK_MATCH", "NOT_A_PUPIL", "PUPIL_NOT_ON_REGISTER", "REFUSED"

// What a hardship row of another department must come to.
struct RowTruth {
  std::string source, file;
  int line;
  std::string kind;  // "P2"; "" for rows of family members that carry the household's kind to nobody
  Match match;
  int pupil;  // index in pupils; -1 when the row is nobody of the county's schools
};

// One pupil and term of the register.
struct PupilTerm {
  std::string school_code, school_name, township;
  std::string stage, status;  // "PRI", "ENROLLED"; empty when not on the register of the term
  int grade = 0, class_no = 0;
  bool boarding = false;
  bool accepted = false;  // the roster row of the term passes validation
  bool twice = false;     // so does the row of the second school
  // The term whose accepted row says where the pupil is: this one, else the last one before it, since a refused row is
  // no disappearance. -1: not on the register.
  int known_from = -1;
  std::string known_status;  // of that row
  AidResult aid;             // from accepted rows only; empty when not on the register
  std::string classes;       // of the comparison, "AE"; what the aid list of the term brings
  AidResult aid_if_clean;    // from what is true, kinds that no file tells (X2, N1, E1, W1) included
  // Facts of the oracle besides kinds; with `kinds` they give `aid_if_clean`.
  AidFacts facts;
};

struct PupilTruth {
  std::string number, name, id, birth_date, sex;  // true values
  std::string second_school_code;                 // enrolled there too (class E); empty for nearly all
  std::vector<KindFact> kinds;                    // true ones
  std::vector<KindFact> accepted_kinds;           // those that rows with an exact match bring
  std::array<PupilTerm, 3> terms;                 // 2022-2023-2, 2023-2024-1, 2023-2024-2
};

// One item that the pupil should have or has.
struct ComparisonTruth {
  int pupil;
  std::string term, item;
  char letter;  // 'A' ... 'F', digest 2.9
};

struct TermTotals {
  int64_t on_register = 0, enrolled = 0, entitled_pupils = 0, total_fen = 0;
  std::map<std::string, int64_t> pupils_by_item, fen_by_item;
  std::map<std::string, Coverage> coverage_by_item;
  std::map<char, int64_t> by_class;  // pupils, each in all of its classes
};

struct CountyTruth {
  std::string county;
  std::vector<PlantedFault> faults;
  std::vector<RowTruth> rows;
  std::vector<PupilTruth> pupils;
  std::vector<ComparisonTruth> comparison;
  std::array<TermTotals, 3> totals;
};

struct GeneratedCounty {
  std::string dir;  // options.dir/<county>
  // Paths below dir in the order of loading. Sources: villages, calendars, schools, classes, teachers,
  // student_roster:<term>, rural_revitalisation, civil_affairs, disabled_federation, veterans, school_identification
  // (by option), bank_accounts, aid_records:<term>.
  std::map<std::string, std::vector<std::string>> files;
  CountyTruth truth;
};

// Writes dir/<county>/... and dir/<county>/truth/*.jsonl. Memory is that of this one county, about 1.5 kB per pupil.
absl::StatusOr<GeneratedCounty> GenerateCounty(const CountyOptions& options);

// Writes the truth as JSON lines: faults, rows, pupils, comparison, totals (called by GenerateCounty).
absl::Status WriteTruth(const CountyTruth& truth, const std::string& dir);

}  // namespace ruraledu::testlib
