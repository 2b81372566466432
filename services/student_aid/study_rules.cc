#include "services/student_aid/study_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/region.h"
#include "services/student_aid/facts_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kStages[] = {"COL", "UG", "MA", "PHD"};
constexpr int kFirstAdmission = 1990, kLastAdmission = 2100, kMostYears = 8;
constexpr size_t kMostText = 400;  // bytes: 100 characters

void CheckNumber(int number, int low, int high, const std::string& field, Violations* violations) {
  if (number < low || number > high) {
    violations->Add(field, "NUMBER_RANGE", {{"low", absl::StrCat(low)}, {"high", absl::StrCat(high)}});
  }
}

void CheckYear(const v1::StudyYear& year, const std::string& field, Violations* violations) {
  if (!ParseSchoolYear(year.school_year()).ok()) {
    violations->Add(absl::StrCat(field, ".school_year"), "SCHOOL_YEAR_FORMAT", {{"year", year.school_year()}});
  }
  CheckNumber(year.study_year(), 0, kMostYears, absl::StrCat(field, ".study_year"), violations);
  CheckAmount(year.tuition_fen(), absl::StrCat(field, ".tuition_fen"), violations);
  CheckAmount(year.accommodation_fen(), absl::StrCat(field, ".accommodation_fen"), violations);
}

void CheckSpan(const v1::StudySpan& span, const std::string& field, Violations* violations) {
  violations->Require(span.state() != v1::STUDY_STATE_UNSPECIFIED, absl::StrCat(field, ".state"));
  violations->Require(span.has_from(), absl::StrCat(field, ".from"));
  DayOf(span.from(), absl::StrCat(field, ".from"), violations);
}

bool GoesOn(v1::StudyState state) {
  return state == v1::STUDY_STATE_STUDYING || state == v1::STUDY_STATE_SUSPENDED;
}

v1::StudyState NewestState(const v1::Study& study) {
  return study.spans().empty() ? v1::STUDY_STATE_UNSPECIFIED : study.spans().rbegin()->state();
}

// Puts a row of a repeated field where its key stands, or in its place.
template <typename Row, typename Key>
void PutRow(const Row& row, Key key, google::protobuf::RepeatedPtrField<Row>* rows) {
  const auto same = std::find_if(rows->begin(), rows->end(), [&](const Row& other) { return key(other) == key(row); });
  *(same == rows->end() ? rows->Add() : &*same) = row;
  std::sort(rows->begin(), rows->end(), [&](const Row& a, const Row& b) { return key(a) < key(b); });
}

}  // namespace

void CheckStudy(const v1::Study& row, const std::string& field, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  violations->Require(!row.person().empty(), at("person"));
  violations->Require(!row.university().empty(), at("university"));
  violations->Require(!row.source().empty(), at("source"));
  violations->Require(!row.spans().empty(), at("spans"));
  if (std::find(std::begin(kStages), std::end(kStages), row.stage()) == std::end(kStages)) {
    violations->Add(at("stage"), "STAGE_UNKNOWN", {{"stage", row.stage()}});
  }
  if (!IsRegionCode(row.region_code())) {
    violations->Add(at("region_code"), "REGION_CODE", {{"code", row.region_code()}});
  }
  CheckNumber(row.admission_year(), kFirstAdmission, kLastAdmission, at("admission_year"), violations);
  CheckNumber(row.length_years(), 1, kMostYears, at("length_years"), violations);
  for (const auto& [name, text] : {std::pair("university", &row.university()), std::pair("source", &row.source())}) {
    violations->MostBytes(at(name), *text, kMostText);
  }
  for (const auto& [name, size] : {std::pair("years", row.years_size()), std::pair("spans", row.spans_size())}) {
    if (size > 2 * kMostYears) {
      violations->Add(at(name), "FIELD_TOO_MANY", {{"field", at(name)}, {"limit", absl::StrCat(2 * kMostYears)}});
      return;
    }
  }
  for (int i = 0; i < row.years_size(); ++i) {
    CheckYear(row.years(i), absl::StrCat(at("years"), "[", i, "]"), violations);
  }
  for (int i = 0; i < row.spans_size(); ++i) {
    CheckSpan(row.spans(i), absl::StrCat(at("spans"), "[", i, "]"), violations);
  }
}

