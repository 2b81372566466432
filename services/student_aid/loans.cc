#include "services/student_aid/loans.h"

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/crypto/masking.h"
#include "services/student_aid/store.h"
#include "services/student_aid/study_rules.h"
#include "services/student_aid/study_store.h"
#include "services/student_aid/tracked_aid_rules.h"

namespace ruraledu::student_aid {
namespace {

v1::LoanGap GapOf(v1::TrackedAidState state) {
  switch (state) {
    case v1::TRACKED_AID_STATE_AGREED:
    case v1::TRACKED_AID_STATE_PAID:
      return v1::LOAN_GAP_UNSPECIFIED;
    case v1::TRACKED_AID_STATE_ASKED:
      return v1::LOAN_GAP_PENDING;
    case v1::TRACKED_AID_STATE_REFUSED:
      return v1::LOAN_GAP_REFUSED;
    case v1::TRACKED_AID_STATE_WITHDRAWN:
      return v1::LOAN_GAP_WITHDRAWN;
    default:
      return v1::LOAN_GAP_ENDED;
  }
}

// The loan of either kind that counts: one that stands before one that does not.
absl::Status ReadLoan(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                      const std::string& person, const Term& term, v1::LoanCandidate* candidate) {
  bool stands = false;
  candidate->set_gap(v1::LOAN_GAP_NOT_ASKED);
  for (const v1::TrackedAidKind kind : {v1::TRACKED_AID_KIND_LOAN_ORIGIN, v1::TRACKED_AID_KIND_LOAN_CAMPUS}) {
    ASSIGN_OR_RETURN(const auto loan,
                     feed::Load<v1::TrackedAid>(tx, sealer, kTrackedAids, shard,
                                                absl::StrCat(person, ".", term.text(), ".", EnumText(kind))));
    if (loan.has_value() && !stands) {
      stands = Stands(loan->state());
      candidate->set_gap(GapOf(loan->state()));
      candidate->set_ceiling_fen(loan->standard_fen());
      candidate->set_loan(loan->name());
    }
  }
  return absl::OkStatus();
}

// What the decision of the term says about loans; the gap is replaced where it stands against one.
void ReadDecision(const PolicyBook& book, const std::optional<v1::Decision>& decision, v1::LoanCandidate* candidate) {
  if (!decision.has_value()) {
    candidate->set_gap(v1::LOAN_GAP_NOT_DECIDED);
    return;
  }
  for (const v1::EntitledItem& item : decision->answer().items()) {
    if (item.family() == v1::BENEFIT_FAMILY_LOAN) {
      candidate->set_ceiling_fen(item.amount_fen());
      return;
    }
  }
  candidate->set_gap(v1::LOAN_GAP_NOT_ELIGIBLE);
  for (const v1::RemovedItem& removed : decision->answer().removed()) {
    const bool nearer = candidate->clause().empty() || candidate->clause() == "STAGE_OTHER";
    if (nearer && book.FamilyOf(removed.item()) == v1::BENEFIT_FAMILY_LOAN) {
      candidate->set_clause(removed.reason());
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<v1::LoanCandidate>> LoanCandidatesOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                const PolicyBook& book, std::string_view shard,
                                                                const SchoolYear& year,
                                                                const std::vector<v1::Study>& studies) {
  const Term term{year, Season::kAutumn};
  const absl::CivilDay census = book.calendar().CensusDate(term);
  std::vector<v1::LoanCandidate> candidates;
  for (const v1::Study& study : studies) {
    const v1::StudyYear* stated = YearOf(study, year);
    if (stated == nullptr || stated->loan_wish() != v1::LOAN_WISH_YES || StudyOn({study}, census) == nullptr) {
      continue;
    }
    v1::LoanCandidate& candidate = candidates.emplace_back();
    candidate.set_student(absl::StrCat("counties/", shard.substr(1), "/students/", study.person()));
    candidate.set_area(study.area());
    candidate.set_study(study.name());
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, study.person()));
    candidate.set_display_name(crypto::MaskName(place.has_value() ? place->display_name : ""));
    RETURN_IF_ERROR(ReadLoan(tx, sealer, shard, study.person(), term, &candidate));
    if (candidate.gap() != v1::LOAN_GAP_UNSPECIFIED) {
      ASSIGN_OR_RETURN(const auto decision, DecisionInForce(tx, sealer, shard, study.person(), term.text()));
      ReadDecision(book, decision, &candidate);
    }
  }
  return candidates;
}

}  // namespace ruraledu::student_aid
