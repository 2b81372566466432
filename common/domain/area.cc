#include "common/domain/area.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu {
namespace {

constexpr size_t kTownshipDigits = 9;

bool AllDigits(std::string_view text) {
  return absl::c_all_of(text, absl::ascii_isdigit);
}

bool IsLowerHex(char c) {
  return absl::ascii_isdigit(c) || ('a' <= c && c <= 'f');
}

bool IsUuid(std::string_view id) {
  if (id.size() != 36) {
    return false;
  }
  for (size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? id[i] != '-' : !IsLowerHex(id[i])) {
      return false;
    }
  }
  return true;
}

bool IsAreaId(std::string_view id) {
  if (IsUuid(id)) {
    return true;
  }
  const bool plain =
      absl::c_all_of(id, [](char c) { return absl::ascii_isdigit(c) || absl::ascii_islower(c) || c == '_'; });
  return plain && !id.empty() && id.size() <= 32 && !(id.size() == 8 && absl::c_all_of(id, IsLowerHex));
}

// 2, 4, 6, 9 or 12 digits; no level below the province is "00" at the city.
bool IsDigitPrefix(std::string_view digits) {
  const size_t n = digits.size();
  const bool length = n == 2 || n == 4 || n == 6 || n == kTownshipDigits || n == 12;
  return length && AllDigits(digits) && digits[0] != '0' && (n == 2 || digits.substr(2, 2) != "00");
}

struct Parts {
  std::string_view township, school, class_id;
};

// Splits "t", "t/s" or "t/s/c"; false when the shape is wrong.
bool Split(std::string_view text, Parts* parts) {
  parts->township = text.substr(0, kTownshipDigits);
  if (parts->township.size() != kTownshipDigits || !IsDigitPrefix(parts->township)) {
    return false;
  }
  text.remove_prefix(kTownshipDigits);
  for (std::string_view* part : {&parts->school, &parts->class_id}) {
    if (text.empty()) {
      return true;
    }
    if (text[0] != '/') {
      return false;
    }
    *part = text.substr(1, text.find('/', 1) - 1);
    if (!IsAreaId(*part)) {
      return false;
    }
    text.remove_prefix(1 + part->size());
  }
  return text.empty();
}

}  // namespace

std::string Area::text() const {
  return absl::StrCat(township, school.empty() ? "" : "/", school, class_id.empty() ? "" : "/", class_id);
}

absl::StatusOr<Area> ParseArea(std::string_view text) {
  Parts parts;
  if (!Split(text, &parts)) {
    return Fail("AREA_FORMAT", {{"area", text.substr(0, 100)}});
  }
  return Area{std::string(parts.township), std::string(parts.school), std::string(parts.class_id)};
}

bool IsAreaPrefix(std::string_view prefix) {
  Parts parts;
  return IsDigitPrefix(prefix) || Split(prefix, &parts);
}

std::string AreaPrefix(const RegionId& id) {
  return id.code.substr(0, RegionDigits(id.level));
}

std::string_view CountyOf(std::string_view area) {
  return area.size() >= 6 && AllDigits(area.substr(0, 6)) ? area.substr(0, 6) : std::string_view();
}

std::string_view TownshipOf(std::string_view area) {
  return area.size() >= kTownshipDigits && AllDigits(area.substr(0, kTownshipDigits)) ? area.substr(0, kTownshipDigits)
                                                                                      : std::string_view();
}

std::string_view SchoolOf(std::string_view area) {
  Parts parts;
  if (!Split(area, &parts) || parts.school.empty()) {
    return {};
  }
  return area.substr(0, kTownshipDigits + 1 + parts.school.size());
}

AreaRange RangeOf(std::string_view prefix) {
  AreaRange range{std::string(prefix), std::string(prefix)};
  if (prefix.size() > 12 || prefix.find('/') != std::string_view::npos) {
    range.hi.push_back('/' + 1);
  } else {
    ++range.hi.back();
  }
  return range;
}

Scope Scope::All() {
  return Scope(std::vector<AreaRange>{{"0", ":"}});
}

