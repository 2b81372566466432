#include "services/dropout_monitoring/cohort_rules.h"

#include <algorithm>

#include "services/dropout_monitoring/calendar_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

bool Has(absl::Span<const v1::SchoolLevel> levels, v1::SchoolLevel level) {
  return std::find(levels.begin(), levels.end(), level) != levels.end();
}

void AddNow(const std::string& grade, v1::CohortCounts* counts) {
  auto* const now = counts->mutable_now();
  auto found = std::find_if(now->begin(), now->end(), [&](const auto& one) { return one.grade() == grade; });
  if (found == now->end()) {
    now->Add()->set_grade(grade);
    found = now->end() - 1;
  }
  found->set_pupils(found->pupils() + 1);
}

// Follows one pupil through its spans.
class Walk {
 public:
  Walk(const CohortSpec& spec, absl::Span<const v1::OfficialAge> levels, v1::CohortCounts* counts)
      : spec_(spec), levels_(levels), counts_(counts) {}

  void Step(const GradeSpan& span, bool within) {
    const v1::SchoolLevel level = LevelOf(levels_, span.stage, span.grade);
    const bool same_levels = Has(spec_.levels, level);
    const bool in = within && EntryYearOf(spec_, levels_, span) == spec_.entry;
    if (in && in_ == nullptr) {
      Begin(span);
    } else if (!in && in_ != nullptr) {
      Leave(level > spec_.levels.back(), within && same_levels);
    }
    in_ = in ? &span : nullptr;
    from_here_ = within && same_levels;
  }

  // The span that the pupil is or was in last, when it belongs to the cohort.
  const GradeSpan* last() const { return in_; }
  bool AtLast() const { return in_->grade == spec_.grades.back(); }

 private:
  void Begin(const GradeSpan& span) {
    const bool first = span.grade == spec_.grades.front();
    if (from_here_) {
      counts_->set_cohort_in(counts_->cohort_in() + 1);
    } else if (first && !began_ && span.from <= spec_.census) {
      counts_->set_entrants(counts_->entrants() + 1);
    } else {
      counts_->set_transferred_in(counts_->transferred_in() + 1);
    }
    began_ = true;
  }

  void Leave(bool above, bool other_cohort) {
    if (above && AtLast()) {
      counts_->set_graduates(counts_->graduates() + 1);
    } else if (other_cohort) {
      counts_->set_cohort_out(counts_->cohort_out() + 1);
    } else {
      counts_->set_transferred_out(counts_->transferred_out() + 1);
    }
  }

  const CohortSpec& spec_;
  absl::Span<const v1::OfficialAge> levels_;
  v1::CohortCounts* counts_;
  const GradeSpan* in_ = nullptr;
  bool from_here_ = false;  // the span before was in the same levels of the place
  bool began_ = false;
};

// How it stands with a pupil whose last span is of the cohort.
void End(const GradeSpan& last, bool at_last, CohortEnd end, v1::CohortCounts* counts) {
  switch (end) {
    case CohortEnd::kSuspended:
      return counts->set_suspended(counts->suspended() + 1);
    case CohortEnd::kDropped:
      return counts->set_dropouts(counts->dropouts() + 1);
    case CohortEnd::kOut:
      return counts->set_transferred_out(counts->transferred_out() + 1);
    case CohortEnd::kDied:
      return counts->set_deaths(counts->deaths() + 1);
    case CohortEnd::kFinished:
      return at_last ? counts->set_graduates(counts->graduates() + 1)
                     : counts->set_unexplained(counts->unexplained() + 1);
    default:
      return last.to.has_value() ? counts->set_unexplained(counts->unexplained() + 1) : AddNow(last.grade, counts);
  }
}

}  // namespace

CohortSpec CohortOf(absl::Span<const v1::OfficialAge> levels, absl::Span<const v1::SchoolLevel> of,
                    const SchoolYear& entry, const TermCalendar& terms) {
  CohortSpec spec{{}, {of.begin(), of.end()}, entry, terms.CensusDate({entry, Season::kAutumn})};
  for (const v1::SchoolLevel level : of) {
    const v1::OfficialAge* const found = FindLevel(levels, level);
    if (found != nullptr) {
      spec.grades.insert(spec.grades.end(), found->grades().begin(), found->grades().end());
    }
  }
  return spec;
}

std::optional<SchoolYear> EntryYearOf(const CohortSpec& spec, absl::Span<const v1::OfficialAge> levels,
                                      const GradeSpan& span) {
  const auto grade = std::find(spec.grades.begin(), spec.grades.end(), span.grade);
  if (grade == spec.grades.end() || !Has(spec.levels, LevelOf(levels, span.stage, span.grade))) {
    return std::nullopt;
  }
  return SchoolYear{TeachingYearOf(span.from).start - static_cast<int>(grade - spec.grades.begin())};
}

void CountPupil(const CohortSpec& spec, absl::Span<const v1::OfficialAge> levels, const RateBook& book,
                const CohortPupil& pupil, const std::function<bool(std::string_view school)>& within,
                v1::CohortCounts* counts) {
  Walk walk(spec, levels, counts);
  bool member = false;
  for (const GradeSpan& span : pupil.spans) {
    walk.Step(span, within(span.school));
    member |= walk.last() != nullptr;
  }
  const RateStatus status = book.StatusOf(pupil.status);
  const bool here = status.end == CohortEnd::kNow || status.end == CohortEnd::kBack;
  const CohortEnd end = pupil.out && here ? CohortEnd::kDropped : status.end;
  if (walk.last() != nullptr) {
    End(*walk.last(), walk.AtLast(), end, counts);
  }
  const bool back =
      end != CohortEnd::kDropped && (here || status.end == CohortEnd::kSuspended || status.end == CohortEnd::kFinished);
  if (member && back && (pupil.was_out || end == CohortEnd::kBack)) {
    counts->set_returned(counts->returned() + 1);
  }
}

int64_t CameIn(const v1::CohortCounts& counts) {
  return counts.entrants() + counts.transferred_in() + counts.cohort_in();
}

int64_t AccountedFor(const v1::CohortCounts& counts) {
  int64_t sum = counts.transferred_out() + counts.cohort_out() + counts.deaths() + counts.dropouts() +
                counts.suspended() + counts.graduates() + counts.unexplained();
  for (const v1::GradeCount& now : counts.now()) {
    sum += now.pupils();
  }
  return sum;
}

int64_t NowIn(const v1::CohortCounts& counts, std::string_view grade) {
  const auto found =
      std::find_if(counts.now().begin(), counts.now().end(), [&](const auto& one) { return one.grade() == grade; });
  return found == counts.now().end() ? 0 : found->pupils();
}

}  // namespace ruraledu::dropout_monitoring
