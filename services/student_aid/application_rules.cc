#include "services/student_aid/application_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

constexpr EventBody kBodies[] = {
    {"submit", "SUBMITTER"},
    {"supply_evidence", "SUBMITTER"},
    {"school_approve", "SCHOOL", true},
    {"school_reject", "SCHOOL", true},
    {"post_school", "SCHOOL"},
    {"resolve_school", "SCHOOL", true},
    {"exclude_school", "SCHOOL", true},
    {"grant_school", "SCHOOL"},
    {"dismiss_school", "SCHOOL", true},
    {"county_sign", "COUNTY", true},
    {"county_approve", "COUNTY", true},
    {"county_reject", "COUNTY", true},
    {"post_county", "COUNTY"},
    {"complete", "COUNTY"},
    {"resolve_county", "COUNTY", true},
    {"exclude_county", "COUNTY", true},
    {"grant_county", "COUNTY"},
    {"dismiss_county", "COUNTY"},
    {"order", "PAYER"},
    {"recover", "PAYER"},
    {"write_off", "PAYER"},
};

// Steps after which the county approves from the beginning.
constexpr std::string_view kVoiding[] = {"reassess",      "relist",         "withdraw",      "school_reject",
                                         "county_reject", "exclude_school", "exclude_county"};

bool Is(v1::NoticeLevel level, v1::NoticeLevel at) {
  return level == at || level == v1::NOTICE_LEVEL_BOTH;
}

bool NoticeOver(const v1::Application& application, absl::CivilDay on) {
  const auto ends = DayOf(application.notice_ends_on());
  return application.posted_at() != v1::NOTICE_LEVEL_UNSPECIFIED && ends.has_value() && *ends < on;
}

// What the application tells of itself.
bool Holds(const v1::Application& application, absl::CivilDay on, std::string_view guard) {
  const v1::NoticeLevel level = application.notice_level();
  const bool lacking = application.approvals() < application.approvals_needed();
  if (guard == "school_notice") return Is(level, v1::NOTICE_LEVEL_SCHOOL);
  if (guard == "county_notice") return Is(level, v1::NOTICE_LEVEL_COUNTY);
  if (guard == "county_first") return level == v1::NOTICE_LEVEL_COUNTY;
  if (guard == "notice_over") return NoticeOver(application, on);
  if (guard == "approvals_lacking") return lacking;
  if (guard == "objections_left") return application.open_objections_size() > 0;
  if (guard == "order_done") {
    return !lacking && (level == v1::NOTICE_LEVEL_SCHOOL ||
                        (application.posted_at() == v1::NOTICE_LEVEL_COUNTY && NoticeOver(application, on)));
  }
  return false;
}

// No list shows it any more, and no approval counts.
void Void(v1::Application* application) {
  application->set_approvals(0);
  application->set_posted_at(v1::NOTICE_LEVEL_UNSPECIFIED);
  application->clear_posted_area();
}

void AddAssessment(const v1::ApplicationPolicy& policy, const v1::Assessment& next, v1::Application* application) {
  *application->add_assessments() = next;
  application->set_amount_fen(next.amount_fen());
  application->set_approvals_needed(ApprovalsNeeded(policy, next.amount_fen()));
  application->set_approvals(0);
}

// Approved by the person since the county began to approve.
bool ApprovedBy(const v1::Application& application, std::string_view person) {
  for (auto step = application.steps().rbegin(); step != application.steps().rend(); ++step) {
    if (std::find(std::begin(kVoiding), std::end(kVoiding), step->event()) != std::end(kVoiding)) {
      return false;
    }
    if (step->person() == person && (step->event() == "county_sign" || step->event() == "county_approve")) {
      return true;
    }
  }
  return false;
}

