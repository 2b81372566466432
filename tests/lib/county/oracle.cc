#include "tests/lib/county/oracle.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace ruraledu::testlib {
namespace {

// Who a row is for.
enum class Group {
  kHousehold,   // P2 or M1-M3: all rows of SP
  kHardship,    // every kind of 2.1 that is eligible: all but P1 (history) and P3
  kFourGroups,  // P2/M, disabled, rural D1, rural D2: CN_LIV_N_*, CN_HS_WAIVE
  kHenanPre,    // HN_PRE_LIV: P2/M in any approved kindergarten, other hardship in an inclusive one
  kNingxiaPre,  // NX_PRE_*: P2/M and rural disabled children
  kVocWaiver,   // CN_VOC_WAIVE: rural students, agriculture majors, minority areas, urban hardship students
  kVocGrant,    // CN_VOC_GRANT: hardship, agriculture; in the contiguous poor areas all rural students outside the seat
  kEverybody,
};
enum class Basis { kFixed, kMean, kCharge };  // BASE or local amount; AVERAGE; ACTUAL
enum class Level { kCounty, kProvince, kNation };

constexpr unsigned Bit(Stage stage) {
  return 1u << static_cast<int>(stage);
}
constexpr unsigned kPre = Bit(Stage::kPre), kPri = Bit(Stage::kPrimary), kJun = Bit(Stage::kJunior),
                   kHs = Bit(Stage::kHigh), kVoc = Bit(Stage::kVocational), kCol = Bit(Stage::kCollege),
                   kUg = Bit(Stage::kUndergraduate), kMa = Bit(Stage::kMaster), kPhd = Bit(Stage::kDoctor);
constexpr int kAny = -1, kDay = 0, kBoard = 1;

struct Row {
  std::string_view code, family;
  Level level;
  std::string_view area;  // prefix of the county code
  unsigned stages;
  std::string_view first_term, last_term;  // last included; "" open
  int boarding;
  Group group;
  Basis basis;
  int64_t fen;  // per term
};

// Digest 2.2 (SP), 2.3 (HN, NX, CN). One line per row and period.
constexpr Row kRows[] = {
    {"SP_PRE_FEE", "FEE_WAIVER", Level::kCounty, "411728", kPre, "2022-2023-2", "", kAny, Group::kHousehold,
     Basis::kFixed, 30000},
    {"SP_PRE_LIV", "LIVING", Level::kCounty, "411728", kPre, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     20000},
    {"SP_COMP_WAIVE", "FEE_WAIVER", Level::kCounty, "411728", kPri | kJun, "2022-2023-2", "", kAny, Group::kEverybody,
     Basis::kFixed, 0},
    {"SP_LIV_B_PRI", "LIVING", Level::kCounty, "411728", kPri, "2022-2023-2", "", kBoard, Group::kHousehold,
     Basis::kFixed, 50000},
    {"SP_LIV_B_JUN", "LIVING", Level::kCounty, "411728", kJun, "2022-2023-2", "", kBoard, Group::kHousehold,
     Basis::kFixed, 62500},
    {"SP_LIV_N_PRI", "LIVING", Level::kCounty, "411728", kPri, "2022-2023-2", "", kDay, Group::kHousehold,
     Basis::kFixed, 25000},
    {"SP_LIV_N_JUN", "LIVING", Level::kCounty, "411728", kJun, "2022-2023-2", "", kDay, Group::kHousehold,
     Basis::kFixed, 31250},
    {"SP_NUTR", "NUTRITION", Level::kCounty, "411728", kPri | kJun, "2022-2023-2", "", kAny, Group::kHousehold,
     Basis::kFixed, 40000},
    {"SP_HS_FEE", "FEE_WAIVER", Level::kCounty, "411728", kHs, "2022-2023-2", "", kAny, Group::kHousehold,
     Basis::kCharge, 80000},
    {"SP_HS_GRANT", "GRANT", Level::kCounty, "411728", kHs, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     150000},
    {"SP_VOC_FEE", "FEE_WAIVER", Level::kCounty, "411728", kVoc, "2022-2023-2", "", kAny, Group::kHousehold,
     Basis::kCharge, 60000},
    {"SP_VOC_GRANT", "GRANT", Level::kCounty, "411728", kVoc, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     100000},
    {"SP_UG", "GRANT", Level::kCounty, "411728", kCol | kUg, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     200000},
    {"SP_MA", "GRANT", Level::kCounty, "411728", kMa, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     300000},
    {"SP_PHD", "GRANT", Level::kCounty, "411728", kPhd, "2022-2023-2", "", kAny, Group::kHousehold, Basis::kFixed,
     600000},
    {"SP_YULU", "RAIN_AND_DEW", Level::kCounty, "411728", kCol, "2022-2023-2", "", kAny, Group::kHousehold,
     Basis::kFixed, 150000},

    {"HN_PRE_LIV", "LIVING", Level::kProvince, "41", kPre, "", "", kAny, Group::kHenanPre, Basis::kFixed, 20000},
    {"NX_PRE_FEE", "FEE_WAIVER", Level::kProvince, "64", kPre, "2016-2017-2", "", kAny, Group::kNingxiaPre,
     Basis::kFixed, 75000},
    {"NX_PRE_MEAL", "LIVING", Level::kProvince, "64", kPre, "2016-2017-2", "", kAny, Group::kNingxiaPre, Basis::kFixed,
     45000},

    {"CN_LIV_B_PRI", "LIVING", Level::kNation, "", kPri, "2011-2012-1", "2023-2024-1", kBoard, Group::kHardship,
     Basis::kFixed, 50000},
    {"CN_LIV_B_PRI", "LIVING", Level::kNation, "", kPri, "2023-2024-2", "", kBoard, Group::kHardship, Basis::kFixed,
     62500},
    {"CN_LIV_B_JUN", "LIVING", Level::kNation, "", kJun, "2011-2012-1", "2023-2024-1", kBoard, Group::kHardship,
     Basis::kFixed, 62500},
    {"CN_LIV_B_JUN", "LIVING", Level::kNation, "", kJun, "2023-2024-2", "", kBoard, Group::kHardship, Basis::kFixed,
     75000},
    {"CN_LIV_N_PRI", "LIVING", Level::kNation, "", kPri, "2019-2020-1", "2023-2024-1", kDay, Group::kFourGroups,
     Basis::kFixed, 25000},
    {"CN_LIV_N_PRI", "LIVING", Level::kNation, "", kPri, "2023-2024-2", "", kDay, Group::kFourGroups, Basis::kFixed,
     31250},
    {"CN_LIV_N_JUN", "LIVING", Level::kNation, "", kJun, "2019-2020-1", "2023-2024-1", kDay, Group::kFourGroups,
     Basis::kFixed, 31250},
    {"CN_LIV_N_JUN", "LIVING", Level::kNation, "", kJun, "2023-2024-2", "", kDay, Group::kFourGroups, Basis::kFixed,
     37500},
    {"CN_HS_GRANT", "GRANT", Level::kNation, "", kHs, "2014-2015-2", "2024-2025-1", kAny, Group::kHardship,
     Basis::kMean, 100000},
    {"CN_HS_GRANT", "GRANT", Level::kNation, "", kHs, "2024-2025-2", "", kAny, Group::kHardship, Basis::kMean, 115000},
    {"CN_HS_WAIVE", "FEE_WAIVER", Level::kNation, "", kHs, "2016-2017-1", "", kAny, Group::kFourGroups, Basis::kCharge,
     0},
    {"CN_VOC_WAIVE", "FEE_WAIVER", Level::kNation, "", kVoc, "2012-2013-1", "", kAny, Group::kVocWaiver, Basis::kCharge,
     0},
    {"CN_VOC_GRANT", "GRANT", Level::kNation, "", kVoc, "2014-2015-2", "2024-2025-1", kAny, Group::kVocGrant,
     Basis::kMean, 100000},
    {"CN_VOC_GRANT", "GRANT", Level::kNation, "", kVoc, "2024-2025-2", "", kAny, Group::kVocGrant, Basis::kMean,
     115000},
    {"CN_UG_GRANT", "GRANT", Level::kNation, "", kCol | kUg, "2018-2019-2", "2023-2024-2", kAny, Group::kHardship,
     Basis::kMean, 165000},
    {"CN_UG_GRANT", "GRANT", Level::kNation, "", kCol | kUg, "2024-2025-1", "", kAny, Group::kHardship, Basis::kMean,
     185000},
    {"CN_MA_GRANT", "GRANT", Level::kNation, "", kMa, "2014-2015-1", "", kAny, Group::kEverybody, Basis::kFixed,
     300000},
    {"CN_PHD_GRANT", "GRANT", Level::kNation, "", kPhd, "2016-2017-2", "", kAny, Group::kEverybody, Basis::kFixed,
     650000},
};

// The kinds of 2.1 that make somebody a hardship student.
constexpr std::array<std::string_view, 15> kHardshipKinds = {"P2", "M1", "M2", "M3", "D1", "D2", "D3", "O1",
                                                             "O2", "X1", "X2", "R1", "R2", "W1", "E1"};
// Counties of the former contiguous poor areas that 2.3 names: Xiji (Liupanshan), Pengshui (Wulingshan).
constexpr std::array<std::string_view, 2> kContiguousPoorAreas = {"640422", "500243"};

bool IsMonitored(std::string_view kind) {
  return kind == "M1" || kind == "M2" || kind == "M3";
}
bool IsHousehold(std::string_view kind) {
  return kind == "P2" || IsMonitored(kind);
}
bool IsHardship(std::string_view kind) {
  return kind == "N1" || std::find(kHardshipKinds.begin(), kHardshipKinds.end(), kind) != kHardshipKinds.end();
}
bool IsFourGroups(const KindFact& f) {
  return IsHousehold(f.kind) || f.kind == "X1" || ((f.kind == "D1" || f.kind == "D2") && f.rural);
}

int KindRank(std::string_view kind) {
  if (kind == "N1") return static_cast<int>(kHardshipKinds.size());
  return static_cast<int>(std::find(kHardshipKinds.begin(), kHardshipKinds.end(), kind) - kHardshipKinds.begin());
}

// Kinds of the person that satisfy the row's group; nothing when nobody is required, see Meets.
bool KindSatisfies(const Row& row, const KindFact& kind, const AidFacts& facts) {
  switch (row.group) {
    case Group::kHousehold:
      return IsHousehold(kind.kind);
    case Group::kFourGroups:
      return IsFourGroups(kind);
    case Group::kHenanPre:
      return IsHousehold(kind.kind) || (IsHardship(kind.kind) && facts.kindergarten != Kindergarten::kOther);
    case Group::kNingxiaPre:
      return IsHousehold(kind.kind) || (kind.kind == "X1" && facts.rural_household);
    case Group::kHardship:
    case Group::kVocWaiver:
    case Group::kVocGrant:
    case Group::kEverybody:
      return IsHardship(kind.kind);
  }
  return false;
}

bool GroupNeedsNoKind(const Row& row, const AidFacts& facts) {
  if (row.group == Group::kEverybody) return true;
  if (row.group == Group::kVocWaiver) return facts.rural_household || facts.agriculture_major || facts.minority_area;
  if (row.group != Group::kVocGrant) return false;
  if (facts.agriculture_major) return true;
  bool area =
      std::find(kContiguousPoorAreas.begin(), kContiguousPoorAreas.end(), facts.county) != kContiguousPoorAreas.end();
  return area && facts.rural_household && facts.home_outside_seat;
}

// The table of 2.3 for CN_VOC_WAIVE: part-time students of agriculture majors in public schools in years 1 and 2 only;
// performing arts out, traditional opera in.
bool VocationalWaiverHolds(const AidFacts& facts) {
  if (facts.performing_arts_major) return false;
  return facts.full_time_formal || (facts.agriculture_major && facts.school_public && facts.grade <= 2);
}

bool ConditionsHold(const Row& row, const AidFacts& facts) {
  if (!facts.county.starts_with(row.area) || facts.term < row.first_term) return false;
  if (!row.last_term.empty() && facts.term > row.last_term) return false;
  if ((row.stages & Bit(facts.stage)) == 0) return false;
  if (row.boarding != kAny && facts.boarding != (row.boarding == kBoard)) return false;
  if (facts.stage == Stage::kPre && facts.kindergarten == Kindergarten::kNone) return false;
  if (row.level == Level::kCounty && facts.stage == Stage::kPre) {  // "age 3-6, in kindergarten"
    int age = SchoolAge(facts.birth_date, facts.term);
    if (age < 3 || age > 6) return false;
  }
  // The vocational grant rows of 2.2 and 2.3 do not ask for it.
  if ((facts.stage > Stage::kVocational || row.code == "SP_VOC_FEE") && !facts.full_time_formal) return false;
  if (row.group == Group::kVocWaiver && !VocationalWaiverHolds(facts)) return false;
  // DR-17: year 3 has the vocational grant only from 2024-2025-2.
  if (facts.stage == Stage::kVocational && row.family == "GRANT" && facts.grade == 3 && facts.term < "2024-2025-2") {
    return false;
  }
  if (row.level == Level::kCounty && facts.stage >= Stage::kCollege && row.family == "GRANT") return facts.in_province;
  return true;
}

int64_t Amount(const Row& row, const AidFacts& facts) {
  if (row.code == "CN_PHD_GRANT" && facts.central_university) return 750000;
  if (row.basis != Basis::kCharge) return row.fen;
  if (row.level == Level::kNation) return std::min(facts.approved_tuition_fen, facts.tuition_fen);
  if (facts.stage == Stage::kHigh) return std::min(facts.tuition_fen + facts.accommodation_fen, row.fen);  // DR-15
  return std::min(facts.tuition_fen, row.fen);
}

struct Candidate {
  const Row* row;
  int64_t fen;
  std::vector<std::string> kinds;
};

std::vector<Candidate> Candidates(const AidFacts& facts, const std::vector<const KindFact*>& kinds) {
  std::vector<Candidate> found;
  for (const Row& row : kRows) {
    if (!ConditionsHold(row, facts)) continue;
    std::set<std::pair<int, std::string>> matching;
    for (const KindFact* kind : kinds) {
      if (KindSatisfies(row, *kind, facts)) matching.emplace(KindRank(kind->kind), kind->kind);
    }
    if (matching.empty() && !GroupNeedsNoKind(row, facts)) continue;
    Candidate candidate{&row, Amount(row, facts), {}};
    for (const auto& [rank, kind] : matching) candidate.kinds.push_back(kind);
    found.push_back(std::move(candidate));
  }
  return found;
}

// One amount per family: the lowest level wins, a BASE or ACTUAL national row is its floor (DR-16, DR-59).
void KeepOne(std::vector<Candidate>& family, StandardMode mode, AidResult& result) {
  std::stable_sort(family.begin(), family.end(),
                   [](const Candidate& a, const Candidate& b) { return a.row->level < b.row->level; });
  const Candidate& winner = family.front();
  AidItem item{std::string(winner.row->code), std::string(winner.row->family), winner.fen, 0, {}, winner.kinds};
  for (size_t i = 1; i < family.size(); ++i) {
    const Candidate& other = family[i];
    result.removals.push_back({std::string(other.row->code), "SAME_FAMILY"});
    bool floor = other.row->level == Level::kNation && other.row->basis != Basis::kMean;
    if (!floor || other.fen <= item.fen) continue;
    item.flags = {"STANDARD_BELOW_NATIONAL"};
    if (mode == StandardMode::kHigherOf) item.fen = other.fen;
  }
  result.items.push_back(std::move(item));
}

// DR-18: from 2025-2026-1 the last kindergarten year is waived first, a local subsidy covers only what is left.
void WaiveLastKindergartenYear(const AidFacts& facts, AidResult& result) {
  if (facts.stage != Stage::kPre || facts.grade != 3 || facts.term < "2025-2026-1") return;
  int64_t waived = facts.kindergarten == Kindergarten::kPublic
                       ? facts.tuition_fen
                       : std::min(facts.tuition_fen, facts.approved_tuition_fen);
  int64_t remaining = facts.tuition_fen - waived;
  for (auto it = result.items.begin(); it != result.items.end();) {
    if (it->family == "FEE_WAIVER") it->fen = std::min(it->fen, remaining);
    if (it->family == "FEE_WAIVER" && it->fen == 0) {
      result.removals.push_back({it->code, "FEE_ALREADY_WAIVED"});
      it = result.items.erase(it);
    } else {
      ++it;
    }
  }
  result.items.push_back({"CN_PRE_WAIVE", "FEE_WAIVER", waived, 0, {}, {}});
}

AidResult Evaluate(const AidFacts& facts, const std::vector<const KindFact*>& kinds, StandardMode mode) {
  AidResult result;
  std::map<std::string_view, std::vector<Candidate>> families;
  for (Candidate& candidate : Candidates(facts, kinds)) {
    if (candidate.row->family == "NUTRITION" && facts.in_nutrition_pilot) {  // DR-22
      result.removals.push_back({std::string(candidate.row->code), "NUTRITION_PILOT"});
      continue;
    }
    if (candidate.row->basis == Basis::kCharge && !facts.charges_known) {
      result.removals.push_back({std::string(candidate.row->code), "CHARGE_UNKNOWN"});
      continue;
    }
    families[candidate.row->family].push_back(std::move(candidate));
  }
  for (auto& [name, family] : families) KeepOne(family, mode, result);
  WaiveLastKindergartenYear(facts, result);
  std::sort(result.items.begin(), result.items.end(),
            [](const AidItem& a, const AidItem& b) { return a.code < b.code; });
  std::sort(result.removals.begin(), result.removals.end(),
            [](const AidRemoval& a, const AidRemoval& b) { return a.code < b.code; });
  return result;
}

int Year(std::string_view text) {
  return std::stoi(std::string(text.substr(0, 4)));
}
bool IsAutumn(std::string_view term) {
  return term.back() == '1';
}
std::string DayOfTerm(std::string_view term, std::string_view autumn, std::string_view spring) {
  int year = Year(term) + (IsAutumn(term) ? 0 : 1);
  return std::to_string(year).append(IsAutumn(term) ? autumn : spring);
}

}  // namespace

