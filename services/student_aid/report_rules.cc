#include "services/student_aid/report_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "services/student_aid/share_rules.h"

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
  ASSIGN_OR_RETURN(const std::vector<LevelAmount> parts, SplitShares(item, fen));
  for (const LevelAmount& part : parts) {
    amounts.by_level[part.level] += part.fen;
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
