// The county of application_fixture.h with households whose pupils learn elsewhere, and a pupil from elsewhere.
//
//   q1  boards in grade 8 in the other county, household P2 here; left this county, which still has the record
//   q2  like q1, household P3: not asked for          q3  household M2 here, the registry of this county never had it
//   r1  learns here, household M1 of the other county
#pragma once

#include "common/base/enum_text.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/outward_rules.h"
#include "services/student_aid/outward_run.h"
#include "services/student_aid/outward_store.h"
#include "tests/student_aid/application_fixture.h"

namespace ruraledu::student_aid {

class OutwardFixture : public ApplicationFixture {
 protected:
  static constexpr char kThere[] = "500243";

  explicit OutwardFixture(db::Options options = {}) : ApplicationFixture(std::move(options)) {
    On(10, 9);
    registry.Put(School(kOther, "s9", "500243101"));
    Elsewhere("q1", "P2");
    Elsewhere("q2", "P3");
    Elsewhere("q3", "M2");
    Moved("q1");
    Moved("q2");
    registry_v1::Student r1 = Student("r1", "JUN", "8");
    registry_v1::Household home = Household("h-r1", {"M1"}, {}, kOther);
    home.set_village("500243101001");
    *home.add_members() = MemberOf(r1.name());
    registry.Put(home);
    r1.set_household(home.name());
    registry.Put(r1);
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  static registry_v1::HouseholdMember MemberOf(const std::string& student) {
    registry_v1::HouseholdMember member;
    member.set_student(student);
    member.set_match("EXACT");
    *member.mutable_valid_from() = Date(20150101);
    return member;
  }
  void Elsewhere(const std::string& person, const std::string& kind) {
    registry_v1::Student pupil = Student(person, "JUN", "8", true, {}, kOther, "s9");
    registry_v1::Household home = Household("h-" + person, {kind}, {});
    *home.add_members() = MemberOf(pupil.name());
    registry.Put(home);
    pupil.set_household(home.name());
    registry.Put(pupil);
  }
  void Moved(const std::string& person) {
    registry_v1::Student left = Student(person, "JUN", "8");
    *left.mutable_enrolments(0)->mutable_valid_to() = Date(20230101);
    left.set_moved_to(absl::StrCat(kOther, "/students/", person));
    registry.Put(left);
  }

  static std::string CaseName(const std::string& person) {
    return absl::StrCat(kCounty, "/outwardCases/", person, ".", kAutumn);
  }
  v1::OutwardCase Case(const std::string& person) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto root = aid.place.database->Read([&](db::Transaction& tx) {
      return feed::Load<v1::OutwardCase>(tx, *sealer, kOutwardCases, "c411728", absl::StrCat(person, ".", kAutumn));
    });
    EXPECT_TRUE(root.ok()) << root.status();
    return root.ok() && root->has_value() ? **root : v1::OutwardCase();
  }
  std::string StateOfCase(const std::string& person) { return EnumText(Case(person).state()); }

