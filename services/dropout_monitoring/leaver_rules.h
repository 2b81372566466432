// Where leavers went (NX-1f, SP-4.4.2): who is one, what counts as known and as promoted, whom to call, the ledger of a
// school. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/leaver.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {

// What a deployment knows of leavers.
struct LeaverBook {
  RegionalBook<v1::LeaverPolicy> policies;
  CodeList destinations;  // with the columns `grades`, `known`, `promoted`, `vocational`, `proof`, `place`, `stage`
  CodeList proofs;        // with the column `by_hand`
  CodeList calls;
};
// leaver_policies.csv. DATA_FILE: no grade, a month and day that are none, and what RegionalBook refuses.
absl::StatusOr<RegionalBook<v1::LeaverPolicy>> ParseLeaverPolicies(std::string_view text, const RegionPath& path);

// One school year that ends.
struct LeaverYear {
  SchoolYear year;
  absl::CivilDay census;  // of its spring
  absl::CivilDay begins;  // the next one
  absl::CivilDay call_by, due_on;
};
LeaverYear LeaverYearOf(const TermCalendar& terms, const v1::LeaverPolicy& policy, const SchoolYear& year);

// Whether the pupil leaves the grade: it was in it until then, and neither died nor is another record.
const ruraledu::registry::v1::Enrolment* LeavingSpan(const LeaverYear& year, std::string_view grade,
                                                     const ruraledu::registry::v1::Student& student);
// What the registry says by itself: a span of a later stage, or of the same grade again; nullopt: nothing.
struct RegistryPlace {
  std::string code, school;
  absl::CivilDay since;
};
std::optional<RegistryPlace> PlaceInRegistry(const LeaverBook& book, const LeaverYear& year, std::string_view grade,
                                             const ruraledu::registry::v1::Student& student);

// --- One leaver -----------------------------------------------------------------------------------------------------
// Checks a row and takes it as the next version: whether it says anything new. CODE_UNKNOWN (also: not of the grade),
// VALUE_REQUIRED (place), LEAVER_PROOF, LEAVER_CLOSED, DATE_AHEAD, STATE_TRANSITION (no leaver any more).
struct LeaverClaim {
  std::string code, place, proof_kind, proof, correction_reason;
  absl::CivilDay known_on;
};
absl::StatusOr<bool> TakeDestination(const LeaverBook& book, const LeaverClaim& claim, const std::string& person,
                                     absl::CivilDay today, v1::Leaver* leaver);
// Takes what the registry proves, unless the ledger is closed; whether that is new.
bool TakeFromRegistry(const RegistryPlace& place, const std::string& actor, absl::CivilDay today, v1::Leaver* leaver);
// State, promotion, and the next call out of what is known. One that is gone stays so.
void SetLeaver(const LeaverBook& book, const v1::LeaverPolicy& policy, const LeaverYear& year, v1::Leaver* leaver);

// --- The ledger of a school -----------------------------------------------------------------------------------------
// Leavers alike.
struct LeaverGroup {
  std::string grade, school, area, state, destination;  // school: id
  bool promoted = false;
  int64_t leavers = 0;
};
// By grade, in order.
std::vector<v1::LeaverFigures> FiguresOf(const LeaverBook& book, absl::Span<const LeaverGroup> groups);
v1::LeaverRates RatesOf(const v1::LeaverFigures& figures);

// STATE_TRANSITION; ROLE_HELD (who drew it up, or signed it before).
absl::Status SignLeaverLedger(const std::string& person, absl::CivilDay on, v1::LeaverLedger* ledger);
absl::Status CloseLeaverLedger(const std::string& person, absl::CivilDay on, v1::LeaverLedger* ledger);

}  // namespace ruraledu::dropout_monitoring
