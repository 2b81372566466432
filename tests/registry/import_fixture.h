// One county with a small region tree, the import handlers, and jobs that run in the test's own thread: chunk by chunk,
// at the stored cursor, so that a test can cut one off at any statement and go on.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/hash.h"
#include "common/crypto/signing.h"
#include "common/db/faults.h"
#include "common/domain/citizen_id.h"
#include "common/feed/key_store.h"
#include "common/rpc/server_call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/registry.h"
#include "schema/rpc.h"
#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {

inline constexpr char kParent[] = "counties/411728";
inline constexpr char kCounty[] = "c411728";

// A good identity number; region parts of prefecture level belong to nobody (digest 7.1).
inline std::string Id(const std::string& birth, int sequence) {
  const std::string first =
      absl::StrCat("411700", birth, sequence < 100 ? "0" : "", sequence < 10 ? "0" : "", sequence);
  return first + CitizenIdCheckCharacter(first);
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("ruraledu-import-" + crypto::Hex(crypto::RandomBytes(8)))) {
    std::filesystem::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  const std::filesystem::path path_;
};

// The deployment's data with the regions of one county.
inline void LaySmallData(const Folder& folder) {
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
      if (line.starts_with("410000000000") || line.starts_with("411700000000") || line.starts_with("411728")) {
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

// What is in the county and what identity claims say, without versions: equal for equal end states.
using State = std::vector<std::string>;

class ImportTest : public ::testing::Test {
 protected:
  ImportTest() {
    google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
    LaySmallData(folder_);
    EXPECT_TRUE(crypto::CreateKeyFile(folder_ / "keys").ok());
    Open();
  }
  ~ImportTest() override { Close(); }

  void Close() {
    handlers_.reset();
    engine_.reset();
    jobs_.reset();
    heads_.reset();
    access_.reset();
    book_.reset();
    host_.reset();
    keys_.reset();
    store_.reset();
    database_.reset();
  }

  // Opens everything anew, as a process that was killed does. `plan` decides the fate of each statement.
  void Open(db::FaultPlan plan = nullptr) {
    Close();
    db::Options options{.url = "sqlite:" + folder_ / "registry.db", .clock = &clock_};
    options.read_limit = options.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    options.sqlite_vfs = vfs_;
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
    auto access = rpc::AccessTable::Open(*database_, absl::Hours(1));
    ASSERT_TRUE(access.ok()) << access.status();
    access_ = *std::move(access);
    heads_ = std::make_unique<feed::HeadPoller>(*database_, absl::Hours(1));
    jobs_ = std::make_unique<db::JobEngine>(*database_, db::JobEngineOptions{});
    handlers_ = std::make_unique<Handlers>(Parts{.host = *host_,
                                                 .reference = *book_,
                                                 .access = *access_,
                                                 .roles = roles_,
                                                 .signer = signer_,
                                                 .heads = *heads_,
                                                 .jobs = *jobs_});
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

  template <typename Request, typename Answer>
  absl::StatusOr<Answer> Call(std::string_view method, const Request& request,
                              absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return rpc::RunLocally(*engine_, method, rpc::MakeJobCaller("test", "411728"), request,
                           [&](rpc::Call& call, const Request& asked) { return (*handlers_.*handler)(call, asked); });
  }

  absl::StatusOr<v1::Import> Create(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                                    const std::function<void(v1::Import&)>& change = nullptr) {
    v1::CreateImportRequest request;
    request.set_parent(kParent);
    request.set_request_id(NextRequest());
    v1::Import& import = *request.mutable_import();
    import.set_source(source);
    import.set_batch(batch);
    import.set_mode(v1::IMPORT_MODE_PARTIAL);
    import.set_school_year("2023-2024");
    import.set_total_bytes(static_cast<int64_t>(bytes.size()));
    import.set_sha256(crypto::Sha256({bytes}));
    if (change) {
      change(import);
    }
    return Call("CreateImport", request, &Handlers::CreateImport);
  }
  absl::StatusOr<int64_t> Upload(const std::string& name, int64_t offset, const std::string& bytes,
                                 const std::string& digest = "") {
    v1::UploadChunkRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_data(bytes);
    request.set_sha256(digest.empty() ? crypto::Sha256({bytes}) : digest);
    const auto answer = Call("UploadChunk", request, &Handlers::UploadChunk);
    return answer.ok() ? absl::StatusOr<int64_t>(answer->received_bytes()) : answer.status();
  }
  absl::StatusOr<v1::Import> Commit(const std::string& name) {
    v1::CommitUploadRequest request;
    request.set_name(name);
    request.set_request_id(NextRequest());
    return Call("CommitUpload", request, &Handlers::CommitUpload);
  }
  absl::StatusOr<v1::Import> Apply(const std::string& name, const std::vector<std::string>& guards = {},
                                   const std::string& etag = "") {
    v1::ApplyImportRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_request_id(NextRequest());
    *request.mutable_override_guards() = {guards.begin(), guards.end()};
    return Call("ApplyImport", request, &Handlers::ApplyImport);
  }
  absl::StatusOr<v1::Import> Withdraw(const std::string& name) {
    v1::WithdrawImportRequest request;
    request.set_name(name);
    request.set_reason("wrong file");
    request.set_request_id(NextRequest());
    return Call("WithdrawImport", request, &Handlers::WithdrawImport);
  }
  v1::Import Get(const std::string& name) {
    v1::GetImportRequest request;
    request.set_name(name);
    auto import = Call("GetImport", request, &Handlers::GetImport);
    EXPECT_TRUE(import.ok()) << import.status();
    return import.ok() ? *import : v1::Import();
  }
  // "line outcome code" of every row that is not UNCHANGED, or of one outcome ("*": all).
  std::vector<std::string> Rows(const std::string& name, const std::string& outcome = "") {
    v1::ListImportRowsRequest request;
    request.set_name(name);
    request.set_outcome(outcome);
    std::vector<std::string> rows;
    do {
      const auto page = Call("ListImportRows", request, &Handlers::ListImportRows);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) {
        break;
      }
      for (const v1::ImportRow& row : page->rows()) {
        rows.push_back(absl::StrCat(row.line(), " ", row.outcome(), row.code().empty() ? "" : " ", row.code()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }

  // Runs what is queued until nothing is left or a job fails.
  absl::Status RunJobs() {
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows,
                       database_->Read([](db::Transaction& tx) { return db::ListJobs(tx, kCounty, "", "", 100); }));
      const db::JobRow* next = nullptr;
      for (const db::JobRow& row : rows) {
        next = row.state == db::JobState::kQueued && row.kind.starts_with("import_") ? &row : next;
      }
      if (next == nullptr) {
        return absl::OkStatus();
      }
      LocalJob context(*database_, *next);
      ASSIGN_OR_RETURN(const auto job, ImportJob::Open(*host_, *book_, context));
      RETURN_IF_ERROR((next->kind == kImportCheckJob   ? job->Check()
                       : next->kind == kImportApplyJob ? job->Apply()
                                                       : job->Withdraw())
                          .status());
      RETURN_IF_ERROR(database_->Write(kCounty, [&](db::Transaction& tx) {
        return tx.Execute("UPDATE job SET state = 'SUCCEEDED' WHERE shard = $1 AND id = $2", next->shard, next->id)
            .status();
      }));
    }
  }

  // Upload, commit and check of a whole file.
  v1::Import Check(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                   const std::function<void(v1::Import&)>& change = nullptr) {
    auto import = Create(source, batch, bytes, change);
    EXPECT_TRUE(import.ok()) << import.status();
    if (!import.ok()) {
      return {};
    }
    constexpr size_t kPart = 1000;
    for (size_t at = 0; at < bytes.size(); at += kPart) {
      const auto sent = Upload(import->name(), static_cast<int64_t>(at), bytes.substr(at, kPart));
      EXPECT_TRUE(sent.ok()) << sent.status();
    }
    const auto committed = Commit(import->name());
    EXPECT_TRUE(committed.ok()) << committed.status();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    return Get(import->name());
  }
  v1::Import CheckAndApply(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                           const std::function<void(v1::Import&)>& change = nullptr) {
    const v1::Import import = Check(source, batch, bytes, change);
    const auto applied = Apply(import.name(), {"MASS_DISAPPEARANCE", "DUPLICATE_SHARE"});
    EXPECT_TRUE(applied.ok()) << applied.status() << " " << import.ShortDebugString();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    return Get(import.name());
  }

  template <typename M>
  std::vector<M> All(const feed::RootTable& table) {
    const auto sealer = keys_->SealerOf(kCounty);
    const auto roots = database_->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<M>> {
      ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table.table,
                                                              " WHERE shard = $1 ORDER BY id"),
                                                 kCounty));
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

  // Everything that the county holds, versions and times left out.
  State Everything() {
    State state;
    const auto add = [&](auto roots) {
      for (auto& root : roots) {
        root.clear_etag();
        state.push_back(root.ShortDebugString());
      }
    };
    add(All<v1::School>(kSchools));
    add(All<v1::SchoolClass>(kClasses));
    add(All<v1::Student>(kStudents));
    add(All<v1::Household>(kHouseholds));
    add(All<v1::IdentityReview>(kReviews));
    const auto claims = database_->Read([&](db::Transaction& tx) {
      return tx.Query("SELECT claim_key, holder, state FROM claim ORDER BY space, claim_key");
    });
    EXPECT_TRUE(claims.ok()) << claims.status();
    for (const db::Row& row : *claims) {
      state.push_back(absl::StrCat(row.Text(0), " ", row.Text(1), " ", row.Text(2)));
    }
    return state;
  }

  std::string NextRequest() { return absl::StrCat("request-", ++requests_); }

  // Two schools, ready for pupils.
  static std::string SchoolsCsv() {
    return "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否寄宿制学校\n"
           "2141000001,瞿阳小学,小学,小学,公办,411728001,121,0\n"
           "3141000002,车站中学,初级中学,初中,公办,411728002000,121,1\n";
  }
  static std::string RosterCsv(const std::vector<std::string>& rows) {
    return absl::StrCat("姓名,身份证号,学籍号,性别,出生日期,学校标识码,年级,班级,就读方式\n", absl::StrJoin(rows, "\n"),
                        "\n");
  }
  // One row of a roster: a boy of the primary school, grade 3.
  static std::string Pupil(const std::string& name, const std::string& id, const std::string& school = "2141000001",
                           const std::string& grade = "三年级") {
    return absl::StrCat(name, ",", id, ",G", id, ",,,", school, ",", grade, ",1班,走读");
  }
  void LoadSchools() {
    EXPECT_EQ(CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "schools", SchoolsCsv()).state(), v1::IMPORT_STATE_CLOSED);
  }

  Folder folder_;
  std::string vfs_;  // of SQLite; the next Open uses it
  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2023, 9, 20, 10, 0, 0), absl::UTCTimeZone())};
  rpc::RoleBook roles_ = *rpc::RoleBook::Parse("role,permission,label_zh,source\nJOB,registry.*,,\n");
  crypto::TokenSigner signer_ = *crypto::TokenSigner::Create("test", crypto::GenerateEd25519().private_pem);
  obs::Metrics metrics_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<ReferenceBook> book_;
  std::unique_ptr<rpc::AccessTable> access_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<db::JobEngine> jobs_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<rpc::Engine> engine_;
  int requests_ = 0;
};

}  // namespace ruraledu::registry
