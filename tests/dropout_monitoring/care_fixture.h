// A county with a disabled child, a left-behind one and a plain one, beside the people of the cases.
#pragma once

#include "absl/strings/str_join.h"
#include "services/dropout_monitoring/care_tables.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {

class CareFixture : public CaseFixture {
 protected:
  explicit CareFixture(db::Options options = {}) : CaseFixture(std::move(options)) {
    registry_v1::Student disabled = Child("d1");
    disabled.mutable_disability()->set_kind("5");
    disabled.mutable_disability()->set_grade("2");
    registry.Put(disabled);
    registry_v1::Student left = Child("l1");
    left.set_left_behind_education(2);
    left.set_rural_household(true);
    left.set_village("411728102001");  // lives in the next township
    registry.Put(left);
    EXPECT_TRUE(monitoring.CatchUp().ok());
    // The clock looks at counties that wrote something.
    v1::PutMechanismRequest mechanism = Of<v1::PutMechanismRequest>("");
    mechanism.mutable_mechanism()->set_name(absl::StrCat(kCounty, "/mechanisms/12357"));
    mechanism.mutable_mechanism()->add_components()->set_number(1);
    mechanism.mutable_mechanism()->mutable_components(0)->set_text("一");
    EXPECT_TRUE(As("o", "411728", "PutMechanism", mechanism, &Handlers::PutMechanism).ok());
  }

  int64_t EntriesOf(const std::string& shard) {
    const auto row = monitoring.place.database->Read(
        [&](db::Transaction& tx) { return tx.QueryOne("SELECT COUNT(*) FROM journal WHERE shard = $1", shard); });
    return (**row).Int(0);
  }

  // --- Placement ---
  static std::string ChildName(const std::string& id) { return absl::StrCat(kCounty, "/disabledChildren/", id); }
  v1::PutDisabledChildRequest Entering(const std::string& person) const {
    v1::PutDisabledChildRequest request = Of<v1::PutDisabledChildRequest>("");
    request.set_parent(kCounty);
    request.set_student(absl::StrCat(kCounty, "/students/", person));
    request.mutable_disability()->set_kind("1");
    request.mutable_disability()->set_grade("1");
    return request;
  }
  v1::PutDisabledChildRequest EnteringUnknown() const {
    v1::PutDisabledChildRequest request = Entering("");
    request.clear_student();
    request.mutable_child()->set_display_name("赵小雨");
    *request.mutable_child()->mutable_birth_date() = Date(20160101);
    request.set_township("411728103");
    return request;
  }
  absl::StatusOr<v1::DisabledChild> Enter(const v1::PutDisabledChildRequest& request,
                                          const std::string& area = "411728") {
    return As("officer", area, "PutDisabledChild", request, &Handlers::PutDisabledChild);
  }
  v1::ProposePlacementRequest Placing(const std::string& name, const std::string& kind = "INCLUSIVE_CLASS") const {
    v1::ProposePlacementRequest request = Of<v1::ProposePlacementRequest>(name);
    v1::Placement* asked = request.mutable_placement();
    asked->set_kind(kind);
    *asked->mutable_from() = DateOf(today);
    if (kind == "HOME_TEACHING") {
      *asked->mutable_until() = DateOf(today + 300);
      v1::CaseEvidence* paper = asked->add_evidence();
      paper->set_kind("COMMITTEE_OPINION");
      paper->set_file_name("残教委〔2023〕1号");
      asked->mutable_plan()->set_lessons_per_week(6);
      asked->mutable_plan()->set_content("生活语文");
    }
    return request;
  }
  absl::StatusOr<v1::DisabledChild> Propose(const v1::ProposePlacementRequest& request,
                                            const std::string& area = "411728") {
    return As("officer", area, "ProposePlacement", request, &Handlers::ProposePlacement);
  }
  absl::StatusOr<v1::DisabledChild> Decide(const std::string& name, bool approve = true,
                                           const std::string& by = "approver") {
    v1::DecidePlacementRequest request = Of<v1::DecidePlacementRequest>(name);
    request.set_approve(approve);
    return As(by, "411728", "DecidePlacement", request, &Handlers::DecidePlacement);
  }
  v1::RecordCommitteeOpinionRequest Opinion(const std::string& name) const {
    v1::RecordCommitteeOpinionRequest request = Of<v1::RecordCommitteeOpinionRequest>(name);
    *request.mutable_opinion()->mutable_on() = DateOf(today);
    request.mutable_opinion()->add_members("医生甲");
    request.mutable_opinion()->add_members("教师乙");
    request.mutable_opinion()->set_able_to_learn(true);
    return request;
  }
  absl::StatusOr<v1::DisabledChild> Advise(const std::string& name) {
    return As("officer", "411728", "RecordCommitteeOpinion", Opinion(name), &Handlers::RecordCommitteeOpinion);
  }
  // Of a child without a placement.
  v1::EnterCommitteeReviewRequest Reviewing(const std::string& name) const {
    v1::EnterCommitteeReviewRequest request = Of<v1::EnterCommitteeReviewRequest>(name);
    *request.mutable_opinion() = Opinion(name).opinion();
    request.mutable_opinion()->set_advised_kind("HOME_TEACHING");
    request.mutable_opinion()->set_text("可学习生活语文");
    request.set_recommendation("PLACE");
    return request;
  }
  void TeachAtHome(const std::string& name) {
    ASSERT_TRUE(Advise(name).ok());
    ASSERT_TRUE(Propose(Placing(name, "HOME_TEACHING")).ok());
    const auto decided = Decide(name);
    ASSERT_TRUE(decided.ok()) << decided.status();
  }
  v1::RecordHomeLessonRequest Teaching(const std::string& name, int lessons = 3) const {
    v1::RecordHomeLessonRequest request = Of<v1::RecordHomeLessonRequest>("");
    request.set_parent(kCounty);
    request.mutable_lesson()->set_child(name);
    *request.mutable_lesson()->mutable_on() = DateOf(today);
    request.mutable_lesson()->set_lessons(lessons);
    request.mutable_lesson()->set_teacher("李老师");
    request.mutable_lesson()->set_note("认识颜色");
    return request;
  }
  v1::DisabledChild ChildOf(const std::string& id) {
    v1::GetDisabledChildRequest request;
    request.set_name(ChildName(id));
    return As("o", "411728", "GetDisabledChild", request, &Handlers::GetDisabledChild).value_or(v1::DisabledChild());
  }
  static std::string FindingsOf(const v1::DisabledChild& child) {
    return absl::StrJoin(child.findings(), " ",
                         [](std::string* out, const v1::PlacementFinding& one) { *out += one.code(); });
  }

