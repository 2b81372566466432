#include "common/domain/shard.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/domain/area.h"

namespace ruraledu {
namespace {

struct Kind {
  char letter;
  RegionLevel level;
  std::string_view collection;
};

constexpr std::array<Kind, 3> kKinds = {{{'c', RegionLevel::kCounty, "counties"},
                                         {'t', RegionLevel::kCity, "cities"},
                                         {'p', RegionLevel::kProvince, "provinces"}}};

bool AllDigits(std::string_view text) {
  return absl::c_all_of(text, absl::ascii_isdigit);
}

const Kind* KindOf(char letter) {
  const auto found = absl::c_find_if(kKinds, [&](const Kind& kind) { return kind.letter == letter; });
  return found == kKinds.end() ? nullptr : &*found;
}

// Six digits of a place at a level, zero-filled below it.
bool FitsLevel(std::string_view digits, RegionLevel level) {
  if (digits.size() != 6 || !AllDigits(digits) || digits[0] == '0') {
    return false;
  }
  if (level == RegionLevel::kProvince) {
    return digits.substr(2) == "0000";
  }
  return digits.substr(2, 2) != "00" && (level != RegionLevel::kCity || digits.substr(4) == "00");
}

absl::Status BadShard(std::string_view text) {
  return Fail("SHARD_FORMAT", {{"shard", text.substr(0, 40)}});
}

}  // namespace

bool IsHashShard(std::string_view shard) {
  return shard.size() == 4 && shard[0] == 'h' && AllDigits(shard.substr(1)) && shard.substr(1) <= "255";
}

bool IsAccessShard(std::string_view shard) {
  const std::string_view home = shard.substr(std::min<size_t>(1, shard.size()));
  const bool digits = std::all_of(home.begin(), home.end(), [](char c) { return c >= '0' && c <= '9'; });
  return shard.starts_with('a') && digits && (home.size() == 2 || home.size() == 4 || home.size() == 6);
}

bool IsShard(std::string_view shard) {
  if (shard == kNationShard || IsHashShard(shard) || IsAccessShard(shard)) {
    return true;
  }
  const Kind* kind = shard.empty() ? nullptr : KindOf(shard[0]);
  return kind != nullptr && FitsLevel(shard.substr(1), kind->level);
}

absl::StatusOr<std::string> ShardOfRegion(const RegionId& id) {
  const RegionLevel level = std::min(id.level, RegionLevel::kCounty);
  for (const Kind& kind : kKinds) {
    if (kind.level == level && IsRegionCode(id.code) && FitsLevel(id.code.substr(0, 6), level)) {
      return kind.letter + id.code.substr(0, 6);
    }
  }
  return BadShard(id.code);
}

absl::StatusOr<std::string> ShardOfArea(std::string_view area) {
  const std::string_view county = CountyOf(area);
  if (county.empty() || !IsAreaPrefix(area) || area.size() < county.size()) {
    return Fail("AREA_FORMAT", {{"area", area.substr(0, 100)}});
  }
  return absl::StrCat("c", county);
}

absl::StatusOr<std::string> ShardOfArea(const RegionTree& tree, std::string_view area) {
  ASSIGN_OR_RETURN(std::string shard, ShardOfArea(area));
  const std::string code = RegionOfShard(shard);
  const Region* county = tree.FindLast(code);
  if (county == nullptr || !county->HasLevel(RegionLevel::kCounty)) {
    return Fail("REGION_UNKNOWN", {{"region", code}, {"level", RegionLevelText(RegionLevel::kCounty)}});
  }
  return county->shard_code.empty() ? shard : absl::StrCat("c", county->shard_code);
}

absl::StatusOr<std::string> ParentOfShard(std::string_view shard) {
  const Kind* kind = IsShard(shard) ? KindOf(shard[0]) : nullptr;
  if (kind == nullptr) {
    return BadShard(shard);
  }
  return absl::StrCat(kind->collection, "/", shard.substr(1));
}

absl::StatusOr<std::string> ShardOfName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view digits = name.substr(slash + 1, name.find('/', slash + 1) - slash - 1);
    for (const Kind& kind : kKinds) {
      if (kind.collection == name.substr(0, slash) && FitsLevel(digits, kind.level)) {
        return kind.letter + std::string(digits);
      }
    }
  }
  return BadShard(name);
}

std::string HashShard(int number) {
  return absl::StrFormat("h%03d", number);
}

std::string PersonShard(std::string_view person_id) {
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a, folded to one byte
  for (unsigned char c : person_id) {
    hash = (hash ^ c) * 1099511628211ULL;
  }
  hash ^= hash >> 32;
  hash ^= hash >> 16;
  hash ^= hash >> 8;
  return HashShard(static_cast<int>(hash & 0xff));
}

std::string RegionOfShard(std::string_view shard) {
  return absl::StrCat(shard.substr(1), "000000");
}

std::optional<std::string> PrefixOfShard(std::string_view shard) {
  const Kind* kind = IsShard(shard) ? KindOf(shard[0]) : nullptr;
  if (kind == nullptr) {
    return std::nullopt;
  }
  return std::string(shard.substr(1, RegionDigits(kind->level)));
}

}  // namespace ruraledu
