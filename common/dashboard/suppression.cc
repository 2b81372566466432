#include "common/dashboard/suppression.h"

#include <map>
#include <string>

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::Figure;
using ruraledu::dashboard::v1::Indicator;
using ruraledu::dashboard::v1::IndicatorPart;

constexpr int64_t kSmallest = 1, kLargest = 4;  // hidden as "<5"

struct Cell {
  Figure* figure;
  int64_t value;
};
using Line = std::vector<Cell>;

bool Hidden(const Cell& cell) {
  return cell.figure->small() || cell.figure->withheld();
}

// The cell that goes with a single hidden one.
const Cell* Companion(const Line& line) {
  const Cell* best = nullptr;
  for (const Cell& cell : line) {
    const bool better = best == nullptr || (cell.value > 0 && (best->value == 0 || cell.value < best->value));
    if (!Hidden(cell) && better) {
      best = &cell;
    }
  }
  return best;
}

// True when it withheld a cell.
bool Protect(const Line& line) {
  int hidden = 0;
  for (const Cell& cell : line) {
    hidden += Hidden(cell) ? 1 : 0;
  }
  const Cell* companion = hidden == 1 ? Companion(line) : nullptr;
  if (companion != nullptr) {
    companion->figure->set_withheld(true);
  }
  return companion != nullptr;
}

// The lines of the numerators, or of the denominators.
template <typename FigureOf>
std::vector<Line> LinesOf(const std::vector<Indicator*>& schools, FigureOf figure_of) {
  Line totals;
  std::map<std::string, Line> columns;
  std::vector<Line> lines;
  for (Indicator* school : schools) {
    Figure* total = figure_of(*school);
    Line row = {{total, total->value()}};
    totals.push_back(row.front());
    for (IndicatorPart& part : *school->mutable_parts()) {
      Figure* figure = figure_of(part);
      row.push_back({figure, figure->value()});
      columns[part.code()].push_back(row.back());
    }
    if (row.size() > 1) {
      lines.push_back(std::move(row));
    }
  }
  lines.push_back(std::move(totals));
  for (auto& [code, column] : columns) {
    lines.push_back(std::move(column));
  }
  return lines;
}

void Hide(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    for (const Cell& cell : line) {
      cell.figure->set_small(kSmallest <= cell.value && cell.value <= kLargest);
    }
  }
  for (bool again = true; again;) {
    again = false;
    for (const Line& line : lines) {
      again |= Protect(line);
    }
  }
  for (const Line& line : lines) {
    for (const Cell& cell : line) {
      cell.figure->set_value(Hidden(cell) ? 0 : cell.value);
    }
  }
}

}  // namespace

void HideSmall(const std::vector<Indicator*>& schools) {
  Hide(LinesOf(schools, [](auto& of) { return of.mutable_numerator(); }));
  if (!schools.empty() && schools.front()->has_denominator()) {
    Hide(LinesOf(schools, [](auto& of) { return of.mutable_denominator(); }));
  }
  for (Indicator* school : schools) {
    if (school->numerator().withheld() || school->denominator().withheld()) {
      school->clear_state();  // "met" at a target of 0 would tell
    }
  }
}

}  // namespace ruraledu::dashboard
