#include "tests/bench/aid_world.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crypto/keys.h"
#include "common/dashboard/counters.h"
#include "common/domain/region.h"
#include "common/feed/key_store.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/rpc.h"
#include "schema/student_aid.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/store.h"
#include "tests/bench/bench.h"

namespace ruraledu::bench {
namespace {

namespace registry_v1 = ruraledu::registry::v1;
namespace v1 = ruraledu::student_aid::v1;

constexpr int64_t kPerWrite = 2'000;
constexpr int kSchools = 100;

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

std::string IdOf(int64_t number) {
  return absl::StrFormat("0190c0de-%04x-7000-8000-%012x", (number * 40'503) & 0xffff, number);
}

std::string Township(const std::string& county, int64_t number) {
  return absl::StrCat(county, 100 + number % 20);
}

registry_v1::School SchoolOf(const std::string& county, int number) {
  registry_v1::School school;
  const std::string id = absl::StrCat("s", number);
  school.set_name(absl::StrCat("counties/", county, "/schools/", id));
  school.set_code(absl::StrFormat("32410%05d", number));
  school.set_area(absl::StrCat(Township(county, number), "/", id));
  school.add_stages("PRI");
  school.add_stages("JUN");
  school.set_is_public(true);
  school.set_nutrition_pilot("NONE");
  school.set_state(registry_v1::SCHOOL_STATE_OPEN);
  return school;
}

registry_v1::Student PupilOf(const std::string& county, int64_t number, bool has_household) {
  registry_v1::Student pupil;
  const std::string id = IdOf(number);
  const int school = static_cast<int>(number % kSchools);
  pupil.set_name(absl::StrCat("counties/", county, "/students/", id));
  pupil.set_display_name("王小明");
  *pupil.mutable_birth_date() =
      Date(2010 + static_cast<int>(number % 6), 1 + static_cast<int>(number % 12), 1 + static_cast<int>(number % 28));
  pupil.set_id_type("1");
  pupil.set_id_number(absl::StrFormat("digest-%d", number));
  pupil.set_status("ENROLLED");
  *pupil.mutable_status_from() = Date(2019, 9, 1);
  auto* enrolment = pupil.add_enrolments();
  enrolment->set_school(absl::StrCat("counties/", county, "/schools/s", school));
  enrolment->set_class_name(absl::StrCat("counties/", county, "/classes/k", number % 40));
  enrolment->set_stage(number % 3 == 0 ? "JUN" : "PRI");
  enrolment->set_grade(number % 3 == 0 ? "7" : "3");
  *enrolment->mutable_valid_from() = Date(2022, 9, 1);
  pupil.set_area(absl::StrCat(Township(county, school), "/s", school, "/k", number % 40));
  if (number % 4 == 0) {
    auto* span = pupil.add_boardings();
    span->set_boarding(true);
    *span->mutable_valid_from() = Date(2022, 9, 1);
  }
  if (has_household) {
    pupil.set_household(absl::StrCat("counties/", county, "/households/h", id));
  }
  return pupil;
}

registry_v1::Household HouseholdOf(const std::string& county, int64_t number) {
  static constexpr const char* kKinds[] = {"P2", "D1", "M1", "T1"};
  registry_v1::Household household;
  const std::string id = IdOf(number);
  household.set_name(absl::StrCat("counties/", county, "/households/h", id));
  household.set_village(absl::StrCat(Township(county, number), "001"));
  auto* record = household.add_hardships();
  record->set_kind(kKinds[number % 4]);
  record->set_area("RURAL");
  record->set_source("RURAL_REVITALISATION");
  *record->mutable_valid_from() = Date(2020, 1, 1);
  auto* member = household.add_members();
  member->set_student(absl::StrCat("counties/", county, "/students/", id));
  member->set_match("EXACT");
  *member->mutable_valid_from() = Date(2015, 1, 1);
  return household;
}

// A turn of a job without an engine.
class Turn final : public db::JobContext {
 public:
  Turn(db::Database& database, db::JobRow job) : database_(database), job_(std::move(job)) {}
  const db::JobRow& job() const override { return job_; }
  db::Database& database() override { return database_; }
  absl::Status Chunk(const std::function<absl::Status(db::Transaction&)>& body, std::string cursor, int64_t done,
                     int64_t) override {
    RETURN_IF_ERROR(database_.Write(job_.shard, [&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(body(tx));
      return tx
          .Execute("UPDATE job SET cursor_value = $3, done_units = $4 WHERE shard = $1 AND id = $2", job_.shard,
                   job_.id, db::Blob{cursor}, done)
          .status();
    }));
    job_.cursor = std::move(cursor);
    return absl::OkStatus();
  }
  absl::Status CheckGoOn() override { return absl::OkStatus(); }
  absl::Status Postpone(db::JobState, absl::Duration) override { return absl::InternalError("a run was postponed"); }

 private:
  db::Database& database_;
  db::JobRow job_;
};

sqlite3* Handle(void* handle) {
  return static_cast<sqlite3*>(handle);
}

}  // namespace

AidWorld::AidWorld(const Folder& folder) {
  const std::string data = absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/data");
  regions_ = std::make_shared<const RegionTree>(Must(LoadRegions(data)));
  const std::string policies = absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/policies");
  book_ = std::make_unique<student_aid::PolicyBook>(Must(student_aid::LoadStandards(policies, data, regions_)));
  compliance_ = std::make_unique<student_aid::ComplianceBook>(Must(student_aid::LoadCompliance(policies)));
  payments_ = std::make_unique<student_aid::PaymentBook>(Must(student_aid::LoadPaymentRules(policies, regions_)));
  tables_ = std::make_unique<student_aid::IdentificationBook>(
      Must(student_aid::LoadIdentificationTables(policies, data, regions_)));
  std::vector<db::Migration> schema;
  for (const auto& part : {feed::Schema(), rpc::Schema(), dashboard::Schema(), student_aid::Schema()}) {
    schema.insert(schema.end(), part.begin(), part.end());
  }
  database_ = Must(db::Database::Open({.url = absl::StrCat("sqlite:", folder / "aid.db"),
                                       .read_limit = absl::Minutes(1),
                                       .lock_wait = absl::Minutes(1)},
                                      schema));
  Must(crypto::CreateKeyFile(folder / "aid.keys"));
  store_ = feed::DatabaseKeyStore(*database_);
  keys_ = Must(crypto::KeyRing::Open(folder / "aid.keys", store_.get()));
  host_ =
      std::make_unique<rpc::Host>(rpc::Host{*database_, *keys_, Clock::System(), [] {
                                              return std::make_unique<dashboard::CounterFold>(student_aid::Measures());
                                            }});
}

AidWorld::~AidWorld() = default;

void AidWorld::Fill(int64_t pupils) {
  static constexpr const char* kCounties[] = {"411728", "411721", "411722", "411723", "411724",
                                              "411725", "411726", "411727", "411702", "411729"};
  int64_t from = 0;
  for (const char* county : kCounties) {
    const int64_t to = std::min(pupils, from + kCountyPupils);
    if (from < to) {
      FillCounty(county, from, to);
    }
    from = to;
  }
}

void AidWorld::FillCounty(const std::string& county, int64_t from, int64_t to) {
  const std::string shard = absl::StrCat("c", county);
  shards_.push_back(shard);
  const auto sealer = Must(keys_->SealerOf(shard));
  Must(database_->Write(shard, [&](db::Transaction& tx) -> absl::Status {
    for (int school = 0; school < kSchools; ++school) {
      RETURN_IF_ERROR(student_aid::PutSchool(tx, SchoolOf(county, school), {.version = 1}));
    }
    return absl::OkStatus();
  }));
  for (int64_t first = from; first < to; first += kPerWrite) {
    const int64_t last = std::min(to, first + kPerWrite);
    Must(database_->Write(shard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"bench", "bench"});
      for (int64_t number = first; number < last; ++number) {
        const bool household = number % 10 < 3;
        RETURN_IF_ERROR(student_aid::PutPupil(tx, *sealer, PupilOf(county, number, household), "", {.version = 1}));
        if (household) {
          RETURN_IF_ERROR(student_aid::PutHousehold(tx, *sealer, HouseholdOf(county, number), {.version = 1}));
        }
        if (number % 5 < 2) {
          v1::AidRecord record;
          record.set_name(absl::StrCat("counties/", county, "/aidRecords/a", number));
          record.set_person(IdOf(number));
          record.set_term(kTerm);
          record.set_item("SP_LIV_B_JUN");
          record.set_amount_fen(62'500);
          *record.mutable_paid_on() = Date(2023, 11, 15);
          record.set_source("PRIOR_SYSTEM");
          record.set_school("s1");
          record.set_area(PupilOf(county, number, false).area());
          RETURN_IF_ERROR(writer
                              .Put(student_aid::kAidRecords, nullptr, record, "RECORD",
                                   {static_cast<int64_t>(book_->FamilyOf(record.item()))})
                              .status());
        }
      }
      return writer.Finish().status();
    }));
  }
  for (int64_t number = from; number < to; ++number) {
    const bool household = number % 10 < 3;
    pupils_.push_back({shard, IdOf(number), household ? absl::StrCat("h", IdOf(number)) : "",
                       PupilOf(county, number, household).area()});
    if (number % 5 < 2) {
      aid_.push_back({shard, IdOf(number), static_cast<int>(book_->FamilyOf("SP_LIV_B_JUN")), 62'500});
    }
  }
}

double AidWorld::Run(v1::RunKind kind) {
  return Time([&] {
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < shards_.size(); i = next++) {
        RunCounty(kind, shards_[i]);
      }
    };
    std::thread other(work);
    work();
    other.join();
  });
}

void AidWorld::RunCounty(v1::RunKind kind, const std::string& shard) {
  v1::RunPlan plan;
  plan.set_kind(kind);
  plan.set_term(kTerm);
  db::JobRow job{.shard = shard, .id = NewId(), .kind = std::string(student_aid::JobKind(kind))};
  job.input = plan.SerializeAsString();
  Must(database_->Write(shard, [&](db::Transaction& tx) { return db::InsertJob(tx, job); }));
  Turn turn(*database_, job);
  const student_aid::ComplianceParts compliance{*compliance_, *payments_, *tables_};
  const student_aid::RunParts parts{*host_, *book_, compliance};
  const auto result = kind == v1::RUN_KIND_ENTITLEMENT ? student_aid::RunEntitlement(parts, turn)
                                                       : student_aid::RunComparison(parts, turn);
  Must(result.status());
  Must(database_->Write(shard, [&](db::Transaction& tx) {
    return tx.Execute("UPDATE job SET state = 'SUCCEEDED' WHERE shard = $1 AND id = $2", shard, job.id).status();
  }));
}

PlainSqlite::PlainSqlite(const std::string& path) {
  sqlite3* handle = nullptr;
  if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK) {
    Must(absl::UnavailableError(path));
  }
  handle_ = handle;
  Execute("PRAGMA journal_mode = WAL");
  Execute("PRAGMA synchronous = FULL");
  Execute("PRAGMA journal_size_limit = 67108864");
  Execute("PRAGMA temp_store = MEMORY");
  Execute("PRAGMA cache_size = -65536");
}

