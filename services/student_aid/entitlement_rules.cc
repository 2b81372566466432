#include "services/student_aid/entitlement_rules.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/proto_day.h"
#include "services/student_aid/facts_rules.h"
#include "services/student_aid/program_rules.h"

namespace ruraledu::student_aid {
namespace {

enum Clause : int {
  kAgeOutside,
  kAgeUnknown,
  kAlreadyReceived,
  kBoardingOther,
  kChargeUnknown,
  kFamilyLocal,
  kFamilyLower,
  kFeeWaived,
  kFoundAfterCutOff,
  kFreshmanGranted,
  kGradeNotStated,
  kKindAreaUrban,
  kKindEnded,
  kKindNotHeld,
  kKindStartsLater,
  kLoanOtherKind,
  kNothingCharged,
  kNotThisTerm,
  kNutritionPilot,
  kRiskEliminated,
  kScholarshipOther,
  kStageOther,
  kStatusNotEnrolled,
  kStudyYearOther,
};

constexpr ClauseInfo kClauses[] = {
    {"AGE_OUTSIDE", "age on 31 August outside of the limits of the row (DR-08)", "8月31日年龄不在范围内"},
    {"AGE_UNKNOWN", "the row has age limits and no birth date is known (DR-08)", "缺少出生日期，无法判断年龄"},
    {"ALREADY_RECEIVED", "the amount of the family was received in the same term or year (DR-10, 2.5)",
     "本学期（学年）已领取同类资助"},
    {"BOARDING_OTHER", "boarding on the census date differs from the row (2.5, DR-21)", "寄宿情况不符"},
    {"CHARGE_UNKNOWN", "the amount follows a charge that is not known (DR-15, DR-16)", "缺少收费标准"},
    {"FAMILY_LOCAL", "the lowest local row of the benefit family governs (DR-16, DR-59)", "同类资助按本地标准执行"},
    {"FAMILY_LOWER", "another row of the benefit family gives as much or more (DR-16, DR-59)", "同类资助取较高者"},
    {"FEE_WAIVED", "the fee is waived already, nothing is left to pay (DR-18)", "保教费已免除"},
    {"FOUND_AFTER_CUTOFF", "monitored household found after the cut-off: next term (DR-10)",
     "监测对象认定晚于截止日，下学期起享受"},
    {"FRESHMAN_GRANTED", "the grant of this admission was given already (2.4)", "本次录取已享受新生入学资助"},
    {"GRADE_NOT_STATED", "the row is for certain years of study and no grade is stated (DR-17)", "缺少年级"},
    {"KIND_AREA_URBAN", "the kind counts with area RURAL only (2.1, 2.3)", "该类对象限农村"},
    {"KIND_ENDED", "the kind ended on or before the first day of the term (DR-10)", "困难类型已于开学前终止"},
    {"KIND_NOT_HELD", "no kind of the row is held (2.1, 2.5)", "不属于该项目资助对象"},
    {"KIND_STARTS_LATER", "the kind starts after the first day of the term: next term (DR-10)",
     "困难类型开学后才生效，下学期起享受"},
    {"LOAN_OTHER_KIND", "another kind of loan is held in the school year (2.4)", "本学年已办理另一类助学贷款"},
    {"NOTHING_CHARGED", "nothing is charged that could be waived (DR-15)", "无应减免费用"},
    {"NOT_THIS_TERM", "paid once a year, in the autumn term", "每学年秋季学期发放一次"},
    {"NUTRITION_PILOT", "the school is in a nutrition pilot: meals, no cash (DR-22)",
     "营养改善计划试点学校供餐，不发现金"},
    {"RISK_ELIMINATED", "the risk was eliminated on or before the first day of the term (DR-14)", "开学前风险已消除"},
    {"SCHOLARSHIP_OTHER", "another scholarship of the school year excludes it (2.5)", "本学年已获其他奖学金"},
    {"STAGE_OTHER", "for another stage", "学段不符"},
    {"STATUS_NOT_ENROLLED", "not enrolled on the census date (2.5, DR-21)", "学籍状态不是在读"},
    {"STUDY_YEAR_OTHER", "for other years of study (DR-17)", "年级不符"},
};

constexpr int kNoRow = -1;

// What became of a row.
struct Verdict {
  enum Kind { kRemoved, kCandidate, kGranted, kApplied } kind = kRemoved;
  std::string_view reason, detail;
  int64_t amount_fen = 0;
  uint64_t kinds = 0;          // held or found, that qualify
  bool supplementary = false;  // by same-term entry only
  bool below_national = false;
  int floor = kNoRow;        // national row that was applied beside it
  int replaced_by = kNoRow;  // row