std::string_view StageCode(Stage stage) {
  constexpr std::string_view kCodes[] = {"PRE", "PRI", "JUN", "HS", "VOC", "COL", "UG", "MA", "PHD"};
  return kCodes[static_cast<int>(stage)];
}

std::string TermFirstDay(std::string_view term) {
  return DayOfTerm(term, "-09-01", "-03-01");
}
std::string TermCensusDay(std::string_view term) {
  return DayOfTerm(term, "-09-30", "-03-31");
}
std::string TermCutOff(std::string_view term) {
  return DayOfTerm(term, "-11-30", "-05-31");
}

int SchoolAge(std::string_view birth_date, std::string_view term) {
  return Year(term) - Year(birth_date) - (birth_date.substr(5) > "08-31" ? 1 : 0);
}

bool CountsOnFirstDay(const KindFact& fact, std::string_view term) {
  std::string day = TermFirstDay(term);
  if (fact.from > day || (!fact.to.empty() && fact.to <= day)) return false;
  return !IsMonitored(fact.kind) || fact.eliminated_on.empty() || fact.eliminated_on > day;
}

bool CountsBySameTermEntry(const KindFact& fact, std::string_view term) {
  return IsMonitored(fact.kind) && fact.from > TermFirstDay(term) && fact.from <= TermCutOff(term);
}

