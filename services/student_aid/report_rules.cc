#include "services/student_aid/report_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/money.h"

namespace ruraledu::student_aid {

LevelAmounts& LevelAmounts::operator+=(const LevelAmounts& other) {
  for (size_t i = 0; i < by_level.size(); ++i) {
    by_level[i] += other.by_level[i];
  }
  unsplit_fen += other.unsplit_fen;
  return *this;
}

absl::StatusOr<LevelAmounts> SplitByLevel(const v1::PolicyItem& item, int64_t fen) {
  LevelAmounts amounts;
  if (item.shares().empty()) {
    amounts.unsplit_fen = fen;
    return amounts;
  }
  std::vector<std::pair<v1::FundingLevel, int32_t>> shares;
  for (const v1::FundingShare& share : item.shares()) {
    const auto level = EnumOf<v1::FundingLevel>(share.level());
    if (!level.has_value()) {
      return Fail("SHARES_NOT_WHOLE");
    }
    shares.emplace_back(*level, share.basis_points());
  }
  std::sort(shares.begin(), shares.end());  // the highest level first
  std::vector<int32_t> points;
  for (const auto& [level, basis_points] : shares) {
    points.push_back(basis_points);
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> parts, SplitFen(fen, points));
  for (size_t i = 0; i < parts.size(); ++i) {
    amounts.by_level[shares[i].first] += parts[i];
  }
  return amounts;
}

const v1::PolicyItem* ItemInForce(const PolicyBook& book, std::string_view region, const Term& term,
                                  std::string_view item) {
  for (const v1::PolicySet* set : book.InForce(region, term)) {
    for (const v1::PolicyItem& row : set->items()) {
      if (row.code() == item && SpanOf(*set, row).Contains(term)) {
        return &row;
      }
    }
  }
  return nullptr;
}

std::string LevelText(v1::FundingLevel level) {
  switch (level) {
    case v1::FUNDING_LEVEL_CENTRAL:
      return "中央";
    case v1::FUNDING_LEVEL_PROVINCE:
      return "省级";
    case v1::FUNDING_LEVEL_CITY:
      return "市级";
    case v1::FUNDING_LEVEL_COUNTY:
      return "县级";
    default:
      return "";
  }
}

int32_t ParseBudgetYear(std::string_view text) {
  int32_t year = 0;
  const bool digits = text.size() == 4 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(text, &year) ? year : 0;
}

}  // namespace ruraledu::student_aid
