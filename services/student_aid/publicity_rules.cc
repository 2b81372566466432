#include "services/student_aid/publicity_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostName = 800;  // bytes: 200 characters
constexpr int kMostMaterials = 20;
constexpr int32_t kMostPeople = 1'000'000;

void CheckCount(std::string_view field, int32_t count, int32_t most, Violations* violations) {
  if (count < 0 || count > most) {
    violations->Add(absl::StrCat("activity.", field), "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(most)}});
  }
}

}  // namespace

absl::Status CheckActivity(const FollowUpBook& book, absl::CivilDay today, const v1::PublicityActivity& activity) {
  Violations violations;
  violations.Require(!activity.title().empty(), "activity.title");
  violations.MostBytes("activity.title", activity.title(), kMostName);
  const auto on = DayOf(activity.on(), "activity.on", &violations);
  violations.Require(on.has_value() || activity.has_on(), "activity.on");
  if (on.has_value() && *on > today) {
    violations.Add("activity.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  if (book.channels().Find(activity.channel(), on.value_or(today)) == nullptr) {
    violations.Add("activity.channel", "CODE_UNKNOWN", {{"list", "publicity_channel"}});
  }
  if (activity.school().empty() == activity.village().empty()) {
    violations.Add("activity.school", "PUBLICITY_PLACE");
  }
  for (const auto& [field, count] :
       {std::pair("pupils", activity.pupils()), std::pair("guardians", activity.guardians()),
        std::pair("others", activity.others()), std::pair("asked", activity.asked())}) {
    CheckCount(field, count, kMostPeople, &violations);
  }
  CheckCount("aware", activity.aware(), activity.asked(), &violations);
  violations.MostElements("activity.materials", activity.materials_size(), kMostMaterials);
  for (const std::string& file : activity.materials()) {
    violations.MostBytes("activity.materials", file, kMostName);
  }
  return violations.status();
}

absl::Status WithdrawActivity(const Act& act, v1::PublicityActivity* activity) {
  RETURN_IF_ERROR(NeedsReason(act));
  if (!activity->withdrawn_by().empty()) {
    return Fail("PUBLICITY_WITHDRAWN");
  }
  activity->set_withdrawn_by(act.person);
  *activity->mutable_withdrawn_on() = DateOf(act.on);
  activity->set_withdrawn_reason(act.reason);
  return absl::OkStatus();
}

Reach& Reach::operator+=(const Reach& other) {
  activities += other.activities;
  pupils += other.pupils;
  guardians += other.guardians;
  others += other.others;
  asked += other.asked;
  aware += other.aware;
  return *this;
}

Reach ReachOf(const v1::PublicityActivity& activity) {
  return {1, activity.pupils(), activity.guardians(), activity.others(), activity.asked(), activity.aware()};
}

std::map<std::string, Reach> ReachBySchool(const std::vector<v1::PublicityActivity>& activities) {
  std::map<std::string, Reach> by_school;
  for (const v1::PublicityActivity& activity : activities) {
    by_school[activity.school()] += ReachOf(activity);
  }
  return by_school;
}

}  // namespace ruraledu::student_aid
