// What the tests of rules share: the deployment's code lists, a small region tree, one day.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/region.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/registry/student_rules.h"
#include "tests/lib/violated.h"

namespace ruraledu::registry {

inline constexpr absl::CivilDay kToday(2023, 9, 20);

inline const CodeLists& Codes() {
  static const auto& codes = *new CodeLists(*CodeLists::Load(RURALEDU_SOURCE_DIR "/deploy/data/codes"));
  return codes;
}

inline const RegionTree& Regions() {
  static const auto& tree =
      *new RegionTree(*RegionTree::Build(*ParseRegions("regions.csv",
                                                       "code,name,level,parent_code,valid_to\n"
                                                       "410000000000,河南省,province,,\n"
                                                       "411700000000,驻马店市,city,410000000000,\n"
                                                       "411728000000,遂平县,county,411700000000,\n"
                                                       "411728103000,玉山镇,township,411728000000,\n"
                                                       "411728103201,东村,village,411728103000,\n"
                                                       "411728103299,旧村,village,411728103000,2020-01-01\n"
                                                       "411729000000,新蔡县,county,411700000000,\n"
                                                       "411729100000,砖店镇,township,411729000000,\n")));
  return tree;
}

inline StudentChecks Checks() {
  static const auto& provinces = *new ProvincePrefixes(ProvincePrefixesOf(**Codes().Get("citizen_id_province")));
  return {Codes(), provinces, Regions(), kToday};
}

inline google::type::Date Day(int year, int month, int day) {  // also impossible ones
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

// A good identity number of a region part that belongs to nobody (digest 7.1).
inline std::string IdOf(const std::string& birth, int sequence = 17) {
  const std::string first = absl::StrCat("411700", birth, "0", sequence);
  return first + CitizenIdCheckCharacter(first);
}

}  // namespace ruraledu::registry
