// A fault at each statement of every write, three calls at once so that they share commits: nothing half written, and
// the same request_id succeeds later, once.
//
#include <atomic>
#include <map>
#include <thread>

#include "ruraledu/common/v1/options.pb.h"
#include "services/registry/store.h"
#include "tests/lib/cuts.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using Again = std::function<absl::Status()>;  // the same request, whenever it is called

class FaultHandlersTest : public ImportTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    Open([left = left_](int64_t, std::string_view) {
      return *left < 0 || left->fetch_sub(1) > 1 ? absl::OkStatus() : (*left = 1, absl::UnavailableError("cut off"));
    });
    school_ = Must(RegistryTest::Create(School()));
    near_ = Must(RegistryTest::Create(School("2141000002", {"PRI"}, "411728002")));
    far_ = Must(RegistryTest::Create(School("2141000009", {"PRI"}, "411729001"), kOtherParent));
  }

  template <typename Request, typename Answer>
  Again Repeat(std::string_view method, Request request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&),
               const std::string& subject = "test") {
    request.set_request_id(NextRequest());
    return [=, this] { return CallAs(rpc::MakeJobCaller(subject, "4117"), method, request, handler).status(); };
  }
  std::string Number(int n) { return Id("20140305", n); }
  v1::Student Pupil(int n) { return Must(RegistryTest::Create(Student(school_, Number(n)))); }
  v1::Account Holder(int n) {
    v1::CreateAccountRequest request;
    request.set_parent("areas/411728");
    request.mutable_account()->set_subject(absl::StrCat("subject-", n));
    request.mutable_account()->set_person(absl::StrCat("P-", n));
    request.set_request_id(NextRequest());
    return Must(Call("CreateAccount", request, &Handlers::CreateAccount));
  }
  v1::GiveGrantRequest Giving(int n) {
    v1::GiveGrantRequest request;
    request.set_name(Holder(n).name());
    request.mutable_grant()->set_role("CITY_VIEWER");
    request.mutable_grant()->set_area("areas/411728");
    *request.mutable_grant()->mutable_valid_from() = DateOf(absl::CivilDay(2023, 1, 1));
    request.set_request_id(NextRequest());
    return request;
  }
  std::string Given(int n) { return Must(Call("GiveGrant", Giving(n), &Handlers::GiveGrant)).grants(0).name(); }
  v1::Transfer Leaving(int n) {
    v1::CreateTransferRequest request;
    request.set_parent(kParent);
    request.mutable_transfer()->set_student(Pupil(n).name());
    request.mutable_transfer()->set_to_school(far_.name());
    *request.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2023, 10, 8));
    request.set_request_id(NextRequest());
    return Must(Call("CreateTransfer", request, &Handlers::CreateTransfer));
  }
  std::string Csv(int n) { return RosterCsv({ImportTest::Pupil(absl::StrCat("学生", n), Number(n))}); }
  std::string Uploaded(int n) {
    const std::string csv = Csv(n),
                      name = Must(ImportTest::Create(v1::IMPORT_SOURCE_STUDENT_ROSTER, NextRequest(), csv)).name();
    EXPECT_TRUE(Upload(name, 0, csv).ok());
    return name;
  }
  v1::MergeStudentsRequest Merging(int n) {
    v1::MergeStudentsRequest request;
    request.set_name(Pupil(n).name());
    request.set_duplicate(Must(RegistryTest::Create(Student(school_, Id("20140306", n)))).name());
    request.set_reason("SAME");
    request.set_request_id(NextRequest());
    return request;
  }
  v1::IdentityReview Review(int n) {
    v1::IdentityReview review;
    review.set_name(absl::StrCat(kParent, "/reviews/r", n));
    review.set_kind("POSSIBLE_DUPLICATE");
    const v1::Student one = Pupil(n), other = Must(RegistryTest::Create(Student(school_, Id("20140306", n))));
    review.set_student(one.name());
    review.set_other_student(other.name());
    review.set_state(v1::REVIEW_STATE_OPEN);
    review.set_area(one.area());
    Put(kReviews, review, {ReviewPair(review)});
    return review;
  }
  template <typename Request>
  Request Named(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }
  template <typename Request>
  Request Of(const std::string& parent = kParent) {
    Request request;
    request.set_parent(parent);
    return request;
  }

  // What has to be there before the call, made now, and the call.
  Again Prepare(const std::string& method, int n);
  Again PreparePlaces(const std::string& method, int n);
  Again PreparePersons(const std::string& method, int n);
  Again PrepareIdentity(const std::string& method, int n);
  Again PrepareImports(const std::string& method, int n);
  Again PrepareAccess(const std::string& method, int n);
  Again PrepareJobs(const std::string& method, int n);

  // Everything that a write leaves, over all shards; claims and the directory of persons lie in shards of their own and
  // follow.
  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& what, const std::string& sql) {
      const auto rows = database_->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) {
        lines.push_back(absl::StrCat(what, " ", row.Text(0), " ", row.Text(1), " ", row.Int(2)));
      }
    };
    for (const feed::RootTable* table : kAllTables) {
      add(std::string(table->table),
          absl::StrCat("SELECT shard, id, version FROM ", table->table, " ORDER BY shard, id"));
    }
    add("journal", "SELECT shard, entity, seq FROM journal ORDER BY shard, seq");
    add("job", "SELECT shard, id, 0 FROM job ORDER BY shard, id");
    add("cancelled", "SELECT shard, id, 1 FROM job WHERE cancel_requested = 1 ORDER BY shard, id");
    add("chunk", "SELECT shard, import_id, end_offset FROM import_chunk ORDER BY shard, import_id, start_offset");
    add("grant", "SELECT shard, name, 0 FROM access_grant ORDER BY shard, name");
    add("account", "SELECT shard, name, active + revoked_before FROM access_account ORDER BY shard, name");
    add("session", "SELECT account, session, 0 FROM access_session ORDER BY account, session");
    return lines;
  }
  // Every version of a root is an entry of the journal, and the last entry is the head.
  void ExpectSound() {
    for (const feed::RootTable* table : kAllTables) {
      const auto lost = database_->Read([&](db::Transaction& tx) {
        return tx.Query(absl::StrCat("SELECT id FROM ", table->table,
                                     " AS root WHERE NOT EXISTS (SELECT seq FROM "
                                     "journal WHERE journal.shard = root.shard AND journal.seq = root.version)"));
      });
      ASSERT_TRUE(lost.ok()) << lost.status();
      EXPECT_TRUE(lost->empty()) << table->table << " without its entry";
    }
    for (const char* shard : {kCounty, "c411729", "a411728"}) {
      const auto verified = feed::VerifyChain(*database_, shard);
      EXPECT_TRUE(verified.ok()) << verified.status();
    }
  }

  std::shared_ptr<std::atomic<int64_t>> left_ = std::make_shared<std::atomic<int64_t>>(-1);  // statements that work
  v1::School school_, near_, far_;
};

