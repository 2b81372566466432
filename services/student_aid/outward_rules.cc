#include "services/student_aid/outward_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/reassess_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kMostFen = 100'000'000'000;  // one billion yuan
constexpr size_t kMostLabel = 800;             // bytes: 200 characters

constexpr EventBody kBodies[] = {
    {"ask", "OFFICE"},       {"aided", "OFFICE"},     {"not_aided", "OFFICE"},
    {"ask_again", "OFFICE"}, {"not_found", "OFFICE"}, {"propose", "OFFICE"},
    {"withdraw", "OFFICE"},  {"approve", "LEADER"},   {"refuse", "LEADER"},
};

struct ResultEvent {
  v1::OutwardResult result;
  std::string_view event;
};
constexpr ResultEvent kEvents[] = {{v1::OUTWARD_RESULT_AIDED_THERE, "aided"},
                                   {v1::OUTWARD_RESULT_NOT_AIDED_THERE, "not_aided"},
                                   {v1::OUTWARD_RESULT_ASK_AGAIN, "ask_again"},
                                   {v1::OUTWARD_RESULT_NOT_FOUND, "not_found"}};

std::string_view EventOf(v1::OutwardResult result) {
  const auto* const found =
      std::find_if(std::begin(kEvents), std::end(kEvents), [&](const auto& row) { return row.result == result; });
  return found == std::end(kEvents) ? "" : found->event;
}

absl::Status StepCase(const Act& act, std::string_view event, bool opened, v1::OutwardCase* one) {
  const auto holds = [&](std::string_view guard) {
    return guard == "eligible" ? one->entitled_size() > 0
           : guard == "home"   ? one->direction() == v1::OUTWARD_DIRECTION_OUT && one->entitled_size() > 0
                               : opened;
  };
  return Move(act, event, holds, one);
}

bool Holds(const v1::HardshipFact& fact, const TermDates& dates, bool monitored) {
  const auto from = DayOf(fact.valid_from());
  const auto to = DayOf(fact.valid_to());
  const auto eliminated = DayOf(fact.risk_eliminated_on());
  const absl::CivilDay last = monitored ? dates.cut_off : dates.first_day;
  const absl::CivilDay since = from.has_value() && *from > dates.first_day ? *from : dates.first_day;
  return from.has_value() && *from <= last && (!to.has_value() || since < *to) &&
         (!eliminated.has_value() || dates.first_day < *eliminated);
}

absl::Status CheckItems(const PolicyBook& book, const google::protobuf::RepeatedPtrField<v1::OutwardItem>& items) {
  if (items.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "items"}});
  }
  for (const v1::OutwardItem& item : items) {
    if (item.item().empty() && item.label().empty()) {
      return Fail("FIELD_REQUIRED", {{"field", "items.label"}});
    }
    if (item.label().size() > kMostLabel) {
      return Fail("FIELD_TOO_LONG", {{"field", "items.label"}, {"limit", absl::StrCat(kMostLabel)}});
    }
    if (!item.item().empty() && book.FamilyOf(item.item()) == v1::BENEFIT_FAMILY_UNSPECIFIED) {
      return Fail("ITEM_UNKNOWN", {{"item", item.item()}});
    }
    if (item.amount_fen() < 1 || item.amount_fen() > kMostFen) {
      return Fail("NUMBER_RANGE", {{"low", "1"}, {"high", absl::StrCat(kMostFen)}});
    }
  }
  return absl::OkStatus();
}

}  // namespace

const Workflow& WorkflowOf(const v1::OutwardCase&) {
  static constexpr Workflow kWorkflow{kOutwardStates, kBodies};
  return kWorkflow;
}

