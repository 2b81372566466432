#include "services/dropout_monitoring/population_figure_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/domain/area.h"

namespace ruraledu::dropout_monitoring {
namespace {

v1::KindFigures* RowOf(v1::ComparisonKind kind, v1::ComparisonRun* run) {
  auto* rows = run->mutable_kinds();
  const auto at = [&] {
    return std::find_if(rows->begin(), rows->end(), [&](const auto& row) { return row.kind() == kind; });
  };
  if (at() == rows->end()) {
    rows->Add()->set_kind(kind);
    std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) { return a.kind() < b.kind(); });
  }
  return &*at();
}

}  // namespace

std::vector<v1::ComparisonKind> FreshKinds(absl::Span<const v1::ComparisonKind> kinds,
                                           absl::Span<const v1::ComparisonFinding> before) {
  std::vector<v1::ComparisonKind> fresh;
  std::copy_if(kinds.begin(), kinds.end(), std::back_inserter(fresh), [&](v1::ComparisonKind kind) {
    return std::none_of(before.begin(), before.end(), [&](const auto& finding) { return finding.kind() == kind; });
  });
  return fresh;
}

std::vector<v1::ComparisonKind> GoneKinds(absl::Span<const v1::ComparisonKind> kinds,
                                          absl::Span<const v1::ComparisonFinding> before) {
  std::vector<v1::ComparisonKind> gone;
  for (const v1::ComparisonFinding& finding : before) {
    if (std::find(kinds.begin(), kinds.end(), finding.kind()) == kinds.end()) {
      gone.push_back(finding.kind());
    }
  }
  return gone;
}

void CountKinds(absl::Span<const v1::ComparisonKind> kinds, absl::Span<const v1::ComparisonFinding> before,
                v1::ComparisonRun* run) {
  const auto fresh = FreshKinds(kinds, before);
  for (const v1::ComparisonKind kind : kinds) {
    v1::KindFigures* row = RowOf(kind, run);
    if (std::find(fresh.begin(), fresh.end(), kind) != fresh.end()) {
      row->set_fresh(row->fresh() + 1);
    } else {
      row->set_still(row->still() + 1);
    }
  }
  for (const v1::ComparisonKind kind : GoneKinds(kinds, before)) {
    v1::KindFigures* row = RowOf(kind, run);
    row->set_gone(row->gone() + 1);
  }
}

void CountChildren(std::string_view area, std::string_view state, int64_t children, v1::ComparisonRun* run) {
  const std::string_view township = TownshipOf(area);
  const std::string_view place = township.empty() ? CountyOf(area) : township;
  auto* rows = run->mutable_population();
  for (v1::PopulationFigures& row : *rows) {
    if (row.area() == place && row.state() == state) {
      row.set_children(row.children() + children);
      return;
    }
  }
  v1::PopulationFigures* row = rows->Add();
  row->set_area(std::string(place));
  row->set_state(std::string(state));
  row->set_children(children);
  std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
    return std::pair(a.area(), a.state()) < std::pair(b.area(), b.state());
  });
}

void AddFigures(const v1::ComparisonRun& page, v1::ComparisonRun* run) {
  run->set_pupils(run->pupils() + page.pupils());
  run->set_residents(run->residents() + page.residents());
  run->set_members(run->members() + page.members());
  run->set_weak(run->weak() + page.weak());
  for (const v1::PopulationFigures& row : page.population()) {
    CountChildren(row.area(), row.state(), row.children(), run);
  }
}

}  // namespace ruraledu::dropout_monitoring
