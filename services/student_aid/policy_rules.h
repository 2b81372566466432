// Policy sets: parsing, loading checks and the book of standards in force (digest 2.2-2.4, DR-04, DR-16, DR-20).
//
// A set is a text of protobuf text format in deploy/policies/student_aid. Everything that is a number of policy is in
// those files; this code knows their grammar only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/region_path.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/policy.pb.h"
#include "services/student_aid/poor_area_rules.h"

namespace ruraledu::student_aid {

// Stage codes of digest 7.5 in their order; the position is the bit of a stage mask.
absl::Span<const std::string_view> Stages();
// Position of a stage code, -1 when there is none.
int StageIndex(std::string_view code);
// Year of study inside the stage, from 1: "P3" of PRE is 3, "7" of JUN is 1, "V2" of VOC is 2, "1" of UG is 1.
// 0 when the grade is not one of the stage.
int StudyYear(int stage, std::string_view grade);

// A condition that a row may name. The position in Conditions() is its bit.
struct ConditionInfo {
  std::string_view name;     // "FULL_TIME_FORMAL"
  std::string_view reason;   // RemovedItem.reason when it is not met
  std::string_view english;  // RemovedItem.detail
  std::string_view chinese;
};
absl::Span<const ConditionInfo> Conditions();
// Position of a condition, -1 when there is none.
int ConditionIndex(std::string_view name);

// The terms in which a row holds. Rows without own terms take those of their set.
struct TermSpan {
  Term from;
  std::optional<Term> until;  // last term, closed; nullopt: open

  bool Contains(const Term& term) const { return from <= term && (!until || term <= *until); }
};
// The row's own span cut to that of the set. Texts must have passed CheckPolicySets.
TermSpan SpanOf(const v1::PolicySet& set);
TermSpan SpanOf(const v1::PolicySet& set, const v1::PolicyItem& item);
bool HasMark(const v1::PolicyItem& item, v1::StandardMark mark);

// Parses one file. `digest` is set to the SHA-256 that the caller computed of the text, hex.
// Errors: POLICY_TEXT{name, line, problem}.
absl::StatusOr<v1::PolicySet> ParsePolicySet(std::string_view name, std::string_view text,
                                             std::string_view digest = "");

// Loading checks over all sets together. Findings (accepted): SUPPORT_REDUCED (DR-04), STANDARD_BELOW_NATIONAL (DR-16),
// AMOUNT_OUTSIDE_RANGE (DR-19). Errors, all of them in one INVALID_ARGUMENT:
//   POLICY_GAP            a new version or row begins later than the old one ends, or nothing follows (DR-04)
//   POLICY_OVERLAP        two versions or rows of one code hold in the same term, or one code in two jurisdictions
//   CEILING_ABOVE_NATIONAL  a local loan ceiling above the national one (DR-20)
//   SHARES_NOT_WHOLE      shares are not exactly 10000 basis points (2.10)
//   STAGE_UNKNOWN KIND_UNKNOWN CONDITION_UNKNOWN  names that nothing knows
//   POLICY_ROW            a row that contradicts itself: negative amount, empty range, no stage, no family, an unknown
//                         level of government among the shares or one that stands twice ...
//   TERM_FORMAT
absl::StatusOr<std::vector<v1::PolicyFinding>> CheckPolicySets(absl::Span<const v1::PolicySet> sets);

// The standards of a deployment. Immutable; safe for many threads.
class PolicyBook {
 public:
  // Errors: those of CheckPolicySets; POLICY_ROW when there are more than 64 kinds.
  static absl::StatusOr<PolicyBook> Create(std::vector<v1::PolicySet> sets, TermCalendar calendar,
                                           RegionPath path = RegionPathByDigits, PoorAreas poor_areas = {});

  absl::Span<const v1::PolicySet> sets() const { return sets_; }
  const std::vector<v1::PolicyFinding>& findings() const { return findings_; }
  const TermCalendar& calendar() const { return calendar_; }
  const PoorAreas& poor_areas() const { return poor_areas_; }
  // nullptr when there is none of that name.
  const v1::PolicySet* Find(std::string_view name) const;
  // Sets in force in the term: of the region itself first, then upwards, the national one last; of each jurisdiction
  // the latest version. With `names` those sets instead of the latest ones, in the same order. A set counts before its
  // first term where one of its ceilings does (loans go by school year). May be empty.
  std::vector<const v1::PolicySet*> InForce(std::string_view region, const Term& term,
                                            absl::Span<const std::string> names = {}) const;
  // Family of an item code of any set; UNSPECIFIED when there is no such code.
  v1::BenefitFamily FamilyOf(std::string_view item) const;

  // Kinds of all rank lists; the position is the bit of a kind mask.
  absl::Span<const std::string> kinds() const { return kinds_; }
  // Position of a kind, -1 when no set knows it.
  int KindIndex(std::string_view kind) const;
  // Mask of a list of kinds that passed the checks.
  template <typename Strings>
  uint64_t KindMask(const Strings& kinds) const {
    uint64_t mask = 0;
    for (const auto& kind : kinds) mask |= uint64_t{1} << KindIndex(kind);
    return mask;
  }
  // Kinds with same-term entry and elimination of risk (DR-10, DR-14).
  uint64_t monitored() const { return monitored_; }

 private:
  explicit PolicyBook(TermCalendar calendar) : calendar_(std::move(calendar)) {}

  std::vector<v1::PolicySet> sets_;
  std::vector<v1::PolicyFinding> findings_;
  TermCalendar calendar_;
  RegionPath path_;
  PoorAreas poor_areas_;
  std::vector<std::string> kinds_;
  uint64_t monitored_ = 0;
  absl::flat_hash_map<std::string, v1::BenefitFamily> families_;
};

}  // namespace ruraledu::student_aid
