// Who lives in a generated county, before anything is written: schools, pupils with their place in each of three
// terms, households, hardship records. The truth that the files then tell, more or less well.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lib/county/identity.h"
#include "tests/lib/county/oracle.h"
#include "tests/lib/county/place.h"
#include "tests/lib/county/profile.h"

namespace ruraledu::testlib {

inline constexpr std::array<std::string_view, 3> kTerms = {"2022-2023-2", "2023-2024-1", "2023-2024-2"};

struct School {
  std::string code;  // 10 digits
  std::string name;
  SchoolKind kind;
  Site site;
  bool is_private;
  Kindergarten kindergarten;
  int township, village;
  int weight = 0, weight_junior = 0;  // share of the pupils of its stages
  bool low_grades_only = false;       // teaching point with grades 1-3
  bool in_pilot = false;              // nutrition pilot
  int class_size, boarding_ppm;
};

enum class Status { kAbsent, kEnrolled, kSuspended, kTransferred, kGraduated, kDeceased, kEmigrated };
std::string_view StatusCode(Status status);     // "ENROLLED"
std::string_view StatusChinese(Status status);  // "在读"

// Where a pupil is on the census day of a term. kAbsent: not on the register of the county, nothing is listed.
struct Placement {
  int school = -1;
  Stage stage = Stage::kPrimary;
  int grade = 1;
  int class_no = 1;
  bool boarding = false;
  Status status = Status::kAbsent;
};

struct Pupil {
  std::string name, birth_date, id, number;
  bool male = true;
  bool minority = false;
  int left_behind = 0;  // 0, 1, 2 (education code)
  bool migrant = false;
  bool rural = true;                                                    // household registration
  bool full_time = true, agriculture = false, performing_arts = false;  // vocational
  int household = -1;
  int village = 0;
  int second_school = -1;  // enrolled there too (class E)
  std::array<Placement, 3> places;
  std::vector<KindFact> kinds;  // of the person: O1 O2 X1 X2 R1 R2 W1 E1 N1
};

struct Adult {
  std::string name, birth_date, id;
  bool male = true;
};

struct Household {
  int village = 0;
  Adult father, mother, grandparent;
  int head = 0;      // 0 father, 1 mother, 2 grandparent
  int guardian = 0;  // same
  std::string phone, card;
  std::vector<int> pupils;
  std::vector<KindFact> kinds;  // P2 P3 M1 M2 M3 D1 D2 D3

  const Adult& adult(int which) const { return which == 0 ? father : which == 1 ? mother : grandparent; }
};

struct Population {
  CountyPlaces places;
  std::vector<School> schools;
  std::vector<Pupil> pupils;
  std::vector<Household> households;  // the first ones have pupils
  std::vector<Adult> teachers;        // of schools in order, see teacher_school
  std::vector<int> teacher_school;
  std::optional<IdSource> ids;  // goes on handing out numbers for people who are on other departments' lists only

  // Every kind of a pupil: the household's, then the person's.
  std::vector<KindFact> KindsOf(const Pupil& pupil) const;
  // The facts of the oracle for one term, with the given kinds.
  AidFacts FactsOf(const Pupil& pupil, int term, std::vector<KindFact> kinds, const Profile& profile) const;
};

// `pupils` are enrolled in the county in term 2023-2024-1; leavers come on top.
Population MakePopulation(const Profile& profile, CountyPlaces places, int pupils, const FaultRates& faults,
                          Random random);

}  // namespace ruraledu::testlib
