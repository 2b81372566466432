#include "tests/lib/county/schools.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

// Lognormal factors per mille at the twenty quantiles 2.5 %, 7.5 %, ...: sigma 0.45, and 0.7 for teaching points.
constexpr std::array<int, 20> kFactor = {377, 476, 542,  598,  648,  695,  742,  788,  836,  885,
                                         936, 991, 1050, 1116, 1191, 1278, 1386, 1527, 1739, 2198};
constexpr std::array<int, 20> kWideFactor = {202, 291, 357, 415,  470,  525,  581,  638,  699,  764,
                                             834, 911, 997, 1096, 1213, 1354, 1535, 1785, 2186, 3146};

const char* TypeCode(SchoolKind kind) {
  switch (kind) {
    case SchoolKind::kKindergarten:
      return "11";
    case SchoolKind::kPrimary:
    case SchoolKind::kTeachingPoint:
      return "21";
    case SchoolKind::kNineYear:
    case SchoolKind::kJunior:
      return "31";
    case SchoolKind::kHigh:
      return "34";
    case SchoolKind::kVocational:
      return "36";
    case SchoolKind::kSpecial:
      return "51";
  }
  return "21";
}

std::string VillageShort(std::string name) {
  for (std::string_view tail : {"社区居民委员会", "居民委员会", "村民委员会", "居委会", "村委会", "委员会"}) {
    if (name.ends_with(tail) && name.size() > tail.size()) return name.substr(0, name.size() - tail.size());
  }
  return name;
}

std::string SchoolName(const School& s, const CountyPlaces& places, int ordinal) {
  std::string at = s.site == Site::kSeat       ? places.name
                   : s.site == Site::kTownship ? places.townships[s.township].name
                                               : VillageShort(places.villages[s.village].name);
  std::string no = s.site == Site::kSeat ? Cat("第", ordinal) : "";
  switch (s.kind) {
    case SchoolKind::kPrimary:
      return Cat(at, s.site == Site::kTownship ? "中心小学" : no + "小学");
    case SchoolKind::kTeachingPoint:
      return at + "教学点";
    case SchoolKind::kNineYear:
      return at + "九年一贯制学校";
    case SchoolKind::kJunior:
      return Cat(at, s.is_private ? "民办" : "", no, "初级中学");
    case SchoolKind::kHigh:
      return Cat(at, s.is_private ? "民办" : "", no, "高级中学");
    case SchoolKind::kVocational:
      return Cat(at, ordinal > 1 ? no : "", "职业中等专业学校");
    case SchoolKind::kSpecial:
      return at + "特殊教育学校";
    case SchoolKind::kKindergarten:
      break;
  }
  static constexpr const char* kBrand[] = {"育苗", "蓝天", "金太阳", "小星星", "博雅", "春蕾", "阳光", "启明"};
  return Cat(at, s.is_private ? kBrand[ordinal % 8] : "", no, "幼儿园");
}

}  // namespace

bool Teaches(const School& school, Stage stage, int grade) {
  switch (school.kind) {
    case SchoolKind::kPrimary:
      return stage == Stage::kPrimary;
    case SchoolKind::kTeachingPoint:
      return stage == Stage::kPrimary && (!school.low_grades_only || grade <= 3);
    case SchoolKind::kNineYear:
      return stage == Stage::kPrimary || stage == Stage::kJunior;
    case SchoolKind::kJunior:
      return stage == Stage::kJunior;
    case SchoolKind::kHigh:
      return stage == Stage::kHigh;
    case SchoolKind::kVocational:
      return stage == Stage::kVocational;
    case SchoolKind::kKindergarten:
      return stage == Stage::kPre;
    case SchoolKind::kSpecial:
      return false;  // its pupils are placed apart
  }
  return false;
}

SchoolCharges ChargesOf(const School& school, const Profile& profile) {
  if (school.kind != SchoolKind::kHigh && school.kind != SchoolKind::kVocational) return {};
  const int64_t approved = school.kind == SchoolKind::kHigh ? profile.high_tuition_fen : profile.vocational_tuition_fen;
  return {approved * (school.is_private ? 5 : 1), profile.high_accommodation_fen, approved};
}

int ShareOf(const School& school, Stage stage) {
  return stage == Stage::kJunior && school.kind == SchoolKind::kNineYear ? school.weight_junior : school.weight;
}

std::vector<School> MakeSchools(const Profile& profile, const CountyPlaces& places, int pupils, Random random) {
  std::vector<School> schools;
  std::vector<int> seats, others;
  for (size_t i = 0; i < places.townships.size(); ++i) {
    (places.townships[i].seat ? seats : others).push_back(static_cast<int>(i));
  }
  if (others.empty()) others = seats;
  std::set<std::string> names;
  int sequence = 0, township_turn = 0;
  for (const SchoolLine& line : profile.schools) {
    bool special = line.kind == SchoolKind::kSpecial;
    int64_t scaled = (static_cast<int64_t>(line.count) * pupils + profile.natural_size() / 2) / profile.natural_size();
    int count = static_cast<int>(std::max<int64_t>(scaled, line.always ? 1 : 0));
    if (special) count = pupils >= 20000 ? 1 : 0;
    for (int i = 0; i < count && sequence < 1990; ++i) {
      School s{.kind = line.kind,
               .site = line.site,
               .is_private = line.is_private,
               .kindergarten = line.kindergarten,
               .class_size = line.class_size,
               .boarding_ppm = line.boarding_ppm};
      s.township = line.site == Site::kSeat ? seats[random.Below(static_cast<int>(seats.size()))]
                                            : others[township_turn++ % others.size()];
      const std::vector<int>& villages = places.townships[s.township].villages;
      s.village = villages[random.Below(static_cast<int>(villages.size()))];
      int factor = (line.kind == SchoolKind::kTeachingPoint ? kWideFactor : kFactor)[random.Below(20)];
      s.weight = std::clamp(line.mean * factor / 1000, line.low, line.high);
      s.weight_junior = line.mean_junior * factor / 1000;
      s.low_grades_only = line.kind == SchoolKind::kTeachingPoint && random.Chance(700000);
      bool compulsory = line.kind <= SchoolKind::kJunior;
      s.in_pilot = profile.nutrition_pilot && compulsory && line.site != Site::kSeat;
      s.name = SchoolName(s, places, i + 1);
      for (int k = 2; !names.insert(s.name).second; ++k) s.name = Cat(SchoolName(s, places, i + 1), "（", k, "）");
      char code[32];
      std::snprintf(code, sizeof code, "%s%s%06d", TypeCode(line.kind), places.county.substr(0, 2).c_str(),
                    places.rank_in_province * 2000 + ++sequence);
      s.code = code;
      schools.push_back(std::move(s));
    }
  }
  return schools;
}

}  // namespace ruraledu::testlib
