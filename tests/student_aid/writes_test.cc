// A fault before each statement of every write of student_aid, three calls at once so that they share commits: no half
// write, and the same request_id succeeds afterwards, once.
#include <atomic>
#include <set>
#include <thread>

#include "ruraledu/common/v1/options.pb.h"
#include "tests/lib/cuts.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using Again = std::function<absl::Status()>;  // the same request, whenever it is called

namespace files_v1 = ruraledu::files::v1;

const char* const kMethods[] = {"BatchRecordAid", "StartEntitlementRun", "StartComparisonRun",
                                "CancelJob",      "RebuildDashboard",    "Reseal",
                                "CreateFile",     "CommitFile",          "EraseFile"};
// Those of identification are cut off in identification_faults_test.cc.
const char* const kElsewhere[] = {"CreateIdentification",
                                  "BatchSubmitIdentifications",
                                  "ClassReviewIdentification",
                                  "SchoolReviewIdentification",
                                  "StartNotice",
                                  "CloseNotice",
                                  "CreateObjection",
                                  "ResolveObjection",
                                  "CreateAppeal",
                                  "DecideSchoolAppeal",
                                  "DecideCountyAppeal",
                                  "BatchAdjustIdentifications",
                                  "BatchArchiveIdentifications",
                                  "ProposeIdentifications"};
// Those of funds in ledger_faults_test.cc.
const char* const kOfFunds[] = {"RecordAllotment", "RecordArrival",   "CarryOver",      "Surrender",    "CloseFundYear",
                                "AllowAdvance",    "ConfirmFundStep", "RefuseFundStep", "SettleWaivers"};
// Those of applications in application_faults_test.cc, those of payments in payment_faults_test.cc.
const char* const kOfApplications[] = {"ProposeApplications",
                                       "BatchSubmitApplications",
                                       "BatchSchoolReviewApplications",
                                       "BatchCountyReviewApplications",
                                       "BatchWithdrawApplications",
                                       "CreateApplicationObjection",
                                       "ResolveApplicationObjection",
                                       "CreateApplicationAppeal",
                                       "DecideApplicationSchoolAppeal",
                                       "DecideApplicationCountyAppeal",
                                       "CreateRestriction",
                                       "LiftRestriction",
                                       "BypassRestriction"};
const char* const kOfPayments[] = {"CreateAccountCheck", "ImportAccountCheck", "CreatePaymentBatch",
                                   "SendPaymentBatch",   "CancelPaymentBatch", "ImportPaymentReturn",
                                   "StartRecovery",      "RecordRecovery",     "WriteOffRecovery"};
// payment_override_test.cc
const char* const kOfOverrides[] = {"ProposePaymentOverride", "ConfirmPaymentOverride", "RefusePaymentOverride"};

// Those of programmes, of studying elsewhere and of the office in programme_, follow_up_ and office_faults_test.cc.
const char* const kOfProgrammes[] = {"BatchRecordStudies", "BatchRecordTrackedAids"};
const char* const kOfFollowUp[] = {"OpenOutwardCases",        "BatchEnterOutwardCases",   "BatchAskOutwardCases",
                                   "BatchAnswerOutwardCases", "ProposeOutwardBackfill",   "DecideOutwardBackfill",
                                   "WithdrawOutwardCase",     "BatchEnterGraduates",      "AddGraduateEntry",
                                   "CreatePublicityActivity", "WithdrawPublicityActivity"};
const char* const kOfTheOffice[] = {"CreateComplaint",     "AssignComplaint",       "AnswerComplaint",
                                    "ReopenComplaint",     "SendFamilyMessages",    "BatchRecordDeliveries",
                                    "RecordPresenceCheck", "SetPerformanceTargets", "EvaluatePerformance",
                                    "ConfirmPerformance"};
// consent_faults_test.cc
const char* const kOfConsents[] = {"BatchRecordConsents",       "WithdrawConsent",
                                   "CreateInformationRequest",  "AnswerInformationRequest",
                                   "DeclineInformationRequest", "WithdrawInformationRequest"};
// goods_faults_test.cc
const char* const kOfGoods[] = {"RecordGoodsMovement", "ReverseGoodsMovement", "BatchIssueGoods",
                                "ConfirmGoodsMovement", "RefuseGoodsMovement"};
// mirror_faults_test.cc
const char* const kOfTheMirror[] = {"CreateMirrorExport", "ImportMirrorFeedback",     "ResolveMirrorEntry",
                                    "CreateVerification", "RecordVerificationAnswer", "CloseVerification"};
// department_faults_test.cc
const char* const kOfDepartments[] = {"CreateDepartmentAidList",
                                      "ImportDepartmentAidList",
                                      "WithdrawDepartmentAidList",
                                      "CreateFactEnquiry",
                                      "ImportFactAnswers",
                                      "DecideIdentificationEvidence",
                                      "SupplyIdentificationEvidence",
                                      "DecideApplicationEvidence",
                                      "SupplyApplicationEvidence"};

