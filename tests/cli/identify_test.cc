// aid identify: which call each command makes, and what it shows.
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
using ruraledu::jobs::v1::Job;

constexpr char kName[] = "counties/411728/identifications/p1.2023-2024";
constexpr char kSecond[] = "counties/411728/identifications/p2.2023-2024";

class IdentifyTest : public CliTest {
 protected:
  rpc::FakeClient& service() { return services_["student_aid"]; }
  // The request of a method that answers a record.
  template <typename Request>
  std::shared_ptr<Request> Record(const std::string& method) {
    auto seen = std::make_shared<Request>();
    service().On<Request, v1::Identification>(method, [seen](const Request& request) {
      *seen = request;
      v1::Identification record;
      record.set_name(kName);
      record.set_state(v1::IDENTIFICATION_STATE_APPLIED);
      record.set_level(3);
      return record;
    });
    return seen;
  }
  template <typename Request>
  std::shared_ptr<Request> Rows(const std::string& method) {
    auto seen = std::make_shared<Request>();
    service().On<Request, v1::BatchIdentificationsResponse>(method, [seen](const Request& request) {
      *seen = request;
      v1::BatchIdentificationsResponse answer;
      answer.add_rows()->set_name(kName);
      v1::IdentificationRow* refused = answer.add_rows();
      refused->set_name("counties/411728/identifications/p2.2023-2024");
      refused->set_reason("EVIDENCE_REQUIRED");
      return answer;
    });
    return seen;
  }
};

