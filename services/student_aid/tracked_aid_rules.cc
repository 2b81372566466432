#include "services/student_aid/tracked_aid_rules.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/facts_rules.h"
#include "services/student_aid/program_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kFenPerYuan = 100;

bool OfSchoolYear(v1::TrackedAidKind kind) {
  return IsLoan(kind) || kind == v1::TRACKED_AID_KIND_SCHOLARSHIP;
}

// The facts as this aid sees them: what else is held, what the student was selected for.
v1::EvaluateEntitlementRequest SeenBy(const v1::EvaluateTrackedAidRequest& request, const Term& term) {
  v1::EvaluateEntitlementRequest input = request.entitlement();
  input.set_term(TermOf(request.kind(), term).text());
  v1::PupilFacts& facts = *input.mutable_facts();
  for (const v1::HeldAid& held : request.held()) {
    if (IsLoan(request.kind()) && IsLoan(held.kind()) && held.kind() != request.kind()) {
      facts.set_other_loan(held.kind() == v1::TRACKED_AID_KIND_LOAN_ORIGIN ? "ORIGIN" : "CAMPUS");
    }
    if (held.kind() == v1::TRACKED_AID_KIND_SCHOLARSHIP) {
      facts.set_scholarship(held.item());
    }
  }
  if (request.kind() == v1::TRACKED_AID_KIND_SCHOLARSHIP) {
    facts.add_selected(request.item());
  }
  return input;
}

// The row of a decision's applied_rows, "SP@1:SP_UG".
const v1::PolicyItem* AppliedRow(const PolicyBook& book, const Term& term, std::string_view applied) {
  const std::pair<std::string_view, std::string_view> parts = absl::StrSplit(applied, absl::MaxSplits(':', 1));
  const v1::PolicySet* set = book.Find(absl::StrCat("policySets/", parts.first));
  for (int i = 0; set != nullptr && i < set->items_size(); ++i) {
    if (set->items(i).code() == parts.second && SpanOf(*set, set->items(i)).Contains(term)) {
      return &set->items(i);
    }
  }
  return nullptr;
}

// The granted item of the kind's family that others pay; an award is the one that was asked for.
const v1::EntitledItem* GrantedOf(const PolicyBook& book, const v1::EvaluateTrackedAidRequest& request,
                                  const v1::EvaluateEntitlementResponse& decision) {
  const bool award = request.kind() == v1::TRACKED_AID_KIND_SCHOLARSHIP;
  for (const v1::EntitledItem& item : decision.items()) {
    const bool paid_here = item.pay_form() == v1::PAY_FORM_CASH || item.pay_form() == v1::PAY_FORM_WAIVER;
    if (book.FamilyOf(item.item()) == FamilyOf(request.kind()) && !paid_here &&
        (!award || item.item() == request.item())) {
      return &item;
    }
  }
  return nullptr;
}

// Why nothing of the family is granted: the nearest miss, which is one of the student's own stage.
std::string MissOf(const PolicyBook& book, const v1::EvaluateTrackedAidRequest& request,
                   const v1::EvaluateEntitlementResponse& decision) {
  std::string miss = "NO_STANDARD";
  for (const v1::EntitledItem& item : decision.items()) {
    if (book.FamilyOf(item.item()) == FamilyOf(request.kind())) {
      return miss;  // the county pays it
    }
  }
  for (const v1::RemovedItem& removed : decision.removed()) {
    const bool asked = request.kind() != v1::TRACKED_AID_KIND_SCHOLARSHIP || removed.item() == request.item();
    if (!asked || book.FamilyOf(removed.item()) != FamilyOf(request.kind())) {
      continue;
    }
    if (miss == "NO_STANDARD" || miss == "STAGE_OTHER") {
      miss = removed.reason();
    }
  }
  return miss;
}

// A rule of loans as the school year has it; 0 where there is none.
using LoanRules = std::function<int64_t(FundRule rule)>;

