// Parameters of a generated county (county profile, sections 2-13). Shares are parts per million (`_ppm`).
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "tests/lib/county/oracle.h"

namespace ruraledu::testlib {

enum class Site { kSeat, kTownship, kVillage };
enum class SchoolKind { kPrimary, kTeachingPoint, kNineYear, kJunior, kHigh, kVocational, kSpecial, kKindergarten };

// One line of the school table (section 3). Sizes are lognormal inside a kind.
struct SchoolLine {
  SchoolKind kind;
  Site site;
  bool is_private;
  Kindergarten kindergarten;
  int count;        // in the county of natural size
  int mean;         // pupils
  int mean_junior;  // of the junior part of a nine-year school
  int low, high;
  int class_size;
  int boarding_ppm;  // of junior pupils in a nine-year school
  bool always;       // at least one even in the smallest county
};

// Share of pupils, by kind (section 5). D1 is drawn apart for P/M households and others.
struct HardshipShares {
  int p2, p3;
  int open[3], eliminated[3];         // M1, M2, M3
  int d1_rural, d1_urban, d1_also_p;  // d1_also_p: part of D1 that is P or M too
  int d2, d3, o1, o2, x1, x2, r1, r2, w1, e1, n1;
};

// Rates per million of rows, or of files where the name says so (section 13). All zero: a clean county.
struct FaultRates {
  // student register
  int id_check = 800, id_length = 400, id_charset = 200, id_region = 100, id_date = 200, id_legacy15 = 100;
  int id_lower_x = 30000, id_full_width = 3000;  // lower_x: of the IDs that end with X
  int precision_file = 20000, apostrophe_file = 100000;
  int duplicate_in_file = 500, two_schools = 1000, unknown_school = 300;
  int birth_mismatch = 500, sex_mismatch = 500, temporary_number = 6000, number_differs = 2000;
  int address_empty = 50000, phone_wrong = 40000;
  // rural revitalisation, civil affairs, federation, veterans
  int member_missing = 8000, homophone = 3500, dead_listed = 600, dept_id_check = 800, other_id = 400;
  int duplicate_household = 1500, risk_date_missing = 12000;
  int head_first_row_file = 300000, ended_but_listed = 4000, child_not_insured = 50000, over_age_orphan = 20000;
  int certificate_cancelled = 3000, veteran_without_id = 100000;
  // bank accounts, teachers, aid list
  int card_shared = 25000, card_digit_missing = 4000, card_blanks = 10000;
  int teacher_birth_mismatch = 12000;
  int aid_gap = 30000, aid_should_not = 400, aid_other_id = 3000, aid_not_enrolled = 300000;
  // shape of files
  int title_file = 350000, footer_file = 250000, two_line_header_file = 100000, hidden_sheet_file = 50000;
  int blank_line_file = 100000, synonym_file = 500000, csv_file = 200000, undated_file = 300000;
  int odd_date_file = 600000;  // other date shapes than 2015-09-01

  static FaultRates None();
};

struct Profile {
  char letter;
  std::string_view county;  // six digits of the county that it is drawn from
  bool former_poor, nutrition_pilot, north_west_names, minority_area;
  std::string_view old_id_region;  // region part of IDs of adults from before the change of regions
  // PRE 1-3, PRI 1-6, JUN 7-9, HS 10-12, VOC 1-3 at natural size; special school pupils
  std::array<int, 18> grades;
  int special;
  std::vector<SchoolLine> schools;
  int boys_ppm;
  int older_one_ppm, older_two_ppm, younger_ppm;  // age against the grade's official age
  HardshipShares hardship;
  int left_behind_one_ppm, left_behind_both_ppm;
  int studies_elsewhere_ppm;  // of P2/M pupils
  int other_households;       // households on the lists without pupils, at natural size
  int teachers;
  int minority_ppm;
  int64_t high_tuition_fen, high_accommodation_fen;  // per term
  int64_t vocational_tuition_fen;                    // per term

  int natural_size() const;
};

const Profile& ProfileA();
const Profile& ProfileB();

}  // namespace ruraledu::testlib
