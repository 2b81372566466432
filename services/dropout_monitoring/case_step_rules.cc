#include "services/dropout_monitoring/case_step_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/case_action_rules.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kCountyDigits = 6;
constexpr std::string_view kOther = "OTHER";  // of the list case_evidence

// A step of two persons: its event, how the case ends, and the kind of paper that it needs ("" any).
struct StepRow {
  v1::CaseStepKind kind;
  std::string_view event;
  std::string_view evidence;
};
constexpr StepRow kSteps[] = {
    {v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "confirm", ""},
    {v1::CASE_STEP_KIND_FALSE_ALARM, "false_alarm", ""},
    {v1::CASE_STEP_KIND_MOVE, "move", ""},
    {v1::CASE_STEP_KIND_DECEASE, "decease", "DEATH_CERTIFICATE"},
    {v1::CASE_STEP_KIND_EXEMPT, "exempt", "MEDICAL_CERTIFICATE"},
    {v1::CASE_STEP_KIND_CLOSE, "close", ""},
};

const StepRow* StepOf(v1::CaseStepKind kind) {
  const auto* const found =
      std::find_if(std::begin(kSteps), std::end(kSteps), [&](const StepRow& row) { return row.kind == kind; });
  return found == std::end(kSteps) ? nullptr : found;
}

bool HasEvidence(const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& evidence, std::string_view kind) {
  return std::any_of(evidence.begin(), evidence.end(),
                     [&](const v1::CaseEvidence& one) { return kind.empty() || one.kind() == kind; });
}

absl::Status CheckConfirm(const CaseRules& rules, const StepFacts& facts, const v1::Case& file) {
  const int run = rules.policy.confirm_run_days();
  // A child that was not found by absence has no run: never enrolled, found at the door, not arrived at a destination.
  if (file.run_days() > 0 && file.run_days() < run) {
    return Fail("CONFIRM_RUN", {{"days", absl::StrCat(file.run_days())}, {"needed", absl::StrCat(run)}});
  }
  // Nobody is a dropout whom the canteen says to have served meanwhile: the class or the canteen corrects itself first.
  if (facts.contradicted_days > 0) {
    return Fail("MEAL_CONTRADICTS", {{"days", absl::StrCat(facts.contradicted_days)}});
  }
  const int needed = rules.policy.confirm_persuasions();
  return Persuasions(file) >= needed ? absl::OkStatus()
                                     : Fail("CONFIRM_PERSUASIONS", {{"recorded", absl::StrCat(Persuasions(file))},
                                                                    {"needed", absl::StrCat(needed)}});
}

// The county of a resource name "counties/{6 digits}/{collection}/{id}" of one of the collections; "" for another name.
std::string_view CountyIn(std::string_view name, std::initializer_list<std::string_view> collections) {
  const std::vector<std::string_view> parts = absl::StrSplit(name, '/');
  const bool shape = parts.size() == 4 && parts[0] == "counties" && parts[1].size() == kCountyDigits &&
                     std::all_of(parts[1].begin(), parts[1].end(), absl::ascii_isdigit) && !parts[3].empty() &&
                     std::find(collections.begin(), collections.end(), parts[2]) != collections.end();
  return shape ? parts[1] : std::string_view();
}

// Whether the aid record is there is known to student_aid only; that it can be one of this child is seen here.
absl::Status CheckAidName(const v1::Case& file, const std::string& aid_decision) {
  if (aid_decision.empty()) {
    return absl::OkStatus();
  }
  const std::string_view county = CountyIn(aid_decision, {"applications", "decisions"});
  const bool near = county == CountyIn(file.name(), {"cases"}) || county == CountyIn(file.school(), {"schools"});
  return !county.empty() && near ? absl::OkStatus() : Fail("NAME_INVALID", {{"field", "proposal.aid_decision"}});
}

// What was reached by a paper is not closed by "other" alone.
absl::Status CheckClosingPaper(const v1::CaseProposal& proposal, const v1::Case& file) {
  const v1::CaseStepKind by = file.state() == v1::CASE_STATE_DECEASED ? v1::CASE_STEP_KIND_DECEASE
                              : file.state() == v1::CASE_STATE_EXEMPT ? v1::CASE_STEP_KIND_EXEMPT
                                                                      : v1::CASE_STEP_KIND_UNSPECIFIED;
  const bool named = std::any_of(proposal.evidence().begin(), proposal.evidence().end(),
                                 [](const v1::CaseEvidence& one) { return one.kind() != kOther; });
  return by == v1::CASE_STEP_KIND_UNSPECIFIED || named ? absl::OkStatus()
                                                       : Fail("CASE_EVIDENCE", {{"kind", StepOf(by)->evidence}});
}

