#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/feed/journal.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;
using ruraledu::jobs::v1::GetJobRequest;
using ruraledu::jobs::v1::Job;

class CommandsTest : public CliTest {};

TEST_F(CommandsTest, ErrorsShowReasonBothTextsAndViolations) {
  services_["registry"].On<registry::ListSchoolsRequest, registry::ListSchoolsResponse>(
      "ListSchools", [](const auto&) -> absl::StatusOr<registry::ListSchoolsResponse> {
        Violations violations;
        violations.Add("stage", "STAGE_UNKNOWN");
        violations.Add("parent", "FIELD_REQUIRED", {{"field", "parent"}});
        return violations.status();
      });
  const Outcome failed = Run({"schools", "list"});
  EXPECT_EQ(failed.code, 3);
  EXPECT_HAS(failed.err, "error STAGE_UNKNOWN: ");
  EXPECT_HAS(failed.err, ChineseText("STAGE_UNKNOWN"));
  EXPECT_HAS(failed.err, "  - parent: FIELD_REQUIRED");
  const Outcome json = Run({"schools", "list", "--json"});
  EXPECT_HAS(json.err, "\"reason\": \"STAGE_UNKNOWN\"");
  EXPECT_HAS(json.err, "\"locale\": \"zh-CN\"");
}

TEST_F(CommandsTest, ExitCodesFollowTheClassOfTheError) {
  const std::pair<const char*, int> codes[] = {{"NOT_FOUND", 4},         {"PERMISSION_DENIED", 5}, {"TOKEN_EXPIRED", 5},
                                               {"FEED_REPLACED", 6},     {"PEER_UNAVAILABLE", 7},  {"OVERLOADED", 7},
                                               {"DEADLINE_EXCEEDED", 7}, {"CANCELLED", 8},         {"INTERNAL", 1}};
  for (const auto& [reason, code] : codes) {
    services_["registry"].On<registry::GetStudentRequest, registry::Student>(
        "GetStudent", [reason = reason](const auto&) -> absl::StatusOr<registry::Student> { return Fail(reason); });
    EXPECT_EQ(Run({"students", "get", "counties/411728/students/1"}).code, code) << reason;
  }
}

TEST_F(CommandsTest, ListsFollowPagesAndAlign) {
  services_["registry"].On<registry::ListSchoolsRequest, registry::ListSchoolsResponse>(
      "ListSchools", [](const auto& request) {
        registry::ListSchoolsResponse page;
        registry::School* school = page.add_schools();
        school->set_display_name(request.page_token().empty() ? "遂平一中" : "玉山镇小学");
        school->set_state(registry::SCHOOL_STATE_OPEN);
        page.set_next_page_token(request.page_token().empty() ? "2" : "");
        return page;
      });
  const Outcome table = Run({"schools", "list"});
  EXPECT_HAS(table.out, "遂平一中");
  EXPECT_HAS(table.out, "玉山镇小学");
  EXPECT_HAS(table.out, "2 rows");
  const Outcome json = Run({"--json", "schools", "list"});
  EXPECT_HAS(json.out, "\"displayName\": \"玉山镇小学\"");
  EXPECT_EQ(json.out.find("nextPageToken"), std::string::npos);
}

TEST_F(CommandsTest, UnmaskingNamesAPurpose) {
  EXPECT_EQ(Run({"students", "get", "counties/411728/students/1", "--unmask"}).code, 2);
  EXPECT_EQ(Run({"aid", "gaps", "--term", "2023-2024-1", "--unmask"}).code, 2);
  EXPECT_EQ(Run({"export", "gaps", "--term", "2023-2024-1", "--out", Path("g.csv"), "--unmask"}).code, 2);
}

TEST_F(CommandsTest, GapsInClearSayWhyNot) {
  services_["student_aid"].On<aid::ListComparisonRowsRequest, aid::ListComparisonRowsResponse>(
      "ListComparisonRows", [](const auto& request) {
        EXPECT_TRUE(request.unmask());
        EXPECT_EQ(request.list(), aid::COMPARISON_LIST_UNSPECIFIED);
        aid::ListComparisonRowsResponse page;
        aid::ComparedPerson* person = page.add_persons();
        person->set_display_name("王小明");
        aid::WhyNot* why = person->add_why_not();
        why->set_item("SP_NUTR");
        why->set_reason("KIND_NOT_HELD");
        return page;
      });
  const Outcome table =
      Run({"aid", "gaps", "--term", "2023-2024-1", "--list", "all", "--unmask", "--purpose", "AID_REVIEW"});
  EXPECT_HAS(table.out, "王小明");
  EXPECT_HAS(table.out, "SP_NUTR:KIND_NOT_HELD");
}

