// What problems with codes a county had and what became of each (anchor table A1 row 31): restrictions, findings,
// payments, imports, comparisons, the mirror of the national system. One place says when a thing is done and how.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/comparison.pb.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"

namespace ruraledu::student_aid {

enum class ProblemSource { kRestriction, kPresence, kPayment, kLeftOut, kImport, kComparison, kMirror };
std::string ProblemSourceLabel(ProblemSource source);

// One thing that was wrong.
struct Problem {
  ProblemSource source;
  std::string code;
  std::string done;  // what was done; "": open
};

Problem ProblemOf(const v1::Restriction& restriction, absl::CivilDay today);
// `state`: of the application today. An order that ended without being paid.
Problem ProblemOf(const v1::PaymentOrder& order, v1::ApplicationState state);
// An application that a batch left out.
Problem LeftOutProblem(const std::string& reason, v1::ApplicationState state);
// Aid that another system gave and that was refused: what was recorded first stands.
Problem ProblemOf(const v1::AidRecord& refused);
// A row of a comparison that stands on a list; nothing when it does not. `state`: of the application, nothing: none.
std::optional<Problem> ProblemOf(const v1::ComparisonRow& row, std::optional<v1::ApplicationState> state);
Problem ProblemOf(const v1::MirrorEntry& difference);

// How many there were per source and code, and what was done.
struct ProblemCount {
  int64_t found = 0, open = 0;
  std::map<std::string, int64_t> done;  // by what was done

  // "已解除 3，单项放行 1"
  std::string DoneText() const;
};
using ProblemCounts = std::map<std::pair<ProblemSource, std::string>, ProblemCount>;
void Count(const Problem& problem, ProblemCounts* counts);

}  // namespace ruraledu::student_aid
