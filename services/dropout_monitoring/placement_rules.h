// Placement of disabled children (digest 3.1, 3.7, DR-32): kinds and policies, steps of two persons, findings, rates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/domain/rate.h"
#include "common/domain/school_year.h"
#include "common/domain/state_machine.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

inline constexpr Transition kPlacementRows[] = {{"PROPOSED", "approve", "APPROVED"}, {"PROPOSED", "refuse", "REFUSED"}};
inline constexpr StateMachine kPlacementStates("placement", "PROPOSED", kPlacementRows);
static_assert(kPlacementStates.AllReachable() && kPlacementStates.Unambiguous());

struct PlacementBook {
  RegionalBook<v1::PlacementPolicy> policies;
  std::vector<v1::PlacementKind> kinds;  // in order of the file
  CodeList disabilities;                 // disability_kind, with the column `three_kinds`
  CodeList recommendations;              // committee_recommendation, with the columns `tasks` and `kind`

  const v1::PlacementKind* Kind(std::string_view code) const;  // null: unknown
};
// Text of placement_policies.csv, the lists placement_kind and disability_kind. DATA_FILE.
absl::StatusOr<PlacementBook> ParsePlacementBook(const std::string& policies, const CodeList& kinds,
                                                 CodeList disabilities, RegionPath path = RegionPathByDigits);

// Who acts, and when.
struct PlacementAct {
  std::string person;
  absl::CivilDay on;
};
// PROPOSAL_OPEN, SPAN_ORDER, PLACEMENT_SPAN (longer than the kind allows, or open-ended), PLACEMENT_PLAN,
// CASE_EVIDENCE. The kind is known.
absl::Status ProposePlacement(const PlacementBook& book, const PlacementAct& act, const v1::Placement& asked,
                              v1::DisabledChild* child);
// PROPOSAL_NONE, ROLE_HELD (who proposed), FIELD_REQUIRED (a refusal without a reason), PLACEMENT_OPINION (the newest
// opinion of the committee is not the one that the kind needs).
absl::Status DecidePlacement(const PlacementBook& book, const PlacementAct& act, bool approve,
                             const std::string& reason, v1::DisabledChild* child);
// PLACEMENT_OPINION: `kind` needs an opinion of the committee, and the newest one of the child up to the day is another
// one or is missing (`child` null: nothing is known of it). A code that is no placement needs any opinion.
absl::Status CheckOpinionFor(const PlacementBook& book, std::string_view kind, const v1::DisabledChild* child,
                             absl::CivilDay on);
// The approved placement that began last by a day, whether it is over or not; null: none.
const v1::Placement* LastBegun(const v1::DisabledChild& child, absl::CivilDay on);
// Of school age in the school year of the day, and not gone.
bool OfSchoolAge(const v1::PlacementPolicy& policy, const TermCalendar& terms, const v1::DisabledChild& child,
                 absl::CivilDay on);
// The approved placement that holds on a day; null: none. The one that began last counts; when its time is over the
// ones before it do not come back.
const v1::Placement* PlacementInForce(const v1::DisabledChild& child, absl::CivilDay on);

// What an evaluation needs beside the child.
struct HomeTeaching {
  std::vector<std::pair<absl::CivilDay, int>> lessons;           // day and lessons, in any order
  std::vector<std::pair<absl::CivilDay, absl::CivilDay>> spans;  // of teaching in the school year, ends included
};
// Findings, lessons held and due. A child that is gone or not of school age has no findings.
v1::EvaluatePlacementResponse EvaluatePlacement(const PlacementBook& book, const v1::PlacementPolicy& policy,
                                                const TermCalendar& terms, const v1::DisabledChild& child,
                                                const HomeTeaching& home, absl::CivilDay on);
// The method. FIELD_REQUIRED, REGION_CODE, DATE_INVALID, FIELD_TOO_MANY, REGION_POLICY_MISSING.
absl::StatusOr<v1::EvaluatePlacementResponse> EvaluatePlacement(const PlacementBook& book, const TermCalendar& terms,
                                                                const v1::EvaluatePlacementRequest& request);
// "未安置" of NO_PLACEMENT; "" of an unknown code.
std::string PlacementFindingLabel(std::string_view code);
// Findings as they are to be stored: one that was there before keeps its day.
void PutFindings(const v1::EvaluatePlacementResponse& evaluation, v1::DisabledChild* child);

// The three rates of children on a day: three formulas over one denominator, children of school age who are not gone.
v1::PlacementRates RatesOf(const PlacementBook& book, const v1::PlacementPolicy& policy, const TermCalendar& terms,
                           absl::Span<const v1::DisabledChild> children, absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