TEST_F(CommandsTest, AveragesNameCountyAndSchools) {
  services_["student_aid"].On<aid::ListRunsRequest, aid::ListRunsResponse>("ListRuns", [](const auto&) {
    aid::ListRunsResponse page;
    aid::Run* open = page.add_runs();
    open->set_state(aid::RUN_STATE_RUNNING);
    aid::Run* run = page.add_runs();
    run->set_state(aid::RUN_STATE_CLOSED);
    aid::AverageCheck* check = run->add_averages();
    check->set_item("CN_HS_GRANT");
    check->mutable_mean()->set_numerator(110000);
    check->mutable_mean()->set_denominator(100000);
    aid::SchoolMean* off = check->add_schools_off();
    off->set_school("s1");
    *off->mutable_mean() = check->mean();
    return page;
  });
  const Outcome table = Run({"aid", "averages", "--term", "2023-2024-1"});
  EXPECT_HAS(table.out, "110.00%");
  EXPECT_HAS(table.out, "AVERAGE_OFF");
  EXPECT_HAS(table.out, "SCHOOL_MEAN_OFF");
}

TEST_F(CommandsTest, AnAverageWithinTheAllotmentIsNotOff) {  // DR-19: one of the two is enough
  services_["student_aid"].On<aid::ListRunsRequest, aid::ListRunsResponse>("ListRuns", [](const auto&) {
    aid::ListRunsResponse page;
    aid::Run* run = page.add_runs();
    run->set_state(aid::RUN_STATE_CLOSED);
    aid::AverageCheck* check = run->add_averages();
    check->set_item("CN_HS_GRANT");
    check->mutable_mean()->set_numerator(110000);
    check->mutable_mean()->set_denominator(100000);
    check->set_within_allocation(true);
    return page;
  });
  const Outcome table = Run({"aid", "averages", "--term", "2023-2024-1"});
  EXPECT_HAS(table.out, "110.00%");
  EXPECT_EQ(table.out.find("AVERAGE_OFF"), std::string::npos) << table.out;
}

Job JobIn(ruraledu::jobs::v1::JobState state) {
  Job job;
  job.set_name("counties/411728/jobs/7");
  job.set_kind("entitlement_run");
  job.set_state(state);
  return job;
}

