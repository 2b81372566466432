// Every method: its own area and a foreign one, and each reason of refusal.
#include <functional>

#include "services/student_aid/standards.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class HandlersTest : public AidTest {
 protected:
  void SetUp() override {
    PutCounty(registry);
    ASSERT_TRUE(aid.CatchUp().ok());
    ASSERT_TRUE(aid.Entitle().ok());
    Give({Record("p1", "SP_LIV_B_JUN", 62500)}).IgnoreError();
    run = aid.Compare()->name();
  }
  template <typename Request>
  Request With(const std::function<void(Request&)>& fill) {
    Request request;
    fill(request);
    return request;
  }
  // OK in the county, PERMISSION_DENIED for another county and for a school of another township.
  template <typename Request, typename Response>
  void Scoped(std::string_view method, const Request& request,
              absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&)) {
    EXPECT_TRUE(aid.Call(method, request, handler).ok()) << method << aid.Call(method, request, handler).status();
    EXPECT_EQ(ReasonOf(aid.Call(method, request, handler, "500243").status()), "PERMISSION_DENIED") << method;
  }

  std::string run;
};

// What is told to strangers, byte for byte and of every method, is looked at in tests/security.
TEST_F(HandlersTest, MethodsAnswerInTheirOwnCountyOnly) {
  const std::string decision = absl::StrCat(kCounty, "/decisions/p1.2023-2024-1.1");
  Scoped("GetDecision", With<v1::GetDecisionRequest>([&](auto& r) { r.set_name(decision); }), &Handlers::GetDecision);
  Scoped("ReplayDecision", With<v1::ReplayDecisionRequest>([&](auto& r) { r.set_name(decision); }),
         &Handlers::ReplayDecision);
  const auto parent = [](auto& r) {
    r.set_parent(kCounty);
    r.set_term(kAutumn);
  };
  Scoped("ListDecisions", With<v1::ListDecisionsRequest>(parent), &Handlers::ListDecisions);
  Scoped("ListComparisonRows", With<v1::ListComparisonRowsRequest>(parent), &Handlers::ListComparisonRows);
  Scoped("GetCoverage", With<v1::GetCoverageRequest>(parent), &Handlers::GetCoverage);
  Scoped("ListAidRecords", With<v1::ListAidRecordsRequest>(parent), &Handlers::ListAidRecords);
  Scoped("ListRuns", With<v1::ListRunsRequest>(parent), &Handlers::ListRuns);
  Scoped("GetRun", With<v1::GetRunRequest>([&](auto& r) { r.set_name(run); }), &Handlers::GetRun);
  Scoped("ListRunDifferences", With<v1::ListRunDifferencesRequest>([&](auto& r) { r.set_name(run); }),
         &Handlers::ListRunDifferences);
  Scoped("ListJobs", With<ruraledu::jobs::v1::ListJobsRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListJobs);
  Scoped("ListJournal", With<ruraledu::feed::v1::ListJournalRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListJournal);
  Scoped("ListState", With<ruraledu::feed::v1::ListStateRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListState);
  Scoped("GetDashboard",
         With<ruraledu::dashboard::v1::GetDashboardRequest>([](auto& r) { r.set_area("areas/411728"); }),
         &Handlers::GetDashboard);
  Scoped("RebuildDashboard", With<ruraledu::dashboard::v1::RebuildDashboardRequest>([](auto& r) {
           r.set_parent(kCounty);
           r.set_request_id("rebuild");
         }),
         &Handlers::RebuildDashboard);
  Scoped("Reseal", With<ruraledu::jobs::v1::ResealRequest>([](auto& r) {
           r.set_parent(kCounty);
           r.set_request_id("reseal");
         }),
         &Handlers::Reseal);
  Scoped("StreamJournal", With<ruraledu::feed::v1::StreamJournalRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::StreamJournal);
  Scoped("WatchDashboard",
         With<ruraledu::dashboard::v1::WatchDashboardRequest>([](auto& r) { r.set_area("areas/411728"); }),
         &Handlers::WatchDashboard);
  const auto started = With<v1::StartEntitlementRunRequest>([](auto& r) {
    r.set_parent(kCounty);
    r.set_term(kAutumn);
    r.set_request_id("entitle");
  });
  Scoped("StartEntitlementRun", started, &Handlers::StartEntitlementRun);
  Scoped("StartComparisonRun", With<v1::StartComparisonRunRequest>([](auto& r) {
           r.set_parent(kCounty);
           r.set_term(kAutumn);
           r.set_request_id("compare");
         }),
         &Handlers::StartComparisonRun);
  const std::string job = aid.Call("StartEntitlementRun", started, &Handlers::StartEntitlementRun)->name();
  Scoped("GetJob", With<ruraledu::jobs::v1::GetJobRequest>([&](auto& r) { r.set_name(job); }), &Handlers::GetJob);
  Scoped("CancelJob", With<ruraledu::jobs::v1::CancelJobRequest>([&](auto& r) {
           r.set_name(job);
           r.set_request_id("stop");
         }),
         &Handlers::CancelJob);
  Scoped("BatchRecordAid", With<v1::BatchRecordAidRequest>([&](auto& r) {
           r.set_parent(kCounty);
           r.set_request_id("give");
           *r.add_records() = Record("p2", "CN_LIV_B_PRI", 100);
         }),
         &Handlers::BatchRecordAid);
  // Attachments: the whole way is file_handlers_test.cc's.
  const auto file = With<ruraledu::files::v1::CreateFileRequest>([&](auto& r) {
    r.set_parent(kCounty);
    r.set_request_id("file");
    r.mutable_file()->set_owner(absl::StrCat(kCounty, "/students/p1"));
    r.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_PROMISE);
    r.mutable_file()->set_content_class(ruraledu::common::v1::DATA_CLASS_PUBLIC);
    r.mutable_file()->set_total_bytes(2);
    r.mutable_file()->set_file_name("a.txt");
    r.mutable_file()->set_sha256(crypto::Sha256({"ok"}));
  });
  Scoped("CreateFile", file, &Handlers::CreateFile);
  const std::string file_name = aid.Call("CreateFile", file, &Handlers::CreateFile)->name();
  const auto named = [&](auto& r) { r.set_name(file_name); };
  const auto named_once = [&](auto& r) {
    r.set_name(file_name);
    r.set_request_id("once");
  };
  Scoped("UploadFileChunk", With<ruraledu::files::v1::UploadFileChunkRequest>([&](auto& r) {
           r.set_name(file_name);
           r.set_data("ok");
           r.set_sha256(crypto::Sha256({"ok"}));
         }),
         &Handlers::UploadFileChunk);
  Scoped("CommitFile", With<ruraledu::files::v1::CommitFileRequest>(named_once), &Handlers::CommitFile);
  Scoped("GetFile", With<ruraledu::files::v1::GetFileRequest>(named), &Handlers::GetFile);
  Scoped("ReadFile", With<ruraledu::files::v1::ReadFileRequest>(named), &Handlers::ReadFile);
  Scoped("ListFiles", With<ruraledu::files::v1::ListFilesRequest>([&](auto& r) {
           r.set_owner(absl::StrCat(kCounty, "/students/p1"));
         }),
         &Handlers::ListFiles);
  Scoped("EraseFile", With<ruraledu::files::v1::EraseFileRequest>(named_once), &Handlers::EraseFile);
  Scoped("ListApplications", With<v1::ListApplicationsRequest>([](auto& r) {
           r.set_parent(kCounty);
           r.set_term(kAutumn);
         }),
         &Handlers::ListApplications);
  Scoped("ProposeApplications", With<v1::ProposeApplicationsRequest>([](auto& r) {
           r.set_parent(kCounty);
           r.set_term(kAutumn);
           r.set_request_id("propose");
         }),
         &Handlers::ProposeApplications);
  Scoped("ListRestrictions", With<v1::ListRestrictionsRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListRestrictions);
  // Of the office.
  Scoped("ListComplaints", With<v1::ListComplaintsRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListComplaints);
  Scoped("ListPresenceChecks", With<v1::ListPresenceChecksRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListPresenceChecks);
  Scoped("ListPerformancePlans", With<v1::ListPerformancePlansRequest>([](auto& r) { r.set_parent(kCounty); }),
         &Handlers::ListPerformancePlans);
}

