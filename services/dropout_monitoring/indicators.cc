#include "services/dropout_monitoring/indicators.h"

#include <algorithm>

#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

const dashboard::MeasureBook& Measures() {
  static const auto* const book =
      new dashboard::MeasureBook(std::vector<dashboard::Measure>(), std::vector<dashboard::Contributor>());
  return *book;
}

std::vector<dashboard::IndicatorSpec> Indicators() {
  return {};
}

absl::StatusOr<std::vector<dashboard::SchoolName>> SchoolNames(db::Transaction& tx, std::string_view township) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfArea(township));
  ASSIGN_OR_RETURN(auto schools, AllSchools(tx, shard));
  std::sort(schools.begin(), schools.end(), [](const auto& a, const auto& b) { return a.code() < b.code(); });
  std::vector<dashboard::SchoolName> names;
  for (const registry_v1::School& school : schools) {
    if (TownshipOf(school.area()) == township) {
      names.push_back({std::string(feed::IdOfName(school.name())), school.display_name()});
    }
  }
  return names;
}

}  // namespace ruraledu::dropout_monitoring