void TakeStudy(const v1::Study& row, v1::Study* study) {
  const v1::Study before = *study;
  *study = row;
  study->set_name(before.name());
  study->set_person(before.person());
  study->set_area(before.area());
  study->set_etag(before.etag());
  study->clear_masked();
  *study->mutable_years() = before.years();
  *study->mutable_spans() = before.spans();
  for (const v1::StudyYear& year : row.years()) {
    PutRow(
        year, [](const v1::StudyYear& one) { return one.school_year(); }, study->mutable_years());
  }
  for (const v1::StudySpan& span : row.spans()) {
    PutRow(
        span, [](const v1::StudySpan& one) { return *DayOf(one.from()); }, study->mutable_spans());
  }
}

v1::StudyState StateOn(const v1::Study& study, absl::CivilDay day) {
  v1::StudyState state = v1::STUDY_STATE_UNSPECIFIED;
  for (const v1::StudySpan& span : study.spans()) {
    const auto from = DayOf(span.from());
    if (from.has_value() && *from <= day) {
      state = span.state();
    }
  }
  return state;
}

const v1::Study* StudyOn(const std::vector<v1::Study>& studies, absl::CivilDay day) {
  const v1::Study* newest = nullptr;
  for (const v1::Study& study : studies) {
    if (GoesOn(StateOn(study, day)) && (newest == nullptr || newest->admission_year() < study.admission_year())) {
      newest = &study;
    }
  }
  return newest;
}

std::string StatusOn(const v1::Study& study, absl::CivilDay day) {
  return StateOn(study, day) == v1::STUDY_STATE_SUSPENDED ? "SUSPENDED" : "ENROLLED";
}

const v1::StudyYear* YearOf(const v1::Study& study, const SchoolYear& year) {
  const auto found = std::find_if(study.years().begin(), study.years().end(),
                                  [&](const v1::StudyYear& one) { return one.school_year() == year.text(); });
  return found == study.years().end() ? nullptr : &*found;
}

int StudyYearIn(const v1::Study& study, const SchoolYear& year) {
  const v1::StudyYear* stated = YearOf(study, year);
  if (stated != nullptr && stated->study_year() > 0) {
    return stated->study_year();
  }
  return std::clamp(year.start - study.admission_year() + 1, 1, kMostYears);
}

int YearsLeft(const v1::Study& study, const SchoolYear& year) {
  return std::max(1, study.length_years() - StudyYearIn(study, year) + 1);
}

void ReadStudy(const v1::Study& study, const Term& term, std::string_view home_region, v1::PupilFacts* facts) {
  facts->set_stage(study.stage());
  facts->set_grade(absl::StrCat(StudyYearIn(study, term.year)));
  facts->set_school_region(study.region_code());
  facts->set_school_in_province(home_region.substr(0, 2) == study.region_code().substr(0, 2));
  facts->set_full_time_formal(study.full_time_formal());
  facts->set_central_university(study.central_university());
  facts->set_discharged_soldier(study.discharged_soldier());
  facts->set_freshman_year(study.admission_year());
  const v1::StudyYear* year = YearOf(study, term.year);
  if (year != nullptr && year->has_tuition_fen()) {
    facts->mutable_charges()->set_tuition_fen(HalfOfAnnualFen(year->tuition_fen(), term.season));
  }
  if (year != nullptr && year->has_accommodation_fen()) {
    facts->mutable_charges()->set_accommodation_fen(HalfOfAnnualFen(year->accommodation_fen(), term.season));
  }
}

std::string_view EventOf(const v1::Study& before, const v1::Study& after, absl::CivilDay* from) {
  const v1::StudyState now = NewestState(after);
  if (after.spans().empty() || now == NewestState(before)) {
    return "";
  }
  *from = DayOf(after.spans().rbegin()->from()).value_or(absl::CivilDay());
  switch (now) {
    case v1::STUDY_STATE_STUDYING:
      return "resume";
    case v1::STUDY_STATE_SUSPENDED:
      return "pause";
    case v1::STUDY_STATE_WITHDRAWN:
      return "end";
    default:
      return "";
  }
}

}  // namespace ruraledu::student_aid
