// Administrative regions: the spine of the suite (digest 7.4).
//
// A region is a (code, level). Codes have 12 digits: 2 province, 2 city, 2 county, 3 township, 3 village, zero-filled
// ("411728000000" is a county). The parent is stored, dated data and never computed from digits.
//
// Three shapes differ from the plain tree:
//   FOLDED  pseudo-prefectures of municipalities (5001, 5002) and of 41, 42, 46, 65 (4190): only the statistics know
//           them. They are not shown, not counted and not granted; people see their counties below the province.
//   DIRECT  a county below such a pseudo-prefecture (419001 Jiyuan, 500243 Pengshui): displayed below the province.
//   twins   four codes are two levels at once (Dongguan, Zhongshan, Danzhou city and county; Jinmen county and
//           township). The published table has them twice, the second row being its own parent: 44,703 rows are
//           44,699 codes. The tree has one Region per code, `also` says the second level.
//
// Codes change: a withdrawn code keeps its row with `valid_to` and `successors`; old records keep the old code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/data_table.h"

namespace ruraledu {

enum class RegionLevel { kProvince = 1, kCity, kCounty, kTownship, kVillage };
enum class RegionKind { kNormal, kFolded, kDirect };

// "province", "city", "county", "township", "village".
std::string_view RegionLevelText(RegionLevel level);
std::optional<RegionLevel> ParseRegionLevel(std::string_view text);
// "normal", "folded", "direct".
std::string_view RegionKindText(RegionKind kind);
std::optional<RegionKind> ParseRegionKind(std::string_view text);

// Leading digits that belong to a level: 2, 4, 6, 9, 12.
size_t RegionDigits(RegionLevel level);
// 12 digits, the first not zero.
bool IsRegionCode(std::string_view code);

struct RegionId {
  std::string code;
  RegionLevel level;

  friend bool operator==(const RegionId&, const RegionId&) = default;
};

struct Region {
  std::string code;
  RegionLevel level = RegionLevel::kProvince;
  std::optional<RegionLevel> also;  // the second, lower level of a twin
  std::string name;
  std::string parent;  // code; empty for provinces
  RegionKind kind = RegionKind::kNormal;
  absl::CivilDay valid_from = kFirstDay;  // first day
  absl::CivilDay valid_to = kLastDay;     // first day after
  std::vector<std::string> successors;    // of a withdrawn code
  std::string key_support;                // "CITY", "COUNTY" or "": key-support township of that level (PS-18)
  // County code (6 digits) that names the shard. Own digits unless the code changed while the suite was running: shard
  // ids never change, so the new row names the old code here. Counties only.
  std::string shard_code;

  bool ValidOn(absl::CivilDay day) const { return valid_from <= day && day < valid_to; }
  bool HasLevel(RegionLevel wanted) const { return level == wanted || also == wanted; }
};

// What Build did with the rows; `folded` has one line per twin, e.g. "441900000000 东莞市 city+county".
struct RegionReport {
  size_t rows = 0;
  size_t codes = 0;
  std::vector<std::string> folded;
};

// Rows of a CSV with the columns code,name,level,parent_code and, where present, kind, valid_from, valid_to,
// successors ("a|b"), key_support, shard_code. Errors: DATA_FILE.
absl::StatusOr<std::vector<Region>> ParseRegions(std::string_view file, std::string_view text);

// Sets attributes by a CSV with the columns code,level,kind,key_support,valid_from,source; an empty cell leaves the
// attribute as it is. Errors: DATA_FILE, also for a row without a region.
absl::Status ApplyRegionAttributes(std::string_view file, std::string_view text, absl::Span<Region> regions);

// An immutable tree. Cheap to query from many threads. `as_of` picks the version of each region valid on that day.
class RegionTree {
 public:
  RegionTree(RegionTree&&) = default;
  RegionTree& operator=(RegionTree&&) = default;

