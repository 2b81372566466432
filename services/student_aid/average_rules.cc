#include "services/student_aid/average_rules.h"

#include <algorithm>
#include <map>

#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

struct Standard {
  const v1::PolicySet* set = nullptr;
  const v1::PolicyItem* item = nullptr;
};

Standard StandardOf(const PolicyBook& book, const AveragePayment& payment) {
  for (const v1::PolicySet* set : book.InForce("", payment.term)) {
    for (const v1::PolicyItem& item : set->items()) {
      const bool stage = std::find(item.stages().begin(), item.stages().end(), payment.stage) != item.stages().end();
      if (item.family() == payment.family && stage && HasMark(item, v1::STANDARD_MARK_AVERAGE) &&
          SpanOf(*set, item).Contains(payment.term)) {
        return {set, &item};
      }
    }
  }
  return {};
}

// Whether paid / standard lies inside the limits of the set, included.
bool Inside(const Rate& mean, const v1::PolicySet& set) {
  return Compare(mean, {set.average_low_bp(), 10000}) >= 0 && Compare(mean, {set.average_high_bp(), 10000}) <= 0;
}

struct Sum {
  const v1::PolicySet* set = nullptr;
  Rate mean;
  int64_t outside_range = 0;
  std::map<std::string, Rate> schools;
};

}  // namespace

absl::StatusOr<std::vector<AverageCheck>> CheckAverages(const PolicyBook& book,
                                                        absl::Span<const AveragePayment> payments,
                                                        std::optional<int64_t> allocated_fen) {
  std::map<std::string, Sum> sums;
  for (const AveragePayment& payment : payments) {
    const Standard standard = StandardOf(book, payment);
    if (standard.item == nullptr) continue;
    if (standard.set->average_high_bp() == 0) {
      return Fail("POLICY_MISSING", {{"region", standard.set->name()}, {"term", payment.term.text()}});
    }
    const auto half = [&](int64_t annual_fen) { return HalfOfAnnualFen(annual_fen, payment.term.season); };
    Sum& sum = sums[standard.item->code()];
    sum.set = standard.set;
    for (Rate* rate : {&sum.mean, &sum.schools[payment.school]}) {
      rate->numerator += payment.paid_fen;
      rate->denominator += half(standard.item->annual_fen());
    }
    if (HasMark(*standard.item, v1::STANDARD_MARK_RANGE) &&
        (payment.paid_fen < half(standard.item->range_low_fen()) ||
         payment.paid_fen > half(standard.item->range_high_fen()))) {
      ++sum.outside_range;
    }
  }
  std::vector<AverageCheck> checks;
  for (const auto& [item, sum] : sums) {
    AverageCheck& check = checks.emplace_back();
    check.item = item;
    check.mean = sum.mean;
    check.mean_ok = Inside(sum.mean, *sum.set);
    check.within_allocation = allocated_fen && sum.mean.numerator <= *allocated_fen;
    check.outside_range = sum.outside_range;
    for (const auto& [school, mean] : sum.schools) check.schools.push_back({school, mean, !Inside(mean, *sum.set)});
  }
  return checks;
}

}  // namespace ruraledu::student_aid
