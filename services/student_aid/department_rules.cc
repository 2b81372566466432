#include "services/student_aid/department_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "common/domain/record_state.h"
#include "services/student_aid/facts_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostOthers = 1000;

void CheckRequest(const DepartmentBook& book, const v1::EvaluateAidCapRequest& request, Violations* violations) {
  violations->Require(!request.region_code().empty(), "region_code");
  violations->Require(!request.term().empty(), "term");
  violations->Require(v1::BenefitFamily_IsValid(request.family()) && request.family() != v1::BENEFIT_FAMILY_UNSPECIFIED,
                      "family");
  if (!request.term().empty() && !ParseTerm(request.term()).ok()) {
    violations->Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  CheckAmount(request.amount_fen(), "amount_fen", violations);
  violations->MostElements("others", request.others_size(), kMostOthers);
  for (int i = 0; i < std::min(request.others_size(), kMostOthers); ++i) {
    const v1::CountedAid& other = request.others(i);
    const std::string field = absl::StrCat("others[", i, "]");
    if (!book.KnowsPurpose(other.purpose())) {
      violations->Add(field + ".purpose", "CODE_UNKNOWN", {{"list", "aid_purpose"}});
    }
    CheckAmount(other.amount_fen(), field + ".amount_fen", violations);
    violations->Require(other.has_given_on(), field + ".given_on");
    DayOf(other.given_on(), field + ".given_on", violations);
  }
}

std::string PeriodOf(const DepartmentBook& book, const AidCap& cap, absl::CivilDay day) {
  return cap.period == v1::AID_CAP_PERIOD_SCHOOL_YEAR ? book.calendar().SchoolYearOf(day).text()
                                                      : absl::StrCat(day.year());
}

bool Counts(const AidCap& cap, std::string_view purpose) {
  return cap.purposes.empty() || std::find(cap.purposes.begin(), cap.purposes.end(), purpose) != cap.purposes.end();
}

v1::AidCapUse UseOf(const DepartmentBook& book, const AidCap& cap, absl::CivilDay day,
                    const v1::EvaluateAidCapRequest& request) {
  v1::AidCapUse use;
  use.set_cap(cap.cap);
  use.set_label_zh(cap.label_zh);
  use.set_period(PeriodOf(book, cap, day));
  use.set_limit_fen(cap.limit_fen);
  use.set_mode(cap.mode);
  use.set_source(cap.source);
  for (const v1::CountedAid& other : request.others()) {
    if (Counts(cap, other.purpose()) && PeriodOf(book, cap, *DayOf(other.given_on())) == use.period()) {
      use.set_used_fen(use.used_fen() + other.amount_fen());
    }
  }
  const int64_t room = std::max<int64_t>(0, cap.limit_fen - use.used_fen());
  const bool fits = request.amount_fen() <= room;
  use.set_allowed_fen(fits ? request.amount_fen() : cap.mode == v1::AID_CAP_MODE_CUT ? room : 0);
  return use;
}

}  // namespace

absl::StatusOr<v1::EvaluateAidCapResponse> EvaluateAidCap(const DepartmentBook& book,
                                                          const v1::EvaluateAidCapRequest& request) {
  Violations violations;
  CheckRequest(book, request, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  const absl::CivilDay day = book.calendar().FirstDay(term);
  const std::string purpose = book.PurposeOf(request.family());
  v1::EvaluateAidCapResponse answer;
  answer.set_allowed_fen(request.amount_fen());
  if (purpose.empty()) {
    return answer;
  }
  for (const AidCap* const cap : book.CapsOn(request.region_code(), day)) {
    if (!Counts(*cap, purpose)) {
      continue;
    }
    v1::AidCapUse& use = *answer.add_caps() = UseOf(book, *cap, day, request);
    if (use.allowed_fen() < answer.allowed_fen()) {
      answer.set_allowed_fen(use.allowed_fen());
      answer.set_cap(use.cap());
    }
  }
  return answer;
}

absl::Status CheckAidCap(const v1::EvaluateAidCapRequest& request, const v1::EvaluateAidCapResponse& answer) {
  for (const v1::AidCapUse& use : answer.caps()) {
    if (use.cap() == answer.cap()) {
      return Fail("AID_CAP_EXCEEDED", {{"amount", FormatFen(request.amount_fen())},
                                       {"cap", use.cap()},
                                       {"period", use.period()},
                                       {"limit", FormatFen(use.limit_fen())},
                                       {"used", FormatFen(use.used_fen())}});
    }
  }
  return absl::OkStatus();
}

bool IsLive(v1::ApplicationState state) {
  switch (state) {
    case v1::APPLICATION_STATE_DRAFT:
    case v1::APPLICATION_STATE_REJECTED:
    case v1::APPLICATION_STATE_WITHDRAWN:
    case v1::APPLICATION_STATE_RECOVERED:
    case v1::APPLICATION_STATE_WRITTEN_OFF:
      return false;
    default:
      return true;
  }
}

bool IsOrdered(v1::ApplicationState state) {
  return state == v1::APPLICATION_STATE_ORDERED || state == v1::APPLICATION_STATE_PAID ||
         state == v1::APPLICATION_STATE_RECOVERING;
}

bool WasOrdered(const v1::Application& application) {
  return IsOrdered(application.state());
}

bool IsPromised(const v1::Application& application) {
  switch (application.state()) {
    case v1::APPLICATION_STATE_COUNTY_APPROVED:
    case v1::APPLICATION_STATE_ON_COUNTY_NOTICE:
    case v1::APPLICATION_STATE_APPROVED:
    case v1::APPLICATION_STATE_PAY_FAILED:
      return true;
    default:
      return IsOrdered(application.state()) || (IsLive(application.state()) && application.approvals() > 0);
  }
}

v1::CountedAid CountedOf(const DepartmentBook& departments, const v1::Application& application) {
  v1::CountedAid counted;
  counted.set_purpose(departments.PurposeOf(application.family()));
  const bool out =
      application.state() == v1::APPLICATION_STATE_PAID || application.state() == v1::APPLICATION_STATE_RECOVERING;
  counted.set_amount_fen(out ? application.paid_fen() : application.amount_fen());
  *counted.mutable_given_on() = DateOf(departments.calendar().FirstDay(*ParseTerm(application.term())));
  return counted;
}

absl::Status StepList(std::string_view event, v1::DepartmentAidList* list) {
  return MoveState(kDepartmentAidListStates, event, list);
}

}  // namespace ruraledu::student_aid
