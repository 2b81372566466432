// Townships and villages of one county: of the shipped tables where they know them, invented otherwise.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/lib/county/random.h"

namespace ruraledu::testlib {

struct Township {
  std::string code;  // 9 digits
  std::string name;
  bool seat = false;  // county seat: the subdistricts, or the first township where there is none
  std::vector<int> villages;
};

struct Village {
  std::string code;  // 12 digits
  std::string name;
  int township;
};

struct CountyPlaces {
  std::string county;  // 6 digits
  std::string name, province_name;
  std::vector<Township> townships;
  std::vector<Village> villages;
  int rank_in_prefecture = 0, prefecture_size = 1, rank_in_province = 0;  // by code, among county rows
};

// Reads the two tables (columns code, name, level, parent_code). Fails with a plain NOT_FOUND when a file or the
// county is missing.
absl::StatusOr<CountyPlaces> LoadCountyPlaces(const std::string& regions_csv, const std::string& villages_csv,
                                              const std::string& county, Random random);

// Codes (6 digits) of all counties of a province (2 digits) that have townships of their own.
std::vector<std::string> CountiesOf(const std::string& regions_csv, const std::string& province);

}  // namespace ruraledu::testlib