Again FaultHandlersTest::PreparePlaces(const std::string& method, int n) {
  const std::string code = absl::StrCat("21410", 10000 + n);
  if (method == "CreateSchool") {
    auto request = Of<v1::CreateSchoolRequest>();
    *request.mutable_school() = School(code);
    return Repeat(method, request, &Handlers::CreateSchool);
  }
  if (method == "CreateClass") {
    auto request = Of<v1::CreateClassRequest>();
    *request.mutable_school_class() = Class(school_, "3", 40);
    request.mutable_school_class()->set_display_name(absl::StrCat(n, "班"));
    return Repeat(method, request, &Handlers::CreateClass);
  }
  const v1::School school = Must(RegistryTest::Create(School(code)));
  if (method == "CloseSchool") {
    auto request = Named<v1::CloseSchoolRequest>(school.name());
    *request.mutable_closed_on() = DateOf(absl::CivilDay(2023, 8, 31));
    request.add_replacements(near_.name());
    return Repeat(method, request, &Handlers::CloseSchool);
  }
  v1::UpdateSchoolRequest request;  // to another township: with the job that takes everybody along
  request.mutable_school()->set_name(school.name());
  request.mutable_school()->set_township("411728002");
  request.mutable_update_mask()->add_paths("township");
  return Repeat(method, request, &Handlers::UpdateSchool);
}

