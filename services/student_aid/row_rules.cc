#include "services/student_aid/row_rules.h"

#include <algorithm>

#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

struct Charge {
  bool known = true;
  int64_t fen = 0;
};

// The charge of the term inside the scope of the row (DR-15, DR-16, DR-18).
Charge ChargeOf(const v1::PupilFacts& facts, v1::ChargeBasis basis) {
  const v1::Charges& c = facts.charges();
  switch (basis) {
    case v1::CHARGE_BASIS_TUITION:
      return {c.has_tuition_fen(), c.tuition_fen()};
    case v1::CHARGE_BASIS_TUITION_AND_ACCOMMODATION:
      return {c.has_tuition_fen() && (c.has_accommodation_fen() || !facts.boarding()),
              c.tuition_fen() + c.accommodation_fen()};
    case v1::CHARGE_BASIS_APPROVED_PUBLIC_TUITION:
      return {c.has_tuition_fen() && c.has_approved_public_tuition_fen(),
              std::min(c.tuition_fen(), c.approved_public_tuition_fen())};
    case v1::CHARGE_BASIS_PUBLIC_PRESCHOOL_FEE:
      if (facts.school_public()) return {c.has_preschool_fee_fen(), c.preschool_fee_fen()};
      return {c.has_preschool_fee_fen() && c.has_public_preschool_fee_fen(),
              std::min(c.preschool_fee_fen(), c.public_preschool_fee_fen())};
    default:
      return {false, 0};
  }
}

// Conditions and years of one way, or of the row itself.
bool MeetsConditions(const Case& person, const ProgramRow& row, const ProgramWay& way, Verdict* verdict) {
  static const uint32_t freshman = uint32_t{1} << ConditionIndex("FRESHMAN");
  static const uint32_t selected = uint32_t{1} << ConditionIndex("SELECTED");
  const v1::PupilFacts& facts = *person.facts;
  uint32_t met = person.masks.conditions;
  if (facts.freshman_year() == person.term.year.start) met |= freshman;
  if ((way.conditions & selected) != 0) {
    const auto& awards = facts.selected();
    if (std::find(awards.begin(), awards.end(), row.item->code()) != awards.end()) met |= selected;
  }
  if (const uint32_t missing = way.conditions & ~met; missing != 0) {
    const ConditionInfo& condition = Conditions()[__builtin_ctz(missing)];
    verdict->reason = condition.reason;
    verdict->detail = condition.english;
    return false;
  }
  const int year = person.masks.study_year;
  if (way.years != 0 && (way.years >> year & 1) == 0) {
    verdict->Remove(year == 0 ? kGradeNotStated : kStudyYearOther);
    return false;
  }
  return true;
}

bool MeetsAge(const Case& person, const v1::PolicyItem& item, Verdict* verdict) {
  if (item.age_from() == 0 && item.age_to() == 0) return true;
  if (!person.facts->has_birth_date()) {
    verdict->Remove(kAgeUnknown);
    return false;
  }
  const int age = SchoolAge(*DayOf(person.facts->birth_date()), person.term.year);
  if (age >= item.age_from() && (item.age_to() == 0 || age <= item.age_to())) return true;
  verdict->Remove(kAgeOutside);
  return false;
}

// Stage, status, boarding, age, and the row's own conditions and years.
bool MeetsShape(const Case& person, const ProgramRow& row, Verdict* verdict) {
  const std::string& boarding = row.item->boarding();
  if ((row.stages >> person.masks.stage & 1) == 0) {
    verdict->Remove(kStageOther);
  } else if (person.facts->status() != "ENROLLED") {
    verdict->Remove(kStatusNotEnrolled);
  } else if (!boarding.empty() && (boarding == "BOARDING") != person.facts->boarding()) {
    verdict->Remove(kBoardingOther);
  } else {
    return MeetsAge(person, *row.item, verdict) && MeetsConditions(person, row, row.common, verdict);
  }
  return false;
}

