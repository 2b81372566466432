// Slips to other departments (移送函; digest 3.3 部门清, 3.5 art. 14, DR-54): whom a matter goes to, by when, and the
// reminders. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/calendar.h"
#include "common/domain/code_list.h"
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// A row of slip_matters.csv.
struct SlipMatter {
  std::string matter, department, label_zh;
  bool mandatory = false;
  int report_days = 0;  // calendar days from the day on which it is known
  int answer_days = 0;  // calendar days for the answer (DR-06)
};

// What a deployment knows of slips. Immutable.
class SlipBook {
 public:
  // DATA_FILE: a department that the list does not have, a number that is none, a matter that stands twice, a row
  // without a source, no row.
  static absl::StatusOr<SlipBook> Parse(std::string_view matters, CodeList departments, CodeList results);

  // Null: there is none.
  const SlipMatter* Find(std::string_view matter) const;
  const CodeList& departments() const { return departments_; }
  const CodeList& results() const { return results_; }

 private:
  SlipBook(CodeList departments, CodeList results)
      : departments_(std::move(departments)), results_(std::move(results)) {}

  std::vector<SlipMatter> matters_;
  CodeList departments_, results_;
};

// Sends it on the day of the act: department, last day, first reminder. The slip says what it is about.
// CALENDAR_MISSING.
absl::Status SendSlip(const SlipMatter& matter, const v1::CasePolicy& policy, const WorkCalendar& calendar,
                      const CaseAct& act, absl::CivilDay known_on, v1::DepartmentSlip* slip);
// STATE_TRANSITION; RETURN_DATE (before the slip, or in the future).
absl::Status AnswerSlip(const CaseAct& act, const std::string& result, const std::string& answer, absl::CivilDay on,
                        v1::DepartmentSlip* slip);
absl::Status WithdrawSlip(const CaseAct& act, v1::DepartmentSlip* slip);
// What the paper of a slip says of the child.
struct SlipChild {
  std::string display_name, school, address;
  google::type::Date birth_date;
};
// The values of the paper (documents/department_slip*.txt).
std::map<std::string, std::string> SlipValues(const SlipBook& book, const v1::DepartmentSlip& slip,
                                              const SlipChild& child, const std::string& authority);
// Issues every reminder that is due up to `on`, each once; how many.
int RemindSlip(const v1::CasePolicy& policy, absl::CivilDay on, v1::DepartmentSlip* slip);

}  // namespace ruraledu::dropout_monitoring