// LOAN_BELOW_FLOOR, LOAN_ABOVE_CEILING, LOAN_ABOVE_CHARGES, LOAN_CHARGES.
absl::Status CheckLoan(const LoanRules& value, const v1::EvaluateTrackedAidRequest& request,
                       v1::EvaluateTrackedAidResponse* answer) {
  const int64_t amount = request.amount_fen(), floor = value(FundRule::kLoanFloorYuan) * kFenPerYuan;
  if (amount < floor) {
    return Fail("LOAN_BELOW_FLOOR", {{"amount", FormatFen(amount)}, {"floor", FormatFen(floor)}});
  }
  if (amount > answer->standard_fen()) {
    return Fail("LOAN_ABOVE_CEILING", {{"amount", FormatFen(amount)}, {"ceiling", FormatFen(answer->standard_fen())}});
  }
  const bool living = value(FundRule::kLoanLiving) != 0;
  const int64_t charges = request.tuition_fen() + request.accommodation_fen();
  if (!living && !request.has_tuition_fen()) {
    return Fail("LOAN_CHARGES");
  }
  if (!living && amount > charges) {
    return Fail("LOAN_ABOVE_CHARGES", {{"amount", FormatFen(amount)}, {"charges", FormatFen(charges)}});
  }
  answer->set_living_fen(request.has_tuition_fen() ? std::max<int64_t>(0, amount - charges) : 0);
  return absl::OkStatus();
}

void SetConditions(const LoanRules& value, int32_t years_left, v1::EvaluateTrackedAidResponse* answer) {
  const int64_t longest = years_left + value(FundRule::kLoanExtraYears);
  const int64_t most = value(FundRule::kLoanMostYears);
  answer->set_longest_years(static_cast<int32_t>(most == 0 ? longest : std::min(longest, most)));
  answer->set_grace_years(static_cast<int32_t>(value(FundRule::kLoanGraceYears)));
  answer->set_below_prime_bp(static_cast<int32_t>(value(FundRule::kLoanBelowPrimeBp)));
}

// Reported beside the standard (DR-16); a mean is no standard of the single amount, its range is (DR-19).
void CompareAmount(const PolicyBook& book, const Term& term, int64_t amount_fen,
                   v1::EvaluateTrackedAidResponse* answer) {
  const v1::PolicyItem* own = nullptr;
  for (const std::string& applied : answer->applied_rows()) {
    const v1::PolicyItem* row = AppliedRow(book, term, applied);
    own = own == nullptr ? row : own;
    if (row == nullptr || !HasMark(*row, v1::STANDARD_MARK_RANGE)) {
      continue;
    }
    if (amount_fen < TermAmountFen(*row, row->range_low_fen(), term.season) ||
        amount_fen > TermAmountFen(*row, row->range_high_fen(), term.season)) {
      answer->add_flags("AMOUNT_OUTSIDE_RANGE");
    }
  }
  if ((own != nullptr && HasMark(*own, v1::STANDARD_MARK_AVERAGE)) || amount_fen == answer->standard_fen()) {
    return;
  }
  answer->add_flags(amount_fen < answer->standard_fen() ? "AMOUNT_BELOW_STANDARD" : "AMOUNT_ABOVE_STANDARD");
}

std::string_view EventText(v1::TrackedAidEvent event) {
  switch (event) {
    case v1::TRACKED_AID_EVENT_ASK:
      return "ask";
    case v1::TRACKED_AID_EVENT_AGREE:
      return "agree";
    case v1::TRACKED_AID_EVENT_PAY:
      return "pay";
    case v1::TRACKED_AID_EVENT_REFUSE:
      return "refuse";
    case v1::TRACKED_AID_EVENT_WITHDRAW:
      return "withdraw";
    default:
      return "";
  }
}

absl::Status MoveAid(const Act& act, std::string_view event, v1::TrackedAid* aid) {
  const bool agreed = aid->has_agreed_on();
  return Move(
      act, event, [&](std::string_view guard) { return guard == "agreed" && agreed; }, aid);
}