class WritesTest : public ::testing::TestWithParam<std::string> {
 protected:
  WritesTest() : registry(folder), aid(folder, registry, Faulty()) {
    PutCounty(registry);
    EXPECT_TRUE(aid.CatchUp().ok());
    // The jobs that look after files wait from now on, and no write has to insert them.
    EXPECT_TRUE(PrepareFile("EraseFile", 0)().ok());
  }
  db::Options Faulty() {
    db::Options options;
    options.decorate = db::WithFaults([this](int64_t, std::string_view) {
      return left < 0 || left.fetch_sub(1) > 0 ? absl::OkStatus() : (left = 0, absl::UnknownError("cut off"));
    });
    return options;
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& method, Request request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    request.set_request_id(NewId());
    return [=, this] { return aid.Call(method, request, handler).status(); };
  }
  template <typename Request>
  Request InCounty() {
    Request request;
    request.set_parent(kCounty);
    return request;
  }
  // The n-th file of a pupil, as far as the method needs it.
  Again PrepareFile(const std::string& method, int n) {
    const std::string content = absl::StrCat("promise ", n);
    auto create = InCounty<files_v1::CreateFileRequest>();
    create.mutable_file()->set_owner(absl::StrCat(kCounty, "/students/p1"));
    create.mutable_file()->set_kind(files_v1::FILE_KIND_PROMISE);
    create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    create.mutable_file()->set_file_name("承诺书.txt");
    create.mutable_file()->set_sha256(crypto::Sha256({content}));
    if (method == "CreateFile") {
      return Repeat(method, create, &Handlers::CreateFile);
    }
    create.set_request_id(NewId());
    const auto file = aid.Call("CreateFile", create, &Handlers::CreateFile);
    EXPECT_TRUE(file.ok()) << file.status();
    files_v1::UploadFileChunkRequest chunk;
    chunk.set_name(file->name());
    chunk.set_data(content);
    chunk.set_sha256(crypto::Sha256({content}));
    EXPECT_TRUE(aid.Call("UploadFileChunk", chunk, &Handlers::UploadFileChunk).ok());
    files_v1::CommitFileRequest commit;
    commit.set_name(file->name());
    if (method == "CommitFile") {
      return Repeat(method, commit, &Handlers::CommitFile);
    }
    commit.set_request_id(NewId());
    EXPECT_TRUE(aid.Call("CommitFile", commit, &Handlers::CommitFile).ok());
    files_v1::EraseFileRequest erase;
    erase.set_name(file->name());
    return Repeat(method, erase, &Handlers::EraseFile);
  }
  // The n-th call of a method; what it needs is made now.
  Again Prepare(const std::string& method, int n) {
    if (method.ends_with("File")) {
      return PrepareFile(method, n);
    }
    if (method == "BatchRecordAid") {
      auto request = InCounty<v1::BatchRecordAidRequest>();
      for (const char* item : {"SP_NUTR", "SP_LIV_B_JUN"}) {
        v1::AidRecord* record = request.add_records();
        record->set_person("p1");
        record->set_item(item);
        record->set_term(absl::StrCat(1900 + n, "-", 1901 + n, "-1"));
        record->set_amount_fen(40000);
        *record->mutable_paid_on() = Date(20231115);
        record->set_source("PRIOR_SYSTEM");
        record->set_school("s1");
      }
      return Repeat(method, request, &Handlers::BatchRecordAid);
    }
    if (method == "StartEntitlementRun") {
      auto request = InCounty<v1::StartEntitlementRunRequest>();
      request.set_term(kAutumn);
      return Repeat(method, request, &Handlers::StartEntitlementRun);
    }
    if (method == "StartComparisonRun") {
      auto request = InCounty<v1::StartComparisonRunRequest>();
      request.set_term(kAutumn);
      return Repeat(method, request, &Handlers::StartComparisonRun);
    }
    if (method == "Reseal") {
      return Repeat(method, InCounty<ruraledu::jobs::v1::ResealRequest>(), &Handlers::Reseal);
    }
    auto rebuild = InCounty<ruraledu::dashboard::v1::RebuildDashboardRequest>();
    if (method == "RebuildDashboard") {
      return Repeat(method, rebuild, &Handlers::RebuildDashboard);
    }
    rebuild.set_request_id(NewId());
    const auto job = aid.Call("RebuildDashboard", rebuild, &Handlers::RebuildDashboard);
    EXPECT_TRUE(job.ok()) << job.status();
    ruraledu::jobs::v1::CancelJobRequest cancel;
    cancel.set_name(job->name());
    return Repeat(method, cancel, &Handlers::CancelJob);
  }