  static v1::OpenOutwardCasesRequest Opening(const std::string& term = kAutumn) {
    v1::OpenOutwardCasesRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::OutwardRunResult> Look() {
    const auto job = As("officer", "OpenOutwardCases", Opening(), &Handlers::OpenOutwardCases);
    RETURN_IF_ERROR(job.status());
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))));
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    ASSIGN_OR_RETURN(const auto done, As("officer", "GetJob", get, &Handlers::GetJob));
    v1::OutwardRunResult result;
    EXPECT_TRUE(done.result().UnpackTo(&result));
    return result;
  }
  static v1::OutwardEntry Entry(const std::string& student, const std::string& name = "") {
    v1::OutwardEntry entry;
    entry.set_student(student);
    entry.set_display_name(name);
    entry.set_direction(v1::OUTWARD_DIRECTION_OUT);
    entry.set_other_county(kThere);
    entry.set_school_name("某中学");
    entry.set_stage("JUN");
    entry.set_grade("8");
    entry.set_boarding(true);
    if (student.empty()) entry.add_kinds("P2");
    return entry;
  }
  static v1::BatchEnterOutwardCasesRequest Entering(const std::vector<v1::OutwardEntry>& entries) {
    v1::BatchEnterOutwardCasesRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_request_id(NewId());
    for (const auto& entry : entries) *request.add_entries() = entry;
    return request;
  }
  absl::StatusOr<v1::BatchOutwardCasesResponse> Enter(const std::vector<v1::OutwardEntry>& entries) {
    return As("officer", "BatchEnterOutwardCases", Entering(entries), &Handlers::BatchEnterOutwardCases);
  }
  static v1::BatchAskOutwardCasesRequest Asking(const std::vector<std::string>& persons,
                                                const std::string& letter = "函〔2023〕1号") {
    v1::BatchAskOutwardCasesRequest request;
    request.set_parent(kCounty);
    request.set_letter(letter);
    request.set_request_id(NewId());
    for (const std::string& person : persons) request.add_cases(CaseName(person));
    return request;
  }
  absl::StatusOr<v1::BatchOutwardCasesResponse> Ask(const std::vector<std::string>& persons,
                                                    const std::string& letter = "函〔2023〕1号",
                                                    const std::string& by = "officer") {
    return As(by, "BatchAskOutwardCases", Asking(persons, letter), &Handlers::BatchAskOutwardCases);
  }
  static v1::BatchAnswerOutwardCasesRequest Answering(
      const std::vector<std::pair<std::string, v1::OutwardResult>>& answers) {
    v1::BatchAnswerOutwardCasesRequest request;
    request.set_parent(kCounty);
    request.set_answer_letter("复函〔2023〕7号");
    request.set_request_id(NewId());
    for (const auto& [person, result] : answers) {
      v1::OutwardAnswer* answer = request.add_answers();
      answer->set_name(CaseName(person));
      answer->set_result(result);
      if (result == v1::OUTWARD_RESULT_AIDED_THERE) {
        answer->add_items()->set_label("营养膳食补助");
        answer->mutable_items(0)->set_amount_fen(40000);
      }
    }
    return request;
  }
  absl::StatusOr<v1::BatchOutwardCasesResponse> Answer(
      const std::vector<std::pair<std::string, v1::OutwardResult>>& answers) {
    return As("officer", "BatchAnswerOutwardCases", Answering(answers), &Handlers::BatchAnswerOutwardCases);
  }
  static v1::ProposeOutwardBackfillRequest Proposing(const std::string& person) {
    v1::ProposeOutwardBackfillRequest request;
    request.set_name(CaseName(person));
    request.set_reason("就读地函复未纳入");
    request.set_request_id(NewId());
    return request;
  }
  static v1::DecideOutwardBackfillRequest Deciding(const std::string& person, bool approved = true) {
    v1::DecideOutwardBackfillRequest request;
    request.set_name(CaseName(person));
    request.set_approved(approved);
    request.set_reason("同意");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::OutwardCase> Propose(const std::string& person) {
    return As("officer", "ProposeOutwardBackfill", Proposing(person), &Handlers::ProposeOutwardBackfill);
  }
  absl::StatusOr<v1::OutwardCase> Decide(const std::string& person, bool approved = true,
                                         const std::string& by = "leader") {
    return As(by, "DecideOutwardBackfill", Deciding(person, approved), &Handlers::DecideOutwardBackfill);
  }
  // To the proposal, the school county having said no.
  void BringToProposal(const std::string& person) {
    EXPECT_EQ(Reasons(Ask({person})), "-");
    EXPECT_EQ(Reasons(Answer({{person, v1::OUTWARD_RESULT_NOT_AIDED_THERE}})), "-");
    const auto proposed = Propose(person);
    EXPECT_TRUE(proposed.ok()) << proposed.status();
  }

  static v1::BatchEnterGraduatesRequest Graduating(const std::vector<std::string>& persons, int year = 2023) {
    v1::BatchEnterGraduatesRequest request;
    request.set_parent(kCounty);
    request.set_graduating_year(year);
    request.set_request_id(NewId());
    for (const std::string& person : persons) {
      v1::GraduateEnrolment* one = request.add_graduates();
      one->set_student(person);
      one->set_responsible("teacher-1");
    }
    return request;
  }
  static v1::AddGraduateEntryRequest Adding(const std::string& person,
                                            const std::function<void(v1::AddGraduateEntryRequest*)>& entry) {
    v1::AddGraduateEntryRequest request;
    request.set_name(absl::StrCat(kCounty, "/graduates/", person, ".2023"));
    request.set_request_id(NewId());
    entry(&request);
    return request;
  }
  static v1::CreatePublicityActivityRequest Publishing(const std::string& school = "s1", int asked = 0, int aware = 0) {
    v1::CreatePublicityActivityRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    v1::PublicityActivity* activity = request.mutable_activity();
    activity->set_channel("HANDBOOK");
    activity->set_title("资助政策手册进班级");
    *activity->mutable_on() = Date(20230910);
    activity->set_pupils(45);
    activity->set_asked(asked);
    activity->set_aware(aware);
    if (school.empty()) {
      activity->set_village("411728103001");
    } else {
      activity->set_school(absl::StrCat(kCounty, "/schools/", school));
    }
    return request;
  }
};

}  // namespace ruraledu::student_aid