absl::Status CheckNotice(const v1::Application& application, absl::CivilDay on) {
  if (application.state() == v1::APPLICATION_STATE_SUSPENDED) {
    return Fail("OBJECTION_OPEN", {{"count", absl::StrCat(application.open_objections_size())}});
  }
  const bool on_notice = application.state() == v1::APPLICATION_STATE_ON_SCHOOL_NOTICE ||
                         application.state() == v1::APPLICATION_STATE_ON_COUNTY_NOTICE;
  const auto ends = DayOf(application.notice_ends_on());
  return on_notice && ends.has_value() && on <= *ends ? Fail("NOTICE_RUNNING", {{"until", DayText(*ends)}})
                                                      : absl::OkStatus();
}

absl::Status Refuse(const Act& act, std::string_view event, v1::Application* application) {
  RETURN_IF_ERROR(NeedsReason(act));
  *application->mutable_refused_on() = DateOf(act.on);
  RETURN_IF_ERROR(StepApplication(act, event, "", application));
  Void(application);
  return absl::OkStatus();
}

// The next state of the order when nothing but that is left.
absl::Status Complete(const Act& act, v1::Application* application) {
  const bool ready =
      application->state() != v1::APPLICATION_STATE_PAY_FAILED && Holds(*application, act.on, "order_done");
  return ready ? StepApplication(act, "complete", "", application) : absl::OkStatus();
}

absl::Status ApprovalsLacking(const v1::Application& application) {
  return Fail("APPROVALS_LACKING", {{"needed", absl::StrCat(application.approvals_needed())},
                                    {"given", absl::StrCat(application.approvals())}});
}

absl::Status Approve(const Act& act, v1::Application* application) {
  if (application->state() != v1::APPLICATION_STATE_ON_COUNTY_NOTICE) {  // where an amount is approved while it hangs
    RETURN_IF_ERROR(CheckNotice(*application, act.on));
  }
  if (ApprovedBy(*application, act.person)) {
    return Fail("ROLE_HELD", {{"held", "APPROVER"}, {"wanted", "APPROVER"}});
  }
  const bool last = application->approvals() + 1 >= application->approvals_needed();
  RETURN_IF_ERROR(StepApplication(act, last ? "county_approve" : "county_sign", "", application));
  application->set_approvals(application->approvals() + 1);
  return last ? Complete(act, application) : absl::OkStatus();
}

}  // namespace

const Workflow& WorkflowOf(const v1::Application&) {
  static constexpr Workflow kWorkflow{kApplicationStates, kBodies};
  return kWorkflow;
}

absl::Status StepApplication(const Act& act, std::string_view event, std::string_view guard,
                             v1::Application* application) {
  RETURN_IF_ERROR(Move(
      act, event, [&](std::string_view name) { return name == guard || Holds(*application, act.on, name); },
      application));
  if (event == "order" && application->disputed()) {
    return Fail("DISPUTED", {{"name", application->name()}});
  }
  return event == "order" && Holds(*application, act.on, "approvals_lacking") ? ApprovalsLacking(*application)
                                                                              : absl::OkStatus();
}

int32_t ApprovalsNeeded(const v1::ApplicationPolicy& policy, int64_t amount_fen) {
  int32_t needed = 1;
  for (const v1::ApprovalStep& step : policy.approval_steps()) {
    if (step.from_amount_fen() <= amount_fen) {
      needed = step.approvals();
    }
  }
  return needed;
}

void OpenApplication(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& first,
                     v1::Application* application) {
  application->set_state(v1::APPLICATION_STATE_DRAFT);
  application->set_policy(policy.name());
  application->set_notice_level(policy.notice_level());
  AddAssessment(policy, first, application);
  Note(act, "open", application);
}

absl::Status ReopenApplication(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                               v1::Application* application) {
  AddAssessment(policy, next, application);
  return StepApplication(act, "reopen", "", application);
}

absl::Status SubmitApplication(const Act& act, v1::Application* application) {
  if (application->amount_fen() == 0) {  // the job took it back: nothing is granted
    return Fail(
        "STATE_TRANSITION",
        {{"machine", kApplicationStates.name()}, {"from", EnumText(application->state())}, {"event", "submit"}});
  }
  if (!application->proposed() && application->evidence().empty()) {
    return Fail("EVIDENCE_REQUIRED");
  }
  return StepApplication(act, "submit", "", application);
}

