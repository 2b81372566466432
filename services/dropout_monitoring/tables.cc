#include "services/dropout_monitoring/tables.h"

#include <algorithm>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/rpc/file_methods.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence_approval.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "ruraledu/dropout_monitoring/v1/department_slip.pb.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/enrolment.pb.h"
#include "ruraledu/dropout_monitoring/v1/leaver.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "ruraledu/dropout_monitoring/v1/rate.pb.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/absence_message_store.h"
#include "services/dropout_monitoring/attendance_rules.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/committee_store.h"
#include "services/dropout_monitoring/department_slip_store.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/rate_tables.h"
#include "services/dropout_monitoring/register_check_store.h"

namespace ruraledu::dropout_monitoring {
const feed::RootTable kSheets{"sheet",
                              "sheets",
                              {"area", "class", "day", "session", "whole"},
                              feed::ColumnsOf<v1::Sheet>(+[](const v1::Sheet& s) {
                                return std::vector<db::Value>{s.area(), std::string(feed::IdOfName(s.class_name())),
                                                              DayTextOf(s.day()), v1::Session_Name(s.session()),
                                                              int64_t{s.taken_at_us() > 0}};
                              })};

const feed::RootTable kRosters{
    "roster", "rosters", {"area", "class"}, feed::ColumnsOf<v1::Roster>(+[](const v1::Roster& r) {
      return std::vector<db::Value>{r.area(), std::string(feed::IdOfName(r.class_name()))};
    })};

const feed::RootTable kSchoolCalendars{"school_calendar",
                                       "schoolCalendars",
                                       {"area", "school_year"},
                                       feed::ColumnsOf<v1::SchoolCalendar>(+[](const v1::SchoolCalendar& c) {
                                         return std::vector<db::Value>{c.area(), c.school_year()};
                                       })};

const feed::RootTable kAbsences{"absence",
                                "absences",
                                {"area", "step", "no_record", "shown", "disputed"},
                                feed::ColumnsOf<v1::Absence>(+[](const v1::Absence& a) {
                                  const v1::AbsenceEvaluation& state = a.evaluation();
                                  const bool on_its_way = state.has_suspected_on() && !state.has_stable_on();
                                  return std::vector<db::Value>{a.area(), v1::AbsenceStep_Name(state.step()),
                                                                int64_t{HasReason(state, "NO_RECORD")},
                                                                int64_t{state.reasons_size() > 0 || on_its_way},
                                                                int64_t{Disputed(state)}};
                                })};

const feed::RootTable kPupils{"pupil", "students", {}, nullptr};
const feed::RootTable kSchools{"school", "schools", {}, nullptr};
const feed::RootTable kClasses{"class", "classes", {}, nullptr};
const feed::RootTable kHouseholds{"household", "households", {}, nullptr};

namespace {

template <typename M>
google::protobuf::Message* Make() {
  return new M;
}

// Marks and reasons of leave of one child; the figures of the class stay.
bool DropMarks(v1::Sheet& sheet, std::string_view person) {
  const auto drop = [&](auto& list) {
    const auto kept = std::remove_if(list.begin(), list.end(), [&](const auto& one) { return one.person() == person; });
    const bool found = kept != list.end();
    list.erase(kept, list.end());
    return found;
  };
  const bool marked = drop(*sheet.mutable_entries());
  return drop(*sheet.mutable_leaves()) || marked;
}

// A state of nobody is not listed and not counted.
bool DropState(v1::Absence& absence, std::string_view) {
  const bool found = absence.has_evaluation();
  absence.clear_evaluation();
  return found;
}

// The counts of the school stay, what is said of the child goes.
bool DropFindings(v1::RegisterCheck& check, std::string_view person) {
  const auto about = [&](const v1::RegisterFinding& finding) {
    return feed::IdOfName(finding.student()) == person || feed::IdOfName(finding.other_student()) == person;
  };
  const auto kept = std::remove_if(check.mutable_findings()->begin(), check.mutable_findings()->end(), about);
  const bool found = kept != check.mutable_findings()->end();
  check.mutable_findings()->erase(kept, check.mutable_findings()->end());
  return found;
}

bool DropScore(v1::Risk& risk, std::string_view) {
  const bool found = risk.points() > 0 || !risk.reasons().empty();
  risk.clear_points();
  risk.clear_level();
  risk.clear_reasons();
  return found;
}

// Of somebody whom no register knows: whom it might have been waits for nobody any more.
bool DropMatch(v1::Resident& resident, std::string_view) {
  const bool found = resident.student().empty() && resident.match() == v1::RESIDENT_MATCH_WEAK;
  if (found) {
    resident.set_match(v1::RESIDENT_MATCH_NONE);
    resident.clear_candidates();
  }
  return found;
}

// Residents, cases, findings and expected children whom no register knows.
template <typename M>
std::optional<absl::CivilDay> KeptUntil(const M& root) {
  return DayOf(root.keep_until());
}
constexpr std::string_view kKept = "keep_until <> ''";

constexpr feed::OwnRoot kOwnRoots[] = {
    // Cases, responsibilities, reports, reviews.
    {&kCases,
     Make<v1::Case>,
     {.column = "child_key", .ended = feed::EndOf<KeptUntil<v1::Case>>, .unnamed = kKept, .key = "child_key"}},
    {&kMechanisms, Make<v1::Mechanism>, {.nobody = true}},
    {&kResponsibilities, Make<v1::Responsibility>, {.column = "subject"}},
    {&kReviews, Make<v1::Review>, {.nobody = true}},
    {&kZeroReports, Make<v1::ZeroReport>, {.nobody = true}},
    {&kRegisterChecks, Make<v1::RegisterCheck>, {.drop = feed::DropFrom<DropFindings>}},
    {&kDepartmentSlips, Make<v1::DepartmentSlip>, {.column = "child_key", .key = "child_key"}},
    {&kAbsenceApprovals, Make<v1::AbsenceApproval>, {.column = "child_key", .key = "child_key"}},
    // The enrolment drive, leavers.
    {&kEnrolmentDrives, Make<v1::EnrolmentDrive>, {.nobody = true}},
    {&kEnrolmentRuns, Make<v1::EnrolmentRun>, {.nobody = true}},
    {&kExpectedChildren,
     Make<v1::ExpectedChild>,
     {.column = "person", .ended = feed::EndOf<KeptUntil<v1::ExpectedChild>>, .key = "child_key"}},
    {&kLeavers, Make<v1::Leaver>, {.column = "person"}},
    {&kLeaverLedgers, Make<v1::LeaverLedger>, {.nobody = true}},
    // Comparisons.
    {&kChildLedgers, Make<v1::ChildLedger>, {.nobody = true}},  // keys of children, without what they tell
    {&kComparisonFindings,
     Make<v1::ComparisonFinding>,
     {.column = "child_key",
      .ended = feed::EndOf<KeptUntil<v1::ComparisonFinding>>,
      .unnamed = kKept,
      .key = "child_key"}},
    {&kComparisonRuns, Make<v1::ComparisonRun>, {.nobody = true}},
    {&kResidents,
     Make<v1::Resident>,
     {.column = "student",
      .drop = feed::DropFrom<DropMatch>,
      .ended = feed::EndOf<KeptUntil<v1::Resident>>,
      .key = "id"}},
    // Rates.
    {&kRateFigures, Make<v1::RateFigures>, {.nobody = true}},
    // Early warning, placement, dossiers.
    {&kRisks, Make<v1::Risk>, {.column = "id", .drop = feed::DropFrom<DropScore>}},
    {&kDisabledChildren, Make<v1::DisabledChild>, {.column = "person"}},
    {&kCommitteeReviews, Make<v1::CommitteeReview>, {.column = "person"}},
    {&kHomeLessons, Make<v1::HomeLesson>, {.column = "child"}},
    {&kDossiers, Make<v1::Dossier>, {.column = "id"}},
    {&kPsychologicalNotes, Make<v1::PsychologicalNote>, {.column = "dossier"}},
    {&kAbsences, Make<v1::Absence>, {.column = "id", .drop = feed::DropFrom<DropState>}},
    {&kAbsenceMessages, Make<v1::AbsenceMessage>, {.column = "person"}},
    {&rpc::kFiles, Make<ruraledu::files::v1::File>, {.column = "owner"}},
    {&kRosters, Make<v1::Roster>, {.nobody = true}},  // ids only, and the names of rosters are digests of them
    {&kSchoolCalendars, Make<v1::SchoolCalendar>, {.nobody = true}},
    {&kSheets, Make<v1::Sheet>, {.drop = feed::DropFrom<DropMarks>}},
};

}  // namespace

absl::Span<const feed::RootTable* const> OwnRoots() {
  static const auto* const all = [] {
    auto* tables = new std::vector<const feed::RootTable*>;
    for (const feed::OwnRoot& root : kOwnRoots) {
      tables->push_back(root.table);
    }
    return tables;
  }();
  return *all;
}

google::protobuf::Message* NewRoot(const feed::RootTable& table) {
  const auto* const found =
      std::find_if(std::begin(kOwnRoots), std::end(kOwnRoots), [&](const auto& root) { return root.table == &table; });
  return found->make();
}

absl::Span<const feed::OwnRoot> OwnKinds() {
  return kOwnRoots;
}

std::vector<feed::ResealStep> ResealSteps() {
  std::vector<feed::ResealStep> steps;
  for (const feed::RootTable* table : OwnRoots()) {
    if (table != &rpc::kFiles) {  // has steps of its own
      steps.push_back(feed::ResealRoots(*table));
    }
  }
  for (const feed::RootTable* table : {&kPupils, &kSchools, &kClasses, &kHouseholds}) {
    steps.push_back(feed::ResealRoots(*table));
  }
  for (feed::ResealStep& step : rpc::FileResealSteps()) {
    steps.push_back(std::move(step));
  }
  steps.push_back(feed::ResealJournal());
  return steps;
}

}  // namespace ruraledu::dropout_monitoring
