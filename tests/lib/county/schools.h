// Schools of a generated county and the shares of each grade.
#pragma once

#include <vector>

#include "tests/lib/county/population.h"

namespace ruraledu::testlib {

std::vector<School> MakeSchools(const Profile& profile, const CountyPlaces& places, int pupils, Random random);

// Whether the school teaches the grade; SPECIAL takes both compulsory stages.
bool Teaches(const School& school, Stage stage, int grade);
// What the school charges in a term, in fen; nothing below high school.
struct SchoolCharges {
  int64_t tuition_fen = 0, accommodation_fen = 0, approved_tuition_fen = 0;
};
SchoolCharges ChargesOf(const School& school, const Profile& profile);
// Share of the school among those that teach the grade.
int ShareOf(const School& school, Stage stage);

}  // namespace ruraledu::testlib
