#include "services/student_aid/graduate_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostText = 2000, kMostName = 800;  // bytes: 500 and 200 characters
constexpr int64_t kMostFen = 100'000'000'000;        // one billion yuan

absl::Status StepFile(const Act& act, std::string_view event, std::string_view kind, bool placed,
                      v1::Graduate* graduate) {
  Act noted = act;
  noted.reason = act.reason.empty() ? std::string(kind) : act.reason;
  return Move(
      noted, event, [&](std::string_view guard) { return guard == "placed" ? placed : graduate->measure_count() > 0; },
      graduate);
}

absl::Status CheckCode(const CodeList& list, std::string_view code, absl::CivilDay day) {
  return list.Find(code, day) != nullptr ? absl::OkStatus() : Fail("CODE_UNKNOWN", {{"list", list.name()}});
}

absl::Status CheckLength(const std::string& text, std::string_view field, size_t most, bool required = false) {
  if (required && text.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", field}});
  }
  return text.size() <= most ? absl::OkStatus()
                             : Fail("FIELD_TOO_LONG", {{"field", field}, {"limit", absl::StrCat(most)}});
}

// The day, or today; DATE_INVALID, DATE_AHEAD.
absl::Status Settle(const Act& act, std::string_view field, bool given, google::type::Date* date) {
  if (!given) {
    *date = DateOf(act.on);
    return absl::OkStatus();
  }
  Violations violations;
  const auto day = DayOf(*date, field, &violations);
  RETURN_IF_ERROR(violations.status());
  return day.has_value() && *day > act.on ? Fail("DATE_AHEAD", {{"date", DayText(*day)}}) : absl::OkStatus();
}

absl::Status AddMeasure(const Act& act, const FollowUpBook& book, v1::GraduateMeasure measure, v1::Graduate* graduate) {
  RETURN_IF_ERROR(Settle(act, "measure.on", measure.has_on(), measure.mutable_on()));
  RETURN_IF_ERROR(CheckCode(book.measures(), measure.code(), *DayOf(measure.on())));
  RETURN_IF_ERROR(CheckLength(measure.text(), "measure.text", kMostText));
  measure.set_recorded_by(act.person);
  *graduate->add_measures() = std::move(measure);
  graduate->set_measure_count(graduate->measures_size());
  return StepFile(act, "measure", "MEASURE", false, graduate);
}

absl::Status AddContact(const Act& act, const FollowUpBook& book, v1::GraduateContact contact, v1::Graduate* graduate) {
  RETURN_IF_ERROR(Settle(act, "contact.on", contact.has_on(), contact.mutable_on()));
  const absl::CivilDay on = *DayOf(contact.on());
  RETURN_IF_ERROR(CheckCode(book.contacts(), contact.outcome(), on));
  RETURN_IF_ERROR(CheckLength(contact.text(), "contact.text", kMostText));
  const auto last = DayOf(graduate->last_contact_on());
  if (book.contacts().Find(contact.outcome(), on)->Attribute("reached") == "1" && (!last.has_value() || *last < on)) {
    *graduate->mutable_last_contact_on() = contact.on();
  }
  contact.set_recorded_by(act.person);
  *graduate->add_contacts() = std::move(contact);
  return StepFile(act, "add", "CONTACT", false, graduate);
}

absl::Status AddInternship(const Act& act, v1::GraduateInternship internship, v1::Graduate* graduate) {
  RETURN_IF_ERROR(CheckLength(internship.employer(), "internship.employer", kMostName, true));
  RETURN_IF_ERROR(Settle(act, "internship.from", internship.has_from(), internship.mutable_from()));
  if (internship.has_until()) {  // may lie ahead
    Violations violations;
    const auto until = DayOf(internship.until(), "internship.until", &violations);
    RETURN_IF_ERROR(violations.status());
    if (until.has_value() && *until < *DayOf(internship.from())) {
      return Fail("DATE_INVALID");
    }
  }
  *graduate->add_internships() = std::move(internship);
  return StepFile(act, "add", "INTERNSHIP", false, graduate);
}

absl::Status AddOutcome(const Act& act, const FollowUpBook& book, v1::GraduateOutcome outcome, v1::Graduate* graduate) {
  RETURN_IF_ERROR(Settle(act, "outcome.from", outcome.has_from(), outcome.mutable_from()));
  const absl::CivilDay from = *DayOf(outcome.from());
  RETURN_IF_ERROR(CheckCode(book.outcomes(), outcome.code(), from));
  const bool placed = book.outcomes().Find(outcome.code(), from)->Attribute("placed") == "1";
  RETURN_IF_ERROR(CheckLength(outcome.place(), "outcome.place", kMostName, placed));
  RETURN_IF_ERROR(CheckLength(outcome.file_name(), "outcome.file_name", kMostName));
  outcome.clear_ended_on();
  if (graduate->outcomes_size() > 0 && !graduate->outcomes().rbegin()->has_ended_on()) {
    *graduate->mutable_outcomes()->rbegin()->mutable_ended_on() = outcome.from();
  }
  graduate->set_outcome(outcome.code());
  *graduate->add_outcomes() = std::move(outcome);
  return StepFile(act, "place", "OUTCOME", placed, graduate);
}

absl::Status EndOutcome(const Act& act, v1::GraduateOutcomeEnd end, v1::Graduate* graduate) {
  if (graduate->outcome().empty() || graduate->outcomes().empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "outcome"}});
  }
  RETURN_IF_ERROR(Settle(act, "outcome_end.ended_on", end.has_ended_on(), end.mutable_ended_on()));
  *graduate->mutable_outcomes()->rbegin()->mutable_ended_on() = end.ended_on();
  graduate->clear_outcome();
  return StepFile(act, "lose", "OUTCOME_END", false, graduate);
}