TEST_F(HandlersTest, WhatHasNoAreaAnswersEverybody) {
  const auto shards = aid.Call("ListShards", ruraledu::feed::v1::ListShardsRequest(), &Handlers::ListShards, "500243");
  ASSERT_TRUE(shards.ok()) << shards.status();
  EXPECT_GT(shards->heads_size(), 0);
  v1::EvaluateEntitlementRequest what_if;
  *what_if.mutable_facts() = Pupil("JUN", "7", true);
  what_if.set_term(kAutumn);
  const auto answer = aid.Call("EvaluateEntitlement", what_if, &Handlers::EvaluateEntitlement, "500243");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(Total(*answer), 62500 + 40000);
  what_if.set_term("2023");
  EXPECT_EQ(ReasonOf(aid.Call("EvaluateEntitlement", what_if, &Handlers::EvaluateEntitlement).status()), "TERM_FORMAT");
}

TEST_F(HandlersTest, AreasOfListsAreAreaNames) {
  for (const char* area : {"411728", "areas/41172x", "regions/411728"}) {
    const auto list = With<v1::ListDecisionsRequest>([&](auto& r) {
      r.set_parent(kCounty);
      r.set_term(kAutumn);
      r.set_area(area);
    });
    EXPECT_EQ(ReasonOf(aid.Call("ListDecisions", list, &Handlers::ListDecisions).status()), "NAME_INVALID") << area;
  }
  const auto wrong = With<v1::ListDecisionsRequest>([&](auto& r) {
    r.set_parent(kCounty);
    r.set_term("2023-2024-3");
  });
  EXPECT_EQ(ReasonOf(aid.Call("ListDecisions", wrong, &Handlers::ListDecisions).status()), "TERM_FORMAT");
}