  // Checks the rows and indexes them. The twin rows of a code become one region. Kind DIRECT is set here.
  // Errors: REGION_CODE, REGION_PARENT (parent missing, not above, or a cycle), REGION_DUPLICATE (same code twice in
  // overlapping times), REGION_SUCCESSOR (unknown successor, or successors of a region that has not ended).
  static absl::StatusOr<RegionTree> Build(std::vector<Region> rows, RegionReport* report = nullptr);

  size_t size() const { return regions_.size(); }
  absl::Span<const Region> regions() const { return regions_; }  // by code, then valid_from

  // nullptr when there is none on that day, or none of that level. Pointers live as long as the tree.
  const Region* Find(std::string_view code, absl::CivilDay as_of) const;
  const Region* Find(const RegionId& id, absl::CivilDay as_of) const;
  // The last version of a code whether it has ended or not; nullptr when the code was never known.
  const Region* FindLast(std::string_view code) const;

  // Direct children as people see them, by code: a FOLDED child is replaced by its children.
  std::vector<const Region*> ChildrenOf(std::string_view code, absl::CivilDay as_of) const;
  std::vector<const Region*> Provinces(absl::CivilDay as_of) const;
  // The parent as people see it: the first ancestor that is not FOLDED. nullptr for provinces.
  const Region* DisplayParent(const Region& region, absl::CivilDay as_of) const;
  // From the province down to the region itself, FOLDED left out; empty when there is no such region.
  std::vector<const Region*> PathOf(std::string_view code, absl::CivilDay as_of) const;
  // The ancestor-or-self that has the level (a twin has two); nullptr when there is none, as for the county of a
  // province.
  const Region* AtLevel(std::string_view code, RegionLevel level, absl::CivilDay as_of) const;

  // Whether `code` belongs to `ancestor` (or is it) on that day, for scopes: by stored parents, and for a code that has
  // ended by its successors, all of which must belong. Unknown codes belong to nothing but themselves.
  bool Within(std::string_view code, std::string_view ancestor, absl::CivilDay as_of) const;
  // The code that took the place of an ended one: its only successor, which began on that day and has no other
  // predecessor (a merged or split county is not replaced). The code itself otherwise.
  std::string_view Replacement(std::string_view code, absl::CivilDay as_of) const;
  // Regions whose digits do not lie within those of a parent, or that have ended: the only ones for which a prefix of
  // digits is not the truth about membership. Usually a handful.
  absl::Span<const Region* const> misfits() const { return misfits_; }
  // Withdrawn regions that name this code as a successor.
  std::vector<const Region*> PredecessorsOf(std::string_view code) const;

 private:
  RegionTree() = default;
  absl::Status Index(std::vector<Region> rows, RegionReport* report);
  absl::Status Link();
  absl::Status CheckParent(const Region& region) const;
  const Region* Latest(std::string_view code, absl::CivilDay as_of) const;
  bool Within(std::string_view code, std::string_view ancestor, absl::CivilDay as_of, int steps) const;
  std::pair<size_t, size_t> Versions(std::string_view code) const;
  void AppendChildren(std::string_view code, absl::CivilDay as_of, std::vector<const Region*>* children) const;

  std::vector<Region> regions_;
  absl::flat_hash_map<std::string_view, size_t> first_;            // code -> first version
  std::vector<std::pair<std::string_view, const Region*>> below_;  // (parent, child), sorted
  std::vector<std::pair<std::string_view, const Region*>> came_;   // (successor, withdrawn), sorted
  std::vector<const Region*> misfits_;
};

// The tree of the shipped data: regions.csv, villages-five-plans.csv, region-changes.csv and region-attributes.csv of
// `folder` (deploy/data). The report is about regions.csv alone: every twin is one of its rows folded into another.
absl::StatusOr<RegionTree> LoadRegions(const std::string& folder, RegionReport* report = nullptr);

}  // namespace ruraledu
