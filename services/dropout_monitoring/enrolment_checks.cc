#include "services/dropout_monitoring/enrolment_checks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

absl::StatusOr<SchoolYear> ParseYearOf(const TermCalendar& terms, absl::CivilDay today, std::string_view text,
                                       absl::Span<const int> years) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(text));
  const int now = terms.SchoolYearOf(today).start;
  if (std::find(years.begin(), years.end(), year.start - now) == years.end()) {
    std::vector<std::string> allowed;
    for (const int one : years) {
      allowed.push_back(SchoolYear{now + one}.text());
    }
    return Fail("ENROLMENT_YEAR", {{"allowed", absl::StrJoin(allowed, ", ")}});
  }
  return year;
}

absl::StatusOr<registry_v1::School> FindOpenSchool(db::Transaction& tx, const std::string& name, bool must_be_open) {
  ASSIGN_OR_RETURN(auto school, FindSchool(tx, tx.shard(), feed::IdOfName(name)));
  if (!school.has_value() || school->name() != name) {
    return Fail("SCHOOL_UNKNOWN");
  }
  if (must_be_open && school->state() == registry_v1::SCHOOL_STATE_CLOSED) {
    return Fail("SCHOOL_CLOSED", {{"school", name}});
  }
  return *std::move(school);
}

bool Teaches(const registry_v1::School& school, const v1::OfficialAge& level) {
  return std::any_of(school.stages().begin(), school.stages().end(), [&](const std::string& stage) {
    return std::find(level.stages().begin(), level.stages().end(), stage) != level.stages().end();
  });
}

}  // namespace ruraledu::dropout_monitoring