  // --- Dossiers ---
  static std::string DossierName(const std::string& person) { return absl::StrCat(kCounty, "/dossiers/", person); }
  v1::PutDossierRequest Putting(const std::string& person) const {
    v1::PutDossierRequest request = Of<v1::PutDossierRequest>("");
    request.mutable_dossier()->set_name(DossierName(person));
    request.mutable_dossier()->add_kinds("OWN_ILLNESS");
    request.mutable_dossier()->set_health("哮喘");
    request.mutable_dossier()->set_living("GRANDPARENTS");
    return request;
  }
  absl::StatusOr<v1::Dossier> Put(const v1::PutDossierRequest& request, const std::string& area = "411728") {
    return As("teacher", area, "PutDossier", request, &Handlers::PutDossier);
  }
  v1::RecordCareEventRequest Caring(const std::string& name) const {
    v1::RecordCareEventRequest request = Of<v1::RecordCareEventRequest>(name);
    request.mutable_event()->set_kind("HOME_VISIT");
    *request.mutable_event()->mutable_on() = DateOf(today);
    request.mutable_event()->set_by("李老师");
    request.mutable_event()->set_result("祖母身体尚好");
    return request;
  }
  v1::RecordPsychologicalNoteRequest Noting(const std::string& dossier) const {
    v1::RecordPsychologicalNoteRequest request = Of<v1::RecordPsychologicalNoteRequest>("");
    request.set_parent(kCounty);
    request.mutable_note()->set_dossier(dossier);
    *request.mutable_note()->mutable_on() = DateOf(today);
    request.mutable_note()->set_text("近来不愿说话");
    return request;
  }
  v1::Dossier DossierOf(const std::string& person) {
    v1::GetDossierRequest request;
    request.set_name(DossierName(person));
    return As("o", "411728", "GetDossier", request, &Handlers::GetDossier).value_or(v1::Dossier());
  }
};

}  // namespace ruraledu::dropout_monitoring