  void Remove(Clause clause, int by = kNoRow) {
    kind = kRemoved;
    reason = kClauses[clause].reason;
    detail = kClauses[clause].english;
    replaced_by = by;
  }
};

struct Charge {
  bool known = true;
  int64_t fen = 0;
};

Charge Known(bool present, int64_t fen) {
  return {present, fen};
}

// The charge of the term inside the scope of the row (DR-15, DR-16, DR-18).
Charge ChargeOf(const v1::PupilFacts& facts, v1::ChargeBasis basis) {
  const v1::Charges& c = facts.charges();
  const Charge tuition = Known(c.has_tuition_fen(), c.tuition_fen());
  switch (basis) {
    case v1::CHARGE_BASIS_TUITION:
      return tuition;
    case v1::CHARGE_BASIS_TUITION_AND_ACCOMMODATION:
      return {tuition.known && (c.has_accommodation_fen() || !facts.boarding()), tuition.fen + c.accommodation_fen()};
    case v1::CHARGE_BASIS_APPROVED_PUBLIC_TUITION:
      return {tuition.known && c.has_approved_public_tuition_fen(),
              std::min(tuition.fen, c.approved_public_tuition_fen())};
    case v1::CHARGE_BASIS_PUBLIC_PRESCHOOL_FEE: {
      if (facts.school_public()) return Known(c.has_preschool_fee_fen(), c.preschool_fee_fen());
      return {c.has_preschool_fee_fen() && c.has_public_preschool_fee_fen(),
              std::min(c.preschool_fee_fen(), c.public_preschool_fee_fen())};
    }
    default:
      return {false, 0};
  }
}

}  // namespace

absl::Span<const ClauseInfo> Clauses() {
  return kClauses;
}

struct Evaluator::State {
  const PolicyBook& book;
  Term term;
  Options options;
  TermDates dates;
  absl::CivilDay evaluated_on;
  const int freshman_bit = ConditionIndex("FRESHMAN"), selected_bit = ConditionIndex("SELECTED");

  absl::flat_hash_map<std::pair<std::string, std::string>, Program> programs;
  const Program* program = nullptr;  // of the last person; most follow their neighbours
  const std::string* school = nullptr;
  const std::string* home = nullptr;

  // Of the present person.
  const v1::PupilFacts* facts = nullptr;
  FactMasks masks;
  KindMasks kinds;
  std::vector<Verdict> verdicts;

