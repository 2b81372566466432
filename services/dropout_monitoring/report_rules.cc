#include "services/dropout_monitoring/report_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr Transition kReportRows[] = {{"PREPARED", "sign", "SIGNED"}, {"SIGNED", "replace", "REPLACED"}};
constexpr StateMachine kReportStates("zero_report", "PREPARED", kReportRows);
static_assert(kReportStates.AllReachable() && kReportStates.Unambiguous());

absl::Status Figure(std::string_view field, std::string_view problem) {
  return Fail("REPORT_FIGURES", {{"field", field}, {"problem", problem}});
}

// All counts of a report, by the fields of its message.
template <typename Each>
void EachFigure(const google::protobuf::Message& figures, Each each) {
  const auto* type = figures.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    each(type->field(i), figures.GetReflection()->GetInt32(figures, type->field(i)));
  }
}

void Add(const google::protobuf::Message& from, google::protobuf::Message* to) {
  EachFigure(from, [&](const google::protobuf::FieldDescriptor* field, int32_t count) {
    to->GetReflection()->SetInt32(to, field, to->GetReflection()->GetInt32(*to, field) + count);
  });
}

absl::CivilDay LastDayOf(absl::CivilMonth month) {
  return absl::CivilDay(month + 1) - 1;
}

void Count(const ChildOn& child, v1::ClearanceColumn* column) {
  column->set_dropouts(column->dropouts() + (Unresolved(child.state) ? 1 : 0));
  const bool suspected = child.state == v1::CASE_STATE_SUSPECTED || child.state == v1::CASE_STATE_VERIFYING;
  column->set_suspected(column->suspected() + (suspected ? 1 : 0));
  column->set_on_trial(column->on_trial() + (child.state == v1::CASE_STATE_RETURNED_TRIAL ? 1 : 0));
}

bool AnyOf(const ChildOn& child, char group) {  // P1-P3, M1-M3
  return std::any_of(child.kinds.begin(), child.kinds.end(), [&](const std::string& kind) {
    return kind.size() == 2 && kind[0] == group && kind[1] >= '1' && kind[1] <= '3';
  });
}

}  // namespace

std::string MonthText(absl::CivilMonth month) {
  return absl::StrFormat("%04d-%02d", month.year(), month.month());
}

std::string MonthOf(absl::CivilDay day) {
  return MonthText(absl::CivilMonth(day));
}

absl::StatusOr<absl::CivilMonth> ParseMonth(std::string_view text) {
  absl::CivilDay first;
  return ParseDay(absl::StrCat(text, "-01"), &first) ? absl::StatusOr<absl::CivilMonth>(absl::CivilMonth(first))
                                                     : Fail("MONTH_FORMAT", {{"month", text}});
}

absl::CivilDay ReportDue(absl::CivilMonth month, int report_day) {
  return absl::CivilDay(month) + (report_day - 1);
}

absl::Status CheckFigures(const v1::ZeroFigures& figures, bool zero) {
  absl::Status status;
  EachFigure(figures, [&](const google::protobuf::FieldDescriptor* field, int32_t count) {
    if (count < 0 && status.ok()) {
      status = Figure(field->name(), "below 0");
    }
  });
  RETURN_IF_ERROR(status);
  if (figures.suspected_new() > figures.suspected_total()) {
    return Figure("suspected_new", "above suspected_total");
  }
  if (figures.dropped_new() > figures.dropped_total()) {
    return Figure("dropped_new", "above dropped_total");
  }
  const int64_t accounted =
      int64_t{figures.present()} + figures.on_leave() + figures.suspended() + figures.home_taught();
  if (accounted > figures.registered()) {
    return Figure("registered", "below present, on_leave, suspended and home_taught together");
  }
  const bool nobody = figures.suspected_total() == 0 && figures.dropped_total() == 0;
  return zero == nobody ? absl::OkStatus() : Fail("ZERO_NOT_STATED");
}

bool OwesReport(const ruraledu::registry::v1::School& school, absl::CivilMonth month) {
  const bool compulsory = std::any_of(school.stages().begin(), school.stages().end(), [](const std::string& stage) {
    return stage == "PRI" || stage == "JUN" || stage == "SPE";
  });
  const auto opened = DayOf(school.opened_on());
  const auto closed = DayOf(school.closed_on());
  const bool gone = school.state() == ruraledu::registry::v1::SCHOOL_STATE_CLOSED &&
                    (!closed.has_value() || *closed < absl::CivilDay(month));
  return compulsory && !gone && (!opened.has_value() || *opened <= LastDayOf(month));
}

