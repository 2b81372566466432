#include "tests/lib/county/profile.h"

#include <numeric>

namespace ruraledu::testlib {
namespace {

using enum SchoolKind;
using enum Site;
constexpr Kindergarten kNo = Kindergarten::kNone;

Profile MakeA() {
  return {.letter = 'A',
          .county = "411728",
          .former_poor = false,
          .nutrition_pilot = false,
          .north_west_names = false,
          .minority_area = false,
          .old_id_region = "412800",
          .grades = {3650, 4227, 4948, 5516, 6084, 6039, 6201, 6201, 6444, 6219, 6084, 5949, 2839, 2794, 2749, 1442,
                     1352, 1262},
          .special = 130,
          .schools = {{kPrimary, kSeat, false, kNo, 10, 1640, 0, 900, 2700, 50, 30000, false},
                      {kPrimary, kTownship, false, kNo, 11, 720, 0, 300, 1300, 38, 120000, true},
                      {kPrimary, kVillage, false, kNo, 62, 150, 0, 45, 380, 21, 10000, false},
                      {kTeachingPoint, kVillage, false, kNo, 25, 30, 0, 3, 70, 8, 0, false},
                      {kNineYear, kTownship, false, kNo, 4, 529, 416, 200, 900, 38, 550000, false},
                      {kJunior, kSeat, false, kNo, 3, 1950, 0, 1500, 2600, 51, 380000, false},
                      {kJunior, kSeat, true, kNo, 2, 1750, 0, 1200, 2300, 50, 950000, false},
                      {kJunior, kTownship, false, kNo, 12, 603, 0, 220, 1100, 44, 620000, true},
                      {kHigh, kSeat, false, kNo, 2, 3400, 0, 2900, 3900, 52, 820000, true},
                      {kHigh, kSeat, true, kNo, 1, 1582, 0, 1500, 1700, 50, 820000, false},
                      {kVocational, kSeat, false, kNo, 1, 4056, 0, 4056, 4056, 48, 800000, true},
                      {kSpecial, kSeat, false, kNo, 1, 130, 0, 130, 130, 12, 600000, false},
                      {kKindergarten, kSeat, false, Kindergarten::kPublic, 5, 300, 0, 150, 500, 30, 0, true},
                      {kKindergarten, kTownship, false, Kindergarten::kPublic, 11, 190, 0, 80, 350, 30, 0, false},
                      {kKindergarten, kVillage, false, Kindergarten::kPublic, 30, 45, 0, 12, 100, 22, 0, false},
                      {kKindergarten, kSeat, true, Kindergarten::kInclusive, 24, 180, 0, 70, 350, 30, 0, false},
                      {kKindergarten, kTownship, true, Kindergarten::kInclusive, 38, 75, 0, 30, 160, 25, 0, true},
                      {kKindergarten, kSeat, true, Kindergarten::kOther, 8, 89, 0, 30, 180, 25, 0, true}},
          .boys_ppm = 535000,
          .older_one_ppm = 50000,
          .older_two_ppm = 10000,
          .younger_ppm = 10000,
          .hardship = {.p2 = 44000,
                       .p3 = 6000,
                       .open = {1500, 2000, 1500},
                       .eliminated = {1500, 2000, 1500},
                       .d1_rural = 23000,
                       .d1_urban = 3000,
                       .d1_also_p = 500000,
                       .d2 = 600,
                       .d3 = 4000,
                       .o1 = 700,
                       .o2 = 2200,
                       .x1 = 9500,
                       .x2 = 19000,
                       .r1 = 20,
                       .r2 = 500,
                       .w1 = 300,
                       .e1 = 3000,
                       .n1 = 50000},
          .left_behind_one_ppm = 120000,
          .left_behind_both_ppm = 90000,
          .studies_elsewhere_ppm = 35000,
          .other_households = 7800,
          .teachers = 3640,
          .minority_ppm = 10000,
          .high_tuition_fen = 40000,
          .high_accommodation_fen = 50000,
          .vocational_tuition_fen = 60000};
}

Profile MakeB() {
  return {.letter = 'B',
          .county = "640422",
          .former_poor = true,
          .nutrition_pilot = true,
          .north_west_names = true,
          .minority_area = true,
          .old_id_region = "642200",
          .grades = {3500, 3900, 4400, 4700, 5000, 5100, 5200, 5250, 5350, 5250, 5150, 5000, 3650, 3550, 3500, 1300,
                     1150, 1050},
          .special = 110,
          .schools = {{kPrimary, kSeat, false, kNo, 8, 1700, 0, 700, 3000, 50, 10000, false},
                      {kPrimary, kTownship, false, kNo, 18, 390, 0, 120, 900, 38, 140000, true},
                      {kPrimary, kVillage, false, kNo, 46, 140, 0, 40, 330, 21, 5000, false},
                      {kTeachingPoint, kVillage, false, kNo, 104, 18, 0, 1, 55, 8, 0, false},
                      {kNineYear, kTownship, false, kNo, 5, 334, 170, 120, 600, 38, 650000, false},
                      {kJunior, kSeat, false, kNo, 5, 1650, 0, 1100, 2300, 51, 450000, false},
                      {kJunior, kTownship, false, kNo, 15, 420, 0, 150, 900, 44, 700000, true},
                      {kHigh, kSeat, false, kNo, 3, 3567, 0, 2500, 4600, 52, 760000, true},
                      {kVocational, kSeat, false, kNo, 1, 3500, 0, 3500, 3500, 46, 850000, true},
                      {kSpecial, kSeat, false, kNo, 1, 110, 0, 110, 110, 12, 550000, false},
                      {kKindergarten, kSeat, false, Kindergarten::kPublic, 8, 320, 0, 150, 500, 32, 0, true},
                      {kKindergarten, kTownship, false, Kindergarten::kPublic, 19, 170, 0, 60, 350, 30, 0, false},
                      {kKindergarten, kVillage, false, Kindergarten::kPublic, 65, 57, 0, 12, 110, 22, 0, false},
                      {kKindergarten, kSeat, true, Kindergarten::kInclusive, 12, 150, 0, 60, 300, 30, 0, true},
                      {kKindergarten, kTownship, true, Kindergarten::kInclusive, 6, 60, 0, 20, 120, 25, 0, false},
                      {kKindergarten, kSeat, true, Kindergarten::kOther, 2, 75, 0, 30, 150, 25, 0, true}},
          .boys_ppm = 515000,
          .older_one_ppm = 50000,
          .older_two_ppm = 25000,
          .younger_ppm = 10000,
          .hardship = {.p2 = 310000,
                       .p3 = 20000,
                       .open = {7000, 6000, 4000},
                       .eliminated = {9000, 7000, 4000},
                       .d1_rural = 85000,
                       .d1_urban = 6000,
                       .d1_also_p = 800000,
                       .d2 = 1000,
                       .d3 = 8000,
                       .o1 = 1000,
                       .o2 = 4500,
                       .x1 = 11500,
                       .x2 = 26000,
                       .r1 = 10,
                       .r2 = 300,
                       .w1 = 200,
                       .e1 = 3000,
                       .n1 = 40000},
          .left_behind_one_ppm = 80000,
          .left_behind_both_ppm = 40000,
          .studies_elsewhere_ppm = 60000,
          .other_households = 25000,
          .teachers = 3720,
          .minority_ppm = 590000,
          .high_tuition_fen = 40000,
          .high_accommodation_fen = 30000,
          .vocational_tuition_fen = 60000};
}

}  // namespace

FaultRates FaultRates::None() {
  FaultRates r;
  static_assert(sizeof(FaultRates) % sizeof(int) == 0);
  int* begin = reinterpret_cast<int*>(&r);
  std::fill(begin, begin + sizeof(FaultRates) / sizeof(int), 0);
  r.csv_file = 200000;  // a choice of format, no fault
  return r;
}

int Profile::natural_size() const {
  return std::accumulate(grades.begin(), grades.end(), special);
}

const Profile& ProfileA() {
  static const Profile profile = MakeA();
  return profile;
}
const Profile& ProfileB() {
  static const Profile profile = MakeB();
  return profile;
}

}  // namespace ruraledu::testlib
