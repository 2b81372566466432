// A term of aid in small: the county of identification_fixture.h with its decisions, applications and a comparison, and
// people with their parts.
#pragma once

#include "common/base/enum_text.h"
#include "services/student_aid/application_rules.h"
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {

class ApplicationFixture : public IdentificationFixture {
 protected:
  static constexpr char kLiving[] = "SP_LIV_B_JUN";  // of p1, 62500 fen
  static constexpr char kNutrition[] = "SP_NUTR";    // of p1 and nobody else

  explicit ApplicationFixture(db::Options options = {}) : IdentificationFixture(std::move(options)) {
    registry.Put(Student("p5", "JUN", "7", true));          // a boarder who is no hardship pupil yet
    registry.Put(Student("p6", "JUN", "7", true, {"E1"}));  // an accident: paper is needed
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  static std::string AppName(const std::string& person, const std::string& item = kLiving) {
    return absl::StrCat(kCounty, "/applications/", person, ".", kAutumn, ".", item);
  }
  // The decisions and, out of them, the applications as they are now.
  void Decide() {
    EXPECT_TRUE(aid.CatchUp().ok());
    const auto run = aid.Entitle();
    EXPECT_TRUE(run.ok()) << run.status();
  }
  static v1::ProposeApplicationsRequest Proposing(bool preview = false, const std::string& term = kAutumn) {
    v1::ProposeApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_preview(preview);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::ApplicationRunResult> Work(const v1::ProposeApplicationsRequest& request) {
    const auto job = As("officer", "ProposeApplications", request, &Handlers::ProposeApplications);
    RETURN_IF_ERROR(job.status());
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))));
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    ASSIGN_OR_RETURN(const auto done, As("officer", "GetJob", get, &Handlers::GetJob));
    v1::ApplicationRunResult result;
    EXPECT_TRUE(done.result().UnpackTo(&result));
    return result;
  }
  // "CHANGE CAUSE item n fen", one per impact, of a run after new decisions.
  std::vector<std::string> Renew(bool preview = false) {
    Decide();
    const auto result = Work(Proposing(preview));
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<std::string> lines;
    if (!result.ok()) return lines;
    for (const v1::ApplicationImpact& impact : result->impacts()) {
      lines.push_back(absl::StrCat(v1::ApplicationChange_Name(impact.change()).substr(19), " ",
                                   v1::AssessmentCause_Name(impact.cause()).substr(17), " ", impact.item(), " ",
                                   impact.applications(), " ", impact.amount_change_fen()));
    }
    return lines;
  }

  // The whole record, sealed parts too; without a state when there is none.
  v1::Application App(const std::string& name) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto root = aid.place.database->Read([&](db::Transaction& tx) {
      return feed::Load<v1::Application>(tx, *sealer, kApplications, "c411728", feed::IdOfName(name));
    });
    EXPECT_TRUE(root.ok()) << root.status();
    return root.ok() && root->has_value() ? **root : v1::Application();
  }
  std::string StateOf(const std::string& name) { return EnumText(App(name).state()); }
  // Changes a record as somebody else's part of the service would.
  void Change(const std::string& name, const std::function<absl::Status(v1::Application*)>& change) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const v1::Application before = App(name);
    v1::Application after = before;
    const absl::Status changed = change(&after);
    ASSERT_TRUE(changed.ok()) << changed;
    const auto written = aid.place.database->Write("c411728", [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"job:pay", "pay"}, aid.host().NewCounters());
      RETURN_IF_ERROR(writer.Put(kApplications, &before, after, "PAY").status());
      return writer.Finish().status();
    });
    ASSERT_TRUE(written.ok()) << written;
  }
  void Pay(const std::string& name, bool bank = true) {
    Change(name, [&](v1::Application* application) -> absl::Status {
      RETURN_IF_ERROR(StepApplication({"payer", clock.Today(), ""}, "order", "", application));
      if (!bank) return absl::OkStatus();
      application->set_paid_fen(application->amount_fen());
      *application->mutable_paid_on() = DateOf(clock.Today());
      return StepApplication({"job:bank", clock.Today(), ""}, "pay", "", application);
    });
  }

  static v1::BatchSubmitApplicationsRequest HandingIn(const std::vector<std::string>& names, bool evidence = true) {
    v1::BatchSubmitApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const std::string& name : names) {
      v1::ApplicationSubmission* one = request.add_applications();
      one->set_name(name);
      if (evidence) one->add_evidence()->set_kind("PROMISE");
    }
    return request;
  }
  absl::StatusOr<v1::BatchApplicationsResponse> HandIn(const std::vector<std::string>& names,
                                                       const std::string& by = "teacher") {
    return As(by, "BatchSubmitApplications", HandingIn(names), &Handlers::BatchSubmitApplications);
  }
  // Those named, or of the school when there are none.
  static v1::BatchReviewApplicationsRequest ReviewOf(const std::vector<std::string>& names, bool accept = true) {
    v1::BatchReviewApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.set_decision(accept ? v1::REVIEW_DECISION_ACCEPT : v1::REVIEW_DECISION_REJECT);
    if (!accept) request.set_reason("核实不符");
    for (const std::string& name : names) request.add_applications(name);
    if (names.empty()) {
      request.set_school(absl::StrCat(kCounty, "/schools/s1"));
      request.set_term(kAutumn);
    }
    return request;
  }
  absl::StatusOr<v1::BatchApplicationsResponse> BySchool(const std::vector<std::string>& names, bool accept = true,
                                                         const std::string& by = "school") {
    return As(by, "BatchSchoolReviewApplications", ReviewOf(names, accept), &Handlers::BatchSchoolReviewApplications);
  }
  absl::StatusOr<v1::BatchApplicationsResponse> ByCounty(const std::vector<std::string>& names, bool accept = true,
                                                         const std::string& by = "county") {
    return As(by, "BatchCountyReviewApplications", ReviewOf(names, accept), &Handlers::BatchCountyReviewApplications);
  }
  static v1::StartNoticeRequest Listing(const std::vector<std::string>& names,
                                        v1::NoticeKind kind = v1::NOTICE_KIND_SCHOOL_APPLICATIONS) {
    v1::StartNoticeRequest request;
    request.set_parent(kCounty);
    if (kind == v1::NOTICE_KIND_SCHOOL_APPLICATIONS) request.set_school(absl::StrCat(kCounty, "/schools/s1"));
    request.set_term(kAutumn);
    request.set_kind(kind);
    request.set_request_id(NewId());
    for (const std::string& name : names) request.add_applications(name);
    return request;
  }
  absl::StatusOr<v1::NoticeResponse> List(const std::vector<std::string>& names,
                                          v1::NoticeKind kind = v1::NOTICE_KIND_SCHOOL_APPLICATIONS,
                                          const std::string& by = "school") {
    return As(by, "StartNotice", Listing(names, kind), &Handlers::StartNotice);
  }
  static v1::BatchWithdrawApplicationsRequest TakingBack(const std::vector<std::string>& names) {
    v1::BatchWithdrawApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_reason("家长放弃");
    request.set_request_id(NewId());
    for (const std::string& name : names) request.add_applications(name);
    return request;
  }
  absl::StatusOr<v1::BatchApplicationsResponse> TakeBack(const std::vector<std::string>& names) {
    return As("teacher", "BatchWithdrawApplications", TakingBack(names), &Handlers::BatchWithdrawApplications);
  }
  // The same requests as of identifications, about an application.
  template <typename Request>
  static Request About(Request request, const std::string& name) {
    request.set_name(name);
    return request;
  }
  absl::StatusOr<v1::Application> ObjectTo(const std::string& name) {
    return As("clerk", "CreateApplicationObjection", About(Objecting(""), name), &Handlers::CreateApplicationObjection);
  }
  absl::StatusOr<v1::Application> Answer(const std::string& name, v1::ObjectionOutcome outcome,
                                         const std::string& by = "school") {
    return As(by, "ResolveApplicationObjection", About(Resolving("", outcome), name),
              &Handlers::ResolveApplicationObjection);
  }
  absl::StatusOr<v1::Application> AppealFor(const std::string& name) {
    return As("clerk", "CreateApplicationAppeal", About(Appealing(""), name), &Handlers::CreateApplicationAppeal);
  }
  absl::StatusOr<v1::Application> HearAtSchool(const std::string& name, bool granted,
                                               const std::string& by = "leader") {
    return As(by, "DecideApplicationSchoolAppeal", About(Deciding("", granted), name),
              &Handlers::DecideApplicationSchoolAppeal);
  }
  absl::StatusOr<v1::Application> HearAtCounty(const std::string& name, bool granted,
                                               const std::string& by = "county") {
    return As(by, "DecideApplicationCountyAppeal", About(Deciding("", granted), name),
              &Handlers::DecideApplicationCountyAppeal);
  }
  v1::CreateRestrictionRequest Restricting(const std::string& person, const std::string& code) {
    v1::CreateRestrictionRequest request;
    request.set_parent(kCounty);
    request.set_student(person);
    request.set_code(code);
    request.set_reason("材料不实");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Restriction> Restrict(const std::string& person, const std::string& code) {
    return As("officer", "CreateRestriction", Restricting(person, code), &Handlers::CreateRestriction);
  }
  template <typename Request>
  static Request Relieving(const std::string& name) {
    Request request;
    request.set_name(name);
    request.set_reason("已核实");
    request.set_request_id(NewId());
    return request;
  }

  // From its proposal to a state, under the notice level SCHOOL: the list hangs from 18 to 25 September, the county
  // approves on the 26th.
  void BringApp(const std::string& name, const std::string& state) {
    On(9, 18);
    if (state == "SUBMITTED") return;
    if (state == "REJECTED") {
      EXPECT_EQ(Reasons(BySchool({name}, false)), "-");
      return;
    }
    EXPECT_EQ(Reasons(BySchool({name})), "-") << name;
    if (state == "SCHOOL_APPROVED") return;
    EXPECT_EQ(Reasons(List({name})), "-");
    if (state == "SUSPENDED") {
      EXPECT_TRUE(ObjectTo(name).ok());
    }
    if (state == "ON_SCHOOL_NOTICE" || state == "SUSPENDED") return;
    On(9, 26);
    EXPECT_EQ(Reasons(ByCounty({name})), "-");
  }
};

}  // namespace ruraledu::student_aid