absl::Status ReviewBySchool(const Act& act, bool accept, v1::Application* application) {
  return accept ? StepApplication(act, "school_approve", "", application) : Refuse(act, "school_reject", application);
}

absl::Status ReviewByCounty(const Act& act, bool accept, v1::Application* application) {
  return accept ? Approve(act, application) : Refuse(act, "county_reject", application);
}

absl::Status PostApplication(const Act& act, v1::NoticeLevel at, const std::string& notice, absl::CivilDay ends_on,
                             v1::Application* application) {
  RETURN_IF_ERROR(StepApplication(act, at == v1::NOTICE_LEVEL_COUNTY ? "post_county" : "post_school", "", application));
  application->set_notice(notice);
  application->set_posted_at(at);
  application->set_posted_area(application->area());
  *application->mutable_posted_on() = DateOf(act.on);
  *application->mutable_notice_ends_on() = DateOf(ends_on);
  return absl::OkStatus();
}

absl::Status EndNotice(const Act& act, v1::Application* application) {
  RETURN_IF_ERROR(CheckNotice(*application, act.on));
  if (application->state() != v1::APPLICATION_STATE_ON_COUNTY_NOTICE) {
    return absl::OkStatus();
  }
  if (Holds(*application, act.on, "approvals_lacking")) {
    return ApprovalsLacking(*application);
  }
  return StepApplication(act, "complete", "", application);
}

absl::Status Reassess(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                      v1::Application* application) {
  AddAssessment(policy, next, application);
  application->set_overpaid(application->state() == v1::APPLICATION_STATE_PAID &&
                            application->paid_fen() > next.amount_fen());
  return StepApplication(act, "reassess", "", application);
}

absl::Status Relist(const Act& act, const std::string& area, const std::string& school, v1::Application* application) {
  const bool other_school = application->school() != school;
  application->set_area(area);
  application->set_school(school);
  RETURN_IF_ERROR(StepApplication(act, "relist", other_school ? "other_school" : "", application));
  Void(application);
  return absl::OkStatus();
}

absl::Status WithdrawApplication(const Act& act, v1::Application* application) {
  CloseObjections(act, application);
  RETURN_IF_ERROR(StepApplication(act, "withdraw", "", application));
  Void(application);
  return absl::OkStatus();
}

absl::Status Lapse(const Act& act, const v1::ApplicationPolicy& policy, const v1::Assessment& next,
                   v1::Application* application) {
  AddAssessment(policy, next, application);
  return WithdrawApplication(act, application);
}

absl::Status ResolveObjection(const Act& act, int32_t number, v1::ObjectionOutcome outcome,
                              v1::Application* application) {
  ASSIGN_OR_RETURN(v1::Objection* const objection, FindObjection(act, number, application));
  const bool excluded = outcome == v1::OBJECTION_OUTCOME_EXCLUDED;
  if (!excluded && outcome != v1::OBJECTION_OUTCOME_UNFOUNDED) {
    return Fail("FIELD_REQUIRED", {{"field", "outcome"}});
  }
  const std::string_view at = application->posted_at() == v1::NOTICE_LEVEL_COUNTY ? "county" : "school";
  CloseObjection(act, outcome, objection, application);
  RETURN_IF_ERROR(StepApplication(act, absl::StrCat(excluded ? "exclude_" : "resolve_", at), "", application));
  if (excluded) {
    Void(application);
  }
  return absl::OkStatus();
}

absl::Status DecideAppeal(const Act& act, const AppealDecision& decision, v1::Application* application) {
  ASSIGN_OR_RETURN(const std::string_view event, HearAppeal(act, decision, application));
  return event.empty() ? absl::OkStatus() : StepApplication(act, event, "", application);
}

}  // namespace ruraledu::student_aid
