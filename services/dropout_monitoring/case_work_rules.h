// How the work on cases goes: how many, how fast, by how many people (办案质效). Days are calendar days.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "services/dropout_monitoring/case_policy_rules.h"

namespace ruraledu::dropout_monitoring {

struct CaseWork {
  int64_t opened = 0;                // found within the days
  int64_t closed = 0;                // closed within the days
  int64_t returned = 0;              // of those, as returned
  int64_t open = 0;                  // at the end of the last day
  int64_t late = 0;                  // of the open ones, by today: the next action is past its last day
  int64_t relapses = 0;              // of cases that were open within the days
  int64_t contacts = 0, visits = 0;  // made within the days
  std::set<std::string> officers;    // of the open ones
  std::vector<int> days_to_find;     // of the opened ones: from the last day at school
  std::vector<int> days_to_close;    // of the closed ones: from the day on which it was found
};

// Both included.
struct WorkedDays {
  absl::CivilDay from, to;
  bool Contains(absl::CivilDay day) const { return from <= day && day <= to; }
};
void AddCaseWork(const CaseCodes& codes, const v1::Case& file, const WorkedDays& days, absl::CivilDay today,
                 CaseWork* work);
void AddCaseWork(const CaseWork& other, CaseWork* work);

// The middle one, of an even number the lower one of the two; nullopt of none.
std::optional<int> MedianOf(std::vector<int> days);

}  // namespace ruraledu::dropout_monitoring
