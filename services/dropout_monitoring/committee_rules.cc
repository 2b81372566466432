#include "services/dropout_monitoring/committee_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kHundred = 100;
constexpr std::string_view kAble = "ABLE";
constexpr std::string_view kNotAble = "NOT_ABLE";

// A month and day within a school year.
absl::CivilDay DayIn(const TermCalendar& terms, const SchoolYear& year, int month_and_day) {
  const absl::CivilDay day(year.start, month_and_day / kHundred, month_and_day % kHundred);
  return day >= terms.FirstDay({year, Season::kAutumn})
             ? day
             : absl::CivilDay(year.start + 1, month_and_day / kHundred, month_and_day % kHundred);
}

// The `review_by` of the school year of a day, or the day when it is later.
absl::CivilDay ReviewBy(const CommitteeDay& day, absl::CivilDay since) {
  return std::max(since, DayIn(day.terms, day.terms.SchoolYearOf(since), day.policy.review_by()));
}

// Since when it is known that the child has no placement; today unless a look noted it before.
absl::CivilDay UnplacedSince(const CommitteeDay& day, const v1::DisabledChild& child) {
  for (const v1::PlacementFinding& finding : child.findings()) {
    if (finding.code() == "NO_PLACEMENT") {
      return DayOf(finding.since()).value_or(day.on);
    }
  }
  return day.on;
}

CommitteeDuty NewDuty(const CommitteeDay& day, absl::CivilDay since) {
  const absl::CivilDay by = DayIn(day.terms, day.terms.SchoolYearOf(since), day.policy.review_by());
  return {v1::COMMITTEE_TASK_NEW, std::max(by, since + day.policy.new_days())};
}

// The day the child was placed on, or looked at in a confirmed review since.
absl::CivilDay SeenOn(const v1::DisabledChild& child, const v1::Placement& now) {
  absl::CivilDay seen = *DayOf(now.from());
  for (const v1::CommitteeOpinion& opinion : child.opinions()) {
    if (!opinion.review().empty()) {
      seen = std::max(seen, *DayOf(opinion.on()));
    }
  }
  return seen;
}

// Of a child of school age whose placement, if it ever had one, holds no more.
CommitteeDuty UnplacedDuty(const CommitteeDay& day, const v1::DisabledChild& child, const v1::Placement* last) {
  if (last == nullptr) {
    return NewDuty(day, UnplacedSince(day, child));
  }
  const v1::PlacementKind* kind = day.book.Kind(last->kind());
  return {kind != nullptr && kind->at_home() ? v1::COMMITTEE_TASK_HOME_TEACHING : v1::COMMITTEE_TASK_NEW,
          *DayOf(last->until()) - 1};
}

// Of a child whose placement holds.
std::optional<CommitteeDuty> PlacedDuty(const CommitteeDay& day, const v1::DisabledChild& child,
                                        const v1::Placement& now, absl::CivilDay year_ends) {
  const v1::PlacementKind* kind = day.book.Kind(now.kind());
  if (kind != nullptr && kind->placed_with_plan() && !now.has_plan()) {
    return NewDuty(day, *DayOf(now.from()));
  }
  const auto until = DayOf(now.until());
  if (until.has_value() && *until - 1 <= year_ends) {
    const bool at_home = kind != nullptr && kind->at_home();
    return CommitteeDuty{at_home ? v1::COMMITTEE_TASK_HOME_TEACHING : v1::COMMITTEE_TASK_REVIEW, *until - 1};
  }
  const absl::CivilDay again = PlusMonths(SeenOn(child, now), day.policy.review_months());
  return again > year_ends ? std::nullopt
                           : std::optional(CommitteeDuty{v1::COMMITTEE_TASK_REVIEW, ReviewBy(day, again)});
}

bool Answers(const CodeEntry& recommendation, v1::CommitteeTask task) {
  const std::vector<std::string> tasks = absl::StrSplit(recommendation.Attribute("tasks"), '|');
  return std::find(tasks.begin(), tasks.end(), EnumText(task)) != tasks.end();
}

absl::Status CheckAnswer(const CommitteeDay& day, v1::CommitteeTask task,
                         const v1::EnterCommitteeReviewRequest& request) {
  Violations violations;
  const v1::CommitteeOpinion& opinion = request.opinion();
  const auto refuse = [&](std::string_view field) {
    violations.Add(field, "COMMITTEE_ANSWER", {{"recommendation", request.recommendation()}, {"task", EnumText(task)}});
  };
  const CodeEntry* recommendation = day.book.recommendations.Find(request.recommendation(), day.on);
  if (recommendation == nullptr || !Answers(*recommendation, task)) {
    refuse("recommendation");
  } else if (recommendation->Attribute("kind") == "yes") {
    violations.Require(!opinion.advised_kind().empty(), "opinion.advised_kind");
  }
  const v1::PlacementKind* kind = day.book.Kind(opinion.advised_kind());
  if (kind != nullptr && !kind->opinion().empty() && kind->opinion() != (opinion.able_to_learn() ? kAble : kNotAble)) {
    refuse("opinion.able_to_learn");
  }
  const auto on = DayOf(opinion.on());
  if (!on.has_value() || day.terms.SchoolYearOf(*on) != day.year()) {
    violations.Add("opinion.on", "COMMITTEE_YEAR", {{"school_year", day.year().text()}});
  }
  return violations.status();
}

}  // namespace

