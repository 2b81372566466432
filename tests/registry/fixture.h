// The registry behind its handlers, in the test's own thread: one county with a small region tree, callers with any
// grants, and jobs that run chunk by chunk at their stored cursor.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/crypto/signing.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/terms.h"
#include "common/db/faults.h"
#include "common/domain/citizen_id.h"
#include "common/domain/load_file.h"
#include "common/feed/key_store.h"
#include "common/rpc/server_call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/registry.h"
#include "schema/rpc.h"
#include "services/registry/erasure.h"
#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"
#include "services/registry/indicators.h"
#include "services/registry/rekey.h"
#include "services/registry/reseal.h"
#include "services/registry/transfers.h"
#include "tests/lib/temp_folder.h"
#include "tests/lib/violated.h"

namespace ruraledu::registry {

namespace dashboard_v1 = ruraledu::dashboard::v1;

inline constexpr char kParent[] = "counties/411728";
inline constexpr char kCounty[] = "c411728";
inline constexpr char kOtherParent[] = "counties/411729";  // of the same city

// A good identity number; region parts of prefecture level belong to nobody (digest 7.1).
inline std::string Id(const std::string& birth, int sequence) {
  const std::string first =
      absl::StrCat("411700", birth, sequence < 100 ? "0" : "", sequence < 10 ? "0" : "", sequence);
  return first + CitizenIdCheckCharacter(first);
}

using testlib::TempFolder;

// The deployment's data with the regions of one county.
inline void LaySmallData(const TempFolder& folder) {
  namespace fs = std::filesystem;
  const fs::path source = fs::path(RURALEDU_SOURCE_DIR) / "deploy";
  const fs::path data = folder / "data";
  fs::create_directory(data);
  fs::create_directory_symlink(source / "policies", folder / "policies");
  for (const auto& entry : fs::directory_iterator(source / "data")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("region") && !name.starts_with("villages")) {
      fs::create_symlink(entry.path(), data / name);
    }
  }
  for (const char* file : {"regions.csv", "villages-five-plans.csv", "region-changes.csv", "region-attributes.csv"}) {
    std::ifstream in(source / "data" / file);
    std::ofstream out(data / file);
    std::string line;
    std::getline(in, line);
    out << line << "\n";
    while (file == std::string("regions.csv") && std::getline(in, line)) {
      if (line.starts_with("410000000000") || line.starts_with("411700000000") || line.starts_with("411728") ||
          line.starts_with("411729") || line.starts_with("411727")) {
        out << line << "\n";
      }
    }
  }
}

// A job in the test's thread.
class LocalJob final : public db::JobContext {
 public:
  LocalJob(db::Database& database, db::JobRow job) : database_(database), job_(std::move(job)) {}
  const db::JobRow& job() const override { return job_; }
  db::Database& database() override { return database_; }
  absl::Status Chunk(const std::function<absl::Status(db::Transaction&)>& body, std::string cursor, int64_t done,
                     int64_t total) override {
    RETURN_IF_ERROR(database_.Write(job_.shard, [&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(body(tx));
      return tx
          .Execute("UPDATE job SET cursor_value = $3, done_units = $4, total_units = $5 WHERE shard = $1 AND id = $2",
                   job_.shard, job_.id, db::Blob{cursor}, done, total)
          .status();
    }));
    job_.cursor = std::move(cursor);
    job_.done_units = done;
    job_.total_units = total;
    return absl::OkStatus();
  }
  absl::Status CheckGoOn() override { return absl::OkStatus(); }
  absl::Status Postpone(db::JobState, absl::Duration) override { return Fail("JOB_POSTPONED"); }

 private:
  db::Database& database_;
  db::JobRow job_;
};

class RegistryTest : public ::testing::Test {
 protected:
  // `url`: of another database than the default, SQLite in a folder of its own.
  explicit RegistryTest(std::string url = "") : url_(std::move(url)) {
    google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
    LaySmallData(folder_);
    EXPECT_TRUE(crypto::CreateKeyFile(folder_ / "keys").ok());
    Open();
  }
  ~RegistryTest() override { Close(); }