TEST_F(CommandsTest, ARunIsAwaitedAndItsPositionsAreKept) {
  rpc::FakeClient& service = services_["student_aid"];
  service.On<aid::StartEntitlementRunRequest, Job>("StartEntitlementRun", [](const auto& request) {
    EXPECT_EQ(request.parent(), "counties/411728");
    EXPECT_EQ(request.term(), "2023-2024-1");
    return JobIn(ruraledu::jobs::v1::JOB_STATE_QUEUED);
  });
  int asked = 0;
  service.On<GetJobRequest, Job>("GetJob", [&asked](const auto&) {
    if (++asked < 4) {
      return JobIn(asked == 1 ? ruraledu::jobs::v1::JOB_STATE_WAITING_FOR_FEED : ruraledu::jobs::v1::JOB_STATE_RUNNING);
    }
    Job done = JobIn(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
    auto* position = done.mutable_positions()->add_positions();
    position->set_service("student_aid");
    position->set_shard("c411728");
    position->set_seq(9);
    return done;
  });
  service.On<aid::ListRunsRequest, aid::ListRunsResponse>("ListRuns", [](const auto& request) {
    EXPECT_EQ(request.kind(), aid::RUN_KIND_ENTITLEMENT);
    aid::ListRunsResponse runs;
    runs.add_runs()->set_entitled_persons(5402);
    return runs;
  });
  EXPECT_HAS(Run({"aid", "run", "--term", "2023-2024-1"}).out, "jobs --service student_aid get counties/411728/jobs/");
  const Outcome done = Run({"aid", "run", "--term", "2023-2024-1", "--wait"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.err, "waiting_for_feed");
  EXPECT_HAS(done.out, "5,402");
  EXPECT_GT(paused_, absl::ZeroDuration());
  const auto profile = LoadProfile(Path("profile.toml"));
  ASSERT_TRUE(profile.ok());
  const auto kept = LoadPositions(*profile);
  ASSERT_EQ(kept.positions_size(), 1);
  EXPECT_EQ(kept.positions(0).seq(), 9);
}

// Somebody else's import is no position of this profile: the registry is asked how far it has written.
TEST_F(CommandsTest, ARunWaitsForWhatTheRegistryHasWrittenOfItsCounties) {
  using ruraledu::feed::v1::ListShardsRequest;
  using ruraledu::feed::v1::ListShardsResponse;
  services_["registry"].On<ListShardsRequest, ListShardsResponse>("ListShards", [](const auto& request) {
    ListShardsResponse page;
    const std::vector<std::string> shards = request.page_token().empty()
                                                ? std::vector<std::string>{"c411702", "c411728", "c421102"}
                                                : std::vector<std::string>{"h017", "p410000"};
    for (const std::string& shard : shards) {
      auto* head = page.add_heads();
      head->set_shard(shard);
      head->set_seq(7);
    }
    page.set_next_page_token(request.page_token().empty() ? "2" : "");
    return page;
  });
  std::vector<std::string> after;
  const auto keep = [&after](const auto& request) {
    after.clear();
    for (const auto& position : request.after().positions()) {
      EXPECT_EQ(position.seq(), 7);
      after.push_back(position.shard());
    }
    return JobIn(ruraledu::jobs::v1::JOB_STATE_QUEUED);
  };
  services_["student_aid"].On<aid::StartEntitlementRunRequest, Job>("StartEntitlementRun", keep);
  services_["student_aid"].On<aid::StartComparisonRunRequest, Job>("StartComparisonRun", keep);
  EXPECT_EQ(Run({"aid", "run", "--term", "2023-2024-1"}).err, "");
  EXPECT_EQ(after, std::vector<std::string>{"c411728"});
  EXPECT_EQ(Run({"aid", "compare", "--province", "41", "--term", "2023-2024-1"}).err, "");
  EXPECT_EQ(after, (std::vector<std::string>{"c411702", "c411728"}));
  services_["registry"].On<ListShardsRequest, ListShardsResponse>(
      "ListShards", [](const auto&) -> absl::StatusOr<ListShardsResponse> { return Fail("PERMISSION_DENIED"); });
  const Outcome as_it_stands = Run({"aid", "run", "--term", "2023-2024-1"});
  EXPECT_EQ(as_it_stands.code, 0);
  EXPECT_HAS(as_it_stands.err, "PERMISSION_DENIED");
  EXPECT_TRUE(after.empty());
}

TEST_F(CommandsTest, AFailedJobShowsItsOwnError) {
  rpc::FakeClient& service = services_["student_aid"];
  service.On<aid::StartComparisonRunRequest, Job>("StartComparisonRun", [](const auto& request) {
    EXPECT_EQ(request.parent(), "provinces/410000");
    return JobIn(ruraledu::jobs::v1::JOB_STATE_QUEUED);
  });
  service.On<GetJobRequest, Job>("GetJob", [](const auto&) {
    Job failed = JobIn(ruraledu::jobs::v1::JOB_STATE_FAILED);
    const absl::Status why = Fail("CALENDAR_MISSING", {{"year", "2027"}});
    failed.mutable_error()->set_code(static_cast<int>(why.code()));
    failed.mutable_error()->set_message(std::string(why.message()));
    why.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
      auto* detail = failed.mutable_error()->add_details();
      detail->set_type_url(std::string(url));
      detail->set_value(std::string(value));
    });
    return failed;
  });
  const Outcome failed = Run({"aid", "compare", "--province", "41", "--term", "2023-2024-1", "--wait"});
  EXPECT_EQ(failed.code, 6);
  EXPECT_HAS(failed.err, "CALENDAR_MISSING");
  service.On<GetJobRequest, Job>("GetJob", [](const auto&) { return JobIn(ruraledu::jobs::v1::JOB_STATE_CANCELLED); });
  EXPECT_HAS(Run({"aid", "compare", "--province", "41", "--term", "2023-2024-1", "--wait"}).err, "CLI_JOB_FAILED");
}

