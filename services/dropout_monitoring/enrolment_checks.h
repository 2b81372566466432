// What the handlers of the enrolment drive and of leavers check of a request. For *_handlers.cc only.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "common/db/db.h"
#include "common/domain/school_year.h"
#include "ruraledu/dropout_monitoring/v1/rate.pb.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::dropout_monitoring {

// School years that a request may name, from that of today.
inline constexpr int kDriveYears[] = {0, 1};    // lists are made before the year begins
inline constexpr int kLeaverYears[] = {-1, 0};  // ledgers are closed after it ended
// SCHOOL_YEAR_FORMAT, ENROLMENT_YEAR.
absl::StatusOr<SchoolYear> ParseYearOf(const TermCalendar& terms, absl::CivilDay today, std::string_view text,
                                       absl::Span<const int> years);

// For rpc::Write: the answer of a batch whose outcomes were joined by blanks.
template <typename Response>
absl::StatusOr<Response> OutcomesOf(db::Transaction&, const std::string& text) {
  Response answer;
  for (const std::string_view outcome : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    answer.add_outcomes(std::string(outcome));
  }
  return answer;
}

// A school of the county of the write, by resource name: SCHOOL_UNKNOWN, SCHOOL_CLOSED.
absl::StatusOr<ruraledu::registry::v1::School> FindOpenSchool(db::Transaction& tx, const std::string& name,
                                                              bool must_be_open);

// Whether the school teaches a stage of the level.
bool Teaches(const ruraledu::registry::v1::School& school, const v1::OfficialAge& level);

}  // namespace ruraledu::dropout_monitoring