Scope Scope::OfPrefix(std::string_view prefix) {
  return IsAreaPrefix(prefix) ? Scope(std::vector<AreaRange>{RangeOf(prefix)}) : Scope();
}

Scope::Scope(std::vector<AreaRange> ranges) {
  absl::c_sort(ranges, [](const AreaRange& a, const AreaRange& b) { return a.lo < b.lo; });
  for (AreaRange& range : ranges) {
    if (range.lo >= range.hi) {
      continue;
    }
    if (!ranges_.empty() && range.lo <= ranges_.back().hi) {
      ranges_.back().hi = std::max(ranges_.back().hi, range.hi);
    } else {
      ranges_.push_back(std::move(range));
    }
  }
}

bool Scope::Contains(std::string_view area) const {
  const auto after = absl::c_upper_bound(
      ranges_, area, [](std::string_view wanted, const AreaRange& range) { return wanted < range.lo; });
  return after != ranges_.begin() && std::prev(after)->Contains(area);
}

bool Scope::Covers(std::string_view prefix) const {
  if (!IsAreaPrefix(prefix)) {
    return false;
  }
  const AreaRange wanted = RangeOf(prefix);
  return absl::c_any_of(ranges_,
                        [&](const AreaRange& range) { return range.lo <= wanted.lo && wanted.hi <= range.hi; });
}

bool Scope::Intersects(std::string_view prefix) const {
  if (!IsAreaPrefix(prefix)) {
    return false;
  }
  const AreaRange wanted = RangeOf(prefix);
  return absl::c_any_of(ranges_, [&](const AreaRange& range) { return range.lo < wanted.hi && wanted.lo < range.hi; });
}

Scope Scope::Union(const Scope& other) const {
  std::vector<AreaRange> all = ranges_;
  all.insert(all.end(), other.ranges_.begin(), other.ranges_.end());
  return Scope(std::move(all));
}

Scope Scope::Minus(const AreaRange& range) const {
  std::vector<AreaRange> left;
  for (const AreaRange& own : ranges_) {
    left.push_back({own.lo, std::min(own.hi, range.lo)});
    left.push_back({std::max(own.lo, range.hi), own.hi});
  }
  return Scope(std::move(left));
}

Scope Scope::Intersection(const Scope& other) const {
  std::vector<AreaRange> common;
  for (const AreaRange& a : ranges_) {
    for (const AreaRange& b : other.ranges_) {
      common.push_back({std::max(a.lo, b.lo), std::min(a.hi, b.hi)});
    }
  }
  return Scope(std::move(common));
}

namespace {

Scope ResolveOne(const RegionTree& tree, const RegionId& id, absl::CivilDay as_of) {
  Scope scope = Scope::OfPrefix(AreaPrefix(id));
  std::vector<const Region*> misfits(tree.misfits().begin(), tree.misfits().end());
  absl::c_stable_sort(misfits, [](const Region* a, const Region* b) { return a->level < b->level; });
  for (const Region* misfit : misfits) {  // the nearer truth last: counties before their townships
    const AreaRange range = RangeOf(AreaPrefix({misfit->code, misfit->level}));
    scope = tree.Within(misfit->code, id.code, as_of) ? scope.Union(Scope(std::vector<AreaRange>{range}))
                                                      : scope.Minus(range);
  }
  return scope;
}

}  // namespace

absl::StatusOr<Scope> ResolveScope(const RegionTree& tree, absl::Span<const RegionId> regions, absl::CivilDay as_of) {
  Scope scope;
  for (const RegionId& id : regions) {
    const Region* named = tree.FindLast(id.code);
    if (named == nullptr || !named->HasLevel(id.level)) {
      return Fail("REGION_UNKNOWN", {{"region", id.code}, {"level", RegionLevelText(id.level)}});
    }
    if (named->kind == RegionKind::kFolded) {
      return Fail("REGION_FOLDED", {{"region", id.code}});
    }
    const RegionId present{std::string(tree.Replacement(id.code, as_of)), id.level};
    scope = scope.Union(ResolveOne(tree, present, as_of));
  }
  return scope;
}

}  // namespace ruraledu
