// Hardship records of a generated county (county-profile 5).
#pragma once

#include "tests/lib/county/population.h"

namespace ruraledu::testlib {

// Gives households and pupils their dated kinds. Dates lie on and around the days that decide (DR-10, DR-14) far more
// often than in life.
void AssignHardship(const Profile& profile, Population& population, Random random);

}  // namespace ruraledu::testlib