PlainSqlite::~PlainSqlite() {
  sqlite3_close(Handle(handle_));
}

void PlainSqlite::Execute(const std::string& sql) {
  char* error = nullptr;
  if (sqlite3_exec(Handle(handle_), sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
    Must(absl::InternalError(absl::StrCat(error, " in ", sql)));
  }
}

int64_t PlainSqlite::Count(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(Handle(handle_), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    Must(absl::InternalError(sqlite3_errmsg(Handle(handle_))));
  }
  int64_t rows = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    ++rows;
  }
  sqlite3_finalize(statement);
  return rows;
}

void PlainSqlite::Insert(const std::string& sql, const std::vector<std::vector<db::Value>>& rows,
                         size_t per_transaction) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(Handle(handle_), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    Must(absl::InternalError(sqlite3_errmsg(Handle(handle_))));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i % per_transaction == 0) {
      Execute("BEGIN IMMEDIATE");
    }
    for (size_t column = 0; column < rows[i].size(); ++column) {
      const db::Value& value = rows[i][column];
      const int at = static_cast<int>(column) + 1;
      if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
      } else if (const auto* blob = std::get_if<db::Blob>(&value)) {
        sqlite3_bind_blob(statement, at, blob->bytes.data(), static_cast<int>(blob->bytes.size()), SQLITE_STATIC);
      } else if (const auto* number = std::get_if<int64_t>(&value)) {
        sqlite3_bind_int64(statement, at, *number);
      } else {
        sqlite3_bind_null(statement, at);
      }
    }
    if (sqlite3_step(statement) != SQLITE_DONE) {
      Must(absl::InternalError(sqlite3_errmsg(Handle(handle_))));
    }
    sqlite3_reset(statement);
    if ((i + 1) % per_transaction == 0 || i + 1 == rows.size()) {
      Execute("COMMIT");
    }
  }
  sqlite3_finalize(statement);
}

}  // namespace ruraledu::bench