  // What a write leaves: rows, entries and jobs. Claims lie in shards of their own and follow.
  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    for (const char* sql :
         {"SELECT id, shard, version FROM aid_record ORDER BY id", "SELECT id, state, version FROM file ORDER BY id",
          "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq",
          "SELECT id, shard, 0 FROM job ORDER BY id",
          "SELECT id, shard, cancel_requested FROM job WHERE cancel_requested = 1 ORDER BY id"}) {
      const auto rows = aid.place.database->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(2)));
    }
    return lines;
  }
  void ExpectSound() {
    const auto lost = aid.place.database->Read([](db::Transaction& tx) {
      return tx.Query(
          "SELECT id FROM aid_record WHERE NOT EXISTS (SELECT seq FROM journal WHERE journal.shard = "
          "aid_record.shard AND journal.seq = aid_record.version) UNION ALL SELECT id FROM file WHERE NOT EXISTS ("
          "SELECT seq FROM journal WHERE journal.shard = file.shard AND journal.seq = file.version) UNION ALL SELECT "
          "id FROM file WHERE state = 'CLEAN' AND NOT EXISTS (SELECT 1 FROM file_held JOIN file_piece ON "
          "file_piece.shard = file_held.shard AND file_piece.object = file_held.object WHERE file_held.shard = "
          "file.shard AND file_held.file_id = file.id)");
    });
    ASSERT_TRUE(lost.ok()) << lost.status();
    EXPECT_TRUE(lost->empty()) << "a record without its entry, or a file without its content";
    const auto verified = feed::VerifyChain(*aid.place.database, "c411728");
    EXPECT_TRUE(verified.ok()) << verified.status();
  }

  std::atomic<int64_t> left = -1;  // statements that still work; negative: all
  TempFolder folder;
  Registry registry;
  Aid aid;
};

TEST_P(WritesTest, ThreeAtOnceCutOffAnywhere) {
  const testlib::Cuts cuts(5);
  int n = 0;
  const Again whole = Prepare(GetParam(), ++n);
  const size_t none = Written().size();
  ASSERT_TRUE(whole().ok()) << whole();
  const size_t one = Written().size() - none;
  EXPECT_GT(one, 0u);
  int64_t cut = cuts.first;
  for (;; cut += cuts.stride) {
    ASSERT_LT(cut, 900);
    const std::vector<Again> members = {Prepare(GetParam(), ++n), Prepare(GetParam(), ++n), Prepare(GetParam(), ++n)};
    const size_t before = Written().size();
    std::vector<absl::Status> answers(members.size());
    left = cut;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < members.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = members[i](); });
    }
    for (std::thread& thread : threads) thread.join();
    left = -1;
    ExpectSound();
    for (const Again& member : members) {
      const absl::Status again = member();
      ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again;
    }
    const auto done = Written();
    EXPECT_EQ(done.size(), before + 3 * one) << "cut at " << cut;
    ExpectSound();
    for (const Again& member : members) EXPECT_TRUE(member().ok());
    EXPECT_EQ(Written(), done) << "a replay writes nothing";
    if (std::all_of(answers.begin(), answers.end(), [](const absl::Status& s) { return s.ok(); })) break;
  }
  EXPECT_GT(cut, 4) << "so few statements cannot be";
}

INSTANTIATE_TEST_SUITE_P(Writes, WritesTest,
                         ::testing::ValuesIn(std::vector<std::string>(std::begin(kMethods), std::end(kMethods))),
                         [](const auto& info) { return info.param; });

TEST(Writes, AllAreAmongThem) {
  namespace common = ruraledu::common::v1;
  std::set<std::string> writes;
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "ruraledu.student_aid.v1.StudentAidService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& access = service->method(i)->options().GetExtension(common::access);
    if (access.idempotency() == common::IDEMPOTENCY_REQUEST_ID) writes.insert(service->method(i)->name());
  }
  std::set<std::string> tested(std::begin(kMethods), std::end(kMethods));
  tested.insert(std::begin(kElsewhere), std::end(kElsewhere));
  tested.insert(std::begin(kOfFunds), std::end(kOfFunds));
  tested.insert(std::begin(kOfApplications), std::end(kOfApplications));
  tested.insert(std::begin(kOfPayments), std::end(kOfPayments));
  tested.insert(std::begin(kOfOverrides), std::end(kOfOverrides));
  tested.insert(std::begin(kOfProgrammes), std::end(kOfProgrammes));
  tested.insert(std::begin(kOfFollowUp), std::end(kOfFollowUp));
  tested.insert(std::begin(kOfTheOffice), std::end(kOfTheOffice));
  tested.insert(std::begin(kOfTheMirror), std::end(kOfTheMirror));
  tested.insert(std::begin(kOfGoods), std::end(kOfGoods));
  tested.insert(std::begin(kOfConsents), std::end(kOfConsents));
  tested.insert(std::begin(kOfDepartments), std::end(kOfDepartments));
  EXPECT_EQ(writes, tested);
}

}  // namespace
}  // namespace ruraledu::student_aid