  absl::Status PickProgram();
  void JudgeRow(int index);
  bool MeetsShape(const ProgramRow& row, Verdict* verdict) const;
  bool MeetsExclusions(const ProgramRow& row, Verdict* verdict) const;
  bool MeetsWay(const ProgramRow& row, const ProgramWay& way, Verdict* verdict) const;
  bool MeetsConditions(const ProgramRow& row, const ProgramWay& way, Verdict* verdict) const;
  bool MeetsAge(const v1::PolicyItem& item, Verdict* verdict) const;
  Clause KindClause(uint64_t kinds, uint64_t rural_kinds) const;
  void SetAmount(const ProgramRow& row, Verdict* verdict) const;
  bool Better(int a, int b) const;
  void ResolveFamily(v1::BenefitFamily family);
  void ApplyFloor(int local, int floor);
  void CoverRemainingFee();
  void DeductReceived();
  void Write(v1::EvaluateEntitlementResponse* response) const;
  void WriteItem(const ProgramRow& row, const Verdict& verdict, v1::EntitledItem* item) const;
};

absl::Status Evaluator::State::PickProgram() {
  const std::string& at = facts->school_region();
  const std::string& from = facts->home_region().empty() ? at : facts->home_region();
  if (program != nullptr && *school == at && *home == from) return absl::OkStatus();
  auto found = programs.find(std::make_pair(at, from));
  if (found == programs.end()) {
    ASSIGN_OR_RETURN(Program compiled, CompileProgram(book, at, from, term, options.policy_sets));
    // Clearing keeps the memory bounded whatever regions a caller asks for; a run has a handful.
    if (programs.size() >= 4096) programs.clear();
    found = programs.emplace(std::make_pair(at, from), std::move(compiled)).first;
  }
  program = &found->second;
  school = &found->first.first;
  home = &found->first.second;
  return absl::OkStatus();
}

// Which clause about kinds is not met: the nearest miss first.
Clause Evaluator::State::KindClause(uint64_t wanted, uint64_t rural) const {
  if (((kinds.held | kinds.supplementary) & rural) != 0) return kKindAreaUrban;
  if ((kinds.eliminated & wanted) != 0) return kRiskEliminated;
  if ((kinds.after_cut_off & wanted) != 0) return kFoundAfterCutOff;
  if ((kinds.starts_later & wanted) != 0) return kKindStartsLater;
  if ((kinds.ended & wanted) != 0) return kKindEnded;
  return kKindNotHeld;
}

bool Evaluator::State::MeetsConditions(const ProgramRow& row, const ProgramWay& way, Verdict* verdict) const {
  uint32_t met = masks.conditions;
  if (facts->freshman_year() == term.year.start) met |= uint32_t{1} << freshman_bit;
  if ((way.conditions >> selected_bit & 1) != 0) {
    const auto& selected = facts->selected();
    if (std::find(selected.begin(), selected.end(), row.item->code()) != selected.end()) {
      met |= uint32_t{1} << selected_bit;
    }
  }
  if (const uint32_t missing = way.conditions & ~met; missing != 0) {
    const ConditionInfo& condition = Conditions()[__builtin_ctz(missing)];
    verdict->reason = condition.reason;
    verdict->detail = condition.english;
    return false;
  }
  if (way.years != 0 && (way.years >> masks.study_year & 1) == 0) {
    verdict->Remove(masks.study_year == 0 ? kGradeNotStated : kStudyYearOther);
    return false;
  }
  return true;
}

bool Evaluator::State::MeetsAge(const v1::PolicyItem& item, Verdict* verdict) const {
  if (item.age_from() == 0 && item.age_to() == 0) return true;
  if (!facts->has_birth_date()) {
    verdict->Remove(kAgeUnknown);
    return false;
  }
  const int age = SchoolAge(*DayOf(facts->birth_date()), term.year);
  if (age >= item.age_from() && (item.age_to() == 0 || age <= item.age_to())) return true;
  verdict->Remove(kAgeOutside);
  return false;
}

// Stage, status, boarding, age, and the row's own conditions and years.
bool Evaluator::State::MeetsShape(const ProgramRow& row, Verdict* verdict) const {
  const std::string& boarding = row.item->boarding();
  if ((row.stages >> masks.stage & 1) == 0) {
    verdict->Remove(kStageOther);
  } else if (facts->status() != "ENROLLED") {
    verdict->Remove(kStatusNotEnrolled);
  } else if (!boarding.empty() && (boarding == "BOARDING") != facts->boarding()) {
    verdict->Remove(kBoardingOther);
  } else {
    return MeetsAge(*row.item, verdict) && MeetsConditions(row, row.common, verdict);
  }
  return false;
}

// The table of 2.5, as far as it does not work by family.
bool Evaluator::State::MeetsExclusions(const ProgramRow& row, Verdict* verdict) const {
  const v1::PolicyItem& item = *row.item;
  if (item.rhythm() == v1::PAY_RHYTHM_AUTUMN && term.season != Season::kAutumn) {
    verdict->Remove(kNotThisTerm);
  } else if (item.family() == v1::BENEFIT_FAMILY_NUTRITION && facts->nutrition_pilot()) {
    verdict->Remove(kNutritionPilot);
  } else if (item.family() == v1::BENEFIT_FAMILY_LOAN && !facts->other_loan().empty()) {
    verdict->Remove(kLoanOtherKind);
  } else if (item.family() == v1::BENEFIT_FAMILY_FRESHMAN && facts->freshman_granted()) {
    verdict->Remove(kFreshmanGranted);
  } else if (item.family() == v1::BENEFIT_FAMILY_SCHOLARSHIP && !facts->scholarship().empty()) {
    verdict->Remove(facts->scholarship() == item.code() ? kAlreadyReceived : kScholarshipOther);
  } else {
    return true;
  }
  return false;
}

// Kinds of one way. Makes a candidate; a way by kinds held is better than one by same-term entry.
bool Evaluator::State::MeetsWay(const ProgramRow& row, const ProgramWay& way, Verdict* verdict) const {
  const uint64_t anywhere = way.kinds & ~way.rural_kinds;
  const uint64_t held = (kinds.held & anywhere) | (kinds.held_rural & way.rural_kinds);
  const uint64_t found = (kinds.supplementary & anywhere) | (kinds.supplementary_rural & way.rural_kinds);
  if (way.kinds != 0 && (held | found) == 0) {
    if (verdict->kind != Verdict::kCandidate && verdict->reason.empty()) {
      verdict->Remove(KindClause(way.kinds, way.rural_kinds));
    }
    return false;
  }
  Verdict miss;
  if (!MeetsConditions(row, way, &miss)) {
    if (verdict->kind != Verdict::kCandidate) *verdict = miss;
    return false;
  }
  const bool supplementary = way.kinds != 0 && held == 0;
  const bool first = verdict->kind != Verdict::kCandidate;
  verdict->supplementary = supplementary && (first || verdict->supplementary);
  verdict->kinds |= held | found;
  verdict->kind = Verdict::kCandidate;
  verdict->reason = verdict->detail = "";
  return true;
}

void Evaluator::State::SetAmount(const ProgramRow& row, Verdict* verdict) const {
  verdict->amount_fen = row.amount_fen;
  if (!row.tiers_fen.empty()) {
    const int level = BestLevel(book, *facts, verdict->kinds, row.level_one);
    if (level > 0) verdict->amount_fen = row.tiers_fen[std::min<size_t>(level, row.tiers_fen.size()) - 1];
  }
  if (row.item->charge_basis() == v1::CHARGE_BASIS_UNSPECIFIED) return;
  const Charge charge = ChargeOf(*facts, row.item->charge_basis());
  const int64_t limit = row.item->annual_fen() == 0 ? charge.fen : std::min(row.amount_fen, charge.fen);
  if (!charge.known) {
    verdict->Remove(kChargeUnknown);
  } else if (limit == 0) {
    verdict->Remove(kNothingCharged);
  } else {
    verdict->amount_fen = limit;
  }
}

void Evaluator::State::JudgeRow(int index) {
  const ProgramRow& row = program->rows[index];
  Verdict& verdict = verdicts[index];
  verdict = Verdict{};
  if (!MeetsShape(row, &verdict)) return;
  for (const ProgramWay& way : row.ways) MeetsWay(row, way, &verdict);
  if (verdict.kind != Verdict::kCandidate || !MeetsExclusions(row, &verdict)) return;
  SetAmount(row, &verdict);
}

// Whether row `a` goes before `b`: lower region, then higher amount, then code.
bool Evaluator::State::Better(int a, int b) const {
  if (b == kNoRow) return true;
  const ProgramRow &x = program->rows[a], &y = program->rows[b];
  if (x.national != y.national) return y.national;
  if (!x.national && x.level != y.level) return x.level < y.level;
  return verdicts[a].amount_fen > verdicts[b].amount_fen;
}

// DR-16: the national floor against the local row.
void Evaluator::State::ApplyFloor(int local, int floor) {
  Verdict &own = verdicts[local], &national = verdicts[floor];
  own.below_national = own.amount_fen < national.amount_fen;
  if (program->rows[local].set->standard_mode() == v1::STANDARD_MODE_LOCAL) return;
  own.amount_fen = std::max(own.amount_fen, national.amount_fen);
  own.floor = floor;
  national.kind = Verdict::kApplied;
}

void Evaluator::State::ResolveFamily(v1::BenefitFamily family) {
  int best = kNoRow, floor = kNoRow;
  const auto member = [&](int i) {
    return verdicts[i].kind == Verdict::kCandidate && program->rows[i].item->family() == family;
  };
  for (int i = 0; i < static_cast<int>(verdicts.size()); ++i) {
    if (!member(i)) continue;
    if (Better(i, best)) best = i;
    if (program->rows[i].floor && Better(i, floor)) floor = i;
  }
  if (best == kNoRow) return;
  const bool local = !program->rows[best].national;
  if (local && floor != kNoRow) ApplyFloor(best, floor);
  for (int i = 0; i < static_cast<int>(verdicts.size()); ++i) {
    if (i == best || !member(i)) continue;
    const bool lower = program->rows[i].floor && verdicts[i].amount_fen <= verdicts[best].amount_fen;
    verdicts[i].Remove(!local || lower ? kFamilyLower : kFamilyLocal, best);
  }
  verdicts[best].kind = Verdict::kGranted;
}

// DR-18: a fee subsidy covers what the family still pays after the waiver of the last kindergarten year.
void Evaluator::State::CoverRemainingFee() {
  int subsidy = kNoRow, waiver = kNoRow;
  bool in_scope = false;
  for (int i = 0; i < static_cast<int>(verdicts.size()); ++i) {
    const v1::PolicyItem& item = *program->rows[i].item;
    if (item.family() == v1::BENEFIT_FAMILY_PRESCHOOL_FEE && verdicts[i].kind == Verdict::kGranted) subsidy = i;
    if (item.charge_basis() != v1::CHARGE_BASIS_PUBLIC_PRESCHOOL_FEE) continue;
    const std::string_view reason = verdicts[i].reason;
    const bool granted = verdicts[i].kind == Verdict::kGranted;
    if (granted) waiver = i;
    in_scope |= granted || reason == kClauses[kChargeUnknown].reason || reason == kClauses[kNothingCharged].reason;
  }
  if (subsidy == kNoRow || !in_scope) return;
  const v1::Charges& charges = facts->charges();
  if (!charges.has_preschool_fee_fen() || (waiver == kNoRow && charges.preschool_fee_fen() > 0)) {
    verdicts[subsidy].Remove(kChargeUnknown);
    return;
  }
  const int64_t waived = waiver == kNoRow ? 0 : verdicts[waiver].amount_fen;
  const int64_t remaining = charges.preschool_fee_fen() - waived;
  verdicts[subsidy].amount_fen = std::min(verdicts[subsidy].amount_fen, remaining);
  if (remaining == 0) verdicts[subsidy].Remove(waiver == kNoRow ? kNothingCharged : kFeeWaived, waiver);
}

// DR-10: a supplementary batch pays less what was received in the family this term.
void Evaluator::State::DeductReceived() {
  for (size_t i = 0; i < verdicts.size(); ++i) {
    Verdict& verdict = verdicts[i];
    if (verdict.kind != Verdict::kGranted || !verdict.supplementary) continue;
    for (const v1::ReceivedItem& item : facts->received()) {
      if (book.FamilyOf(item.item()) == program->rows[i].item->family()) verdict.amount_fen -= item.amount_fen();
    }
    if (verdict.amount_fen <= 0) verdict.Remove(kAlreadyReceived);
  }
}

void Evaluator::State::WriteItem(const ProgramRow& row, const Verdict& verdict, v1::EntitledItem* item) const {
  item->set_item(row.item->code());
  item->set_family(row.item->family());
  item->set_pay_form(row.item->pay_form());
  item->set_amount_fen(verdict.amount_fen);
  item->add_applied_rows(row.applied);
  if (verdict.floor != kNoRow) item->add_applied_rows(program->rows[verdict.floor].applied);
  for (int kind : row.rank) {
    if ((verdict.kinds >> kind & 1) != 0) item->add_kinds(book.kinds()[kind]);
  }
  if (verdict.below_national) item->add_flags("STANDARD_BELOW_NATIONAL");
  if (verdict.supplementary) item->add_flags("SUPPLEMENTARY");
  item->set_supplementary(verdict.supplementary);
  item->set_counts_in_coverage(row.item->counts_in_coverage());
}

void Evaluator::State::Write(v1::EvaluateEntitlementResponse* response) const {
  response->Clear();
  const auto granted = [](const Verdict& verdict) { return verdict.kind == Verdict::kGranted; };
  const bool any = std::any_of(verdicts.begin(), verdicts.end(), granted);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const ProgramRow& row = program->rows[i];
    const Verdict& verdict = verdicts[i];
    if (granted(verdict)) WriteItem(row, verdict, response->add_items());
    const bool own_stage = (row.stages >> masks.stage & 1) != 0;
    if (verdict.kind != Verdict::kRemoved || (any && !own_stage)) continue;
    v1::RemovedItem* removed = response->add_removed();
    removed->set_item(row.item->code());
    removed->set_reason(verdict.reason.data(), verdict.reason.size());
    removed->set_detail(verdict.detail.data(), verdict.detail.size());
    if (verdict.replaced_by != kNoRow) removed->set_replaced_by(program->rows[verdict.replaced_by].item->code());
  }
  bool review_due = false;
  for (const v1::PolicySet* set : program->sets) {
    response->add_policy_sets(set->name());
    review_due |= set->has_review_by() && DayNumber(evaluated_on) > DayNumber(set->review_by());
  }
  if (review_due) response->add_flags("POLICY_REVIEW_DUE");
  response->set_rules_version(kRulesVersion.data(), kRulesVersion.size());
}