bool ListedInTerm(const KindFact& fact, std::string_view term) {
  const bool over = !fact.to.empty() && fact.to <= TermFirstDay(term);
  return !over && fact.from <= (IsMonitored(fact.kind) ? TermCutOff(term) : TermFirstDay(term));
}

bool CountsAsHardshipAid(std::string_view item) {
  return item != "SP_COMP_WAIVE";
}

bool PaidInCash(std::string_view item) {
  constexpr std::string_view kWaived[] = {"SP_COMP_WAIVE", "SP_HS_FEE",    "SP_VOC_FEE", "CN_HS_WAIVE",
                                          "CN_VOC_WAIVE",  "CN_PRE_WAIVE", "NX_PRE_FEE", "NX_HS_WAIVE"};
  return std::find(std::begin(kWaived), std::end(kWaived), item) == std::end(kWaived);
}

bool AidResult::entitled() const {
  return std::any_of(items.begin(), items.end(), [](const AidItem& item) { return CountsAsHardshipAid(item.code); });
}

int64_t AidResult::total_fen() const {
  int64_t sum = 0;
  for (const AidItem& item : items) sum += item.fen;
  return sum;
}

const AidItem* AidResult::Find(std::string_view code) const {
  for (const AidItem& item : items) {
    if (item.code == code) return &item;
  }
  return nullptr;
}

