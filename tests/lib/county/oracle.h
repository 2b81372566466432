// A second, independent reading of the aid rules, for tests only.
//
// It shares no code with the product: amounts are written down from the tables of the policy digest (2.2, 2.3), the
// rules from 2.5 with DR-10, DR-14 ... DR-22 and DR-59, the comparison classes from 2.9. Where product and oracle
// differ, one of them misreads the digest.
//
// Days are text "YYYY-MM-DD", terms "2023-2024-1" (autumn) and "2023-2024-2" (spring); both compare as text.
// Money is int64 fen of one term.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ruraledu::testlib {

enum class Stage { kPre, kPrimary, kJunior, kHigh, kVocational, kCollege, kUndergraduate, kMaster, kDoctor };
enum class Kindergarten { kNone, kPublic, kInclusive, kOther };  // approved ones; public counts as inclusive
enum class StandardMode { kHigherOf, kLocal };                   // DR-16

std::string_view StageCode(Stage stage);  // "PRE", "PRI", "JUN", "HS", "VOC", "COL", "UG", "MA", "PHD"

// First day, census day (DR-21) and last day of same-term entry (DR-10) of a term.
std::string TermFirstDay(std::string_view term);
std::string TermCensusDay(std::string_view term);
std::string TermCutOff(std::string_view term);
// Full years on 31 August of the year in which the school year of `term` starts (DR-08).
int SchoolAge(std::string_view birth_date, std::string_view term);

// One hardship record of a person, digest 2.1.
struct KindFact {
  std::string kind;           // "P2", "M1", "D1", ...
  std::string from;           // first day
  std::string to;             // first day on which it is over; empty: open
  std::string eliminated_on;  // M1-M3: risk_eliminated_on; empty: open
  bool rural = true;          // D1, D2: area of the record
};

// Whether the record counts on the first day of the term (DR-10, DR-14).
bool CountsOnFirstDay(const KindFact& fact, std::string_view term);
// Whether it is an M1-M3 record found inside the term up to the cut-off, paid in a supplementary batch (DR-10).
bool CountsBySameTermEntry(const KindFact& fact, std::string_view term);

// Whether the department's list has the person in the term: like the above, elimination of risk aside.
bool ListedInTerm(const KindFact& fact, std::string_view term);

// What is known of one student on the census day of the term.
struct AidFacts {
  std::string term;
  std::string county;  // six digits of the school's county
  std::string birth_date;
  std::string status = "ENROLLED";  // status codes of digest 3.1
  Stage stage = Stage::kPrimary;
  int grade = 1;  // PRE 1-3, PRI 1-6, JUN 7-9, HS 10-12, VOC 1-3
  bool boarding = false;
  Kindergarten kindergarten = Kindergarten::kNone;
  bool in_nutrition_pilot = false;
  bool charges_known = true;         // false: rows that follow the charge are removed with CHARGE_UNKNOWN
  int64_t tuition_fen = 0;           // charged for the term
  int64_t accommodation_fen = 0;     // charged for the term; 0 for a day student
  int64_t approved_tuition_fen = 0;  // approved public price of the term
  bool full_time_formal = true;
  bool agriculture_major = false;
  bool performing_arts_major = false;  // other than traditional opera
  bool minority_area = false;          // the school lies in one
  bool school_public = true;
  bool rural_household = true;
  bool home_outside_seat = true;
  bool in_province = true;          // COL ... PHD: studies in the province
  bool central_university = false;  // PHD
  std::vector<KindFact> kinds;
};

// Whether an item counts as hardship aid: in totals, comparison and coverage. The waiver of compulsory education is
// universal and does not (2.2, last row of 2.5).
bool CountsAsHardshipAid(std::string_view item);

// Whether money goes to the family. What is waived, and settled with the school, does not (2.2, 2.3).
bool PaidInCash(std::string_view item);

struct AidItem {
  std::string code;    // "SP_LIV_B_PRI"
  std::string family;  // benefit family: LIVING, FEE_WAIVER, GRANT, NUTRITION, RAIN_AND_DEW
  int64_t fen = 0;
  int64_t supplementary_fen = 0;   // part of `fen` that only a same-term entry brought (DR-10)
  std::vector<std::string> flags;  // STANDARD_BELOW_NATIONAL
  std::vector<std::string> kinds;  // kinds of the person that satisfy the row, in order of digest 2.1
};

struct AidRemoval {
  std::string code;
  std::string reason;  // SAME_FAMILY (DR-59), NUTRITION_PILOT (DR-22), FEE_ALREADY_WAIVED (DR-18),
                       // CHARGE_UNKNOWN
};

struct AidResult {
  std::vector<AidItem> items;  // sorted by code
  std::vector<AidRemoval> removals;

  int64_t total_fen() const;
  bool entitled() const;  // to an item that counts
  const AidItem* Find(std::string_view code) const;
  const AidItem* FindFamily(std::string_view family) const;
};

// The entitlement of one student and term; empty for a status other than ENROLLED.
AidResult Entitle(const AidFacts& facts, StandardMode mode = StandardMode::kHigherOf);

// One person and item in the comparison of digest 2.9.
struct ComparisonFacts {
  bool entitled = false;          // should be aided with the item
  bool in_source = false;         // any department lists the person, or the school identified N1 or E1
  bool aided = false;             // the aid list of the term has the person with the item
  bool id_mismatch = false;       // that row's ID number is not the register's
  bool duplicate_school = false;  // enrolled in two schools, or aided through two
  bool not_enrolled = false;      // deceased or without enrolment on the census day
};

// 'A' ... 'F' of one item, or '-' when nothing is to be said. A defect of an aided row (F, E, D in this order) goes
// before A-C.
char ComparisonClass(const ComparisonFacts& facts);

// Every class of a person, in order: "AE". Somebody on a list who is deceased or not enrolled is F, aided or not. Being
// entitled by a clause that needs no list is as good as being on one: the education register is a source too (2.9).
std::string ComparisonClasses(const ComparisonFacts& facts);

// Coverage of digest 2.9: numerator is a part of denominator; denominator 0 means "not applicable".
struct Coverage {
  int64_t aided = 0;
  int64_t should_be_aided = 0;
  void Add(const ComparisonFacts& facts);
};

}  // namespace ruraledu::testlib
