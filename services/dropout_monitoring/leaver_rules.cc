#include "services/dropout_monitoring/leaver_rules.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/rate.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/enrolment_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

constexpr char kPolicies[] = "leaver_policies.csv";
constexpr std::string_view kYes = "yes";
constexpr std::string_view kRepeat = "REPEAT";      // of the column `stage`: the same grade again
constexpr std::string_view kRegistry = "REGISTRY";  // the proof that the service finds by itself
constexpr int kLeapYear = 2000;                     // has every month and day

constexpr Transition kLedgerRows[] = {
    {"PREPARED", "sign", "SIGNED"},
    {"SIGNED", "close", "CLOSED"},
    {"CLOSED", "replace", "REPLACED"},
};
constexpr StateMachine kLedgerStates("leaver_ledger", "PREPARED", kLedgerRows);
static_assert(kLedgerStates.AllReachable() && kLedgerStates.Unambiguous());

bool Is(const CodeEntry* entry, std::string_view column) {
  return entry != nullptr && entry->Attribute(column) == kYes;
}

bool OfGrade(const CodeEntry& entry, std::string_view grade) {
  const std::vector<std::string_view> grades = absl::StrSplit(entry.Attribute("grades"), '|');
  return std::find(grades.begin(), grades.end(), grade) != grades.end();
}

absl::CivilDay DayIn(int year, int month_and_day) {
  return absl::CivilDay(year, month_and_day / 100, month_and_day % 100);
}
bool IsDay(int month_and_day) {
  const absl::CivilDay day = DayIn(kLeapYear, month_and_day);
  return day.month() == month_and_day / 100 && day.day() == month_and_day % 100;
}

const v1::LeaverDestination* Newest(const v1::Leaver& leaver) {
  return leaver.destinations().empty() ? nullptr : &*leaver.destinations().rbegin();
}

bool Proven(const v1::LeaverDestination& destination) {
  return destination.proof_kind() == kRegistry || (!destination.proof_kind().empty() && !destination.proof().empty());
}

absl::Status CheckClaim(const LeaverBook& book, const LeaverClaim& claim, absl::CivilDay today,
                        const v1::Leaver& leaver) {
  if (leaver.state() == v1::LEAVER_STATE_GONE) {
    return Fail("STATE_TRANSITION", {{"event", "record"}, {"from", "GONE"}, {"machine", "leaver"}});
  }
  const CodeEntry* entry = book.destinations.Find(claim.code, today);
  if (entry == nullptr || !OfGrade(*entry, leaver.grade())) {
    return Fail("CODE_UNKNOWN", {{"list", book.destinations.name()}});
  }
  if (Is(entry, "place") && claim.place.empty()) {
    return Fail("VALUE_REQUIRED");
  }
  const bool by_hand = Is(book.proofs.Find(claim.proof_kind, today), "by_hand");
  if (claim.proof_kind.empty() != claim.proof.empty() || (!claim.proof_kind.empty() && !by_hand)) {
    return Fail("LEAVER_PROOF");
  }
  if (claim.known_on > today) {
    return Fail("DATE_AHEAD", {{"date", DayText(claim.known_on)}});
  }
  return absl::OkStatus();
}

v1::LeaverDestination* AddDestination(const std::string& code, const std::string& place, absl::CivilDay known_on,
                                      const std::string& by, absl::CivilDay today, v1::Leaver* leaver) {
  v1::LeaverDestination* added = leaver->add_destinations();
  added->set_number(leaver->destinations_size());
  added->set_code(code);
  added->set_place(place);
  *added->mutable_known_on() = DateOf(known_on);
  added->set_recorded_by(by);
  *added->mutable_recorded_on() = DateOf(today);
  return added;
}

}  // namespace

absl::StatusOr<RegionalBook<v1::LeaverPolicy>> ParseLeaverPolicies(std::string_view text, const RegionPath& path) {
  return RegionalBook<v1::LeaverPolicy>::Parse(
      kPolicies, text, "leaverPolicies", {"grades", "call_by", "call_again_days", "due_by"}, path,
      [](const DataTable& table, size_t row, v1::LeaverPolicy* policy) -> absl::Status {
        for (const std::string_view grade : absl::StrSplit(table.Get(row, "grades"), '|', absl::SkipEmpty())) {
          policy->add_grades(std::string(grade));
        }
        int32_t call_by = 0, again = 0, due_by = 0;
        const bool numbers = ReadNumber(table, row, "call_by", 101, 1231, &call_by) &&
                             ReadNumber(table, row, "call_again_days", 1, 366, &again) &&
                             ReadNumber(table, row, "due_by", 101, 1231, &due_by);
        if (policy->grades().empty() || !numbers || !IsDay(call_by) || !IsDay(due_by) || call_by > due_by) {
          return table.Error(row, "grades are named; call_by and due_by are a month and day in order, 930 and 1231");
        }
        policy->set_call_by(call_by);
        policy->set_call_again_days(again);
        policy->set_due_by(due_by);
        return absl::OkStatus();
      });
}

