#include "services/student_aid/average_rules.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/base/error.h"
#include "common/domain/rate.h"

namespace ruraledu::student_aid {
namespace {

// Whether paid / standard lies inside the limits of the set, included.
bool Inside(const ruraledu::common::v1::Rate& sum, const v1::PolicySet& set) {
  const Rate mean{sum.numerator(), sum.denominator()};
  return Compare(mean, {set.average_low_bp(), 10000}) >= 0 && Compare(mean, {set.average_high_bp(), 10000}) <= 0;
}

void Add(const v1::AverageSum& sum, ruraledu::common::v1::Rate* mean) {
  mean->set_numerator(mean->numerator() + sum.paid_fen());
  mean->set_denominator(mean->denominator() + sum.standard_fen());
}

}  // namespace

absl::StatusOr<Averages> Averages::Of(const PolicyBook& book, const Term& term) {
  std::vector<Standard> standards;
  for (const v1::PolicySet* set : book.InForce("", term)) {
    for (const v1::PolicyItem& item : set->items()) {
      if (HasMark(item, v1::STANDARD_MARK_AVERAGE)) {
        standards.push_back({set, &item});
      }
    }
    if (!standards.empty() && set->average_high_bp() == 0) {
      return Fail("POLICY_MISSING", {{"region", set->name()}, {"term", term.text()}});
    }
  }
  return Averages(std::move(standards), term);
}

void Averages::Set(std::string_view stage, v1::ComparisonRow* row) const {
  if (row->aided_fen() == 0) {
    return;
  }
  for (const auto& [set, item] : standards_) {
    const bool taught = std::find(item->stages().begin(), item->stages().end(), stage) != item->stages().end();
    if (item->family() != row->family() || !taught || !SpanOf(*set, *item).Contains(term_)) {
      continue;
    }
    const auto half = [&](int64_t annual_fen) { return HalfOfAnnualFen(annual_fen, term_.season); };
    row->set_average_item(item->code());
    row->set_average_fen(half(item->annual_fen()));
    row->set_outside_range(
        HasMark(*item, v1::STANDARD_MARK_RANGE) &&
        (row->aided_fen() < half(item->range_low_fen()) || row->aided_fen() > half(item->range_high_fen())));
    return;
  }
}

void AddToSum(const v1::ComparisonRow& row, v1::AverageSum* sum) {
  sum->set_paid_fen(sum->paid_fen() + row.aided_fen());
  sum->set_standard_fen(sum->standard_fen() + row.average_fen());
  sum->set_outside_range(sum->outside_range() + (row.outside_range() ? 1 : 0));
}

std::string_view Averages::RowOf(const v1::PolicyItem& item) const {
  const auto found = std::find_if(standards_.begin(), standards_.end(), [&](const Standard& one) {
    const auto& taught = one.item->stages();
    return one.item->family() == item.family() && !item.stages().empty() &&
           std::all_of(item.stages().begin(), item.stages().end(), [&](const std::string& stage) {
             return std::find(taught.begin(), taught.end(), stage) != taught.end();
           });
  });
  return found == standards_.end() ? std::string_view() : found->item->code();
}

std::vector<v1::AverageCheck> Averages::Check(absl::Span<const v1::AverageSum> sums,
                                              const std::map<std::string, int64_t>& allotted_fen) const {
  std::map<std::string, v1::AverageCheck> checks;
  std::map<std::string, std::map<std::string, ruraledu::common::v1::Rate>> schools;  // by item
  for (const v1::AverageSum& sum : sums) {
    v1::AverageCheck& check = checks[sum.item()];
    check.set_outside_range(check.outside_range() + sum.outside_range());
    Add(sum, check.mutable_mean());
    Add(sum, &schools[sum.item()][sum.school()]);
  }
  std::vector<v1::AverageCheck> all;
  for (auto& [code, check] : checks) {
    const auto standard = std::find_if(standards_.begin(), standards_.end(),
                                       [&, code = code](const Standard& one) { return one.item->code() == code; });
    if (standard == standards_.end()) {
      continue;  // the other term of the year was compared by a set that holds no more
    }
    check.set_item(code);
    check.set_mean_ok(Inside(check.mean(), *standard->set));
    const auto allotted = allotted_fen.find(code);
    check.set_within_allocation(allotted != allotted_fen.end() && check.mean().numerator() <= allotted->second);
    for (const auto& [school, mean] : schools[code]) {
      if (!Inside(mean, *standard->set)) {
        v1::SchoolMean* off = check.add_schools_off();
        off->set_school(school);
        *off->mutable_mean() = mean;
      }
    }
    all.push_back(std::move(check));
  }
  return all;
}

}  // namespace ruraledu::student_aid