std::vector<std::string> TrackedKinds(const PolicyBook& book, const FollowUpBook& rules, const v1::PupilFacts& facts,
                                      const Term& term) {
  const TermDates dates = book.calendar().DatesOf(term);
  std::vector<std::string> kinds;
  for (const std::string& kind : rules.OutwardKinds(facts.school_region(), dates.first_day)) {
    const int index = book.KindIndex(kind);
    const bool monitored = index >= 0 && (book.monitored() >> index & 1) != 0;
    const bool held = std::any_of(facts.hardships().begin(), facts.hardships().end(), [&](const auto& fact) {
      return fact.kind() == kind && Holds(fact, dates, monitored);
    });
    if (held) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

absl::Status CheckAnswer(const PolicyBook& book, const v1::OutwardAnswer& answer) {
  if (EventOf(answer.result()).empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "result"}});
  }
  return answer.result() == v1::OUTWARD_RESULT_AIDED_THERE ? CheckItems(book, answer.items()) : absl::OkStatus();
}

absl::StatusOr<v1::EvaluateOutwardCaseResponse> EvaluateOutwardCase(const PolicyBook& book, const FollowUpBook& rules,
                                                                    const v1::EvaluateOutwardCaseRequest& request) {
  v1::EvaluateEntitlementRequest asked;
  *asked.mutable_facts() = request.facts();
  asked.set_term(request.term());
  ASSIGN_OR_RETURN(const auto granted, Evaluate(book, asked));
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  v1::EvaluateOutwardCaseResponse response;
  for (std::string& kind : TrackedKinds(book, rules, request.facts(), term)) {
    response.add_tracked_kinds(std::move(kind));
  }
  for (const auto& [code, item] : CashItems(granted)) {
    if (item->amount_fen() > 0) {
      v1::OutwardItem* owed = response.add_entitled();
      owed->set_item(code);
      owed->set_amount_fen(item->amount_fen());
      response.set_entitled_fen(response.entitled_fen() + item->amount_fen());
    }
  }
  response.set_eligible(response.entitled_size() > 0);
  v1::OutwardCase one;
  OpenCase({}, response, &one);
  if (request.result() != v1::OUTWARD_RESULT_UNSPECIFIED) {
    v1::OutwardAnswer answer;
    answer.set_result(request.result());
    *answer.mutable_items() = request.items();
    RETURN_IF_ERROR(CheckAnswer(book, answer));
    RETURN_IF_ERROR(AskFor({}, "", 0, &one));
    RETURN_IF_ERROR(TakeAnswer({}, "", answer, &one));
  }
  response.set_state(one.state());
  return response;
}

void OpenCase(const Act& act, const v1::EvaluateOutwardCaseResponse& answer, v1::OutwardCase* one) {
  *one->mutable_tracked_kinds() = answer.tracked_kinds();
  *one->mutable_entitled() = answer.entitled();
  *one->mutable_found_on() = DateOf(act.on);
  one->set_state(v1::OUTWARD_STATE_FOUND);
  Note(act, "find", one);
}

absl::Status AskFor(const Act& act, const std::string& letter, int32_t days, v1::OutwardCase* one) {
  one->set_letter(letter);
  one->set_letters(one->letters() + 1);
  *one->mutable_asked_on() = DateOf(act.on);
  *one->mutable_answer_due_on() = DateOf(act.on + days);
  return StepCase(act, "ask", false, one);
}

absl::Status TakeAnswer(const Act& act, const std::string& letter, const v1::OutwardAnswer& answer,
                        v1::OutwardCase* one) {
  one->set_result(answer.result());
  one->set_answer_letter(letter);
  *one->mutable_answered_on() = DateOf(act.on);
  one->clear_items();
  if (answer.result() == v1::OUTWARD_RESULT_AIDED_THERE) {
    *one->mutable_items() = answer.items();
  }
  RETURN_IF_ERROR(StepCase(act, EventOf(answer.result()), false, one));
  if (answer.result() != v1::OUTWARD_RESULT_ASK_AGAIN) {
    one->clear_answer_due_on();  // answered; a question gets its clock with its letter
  }
  return absl::OkStatus();
}