LeaverYear LeaverYearOf(const TermCalendar& terms, const v1::LeaverPolicy& policy, const SchoolYear& year) {
  const int ends = year.start + 1;
  return {year, terms.CensusDate({year, Season::kSpring}), terms.FirstDay({SchoolYear{ends}, Season::kAutumn}),
          DayIn(ends, policy.call_by()), DayIn(ends, policy.due_by())};
}

const registry_v1::Enrolment* LeavingSpan(const LeaverYear& year, std::string_view grade,
                                          const registry_v1::Student& student) {
  const bool gone = student.has_erased_on() || !student.merged_into().empty() || student.status() == "DECEASED";
  return gone ? nullptr : LeavingSpan(student, grade, year.census, year.begins);
}

std::optional<RegistryPlace> PlaceInRegistry(const LeaverBook& book, const LeaverYear& year, std::string_view grade,
                                             const registry_v1::Student& student) {
  if (student.enrolments().empty()) {
    return std::nullopt;
  }
  const registry_v1::Enrolment& span = student.enrolments(0);
  const auto from = DayOf(span.valid_from());
  if (!from.has_value() || span.has_valid_to() || *from <= year.census) {
    return std::nullopt;
  }
  const bool again = span.grade() == grade;
  if (again && *from < year.begins) {
    return std::nullopt;  // changed the school before it left
  }
  for (const CodeEntry& entry : book.destinations.entries()) {
    const std::string_view stage = entry.Attribute("stage");
    if (!stage.empty() && stage == (again ? kRepeat : std::string_view(span.stage())) && OfGrade(entry, grade)) {
      return RegistryPlace{entry.code, span.school(), *from};
    }
  }
  return std::nullopt;
}

absl::StatusOr<bool> TakeDestination(const LeaverBook& book, const LeaverClaim& claim, const std::string& person,
                                     absl::CivilDay today, v1::Leaver* leaver) {
  RETURN_IF_ERROR(CheckClaim(book, claim, today, *leaver));
  const v1::LeaverDestination* newest = Newest(*leaver);
  if (newest != nullptr && newest->code() == claim.code && newest->place() == claim.place &&
      newest->proof_kind() == claim.proof_kind && newest->proof() == claim.proof) {
    return false;
  }
  if (!leaver->closed_by().empty() && claim.correction_reason.empty()) {
    return Fail("LEAVER_CLOSED");
  }
  v1::LeaverDestination* added = AddDestination(claim.code, claim.place, claim.known_on, person, today, leaver);
  added->set_proof_kind(claim.proof_kind);
  added->set_proof(claim.proof);
  added->set_correction_reason(leaver->closed_by().empty() ? "" : claim.correction_reason);
  return true;
}

bool TakeFromRegistry(const RegistryPlace& place, const std::string& actor, absl::CivilDay today, v1::Leaver* leaver) {
  const v1::LeaverDestination* newest = Newest(*leaver);
  if (!leaver->closed_by().empty() || (newest != nullptr && newest->code() == place.code && Proven(*newest))) {
    return false;
  }
  AddDestination(place.code, place.school, place.since, actor, today, leaver)->set_proof_kind(std::string(kRegistry));
  return true;
}

void SetLeaver(const LeaverBook& book, const v1::LeaverPolicy& policy, const LeaverYear& year, v1::Leaver* leaver) {
  leaver->set_call_count(leaver->calls_size());
  leaver->clear_call_due_on();
  *leaver->mutable_due_on() = DateOf(year.due_on);
  if (leaver->state() == v1::LEAVER_STATE_GONE) {
    return;
  }
  const v1::LeaverDestination* newest = Newest(*leaver);
  const CodeEntry* entry = newest == nullptr ? nullptr : book.destinations.Find(newest->code());
  const bool known = Is(entry, "known");
  const bool proven = known && (!Is(entry, "proof") || Proven(*newest));
  leaver->set_destination(newest == nullptr ? "" : newest->code());
  leaver->set_state(proven ? v1::LEAVER_STATE_KNOWN : known ? v1::LEAVER_STATE_CLAIMED : v1::LEAVER_STATE_UNKNOWN);
  leaver->set_promoted(proven && Is(entry, "promoted"));
  leaver->clear_known_on();
  if (proven) {
    *leaver->mutable_known_on() = newest->known_on();
    return;
  }
  if (leaver->closed_by().empty()) {
    const absl::CivilDay call =
        leaver->calls().empty() ? year.call_by : *DayOf(leaver->calls().rbegin()->on()) + policy.call_again_days();
    *leaver->mutable_call_due_on() = DateOf(call);
  }
}

