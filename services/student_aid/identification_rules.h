// The life of an identification (digest 2.6) as pure steps on its record: state machine, who may not act twice, clocks.
//
// A step takes the record as it is and leaves it as it is next, with a line in `steps`; after an error the record is
// not to be used. Days are working days of the calendar (DR-05, DR-06): CALENDAR_MISSING when a year of it is needed
// and missing.
//
// Bodies (step_rules.h):
//
//   SUBMITTER  hands in          CLASS   reviews for the class
//   SCHOOL     reviews, posts, re-checks, confirms, adjusts, hears the first appeal      COUNTY  files, hears the
//   second appeal
//
// Further, an objection or appeal is not decided by whoever took it down, and an appeal by nobody who decided on the
// record before.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/domain/calendar.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kIdentificationRows[] = {
    {"NOTIFIED", "apply", "APPLIED"},
    {"APPLIED", "class_accept", "CLASS_REVIEWED"},
    {"APPLIED", "class_reject", "REJECTED"},
    {"CLASS_REVIEWED", "school_accept", "SCHOOL_REVIEWED"},
    {"CLASS_REVIEWED", "school_reject", "REJECTED"},
    {"SCHOOL_REVIEWED", "school_reject", "REJECTED"},
    {"SCHOOL_REVIEWED", "post", "ON_NOTICE"},
    {"ON_NOTICE", "object", "RECHECK"},
    {"RECHECK", "object", "RECHECK"},
    {"RECHECK", "resolve", "RECHECK", "objections_left"},
    {"RECHECK", "resolve", "ON_NOTICE"},
    {"RECHECK", "exclude", "REJECTED"},
    {"ON_NOTICE", "confirm", "CONFIRMED", "notice_over"},
    {"CONFIRMED", "archive", "ARCHIVED"},
    {"CONFIRMED", "adjust", "CONFIRMED"},
    {"ARCHIVED", "adjust", "CONFIRMED"},
    {"CONFIRMED", "revoke", "REVOKED"},
    {"ARCHIVED", "revoke", "REVOKED"},
    {"REJECTED", "grant_school", "SCHOOL_REVIEWED"},
    {"REJECTED", "grant_county", "SCHOOL_REVIEWED"},
};
inline constexpr StateMachine kIdentificationStates("identification", "NOTIFIED", kIdentificationRows);
static_assert(kIdentificationStates.AllReachable() && kIdentificationStates.Unambiguous());

// The body that an event belongs to, "" when to none.
std::string_view BodyOf(std::string_view event);

// Opens a record: the family was told.
void Notify(const Act& act, v1::Identification* record);
// Stores the input and the score. EVIDENCE_REQUIRED without any, unless a comparison hit gives a level.
absl::Status Apply(const Act& act, const v1::EvaluateIdentificationRequest& input,
                   const v1::EvaluateIdentificationResponse& answer, v1::Identification* record);

struct Review {
  bool by_class = false;
  bool accept = false;
  int32_t level = 0;  // 0: the present one
};
// LEVEL_UNKNOWN; FIELD_REQUIRED of the reason when it refuses or departs from the present level.
absl::Status ApplyReview(const Act& act, const Review& review, const v1::IdentificationPolicy& policy,
                         v1::Identification* record);

// Onto a notice whose last day is `ends_on`.
absl::Status Post(const Act& act, const std::string& notice, absl::CivilDay ends_on, v1::Identification* record);
// NOTICE_RUNNING, OBJECTION_OPEN. Gives the level to the term of the input and those of the school year after it.
absl::Status Confirm(const Act& act, v1::Identification* record);
absl::Status Archive(const Act& act, v1::Identification* record);

struct Adjustment {
  int32_t level = 0;  // 0: the one of the answer
  bool ended = false;
};
// From the term of the input on; the level of earlier terms stays. TERM_OTHER_YEAR, TERM_ADJUSTED_LATER (a later term
// was adjusted already), LEVEL_UNKNOWN, FIELD_REQUIRED of the reason when it ends or departs from the table.
absl::Status Adjust(const Act& act, const Adjustment& adjustment, const v1::EvaluateIdentificationRequest& input,
                    const v1::EvaluateIdentificationResponse& answer, const v1::IdentificationPolicy& policy,
                    v1::Identification* record);

// The level that holds in a term, 0 none: what a payment looks at, beside `disputed`.
int32_t LevelIn(const v1::Identification& record, std::string_view term);

// LEVEL_UNKNOWN unless the policy has the level.
absl::Status CheckLevel(const v1::IdentificationPolicy& policy, int32_t level);

// Moves on by an event and writes the line: STATE_TRANSITION, ROLE_HELD. `guard`: the condition that holds. For
// dispute_rules.cc.
absl::Status Step(const Act& act, std::string_view event, std::string_view guard, v1::Identification* record);

}  // namespace ruraledu::student_aid
