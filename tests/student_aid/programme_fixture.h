// Those who left the county's schools for a university: g1 at a college of the province, g2 at a university outside of
// it, both of households out of poverty, g3 without hardship.
#pragma once

#include "absl/strings/str_join.h"
#include "services/student_aid/study_rules.h"
#include "services/student_aid/tracked_aid_rules.h"
#include "tests/student_aid/application_fixture.h"

namespace ruraledu::student_aid {

class ProgrammeFixture : public ApplicationFixture {
 protected:
  explicit ProgrammeFixture(db::Options options = {}) : ApplicationFixture(std::move(options)) {
    On(10, 8);
    registry.Put(Graduate("g1", {"P2"}));
    registry.Put(Graduate("g2", {"P2"}));
    registry.Put(Graduate("g3", {}));
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  static registry_v1::Student Graduate(const std::string& id, const std::vector<std::string>& kinds) {
    registry_v1::Student student = Student(id, "HS", "12", false, kinds);
    *student.mutable_enrolments(0)->mutable_valid_to() = Date(20230701);
    student.set_status("GRADUATED");
    *student.mutable_status_from() = Date(20230701);
    return student;
  }
  static v1::Study StudyOf(const std::string& person, const std::string& stage = "COL",
                           const std::string& region = "410122000000") {
    v1::Study study;
    study.set_person(person);
    study.set_admission_year(2023);
    study.set_stage(stage);
    study.set_university("郑州职业技术学院");
    study.set_region_code(region);
    study.set_length_years(3);
    study.set_full_time_formal(true);
    study.set_source("EXAM_CENTRE");
    SetState(v1::STUDY_STATE_STUDYING, 20230901, &study);
    v1::StudyYear* year = study.add_years();
    year->set_school_year("2023-2024");
    year->set_tuition_fen(500000);
    year->set_accommodation_fen(100000);
    year->set_loan_wish(v1::LOAN_WISH_YES);
    return study;
  }
  static void SetState(v1::StudyState state, int from, v1::Study* study) {
    v1::StudySpan* span = study->add_spans();
    span->set_state(state);
    *span->mutable_from() = Date(from);
  }
  static v1::BatchRecordStudiesRequest Recording(const std::vector<v1::Study>& studies) {
    v1::BatchRecordStudiesRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const v1::Study& study : studies) *request.add_studies() = study;
    return request;
  }
  absl::StatusOr<v1::BatchRecordStudiesResponse> RecordStudies(const std::vector<v1::Study>& studies) {
    return As("officer", "BatchRecordStudies", Recording(studies), &Handlers::BatchRecordStudies);
  }
  // The three of the county, decided for the autumn.
  void Enrol() {
    const auto recorded = RecordStudies({StudyOf("g1"), StudyOf("g2", "UG", "110108000000"), StudyOf("g3", "UG")});
    ASSERT_TRUE(recorded.ok()) << recorded.status();
    EXPECT_EQ(absl::StrJoin(recorded->outcomes(), " "), "RECORDED RECORDED RECORDED");
    Decide();
  }

  static v1::TrackedAidRow RowOf(const std::string& person, v1::TrackedAidKind kind, v1::TrackedAidEvent event,
                                 int64_t yuan = 0, const std::string& term = kAutumn) {
    v1::TrackedAidRow row;
    row.set_student(absl::StrCat(kCounty, "/students/", person));
    row.set_term(term);
    row.set_kind(kind);
    row.set_event(event);
    *row.mutable_on() = Date(20231008);
    row.set_amount_fen(yuan * 100);
    if (event == v1::TRACKED_AID_EVENT_AGREE) {
      row.set_contract_number("HT-2023-0042");
      row.set_co_borrower("王大山");
    }
    if (event == v1::TRACKED_AID_EVENT_REFUSE || event == v1::TRACKED_AID_EVENT_WITHDRAW) row.set_reason("材料不全");
    return row;
  }
  static v1::BatchRecordTrackedAidsRequest Tracking(const std::vector<v1::TrackedAidRow>& rows) {
    v1::BatchRecordTrackedAidsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const v1::TrackedAidRow& row : rows) *request.add_rows() = row;
    return request;
  }
  // The outcomes, joined; or the reason of the error.
  std::string Track(const std::vector<v1::TrackedAidRow>& rows) {
    const auto answer = As("officer", "BatchRecordTrackedAids", Tracking(rows), &Handlers::BatchRecordTrackedAids);
    return answer.ok() ? absl::StrJoin(answer->outcomes(), " ") : ReasonOf(answer.status());
  }
  static std::string AidName(const std::string& person, const std::string& kind, const std::string& term = kAutumn) {
    return absl::StrCat(kCounty, "/trackedAids/", person, ".", term, ".", kind);
  }
  v1::TrackedAid Aid(const std::string& name) {
    v1::GetTrackedAidRequest request;
    request.set_name(name);
    const auto found = As("reader", "GetTrackedAid", request, &Handlers::GetTrackedAid);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(v1::TrackedAid());
  }
};

}  // namespace ruraledu::student_aid