absl::Status ProposeBackfill(const Act& act, const std::vector<std::string>& items, v1::OutwardCase* one) {
  RETURN_IF_ERROR(NeedsReason(act));
  RETURN_IF_ERROR(StepCase(act, "propose", false, one));
  if (one->person().empty()) {
    return Fail("PERSON_UNKNOWN", {{"parent", "the registry of the home county"}});
  }
  one->clear_answer_due_on();
  one->clear_backfills();
  for (const v1::OutwardItem& owed : one->entitled()) {
    if (items.empty() || std::find(items.begin(), items.end(), owed.item()) != items.end()) {
      v1::OutwardBackfill* backfill = one->add_backfills();
      backfill->set_item(owed.item());
      backfill->set_amount_fen(owed.amount_fen());
    }
  }
  for (const std::string& item : items) {
    const bool owed = std::any_of(one->backfills().begin(), one->backfills().end(),
                                  [&](const auto& backfill) { return backfill.item() == item; });
    if (!owed) {
      return Fail("ITEM_UNKNOWN", {{"item", item}});
    }
  }
  return absl::OkStatus();
}

absl::Status ApproveBackfill(const Act& act, v1::OutwardCase* one) {
  RETURN_IF_ERROR(NeedsReason(act));
  const bool opened = std::any_of(one->backfills().begin(), one->backfills().end(),
                                  [](const auto& backfill) { return !backfill.application().empty(); });
  return StepCase(act, "approve", opened, one);
}

absl::Status RefuseBackfill(const Act& act, v1::OutwardCase* one) {
  RETURN_IF_ERROR(NeedsReason(act));
  one->clear_backfills();
  return StepCase(act, "refuse", false, one);
}

absl::Status WithdrawCase(const Act& act, v1::OutwardCase* one) {
  RETURN_IF_ERROR(NeedsReason(act));
  one->clear_answer_due_on();
  return StepCase(act, "withdraw", false, one);
}

absl::StatusOr<bool> SettleCase(const Act& act, const std::vector<v1::ApplicationState>& states, v1::OutwardCase* one) {
  bool all_paid = !states.empty(), all_gone = !states.empty();
  for (const v1::ApplicationState state : states) {
    all_paid &= state == v1::APPLICATION_STATE_PAID;
    all_gone &= state == v1::APPLICATION_STATE_REJECTED || state == v1::APPLICATION_STATE_WITHDRAWN ||
                state == v1::APPLICATION_STATE_RECOVERED || state == v1::APPLICATION_STATE_WRITTEN_OFF;
  }
  const bool approved = one->state() == v1::OUTWARD_STATE_BACKFILL_APPROVED;
  if (approved && all_paid) {
    one->set_result(v1::OUTWARD_RESULT_BACKFILLED_HOME);
    RETURN_IF_ERROR(StepCase(act, "paid", false, one));
    return true;
  }
  if (approved && all_gone) {
    RETURN_IF_ERROR(StepCase(act, "lapse", false, one));
    return true;
  }
  if (one->state() == v1::OUTWARD_STATE_BACKFILLED && !all_paid) {
    one->set_result(v1::OUTWARD_RESULT_NOT_AIDED_THERE);
    RETURN_IF_ERROR(StepCase(act, "unpaid", false, one));
    return true;
  }
  return false;
}

bool Counted(const v1::OutwardCase& one) {
  return one.direction() == v1::OUTWARD_DIRECTION_OUT && one.state() != v1::OUTWARD_STATE_WITHDRAWN;
}

bool Settled(const v1::OutwardCase& one) {
  return Counted(one) && (one.state() == v1::OUTWARD_STATE_CONFIRMED || one.state() == v1::OUTWARD_STATE_BACKFILLED ||
                          one.state() == v1::OUTWARD_STATE_CLOSED);
}

bool Overdue(const v1::OutwardCase& one, absl::CivilDay on) {
  const auto due = DayOf(one.answer_due_on());
  return due.has_value() && *due < on;
}

}  // namespace ruraledu::student_aid