// The amount of a row, or what stands where it states none. TRACKED_AMOUNT.
absl::StatusOr<int64_t> AmountUpTo(const v1::TrackedAidRow& row, int64_t limit_fen, bool bound) {
  const int64_t amount = row.amount_fen() == 0 ? limit_fen : row.amount_fen();
  if (amount <= 0 || (bound && amount > limit_fen)) {
    return Fail("TRACKED_AMOUNT", {{"amount", FormatFen(amount)}, {"limit", FormatFen(limit_fen)}});
  }
  return amount;
}

}  // namespace

const Workflow& WorkflowOf(const v1::TrackedAid&) {
  static const Workflow workflow{kTrackedAidStates, {}};  // the bodies are banks, offices, universities
  return workflow;
}

bool IsLoan(v1::TrackedAidKind kind) {
  return kind == v1::TRACKED_AID_KIND_LOAN_ORIGIN || kind == v1::TRACKED_AID_KIND_LOAN_CAMPUS;
}

v1::BenefitFamily FamilyOf(v1::TrackedAidKind kind) {
  switch (kind) {
    case v1::TRACKED_AID_KIND_LOAN_ORIGIN:
    case v1::TRACKED_AID_KIND_LOAN_CAMPUS:
      return v1::BENEFIT_FAMILY_LOAN;
    case v1::TRACKED_AID_KIND_RAIN_DEW:
      return v1::BENEFIT_FAMILY_RAIN_DEW;
    case v1::TRACKED_AID_KIND_GRANT:
      return v1::BENEFIT_FAMILY_GRANT;
    case v1::TRACKED_AID_KIND_SCHOLARSHIP:
      return v1::BENEFIT_FAMILY_SCHOLARSHIP;
    default:
      return v1::BENEFIT_FAMILY_UNSPECIFIED;
  }
}

Term TermOf(v1::TrackedAidKind kind, const Term& term) {
  return OfSchoolYear(kind) ? Term{term.year, Season::kAutumn} : term;
}

bool Reaches(const TermCalendar& calendar, const v1::TrackedAid& aid, absl::CivilDay day) {
  const auto term = ParseTerm(aid.term());
  return term.ok() && day <= calendar.LastDay(OfSchoolYear(aid.kind()) ? term->Next() : *term);
}

bool Stands(v1::TrackedAidState state) {
  return state == v1::TRACKED_AID_STATE_ASKED || state == v1::TRACKED_AID_STATE_AGREED ||
         state == v1::TRACKED_AID_STATE_PAID || state == v1::TRACKED_AID_STATE_PAUSED;
}

absl::StatusOr<v1::EvaluateTrackedAidResponse> EvaluateTracked(const PolicyBook& book, const FundRules& rules,
                                                               const v1::EvaluateTrackedAidRequest& request) {
  Violations violations;
  violations.Require(FamilyOf(request.kind()) != v1::BENEFIT_FAMILY_UNSPECIFIED, "kind");
  violations.Require(request.kind() != v1::TRACKED_AID_KIND_SCHOLARSHIP || !request.item().empty(), "item");
  violations.Require(!IsLoan(request.kind()) || request.amount_fen() != 0, "amount_fen");
  CheckAmount(request.amount_fen(), "amount_fen", &violations);
  CheckAmount(request.tuition_fen(), "tuition_fen", &violations);
  CheckAmount(request.accommodation_fen(), "accommodation_fen", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const Term given, ParseTerm(request.entitlement().term()));
  const Term term = TermOf(request.kind(), given);
  const v1::EvaluateEntitlementRequest input = SeenBy(request, given);
  ASSIGN_OR_RETURN(const v1::EvaluateEntitlementResponse decision, Evaluate(book, input));
  v1::EvaluateTrackedAidResponse answer;
  const v1::EntitledItem* granted = GrantedOf(book, request, decision);
  if (granted == nullptr) {
    answer.set_reason(MissOf(book, request, decision));
    return answer;
  }
  answer.set_item(granted->item());
  answer.set_standard_fen(granted->amount_fen());
  *answer.mutable_flags() = granted->flags();
  *answer.mutable_applied_rows() = granted->applied_rows();
  if (IsLoan(request.kind())) {
    const v1::PupilFacts& facts = input.facts();
    const std::string& region = facts.home_region().empty() ? facts.school_region() : facts.home_region();
    const auto rules_on = [&](absl::CivilDay day) -> LoanRules {
      return [&rules, &region, day](FundRule rule) -> int64_t {
        const FundRules::Row* row = rules.Find(rule, region, day);
        return row == nullptr ? 0 : row->value;
      };
    };
    const absl::CivilDay first_day = book.calendar().FirstDay(term);
    answer.set_reason(ReasonOf(CheckLoan(rules_on(first_day), request, &answer)));
    SetConditions(rules_on(DayOf(input.evaluation_date()).value_or(first_day)), request.years_left(), &answer);
  } else if (request.amount_fen() != 0) {
    CompareAmount(book, term, request.amount_fen(), &answer);
  }
  return answer;
}