TEST_F(CommandsTest, AReplacedHistoryIsForgotten) {
  const auto profile = LoadProfile(Path("profile.toml"));
  ruraledu::common::v1::Positions positions;
  positions.add_positions()->set_shard("c411728");
  ASSERT_TRUE(SavePositions(*profile, positions).ok());
  services_["registry"].On<registry::GetStudentRequest, registry::Student>(
      "GetStudent", [](const auto&) -> absl::StatusOr<registry::Student> { return Fail("FEED_REPLACED"); });
  EXPECT_EQ(Run({"students", "get", "counties/411728/students/1"}).code, 6);
  EXPECT_EQ(LoadPositions(*profile).positions_size(), 0);
}

TEST_F(CommandsTest, EvaluateTakesFactsOrAWholeRequest) {
  aid::EvaluateEntitlementRequest seen;
  services_["student_aid"].On<aid::EvaluateEntitlementRequest, aid::EvaluateEntitlementResponse>(
      "EvaluateEntitlement", [&seen](const auto& request) {
        seen = request;
        aid::EvaluateEntitlementResponse answer;
        answer.add_items()->set_item("SP_LIV_B_PRI");
        return answer;
      });
  const std::string facts = Write("facts.json", "{\"stage\": \"PRI\", \"boarding\": true}");
  EXPECT_HAS(Run({"aid", "evaluate", "--facts", facts, "--term", "2023-2024-1"}).out, "SP_LIV_B_PRI");
  EXPECT_EQ(seen.facts().stage(), "PRI");
  EXPECT_EQ(seen.term(), "2023-2024-1");
  const std::string whole = Write("whole.json", "{\"facts\": {\"stage\": \"JUN\"}, \"term\": \"2022-2023-2\"}");
  EXPECT_EQ(Run({"aid", "evaluate", "--facts", whole}).code, 0);
  EXPECT_EQ(seen.facts().stage(), "JUN");
  EXPECT_EQ(seen.term(), "2022-2023-2");
  const Outcome wrong = Run({"aid", "evaluate", "--facts", Write("wrong.json", "{\"stagee\": 1}")});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_HAS(wrong.err, "CLI_ARGUMENT");
}

TEST_F(CommandsTest, AReplayThatDiffersFails) {
  services_["student_aid"].On<aid::ReplayDecisionRequest, aid::ReplayDecisionResponse>(
      "ReplayDecision", [](const auto&) {
        aid::ReplayDecisionResponse answer;
        answer.add_differing_items("SP_LIV_B_PRI");
        return answer;
      });
  const Outcome differs = Run({"aid", "replay", "counties/411728/decisions/x"});
  EXPECT_EQ(differs.code, 6);
  EXPECT_HAS(differs.err, "CLI_REPLAY_DIFFERS");
  EXPECT_HAS(differs.err, "SP_LIV_B_PRI");
}

