// Publicity of aid policies (PS-5b, AL-5c, SP-4.2.3): what an activity needs, and what a term's activities reached.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/publicity.pb.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// FIELD_REQUIRED, CODE_UNKNOWN of the channel, PUBLICITY_PLACE unless it names a school or a village, NUMBER_RANGE of
// people (aware up to asked), DATE_AHEAD, FIELD_TOO_LONG, FIELD_TOO_MANY.
absl::Status CheckActivity(const FollowUpBook& book, absl::CivilDay today, const v1::PublicityActivity& activity);

// PUBLICITY_WITHDRAWN a second time; FIELD_REQUIRED of the reason.
absl::Status WithdrawActivity(const Act& act, v1::PublicityActivity* activity);

// What reached a school, or all of them.
struct Reach {
  int64_t activities = 0, pupils = 0, guardians = 0, others = 0, asked = 0, aware = 0;
  Reach& operator+=(const Reach& other);
  Rate awareness() const { return {aware, asked}; }
};
Reach ReachOf(const v1::PublicityActivity& activity);
// By resource name of the school; "" is the villages.
std::map<std::string, Reach> ReachBySchool(const std::vector<v1::PublicityActivity>& activities);

}  // namespace ruraledu::student_aid
