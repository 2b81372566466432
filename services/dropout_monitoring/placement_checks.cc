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

void CheckRoom(int count, int limit, const std::string& field, Violations* violations) {
  if (count > limit) {
    violations->Add(field, "FIELD_TOO_MANY", {{"field", field}, {"limit", absl::StrCat(limit)}});
  }
}

absl::Status CheckOpinion(const PlacementBook& book, absl::CivilDay today, const v1::CommitteeOpinion& opinion) {
  Violations violations;
  violations.Require(opinion.has_on(), "opinion.on");
  const auto on = DayOf(opinion.on(), "opinion.on", &violations);
  if (on.has_value() && *on > today) {
    violations.Add("opinion.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  violations.Require(opinion.members_size() >= kFewestMembers, "opinion.members");
  CheckRoom(opinion.members_size(), kMostMembers, "opinion.members", &violations);
  for (const std::string& member : opinion.members()) {
    CheckText(member, "opinion.members", kMostCaseName, &violations);
  }
  if (!opinion.advised_kind().empty() && book.Kind(opinion.advised_kind()) == nullptr) {
    violations.Add("opinion.advised_kind", "CODE_UNKNOWN", {{"list", "placement_kind"}});
  }
  CheckText(opinion.text(), "opinion.text", kMostCaseText, &violations);
  return violations.status();
}

}  // namespace ruraledu::dropout_monitoring
