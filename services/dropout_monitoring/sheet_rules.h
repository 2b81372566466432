// What is known of a class in a session, out of uploads that may come twice, late and in any order.
//
// Of each child the mark that was taken last counts; of marks that were taken at the same moment, the one that saw more
// of the child. A class that was marked as a whole says of everybody on its roster, who has no mark by name, that he
// was present. So what is known is the greatest of all that was said, child by child, and the order does not matter.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"

namespace ruraledu::dropout_monitoring {

struct MarkTaken {
  v1::Mark mark = v1::MARK_UNSPECIFIED;
  int64_t taken_at_us = 0;
  std::string leave_reason;
};
using MarksByPerson = std::map<std::string, MarkTaken>;

// What one upload says.
struct SheetTaken {
  int64_t taken_at_us = 0;
  // Of a class that was marked as a whole: its roster, in order of persons, and the id of that; "" else.
  std::string roster;
  std::vector<std::string> persons;
  MarksByPerson marks;  // by name
};

// All that a sheet says, child by child. `persons` are those of its roster.
MarksByPerson MarksOf(const v1::Sheet& sheet, const std::vector<std::string>& persons);

// Takes what an upload says into a sheet. `persons` are those of the roster that the sheet has.
void TakeSheet(const SheetTaken& taken, const std::vector<std::string>& persons, v1::Sheet* sheet);

}  // namespace ruraledu::dropout_monitoring