TEST(Standards, AFolderWithoutSetsIsAnError) {
  TempFolder empty;
  std::filesystem::create_directories(empty / "student_aid");
  EXPECT_EQ(ReasonOf(LoadStandards(empty / "", RURALEDU_SOURCE_DIR "/deploy/data", nullptr).status()),
            "DATA_FILE_UNREADABLE");
  EXPECT_EQ(ReasonOf(LoadStandards(empty / "nowhere", RURALEDU_SOURCE_DIR "/deploy/data", nullptr).status()),
            "DATA_FILE_UNREADABLE");
  const auto shipped =
      LoadStandards(RURALEDU_SOURCE_DIR "/deploy/policies", RURALEDU_SOURCE_DIR "/deploy/data", nullptr);
  ASSERT_TRUE(shipped.ok()) << shipped.status();
  EXPECT_EQ(shipped->sets().size(), 4u);
  EXPECT_EQ(shipped->sets()[0].digest().size(), 64u);
}

TEST_F(HandlersTest, AMissingDecisionLooksForeignToAForeigner) {
  const auto request =
      With<v1::GetDecisionRequest>([](auto& r) { r.set_name("counties/411728/decisions/x.2023-2024-1.1"); });
  EXPECT_EQ(ReasonOf(aid.Call("GetDecision", request, &Handlers::GetDecision).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(aid.Call("GetDecision", request, &Handlers::GetDecision, "411728104").status()),
            "PERMISSION_DENIED");
}

TEST_F(HandlersTest, ATownshipSeesItsOwnDecisionsAndNoCountyTotals) {
  const auto list = With<v1::ListDecisionsRequest>([](auto& r) {
    r.set_parent(kCounty);
    r.set_term(kAutumn);
  });
  EXPECT_EQ(aid.Call("ListDecisions", list, &Handlers::ListDecisions, "411728103")->decisions_size(), 3);
  EXPECT_EQ(aid.Call("ListDecisions", list, &Handlers::ListDecisions, "411728104")->decisions_size(), 0);
  const auto coverage = With<v1::GetCoverageRequest>([](auto& r) {
    r.set_parent(kCounty);
    r.set_term(kAutumn);
  });
  EXPECT_EQ(ReasonOf(aid.Call("GetCoverage", coverage, &Handlers::GetCoverage, "411728103").status()),
            "PERMISSION_DENIED");
}

TEST_F(HandlersTest, DecisionsAreMaskedUnlessUnmasked) {
  auto request =
      With<v1::GetDecisionRequest>([](auto& r) { r.set_name("counties/411728/decisions/p1.2023-2024-1.1"); });
  const auto masked = aid.Call("GetDecision", request, &Handlers::GetDecision);
  EXPECT_TRUE(masked->masked());
  EXPECT_FALSE(masked->has_input());
  EXPECT_FALSE(masked->has_answer());
  request.set_unmask(true);
  // A job has no access shard in which the reading could be journalled.
  EXPECT_EQ(ReasonOf(aid.Call("GetDecision", request, &Handlers::GetDecision).status()), "PERMISSION_DENIED");
  const auto as = [&](const std::string& role, const std::string& area, const std::string& purpose) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    const rpc::Caller caller{.subject = "officer", .issuer = "test", .access = std::move(access)};
    return aid.CallAs(caller, "GetDecision", request, &Handlers::GetDecision, purpose);
  };
  EXPECT_EQ(ReasonOf(as("COUNTY_AID_OFFICER", "411728", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(as("COUNTY_AID_OFFICER", "411728", "CURIOSITY").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as("COUNTY_AID_OFFICER", "500243", "AID_REVIEW").status()), "PERMISSION_DENIED");
  const auto entries = [&] {
    const auto rows = aid.place.database->Read([](db::Transaction& tx) {
      return tx.Query("SELECT entity, actor FROM journal WHERE shard = 'a411728' ORDER BY seq");
    });
    EXPECT_TRUE(rows.ok()) << rows.status();
    return *rows;
  };
  EXPECT_TRUE(entries().empty()) << "nothing was shown";
  const auto clear = as("COUNTY_AID_OFFICER", "411728", "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_FALSE(clear->masked());
  EXPECT_TRUE(clear->has_input());
  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(entries()[0].Text(0), "counties/411728/decisions/p1.2023-2024-1.1");
  EXPECT_EQ(entries()[0].Text(1), "officer");
}

TEST_F(HandlersTest, ListsPageByToken) {
  auto list = With<v1::ListDecisionsRequest>([](auto& r) {
    r.set_parent(kCounty);
    r.set_term(kAutumn);
    r.set_page_size(2);
  });
  const auto first = aid.Call("ListDecisions", list, &Handlers::ListDecisions);
  ASSERT_EQ(first->decisions_size(), 2);
  list.set_page_token(first->next_page_token());
  const auto second = aid.Call("ListDecisions", list, &Handlers::ListDecisions);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->decisions_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
  list.set_entitled_only(true);
  EXPECT_EQ(ReasonOf(aid.Call("ListDecisions", list, &Handlers::ListDecisions).status()), "PAGE_TOKEN");
}

TEST_F(HandlersTest, EachReasonOfARefusedRecord) {
  const auto reason = [&](const std::function<void(v1::AidRecord&)>& spoil) {
    v1::AidRecord record = Record("p2", "SP_LIV_N_PRI", 25000);
    spoil(record);
    return ReasonOf(Give({record}).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.clear_person(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.clear_source(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_item("NO_SUCH"); }), "ITEM_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_term("2023"); }), "TERM_FORMAT");
  EXPECT_EQ(reason([](auto& r) { r.set_amount_fen(-1); }), "AMOUNT_NEGATIVE");
  EXPECT_EQ(reason([](auto& r) { r.set_amount_fen(INT64_MAX); }), "AMOUNT_TOO_LARGE");
  EXPECT_EQ(reason([](auto& r) { r.mutable_paid_on()->set_day(32); }), "DATE_INVALID");
  EXPECT_EQ(reason([](auto& r) { r.clear_paid_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Give(std::vector<v1::AidRecord>(501, Record("p2", "SP_LIV_N_PRI", 1))).status()),
            "FIELD_TOO_MANY");
}

TEST_F(HandlersTest, ARepeatedRequestGivesTheFirstAnswer) {
  v1::BatchRecordAidRequest request;
  request.set_parent(kCounty);
  request.set_request_id("once");
  *request.add_records() = Record("p2", "CN_LIV_B_PRI", 100);
  const auto first = aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->outcomes(), ElementsAre("RECORDED"));
  EXPECT_THAT(aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid)->outcomes(), ElementsAre("RECORDED"));
  request.mutable_records(0)->set_amount_fen(200);
  EXPECT_EQ(ReasonOf(aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid).status()), "REQUEST_ID_REUSED");
}

TEST_F(HandlersTest, JobsOfOthersAndParentsThatAreNone) {
  v1::StartEntitlementRunRequest start;
  aid.Fill("cities/411700", kAutumn, &start);
  EXPECT_EQ(ReasonOf(aid.Call("StartEntitlementRun", start, &Handlers::StartEntitlementRun, "41").status()),
            "PARENT_INVALID");
  aid.Fill(kCounty, "2023", &start);
  EXPECT_EQ(ReasonOf(aid.Call("StartEntitlementRun", start, &Handlers::StartEntitlementRun).status()), "TERM_FORMAT");
  aid.Fill(kCounty, kAutumn, &start);
  EXPECT_EQ(ReasonOf(aid.Call("StartEntitlementRun", start, &Handlers::StartEntitlementRun, "500243").status()),
            "PERMISSION_DENIED");
  const auto job = aid.Call("StartEntitlementRun", start, &Handlers::StartEntitlementRun);
  ASSERT_TRUE(job.ok());
  const auto cancel = With<ruraledu::jobs::v1::CancelJobRequest>([&](auto& r) {
    r.set_name(job->name());
    r.set_request_id("stop");
  });
  Scoped("CancelJob", cancel, &Handlers::CancelJob);
  EXPECT_EQ(aid.Call("CancelJob", cancel, &Handlers::CancelJob)->state(), ruraledu::jobs::v1::JOB_STATE_CANCELLED);
}

TEST_F(HandlersTest, StandardsAreReadWithAndWithoutRows) {
  const auto one = With<v1::GetPolicySetRequest>([](auto& r) { r.set_name("policySets/SP@1"); });
  EXPECT_GT(aid.Call("GetPolicySet", one, &Handlers::GetPolicySet)->items_size(), 0);
  const auto none = With<v1::GetPolicySetRequest>([](auto& r) { r.set_name("policySets/XX@1"); });
  EXPECT_EQ(ReasonOf(aid.Call("GetPolicySet", none, &Handlers::GetPolicySet).status()), "POLICY_SET_UNKNOWN");
  const auto in_force = With<v1::ListPolicySetsRequest>([](auto& r) {
    r.set_term(kAutumn);
    r.set_region_code("411728000000");
  });
  const auto sets = aid.Call("ListPolicySets", in_force, &Handlers::ListPolicySets);
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_GE(sets->policy_sets_size(), 2);
  EXPECT_EQ(sets->policy_sets(0).items_size(), 0);
  const auto half = With<v1::ListPolicySetsRequest>([](auto& r) { r.set_term(kAutumn); });
  EXPECT_EQ(ReasonOf(aid.Call("ListPolicySets", half, &Handlers::ListPolicySets).status()), "FIELD_REQUIRED");
}

TEST_F(HandlersTest, TheDashboardShowsWhatARebuildFinds) {
  const auto ask = With<ruraledu::dashboard::v1::GetDashboardRequest>([](auto& r) { r.set_area("areas/411728"); });
  const auto bytes = aid.Call("GetDashboard", ask, &Handlers::GetDashboard);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  ruraledu::dashboard::v1::Dashboard board;
  ASSERT_TRUE(board.ParseFromString(**bytes));
  bool seen = false;
  for (const auto& indicator : board.indicators()) {
    if (indicator.id() == "student_aid.coverage") {
      seen = true;
      EXPECT_EQ(indicator.numerator().value(), aid.Counter("covered_items"));
      EXPECT_EQ(indicator.denominator().value(), aid.Counter("should_items"));
      EXPECT_EQ(indicator.state(), ruraledu::dashboard::v1::INDICATOR_STATE_MISSED);
    }
  }
  EXPECT_TRUE(seen);
  const auto rebuild = With<ruraledu::dashboard::v1::RebuildDashboardRequest>([](auto& r) {
    r.set_parent(kCounty);
    r.set_request_id("rebuild");
  });
  const auto job = aid.Call("RebuildDashboard", rebuild, &Handlers::RebuildDashboard);
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_TRUE(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))).ok());
  const auto done = aid.Call(
      "GetJob", With<ruraledu::jobs::v1::GetJobRequest>([&](auto& r) { r.set_name(job->name()); }), &Handlers::GetJob);
  ruraledu::dashboard::v1::RebuildDashboardResult result;
  ASSERT_TRUE(done->result().UnpackTo(&result));
  EXPECT_GT(result.counters(), 0);
  EXPECT_EQ(result.differences(), 0);
}

}  // namespace
}  // namespace ruraledu::student_aid
