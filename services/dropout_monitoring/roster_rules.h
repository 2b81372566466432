// Whether a child is marked with its class, by its status (3.1): data, column `marking` of the code list
// student_status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"

namespace ruraledu::dropout_monitoring {

enum class Marking {
  kRoster,  // expected: present unless the class says otherwise
  kByName,  // on the roll and away: only what is said of it by name counts, or nobody would see that it is still away
  kNone,    // not expected: suspended, taught at home, gone
};
// The status holds from `status_from` on ("" always); what was before is taken as attending.
Marking MarkingOf(const CodeList& statuses, std::string_view status, std::string_view status_from, absl::CivilDay day);

// Sheets of one request that say two things of one child in one session at one moment, by their positions. `sessions`:
// what each sheet is about, as bits.
std::vector<bool> Contradictions(absl::Span<const v1::AttendanceSheet* const> sheets,
                                 absl::Span<const uint8_t> sessions);

}  // namespace ruraledu::dropout_monitoring