Again FaultHandlersTest::PreparePersons(const std::string& method, int n) {
  if (method == "CreateStudent") {
    auto request = Of<v1::CreateStudentRequest>();
    *request.mutable_student() = Student(school_, Number(n));
    return Repeat(method, request, &Handlers::CreateStudent);
  }
  if (method == "CreateHousehold" || method == "UpdateHousehold") {
    v1::Household household = Household();
    household.set_source_number(absl::StrCat("H", n));
    if (method == "CreateHousehold") {
      auto request = Of<v1::CreateHouseholdRequest>();
      *request.mutable_household() = household;
      return Repeat(method, request, &Handlers::CreateHousehold);
    }
    v1::UpdateHouseholdRequest request;
    request.mutable_household()->set_name(Must(RegistryTest::Create(household)).name());
    request.mutable_household()->set_relocated(true);
    request.mutable_update_mask()->add_paths("relocated");
    return Repeat(method, request, &Handlers::UpdateHousehold);
  }
  if (method == "CreateTeacher" || method == "UpdateTeacher") {
    v1::Teacher teacher = Teacher(school_);
    teacher.set_staff_number(absl::StrCat("T", n));
    if (method == "CreateTeacher") {
      auto request = Of<v1::CreateTeacherRequest>();
      *request.mutable_teacher() = teacher;
      return Repeat(method, request, &Handlers::CreateTeacher);
    }
    v1::UpdateTeacherRequest request;
    request.mutable_teacher()->set_name(Must(RegistryTest::Create(teacher)).name());
    request.mutable_teacher()->set_subject("MATH");
    request.mutable_update_mask()->add_paths("subject");
    return Repeat(method, request, &Handlers::UpdateTeacher);
  }
  const v1::Student pupil = Pupil(n);
  if (method == "UpdateStudent") {  // another number: claims
    v1::UpdateStudentRequest request;
    request.mutable_student()->set_name(pupil.name());
    request.mutable_student()->set_id_number(Id("20140307", n));
    request.mutable_student()->mutable_birth_date()->CopyFrom(DateOf(absl::CivilDay(2014, 3, 7)));
    request.mutable_update_mask()->add_paths("id_number");
    request.mutable_update_mask()->add_paths("birth_date");
    return Repeat(method, request, &Handlers::UpdateStudent);
  }
  auto status = Named<v1::ChangeStudentStatusRequest>(pupil.name());
  status.set_status("GRADUATED");
  *status.mutable_status_from() = DateOf(absl::CivilDay(2023, 9, 10));
  if (method == "ChangeStudentStatus") {
    return Repeat(method, status, &Handlers::ChangeStudentStatus);
  }
  status.set_request_id(NextRequest());
  EXPECT_TRUE(Call("ChangeStudentStatus", status, &Handlers::ChangeStudentStatus).ok());
  auto erase = Named<v1::EraseStudentRequest>(pupil.name());
  erase.set_reason("RETENTION_ENDED");
  return Repeat(method, erase, &Handlers::EraseStudent);
}

Again FaultHandlersTest::PrepareIdentity(const std::string& method, int n) {
  if (method == "DecideReview") {
    auto request = Named<v1::DecideReviewRequest>(Review(n).name());
    request.set_decision(v1::REVIEW_STATE_SAME);
    return Repeat(method, request, &Handlers::DecideReview);
  }
  if (method == "MergeStudents") {
    return Repeat(method, Merging(n), &Handlers::MergeStudents);
  }
  if (method == "UnmergeStudent") {
    const v1::MergeStudentsRequest merging = Merging(n);
    EXPECT_TRUE(Call("MergeStudents", merging, &Handlers::MergeStudents).ok());
    auto request = Named<v1::UnmergeStudentRequest>(merging.duplicate());
    request.set_reason("OTHERS");
    return Repeat(method, request, &Handlers::UnmergeStudent);
  }
  if (method == "CreateTransfer") {
    auto request = Of<v1::CreateTransferRequest>();
    request.mutable_transfer()->set_student(Pupil(n).name());
    request.mutable_transfer()->set_to_school(near_.name());
    *request.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2023, 10, 8));
    return Repeat(method, request, &Handlers::CreateTransfer);
  }
  const std::string transfer = Leaving(n).name();
  if (method == "AcceptTransfer") {
    auto request = Of<v1::AcceptTransferRequest>(kOtherParent);
    request.set_transfer(transfer);
    return Repeat(method, request, &Handlers::AcceptTransfer);
  }
  auto request = Of<v1::EndTransferRequest>();
  request.set_transfer(transfer);
  return Repeat(method, request, &Handlers::EndTransfer);
}

