#include "services/student_aid/share_rules.h"

#include <map>
#include <set>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/money.h"

namespace ruraledu::student_aid {

std::string_view SharesProblem(const v1::PolicyItem& item) {
  std::set<v1::FundingLevel> seen;
  for (const v1::FundingShare& share : item.shares()) {
    const auto level = EnumOf<v1::FundingLevel>(share.level());
    if (!level.has_value() || *level == v1::FUNDING_LEVEL_UNSPECIFIED) {
      return "the level of a share is none of CENTRAL, PROVINCE, CITY, COUNTY";
    }
    if (!seen.insert(*level).second) {
      return "a level has two shares";
    }
  }
  return "";
}

absl::StatusOr<std::vector<LevelAmount>> SplitShares(const v1::PolicyItem& item, int64_t fen) {
  std::vector<LevelAmount> amounts;
  if (item.shares().empty()) {
    return amounts;
  }
  if (const std::string_view problem = SharesProblem(item); !problem.empty()) {
    return Fail("POLICY_ROW", {{"problem", problem}});
  }
  std::map<v1::FundingLevel, int32_t> shares;  // the enum goes from the highest level down
  for (const v1::FundingShare& share : item.shares()) {
    if (share.basis_points() != 0) {
      shares[*EnumOf<v1::FundingLevel>(share.level())] = share.basis_points();
    }
  }
  std::vector<int32_t> points;
  for (const auto& [level, basis_points] : shares) {
    points.push_back(basis_points);
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> parts, SplitFen(fen, points));
  auto part = parts.begin();
  for (const auto& [level, basis_points] : shares) {
    amounts.push_back({level, *part++});
  }
  return amounts;
}

}  // namespace ruraledu::student_aid