namespace {

template <typename Report>
absl::Status SignReport(const std::string& person, absl::CivilDay on, Report* report) {
  RETURN_IF_ERROR(kReportStates.Next(EnumText(report->state()), "sign").status());
  if (report->prepared_by() == person) {
    return Fail("ROLE_HELD", {{"held", "PREPARER"}, {"wanted", "PRINCIPAL"}});
  }
  report->set_state(v1::ZERO_REPORT_STATE_SIGNED);
  report->set_signed_by(person);
  *report->mutable_signed_on() = DateOf(on);
  report->set_late(on > *DayOf(report->due_on()));
  return absl::OkStatus();
}

template <typename Sum, typename Report>
Sum SumOf(absl::CivilMonth month, absl::CivilDay due, absl::CivilDay today,
          absl::Span<const ruraledu::registry::v1::School> schools, absl::Span<const Report> in_force) {
  Sum sum;
  sum.set_month(MonthText(month));
  *sum.mutable_due_on() = DateOf(due);
  sum.set_overdue(today > due);
  std::vector<std::string> reported;
  for (const Report& report : in_force) {
    Add(report.figures(), sum.mutable_figures());
    sum.set_late(sum.late() + (report.late() ? 1 : 0));
    reported.push_back(report.school());
  }
  sum.set_reported(static_cast<int32_t>(reported.size()));
  std::sort(reported.begin(), reported.end());
  for (const auto& school : schools) {
    const bool has = std::binary_search(reported.begin(), reported.end(), school.name());
    const bool owes = OwesReport(school, month);
    sum.set_schools(sum.schools() + (owes || has ? 1 : 0));
    if (owes && !has) {
      sum.add_missing(school.name());
    }
  }
  std::sort(sum.mutable_missing()->begin(), sum.mutable_missing()->end());
  return sum;
}

}  // namespace

absl::Status Sign(const std::string& person, absl::CivilDay on, v1::ZeroReport* report) {
  return SignReport(person, on, report);
}

absl::Status Sign(const std::string& person, absl::CivilDay on, v1::RegisterCheck* check) {
  return SignReport(person, on, check);
}

v1::MonthRollUp RollUp(absl::CivilMonth month, absl::CivilDay due, absl::CivilDay today,
                       absl::Span<const ruraledu::registry::v1::School> schools,
                       absl::Span<const v1::ZeroReport> in_force) {
  return SumOf<v1::MonthRollUp>(month, due, today, schools, in_force);
}

v1::RegisterRollUp RollUp(absl::CivilMonth month, absl::CivilDay due, absl::CivilDay today,
                          absl::Span<const ruraledu::registry::v1::School> schools,
                          absl::Span<const v1::RegisterCheck> in_force) {
  return SumOf<v1::RegisterRollUp>(month, due, today, schools, in_force);
}

v1::CaseState StateOn(const v1::Case& file, absl::CivilDay on) {
  v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;
  for (const v1::CaseStep& step : file.steps()) {
    if (*DayOf(step.on()) > on) {
      break;
    }
    state = EnumOf<v1::CaseState>(step.to()).value_or(state);
  }
  return state;
}

v1::Clearance Clear(absl::CivilDay on, absl::Span<const ChildOn> children, int missing_reports) {
  v1::Clearance clearance;
  *clearance.mutable_on() = DateOf(on);
  clearance.set_missing_reports(missing_reports);
  for (const ChildOn& child : children) {
    Count(child, clearance.mutable_total());
    if (AnyOf(child, 'P')) {
      Count(child, clearance.mutable_out_of_poverty());
    }
    if (AnyOf(child, 'M')) {
      Count(child, clearance.mutable_monitored());
    }
  }
  for (v1::ClearanceColumn* column :
       {clearance.mutable_total(), clearance.mutable_out_of_poverty(), clearance.mutable_monitored()}) {
    column->set_cleared(column->dropouts() == 0 && missing_reports == 0);
  }
  return clearance;
}

