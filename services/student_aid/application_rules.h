// The life of an aid application (digest 2.7) as pure steps on its record: see step_rules.h, objections and appeals in
// dispute_rules.h. After an error the record is not to be used.
//
//   SCHOOL  DRAFT > SUBMITTED > SCHOOL_APPROVED > ON_SCHOOL_NOTICE > COUNTY_APPROVED > APPROVED > ORDERED > PAID
//   COUNTY  ... SCHOOL_APPROVED > COUNTY_APPROVED > ON_COUNTY_NOTICE > APPROVED ...
//   BOTH    ... SCHOOL_APPROVED > ON_SCHOOL_NOTICE > COUNTY_APPROVED > ON_COUNTY_NOTICE > APPROVED ...
//
// Bodies:
//
//   SUBMITTER  hands in          SCHOOL  reviews, posts and re-checks for the school, hears the first appeal
//   COUNTY     approves as often as the amount needs, each time another person; posts and re-checks for the county,
//   hears the second appeal
//   PAYER      orders, recovers, writes off. What the bank answers (pay, fail, return, recovered) is nobody's act
//
// Another amount: the county approves again before it is ordered (again), the notice stands. Another class: the list
// changes, the school posts again. Another school: its school reviews it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/domain/calendar.h"
#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "services/student_aid/dispute_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kApplicationRows[] = {
    {"DRAFT", "submit", "SUBMITTED"},
    {"SUBMITTED", "school_approve", "SCHOOL_APPROVED"},
    {"SCHOOL_APPROVED", "post_school", "ON_SCHOOL_NOTICE", "school_notice"},
    // All but the last one of several approvals sign.
    {"SCHOOL_APPROVED", "county_sign", "SCHOOL_APPROVED", "county_first"},
    {"SCHOOL_APPROVED", "county_approve", "COUNTY_APPROVED", "county_first"},
    {"ON_SCHOOL_NOTICE", "county_sign", "ON_SCHOOL_NOTICE", "notice_over"},
    {"ON_SCHOOL_NOTICE", "county_approve", "COUNTY_APPROVED", "notice_over"},
    {"COUNTY_APPROVED", "post_county", "ON_COUNTY_NOTICE", "county_notice"},
    {"COUNTY_APPROVED", "complete", "APPROVED", "order_done"},
    {"ON_COUNTY_NOTICE", "county_sign", "ON_COUNTY_NOTICE", "approvals_lacking"},
    {"ON_COUNTY_NOTICE", "county_approve", "ON_COUNTY_NOTICE", "approvals_lacking"},
    {"ON_COUNTY_NOTICE", "complete", "APPROVED", "order_done"},
    {"PAY_FAILED", "county_sign", "PAY_FAILED", "approvals_lacking"},
    {"PAY_FAILED", "county_approve", "PAY_FAILED", "approvals_lacking"},
    {"SUBMITTED", "school_reject", "REJECTED"},
    {"SCHOOL_APPROVED", "school_reject", "REJECTED"},
    {"ON_SCHOOL_NOTICE", "school_reject", "REJECTED"},
    {"SCHOOL_APPROVED", "county_reject", "REJECTED", "county_first"},
    {"ON_SCHOOL_NOTICE", "county_reject", "REJECTED"},
    {"COUNTY_APPROVED", "county_reject", "REJECTED"},
    {"ON_COUNTY_NOTICE", "county_reject", "REJECTED"},
    {"REJECTED", "grant_school", "SCHOOL_APPROVED"},
    {"REJECTED", "grant_county", "SCHOOL_APPROVED"},
    {"ON_SCHOOL_NOTICE", "object", "SUSPENDED"},
    {"ON_COUNTY_NOTICE", "object", "SUSPENDED"},
    {"SUSPENDED", "object", "SUSPENDED"},
    {"SUSPENDED", "resolve_school", "SUSPENDED", "objections_left"},
    {"SUSPENDED", "resolve_school", "ON_SCHOOL_NOTICE"},
    {"SUSPENDED", "resolve_county", "SUSPENDED", "objections_left"},
    {"SUSPENDED", "resolve_county", "ON_COUNTY_NOTICE"},
    {"SUSPENDED", "exclude_school", "REJECTED"},
    {"SUSPENDED", "exclude_county", "REJECTED"},
    {"DRAFT", "reassess", "DRAFT"},
    {"SUBMITTED", "reassess", "SUBMITTED"},
    {"SCHOOL_APPROVED", "reassess", "SCHOOL_APPROVED"},
    {"ON_SCHOOL_NOTICE", "reassess", "ON_SCHOOL_NOTICE"},
    {"COUNTY_APPROVED", "reassess", "ON_SCHOOL_NOTICE", "school_notice"},
    {"COUNTY_APPROVED", "reassess", "SCHOOL_APPROVED"},
    {"ON_COUNTY_NOTICE", "reassess", "ON_COUNTY_NOTICE"},
    {"SUSPENDED", "reassess", "SUSPENDED"},
    {"APPROVED", "reassess", "ON_COUNTY_NOTICE", "county_notice"},
    {"APPROVED", "reassess", "ON_SCHOOL_NOTICE"},
    {"PAY_FAILED", "reassess", "ON_COUNTY_NOTICE", "county_notice"},
    {"PAY_FAILED", "reassess", "ON_SCHOOL_NOTICE"},
    {"PAID", "reassess", "PAID"},
    {"DRAFT", "relist", "DRAFT"},
    {"SUBMITTED", "relist", "SUBMITTED"},
    {"SCHOOL_APPROVED", "relist", "SUBMITTED", "other_school"},
    {"SCHOOL_APPROVED", "relist", "SCHOOL_APPROVED"},
    {"ON_SCHOOL_NOTICE", "relist", "SUBMITTED", "other_school"},
    {"ON_SCHOOL_NOTICE", "relist", "SCHOOL_APPROVED"},
    {"COUNTY_APPROVED", "relist", "SUBMITTED", "other_school"},
    {"COUNTY_APPROVED", "relist", "SCHOOL_APPROVED"},
    {"ON_COUNTY_NOTICE", "relist", "SUBMITTED", "other_school"},
    {"ON_COUNTY_NOTICE", "relist", "SCHOOL_APPROVED"},
    {"APPROVED", "relist", "SUBMITTED", "other_school"},
    {"APPROVED", "relist", "SCHOOL_APPROVED"},
    {"PAY_FAILED", "relist", "SUBMITTED", "other_school"},
    {"PAY_FAILED", "relist", "SCHOOL_APPROVED"},
    {"DRAFT", "withdraw", "WITHDRAWN"},
    {"SUBMITTED", "withdraw", "WITHDRAWN"},
    {"SCHOOL_APPROVED", "withdraw", "WITHDRAWN"},
    {"ON_SCHOOL_NOTICE", "withdraw", "WITHDRAWN"},
    {"COUNTY_APPROVED", "withdraw", "WITHDRAWN"},
    {"ON_COUNTY_NOTICE", "withdraw", "WITHDRAWN"},
    {"SUSPENDED", "withdraw", "WITHDRAWN"},
    {"APPROVED", "withdraw", "WITHDRAWN"},
    {"PAY_FAILED", "withdraw", "WITHDRAWN"},
    {"WITHDRAWN", "reopen", "DRAFT"},
    {"APPROVED", "order", "ORDERED"},
    {"PAY_FAILED", "order", "ORDERED"},
    {"ORDERED", "pay", "PAID"},
    {"ORDERED", "fail", "PAY_FAILED"},
    {"PAID", "return", "PAY_FAILED"},
    {"PAID", "recover", "RECOVERING"},
    {"RECOVERING", "recovered", "RECOVERED"},
    {"RECOVERING", "write_off", "WRITTEN_OFF"},
};
inline constexpr StateMachine kApplicationStates("aid_application", "DRAFT", kApplicationRows);
static_assert(kApplicationStates.AllReachable() && kApplicationStates.Unambiguous());

