// aid applications, aid restrictions: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kName[] = "counties/411728/applications/p1.2023-2024-1.SP_LIV_B_JUN";
constexpr char kSchool[] = "counties/411728/schools/s1";

class ApplicationTest : public CliTest {
 protected:
  rpc::FakeClient& service() { return services_["student_aid"]; }
  template <typename Request>
  std::shared_ptr<Request> Record(const std::string& method) {
    v1::Application application;
    application.set_name(kName);
    application.set_state(v1::APPLICATION_STATE_SUSPENDED);
    application.set_amount_fen(6250000);
    return Answers<Request>(method, application);
  }
  template <typename Request>
  std::shared_ptr<Request> Rows(const std::string& method) {
    v1::BatchApplicationsResponse answer;
    answer.add_rows()->set_name(kName);
    v1::IdentificationRow* refused = answer.add_rows();
    refused->set_name("counties/411728/applications/p2.2023-2024-1.SP_NUTR");
    refused->set_reason("NOTICE_RUNNING");
    return Answers<Request>(method, answer);
  }
};

TEST_F(ApplicationTest, AreProposedOrPreviewed) {
  const auto seen = Answers<v1::ProposeApplicationsRequest>("ProposeApplications", [] {
    ruraledu::jobs::v1::Job job;
    job.set_name("counties/411728/jobs/j1");
    return job;
  }());
  v1::ApplicationRunResult result;
  v1::ApplicationImpact* impact = result.add_impacts();
  impact->set_change(v1::APPLICATION_CHANGE_WITHDRAWN);
  impact->set_cause(v1::ASSESSMENT_CAUSE_STANDARDS);
  impact->set_item("SP_NUTR");
  impact->set_applications(1234);
  impact->set_amount_change_fen(-4000000);
  ruraledu::jobs::v1::Job done;
  done.set_name("counties/411728/jobs/j1");
  done.set_state(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
  done.mutable_result()->PackFrom(result);
  Answers<ruraledu::jobs::v1::GetJobRequest>("GetJob", done);
  const Outcome out = Run({"aid", "applications", "propose", "--term", "2023-2024-1", "--preview", "--wait"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_TRUE(seen->preview());
  EXPECT_EQ(seen->parent(), "counties/411728");
  for (const char* text : {"WITHDRAWN", "STANDARDS", "1,234", "40,000.00"}) EXPECT_HAS(out.out, text);
  EXPECT_HAS(Run({"aid", "applications", "propose", "--term", "2023-2024-1"}).out, "jobs/j1");
  EXPECT_FALSE(seen->preview());
  EXPECT_EQ(Run({"aid", "applications", "propose"}).code, 2);
}

TEST_F(ApplicationTest, AreHandedInReviewedAndTakenBack) {
  const auto submitted = Rows<v1::BatchSubmitApplicationsRequest>("BatchSubmitApplications");
  const std::string file = Write("drafts.json", absl::StrCat(R"({"applications": [{"name": ")", kName,
                                                             R"(", "evidence": [{"kind": "LETTER"}]}]})"));
  const Outcome out = Run({"aid", "applications", "submit", file, "--dry-run"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(submitted->applications(0).evidence(0).kind(), "LETTER");
  EXPECT_TRUE(submitted->validate_only());
  EXPECT_HAS(out.out, "NOTICE_RUNNING");
  const auto school = Rows<v1::BatchReviewApplicationsRequest>("BatchSchoolReviewApplications");
  EXPECT_EQ(Run({"aid", "applications", "review", "--step", "school", "--decision", "accept", "--school", kSchool,
                 "--term", "2023-2024-1"})
                .code,
            0);
  EXPECT_EQ(school->school(), kSchool);
  EXPECT_EQ(school->decision(), v1::REVIEW_DECISION_ACCEPT);
  const auto county = Rows<v1::BatchReviewApplicationsRequest>("BatchCountyReviewApplications");
  EXPECT_EQ(
      Run({"aid", "applications", "review", "--step", "county", "--decision", "reject", "--reason", "x", kName}).code,
      0);
  EXPECT_EQ(county->applications(0), kName);
  EXPECT_EQ(county->reason(), "x");
  EXPECT_EQ(Run({"aid", "applications", "review", "--step", "class", "--decision", "accept", kName}).code, 2);
  const auto withdrawn = Rows<v1::BatchWithdrawApplicationsRequest>("BatchWithdrawApplications");
  EXPECT_EQ(Run({"aid", "applications", "withdraw", kName, "--reason", "x"}).code, 0);
  EXPECT_EQ(withdrawn->reason(), "x");
}

TEST_F(ApplicationTest, NoticesAreOfASchoolOrTheCounty) {
  const auto seen = Answers<v1::StartNoticeRequest>("StartNotice", v1::NoticeResponse());
  EXPECT_EQ(Run({"aid", "applications", "post", "--term", "2023-2024-1", "--school", kSchool, kName}).code, 0);
  EXPECT_EQ(seen->kind(), v1::NOTICE_KIND_SCHOOL_APPLICATIONS);
  EXPECT_EQ(seen->applications(0), kName);
  EXPECT_EQ(Run({"aid", "applications", "post", "--term", "2023-2024-1"}).code, 0);
  EXPECT_EQ(seen->kind(), v1::NOTICE_KIND_COUNTY_APPLICATIONS);
  v1::Notice notice;
  notice.add_entries()->set_item("SP_NUTR");
  Answers<v1::GetNoticeRequest>("GetNotice", notice);
  EXPECT_HAS(Run({"aid", "applications", "notice", "counties/411728/notices/n1"}).out, "SP_NUTR");
}

TEST_F(ApplicationTest, DisputesGoToTheMethodsOfApplications) {
  const auto objection = Record<v1::CreateObjectionRequest>("CreateApplicationObjection");
  const Outcome out = Run({"aid", "applications", "object", kName, "--ground", "two cars"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(objection->ground(), "two cars");
  EXPECT_HAS(out.out, "SUSPENDED");
  EXPECT_HAS(out.out, "62,500.00");
  const auto resolution = Record<v1::ResolveObjectionRequest>("ResolveApplicationObjection");
  EXPECT_EQ(Run({"aid", "applications", "resolve", kName, "--outcome", "excluded", "--reason", "seen"}).code, 0);
  EXPECT_EQ(resolution->outcome(), v1::OBJECTION_OUTCOME_EXCLUDED);
  EXPECT_EQ(Run({"aid", "applications", "resolve", kName, "--outcome", "level-changed", "--reason", "x"}).code, 2);
  const auto appeal = Record<v1::CreateAppealRequest>("CreateApplicationAppeal");
  EXPECT_EQ(Run({"aid", "applications", "appeal", kName, "--appellant", "father", "--ground", "ill"}).code, 0);
  EXPECT_EQ(appeal->appellant(), "father");
  const auto school = Record<v1::DecideAppealRequest>("DecideApplicationSchoolAppeal");
  const auto county = Record<v1::DecideAppealRequest>("DecideApplicationCountyAppeal");
  for (const char* step : {"school", "county"}) {
    EXPECT_EQ(
        Run({"aid", "applications", "decide", kName, "--step", step, "--decision", "grant", "--reason", "x"}).code, 0);
  }
  EXPECT_TRUE(school->granted() && county->granted());
}

TEST_F(ApplicationTest, AreListedAndShownWithTheirTables) {
  v1::ListApplicationsResponse page;
  page.add_applications()->set_disputed(true);
  const auto listed = Answers<v1::ListApplicationsRequest>("ListApplications", page);
  EXPECT_HAS(Run({"aid", "applications", "list", "--term", "2023-2024-1", "--state", "SUSPENDED", "--item", "SP_NUTR",
                  "--area", "411728103", "--disputed", "--overpaid"})
                 .out,
             "yes");
  EXPECT_EQ(listed->state(), v1::APPLICATION_STATE_SUSPENDED);
  EXPECT_EQ(listed->item(), "SP_NUTR");
  EXPECT_EQ(listed->area(), "areas/411728103");
  EXPECT_TRUE(listed->disputed_only() && listed->overpaid_only());
  EXPECT_EQ(Run({"aid", "applications", "list", "--term", "2023-2024-1", "--state", "LOST"}).code, 3);
  const auto got = Record<v1::GetApplicationRequest>("GetApplication");
  EXPECT_HAS(Run({"aid", "applications", "show", kName, "--unmask", "--purpose", "AID_REVIEW"}).out, "6250000");
  EXPECT_TRUE(got->unmask());
  v1::ListApplicationPoliciesResponse policies;
  v1::ApplicationPolicy* policy = policies.add_policies();
  policy->set_name("applicationPolicies/AP_CN@1");
  policy->set_notice_level(v1::NOTICE_LEVEL_BOTH);
  policy->add_approval_steps()->set_approvals(2);
  Answers<v1::ListApplicationPoliciesRequest>("ListApplicationPolicies", policies);
  const Outcome tables = Run({"aid", "applications", "policies"});
  EXPECT_HAS(tables.out, "AP_CN@1");
  EXPECT_HAS(tables.out, "BOTH");
}

TEST_F(ApplicationTest, RestrictionsArePutLiftedPassedOverAndListed) {
  v1::Restriction restriction;
  restriction.set_name("counties/411728/restrictions/r1");
  restriction.set_effect(v1::RESTRICTION_EFFECT_STOP_PAY);
  const auto put = Answers<v1::CreateRestrictionRequest>("CreateRestriction", restriction);
  const Outcome out = Run({"aid", "restrictions", "put", "p1", "--code", "RECOVERY_OPEN", "--reason", "x"});
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(put->code(), "RECOVERY_OPEN");
  EXPECT_HAS(out.out, "STOP_PAY");
  const auto lift = Answers<v1::LiftRestrictionRequest>("LiftRestriction", restriction);
  EXPECT_EQ(Run({"aid", "restrictions", "lift", restriction.name(), "--reason", "x", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(lift->etag(), "\"7\"");
  const auto bypass = Answers<v1::BypassRestrictionRequest>("BypassRestriction", restriction);
  EXPECT_EQ(Run({"aid", "restrictions", "bypass", restriction.name(), "--application", kName, "--reason", "x"}).code,
            0);
  EXPECT_EQ(bypass->application(), kName);
  v1::ListRestrictionsResponse page;
  *page.add_restrictions() = restriction;
  const auto listed = Answers<v1::ListRestrictionsRequest>("ListRestrictions", page);
  EXPECT_HAS(Run({"aid", "restrictions", "list", "--student", "p1"}).out, "r1");
  EXPECT_EQ(listed->student(), "p1");
  v1::ListRestrictionCodesResponse codes;
  codes.add_codes()->set_label_zh("多领款项未退回");
  Answers<v1::ListRestrictionCodesRequest>("ListRestrictionCodes", codes);
  EXPECT_HAS(Run({"aid", "restrictions", "codes"}).out, "多领款项未退回");
}

}  // namespace
}  // namespace ruraledu::cli