absl::Status CheckClose(const CaseRules& rules, const v1::Case& file, const std::string& aid_decision) {
  if (file.state() == v1::CASE_STATE_RETURNED_TRIAL && !file.has_stable_on()) {
    return Fail("RETURN_UNSTABLE",
                {{"days", absl::StrCat(file.attended_days())}, {"needed", absl::StrCat(rules.policy.stable_days())}});
  }
  const bool back = file.state() == v1::CASE_STATE_RETURNED_TRIAL;
  return back && OfPoverty(rules, file) && aid_decision.empty() ? Fail("CLOSE_WITHOUT_AID") : absl::OkStatus();
}

// Everything that refuses the step itself.
absl::Status CheckStep(const CaseRules& rules, const v1::CaseProposal& proposal, const StepFacts& facts,
                       const v1::Case& file) {
  const StepRow* row = StepOf(proposal.kind());
  if (row == nullptr) {
    return Fail("FIELD_REQUIRED", {{"field", "kind"}});
  }
  const auto holds = [&](std::string_view guard) { return GuardHolds(rules, guard, file); };
  RETURN_IF_ERROR(kCaseStates.Next(EnumText(file.state()), row->event, holds).status());
  if (!HasEvidence(proposal.evidence(), row->evidence)) {
    return Fail("CASE_EVIDENCE", {{"kind", row->evidence.empty() ? "ANY" : row->evidence}});
  }
  RETURN_IF_ERROR(CheckAidName(file, proposal.aid_decision()));
  switch (proposal.kind()) {
    case v1::CASE_STEP_KIND_CONFIRM_DROPOUT:
      return CheckConfirm(rules, facts, file);
    case v1::CASE_STEP_KIND_EXEMPT:
      return facts.exempted ? absl::OkStatus() : Fail("EXEMPT_UNAPPROVED");
    case v1::CASE_STEP_KIND_CLOSE:
      RETURN_IF_ERROR(CheckClosingPaper(proposal, file));
      return CheckClose(rules, file, proposal.aid_decision());
    case v1::CASE_STEP_KIND_MOVE: {
      // A school of the suite has the child in its roll; another one has said so on paper.
      const bool confirmed =
          proposal.destination().empty()
              ? !proposal.destination_text().empty() && HasEvidence(proposal.evidence(), "DESTINATION_CONFIRMATION")
              : facts.destination_confirmed;
      return confirmed ? absl::OkStatus() : Fail("MOVE_UNCONFIRMED");
    }
    default:
      return absl::OkStatus();
  }
}

void Close(const v1::CasePolicy& policy, const CaseAct& act, const v1::CaseProposal& proposal, v1::Case* file) {
  *file->mutable_closed_on() = DateOf(act.on);
  if (file->person().empty()) {
    *file->mutable_keep_until() = DateOf(act.on + policy.unnamed_days());
  }
  file->set_closed_by(act.person);
  *file->mutable_closing_evidence() = proposal.evidence();
  if (!proposal.aid_decision().empty()) {
    file->set_aid_decision(proposal.aid_decision());
  }
  file->clear_hand_over();
  file->clear_offered_to();
}

absl::Status Take(const CaseRules& rules, const CaseAct& act, const v1::CaseProposal& proposal, v1::Case* file) {
  RETURN_IF_ERROR(MoveCase(rules, act, StepOf(proposal.kind())->event, file));
  if (file->state() == v1::CASE_STATE_CLOSED) {
    Close(rules.policy, act, proposal, file);
  }
  if (proposal.kind() == v1::CASE_STEP_KIND_CONFIRM_DROPOUT && OfPoverty(rules, *file)) {
    *file->mutable_aid_check_from() = DateOf(act.on);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Propose(const CaseRules& rules, const CaseAct& act, const v1::CaseProposal& proposal,
                     const StepFacts& facts, v1::Case* file) {
  if (file->proposed() != v1::CASE_STEP_KIND_UNSPECIFIED) {
    return Fail("PROPOSAL_OPEN", {{"kind", v1::CaseStepKind_Name(file->proposed())}});
  }
  RETURN_IF_ERROR(CheckStep(rules, proposal, facts, *file));
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) {
        *after.mutable_proposal() = proposal;
        after.mutable_proposal()->set_proposed_by(act.person);
        *after.mutable_proposal()->mutable_proposed_on() = DateOf(act.on);
        after.set_proposed(proposal.kind());
        NoteCase(act, "propose", after.state(), &after);
        return absl::OkStatus();
      },
      file);
}

