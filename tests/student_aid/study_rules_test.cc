// Who studies beyond school: rows, states, facts of a term.
#include "services/student_aid/study_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/proto_day.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

const absl::CivilDay kCensus(2023, 9, 30);

void AddSpan(v1::StudyState state, int from, v1::Study* study) {
  v1::StudySpan* span = study->add_spans();
  span->set_state(state);
  SetDate(from, span->mutable_from());
}

v1::Study At(int admission, const std::string& stage = "UG") {
  v1::Study study;
  study.set_person("p");
  study.set_admission_year(admission);
  study.set_stage(stage);
  study.set_university("河南大学");
  study.set_region_code("410212000000");
  study.set_length_years(4);
  study.set_full_time_formal(true);
  study.set_source("EXAM_CENTRE");
  AddSpan(v1::STUDY_STATE_STUDYING, admission * 10000 + 901, &study);
  return study;
}

TEST(Studies, EachViolationWithItsField) {
  const std::tuple<const char*, const char*, std::function<void(v1::Study&)>> rows[] = {
      {"s.person", "FIELD_REQUIRED", [](auto& s) { s.clear_person(); }},
      {"s.university", "FIELD_REQUIRED", [](auto& s) { s.clear_university(); }},
      {"s.university", "FIELD_TOO_LONG", [](auto& s) { s.set_university(std::string(401, 'x')); }},
      {"s.source", "FIELD_REQUIRED", [](auto& s) { s.clear_source(); }},
      {"s.spans", "FIELD_REQUIRED", [](auto& s) { s.clear_spans(); }},
      {"s.spans[0].state", "FIELD_REQUIRED", [](auto& s) { s.mutable_spans(0)->clear_state(); }},
      {"s.spans[0].from", "FIELD_REQUIRED", [](auto& s) { s.mutable_spans(0)->clear_from(); }},
      {"s.spans[0].from", "DATE_INVALID", [](auto& s) { s.mutable_spans(0)->mutable_from()->set_month(13); }},
      {"s.spans", "FIELD_TOO_MANY",
       [](auto& s) {
         for (int i = 0; i < 16; ++i) AddSpan(v1::STUDY_STATE_STUDYING, 20230901 + i, &s);
       }},
      {"s.stage", "STAGE_UNKNOWN", [](auto& s) { s.set_stage("HS"); }},
      {"s.region_code", "REGION_CODE", [](auto& s) { s.set_region_code("4102"); }},
      {"s.admission_year", "NUMBER_RANGE", [](auto& s) { s.set_admission_year(1989); }},
      {"s.length_years", "NUMBER_RANGE", [](auto& s) { s.set_length_years(9); }},
      {"s.years[0].school_year", "SCHOOL_YEAR_FORMAT", [](auto& s) { s.add_years()->set_school_year("2023"); }},
      {"s.years[0].study_year", "NUMBER_RANGE",
       [](auto& s) {
         s.add_years()->set_school_year("2023-2024");
         s.mutable_years(0)->set_study_year(9);
       }},
      {"s.years[0].tuition_fen", "AMOUNT_NEGATIVE",
       [](auto& s) {
         s.add_years()->set_school_year("2023-2024");
         s.mutable_years(0)->set_tuition_fen(-1);
       }},
  };
  for (const auto& [field, reason, damage] : rows) {
    v1::Study study = At(2023);
    damage(study);
    Violations violations;
    CheckStudy(study, "s", &violations);
    ASSERT_FALSE(violations.empty()) << field << " " << reason;
    EXPECT_THAT(violations.status().ToString(), ::testing::HasSubstr(field));
    EXPECT_EQ(ReasonOf(violations.status()), reason) << field;
  }
  Violations none;
  CheckStudy(At(2023), "s", &none);
  EXPECT_TRUE(none.empty());
}

TEST(Studies, ARowReplacesWhatItStates) {
  v1::Study study = At(2023);
  study.set_name("n");
  v1::Study row = At(2023);
  row.set_university("郑州大学");
  row.clear_spans();
  AddSpan(v1::STUDY_STATE_WITHDRAWN, 20250301, &row);
  AddSpan(v1::STUDY_STATE_SUSPENDED, 20240301, &row);
  for (const char* year : {"2024-2025", "2023-2024"}) row.add_years()->set_school_year(year);
  TakeStudy(row, &study);
  row.clear_spans();
  row.clear_years();
  row.add_years()->set_school_year("2024-2025");
  row.mutable_years(0)->set_loan_wish(v1::LOAN_WISH_YES);
  TakeStudy(row, &study);
  EXPECT_EQ(study.name(), "n");
  EXPECT_EQ(study.university(), "郑州大学");
  ASSERT_EQ(study.years_size(), 2);
  EXPECT_EQ(study.years(0).school_year(), "2023-2024");
  EXPECT_EQ(study.years(1).loan_wish(), v1::LOAN_WISH_YES);
  std::vector<int> states;
  for (const v1::StudySpan& span : study.spans()) states.push_back(span.state());
  EXPECT_THAT(states, ElementsAre(v1::STUDY_STATE_STUDYING, v1::STUDY_STATE_SUSPENDED, v1::STUDY_STATE_WITHDRAWN));
  EXPECT_EQ(StateOn(study, absl::CivilDay(2023, 8, 31)), v1::STUDY_STATE_UNSPECIFIED);
  EXPECT_EQ(StateOn(study, absl::CivilDay(2024, 2, 29)), v1::STUDY_STATE_STUDYING);
  EXPECT_EQ(StateOn(study, absl::CivilDay(2024, 3, 1)), v1::STUDY_STATE_SUSPENDED);
  EXPECT_EQ(StateOn(study, absl::CivilDay(2025, 3, 1)), v1::STUDY_STATE_WITHDRAWN);
}