TEST_F(CommandsTest, AidIsRecordedByIdentityNumberAndSchoolCode) {
  services_["registry"].On<registry::ListSchoolsRequest, registry::ListSchoolsResponse>("ListSchools", [](const auto&) {
    registry::ListSchoolsResponse page;
    page.add_schools()->set_code("2141000001");
    page.mutable_schools(0)->set_name("counties/411728/schools/s1");
    return page;
  });
  services_["registry"].On<registry::FindStudentRequest, registry::Student>(
      "FindStudent", [](const auto& request) -> absl::StatusOr<registry::Student> {
        const bool by_name = request.display_name() == "丁" && request.birth_date().day() == 2;
        if (request.id_number() != "411700201401011234" && !by_name) {
          return Fail("NOT_FOUND");
        }
        registry::Student student;
        student.set_name(absl::StrCat("counties/411728/students/", by_name ? "p2" : "p1"));
        return student;
      });
  aid::BatchRecordAidRequest sent;
  services_["student_aid"].On<aid::BatchRecordAidRequest, aid::BatchRecordAidResponse>(
      "BatchRecordAid", [&](const auto& request) {
        sent = request;
        aid::BatchRecordAidResponse answer;
        answer.add_outcomes("RECORDED");
        answer.add_outcomes("RECORDED");
        return answer;
      });
  UseShippedData();
  const std::string list = Write("aid.csv",
                                 "学籍号,姓名,身份证件号,学校标识码,学期,资助项目,金额\n"
                                 "G1,甲,411700201401011234,2141000001,2023-2024-1,SP_LIV_B_PRI,625.00\n"
                                 "G2,乙,411700201401019999,2141000001,2023-2024-1,SP_LIV_B_PRI,625.00\n"
                                 "G3,丙,411700201401011234,9999999999,2023-2024-1,SP_LIV_B_PRI,625.00\n"
                                 "G4,丁,411700201401025678,2141000001,2023-2024-1,SP_LIV_B_PRI,625.00\n");
  const Outcome done = Run({"aid", "record", list, "--paid-on", "2023-12-20"});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(sent.records_size(), 2);
  EXPECT_EQ(sent.records(0).person(), "p1");
  EXPECT_FALSE(sent.records(0).id_mismatch());
  EXPECT_EQ(sent.records(1).person(), "p2");
  EXPECT_TRUE(sent.records(1).weak_match() && sent.records(1).id_mismatch()) << "2.9: by name and birth date";
  EXPECT_EQ(sent.records(0).amount_fen(), 62500);
  EXPECT_EQ(sent.records(0).school(), "s1");
  EXPECT_EQ(sent.records(0).paid_on().day(), 20);
  EXPECT_HAS(done.err, "line 3: NOT_FOUND");
  EXPECT_HAS(done.err, "line 4: SCHOOL_UNKNOWN");
  EXPECT_HAS(done.err, "line 5: WEAK_MATCH");
  EXPECT_EQ(done.err.find("4117002014"), std::string::npos) << "no identity number on the terminal";
  const Outcome json = Run({"aid", "record", list, "--paid-on", "2023-12-20", "--json"});
  EXPECT_HAS(json.out, "\"RECORDED\": 2");
  EXPECT_HAS(json.out, "\"outcome\": \"SCHOOL_UNKNOWN\"");
}

TEST_F(CommandsTest, ADashboardIsShownForTheAskedAreaAndPeriod) {
  using namespace ruraledu::dashboard::v1;
  services_["student_aid"].On<GetDashboardRequest, Dashboard>("GetDashboard", [](const auto& request) {
    Dashboard dashboard;
    dashboard.set_area(request.area());
    dashboard.set_period(request.period());
    return dashboard;
  });
  services_["student_aid"].On<WatchDashboardRequest, Dashboard>("WatchDashboard", [](const auto& request) {
    Dashboard dashboard;
    dashboard.set_area(request.area());
    return dashboard;
  });
  EXPECT_HAS(Run({"dashboard", "student_aid", "411728", "--period", "2023-2024-1"}).out, "411728  2023-2024-1");
  EXPECT_HAS(Run({"dashboard", "student_aid", "41", "--watch"}).out, "41 ");
  EXPECT_EQ(Run({"dashboard", "payroll", "41"}).code, 2);
}

ruraledu::feed::v1::JournalEntry EntryAfter(const ruraledu::feed::v1::JournalEntry& before) {
  ruraledu::feed::v1::JournalEntry entry;
  entry.set_shard("c411728");
  entry.set_seq(before.seq() + 1);
  entry.set_body("body");
  entry.set_hash(feed::EntryHash(before.hash(), entry));
  return entry;
}

TEST_F(CommandsTest, JournalVerifyFollowsTheChainAndFindsABreak) {
  using namespace ruraledu::feed::v1;
  std::vector<JournalEntry> journal;
  for (int i = 0; i < 5; ++i) {
    journal.push_back(EntryAfter(journal.empty() ? JournalEntry() : journal.back()));
  }
  services_["registry"].On<ListJournalRequest, ListJournalResponse>("ListJournal", [&](const auto& request) {
    ListJournalResponse page;
    for (const JournalEntry& entry : journal) {
      if (entry.seq() > request.after().seq() && page.entries_size() < 2) {
        *page.add_entries() = entry;
      }
    }
    page.mutable_head()->set_shard("c411728");
    page.mutable_head()->set_seq(5);
    page.mutable_head()->set_hash(journal.back().hash());
    return page;
  });
  EXPECT_HAS(Run({"journal", "verify"}).out, "5 entries, chain whole");
  journal[3].set_body("changed");
  const Outcome broken = Run({"journal", "verify"});
  EXPECT_NE(broken.code, 0);
  EXPECT_HAS(broken.err, "JOURNAL_BROKEN");
}