std::vector<absl::CivilMonth> MonthsDue(absl::CivilDay on, int report_day, const TermCalendar& terms) {
  const Term autumn{terms.SchoolYearOf(on), Season::kAutumn};
  std::vector<absl::CivilMonth> months;
  for (absl::CivilMonth month(terms.FirstDay(autumn)); ReportDue(month, report_day) < on; ++month) {
    months.push_back(month);
  }
  return months;
}

absl::StatusOr<ReviewSpan> SpanOf(v1::ReviewKind kind, const std::string& period, const TermCalendar& terms) {
  const auto wrong = [&](std::string_view form) {
    return Fail("REVIEW_PERIOD", {{"period", period}, {"kind", EnumText(kind)}, {"form", form}});
  };
  switch (kind) {
    case v1::REVIEW_KIND_QUARTER: {
      int year = 0, quarter = 0;
      const bool shaped = period.size() == 7 && period.substr(4, 2) == "-Q" &&
                          absl::SimpleAtoi(period.substr(0, 4), &year) && absl::SimpleAtoi(period.substr(6), &quarter);
      if (!shaped || year < 1900 || quarter < 1 || quarter > 4) {
        return wrong("2026-Q3");
      }
      const absl::CivilMonth first(year, quarter * 3 - 2);
      return ReviewSpan{first, first + 2, LastDayOf(first + 2)};
    }
    case v1::REVIEW_KIND_TERM: {
      const auto term = ParseTerm(period);
      if (!term.ok()) {
        return wrong("2026-2027-1");
      }
      const absl::CivilDay last = terms.LastDay(*term);
      return ReviewSpan{absl::CivilMonth(terms.FirstDay(*term)), absl::CivilMonth(last), last};
    }
    case v1::REVIEW_KIND_YEAR: {
      const auto year = ParseSchoolYear(period);
      if (!year.ok()) {
        return wrong("2026-2027");
      }
      const absl::CivilDay first = terms.FirstDay({*year, Season::kAutumn});
      const absl::CivilDay last = terms.LastDay({*year, Season::kSpring});
      return ReviewSpan{absl::CivilMonth(first), absl::CivilMonth(last), last};
    }
    default:
      return wrong("a kind");
  }
}

std::vector<std::string> PeriodsOver(v1::ReviewKind kind, absl::CivilDay on, const TermCalendar& terms) {
  const absl::CivilDay year_ago(on.year() - 1, on.month(), on.day());
  std::vector<std::string> candidates;
  for (int year = static_cast<int>(on.year()) - 2; year <= on.year(); ++year) {
    if (kind == v1::REVIEW_KIND_QUARTER) {
      for (int quarter = 1; quarter <= 4; ++quarter) {
        candidates.push_back(absl::StrCat(year, "-Q", quarter));
      }
    } else if (kind == v1::REVIEW_KIND_TERM) {
      candidates.push_back(Term{{year}, Season::kAutumn}.text());
      candidates.push_back(Term{{year}, Season::kSpring}.text());
    } else {
      candidates.push_back(SchoolYear{year}.text());
    }
  }
  std::vector<std::string> over;
  for (const std::string& period : candidates) {
    const auto span = SpanOf(kind, period, terms);
    if (span.ok() && span->due < on && span->due >= year_ago) {
      over.push_back(period);
    }
  }
  return over;
}

std::vector<v1::MissingReview> MissingReviews(const ReviewsOfCounty& has, absl::CivilDay on,
                                              const TermCalendar& terms) {
  std::vector<v1::MissingReview> missing;
  for (const v1::ReviewKind kind : {v1::REVIEW_KIND_QUARTER, v1::REVIEW_KIND_TERM, v1::REVIEW_KIND_YEAR}) {
    for (const std::string& period : PeriodsOver(kind, on, terms)) {
      const auto span = SpanOf(kind, period, terms);
      if (!has.first_month.has_value() || span->last < *has.first_month || has.approved.contains({kind, period})) {
        continue;
      }
      v1::MissingReview& one = missing.emplace_back();
      one.set_kind(kind);
      one.set_period(period);
      *one.mutable_due_on() = DateOf(span->due);
    }
  }
  return missing;
}

}  // namespace ruraledu::dropout_monitoring
