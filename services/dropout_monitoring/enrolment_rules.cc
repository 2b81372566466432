#include "services/dropout_monitoring/enrolment_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

constexpr char kPolicies[] = "enrolment_policies.csv";
constexpr std::string_view kYes = "yes";
constexpr std::string_view kElsewhere = "ELSEWHERE", kGone = "GONE";
constexpr std::string_view kGoneStatuses[] = {"TRANSFERRED", "DECEASED", "EMIGRATED"};
constexpr int kMostWindow = 366;
constexpr int kCountedMonth = 8, kCountedDay = 31;  // DR-08

template <typename List>
bool In(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool Has(const CodeList& list, std::string_view code, std::string_view column) {
  const CodeEntry* entry = list.Find(code);
  return entry != nullptr && entry->Attribute(column) == kYes;
}

const std::string& LeavingGrade(const EnrolmentYear& year) {
  return year.primary.grades(year.primary.grades_size() - 1);
}

const registry_v1::Enrolment* PrimaryLeaving(const EnrolmentYear& year, const registry_v1::Student& student) {
  return LeavingSpan(student, LeavingGrade(year), year.census_before, year.begins);
}

bool BeganBefore(const EnrolmentYear& year, const ComparisonCodes& codes, const registry_v1::Student& student) {
  return std::any_of(student.enrolments().begin(), student.enrolments().end(), [&](const auto& span) {
    return Has(codes.stages, span.stage(), "compulsory") && DayOf(span.valid_from()) <= year.census_before;
  });
}

std::string_view OutcomeOf(const CodeList& destinations, const std::string& code) {
  const CodeEntry* entry = destinations.Find(code);
  return entry == nullptr ? std::string_view() : entry->Attribute("outcome");
}

// The destination that counts; "" none.
std::string_view ConfirmedOutcome(const CodeList& destinations, const v1::ExpectedChild& child) {
  const v1::EnrolmentDestination& destination = child.destination();
  return destination.confirmed() ? OutcomeOf(destinations, destination.code()) : std::string_view();
}

void Settle(v1::ExpectedState state, const std::optional<absl::CivilDay>& on, v1::ExpectedChild* child) {
  const auto before = DayOf(child->settled_on());
  child->set_state(state);
  if (on.has_value() && (!before.has_value() || *on < *before)) {
    *child->mutable_settled_on() = DateOf(*on);
  }
}

}  // namespace

absl::StatusOr<RegionalBook<v1::EnrolmentPolicy>> ParseEnrolmentPolicies(std::string_view text,
                                                                         const RegionPath& path) {
  return RegionalBook<v1::EnrolmentPolicy>::Parse(
      kPolicies, text, "enrolmentPolicies", {"window_days"}, path,
      [](const DataTable& table, size_t row, v1::EnrolmentPolicy* policy) -> absl::Status {
        int32_t days = 0;
        if (!ReadNumber(table, row, "window_days", 1, kMostWindow, &days)) {
          return table.Error(row, "window_days is a number of days from 1 to 366");
        }
        policy->set_window_days(days);
        return absl::OkStatus();
      });
}