Again FaultHandlersTest::PrepareImports(const std::string& method, int n) {
  const std::string csv = Csv(n);
  if (method == "CreateImport") {
    auto request = Of<v1::CreateImportRequest>();
    request.mutable_import()->set_source(v1::IMPORT_SOURCE_STUDENT_ROSTER);
    request.mutable_import()->set_batch(absl::StrCat("b", n));
    request.mutable_import()->set_mode(v1::IMPORT_MODE_PARTIAL);
    request.mutable_import()->set_school_year("2023-2024");
    request.mutable_import()->set_total_bytes(static_cast<int64_t>(csv.size()));
    request.mutable_import()->set_sha256(crypto::Sha256({csv}));
    return Repeat(method, request, &Handlers::CreateImport);
  }
  if (method == "UploadChunk") {
    const std::string name = Must(ImportTest::Create(v1::IMPORT_SOURCE_STUDENT_ROSTER, NextRequest(), csv)).name();
    return [=, this] { return Upload(name, 0, csv).status(); };
  }
  const std::string name = Uploaded(n);
  if (method == "CommitUpload") {
    return Repeat(method, Named<v1::CommitUploadRequest>(name), &Handlers::CommitUpload);
  }
  EXPECT_TRUE(Commit(name).ok());
  EXPECT_TRUE(RunJobs().ok());
  if (method == "ApplyImport") {
    return Repeat(method, Named<v1::ApplyImportRequest>(name), &Handlers::ApplyImport);
  }
  EXPECT_TRUE(Apply(name).ok());
  EXPECT_TRUE(RunJobs().ok());
  auto request = Named<v1::WithdrawImportRequest>(name);
  request.set_reason("wrong file");
  return Repeat(method, request, &Handlers::WithdrawImport);
}

Again FaultHandlersTest::PrepareAccess(const std::string& method, int n) {
  if (method == "CreateAccount") {
    auto request = Of<v1::CreateAccountRequest>("areas/411728");
    request.mutable_account()->set_subject(absl::StrCat("subject-", n));
    request.mutable_account()->set_person(absl::StrCat("P-", n));
    return Repeat(method, request, &Handlers::CreateAccount);
  }
  if (method == "GiveGrant") {
    return Repeat(method, Giving(n), &Handlers::GiveGrant);
  }
  if (method == "RevokeAccount") {
    auto request = Named<v1::RevokeAccountRequest>(Holder(n).name());
    request.set_session(absl::StrCat("s-", n));
    return Repeat(method, request, &Handlers::RevokeAccount);
  }
  if (method == "ConfirmGrant") {
    return Repeat(method, Named<v1::ConfirmGrantRequest>(Given(n)), &Handlers::ConfirmGrant, "second");
  }
  return Repeat(method, Named<v1::RevokeGrantRequest>(Given(n)), &Handlers::RevokeGrant);
}

Again FaultHandlersTest::PrepareJobs(const std::string& method, int) {
  const auto rebuild = Of<dashboard_v1::RebuildDashboardRequest>();
  if (method == "RebuildDashboard") {
    return Repeat(method, rebuild, &Handlers::RebuildDashboard);
  }
  if (method == "Reseal") {
    return Repeat(method, Of<ruraledu::jobs::v1::ResealRequest>(), &Handlers::Reseal);
  }
  auto start = rebuild;
  start.set_request_id(NextRequest());
  const std::string job = Must(Call("RebuildDashboard", start, &Handlers::RebuildDashboard)).name();
  return Repeat(method, Named<ruraledu::jobs::v1::CancelJobRequest>(job), &Handlers::CancelJob);
}

