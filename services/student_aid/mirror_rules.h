// The mirror of the national aid system without where things are read: cells of a row, what differs, which value was
// paid, how a difference is worked off (digest 2.7 to 2.10, 7.6).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/domain/report_cells.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "services/student_aid/mirror_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kMirrorExportRows[] = {
    {"RUNNING", "freeze", "FROZEN"},   {"RUNNING", "replace", "REPLACED"}, {"FROZEN", "answer", "ANSWERED"},
    {"FROZEN", "replace", "REPLACED"}, {"ANSWERED", "answer", "ANSWERED"}, {"ANSWERED", "replace", "REPLACED"},
};
inline constexpr StateMachine kMirrorExportStates("mirror_export", "RUNNING", kMirrorExportRows);
static_assert(kMirrorExportStates.AllReachable() && kMirrorExportStates.Unambiguous());

// STATE_TRANSITION.
absl::Status StepExport(std::string_view event, v1::MirrorExport* exported);

// What is known of a pupil and one item.
struct MirrorFacts {
  int64_t row = 0;
  std::string name, id_type, id_number, student_number, sex, ethnic_group;
  std::optional<absl::CivilDay> birth_date;
  std::string school_code, school_name, stage, grade, study_mode;
  std::string term, project, item, item_label;
  int level = 0;
  int64_t amount_fen = 0, paid_fen = 0;
  std::optional<absl::CivilDay> paid_on;
  std::string card_number, card_holder, reference;
};

// Whether columns may show it.
bool IsMirrorFact(std::string_view fact);
bool IsMirrorFormat(std::string_view format);
// The cells of a row, one per column; empty for what is not known.
std::vector<reports_v1::ReportCell> CellsOf(const MirrorBook& book, const v1::MirrorLayout& layout,
                                            const MirrorFacts& facts);

// "RURALEDU-411728-20231-COMPULSORY-1".
inline constexpr std::string_view kMirrorReference = "RURALEDU-";
std::string MirrorReference(std::string_view county, std::string_view term, std::string_view layout, int32_t number);

// What the lines of a feedback say of one pupil and project.
struct MirrorTheirs {
  int32_t lines = 0;  // 0: nothing
  int64_t line = 0;   // the first one
  int64_t fen = 0;    // their sum
  int32_t level = 0;  // of the first one; 0: none, or the file has no such column
};
// Puts what the national system says beside what was reported. A difference that was worked off stays so while both
// sides stay as they were.
void HoldAgainst(const MirrorTheirs& theirs, const Act& act, v1::MirrorEntry* entry);

// Works a difference off: STATE_TRANSITION unless it is open, FIELD_REQUIRED of the reason.
absl::Status ResolveEntry(const Act& act, v1::MirrorResolution resolution, v1::MirrorEntry* entry);

}  // namespace ruraledu::student_aid
