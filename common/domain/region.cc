#include "common/domain/region.h"

#include <algorithm>
#include <tuple>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu {
namespace {

using Pairs = std::vector<std::pair<std::string_view, const Region*>>;

// The pairs with this key in a sorted list.
std::pair<Pairs::const_iterator, Pairs::const_iterator> EqualRange(const Pairs& pairs, std::string_view key) {
  const auto first = absl::c_partition_point(pairs, [&](const auto& pair) { return pair.first < key; });
  const auto last = std::partition_point(first, pairs.end(), [&](const auto& pair) { return pair.first == key; });
  return {first, last};
}

std::string_view Digits(const Region& region) {
  return std::string_view(region.code).substr(0, RegionDigits(region.level));
}

bool Overlap(const Region& a, const Region& b) {
  return a.valid_from < b.valid_to && b.valid_from < a.valid_to;
}

// The lower row of a twin: same code, one level below, its own parent.
bool IsTwin(const Region& upper, const Region& lower) {
  return lower.parent == lower.code && upper.level < lower.level && !upper.also && upper.parent != upper.code;
}

}  // namespace

absl::StatusOr<RegionTree> RegionTree::Build(std::vector<Region> rows, RegionReport* report) {
  RegionTree tree;
  RETURN_IF_ERROR(tree.Index(std::move(rows), report));
  RETURN_IF_ERROR(tree.Link());
  return tree;
}

absl::Status RegionTree::Index(std::vector<Region> rows, RegionReport* report) {
  RegionReport counted{rows.size(), 0, {}};
  absl::c_sort(rows, [](const Region& a, const Region& b) {
    return std::tie(a.code, a.valid_from, a.level) < std::tie(b.code, b.valid_from, b.level);
  });
  regions_.reserve(rows.size());
  for (Region& row : rows) {
    if (!IsRegionCode(row.code) || row.valid_from >= row.valid_to) {
      return Fail("REGION_CODE", {{"code", row.code}});
    }
    const bool same = !regions_.empty() && regions_.back().code == row.code;
    counted.codes += !same;
    if (!same || !Overlap(regions_.back(), row)) {
      regions_.push_back(std::move(row));
    } else if (IsTwin(regions_.back(), row)) {
      regions_.back().also = row.level;
      counted.folded.push_back(absl::StrCat(row.code, " ", row.name, " ", RegionLevelText(regions_.back().level), "+",
                                            RegionLevelText(row.level)));
    } else {
      return Fail("REGION_DUPLICATE", {{"code", row.code}});
    }
  }
  first_.reserve(regions_.size());
  for (size_t i = 0; i < regions_.size(); ++i) {
    first_.try_emplace(regions_[i].code, i);  // keeps the first version
  }
  if (report != nullptr) {
    *report = std::move(counted);
  }
  return absl::OkStatus();
}

absl::Status RegionTree::CheckParent(const Region& region) const {
  const auto [first, last] = Versions(region.parent);
  const bool province = region.level == RegionLevel::kProvince;
  // A level above excludes cycles: every step up gets nearer to a province.
  const bool above = std::any_of(regions_.begin() + first, regions_.begin() + last, [&](const Region& parent) {
    return parent.level < region.level && Overlap(parent, region);
  });
  if (province ? !region.parent.empty() : !above) {
    return Fail("REGION_PARENT", {{"code", region.code}, {"parent", region.parent}});
  }
  for (const std::string& successor : region.successors) {
    if (!first_.contains(successor) || region.valid_to == kLastDay || successor == region.code) {
      return Fail("REGION_SUCCESSOR", {{"code", region.code}, {"successor", successor}});
    }
  }
  return absl::OkStatus();
}

absl::Status RegionTree::Link() {
  below_.reserve(regions_.size());
  for (Region& region : regions_) {
    RETURN_IF_ERROR(CheckParent(region));
    below_.emplace_back(region.parent, &region);
    for (const std::string& successor : region.successors) {
      came_.emplace_back(successor, &region);
    }
    const Region* parent = FindLast(region.parent);
    if (parent != nullptr && parent->kind == RegionKind::kFolded && region.kind == RegionKind::kNormal) {
      region.kind = RegionKind::kDirect;
    }
    if (region.valid_to != kLastDay || (parent != nullptr && !region.code.starts_with(Digits(*parent)))) {
      misfits_.push_back(&region);
    }
  }
  // Regions are sorted by code and stay where they are, so the address orders children by code and then by time.
  absl::c_sort(below_);
  absl::c_sort(came_);
  return absl::OkStatus();
}

std::pair<size_t, size_t> RegionTree::Versions(std::string_view code) const {
  const auto found = first_.find(code);
  if (found == first_.end()) {
    return {0, 0};
  }
  size_t last = found->second;
  while (last < regions_.size() && regions_[last].code == code) {
    ++last;
  }
  return {found->second, last};
}

