#include "common/base/reasons.h"

#include <vector>

namespace ruraledu {

absl::Span<const ReasonInfo> Reasons() {
  static const auto* const kAll = [] {
    const auto first = ReasonsAToL(), second = ReasonsMToZ();
    auto* all = new std::vector<ReasonInfo>(first.begin(), first.end());
    all->insert(all->end(), second.begin(), second.end());
    return all;
  }();
  return *kAll;
}

}  // namespace ruraledu
