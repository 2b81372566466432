// Areas and scopes: where a row belongs and what a caller may see.
//
// Every countable row of the SCHOOL spine carries an area text: "411728103", "411728103/<school id>" or
// "411728103/<school id>/<class id>"; the first part is the 9-digit township. Rows of the RESIDENCE spine (households,
// residences) carry the 12-digit village. A prefix of either text is a set of rows:
//
//   41  province   4117  city   411728  county   411728103  township   411728103001  village (RESIDENCE only)
//   411728103/<school>  school   411728103/<school>/<class>  class
//
// The length decides the level, so "41" never means "410000": a zero-filled "410000" is refused, and "419001" lies in
// "41" and in the pseudo-prefecture "4190". Comparison is by bytes (database collation C).
//
// Ids inside an area are UUID text, or 1-32 characters of [0-9a-z_]. An id of exactly 8 hexadecimal digits is refused:
// it could be the head of a UUID, and "-" sorts before "/". So no id is a proper head of another up to "/" and a school
// is one range: ["<t>/<s>", "<t>/<s>0"), "0" being the byte after "/".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/region.h"

namespace ruraledu {

enum class Spine { kSchool, kResidence };

// A parsed area of the SCHOOL spine.
struct Area {
  std::string township;  // 9 digits
  std::string school;    // id, may be empty
  std::string class_id;  // id, may be empty; only with a school

  std::string text() const;
  friend bool operator==(const Area&, const Area&) = default;
};

// Errors: AREA_FORMAT.
absl::StatusOr<Area> ParseArea(std::string_view text);

// Whether the text is one of the prefixes above.
bool IsAreaPrefix(std::string_view prefix);
// The prefix of a region at a level: digits cut to 2, 4, 6, 9 or 12. Dongguan is "4419" as city and "441900" as county.
std::string AreaPrefix(const RegionId& id);
// The leading parts of an area or village text that has them, "" otherwise: "411728", "411728103",
// "411728103/<school>".
std::string_view CountyOf(std::string_view area);
std::string_view TownshipOf(std::string_view area);
std::string_view SchoolOf(std::string_view area);

// Half open, for SQL: area >= lo AND area < hi.
struct AreaRange {
  std::string lo;
  std::string hi;

  bool Contains(std::string_view area) const { return lo <= area && area < hi; }
  friend bool operator==(const AreaRange&, const AreaRange&) = default;
};

// The range of a prefix. The prefix must satisfy IsAreaPrefix.
AreaRange RangeOf(std::string_view prefix);

// A set of areas. Copies are cheap enough to pass by value for a call; empty means nothing is allowed.
class Scope {
 public:
  Scope() = default;
  // Everything, for whole-country roles.
  static Scope All();
  static Scope OfPrefix(std::string_view prefix);
  // Any ranges; they are sorted and joined. Empty and reversed ones vanish.
  explicit Scope(std::vector<AreaRange> ranges);

  bool empty() const { return ranges_.empty(); }
  // Sorted, disjoint, not touching.
  absl::Span<const AreaRange> ranges() const { return ranges_; }

  // Whether a row with this area or village lies inside.
  bool Contains(std::string_view area) const;
  // Whether every row below the prefix lies inside. A malformed prefix is never covered and never intersects.
  bool Covers(std::string_view prefix) const;
  // Whether some row below the prefix could lie inside.
  bool Intersects(std::string_view prefix) const;

  Scope Union(const Scope& other) const;
  Scope Minus(const AreaRange& range) const;
  Scope Intersection(const Scope& other) const;
  friend bool operator==(const Scope&, const Scope&) = default;

 private:
  std::vector<AreaRange> ranges_;
};

// The rows that belong to the regions on that day, for both spines. Usually one prefix per region. Where codes changed
// or parents are not digits, by RegionTree::Within: the rows of withdrawn codes belong to the region that took them
// over, and a region whose digits lie in a foreign prefix is left out. An id whose code has ended stands for its
// Replacement; deny by default decides the rest (a merged or split county is not widened by an old grant).
// Errors: REGION_UNKNOWN (no such code and level, ever), REGION_FOLDED (pseudo-prefectures are not granted).
absl::StatusOr<Scope> ResolveScope(const RegionTree& tree, absl::Span<const RegionId> regions, absl::CivilDay as_of);

}  // namespace ruraledu