absl::Status Decide(const CaseRules& rules, const CaseAct& act, v1::CaseStepKind kind, bool accept,
                    const StepFacts& facts, v1::Case* file) {
  if (kind == v1::CASE_STEP_KIND_UNSPECIFIED || file->proposed() != kind) {
    return Fail("PROPOSAL_NONE", {{"kind", v1::CaseStepKind_Name(kind)}});
  }
  if (file->proposal().proposed_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "PROPOSER"}, {"wanted", "CHECKER"}});
  }
  if (!accept && act.reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) -> absl::Status {
        const v1::CaseProposal proposal = after.proposal();
        after.clear_proposal();
        after.clear_proposed();
        if (!accept) {
          NoteCase(act, "refuse", after.state(), &after);
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(CheckStep(rules, proposal, facts, after));
        return Take(rules, act, proposal, &after);
      },
      file);
}

absl::Status CloseByRegistry(const CaseRules& rules, const CaseAct& act, v1::CaseStepKind kind,
                             const std::string& source, v1::Case* file) {
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) -> absl::Status {
        v1::CaseProposal proposal;
        proposal.set_kind(kind);
        v1::CaseEvidence* evidence = proposal.add_evidence();
        evidence->set_kind(kind == v1::CASE_STEP_KIND_MOVE ? "DESTINATION_CONFIRMATION" : "DEATH_CERTIFICATE");
        evidence->set_file_name(source);
        *evidence->mutable_dated_on() = DateOf(act.on);
        if (after.state() != v1::CASE_STATE_MOVED_CONFIRMED && after.state() != v1::CASE_STATE_DECEASED &&
            after.state() != v1::CASE_STATE_EXEMPT) {
          RETURN_IF_ERROR(Take(rules, act, proposal, &after));
        }
        proposal.set_kind(v1::CASE_STEP_KIND_CLOSE);
        return Take(rules, act, proposal, &after);
      },
      file);
}

absl::Status CloseAsDuplicate(const CaseRules& rules, const CaseAct& act, v1::Case* file) {
  return Advance(
      rules, act,
      [&](v1::Case& after, bool&) -> absl::Status {
        const bool stopped = Unresolved(after.state());
        RETURN_IF_ERROR(MoveCase(rules, act, kMergeEvent, &after));
        Close(rules.policy, act, v1::CaseProposal(), &after);
        if (stopped) {  // the other one says since when
          *after.mutable_resume_from() = DateOf(std::max(act.on, *DayOf(after.stop_from())));
        }
        return absl::OkStatus();
      },
      file);
}

std::vector<v1::CaseEventRow> EventsOf(const CaseRules& rules, absl::CivilDay on, const v1::Case& file) {
  std::vector<v1::CaseEventRow> rows;
  const std::string state = EnumText(file.state());
  for (const Transition& transition : kCaseStates.rows()) {
    if (transition.from != state || transition.event == kMergeEvent ||
        (!transition.guard.empty() && !GuardHolds(rules, transition.guard, file))) {
      continue;
    }
    if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.event() == transition.event; })) {
      continue;  // an earlier row holds
    }
    v1::CaseEventRow& row = rows.emplace_back();
    row.set_event(std::string(transition.event));
    row.set_to(std::string(transition.to));
    if (const auto kind = EnumOf<v1::LegalStepKind>(absl::AsciiStrToUpper(transition.event)); kind.has_value()) {
      row.set_reason(ReasonOf(CheckLegalStep(rules, on, *kind, file)));
    } else if (transition.event == "confirm") {
      row.set_reason(ReasonOf(CheckConfirm(rules, StepFacts(), file)));  // by what the case itself says
    } else if (transition.event == "close") {
      row.set_reason(ReasonOf(CheckClose(rules, file, file.aid_decision())));
    }
  }
  return rows;
}

}  // namespace ruraledu::dropout_monitoring