TEST(Studies, TheNewestThatGoesOnCounts) {
  std::vector<v1::Study> studies = {At(2022), At(2023), At(2024)};
  EXPECT_EQ(StudyOn(studies, kCensus)->admission_year(), 2023);
  AddSpan(v1::STUDY_STATE_WITHDRAWN, 20230915, &studies[1]);
  EXPECT_EQ(StudyOn(studies, kCensus)->admission_year(), 2022);
  AddSpan(v1::STUDY_STATE_SUSPENDED, 20230915, &studies[0]);
  EXPECT_EQ(StudyOn(studies, kCensus)->admission_year(), 2022);
  EXPECT_EQ(StatusOn(studies[0], kCensus), "SUSPENDED");
  AddSpan(v1::STUDY_STATE_FINISHED, 20230920, &studies[0]);
  EXPECT_EQ(StudyOn(studies, kCensus), nullptr);
  EXPECT_EQ(StudyOn({}, kCensus), nullptr);
}

TEST(Studies, AreFactsOfATerm) {
  v1::Study study = At(2023);
  v1::StudyYear* year = study.add_years();
  year->set_school_year("2023-2024");
  year->set_tuition_fen(500001);
  v1::PupilFacts facts;
  ReadStudy(study, ParseTerm("2023-2024-1").value(), "411728000000", &facts);
  EXPECT_EQ(facts.stage(), "UG");
  EXPECT_EQ(facts.grade(), "1");
  EXPECT_TRUE(facts.school_in_province());
  EXPECT_EQ(facts.freshman_year(), 2023);
  EXPECT_EQ(facts.charges().tuition_fen(), 250001) << "the odd fen goes to the autumn (DR-02)";
  EXPECT_FALSE(facts.charges().has_accommodation_fen());
  facts.Clear();
  year->set_accommodation_fen(120000);
  ReadStudy(study, ParseTerm("2023-2024-2").value(), "500243000000", &facts);
  EXPECT_FALSE(facts.school_in_province());
  EXPECT_EQ(facts.charges().tuition_fen(), 250000);
  EXPECT_EQ(facts.charges().accommodation_fen(), 60000);
}

TEST(Studies, YearsAreStatedOrCounted) {
  v1::Study study = At(2020);
  EXPECT_EQ(StudyYearIn(study, {2023}), 4);
  EXPECT_EQ(YearsLeft(study, {2023}), 1);
  EXPECT_EQ(StudyYearIn(study, {2019}), 1);
  EXPECT_EQ(StudyYearIn(study, {2040}), 8);
  EXPECT_EQ(YearsLeft(study, {2040}), 1);
  study.add_years()->set_school_year("2023-2024");
  EXPECT_EQ(StudyYearIn(study, {2023}), 4) << "stated without its number";
  study.mutable_years(0)->set_study_year(3);
  EXPECT_EQ(StudyYearIn(study, {2023}), 3);
  EXPECT_EQ(YearsLeft(study, {2023}), 2);
}

TEST(Studies, AChangedStateIsAnEvent) {
  const v1::Study before = At(2023);
  absl::CivilDay from;
  EXPECT_EQ(EventOf(before, before, &from), "");
  const std::pair<v1::StudyState, const char*> rows[] = {
      {v1::STUDY_STATE_SUSPENDED, "pause"}, {v1::STUDY_STATE_WITHDRAWN, "end"}, {v1::STUDY_STATE_FINISHED, ""}};
  for (const auto& [state, event] : rows) {
    v1::Study after = before;
    AddSpan(state, 20240301, &after);
    EXPECT_EQ(EventOf(before, after, &from), event);
    EXPECT_EQ(from, absl::CivilDay(2024, 3, 1));
    v1::Study back = after;
    AddSpan(v1::STUDY_STATE_STUDYING, 20240901, &back);
    EXPECT_EQ(EventOf(after, back, &from), "resume");
  }
  EXPECT_EQ(EventOf(v1::Study(), v1::Study(), &from), "");
}

}  // namespace
}  // namespace ruraledu::student_aid