const char* const kMethods[] = {
    "CreateSchool",   "UpdateSchool",        "CloseSchool",    "CreateClass",      "CreateStudent",
    "UpdateStudent",  "ChangeStudentStatus", "EraseStudent",   "CreateHousehold",  "UpdateHousehold",
    "CreateTeacher",  "UpdateTeacher",       "DecideReview",   "MergeStudents",    "UnmergeStudent",
    "CreateTransfer", "AcceptTransfer",      "EndTransfer",    "CreateImport",     "UploadChunk",
    "CommitUpload",   "ApplyImport",         "WithdrawImport", "CreateAccount",    "GiveGrant",
    "ConfirmGrant",   "RevokeGrant",         "RevokeAccount",  "RebuildDashboard", "Reseal",
    "CancelJob"};

Again FaultHandlersTest::Prepare(const std::string& method, int n) {
  const auto has = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(), [&](const char* word) { return method.find(word) != method.npos; });
  };
  if (has({"School", "Class"})) return PreparePlaces(method, n);
  if (has({"Merge", "Unmerge", "Review", "Transfer"})) return PrepareIdentity(method, n);
  if (has({"Student", "Household", "Teacher"})) return PreparePersons(method, n);
  if (has({"Import", "Upload"})) return PrepareImports(method, n);
  if (has({"Account", "Grant"})) return PrepareAccess(method, n);
  return PrepareJobs(method, n);
}

TEST_P(FaultHandlersTest, ThreeAtOnceCutOffAnywhere) {
  const testlib::Cuts cuts(7);
  int n = 0;
  const Again whole = Prepare(GetParam(), ++n);
  const size_t none = Written().size();
  ASSERT_TRUE(whole().ok()) << whole();
  const size_t one = Written().size() - none;
  int64_t at = cuts.first;
  for (;; at += cuts.stride) {
    ASSERT_LT(at, 1000);
    const std::vector<Again> members = {Prepare(GetParam(), ++n), Prepare(GetParam(), ++n), Prepare(GetParam(), ++n)};
    const size_t before = Written().size();
    std::vector<absl::Status> answers(members.size());
    *left_ = at;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < members.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = members[i](); });
    }
    for (std::thread& thread : threads) thread.join();
    *left_ = -1;
    ExpectSound();
    for (const Again& member : members) {
      const absl::Status again = member();
      ASSERT_TRUE(again.ok()) << "cut off at statement " << at << ": " << again;
    }
    const auto done = Written();
    EXPECT_EQ(done.size(), before + 3 * one) << "cut off at statement " << at;
    ExpectSound();
    for (const Again& member : members) EXPECT_TRUE(member().ok());
    EXPECT_EQ(Written(), done) << "a replay writes nothing";
    if (std::all_of(answers.begin(), answers.end(), [](const absl::Status& s) { return s.ok(); })) break;
  }
  EXPECT_GT(at, 4) << "so few statements cannot be";
  EXPECT_EQ(Differences(), 0);
}

INSTANTIATE_TEST_SUITE_P(Writes, FaultHandlersTest,
                         ::testing::ValuesIn(std::vector<std::string>(std::begin(kMethods), std::end(kMethods))),
                         [](const auto& info) { return info.param; });

TEST(FaultHandlers, EveryWriteIsAmongThem) {
  namespace common = ruraledu::common::v1;
  std::set<std::string> writes;
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("ruraledu.registry.v1.RegistryService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& access = service->method(i)->options().GetExtension(common::access);
    if (access.idempotency() == common::IDEMPOTENCY_REQUEST_ID) writes.insert(service->method(i)->name());
  }
  std::set<std::string> tested(std::begin(kMethods), std::end(kMethods));
  tested.erase("UploadChunk");  // needs no request_id: the offset says what was sent
  EXPECT_EQ(tested, writes);
}

}  // namespace
}  // namespace ruraledu::registry
