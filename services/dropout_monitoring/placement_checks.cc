#include "services/dropout_monitoring/placement_checks.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/case_checks.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kFewestMembers = 2;
constexpr int kMostMembers = 30;

}  // namespace

absl::Status CheckOpinion(const PlacementBook& book, absl::CivilDay today, const v1::CommitteeOpinion& opinion) {
  Violations violations;
  violations.Require(opinion.has_on(), "opinion.on");
  const auto on = DayOf(opinion.on(), "opinion.on", &violations);
  if (on.has_value() && *on > today) {
    violations.Add("opinion.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  violations.Require(opinion.members_size() >= kFewestMembers, "opinion.members");
  violations.MostElements("opinion.members", opinion.members_size(), kMostMembers);
  for (const std::string& member : opinion.members()) {
    violations.MostBytes("opinion.members", member, kMostCaseName);
  }
  if (!opinion.advised_kind().empty() && book.Kind(opinion.advised_kind()) == nullptr) {
    violations.Add("opinion.advised_kind", "CODE_UNKNOWN", {{"list", "placement_kind"}});
  }
  violations.MostBytes("opinion.text", opinion.text(), kMostCaseText);
  return violations.status();
}

}  // namespace ruraledu::dropout_monitoring