Evaluator::Evaluator(const PolicyBook& book, Term term, Options options)
    : state_(new State{book, term, std::move(options), book.calendar().DatesOf(term)}) {
  State& state = *state_;
  if (state.options.first_day) state.dates.first_day = *state.options.first_day;
  state.evaluated_on = state.options.evaluation_date.value_or(state.dates.first_day);
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;

absl::Status Evaluator::Evaluate(const v1::PupilFacts& facts, v1::EvaluateEntitlementResponse* response) {
  State& state = *state_;
  Violations violations;
  ReadFacts(state.book, facts, &state.masks, &violations);
  if (!violations.empty()) return violations.status();
  state.facts = &facts;
  RETURN_IF_ERROR(state.PickProgram());
  state.kinds = ReadKinds(state.book, facts, state.dates);
  state.verdicts.resize(state.program->rows.size());
  uint32_t families = 0;
  for (int i = 0; i < static_cast<int>(state.verdicts.size()); ++i) {
    state.JudgeRow(i);
    if (state.verdicts[i].kind == Verdict::kCandidate) {
      families |= uint32_t{1} << state.program->rows[i].item->family();
    }
  }
  for (; families != 0; families &= families - 1) {
    state.ResolveFamily(static_cast<v1::BenefitFamily>(__builtin_ctz(families)));
  }
  state.CoverRemainingFee();
  state.DeductReceived();
  state.Write(response);
  return absl::OkStatus();
}

absl::StatusOr<v1::EvaluateEntitlementResponse> Evaluate(const PolicyBook& book,
                                                         const v1::EvaluateEntitlementRequest& request) {
  Violations violations;
  violations.Require(request.has_facts(), "facts");
  violations.Require(!request.term().empty(), "term");
  const absl::StatusOr<Term> term = ParseTerm(request.term());
  if (!request.term().empty() && !term.ok()) violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  if (!request.rules_version().empty() && request.rules_version() != kRulesVersion) {
    violations.Add("rules_version", "RULES_VERSION_UNKNOWN", {{"version", request.rules_version()}});
  }
  Evaluator::Options options;
  options.policy_sets.assign(request.policy_sets().begin(), request.policy_sets().end());
  const auto day = [&](bool present, const google::type::Date& date, std::string_view field) {
    const auto result = DayOf(date);
    if (present && !result) violations.Add(field, "DATE_INVALID");
    return result;
  };
  options.evaluation_date = day(request.has_evaluation_date(), request.evaluation_date(), "evaluation_date");
  options.first_day = day(request.has_first_day(), request.first_day(), "first_day");
  FactMasks masks;
  if (request.has_facts()) ReadFacts(book, request.facts(), &masks, &violations);
  RETURN_IF_ERROR(violations.status());
  v1::EvaluateEntitlementResponse response;
  Evaluator evaluator(book, *term, std::move(options));
  RETURN_IF_ERROR(evaluator.Evaluate(request.facts(), &response));
  return response;
}

}  // namespace ruraledu::student_aid
