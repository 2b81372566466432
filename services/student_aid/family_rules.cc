#include "services/student_aid/family_rules.h"

#include <algorithm>

namespace ruraledu::student_aid {
namespace {

class Families {
 public:
  Families(const Program& program, std::vector<Verdict>* verdicts) : rows_(program.rows), verdicts_(*verdicts) {}

  uint32_t Present() const {
    uint32_t families = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (verdicts_[i].kind == Verdict::kCandidate) families |= uint32_t{1} << rows_[i].item->family();
    }
    return families;
  }

  void Resolve(v1::BenefitFamily family) {
    int best = kNoRow, floor = kNoRow;
    for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
      if (!Member(i, family)) continue;
      if (Better(i, best)) best = i;
      if (rows_[i].floor && Better(i, floor)) floor = i;
    }
    const bool local = !rows_[best].national;
    if (local && floor != kNoRow) ApplyFloor(best, floor);
    for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
      if (i == best || !Member(i, family)) continue;
      const bool lower = rows_[i].floor && verdicts_[i].amount_fen <= verdicts_[best].amount_fen;
      verdicts_[i].Remove(!local || lower ? kFamilyLower : kFamilyLocal, best);
    }
    verdicts_[best].kind = Verdict::kGranted;
  }

 private:
  bool Member(int i, v1::BenefitFamily family) const {
    return verdicts_[i].kind == Verdict::kCandidate && rows_[i].item->family() == family;
  }

  // Whether row `a` goes before `b`: lower region, then higher amount, then code.
  bool Better(int a, int b) const {
    if (b == kNoRow) return true;
    const ProgramRow &x = rows_[a], &y = rows_[b];
    if (x.national != y.national) return y.national;
    if (!x.national && x.level != y.level) return x.level < y.level;
    return verdicts_[a].amount_fen > verdicts_[b].amount_fen;
  }

  // The national floor against the local row (DR-16).
  void ApplyFloor(int local, int floor) {
    Verdict &own = verdicts_[local], &national = verdicts_[floor];
    own.below_national = own.amount_fen < national.amount_fen;
    if (rows_[local].set->standard_mode() == v1::STANDARD_MODE_LOCAL) return;
    own.amount_fen = std::max(own.amount_fen, national.amount_fen);
    own.floor = floor;
    national.kind = Verdict::kApplied;
  }

  const std::vector<ProgramRow>& rows_;
  std::vector<Verdict>& verdicts_;
};

}  // namespace

void KeepOnePerFamily(const Program& program, std::vector<Verdict>* verdicts) {
  Families families(program, verdicts);
  for (uint32_t left = families.Present(); left != 0; left &= left - 1) {
    families.Resolve(static_cast<v1::BenefitFamily>(__builtin_ctz(left)));
  }
}

void CoverRemainingFee(const Program& program, const v1::PupilFacts& facts, std::vector<Verdict>* verdicts) {
  int subsidy = kNoRow, waiver = kNoRow;
  bool in_scope = false;
  for (int i = 0; i < static_cast<int>(verdicts->size()); ++i) {
    const v1::PolicyItem& item = *program.rows[i].item;
    const Verdict& verdict = (*verdicts)[i];
    const bool granted = verdict.kind == Verdict::kGranted;
    if (item.family() == v1::BENEFIT_FAMILY_PRESCHOOL_FEE && granted) subsidy = i;
    if (item.charge_basis() != v1::CHARGE_BASIS_PUBLIC_PRESCHOOL_FEE) continue;
    if (granted) waiver = i;
    in_scope |= granted || verdict.reason == Clauses()[kChargeUnknown].reason ||
                verdict.reason == Clauses()[kNothingCharged].reason;
  }
  if (subsidy == kNoRow || !in_scope) return;
  Verdict& paid = (*verdicts)[subsidy];
  const v1::Charges& charges = facts.charges();
  if (!charges.has_preschool_fee_fen() || (waiver == kNoRow && charges.preschool_fee_fen() > 0)) {
    paid.Remove(kChargeUnknown);
    return;
  }
  const int64_t waived = waiver == kNoRow ? 0 : (*verdicts)[waiver].amount_fen;
  const int64_t remaining = charges.preschool_fee_fen() - waived;
  paid.amount_fen = std::min(paid.amount_fen, remaining);
  if (remaining == 0) paid.Remove(waiver == kNoRow ? kNothingCharged : kFeeWaived, waiver);
}

void DeductReceived(const PolicyBook& book, const Program& program, const v1::PupilFacts& facts,
                    std::vector<Verdict>* verdicts) {
  for (size_t i = 0; i < verdicts->size(); ++i) {
    Verdict& verdict = (*verdicts)[i];
    if (verdict.kind != Verdict::kGranted || !verdict.supplementary) continue;
    for (const v1::ReceivedItem& item : facts.received()) {
      if (book.FamilyOf(item.item()) == program.rows[i].item->family()) verdict.amount_fen -= item.amount_fen();
    }
    if (verdict.amount_fen <= 0) verdict.Remove(kAlreadyReceived);
  }
}

}  // namespace ruraledu::student_aid