const Region* RegionTree::Find(std::string_view code, absl::CivilDay as_of) const {
  const auto [first, last] = Versions(code);
  for (size_t i = first; i < last; ++i) {
    if (regions_[i].ValidOn(as_of)) {
      return &regions_[i];
    }
  }
  return nullptr;
}

const Region* RegionTree::Find(const RegionId& id, absl::CivilDay as_of) const {
  const Region* region = Find(id.code, as_of);
  return region != nullptr && region->HasLevel(id.level) ? region : nullptr;
}

const Region* RegionTree::FindLast(std::string_view code) const {
  const auto [first, last] = Versions(code);
  return first == last ? nullptr : &regions_[last - 1];
}

void RegionTree::AppendChildren(std::string_view code, absl::CivilDay as_of,
                                std::vector<const Region*>* children) const {
  const auto [first, last] = EqualRange(below_, code);
  for (auto pair = first; pair != last; ++pair) {
    const Region& child = *pair->second;
    if (!child.ValidOn(as_of)) {
      continue;
    }
    if (child.kind == RegionKind::kFolded) {
      AppendChildren(child.code, as_of, children);
    } else {
      children->push_back(&child);
    }
  }
}

std::vector<const Region*> RegionTree::ChildrenOf(std::string_view code, absl::CivilDay as_of) const {
  std::vector<const Region*> children;
  AppendChildren(code, as_of, &children);
  absl::c_sort(children, [](const Region* a, const Region* b) { return a->code < b->code; });
  return children;
}

std::vector<const Region*> RegionTree::Provinces(absl::CivilDay as_of) const {
  return ChildrenOf("", as_of);
}

const Region* RegionTree::DisplayParent(const Region& region, absl::CivilDay as_of) const {
  const Region* parent = Find(region.parent, as_of);
  while (parent != nullptr && parent->kind == RegionKind::kFolded) {
    parent = Find(parent->parent, as_of);
  }
  return parent;
}

std::vector<const Region*> RegionTree::PathOf(std::string_view code, absl::CivilDay as_of) const {
  std::vector<const Region*> path;
  for (const Region* region = Find(code, as_of); region != nullptr; region = DisplayParent(*region, as_of)) {
    path.push_back(region);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

const Region* RegionTree::AtLevel(std::string_view code, RegionLevel level, absl::CivilDay as_of) const {
  const Region* region = Find(code, as_of);
  while (region != nullptr && !region->HasLevel(level)) {
    region = Find(region->parent, as_of);
  }
  return region;
}

// The version valid on the day, else the last one that has ended, else the first to come.
const Region* RegionTree::Latest(std::string_view code, absl::CivilDay as_of) const {
  const auto [first, last] = Versions(code);
  const Region* latest = first == last ? nullptr : &regions_[first];
  for (size_t i = first; i < last; ++i) {
    if (regions_[i].valid_from <= as_of) {
      latest = &regions_[i];
    }
  }
  return latest;
}

bool RegionTree::Within(std::string_view code, std::string_view ancestor, absl::CivilDay as_of) const {
  constexpr int kSteps = 32;  // levels plus re-codings; ends the walk when codes were exchanged in a circle
  return Within(code, ancestor, as_of, kSteps);
}

bool RegionTree::Within(std::string_view code, std::string_view ancestor, absl::CivilDay as_of, int steps) const {
  if (code == ancestor) {
    return true;
  }
  const Region* region = Latest(code, as_of);
  if (region == nullptr || steps == 0) {
    return false;
  }
  if (region->valid_to <= as_of && !region->successors.empty()) {
    return absl::c_all_of(region->successors,
                          [&](const std::string& successor) { return Within(successor, ancestor, as_of, steps - 1); });
  }
  return Within(region->parent, ancestor, as_of, steps - 1);
}

std::string_view RegionTree::Replacement(std::string_view code, absl::CivilDay as_of) const {
  for (int step = 0; step < 8; ++step) {
    const Region* region = Latest(code, as_of);
    if (region == nullptr || as_of < region->valid_to || region->successors.size() != 1) {
      break;
    }
    const Region* next = Find(region->successors[0], region->valid_to);
    if (next == nullptr || next->valid_from != region->valid_to || PredecessorsOf(next->code).size() != 1) {
      break;
    }
    code = next->code;
  }
  return code;
}

std::vector<const Region*> RegionTree::PredecessorsOf(std::string_view code) const {
  std::vector<const Region*> predecessors;
  const auto [first, last] = EqualRange(came_, code);
  for (auto pair = first; pair != last; ++pair) {
    predecessors.push_back(pair->second);
  }
  return predecessors;
}

}  // namespace ruraledu