absl::Status CheckDestinations(const CodeList& destinations) {
  for (const CodeEntry& entry : destinations.entries()) {
    if (!In(std::vector{kElsewhere, kGone}, entry.Attribute("outcome"))) {
      return Fail("DATA_FILE",
                  {{"file", destinations.name()}, {"line", "0"}, {"problem", "outcome is ELSEWHERE or GONE"}});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<EnrolmentYear> EnrolmentYearOf(const TermCalendar& terms, const RateBook& rates, std::string_view region,
                                              const SchoolYear& year) {
  const Term autumn{year, Season::kAutumn};
  EnrolmentYear made;
  made.year = year;
  made.begins = terms.FirstDay(autumn);
  made.census_before = terms.CensusDate(autumn.Previous());
  made.ends = terms.FirstDay(autumn.Plus(2)) - 1;
  const auto levels = rates.LevelsOn(region, made.begins);
  const v1::OfficialAge* primary = FindLevel(levels, v1::SCHOOL_LEVEL_PRIMARY);
  const v1::OfficialAge* junior = FindLevel(levels, v1::SCHOOL_LEVEL_JUNIOR);
  if (primary == nullptr || junior == nullptr || primary->grades().empty()) {
    return Fail("DATA_FILE", {{"file", "official_ages.csv"}, {"line", "0"}, {"problem", "a level is missing"}});
  }
  made.primary = *primary;
  made.junior = *junior;
  return made;
}

BirthSpan PrimaryBirths(const EnrolmentYear& year) {
  const int entry = year.year.start - year.primary.first_age();
  return {absl::CivilDay(entry - 2, kCountedMonth, kCountedDay) + 1, absl::CivilDay(entry, kCountedMonth, kCountedDay)};
}

EntryAge EntryAgeOf(const EnrolmentYear& year, absl::CivilDay birth_date) {
  const int over = SchoolAge(birth_date, year.year) - year.primary.first_age();
  return over == 0 ? EntryAge::kEntry : over == 1 ? EntryAge::kYearOlder : EntryAge::kNo;
}

bool ExpectedAt(const EnrolmentYear& year, const ComparisonCodes& codes, v1::SchoolLevel level,
                const registry_v1::Student& student) {
  if (student.has_erased_on() || !student.merged_into().empty() || In(kGoneStatuses, student.status())) {
    return false;
  }
  if (level == v1::SCHOOL_LEVEL_JUNIOR) {
    return PrimaryLeaving(year, student) != nullptr;
  }
  const auto born = DayOf(student.birth_date());
  return born.has_value() && EntryAgeOf(year, *born) != EntryAge::kNo && !BeganBefore(year, codes, student);
}

const registry_v1::Enrolment* RegisteredSpan(const EnrolmentYear& year, const ComparisonCodes& codes,
                                             v1::SchoolLevel level, const registry_v1::Student& student) {
  if (student.enrolments().empty() || !Has(codes.statuses, student.status(), "registered")) {
    return nullptr;
  }
  const registry_v1::Enrolment& span = student.enrolments(0);
  const auto from = DayOf(span.valid_from());
  if (!from.has_value() || span.has_valid_to() || !Has(codes.stages, span.stage(), "compulsory")) {
    return nullptr;
  }
  // The span of the grade that is left goes on until somebody writes the next one; a new one of it repeats.
  const bool leaving = level == v1::SCHOOL_LEVEL_JUNIOR && span.grade() == LeavingGrade(year);
  return *from > (leaving ? year.begins - 1 : year.census_before) ? &span : nullptr;
}

std::string FormerSchool(const EnrolmentYear& year, v1::SchoolLevel level, const registry_v1::Student& student) {
  const registry_v1::Enrolment* span = level == v1::SCHOOL_LEVEL_JUNIOR ? PrimaryLeaving(year, student) : nullptr;
  return span == nullptr ? "" : span->school();
}

const registry_v1::Enrolment* LeavingSpan(const registry_v1::Student& student, std::string_view grade,
                                          absl::CivilDay census, absl::CivilDay begins) {
  const auto found =
      std::find_if(student.enrolments().begin(), student.enrolments().end(), [&](const registry_v1::Enrolment& span) {
        const auto to = DayOf(span.valid_to());
        return span.grade() == grade && DayOf(span.valid_from()) < begins && (!to.has_value() || *to > census);
      });
  return found == student.enrolments().end() ? nullptr : &*found;
}

DriveDays DaysOf(const EnrolmentYear& year, const v1::EnrolmentPolicy& policy, const v1::EnrolmentDrive* drive) {
  if (drive != nullptr) {
    return {*DayOf(drive->report_from()), *DayOf(drive->report_until())};
  }
  return {year.begins, year.begins + (policy.window_days() - 1)};
}

absl::Status CheckDrive(const EnrolmentYear& year, v1::EnrolmentDrive* drive) {
  const auto from = DayOf(drive->report_from()), until = DayOf(drive->report_until());
  const absl::CivilDay first = year.census_before + 1;
  if (from.has_value() != until.has_value() ||
      (from.has_value() && (*from > *until || *from < first || *until > year.ends))) {
    return Fail("ENROLMENT_DAYS", {{"from", DayText(first)}, {"until", DayText(year.ends)}});
  }
  auto* rows = drive->mutable_catchments();
  std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) { return a.from() < b.from(); });
  const auto twice =
      std::adjacent_find(rows->begin(), rows->end(), [](const auto& a, const auto& b) { return a.from() == b.from(); });
  return twice == rows->end() ? absl::OkStatus() : Fail("DUPLICATE_IN_BATCH");
}

bool TakeReport(const std::string& school, absl::CivilDay on, const std::string& person, v1::ExpectedChild* child) {
  for (v1::EnrolmentReport& report : *child->mutable_reports()) {
    if (report.school() == school) {
      if (on >= *DayOf(report.reported_on())) {
        return false;
      }
      *report.mutable_reported_on() = DateOf(on);
      return true;
    }
  }
  v1::EnrolmentReport* added = child->add_reports();
  added->set_school(school);
  *added->mutable_reported_on() = DateOf(on);
  added->set_recorded_by(person);
  std::sort(child->mutable_reports()->begin(), child->mutable_reports()->end(),
            [](const auto& a, const auto& b) { return a.school() < b.school(); });
  return true;
}

absl::Status DropReport(const std::string& school, v1::ExpectedChild* child) {
  auto* reports = child->mutable_reports();
  const auto kept = std::remove_if(reports->begin(), reports->end(),
                                   [&](const v1::EnrolmentReport& report) { return report.school() == school; });
  if (kept == reports->end()) {
    return Fail("ENROLMENT_NO_REPORT", {{"school", school}});
  }
  reports->erase(kept, reports->end());
  return absl::OkStatus();
}

absl::Status ClaimDestination(const CodeList& destinations, const DestinationClaim& claim, const std::string& person,
                              absl::CivilDay today, v1::ExpectedChild* child) {
  if (child->claim_open() || child->state() == v1::EXPECTED_STATE_GONE) {
    return Fail(
        "STATE_TRANSITION",
        {{"event", "claim"}, {"from", child->claim_open() ? "CLAIMED" : "GONE"}, {"machine", "enrolment_destination"}});
  }
  const CodeEntry* entry = destinations.Find(claim.code, today);
  if (entry == nullptr) {
    return Fail("CODE_UNKNOWN", {{"list", destinations.name()}});
  }
  if (entry->Attribute("place") == kYes && claim.place.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "place"}});
  }
  child->clear_destination();
  v1::EnrolmentDestination* destination = child->mutable_destination();
  destination->set_code(claim.code);
  destination->set_place(claim.place);
  destination->set_proof(claim.proof);
  destination->set_claimed_by(person);
  *destination->mutable_claimed_on() = DateOf(today);
  child->set_claim_open(true);
  return absl::OkStatus();
}

