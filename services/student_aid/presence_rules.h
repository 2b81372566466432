// Whether pupils are where the register says: lists of beds and of classes against the register of a day.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "ruraledu/student_aid/v1/presence.pb.h"

namespace ruraledu::student_aid {

// A pupil on the roll of the school on the day.
struct RegisteredPupil {
  std::string person;
  bool boards = false;
  bool lives_near = false;  // by the rule of the jurisdiction
};

struct PresenceFacts {
  v1::PresenceKind kind = v1::PRESENCE_KIND_UNSPECIFIED;
  int32_t beds = 0;
  std::vector<RegisteredPupil> roll;
  std::set<std::string> aided;  // persons
};

// Pupils that the register says are there: boarders, or everybody.
int32_t RegisteredOf(const PresenceFacts& facts);
// What does not fit, in order of reason and pupil.
std::vector<v1::PresenceFinding> FindingsOf(const PresenceFacts& facts, absl::Span<const v1::PresenceRow> rows);

}  // namespace ruraledu::student_aid