// Moves on by an event and writes the line. `guard`: the condition that holds beside those that the application tells
// by itself (its notice level, notice and approvals). For payments: order, pay, fail, return, recover, recovered,
// write_off, all without a guard. Errors: STATE_TRANSITION, ROLE_HELD; of an order also DISPUTED while something is
// open, APPROVALS_LACKING when the amount is another one than was approved.
absl::Status StepApplication(const Act& act, std::string_view event, std::string_view guard,
                             v1::Application* application);

// Approvals of the county that an amount needs.
int32_t ApprovalsNeeded(const v1::ApplicationPolicy& policy, int64_t amount_fen);

// Opens a draft, whose name, person, term, item, family, area and school are set, with its first assessment.
void OpenApplication(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& first,
                     v1::Application* application);
// Opens a withdrawn one again, with a new assessment.
absl::Status ReopenApplication(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                               v1::Application* application);
// EVIDENCE_REQUIRED without any, unless it is proposed.
absl::Status SubmitApplication(const Act& act, v1::Application* application);

// FIELD_REQUIRED of the reason when it refuses. The county: NOTICE_RUNNING, OBJECTION_OPEN; ROLE_HELD also for whoever
// approved already. After the last approval an application whose notices are done is APPROVED.
absl::Status ReviewBySchool(const Act& act, bool accept, v1::Application* application);
absl::Status ReviewByCounty(const Act& act, bool accept, v1::Application* application);

// Onto a notice of the school or the county whose last day is `ends_on`.
absl::Status PostApplication(const Act& act, v1::NoticeLevel at, const std::string& notice, absl::CivilDay ends_on,
                             v1::Application* application);
// Whether a notice is done with its application, which waits for the county then: NOTICE_RUNNING, OBJECTION_OPEN. After
// that of the county it is APPROVED: APPROVALS_LACKING, ROLE_HELD.
absl::Status EndNotice(const Act& act, v1::Application* application);

// The amount is another one: a new assessment, the county approves again. A paid one stays paid; `overpaid` tells when
// it got more.
absl::Status Reassess(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                      v1::Application* application);
// The pupil was in another class or school on the census date. STATE_TRANSITION while it is disputed or ordered.
absl::Status Relist(const Act& act, const std::string& area, const std::string& school, v1::Application* application);
// Any before it is ordered; also one that the bank did not pay.
absl::Status WithdrawApplication(const Act& act, v1::Application* application);

// Likewise, because nothing is granted any more.
absl::Status Lapse(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                   v1::Application* application);

// UNFOUNDED or EXCLUDED. As FindObjection; ROLE_HELD, FIELD_REQUIRED of the outcome.
absl::Status ResolveObjection(const Act& act, int32_t number, v1::ObjectionOutcome outcome,
                              v1::Application* application);
// As HearAppeal.
absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, v1::Application* application);

}  // namespace ruraledu::student_aid
