// Approvals by which a child may stay away for a time (digest 3.1): who grants them, for how long, and what became of
// the child when they ended. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// A row of approval_kinds.csv.
struct ApprovalTerm {
  v1::ApprovalKind kind = v1::APPROVAL_KIND_UNSPECIFIED;
  bool by_county = false;  // else by the township or the county
  int most_months = 0;
  int ahead_days = 0;                 // that it may begin after it is proposed
  int grace_days = 0;                 // after the last day, until the child is looked for
  std::vector<std::string> evidence;  // codes of case_evidence
};

// Immutable.
class ApprovalBook {
 public:
  // DATA_FILE: a kind that is unknown, stands twice or is missing, a level or a number that is none, a row without a
  // source.
  static absl::StatusOr<ApprovalBook> Parse(std::string_view text);
  const ApprovalTerm& Of(v1::ApprovalKind kind) const;

 private:
  std::vector<ApprovalTerm> terms_;  // in order of kind
};

// The area whose authority decides about a child of `area`.
std::string_view DecidedIn(const ApprovalTerm& term, std::string_view area);

// A fresh proposal; `approval` has child, dates and evidence. APPROVAL_SPAN: ends before it begins, lasts longer than
// the kind allows or begins too late; CASE_EVIDENCE.
absl::Status ProposeApproval(const ApprovalTerm& term, const CaseAct& act, v1::AbsenceApproval* approval);
// STATE_TRANSITION, ROLE_HELD (who proposed it). The act's reason is that of a refusal.
absl::Status DecideApproval(const ApprovalTerm& term, const CaseAct& act, bool approve, const std::string& paper,
                            v1::AbsenceApproval* approval);
// STATE_TRANSITION. What was granted is looked at when the days of grace from today are over, or on its own day.
absl::Status WithdrawApproval(const ApprovalTerm& term, const CaseAct& act, v1::AbsenceApproval* approval);

// What the registers and the other approvals say of a child whose approval is over.
struct ApprovalEnd {
  std::string followed_by;  // what holds today, ""
  bool left = false;        // died, moved, finished
  bool back = false;        // attends
};
// FOLLOWED, LEFT, BACK, else NOT_BACK. STATE_TRANSITION: it was not in force.
absl::Status EndApproval(absl::CivilDay on, const ApprovalEnd& end, v1::AbsenceApproval* approval);

// Whether a student with this status is back: attends, and not by being taught at home.
bool IsBack(const CodeList& statuses, std::string_view status);
// Whether the register has no such student any more.
bool OffTheRegister(const CodeList& statuses, std::string_view status);
// What an approval explains: that the child is in no register. Who is on a roll is told by its status, not by a paper.
void TakeOutApproved(std::vector<v1::ComparisonKind>* kinds);

}  // namespace ruraledu::dropout_monitoring