TEST_F(CommandsTest, LocalCommandsNeedNoProfile) {
  std::filesystem::remove(Path("profile.toml"));
  const std::string pki = Path("pki");
  EXPECT_EQ(Run({"pki", "init", pki, "--client", "wang"}).code, 0);
  for (const char* file : {"ca.crt", "ca.key", "registry.crt", "student_aid.key", "all_in_one.crt", "wang.key"}) {
    EXPECT_TRUE(std::filesystem::exists(pki + "/" + file)) << file;
  }
  const Outcome before = Run({"pki", "fingerprint", pki + "/wang.crt"});
  EXPECT_EQ(before.out.size(), 65u);
  EXPECT_EQ(Run({"pki", "init", "--client", "wang", "--client", "li", pki}).code, 0);
  EXPECT_EQ(Run({"pki", "fingerprint", pki + "/wang.crt"}).out, before.out) << "what exists is left alone";
  EXPECT_TRUE(std::filesystem::exists(pki + "/li.crt"));

  EXPECT_EQ(Run({"keys", "init", Path("data.keys")}).code, 0);
  EXPECT_HAS(Run({"keys", "init", Path("data.keys")}).err, "FILE_EXISTS");
  EXPECT_HAS(Run({"keys", "add", "index", Path("data.keys")}).out, "index key 2");
  EXPECT_EQ(Run({"keys", "add", "fingerprint", Path("data.keys")}).code, 2);
  EXPECT_EQ(Run({"tokens", "keygen", Path("tokens")}).code, 0);
  EXPECT_HAS(Run({"tokens", "keygen", Path("tokens")}).err, "FILE_EXISTS");
  EXPECT_HAS(Run({"reasons", "ID_CHECK"}).out, "INVALID_ARGUMENT");
}

