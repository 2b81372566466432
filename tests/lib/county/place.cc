#include "tests/lib/county/place.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "absl/strings/str_split.h"
#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

struct RegionLine {
  std::string code, name, level;
};

// Tables are read once per process: a province asks for them once per county.
const std::vector<RegionLine>& Table(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<RegionLine>> tables;
  std::lock_guard lock(mutex);
  auto [it, fresh] = tables.try_emplace(path);
  if (!fresh) return it->second;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() >= 3 && cells[0].size() == 12) it->second.push_back({cells[0], cells[1], cells[2]});
  }
  return it->second;
}

std::string InventedName(Random& random) {
  static constexpr const char* kSide[] = {"东", "西", "南", "北", "前", "后", "大", "小", "上", "下"};
  static constexpr const char* kClan[] = {"王", "李", "张", "刘", "陈", "赵", "杨", "石", "柳", "桥"};
  static constexpr const char* kKind[] = {"庄", "寨", "营", "店", "湾", "岗", "沟"};
  return Cat(kSide[random.Below(10)], kClan[random.Below(10)], kKind[random.Below(7)]);
}

void InventVillages(CountyPlaces& places, int township, Random& random) {
  Township& t = places.townships[township];
  std::set<std::string> names;
  int count = random.Between(8, 18);
  for (int i = 0; i < count; ++i) {
    std::string name = InventedName(random);
    while (!names.insert(name).second) name = InventedName(random);
    bool committee = i < (t.seat ? 5 : 1);
    char suffix[16];
    std::snprintf(suffix, sizeof suffix, "%03d", committee ? 1 + i : 200 + i);
    places.villages.push_back({t.code + suffix, name + (committee ? "社区居民委员会" : "村民委员会"), township});
  }
}

void RankCounty(const std::vector<RegionLine>& regions, CountyPlaces& places) {
  places.prefecture_size = 0;
  for (const RegionLine& line : regions) {
    if (line.level == "province" && line.code.substr(0, 2) == places.county.substr(0, 2))
      places.province_name = line.name;
    if (line.level != "county" || line.code.substr(0, 2) != places.county.substr(0, 2)) continue;
    bool before = line.code.substr(0, 6) < places.county;
    if (before) ++places.rank_in_province;
    if (line.code.substr(0, 4) != places.county.substr(0, 4)) continue;
    ++places.prefecture_size;
    if (before) ++places.rank_in_prefecture;
  }
}

void MarkSeat(CountyPlaces& places) {
  bool any = false;
  for (Township& t : places.townships) any |= t.seat = t.code.substr(6) < "100";
  if (!any) places.townships[0].seat = true;
}

}  // namespace

std::vector<std::string> CountiesOf(const std::string& regions_csv, const std::string& province) {
  std::set<std::string> counties, with_townships;
  for (const RegionLine& line : Table(regions_csv)) {
    if (line.code.substr(0, 2) != province) continue;
    if (line.level == "county") counties.insert(line.code.substr(0, 6));
    if (line.level == "township" && line.code.substr(6, 3) != "000") with_townships.insert(line.code.substr(0, 6));
  }
  std::vector<std::string> both;
  std::set_intersection(counties.begin(), counties.end(), with_townships.begin(), with_townships.end(),
                        std::back_inserter(both));
  return both;
}

absl::StatusOr<CountyPlaces> LoadCountyPlaces(const std::string& regions_csv, const std::string& villages_csv,
                                              const std::string& county, Random random) {
  const std::vector<RegionLine>& regions = Table(regions_csv);
  if (regions.empty()) return absl::NotFoundError(Cat("no regions in ", regions_csv));
  CountyPlaces places{.county = county};
  for (const RegionLine& line : regions) {
    if (line.code.substr(0, 6) != county) continue;
    if (line.level == "county") places.name = line.name;
    if (line.level == "township" && line.code.substr(6, 3) != "000") {
      places.townships.push_back({line.code.substr(0, 9), line.name});
    }
  }
  if (places.name.empty()) return absl::NotFoundError(Cat("no county ", county));
  if (places.townships.empty()) return absl::NotFoundError(Cat("no townships of ", county));
  RankCounty(regions, places);
  MarkSeat(places);
  std::map<std::string, int> township_of;
  for (size_t i = 0; i < places.townships.size(); ++i) township_of[places.townships[i].code] = static_cast<int>(i);
  for (const RegionLine& line : Table(villages_csv)) {
    auto it = township_of.find(line.code.substr(0, 9));
    if (line.level != "village" || it == township_of.end()) continue;
    places.villages.push_back({line.code, line.name, it->second});
    places.townships[it->second].villages.push_back(0);
  }
  for (size_t i = 0; i < places.townships.size(); ++i) {
    if (places.townships[i].villages.empty()) InventVillages(places, static_cast<int>(i), random);
    places.townships[i].villages.clear();
  }
  for (size_t i = 0; i < places.villages.size(); ++i) {
    places.townships[places.villages[i].township].villages.push_back(static_cast<int>(i));
  }
  return places;
}

}  // namespace ruraledu::testlib