std::vector<v1::LeaverFigures> FiguresOf(const LeaverBook& book, absl::Span<const LeaverGroup> groups) {
  std::map<std::string, v1::LeaverFigures> by_grade;
  std::map<std::string, std::map<std::string, int64_t>> codes;
  for (const LeaverGroup& group : groups) {
    if (group.state == v1::LeaverState_Name(v1::LEAVER_STATE_GONE)) {
      continue;
    }
    v1::LeaverFigures& sum = by_grade[group.grade];
    const bool known = group.state == v1::LeaverState_Name(v1::LEAVER_STATE_KNOWN);
    const bool claimed = group.state == v1::LeaverState_Name(v1::LEAVER_STATE_CLAIMED);
    const bool vocational = known && Is(book.destinations.Find(group.destination), "vocational");
    sum.set_grade(group.grade);
    sum.set_leavers(sum.leavers() + group.leavers);
    sum.set_known(sum.known() + (known ? group.leavers : 0));
    sum.set_promoted(sum.promoted() + (group.promoted ? group.leavers : 0));
    sum.set_vocational(sum.vocational() + (vocational ? group.leavers : 0));
    sum.set_claimed(sum.claimed() + (claimed ? group.leavers : 0));
    codes[group.grade][group.destination] += group.leavers;
  }
  std::vector<v1::LeaverFigures> figures;
  for (auto& [grade, sum] : by_grade) {
    for (const auto& [code, leavers] : codes[grade]) {
      v1::LeaverCount* count = sum.add_codes();
      count->set_code(code);
      count->set_leavers(leavers);
    }
    figures.push_back(std::move(sum));
  }
  std::sort(figures.begin(), figures.end(), [](const auto& a, const auto& b) {
    return std::pair(a.grade().size(), a.grade()) < std::pair(b.grade().size(), b.grade());  // "9" before "12"
  });
  return figures;
}

v1::LeaverRates RatesOf(const v1::LeaverFigures& figures) {
  v1::LeaverRates rates;
  *rates.mutable_figures() = figures;
  const auto set = [&](int64_t part, ruraledu::common::v1::Rate* rate) {
    rate->set_numerator(part);
    rate->set_denominator(figures.leavers());
    return PercentText(Rate{part, figures.leavers()}).value_or("");
  };
  rates.set_known_percent(set(figures.known(), rates.mutable_known()));
  rates.set_promoted_percent(set(figures.promoted(), rates.mutable_promoted()));
  return rates;
}

absl::Status SignLeaverLedger(const std::string& person, absl::CivilDay on, v1::LeaverLedger* ledger) {
  RETURN_IF_ERROR(kLedgerStates.Next(EnumText(ledger->state()), "sign").status());
  if (ledger->prepared_by() == person) {
    return Fail("ROLE_HELD", {{"held", "PREPARER"}, {"wanted", "SIGNER"}});
  }
  ledger->set_state(v1::LEAVER_LEDGER_STATE_SIGNED);
  ledger->set_signed_by(person);
  *ledger->mutable_signed_on() = DateOf(on);
  return absl::OkStatus();
}

absl::Status CloseLeaverLedger(const std::string& person, absl::CivilDay on, v1::LeaverLedger* ledger) {
  RETURN_IF_ERROR(kLedgerStates.Next(EnumText(ledger->state()), "close").status());
  if (ledger->prepared_by() == person || ledger->signed_by() == person) {
    return Fail("ROLE_HELD", {{"held", ledger->signed_by() == person ? "SIGNER" : "PREPARER"}, {"wanted", "COUNTY"}});
  }
  ledger->set_state(v1::LEAVER_LEDGER_STATE_CLOSED);
  ledger->set_closed_by(person);
  *ledger->mutable_closed_on() = DateOf(on);
  ledger->set_late(on > *DayOf(ledger->due_on()));
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
