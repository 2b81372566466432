#include "services/dropout_monitoring/care_tables.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostRank = 9999;

template <typename M>
std::function<std::vector<db::Value>(const google::protobuf::Message&)> Of(std::vector<db::Value> (*values)(const M&)) {
  return [values](const google::protobuf::Message& root) { return values(static_cast<const M&>(root)); };
}

std::string RankOf(int points) {
  return absl::StrFormat("%04d", kMostRank - std::clamp(points, 0, kMostRank));
}

}  // namespace

const feed::RootTable kRisks{
    "risk", "risks", {"area", "level", "rank", "has_points"}, Of<v1::Risk>(+[](const v1::Risk& risk) {
      return std::vector<db::Value>{risk.area(), v1::RiskLevel_Name(risk.level()), RankOf(risk.points()),
                                    int64_t{risk.points() > 0}};
    })};

}  // namespace ruraledu::dropout_monitoring