  void Close() {
    handlers_.reset();
    engine_.reset();
    board_.reset();
    jobs_.reset();
    heads_.reset();
    access_.reset();
    measures_.reset();
    book_.reset();
    host_.reset();
    keys_.reset();
    store_.reset();
    database_.reset();
  }

  // Opens everything anew, as a process that was killed does. `plan` decides the fate of each statement.
  void Open(db::FaultPlan plan = nullptr) {
    Close();
    db::Options options{.url = url_.empty() ? "sqlite:" + folder_ / "registry.db" : url_, .clock = &clock_};
    options.read_limit = options.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    options.sqlite_vfs = vfs_;
    options.read_limit = options.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    if (plan) {
      options.decorate = db::WithFaults(std::move(plan));
    }
    std::vector<db::Migration> migrations;
    for (const auto& schema : {feed::Schema(), rpc::Schema(), dashboard::Schema(), Schema()}) {
      migrations.insert(migrations.end(), schema.begin(), schema.end());
    }
    auto opened = db::Database::Open(options, migrations);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    store_ = feed::DatabaseKeyStore(*database_);
    auto ring = crypto::KeyRing::Open(folder_ / "keys", store_.get());
    ASSERT_TRUE(ring.ok()) << ring.status();
    keys_ = *std::move(ring);
    host_.reset(new rpc::Host{*database_, *keys_, clock_, nullptr});
    auto book = ReferenceBook::Open(*host_, folder_ / "data");
    ASSERT_TRUE(book.ok()) << book.status();
    book_ = *std::move(book);
    measures_ = Measures(book_->Get()->codes);
    host_->counters = [this] { return std::make_unique<dashboard::CounterFold>(*measures_); };
    auto access = rpc::AccessTable::Open(*database_, absl::Hours(1));
    ASSERT_TRUE(access.ok()) << access.status();
    access_ = *std::move(access);
    heads_ = std::make_unique<feed::HeadPoller>(*database_, absl::Hours(1));
    jobs_ = std::make_unique<db::JobEngine>(*database_, db::JobEngineOptions{});
    board_ = std::make_unique<dashboard::Board>(*database_, BoardOf(), nullptr, nullptr, obs::RuntimeMetrics(),
                                                dashboard::Board::Options{.clock = &clock_});
    handlers_ = std::make_unique<Handlers>(Parts{.host = *host_,
                                                 .reference = *book_,
                                                 .access = *access_,
                                                 .roles = roles_,
                                                 .signer = signer_,
                                                 .heads = *heads_,
                                                 .jobs = *jobs_,
                                                 .board = *board_});
    auto engine =
        rpc::Engine::Create({.service = "registry",
                             .contracts = {"ruraledu.registry.v1.RegistryService"},
                             .roles = &roles_,
                             .access = access_.get(),
                             .fingerprint = [this](std::string_view text) { return keys_->Fingerprint({text}); },
                             .instance = [this] { return database_->instance(); },
                             .metrics = &metrics_,
                             .clock = &clock_,
                             .limits = {.workers = 1, .waiters = 1}});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  // Somebody with one role (of roles.csv) in an area, for a purpose if one is given.
  static rpc::Caller Somebody(const std::string& role, const std::string& area = "411728",
                              const std::string& purpose = "", const std::string& person = "person-1") {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = absl::StrCat("accounts/411728-", person);
    access->person = person;
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    if (!purpose.empty()) {
      grant.purposes = {purpose};
    }
    access->grants = {grant};
    return {.subject = person, .issuer = "test", .access = std::move(access)};
  }
  // A subject with what the registry itself knows of it.
  rpc::Caller Known(const std::string& subject, const std::string& issuer = "test") {
    EXPECT_TRUE(access_->Refresh().ok());
    return {.subject = subject, .issuer = issuer, .access = access_->Find(issuer, subject)};
  }

  template <typename Request, typename Answer>
  absl::StatusOr<Answer> CallAs(rpc::Caller caller, std::string_view method, const Request& request,
                                absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&),
                                const std::string& purpose = "") {
    return rpc::RunLocally(
        *engine_, method, std::move(caller), request,
        [&](rpc::Call& call, const Request& asked) { return (*handlers_.*handler)(call, asked); }, purpose);
  }
  // As somebody who may everything in `area`.
  template <typename Request, typename Answer>
  absl::StatusOr<Answer> Call(std::string_view method, const Request& request,
                              absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&),
                              const std::string& area = "4117") {
    return CallAs(rpc::MakeJobCaller("test", area), method, request, handler);
  }

  // Runs what is queued until nothing is left or a job fails.
  absl::Status RunJobs() {
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, database_->Read([](db::Transaction& tx) {
        return tx.Query("SELECT shard, id FROM job WHERE state = 'QUEUED' ORDER BY id LIMIT 1");
      }));
      if (rows.empty()) {
        return absl::OkStatus();
      }
      const std::string shard = rows[0].Text(0), id = rows[0].Text(1);
      ASSIGN_OR_RETURN(const auto job,
                       database_->Read([&](db::Transaction& tx) { return db::FindJob(tx, shard, id); }));
      LocalJob context(*database_, *job);
      ASSIGN_OR_RETURN(const std::string result, RunJob(context));
      RETURN_IF_ERROR(database_->Write(shard, [&](db::Transaction& tx) {
        return tx
            .Execute("UPDATE job SET state = 'SUCCEEDED', result = $3 WHERE shard = $1 AND id = $2", shard, id,
                     db::Blob{result})
            .status();
      }));
    }
  }

  template <typename M>
  std::vector<M> All(const feed::RootTable& table, const std::string& shard = kCounty) {
    const auto sealer = keys_->SealerOf(shard);
    const auto roots = database_->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<M>> {
      ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table.table,
                                                              " WHERE shard = $1 ORDER BY id"),
                                                 shard));
      std::vector<M> all;
      for (const db::Row& row : rows) {
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, table, row.Text(0), sealer->get(), &all.emplace_back()));
      }
      return all;
    });
    EXPECT_TRUE(roots.ok()) << roots.status();
    return roots.ok() ? *roots : std::vector<M>();
  }
  v1::Student StudentNamed(const std::string& display_name) {
    for (v1::Student& student : All<v1::Student>(kStudents)) {
      if (student.display_name() == display_name) {
        return student;
      }
    }
    ADD_FAILURE() << "nobody is called " << display_name;
    return {};
  }

  // The counters of the county that are not 0: "TOWNSHIP 411728001  pupils PRI = 3".
  std::vector<std::string> Counters(const std::string& level = "") {
    const auto rows = database_->Read([&](db::Transaction& tx) {
      return tx.Query(
          "SELECT level, area, period, measure, dimension, value FROM counter WHERE shard = $1 AND value <> 0 AND "
          "($2 = '' OR level = $2) ORDER BY level, area, period, measure, dimension",
          kCounty, level);
    });
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> lines;
    for (const db::Row& r : *rows) {
      lines.push_back(
          absl::StrCat(r.Text(0), " ", r.Text(1), " ", r.Text(2), " ", r.Text(3), " ", r.Text(4), " = ", r.Int(5)));
    }
    return lines;
  }
  // Rebuilds the counters of the county through the handler; how many differed.
  int64_t Differences() {
    dashboard_v1::RebuildDashboardRequest request;
    request.set_parent(kParent);
    request.set_request_id(NextRequest());
    const auto job = Call("RebuildDashboard", request, &Handlers::RebuildDashboard);
    EXPECT_TRUE(job.ok()) << job.status();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    const auto done = Call("GetJob", get, &Handlers::GetJob);
    dashboard_v1::RebuildDashboardResult result;
    EXPECT_TRUE(done.ok() && done->result().UnpackTo(&result)) << done.status();
    EXPECT_GT(result.counters(), 0);
    return result.differences();
  }

  // --- What most tests begin with, through the handlers ---------------------------------------------------------

  template <typename M>
  static M Must(absl::StatusOr<M> answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : M();
  }
  static v1::School School(const std::string& code = "2141000001", const std::vector<std::string>& stages = {"PRI"},
                           const std::string& township = "411728001") {
    v1::School school;
    school.set_code(code);
    school.set_display_name("瞿阳小学");
    school.set_township(township);
    school.set_school_type(code.substr(0, 2));
    *school.mutable_stages() = {stages.begin(), stages.end()};
    return school;
  }
  absl::StatusOr<v1::School> Create(const v1::School& school, const std::string& parent = kParent) {
    v1::CreateSchoolRequest request;
    request.set_parent(parent);
    *request.mutable_school() = school;
    request.set_request_id(NextRequest());
    return Call("CreateSchool", request, &Handlers::CreateSchool);
  }
  static v1::SchoolClass Class(const v1::School& school, const std::string& grade = "3", int size = 40) {
    v1::SchoolClass one;
    one.set_school(school.name());
    one.set_display_name(absl::StrCat(grade, "(1)班"));
    one.set_stage(school.stages_size() > 0 ? school.stages(0) : "");
    one.set_grade(grade);
    one.set_school_year("2023-2024");
    one.set_reported_size(size);
    return one;
  }
  absl::StatusOr<v1::SchoolClass> Create(const v1::SchoolClass& one, const std::string& parent = kParent) {
    v1::CreateClassRequest request;
    request.set_parent(parent);
    *request.mutable_school_class() = one;
    request.set_request_id(NextRequest());
    return Call("CreateClass", request, &Handlers::CreateClass);
  }
  static v1::Student Student(const v1::School& school, const std::string& id_number,
                             const std::string& display_name = "张子涵", const std::string& grade = "3") {
    v1::Student student;
    student.set_display_name(display_name);
    student.set_id_type("1");
    student.set_id_number(id_number);
    auto* span = student.add_enrolments();
    span->set_school(school.name());
    span->set_stage(school.stages_size() > 0 ? school.stages(0) : "");
    span->set_grade(grade);
    *span->mutable_valid_from() = DateOf(absl::CivilDay(2023, 9, 1));
    return student;
  }
  absl::StatusOr<v1::Student> Create(const v1::Student& student, const std::string& parent = kParent) {
    v1::CreateStudentRequest request;
    request.set_parent(parent);
    *request.mutable_student() = student;
    request.set_request_id(NextRequest());
    return Call("CreateStudent", request, &Handlers::CreateStudent);
  }
  absl::StatusOr<v1::Student> Read(const std::string& name) {
    v1::GetStudentRequest request;
    request.set_name(name);
    return Call("GetStudent", request, &Handlers::GetStudent);
  }
  static v1::Household Household(const std::string& village = "411728001201", const std::string& kind = "P2") {
    v1::Household household;
    household.set_source_number("H1");
    household.set_village(village);
    v1::HouseholdMember* head = household.add_members();
    head->set_display_name("张三");
    head->set_id_number(Id("19850101", 11));
    head->set_relation("HEAD");
    *head->mutable_valid_from() = DateOf(absl::CivilDay(2016, 1, 1));
    v1::HardshipRecord* record = household.add_hardships();
    record->set_kind(kind);
    record->set_source("RURAL_REVITALISATION");
    *record->mutable_valid_from() = DateOf(absl::CivilDay(2016, 1, 1));
    return household;
  }
  absl::StatusOr<v1::Household> Create(const v1::Household& household, const std::string& parent = kParent) {
    v1::CreateHouseholdRequest request;
    request.set_parent(parent);
    *request.mutable_household() = household;
    request.set_request_id(NextRequest());
    return Call("CreateHousehold", request, &Handlers::CreateHousehold);
  }
  static v1::Teacher Teacher(const v1::School& school) {
    v1::Teacher teacher;
    teacher.set_display_name("李老师");
    teacher.set_id_number(Id("19850101", 21));
    teacher.set_staff_number("T001");
    teacher.set_post("TEACHER");
    teacher.set_title_grade("SENIOR");
    teacher.add_certificate_stages("PRI");
    v1::ServiceSpan* span = teacher.add_services();
    span->set_school(school.name());
    span->set_post("TEACHER");
    *span->mutable_valid_from() = DateOf(absl::CivilDay(2010, 9, 1));
    return teacher;
  }
  absl::StatusOr<v1::Teacher> Create(const v1::Teacher& teacher, const std::string& parent = kParent) {
    v1::CreateTeacherRequest request;
    request.set_parent(parent);
    *request.mutable_teacher() = teacher;
    request.set_request_id(NextRequest());
    return Call("CreateTeacher", request, &Handlers::CreateTeacher);
  }
  // A root as an import leaves it: what no handler creates.
  template <typename M>
  void Put(const feed::RootTable& table, const M& root, std::vector<db::Value> extra = {}) {
    const auto shard = ShardOfName(root.name());
    const auto sealer = keys_->SealerOf(*shard);
    const absl::Status put = database_->Write(*shard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, **sealer, {"test", "test"}, host_->NewCounters());
      RETURN_IF_ERROR(writer.Put(table, nullptr, root, "TEST", extra).status());
      return writer.Finish().status();
    });
    EXPECT_TRUE(put.ok()) << put;
  }

  // The same request again gives the first answer; other content under its request_id is refused.
  template <typename Request, typename Answer>
  void ExpectReplay(std::string_view method, Request request,
                    absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&),
                    const std::function<void(Request&)>& change) {
    request.set_request_id(NextRequest());
    const auto first = Call(method, request, handler), again = Call(method, request, handler);
    ASSERT_TRUE(first.ok()) << method << first.status();
    ASSERT_TRUE(again.ok()) << method << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString()) << method;
    change(request);
    EXPECT_EQ(ReasonOf(Call(method, request, handler).status()), "REQUEST_ID_REUSED") << method;
  }

  std::string NextRequest() { return absl::StrCat("request-", ++requests_); }

  const std::string url_;
  TempFolder folder_;
  std::string vfs_;  // of SQLite; the next Open uses it
  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2023, 9, 20, 10, 0, 0), absl::UTCTimeZone())};
  rpc::RoleBook roles_ = *rpc::RoleBook::Parse(*LoadFile(RURALEDU_SOURCE_DIR "/deploy/policies/roles.csv"));
  crypto::TokenSigner signer_ = *crypto::TokenSigner::Create("test", crypto::GenerateEd25519().private_pem);
  obs::Metrics metrics_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<ReferenceBook> book_;
  std::unique_ptr<const dashboard::MeasureBook> measures_;
  std::unique_ptr<rpc::AccessTable> access_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<db::JobEngine> jobs_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<rpc::Engine> engine_;
  int requests_ = 0;

 private:
  dashboard::BoardSpec BoardOf() const {
    const std::string file = folder_ / "policies/registry/targets.csv";
    dashboard::BoardSpec spec{.service = "registry",
                              .measures = measures_.get(),
                              .indicators = Indicators(*book_, *Targets::Parse(file, *LoadFile(file)))};
    spec.places = PlacesOf(*book_);
    dashboard::ShowByTerm(book_->Get()->terms, &spec);
    return spec;
  }

  absl::StatusOr<std::string> RunJob(LocalJob& context) {
    const std::string& kind = context.job().kind;
    if (kind == kEraseJob) {
      return RunErasure(*host_, context);
    }
    if (kind == feed::kResealJob) {
      return feed::ResealJob(*keys_, ResealSteps(*host_, *book_))(context);
    }
    if (kind == kRekeyJob) {
      return RunRekey(*host_, context);
    }
    if (kind == kSettleIdentityJob) {
      return RunSettleIdentity(*host_, context);
    }
    if (kind == kCloseTransferJob) {
      return RunCloseTransfer(*host_, context);
    }
    if (kind == dashboard::kOpenPeriodJob) {
      return dashboard::OpenPeriodJob(*keys_)(context);
    }
    if (kind == dashboard::kRebuildJob) {
      return dashboard::RebuildJob(*measures_, *keys_, {.page = 3})(context);
    }
    ASSIGN_OR_RETURN(const auto job, ImportJob::Open(*host_, *book_, context));
    return kind == kImportCheckJob ? job->Check() : kind == kImportApplyJob ? job->Apply() : job->Withdraw();
  }
};

}  // namespace ruraledu::registry
