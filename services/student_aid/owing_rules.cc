#include "services/student_aid/owing_rules.h"

#include <algorithm>
#include <vector>

#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

// Worked out in its turn.
bool IsOpen(const OwedFacts& facts, const v1::Application& application) {
  return application.person() == facts.person && application.term() == facts.term &&
         facts.items.contains(application.item()) && !WasOrdered(application);
}

bool Takes(const v1::Application* before) {
  return before == nullptr || IsLive(before->state()) || before->state() == v1::APPLICATION_STATE_DRAFT ||
         (before->state() == v1::APPLICATION_STATE_WITHDRAWN && before->amount_fen() == 0);
}

v1::EvaluateAidCapRequest Asking(const DepartmentBook& departments, const OwedFacts& facts, const OwedItem& item,
                                 const std::vector<v1::CountedAid>& earlier) {
  v1::EvaluateAidCapRequest ask;
  ask.set_region_code(facts.region);
  ask.set_term(facts.term);
  ask.set_family(item.family);
  ask.set_amount_fen(item.granted_fen);
  ask.mutable_others()->Assign(facts.others.begin(), facts.others.end());
  for (const v1::Application& own : facts.own) {
    if (IsLive(own.state()) && !IsOpen(facts, own) && !departments.PurposeOf(own.family()).empty()) {
      *ask.add_others() = CountedOf(departments, own);
    }
  }
  for (const v1::CountedAid& counted : earlier) {
    *ask.add_others() = counted;
  }
  return ask;
}

}  // namespace

std::string CapOf(const v1::Application& application) {
  return application.assessments().empty() ? "" : application.assessments().rbegin()->cap();
}

absl::StatusOr<std::map<std::string, Owing>> WorkOutOwed(const DepartmentBook& departments, const OwedFacts& facts) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(facts.term));
  const absl::CivilDay day = departments.calendar().FirstDay(term);
  const bool capped = !departments.CapsOn(facts.region, day).empty();
  std::map<std::string, Owing> owed;
  std::vector<v1::CountedAid> earlier;
  for (const auto& [code, item] : facts.items) {
    Owing& owing = owed[code];
    owing.fen = item.granted_fen;
    if (item.before != nullptr && WasOrdered(*item.before)) {
      owing.cap = CapOf(*item.before);
      owing.fen = owing.cap.empty() ? owing.fen : std::min(owing.fen, item.before->amount_fen());
      continue;  // counts among what is there
    }
    if (!capped || owing.fen == 0) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto answer, EvaluateAidCap(departments, Asking(departments, facts, item, earlier)));
    owing = {answer.allowed_fen(), answer.cap()};
    if (owing.fen > 0 && Takes(item.before) && !answer.caps().empty()) {
      v1::CountedAid& counted = earlier.emplace_back();
      counted.set_purpose(departments.PurposeOf(item.family));
      counted.set_amount_fen(owing.fen);
      *counted.mutable_given_on() = DateOf(day);
    }
  }
  return owed;
}

}  // namespace ruraledu::student_aid