// The table of 2.5, as far as it does not work by family.
bool MeetsExclusions(const Case& person, const ProgramRow& row, Verdict* verdict) {
  const v1::PolicyItem& item = *row.item;
  const v1::PupilFacts& facts = *person.facts;
  if (item.rhythm() == v1::PAY_RHYTHM_AUTUMN && person.term.season != Season::kAutumn) {
    verdict->Remove(kNotThisTerm);
  } else if (item.family() == v1::BENEFIT_FAMILY_NUTRITION && facts.nutrition_pilot()) {
    verdict->Remove(kNutritionPilot);
  } else if (item.family() == v1::BENEFIT_FAMILY_LOAN && !facts.other_loan().empty()) {
    verdict->Remove(kLoanOtherKind);
  } else if (item.family() == v1::BENEFIT_FAMILY_FRESHMAN && facts.freshman_granted()) {
    verdict->Remove(kFreshmanGranted);
  } else if (item.family() == v1::BENEFIT_FAMILY_SCHOLARSHIP && !facts.scholarship().empty()) {
    verdict->Remove(facts.scholarship() == item.code() ? kAlreadyReceived : kScholarshipOther);
  } else {
    return true;
  }
  return false;
}

// How near somebody came to a way to qualify: the nearest one gives the reason of the row, of equals the first.
enum Nearness { kNotHeld, kConditionMissing, kHeldOnce };

// Which clause about kinds is not met: the nearest miss first.
Clause KindClause(const KindMasks& kinds, const ProgramWay& way) {
  if (((kinds.held | kinds.supplementary) & way.rural_kinds) != 0) return kKindAreaUrban;
  if ((kinds.eliminated & way.kinds) != 0) return kRiskEliminated;
  if ((kinds.after_cut_off & way.kinds) != 0) return kFoundAfterCutOff;
  if ((kinds.starts_later & way.kinds) != 0) return kKindStartsLater;
  if ((kinds.ended & way.kinds) != 0) return kKindEnded;
  return kKindNotHeld;
}

// Kinds and conditions of one way to qualify. Makes a candidate; a way by kinds held is better than one by same-term
// entry.
void TakeWay(const Case& person, const ProgramRow& row, const ProgramWay& way, Verdict* verdict, Nearness* nearest) {
  const bool first = verdict->kind != Verdict::kCandidate;
  const uint64_t anywhere = way.kinds & ~way.rural_kinds;
  const uint64_t held = (person.kinds.held & anywhere) | (person.kinds.held_rural & way.rural_kinds);
  const uint64_t found = (person.kinds.supplementary & anywhere) | (person.kinds.supplementary_rural & way.rural_kinds);
  const auto miss = [&](Nearness nearness, const Verdict& missed) {
    if (!first || (!verdict->reason.empty() && nearness <= *nearest)) return;
    *verdict = missed;
    *nearest = nearness;
  };
  Verdict missed;
  if (way.kinds != 0 && (held | found) == 0) {
    const Clause clause = KindClause(person.kinds, way);
    missed.Remove(clause);
    return miss(clause == kKindNotHeld ? kNotHeld : kHeldOnce, missed);
  }
  if (!MeetsConditions(person, row, way, &missed)) return miss(kConditionMissing, missed);
  const bool supplementary = way.kinds != 0 && held == 0;
  verdict->supplementary = supplementary && (first || verdict->supplementary);
  verdict->kinds |= held | found;
  verdict->kind = Verdict::kCandidate;
  verdict->reason = verdict->detail = "";
}

// Half of the year or the tier of the level, not above the charge.
void SetAmount(const Case& person, const ProgramRow& row, Verdict* verdict) {
  verdict->amount_fen = row.amount_fen;
  if (!row.tiers_fen.empty()) {
    const int level = BestLevel(person.book, *person.facts, verdict->kinds, row.level_one);
    if (level > 0) verdict->amount_fen = row.tiers_fen[std::min<size_t>(level, row.tiers_fen.size()) - 1];
  }
  if (row.item->charge_basis() == v1::CHARGE_BASIS_UNSPECIFIED) return;
  const Charge charge = ChargeOf(*person.facts, row.item->charge_basis());
  const int64_t limit = row.item->annual_fen() == 0 ? charge.fen : std::min(row.amount_fen, charge.fen);
  if (!charge.known) {
    verdict->Remove(kChargeUnknown);
  } else if (limit == 0) {
    verdict->Remove(kNothingCharged);
  } else {
    verdict->amount_fen = limit;
  }
}

}  // namespace

Verdict JudgeRow(const Case& person, const ProgramRow& row) {
  Verdict verdict;
  if (!MeetsShape(person, row, &verdict)) return verdict;
  Nearness nearest = kNotHeld;
  for (const ProgramWay& way : row.ways) TakeWay(person, row, way, &verdict, &nearest);
  if (verdict.kind == Verdict::kCandidate && MeetsExclusions(person, row, &verdict)) SetAmount(person, row, &verdict);
  return verdict;
}

}  // namespace ruraledu::student_aid