absl::Status AddReferral(const Act& act, const FollowUpBook& book, const v1::GraduateReferral& asked,
                         v1::Graduate* graduate) {
  v1::GraduateReferral referral;
  referral.set_subsidy(asked.subsidy());
  referral.set_office(asked.office());
  *referral.mutable_referred_on() = asked.referred_on();
  RETURN_IF_ERROR(Settle(act, "referral.referred_on", asked.has_referred_on(), referral.mutable_referred_on()));
  RETURN_IF_ERROR(CheckCode(book.subsidies(), referral.subsidy(), *DayOf(referral.referred_on())));
  RETURN_IF_ERROR(CheckLength(referral.office(), "referral.office", kMostName, true));
  referral.set_number(graduate->referrals_size() + 1);
  *graduate->add_referrals() = std::move(referral);
  return StepFile(act, "add", "REFERRAL", false, graduate);
}

absl::Status AnswerReferral(const Act& act, v1::GraduateReferralAnswer answer, v1::Graduate* graduate) {
  const bool known = answer.number() >= 1 && answer.number() <= graduate->referrals_size();
  if (!known || graduate->referrals(answer.number() - 1).answered()) {
    return Fail("GRADUATE_REFERRAL", {{"number", absl::StrCat(answer.number())}});
  }
  const int64_t least = answer.granted() ? 1 : 0, most = answer.granted() ? kMostFen : 0;
  if (answer.amount_fen() < least || answer.amount_fen() > most) {
    return Fail("NUMBER_RANGE", {{"low", absl::StrCat(least)}, {"high", absl::StrCat(most)}});
  }
  RETURN_IF_ERROR(Settle(act, "referral_answer.answered_on", answer.has_answered_on(), answer.mutable_answered_on()));
  v1::GraduateReferral* referral = graduate->mutable_referrals(answer.number() - 1);
  referral->set_answered(true);
  referral->set_granted(answer.granted());
  referral->set_amount_fen(answer.amount_fen());
  *referral->mutable_answered_on() = answer.answered_on();
  return StepFile(act, "add", "REFERRAL_ANSWER", false, graduate);
}

}  // namespace

const Workflow& WorkflowOf(const v1::Graduate&) {
  static constexpr Workflow kWorkflow{kGraduateStates, {}};
  return kWorkflow;
}

absl::Status EnterGraduate(const Act& act, const std::string& responsible, v1::Graduate* graduate) {
  RETURN_IF_ERROR(CheckLength(responsible, "responsible", kMostName, true));
  graduate->set_responsible(responsible);
  if (graduate->state() == v1::GRADUATE_STATE_UNSPECIFIED) {
    graduate->set_state(v1::GRADUATE_STATE_OPEN);
    Note(act, "enter", graduate);
    return absl::OkStatus();
  }
  return StepFile(act, "enter", "", false, graduate);
}

absl::Status AddEntry(const Act& act, const FollowUpBook& book, const v1::AddGraduateEntryRequest& request,
                      v1::Graduate* graduate) {
  switch (request.entry_case()) {
    case v1::AddGraduateEntryRequest::kMeasure:
      return AddMeasure(act, book, request.measure(), graduate);
    case v1::AddGraduateEntryRequest::kContact:
      return AddContact(act, book, request.contact(), graduate);
    case v1::AddGraduateEntryRequest::kInternship:
      return AddInternship(act, request.internship(), graduate);
    case v1::AddGraduateEntryRequest::kOutcome:
      return AddOutcome(act, book, request.outcome(), graduate);
    case v1::AddGraduateEntryRequest::kOutcomeEnd:
      return EndOutcome(act, request.outcome_end(), graduate);
    case v1::AddGraduateEntryRequest::kReferral:
      return AddReferral(act, book, request.referral(), graduate);
    case v1::AddGraduateEntryRequest::kReferralAnswer:
      return AnswerReferral(act, request.referral_answer(), graduate);
    case v1::AddGraduateEntryRequest::kFileName:
      RETURN_IF_ERROR(CheckLength(request.file_name(), "file_name", kMostName, true));
      graduate->add_file_names(request.file_name());
      return StepFile(act, "add", "FILE", false, graduate);
    case v1::AddGraduateEntryRequest::kAssignment:
      RETURN_IF_ERROR(CheckLength(request.assignment().responsible(), "assignment.responsible", kMostName, true));
      graduate->set_responsible(request.assignment().responsible());
      return StepFile(act, "add", "ASSIGNMENT", false, graduate);
    case v1::AddGraduateEntryRequest::kWithdrawal: {
      RETURN_IF_ERROR(CheckLength(request.withdrawal().reason(), "withdrawal.reason", kMostText, true));
      Act why = act;
      why.reason = request.withdrawal().reason();
      return StepFile(why, "withdraw", "", false, graduate);
    }
    default:
      return Fail("FIELD_REQUIRED", {{"field", "entry"}});
  }
}

std::vector<v1::GraduateGap> GapsOf(const v1::Graduate& graduate, absl::CivilDay since) {
  std::vector<v1::GraduateGap> gaps;
  if (graduate.state() == v1::GRADUATE_STATE_WITHDRAWN) {
    return gaps;
  }
  if (graduate.measure_count() == 0) {
    gaps.push_back(v1::GRADUATE_GAP_WITHOUT_POLICY);
  }
  const auto last = DayOf(graduate.last_contact_on());
  if (!last.has_value() || *last < since) {
    gaps.push_back(v1::GRADUATE_GAP_WITHOUT_CONTACT);
  }
  return gaps;
}

}  // namespace ruraledu::student_aid