const AidItem* AidResult::FindFamily(std::string_view family) const {
  for (const AidItem& item : items) {
    if (item.family == family) return &item;
  }
  return nullptr;
}

AidResult Entitle(const AidFacts& facts, StandardMode mode) {
  if (facts.status != "ENROLLED") return {};
  std::vector<const KindFact*> first_day, all;
  for (const KindFact& kind : facts.kinds) {
    bool on_first_day = CountsOnFirstDay(kind, facts.term);
    if (on_first_day) first_day.push_back(&kind);
    if (on_first_day || CountsBySameTermEntry(kind, facts.term)) all.push_back(&kind);
  }
  AidResult result = Evaluate(facts, all, mode);
  if (first_day.size() == all.size()) return result;
  AidResult before = Evaluate(facts, first_day, mode);
  for (AidItem& item : result.items) {
    const AidItem* had = before.FindFamily(item.family);
    item.supplementary_fen = item.fen - (had == nullptr ? 0 : std::min(had->fen, item.fen));
  }
  return result;
}

char ComparisonClass(const ComparisonFacts& facts) {
  if (facts.aided) {
    if (facts.not_enrolled) return 'F';
    if (facts.duplicate_school) return 'E';
    if (facts.id_mismatch) return 'D';
    return facts.in_source || facts.entitled ? 'A' : 'C';  // the register is a source too
  }
  return facts.entitled ? 'B' : '-';
}

std::string ComparisonClasses(const ComparisonFacts& facts) {
  const bool in_source = facts.in_source || facts.entitled;
  std::string classes;
  if (in_source && facts.aided) classes += 'A';
  if (facts.entitled && !facts.aided) classes += 'B';
  if (!in_source && facts.aided) classes += 'C';
  if (facts.aided && facts.id_mismatch) classes += 'D';
  if (facts.duplicate_school) classes += 'E';
  if ((in_source || facts.aided) && facts.not_enrolled) classes += 'F';
  return classes;
}

void Coverage::Add(const ComparisonFacts& facts) {
  if (!facts.entitled) return;
  ++should_be_aided;
  if (facts.aided) ++aided;
}

}  // namespace ruraledu::testlib