TEST_F(IdentifyTest, AClassIsHandedInFromAFile) {
  const auto seen = Rows<v1::BatchSubmitIdentificationsRequest>("BatchSubmitIdentifications");
  const std::string file = Write(
      "class.json",
      R"({"applications": [{"student": "p1", "origin": "IDENTIFICATION_ORIGIN_FAMILY", "factors": [{"factor": "INCOME", "value": "900"}]}]})");
  const Outcome done = Run({"aid", "identify", "submit", file, "--term", "2023-2024-1", "--dry-run"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(seen->parent(), "counties/411728");
  EXPECT_EQ(seen->applications(0).factors(0).value(), 900);
  EXPECT_TRUE(seen->validate_only());
  EXPECT_HAS(done.out, "EVIDENCE_REQUIRED");
  EXPECT_HAS(done.out, "OK");
  EXPECT_EQ(Run({"aid", "identify", "submit", file}).code, 2) << "the term decides the school year";
  EXPECT_EQ(Run({"aid", "identify", "submit", Write("bad.json", "{"), "--term", "2023-2024-1"}).code, 3);
}

TEST_F(IdentifyTest, StepsOfOneRecord) {
  const auto review = Record<v1::ReviewIdentificationRequest>("SchoolReviewIdentification");
  const Outcome reviewed = Run({"aid", "identify", "review", kName, "--step", "school", "--decision", "accept",
                                "--level", "2", "--reason", "visited", "--evidence", "HOME_VISIT"});
  EXPECT_EQ(reviewed.code, 0) << reviewed.err;
  EXPECT_EQ(review->decision(), v1::REVIEW_DECISION_ACCEPT);
  EXPECT_EQ(review->level(), 2);
  EXPECT_EQ(review->evidence(0).kind(), "HOME_VISIT");
  EXPECT_HAS(reviewed.out, "APPLIED");
  const auto by_class = Record<v1::ReviewIdentificationRequest>("ClassReviewIdentification");
  EXPECT_EQ(Run({"aid", "identify", "review", kName, "--step", "class", "--decision", "reject", "--reason", "x"}).code,
            0);
  EXPECT_EQ(by_class->decision(), v1::REVIEW_DECISION_REJECT);
  EXPECT_EQ(Run({"aid", "identify", "review", kName, "--step", "county", "--decision", "accept"}).code, 2);
  std::vector<std::string> asked;
  service().On<v1::ReviewIdentificationRequest, v1::Identification>(
      "SchoolReviewIdentification",
      [&](const v1::ReviewIdentificationRequest& request) -> absl::StatusOr<v1::Identification> {
        asked.push_back(request.name());
        return asked.size() == 1 ? absl::StatusOr<v1::Identification>(Fail("STATE_TRANSITION")) : v1::Identification();
      });
  const Outcome several =
      Run({"aid", "identify", "review", kName, kSecond, "--step", "school", "--decision", "accept"});
  EXPECT_EQ(several.code, 0) << several.err;
  EXPECT_EQ(asked, (std::vector<std::string>{kName, kSecond})) << "one that is refused does not keep the other";
  EXPECT_HAS(several.out, "STATE_TRANSITION");
  EXPECT_HAS(several.out, "OK");
  const auto open = Record<v1::CreateIdentificationRequest>("CreateIdentification");
  EXPECT_EQ(Run({"aid", "identify", "open", "p1", "--year", "2023-2024"}).code, 0);
  EXPECT_EQ(open->school_year(), "2023-2024");
  const auto objection = Record<v1::CreateObjectionRequest>("CreateObjection");
  EXPECT_EQ(Run({"aid", "identify", "object", kName, "--ground", "two cars"}).code, 0);
  EXPECT_EQ(objection->ground(), "two cars");
  const auto resolution = Record<v1::ResolveObjectionRequest>("ResolveObjection");
  EXPECT_EQ(Run({"aid", "identify", "resolve", kName, "--objection", "2", "--outcome", "level-changed", "--level", "2",
                 "--reason", "seen"})
                .code,
            0);
  EXPECT_EQ(resolution->objection(), 2);
  EXPECT_EQ(resolution->outcome(), v1::OBJECTION_OUTCOME_LEVEL_CHANGED);
  EXPECT_EQ(Run({"aid", "identify", "resolve", kName, "--outcome", "excluded", "--reason", "seen"}).code, 0);
  EXPECT_EQ(resolution->outcome(), v1::OBJECTION_OUTCOME_EXCLUDED);
  EXPECT_EQ(resolution->objection(), 1);
  EXPECT_EQ(Run({"aid", "identify", "resolve", kName, "--outcome", "unfounded", "--reason", "seen"}).code, 0);
  EXPECT_EQ(resolution->outcome(), v1::OBJECTION_OUTCOME_UNFOUNDED);
  const auto appeal = Record<v1::CreateAppealRequest>("CreateAppeal");
  EXPECT_EQ(Run({"aid", "identify", "appeal", kName, "--appellant", "father", "--ground", "ill"}).code, 0);
  EXPECT_EQ(appeal->appellant(), "father");
  const auto school = Record<v1::DecideAppealRequest>("DecideSchoolAppeal");
  const auto county = Record<v1::DecideAppealRequest>("DecideCountyAppeal");
  EXPECT_EQ(
      Run({"aid", "identify", "decide", kName, "--step", "school", "--decision", "dismiss", "--reason", "x"}).code, 0);
  EXPECT_FALSE(school->granted());
  EXPECT_EQ(Run({"aid", "identify", "decide", kName, "--step", "county", "--decision", "grant", "--reason", "x"}).code,
            0);
  EXPECT_TRUE(county->granted());
}

TEST_F(IdentifyTest, ANoticeIsPostedShownAndClosed) {
  v1::StartNoticeRequest seen;
  const auto answer = [](const auto&) {
    v1::NoticeResponse response;
    response.mutable_notice()->set_name("counties/411728/notices/n1");
    response.mutable_notice()->mutable_ends_on()->set_year(2023);
    response.mutable_notice()->mutable_ends_on()->set_month(9);
    response.mutable_notice()->mutable_ends_on()->set_day(25);
    response.add_rows()->set_name(kName);
    return response;
  };
  service().On<v1::StartNoticeRequest, v1::NoticeResponse>("StartNotice", [&](const auto& request) {
    seen = request;
    return answer(request);
  });
  service().On<v1::CloseNoticeRequest, v1::NoticeResponse>("CloseNotice", answer);
  const Outcome posted =
      Run({"aid", "identify", "post", kName, "--school", "counties/411728/schools/s1", "--term", "2023-2024-1"});
  EXPECT_EQ(posted.code, 0) << posted.err;
  EXPECT_EQ(seen.identifications(0), kName);
  EXPECT_HAS(posted.out, "2023-09-25");
  EXPECT_HAS(Run({"aid", "identify", "close", "counties/411728/notices/n1"}).out, "notices/n1");
  service().On<v1::GetNoticeRequest, v1::Notice>("GetNotice", [](const auto&) {
    v1::Notice notice;
    notice.add_entries()->set_masked_name("王**");
    return notice;
  });
  EXPECT_HAS(Run({"aid", "identify", "notice", "counties/411728/notices/n1"}).out, "王**");
  service().On<v1::ListNoticesRequest, v1::ListNoticesResponse>("ListNotices", [](const auto& request) {
    EXPECT_TRUE(request.running_only());
    v1::ListNoticesResponse page;
    page.add_notices()->set_state(v1::NOTICE_STATE_RUNNING);
    return page;
  });
  EXPECT_HAS(Run({"aid", "identify", "notices", "--running"}).out, "RUNNING");
}

TEST_F(IdentifyTest, RecordsAreListedShownAndReplayed) {
  service().On<v1::ListIdentificationsRequest, v1::ListIdentificationsResponse>(
      "ListIdentifications", [](const auto& request) {
        EXPECT_EQ(request.state(), v1::IDENTIFICATION_STATE_ON_NOTICE);
        EXPECT_EQ(request.area(), "areas/411728103");
        EXPECT_TRUE(request.disputed_only());
        v1::ListIdentificationsResponse page;
        page.add_identifications()->set_disputed(true);
        return page;
      });
  EXPECT_HAS(Run({"aid", "identify", "list", "--year", "2023-2024", "--state", "ON_NOTICE", "--area", "411728103",
                  "--disputed"})
                 .out,
             "yes");
  EXPECT_EQ(Run({"aid", "identify", "list", "--year", "2023-2024", "--state", "LOST"}).code, 3);
  const auto got = Record<v1::GetIdentificationRequest>("GetIdentification");
  EXPECT_HAS(Run({"aid", "identify", "show", kName, "--unmask", "--purpose", "AID_REVIEW"}).out, "\"level\": 3");
  EXPECT_TRUE(got->unmask());
  EXPECT_EQ(Run({"aid", "identify", "show", kName, "--unmask"}).code, 2);
  bool same = true;
  service().On<v1::ReplayIdentificationRequest, v1::ReplayIdentificationResponse>(
      "ReplayIdentification", [&](const auto&) {
        v1::ReplayIdentificationResponse answer;
        answer.set_same(same);
        return answer;
      });
  EXPECT_EQ(Run({"aid", "identify", "replay", kName}).code, 0);
  same = false;
  EXPECT_HAS(Run({"aid", "identify", "replay", kName}).err, "CLI_REPLAY_DIFFERS");
}

TEST_F(IdentifyTest, TablesScoresAdjustmentsAndTheFile) {
  service().On<v1::ListIdentificationPoliciesRequest, v1::ListIdentificationPoliciesResponse>(
      "ListIdentificationPolicies", [](const auto& request) {
        EXPECT_EQ(request.region_code(), "411728000000");
        v1::ListIdentificationPoliciesResponse answer;
        auto* policy = answer.add_policies();
        policy->set_name("identificationPolicies/ID_CN@1");
        policy->add_levels()->set_label_zh("特别困难");
        policy->add_kinds()->set_kind("X2");
        policy->add_factors()->set_factor("INCOME");
        return answer;
      });
  const Outcome policies = Run({"aid", "identify", "policies", "--region", "411728000000", "--term", "2023-2024-1"});
  EXPECT_HAS(policies.out, "ID_CN@1");
  EXPECT_HAS(policies.out, "特别困难");
  EXPECT_HAS(policies.out, "X2");
  EXPECT_HAS(policies.out, "INCOME");
  service().On<v1::EvaluateIdentificationRequest, v1::EvaluateIdentificationResponse>(
      "EvaluateIdentification", [](const auto& request) {
        v1::EvaluateIdentificationResponse answer;
        answer.set_level(request.facts().factors_size());
        answer.set_total_points(45);
        answer.add_applied()->set_factor("INCOME");
        return answer;
      });
  const std::string facts = Write("facts.json", R"({"facts": {"factors": [{"factor": "INCOME", "value": "900"}]}})");
  EXPECT_HAS(Run({"aid", "identify", "evaluate", "--facts", facts}).out, "LEVEL 1");
  const auto adjusting = Rows<v1::BatchAdjustIdentificationsRequest>("BatchAdjustIdentifications");
  const std::string file = Write("adjust.json", R"({"adjustments": [{"name": "x", "ended": true, "reason": "gone"}]})");
  EXPECT_EQ(Run({"aid", "identify", "adjust", file, "--term", "2023-2024-2"}).code, 0);
  EXPECT_TRUE(adjusting->adjustments(0).ended());
  EXPECT_EQ(adjusting->term(), "2023-2024-2");
  const auto archiving = Rows<v1::BatchArchiveIdentificationsRequest>("BatchArchiveIdentifications");
  EXPECT_EQ(Run({"aid", "identify", "archive", kName}).code, 0);
  EXPECT_EQ(archiving->identifications(0), kName);
}

TEST_F(IdentifyTest, ProposalsAreWaitedFor) {
  Job job;
  job.set_name("counties/411728/jobs/j1");
  job.set_state(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
  v1::ProposalResult result;
  result.set_proposed(1234);
  job.mutable_result()->PackFrom(result);
  service().On<v1::ProposeIdentificationsRequest, Job>("ProposeIdentifications", [&](const auto&) { return job; });
  service().On<ruraledu::jobs::v1::GetJobRequest, Job>("GetJob", [&](const auto&) { return job; });
  services_["registry"].On<ruraledu::feed::v1::ListShardsRequest, ruraledu::feed::v1::ListShardsResponse>(
      "ListShards", [](const auto&) { return ruraledu::feed::v1::ListShardsResponse(); });
  EXPECT_HAS(Run({"aid", "identify", "propose", "--term", "2023-2024-1", "--wait"}).out, "1,234");
  EXPECT_HAS(Run({"aid", "identify", "propose", "--term", "2023-2024-1"}).out, "jobs/j1");
}

}  // namespace
}  // namespace ruraledu::cli