TEST_F(CommandsTest, ATokenIsPrintedAlone) {
  services_["issuer"].On<registry::IssueTokenRequest, registry::IssueTokenResponse>("IssueToken", [](const auto&) {
    registry::IssueTokenResponse issued;
    issued.set_token("header.claims.signature");
    issued.set_account("accounts/411728-1");
    issued.set_expires_at(1'700'000'000);
    return issued;
  });
  const Outcome done = Run({"token"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "header.claims.signature\n") << "what a script takes";
  EXPECT_HAS(done.err, "accounts/411728-1");
}

TEST_F(CommandsTest, ResealTakesTheCountyAndItsAccounts) {
  rpc::FakeClient& service = services_["registry"];
  std::vector<std::string> asked;
  service.On<ruraledu::jobs::v1::ResealRequest, Job>("Reseal", [&](const ruraledu::jobs::v1::ResealRequest& request) {
    EXPECT_TRUE(request.new_data_key());
    asked.push_back(request.parent());
    return JobIn(ruraledu::jobs::v1::JOB_STATE_QUEUED);
  });
  service.On<GetJobRequest, Job>("GetJob", [](const auto&) {
    Job done = JobIn(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
    ruraledu::jobs::v1::ResealResult result;
    result.set_rows(80123);
    done.mutable_result()->PackFrom(result);
    return done;
  });
  const Outcome done = Run({"keys", "reseal", "--new-data-key"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(asked, (std::vector<std::string>{"counties/411728", "shards/a411728"}));
  EXPECT_HAS(done.out, "80,123");
  EXPECT_HAS(Run({"keys", "reseal", "--new-data-key", "--json"}).out, "\"rows\": 80123");
  service.On<ruraledu::feed::v1::ListShardsRequest, ruraledu::feed::v1::ListShardsResponse>(
      "ListShards", [](const auto&) {
        ruraledu::feed::v1::ListShardsResponse page;
        page.add_heads()->set_shard("a411728");
        page.add_heads()->set_shard("c411728");
        return page;
      });
  asked.clear();
  EXPECT_EQ(Run({"keys", "reseal", "--new-data-key", "--all"}).code, 0);
  ASSERT_EQ(asked.size(), 258u) << "claims and directory lie in 256 shards without a journal";
  EXPECT_EQ(asked.front(), "shards/h000");
  EXPECT_EQ(asked.back(), "shards/c411728");
}

TEST_F(CommandsTest, LocalCommandsSpeakJsonToo) {
  EXPECT_HAS(Run({"reasons", "ID_CHECK", "--json"}).out, "\"reason\": \"ID_CHECK\"");
  EXPECT_HAS(Run({"keys", "init", Path("new.keys"), "--json"}).out, "\"file\": \"" + Path("new.keys") + "\"");
  EXPECT_HAS(Run({"tokens", "keygen", Path("signing"), "--json"}).out, "\"key_id\": \"");
  EXPECT_HAS(Run({"pki", "init", Path("pki"), "--client", "wang", "--json"}).out, "\"certificate\": \"wang.crt\"");
  EXPECT_HAS(Run({"pki", "fingerprint", Path("pki") + "/wang.crt", "--json"}).out, "\"fingerprint\": \"");
}

TEST_F(CommandsTest, CompletionKnowsEveryCommand) {
  const Outcome script = Run({"completion", "bash"});
  for (const char* path :
       {"['ruraledu']=", "['ruraledu import']=", "['ruraledu aid run']=", "['ruraledu export gaps']="}) {
    EXPECT_HAS(script.out, path);
  }
  EXPECT_HAS(script.out, "--override-guard");
  std::ofstream(Path("completion.bash"))
      << "set -e\n"
      << script.out << "try() { COMP_WORDS=(ruraledu $1 $2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ruraledu;"
      << " [ \"${COMPREPLY[*]}\" = \"$3\" ]; }\n"
      << "try 'aid' 'ga' 'gaps'\ntry '' 'dashb' 'dashboard'\ntry 'import --json rows' '--out' '--outcome'\n";
  EXPECT_EQ(system(("bash " + Path("completion.bash")).c_str()), 0);
}

TEST_F(CommandsTest, HelpIsNoErrorAndAWrongLineIs) {
  EXPECT_EQ(Run({"--help"}).code, 0);
  EXPECT_EQ(Run({"aid", "--help"}).code, 0);
  EXPECT_EQ(Run({}).code, 2);
  EXPECT_EQ(Run({"aid"}).code, 2);
  EXPECT_EQ(Run({"nonsense"}).code, 2);
  EXPECT_EQ(Run({"aid", "run"}).code, 2);
}

TEST_F(CommandsTest, ExportWritesAllPages) {
  services_["student_aid"].On<aid::ListComparisonRowsRequest, aid::ListComparisonRowsResponse>(
      "ListComparisonRows", [](const auto& request) {
        aid::ListComparisonRowsResponse page;
        aid::ComparedPerson* person = page.add_persons();
        person->set_display_name("=王*");
        person->set_comparison_class(aid::COMPARISON_CLASS_B);
        aid::ComparisonRow* row = person->add_rows();
        row->set_item(request.page_token().empty() ? "SP_LIV_B_PRI" : "SP_LIV_B_JUN");
        row->set_entitled_fen(62500);
        page.set_next_page_token(request.page_token().empty() ? "2" : "");
        return page;
      });
  EXPECT_EQ(Run({"export", "gaps", "--term", "2023-2024-1", "--out", Path("gaps.csv")}).code, 0);
  std::ifstream in(Path("gaps.csv"));
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_HAS(text.str(), "'=王*");
  EXPECT_HAS(text.str(), "625.00");
  EXPECT_HAS(text.str(), "SP_LIV_B_JUN");
  EXPECT_EQ(Run({"export", "gaps", "--term", "2023-2024-1", "--out", Path("gaps.xlsx")}).code, 0);
  EXPECT_GT(std::filesystem::file_size(Path("gaps.xlsx")), 1000u);
}

}  // namespace
}  // namespace ruraledu::cli
