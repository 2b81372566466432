#include "services/student_aid/facts_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/region.h"

namespace ruraledu::student_aid {
namespace {

// Bits of Conditions() that facts answer directly.
uint32_t ConditionsMet(const v1::PupilFacts& facts) {
  static const auto bit = [](std::string_view name) { return uint32_t{1} << ConditionIndex(name); };
  static const uint32_t full = bit("FULL_TIME_FORMAL"), part = bit("PART_TIME"), in = bit("IN_PROVINCE"),
                        out = bit("OUT_OF_PROVINCE"), approved = bit("KINDERGARTEN_APPROVED"),
                        inclusive = bit("KINDERGARTEN_INCLUSIVE"), agriculture = bit("AGRICULTURE_MAJOR"),
                        no_arts = bit("NOT_PERFORMING_ARTS"), rural = bit("RURAL_HOUSEHOLD"),
                        minority = bit("MINORITY_AREA"), poor = bit("FORMER_POOR_AREA"), open = bit("SCHOOL_PUBLIC"),
                        soldier = bit("DISCHARGED_SOLDIER"), central = bit("CENTRAL_UNIVERSITY"),
                        special = bit("SPECIAL_EDUCATION");
  uint32_t met = facts.full_time_formal() ? full : part;
  met |= facts.school_in_province() ? in : out;
  if (facts.kindergarten_approved()) met |= approved;
  if (facts.kindergarten_inclusive()) met |= inclusive;
  if (facts.agriculture_major()) met |= agriculture;
  if (!facts.performing_arts_major()) met |= no_arts;
  if (facts.rural_household()) met |= rural;
  if (facts.minority_area()) met |= minority;
  if (facts.former_poor_area()) met |= poor;
  if (facts.school_public()) met |= open;
  if (facts.discharged_soldier()) met |= soldier;
  if (facts.central_university()) met |= central;
  if (facts.special_education()) met |= special;
  return met;
}

// Pupils of special education are aided by the compulsory stage of their grade (common/decisions/0007).
void ReadStage(const v1::PupilFacts& facts, FactMasks* masks, Violations* violations) {
  static const int special = StageIndex("SPE"), primary = StageIndex("PRI"), junior = StageIndex("JUN");
  masks->stage = StageIndex(facts.stage());
  masks->study_year = 0;
  if (masks->stage < 0) {
    violations->Add("facts.stage", "STAGE_UNKNOWN", {{"stage", facts.stage()}});
    return;
  }
  if (facts.grade().empty()) return;
  masks->study_year = StudyYear(masks->stage, facts.grade());
  if (masks->study_year == 0) violations->Add("facts.grade", "GRADE_UNKNOWN", {{"grade", facts.grade()}});
  if (masks->stage != special) return;
  for (const int stage : {primary, junior}) {
    if (const int year = StudyYear(stage, facts.grade()); year != 0) {
      masks->stage = stage;
      masks->study_year = year;
    }
  }
}

void CheckHardship(const PolicyBook& book, const v1::HardshipFact& fact, int index, Violations* violations) {
  const auto field = [&](const char* name) { return absl::StrCat("facts.hardships[", index, "].", name); };
  if (book.KindIndex(fact.kind()) < 0) violations->Add(field("kind"), "KIND_UNKNOWN", {{"kind", fact.kind()}});
  if (!DayOf(fact.valid_from())) violations->Add(field("valid_from"), "DATE_INVALID");
  const int from = DayNumber(fact.valid_from());
  if (fact.has_valid_to()) {
    if (!DayOf(fact.valid_to())) {
      violations->Add(field("valid_to"), "DATE_INVALID");
    } else if (DayNumber(fact.valid_to()) <= from) {
      violations->Add(field("valid_to"), "HARDSHIP_INTERVAL");
    }
  }
  if (fact.has_risk_eliminated_on()) {
    if (!DayOf(fact.risk_eliminated_on())) {
      violations->Add(field("risk_eliminated_on"), "DATE_INVALID");
    } else if (DayNumber(fact.risk_eliminated_on()) < from) {
      violations->Add(field("risk_eliminated_on"), "HARDSHIP_INTERVAL");
    }
  }
}

constexpr int64_t kMaxAmountFen = 100'000'000'000;

void CheckAmounts(const PolicyBook& book, const v1::PupilFacts& facts, Violations* violations) {
  const v1::Charges& charges = facts.charges();
  CheckAmount(charges.tuition_fen(), "facts.charges.tuition_fen", violations);
  CheckAmount(charges.accommodation_fen(), "facts.charges.accommodation_fen", violations);
  CheckAmount(charges.approved_public_tuition_fen(), "facts.charges.approved_public_tuition_fen", violations);
  CheckAmount(charges.preschool_fee_fen(), "facts.charges.preschool_fee_fen", violations);
  CheckAmount(charges.public_preschool_fee_fen(), "facts.charges.public_preschool_fee_fen", violations);
  for (int i = 0; i < facts.received_size(); ++i) {
    const v1::ReceivedItem& item = facts.received(i);
    const std::string field = absl::StrCat("facts.received[", i, "].");
    CheckAmount(item.amount_fen(), field + "amount_fen", violations);
    if (book.FamilyOf(item.item()) == v1::BENEFIT_FAMILY_UNSPECIFIED) {
      violations->Add(field + "item", "ITEM_UNKNOWN", {{"item", item.item()}});
    }
  }
}

}  // namespace

int DayNumber(absl::CivilDay day) {
  return static_cast<int>(day.year()) * 10000 + day.month() * 100 + day.day();
}

int DayNumber(const google::type::Date& date) {
  return date.year() * 10000 + date.month() * 100 + date.day();
}

void CheckAmount(int64_t fen, std::string_view field, Violations* violations) {
  if (fen < 0) violations->Add(field, "AMOUNT_NEGATIVE");
  if (fen > kMaxAmountFen) violations->Add(field, "AMOUNT_TOO_LARGE");
}

void ReadFacts(const PolicyBook& book, const v1::PupilFacts& facts, FactMasks* masks, Violations* violations) {
  if (facts.status().empty()) violations->Require(false, "facts.status");
  ReadStage(facts, masks, violations);
  const auto region = [&](const std::string& code, std::string_view field) {
    if (!IsRegionCode(code)) violations->Add(field, "REGION_CODE", {{"code", code}});
  };
  region(facts.school_region(), "facts.school_region");
  if (!facts.home_region().empty()) region(facts.home_region(), "facts.home_region");
  if (facts.has_birth_date() && !DayOf(facts.birth_date())) violations->Add("facts.birth_date", "DATE_INVALID");
  for (int i = 0; i < facts.hardships_size(); ++i) CheckHardship(book, facts.hardships(i), i, violations);
  if (facts.has_charges() || facts.received_size() > 0) CheckAmounts(book, facts, violations);
  masks->conditions = ConditionsMet(facts);
}

KindMasks ReadKinds(const PolicyBook& book, const v1::PupilFacts& facts, const TermDates& dates, uint64_t monitored) {
  const int first_day = DayNumber(dates.first_day), cut_off = DayNumber(dates.cut_off);
  KindMasks kinds;
  for (const v1::HardshipFact& fact : facts.hardships()) {
    const uint64_t bit = uint64_t{1} << book.KindIndex(fact.kind());
    const uint64_t rural = fact.area() == "RURAL" ? bit : 0;
    const bool is_monitored = (monitored & bit) != 0;
    const int from = DayNumber(fact.valid_from());
    if (from > first_day) {
      if (!is_monitored) {
        kinds.starts_later |= bit;
      } else if (from <= cut_off) {  // eliminated again inside the term or not: the term is kept (DR-10)
        kinds.supplementary |= bit;
        kinds.supplementary_rural |= rural;
      } else {
        kinds.after_cut_off |= bit;
      }
    } else if (fact.has_valid_to() && DayNumber(fact.valid_to()) <= first_day) {
      kinds.ended |= bit;
    } else if (is_monitored && fact.has_risk_eliminated_on() && DayNumber(fact.risk_eliminated_on()) <= first_day) {
      kinds.eliminated |= bit;
    } else {
      kinds.held |= bit;
      kinds.held_rural |= rural;
    }
  }
  return kinds;
}

int BestLevel(const PolicyBook& book, const v1::PupilFacts& facts, uint64_t mask, uint64_t level_one) {
  int best = 0;
  for (const v1::HardshipFact& fact : facts.hardships()) {
    const uint64_t bit = uint64_t{1} << book.KindIndex(fact.kind());
    if ((mask & bit) == 0) continue;
    const int level = fact.level() > 0 ? fact.level() : (level_one & bit) != 0 ? 1 : 0;
    if (level > 0 && (best == 0 || level < best)) best = level;
  }
  return best;
}

}  // namespace ruraledu::student_aid