absl::Status CheckRecommendations(const CodeList& recommendations) {
  for (const CodeEntry& entry : recommendations.entries()) {
    bool good = entry.Attribute("kind") == "yes" || entry.Attribute("kind") == "no";
    for (const std::string_view name : absl::StrSplit(entry.Attribute("tasks"), '|')) {
      const auto task = EnumOf<v1::CommitteeTask>(name).value_or(v1::COMMITTEE_TASK_UNSPECIFIED);
      good &= task != v1::COMMITTEE_TASK_UNSPECIFIED;
    }
    if (!good) {
      return Fail("DATA_FILE",
                  {{"file", absl::StrCat(recommendations.name(), ".csv")},
                   {"line", "0"},
                   {"problem", absl::StrCat(entry.code, " answers no task, or its kind is not yes or no")}});
    }
  }
  return absl::OkStatus();
}

std::optional<CommitteeDuty> DutyOf(const CommitteeDay& day, const v1::DisabledChild& child) {
  if (child.gone()) {
    return std::nullopt;
  }
  const absl::CivilDay year_ends = day.terms.LastDay({day.year(), Season::kSpring});
  const bool of_age = OfSchoolAge(day.policy, day.terms, child, day.on);
  const v1::Placement* now = PlacementInForce(child, day.on);
  if (of_age && now == nullptr) {
    return UnplacedDuty(day, child, LastBegun(child, day.on));
  }
  std::optional<CommitteeDuty> duty = of_age ? PlacedDuty(day, child, *now, year_ends) : std::nullopt;
  const auto& last_grades = day.policy.last_grades();
  const bool leaves =
      child.registered() && std::find(last_grades.begin(), last_grades.end(), child.grade()) != last_grades.end();
  if (leaves && (!duty.has_value() || duty->task != v1::COMMITTEE_TASK_NEW)) {
    const absl::CivilDay by = DayIn(day.terms, day.year(), day.policy.transition_by());
    const auto until = now == nullptr ? std::nullopt : DayOf(now->until());
    duty = CommitteeDuty{v1::COMMITTEE_TASK_TRANSITION, until.has_value() ? std::min(by, *until - 1) : by};
  }
  return duty;
}

bool Settles(const v1::CommitteeReview& review, const std::optional<CommitteeDuty>& duty) {
  return review.state() == v1::COMMITTEE_REVIEW_STATE_CONFIRMED &&
         (!duty.has_value() || duty->task == review.task() || duty->task == v1::COMMITTEE_TASK_REVIEW);
}

std::optional<v1::CommitteeDue> DueOf(const CommitteeDay& day, const v1::DisabledChild& child,
                                      const v1::CommitteeReview* review) {
  const auto duty = DutyOf(day, child);
  if (!duty.has_value() && review == nullptr) {
    return std::nullopt;
  }
  v1::CommitteeDue due;
  due.set_child(child.name());
  due.set_area(child.area());
  due.set_stage(child.stage());
  due.set_grade(child.grade());
  const bool settled = review != nullptr && Settles(*review, duty);
  if (review != nullptr) {
    due.set_review(review->name());
    due.set_state(review->state());
  }
  if (duty.has_value() && !settled) {
    due.set_task(duty->task);
    *due.mutable_due_on() = DateOf(duty->due_on);
  } else {
    due.set_task(review->task());
    if (review->has_due_on()) {
      *due.mutable_due_on() = review->due_on();
    }
  }
  due.set_overdue(!settled && due.has_due_on() && day.on > *DayOf(due.due_on()));
  return due;
}

absl::Status EnterReview(const CommitteeDay& day, const PlacementAct& act, const v1::DisabledChild& child,
                         const v1::EnterCommitteeReviewRequest& request, v1::CommitteeReview* review) {
  const auto duty = DutyOf(day, child);
  // When nothing is due, whoever looks early reviews.
  const v1::CommitteeTask task = duty.has_value() ? duty->task : v1::COMMITTEE_TASK_REVIEW;
  RETURN_IF_ERROR(CheckAnswer(day, task, request));
  if (Settles(*review, duty) && request.correction_reason().empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "correction_reason"}});
  }
  if (review->state() == v1::COMMITTEE_REVIEW_STATE_UNSPECIFIED) {
    review->set_state(v1::COMMITTEE_REVIEW_STATE_ENTERED);
  } else {
    RETURN_IF_ERROR(MoveState(kCommitteeStates, "enter", review));
  }
  review->set_area(child.area());
  review->set_child(child.name());
  review->set_person(child.person());
  review->set_school_year(day.year().text());
  review->set_task(task);
  review->clear_due_on();
  if (duty.has_value()) {
    *review->mutable_due_on() = DateOf(duty->due_on);
  }
  *review->mutable_opinion() = request.opinion();
  review->mutable_opinion()->clear_review();
  review->set_recommendation(request.recommendation());
  review->set_correction_reason(request.correction_reason());
  review->set_entered_by(act.person);
  *review->mutable_entered_on() = DateOf(act.on);
  review->clear_decided_by();
  review->clear_decided_on();
  review->clear_refusal_reason();
  review->clear_late();
  return absl::OkStatus();
}

absl::Status DecideReview(const PlacementAct& act, bool confirm, const std::string& reason,
                          v1::CommitteeReview* review) {
  RETURN_IF_ERROR(MoveState(kCommitteeStates, confirm ? "confirm" : "refuse", review));
  if (review->entered_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "ENTERER"}, {"wanted", "DECIDER"}});
  }
  if (!confirm && reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  review->set_decided_by(act.person);
  *review->mutable_decided_on() = DateOf(act.on);
  review->set_refusal_reason(confirm ? "" : reason);
  const auto due = DayOf(review->due_on());
  review->set_late(confirm && due.has_value() && act.on > *due);
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