absl::Status AskFor(const Act& act, const v1::TrackedAidRow& row, const v1::EvaluateTrackedAidRequest& input,
                    const v1::EvaluateTrackedAidResponse& answer, v1::TrackedAid* aid) {
  if (aid->state() == v1::TRACKED_AID_STATE_UNSPECIFIED) {
    aid->set_state(v1::TRACKED_AID_STATE_ASKED);
    Note(act, "ask", aid);
  } else {
    RETURN_IF_ERROR(MoveAid(act, "ask", aid));
  }
  aid->set_item(answer.item());
  aid->set_reference(row.reference());
  *aid->mutable_asked_on() = DateOf(act.on);
  aid->set_amount_fen(row.amount_fen() == 0 ? answer.standard_fen() : row.amount_fen());
  aid->set_standard_fen(answer.standard_fen());
  *aid->mutable_flags() = answer.flags();
  aid->clear_agreed_on();
  aid->clear_agreed_fen();
  aid->clear_contract_number();
  aid->clear_co_borrower();
  *aid->mutable_input() = input;
  *aid->mutable_answer() = answer;
  return absl::OkStatus();
}

absl::Status RecordAnswer(const Act& act, const v1::TrackedAidRow& row, v1::TrackedAid* aid) {
  const bool gives_up = row.event() == v1::TRACKED_AID_EVENT_REFUSE || row.event() == v1::TRACKED_AID_EVENT_WITHDRAW;
  RETURN_IF_ERROR(gives_up ? NeedsReason(act) : absl::OkStatus());
  RETURN_IF_ERROR(MoveAid(act, EventText(row.event()), aid));
  if (row.event() == v1::TRACKED_AID_EVENT_AGREE) {
    const bool signed_by_both = aid->kind() != v1::TRACKED_AID_KIND_LOAN_ORIGIN || !row.co_borrower().empty();
    if (IsLoan(aid->kind()) && (row.contract_number().empty() || !signed_by_both)) {
      return Fail("LOAN_PAPERS");
    }
    ASSIGN_OR_RETURN(const int64_t agreed, AmountUpTo(row, aid->amount_fen(), IsLoan(aid->kind())));
    aid->set_agreed_fen(agreed);
    *aid->mutable_agreed_on() = DateOf(act.on);
    aid->set_contract_number(row.contract_number());
    aid->set_co_borrower(row.co_borrower());
  }
  if (row.event() == v1::TRACKED_AID_EVENT_PAY) {
    ASSIGN_OR_RETURN(const int64_t paid, AmountUpTo(row, aid->agreed_fen(), true));
    aid->set_paid_fen(paid);
    *aid->mutable_paid_on() = DateOf(act.on);
  }
  if (!row.reference().empty()) {
    aid->set_reference(row.reference());
  }
  return absl::OkStatus();
}

bool FollowStudy(const Act& act, std::string_view event, v1::TrackedAid* aid) {
  return kTrackedAidStates.Find(EnumText(aid->state()), event, [](std::string_view) { return true; }) != nullptr &&
         MoveAid(act, event, aid).ok();
}

}  // namespace ruraledu::student_aid