absl::Status DecideDestination(bool confirm, const std::string& person, absl::CivilDay today,
                               v1::ExpectedChild* child) {
  if (!child->claim_open()) {
    return Fail("STATE_TRANSITION", {{"event", "decide"}, {"from", "NONE"}, {"machine", "enrolment_destination"}});
  }
  v1::EnrolmentDestination* destination = child->mutable_destination();
  if (destination->claimed_by() == person) {
    return Fail("SAME_PERSON");
  }
  destination->set_decided_by(person);
  *destination->mutable_decided_on() = DateOf(today);
  destination->set_confirmed(confirm);
  child->set_claim_open(false);
  return absl::OkStatus();
}

void SetState(const CodeList& destinations, v1::ExpectedChild* child) {
  const auto registered_on = DayOf(child->registered_on());
  child->clear_settled_on();
  child->clear_reported_school();
  const v1::EnrolmentReport* latest = nullptr;
  for (const v1::EnrolmentReport& report : child->reports()) {  // in order of school: of one day the first one counts
    if (latest == nullptr || *DayOf(latest->reported_on()) < *DayOf(report.reported_on())) {
      latest = &report;
    }
  }
  child->set_state(child->has_suspected_on() ? v1::EXPECTED_STATE_NOT_REPORTED : v1::EXPECTED_STATE_EXPECTED);
  const std::string_view outcome = ConfirmedOutcome(destinations, *child);
  if (!child->approval().empty()) {
    Settle(v1::EXPECTED_STATE_EXCUSED, DayOf(child->approved_on()), child);
  }
  if (!outcome.empty()) {
    Settle(outcome == kGone ? v1::EXPECTED_STATE_GONE : v1::EXPECTED_STATE_ELSEWHERE,
           DayOf(child->destination().decided_on()), child);
  }
  for (const v1::EnrolmentReport& report : child->reports()) {
    Settle(v1::EXPECTED_STATE_REPORTED, DayOf(report.reported_on()), child);
  }
  if (latest != nullptr) {
    child->set_reported_school(latest->school());
  }
  if (registered_on.has_value()) {
    Settle(v1::EXPECTED_STATE_REGISTERED, registered_on, child);
  }
}

bool Suspect(absl::CivilDay today, absl::CivilDay until, v1::ExpectedChild* child) {
  if (child->state() != v1::EXPECTED_STATE_EXPECTED || today <= until) {
    return false;
  }
  child->set_state(v1::EXPECTED_STATE_NOT_REPORTED);
  *child->mutable_suspected_on() = DateOf(today);
  return true;
}

std::string NoticeNumber(std::string_view county, const SchoolYear& year, v1::SchoolLevel level, int64_t number) {
  return absl::StrFormat("%s-%d-%c-%06d", county, year.start, EnumText(level)[0], number);
}

std::map<std::string, std::string> NoticeValues(const v1::ExpectedChild& child, const DriveDays& days,
                                                const NoticeNames& names) {
  return {{"document_number", child.notice().number()},
          {"guardian", names.guardian.empty() ? "监护人" : names.guardian},
          {"child", child.display_name()},
          {"school_year", child.school_year()},
          {"grade", child.level() == v1::SCHOOL_LEVEL_PRIMARY ? "小学一年级" : "初中一年级"},
          {"school", names.school},
          {"report_from", DayInWords(DateOf(days.from))},
          {"report_until", DayInWords(DateOf(days.until))},
          {"authority", names.authority},
          {"issued_on", DayInWords(child.notice().issued_on())}};
}

}  // namespace ruraledu::dropout_monitoring
