// Schools of a generated county and the shares of each grade.
#pragma once

#include <vector>

#include "tests/lib/county/population.h"

namespace ruraledu::testlib {

std::vector<School> MakeSchools(const Profile& profile, const CountyPlaces& places, int pupils, Random random);

// Whether the school teaches the grade; SPECIAL takes both compulsory stages.
bool Teaches(const School& school, Stage stage, int grade);
// Share of the school among those that teach the grade.
int ShareOf(const School& school, Stage stage);

}  // namespace ruraledu::testlib
