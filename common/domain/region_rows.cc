// Reading regions from text; the tree is in region.cc.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "common/domain/region.h"

namespace ruraledu {
namespace {

constexpr std::array<std::string_view, 6> kLevels = {"", "province", "city", "county", "township", "village"};
constexpr std::array<std::string_view, 3> kKinds = {"normal", "folded", "direct"};

absl::StatusOr<RegionKind> KindCell(const DataTable& table, size_t row, RegionKind absent) {
  const std::string_view text = table.Get(row, "kind");
  const auto kind = ParseRegionKind(text);
  if (!text.empty() && !kind) {
    return table.Error(row, absl::StrCat("unknown kind ", text));
  }
  return kind.value_or(absent);
}

absl::StatusOr<RegionLevel> LevelCell(const DataTable& table, size_t row) {
  const auto level = ParseRegionLevel(table.Get(row, "level"));
  if (!level) {
    return table.Error(row, absl::StrCat("unknown level ", table.Get(row, "level")));
  }
  return *level;
}

absl::StatusOr<Region> ParseRow(const DataTable& table, size_t row) {
  Region region;
  region.code = std::string(table.Get(row, "code"));
  region.name = std::string(table.Get(row, "name"));
  region.parent = std::string(table.Get(row, "parent_code"));
  region.key_support = std::string(table.Get(row, "key_support"));
  region.shard_code = std::string(table.Get(row, "shard_code"));
  ASSIGN_OR_RETURN(region.level, LevelCell(table, row));
  ASSIGN_OR_RETURN(region.kind, KindCell(table, row, RegionKind::kNormal));
  ASSIGN_OR_RETURN(region.valid_from, table.Day(row, "valid_from", kFirstDay));
  ASSIGN_OR_RETURN(region.valid_to, table.Day(row, "valid_to", kLastDay));
  if (const std::string_view successors = table.Get(row, "successors"); !successors.empty()) {
    region.successors = absl::StrSplit(successors, '|');
  }
  return region;
}

}  // namespace

std::string_view RegionLevelText(RegionLevel level) {
  return kLevels[static_cast<size_t>(level)];
}

std::optional<RegionLevel> ParseRegionLevel(std::string_view text) {
  const auto found = std::find(kLevels.begin() + 1, kLevels.end(), text);
  return found == kLevels.end() ? std::nullopt
                                : std::optional(static_cast<RegionLevel>(std::distance(kLevels.begin(), found)));
}

std::string_view RegionKindText(RegionKind kind) {
  return kKinds[static_cast<size_t>(kind)];
}

std::optional<RegionKind> ParseRegionKind(std::string_view text) {
  const auto found = absl::c_find(kKinds, text);
  return found == kKinds.end() ? std::nullopt
                               : std::optional(static_cast<RegionKind>(std::distance(kKinds.begin(), found)));
}

size_t RegionDigits(RegionLevel level) {
  constexpr std::array<size_t, 6> kDigits = {0, 2, 4, 6, 9, 12};
  return kDigits[static_cast<size_t>(level)];
}

bool IsRegionCode(std::string_view code) {
  return code.size() == 12 && code[0] != '0' && absl::c_all_of(code, absl::ascii_isdigit);
}

absl::StatusOr<std::vector<Region>> ParseRegions(std::string_view file, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, {"code", "name", "level", "parent_code"}));
  std::vector<Region> regions;
  regions.reserve(table.size());
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(Region region, ParseRow(table, row));
    regions.push_back(std::move(region));
  }
  return regions;
}

absl::Status ApplyRegionAttributes(std::string_view file, std::string_view text, absl::Span<Region> regions) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, {"code", "level", "source"}));
  std::map<std::pair<std::string_view, RegionLevel>, Region*> by_id;
  for (Region& region : regions) {
    by_id[{region.code, region.level}] = &region;
  }
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(const RegionLevel level, LevelCell(table, row));
    const auto found = by_id.find({table.Get(row, "code"), level});
    if (found == by_id.end()) {
      return table.Error(row, absl::StrCat("no such region ", table.Get(row, "code")));
    }
    Region& region = *found->second;
    ASSIGN_OR_RETURN(region.kind, KindCell(table, row, region.kind));
    ASSIGN_OR_RETURN(region.valid_from, table.Day(row, "valid_from", region.valid_from));
    if (const std::string_view support = table.Get(row, "key_support"); !support.empty()) {
      region.key_support = std::string(support);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RegionTree> LoadRegions(const std::string& folder, RegionReport* report) {
  std::vector<Region> all;
  size_t published = 0;
  for (const char* file : {"regions.csv", "villages-five-plans.csv", "region-changes.csv"}) {
    ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(folder, "/", file)));
    ASSIGN_OR_RETURN(std::vector<Region> regions, ParseRegions(file, text));
    published = published == 0 ? regions.size() : published;
    all.insert(all.end(), std::make_move_iterator(regions.begin()), std::make_move_iterator(regions.end()));
  }
  constexpr std::string_view kAttributes = "region-attributes.csv";
  ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(folder, "/", kAttributes)));
  RETURN_IF_ERROR(ApplyRegionAttributes(kAttributes, text, absl::MakeSpan(all)));
  RegionReport built;
  ASSIGN_OR_RETURN(RegionTree tree, RegionTree::Build(std::move(all), &built));
  if (report != nullptr) {
    *report = {published, published - built.folded.size(), std::move(built.folded)};
  }
  return tree;
}

}  // namespace ruraledu
