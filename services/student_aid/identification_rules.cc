#include "services/student_aid/identification_rules.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/school_year.h"

namespace ruraledu::student_aid {
namespace {

constexpr EventBody kBodies[] = {
    {"apply", "SUBMITTER"},
    {"supply_evidence", "SUBMITTER"},
    {"class_accept", "CLASS", true},
    {"class_reject", "CLASS", true},
    {"school_accept", "SCHOOL", true},
    {"school_reject", "SCHOOL", true},
    {"post", "SCHOOL"},
    {"resolve", "SCHOOL", true},
    {"exclude", "SCHOOL", true},
    {"confirm", "SCHOOL"},
    {"adjust", "SCHOOL"},
    {"revoke", "SCHOOL"},
    {"grant_school", "SCHOOL"},
    {"dismiss_school", "SCHOOL", true},
    {"grant_county", "COUNTY"},
    {"dismiss_county", "COUNTY"},
    {"archive", "COUNTY"},
};

std::array<std::string, 2> TermsOf(const std::string& school_year) {
  return {absl::StrCat(school_year, "-1"), absl::StrCat(school_year, "-2")};
}

// The level from `term` on; terms before it stay as they are.
void GiveLevel(const std::string& term, int32_t level, v1::Identification* record) {
  for (const std::string& one : TermsOf(record->school_year())) {
    if (one < term) {
      continue;
    }
    auto& levels = *record->mutable_term_levels();
    const auto found =
        std::find_if(levels.begin(), levels.end(), [&](const v1::TermLevel& given) { return given.term() == one; });
    v1::TermLevel* given = found == levels.end() ? levels.Add() : &*found;
    given->set_term(one);
    given->set_level(level);
  }
}

}  // namespace

const Workflow& WorkflowOf(const v1::Identification&) {
  static constexpr Workflow kWorkflow{kIdentificationStates, kBodies};
  return kWorkflow;
}

std::string_view BodyOf(std::string_view event) {
  const EventBody* body = BodyOf(WorkflowOf(v1::Identification::default_instance()), event);
  return body == nullptr ? "" : body->body;
}

absl::Status CheckLevel(const v1::IdentificationPolicy& policy, int32_t level) {
  return level >= 1 && level <= policy.levels_size()
             ? absl::OkStatus()
             : Fail("LEVEL_UNKNOWN", {{"level", absl::StrCat(level)}, {"policy", policy.name()}});
}

absl::Status Step(const Act& act, std::string_view event, std::string_view guard, v1::Identification* record) {
  return Move(
      act, event, [&](std::string_view name) { return name == guard; }, record);
}

void Notify(const Act& act, v1::Identification* record) {
  record->set_state(v1::IDENTIFICATION_STATE_NOTIFIED);
  v1::IdentificationStep* step = record->add_steps();
  step->set_event("notify");
  step->set_to(EnumText(record->state()));
  step->set_person(act.person);
  *step->mutable_on() = DateOf(act.on);
}

absl::Status Apply(const Act& act, const v1::EvaluateIdentificationRequest& input,
                   const v1::EvaluateIdentificationResponse& answer, v1::Identification* record) {
  if (record->evidence().empty() && !answer.without_paper()) {
    return Fail("EVIDENCE_REQUIRED");
  }
  *record->mutable_input() = input;
  *record->mutable_answer() = answer;
  record->set_policy(answer.policy());
  record->set_term(input.term());
  record->set_proposed_level(answer.level());
  record->set_level(answer.level());
  return Step(act, "apply", "", record);
}

absl::Status ApplyReview(const Act& act, const Review& review, const v1::IdentificationPolicy& policy,
                         v1::Identification* record) {
  if (!review.accept) {
    RETURN_IF_ERROR(NeedsReason(act));
    record->set_level(0);
    *record->mutable_refused_on() = DateOf(act.on);
    return Step(act, review.by_class ? "class_reject" : "school_reject", "", record);
  }
  const int32_t before = record->level();
  record->set_level(review.level == 0 ? before : review.level);
  RETURN_IF_ERROR(Step(act, review.by_class ? "class_accept" : "school_accept", "", record));
  RETURN_IF_ERROR(CheckLevel(policy, record->level()));
  return record->level() == before ? absl::OkStatus() : NeedsReason(act);
}

absl::Status Post(const Act& act, const std::string& notice, absl::CivilDay ends_on, v1::Identification* record) {
  record->set_notice(notice);
  *record->mutable_posted_on() = DateOf(act.on);
  *record->mutable_notice_ends_on() = DateOf(ends_on);
  record->set_posted_level(record->level());
  return Step(act, "post", "", record);
}

absl::Status Confirm(const Act& act, v1::Identification* record) {
  if (record->state() == v1::IDENTIFICATION_STATE_RECHECK) {
    return Fail("OBJECTION_OPEN", {{"count", absl::StrCat(record->open_objections_size())}});
  }
  const auto ends = DayOf(record->notice_ends_on());
  const bool on_notice = record->state() == v1::IDENTIFICATION_STATE_ON_NOTICE && ends.has_value();
  if (on_notice && act.on <= *ends) {
    return Fail("NOTICE_RUNNING", {{"until", DayText(*ends)}});
  }
  GiveLevel(record->term(), record->level(), record);
  return Step(act, "confirm", on_notice ? "notice_over" : "", record);
}

absl::Status Archive(const Act& act, v1::Identification* record) {
  return Step(act, "archive", "", record);
}

absl::Status Adjust(const Act& act, const Adjustment& adjustment, const v1::EvaluateIdentificationRequest& input,
                    const v1::EvaluateIdentificationResponse& answer, const v1::IdentificationPolicy& policy,
                    v1::Identification* record) {
  const std::string& term = input.term();
  const auto terms = TermsOf(record->school_year());
  if (std::find(terms.begin(), terms.end(), term) == terms.end()) {
    return Fail("TERM_OTHER_YEAR", {{"term", term}, {"school_year", record->school_year()}});
  }
  if (term < record->term()) {
    return Fail("TERM_ADJUSTED_LATER", {{"term", term}, {"later", record->term()}});
  }
  const int32_t level = adjustment.ended ? 0 : adjustment.level == 0 ? answer.level() : adjustment.level;
  if (!adjustment.ended) {
    RETURN_IF_ERROR(CheckLevel(policy, level));
  }
  if (adjustment.ended || level != answer.level()) {
    RETURN_IF_ERROR(NeedsReason(act));
  }
  *record->mutable_input() = input;
  *record->mutable_answer() = answer;
  record->set_policy(answer.policy());
  record->set_term(term);
  record->set_proposed_level(answer.level());
  record->set_adjustment_due(false);
  record->set_level(level);
  GiveLevel(term, level, record);
  return Step(act, adjustment.ended ? "revoke" : "adjust", "", record);
}

int32_t LevelIn(const v1::Identification& record, std::string_view term) {
  for (const v1::TermLevel& given : record.term_levels()) {
    if (given.term() == term && !record.set_aside()) {
      return given.level();
    }
  }
  return 0;
}

}  // namespace ruraledu::student_aid
