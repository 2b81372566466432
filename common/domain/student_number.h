// National student number (digest 7.2), 19 characters:
//   G  formal, has an ID:  G + citizen ID; the check character must be right
//   J  formal, no ID:      J + 6 region of the school + 8 birth date + 3 sequence + 1 check; must be right
//   L  temporary:          L + 6 region of the school + 8 birth date + 4 random; the check is not tested
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/domain/citizen_id.h"

namespace ruraledu {

struct StudentNumberCheck {
  // "" when good, else the first of STUDENT_NUMBER_FORMAT (length, prefix, characters), STUDENT_NUMBER_REGION,
  // STUDENT_NUMBER_DATE, STUDENT_NUMBER_CHECK.
  std::string_view error;
  // STUDENT_NUMBER_NORMALIZED; STUDENT_NUMBER_BODY_MISMATCH when the body of a G number is not `citizen_id` (the ID was
  // changed after the number was given).
  std::vector<std::string_view> warnings;
  std::string number;  // normalised
  char kind = 0;       // 'G', 'J' or 'L'; this and below only for a good number
  absl::CivilDay birth_date;

  bool ok() const { return error.empty(); }
};

// `citizen_id` is the normalised ID of the record, "" when it has none.
StudentNumberCheck CheckStudentNumber(std::string_view text, std::string_view citizen_id,
                                      const ProvincePrefixes& provinces, absl::CivilDay today);

}  // namespace ruraledu
