// The database of student_aid with invented counties in it: pupils, a household with a hardship record for three of
// ten, aid for four of ten, as the follower and BatchRecordAid would have written them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/db/db.h"
#include "common/db/jobs.h"
#include "services/student_aid/run.h"
#include "services/student_aid/standards.h"
#include "tests/bench/rpc_fixture.h"

namespace ruraledu::bench {

constexpr char kTerm[] = "2023-2024-1";
constexpr int64_t kCountyPupils = 100'000;  // at most so many in one county

struct AidRow {
  std::string shard, person;
  int family = 0;
  int64_t fen = 0;
};
struct PupilRow {
  std::string shard, person, household, area;  // household: "" or an id
};

class AidWorld {
 public:
  // No counties yet.
  explicit AidWorld(const Folder& folder);
  ~AidWorld();

  // Writes `pupils` in as many counties of prefecture 4117 as they need.
  void Fill(int64_t pupils);
  // Runs every county, two at a time as the job engine of a process does; seconds.
  double Run(student_aid::v1::RunKind kind);

  db::Database& database() { return *database_; }
  crypto::KeyRing& keys() { return *keys_; }
  const student_aid::PolicyBook& book() const { return *book_; }
  const std::shared_ptr<const RegionTree>& regions() const { return regions_; }
  const std::vector<std::string>& shards() const { return shards_; }
  const std::vector<PupilRow>& pupils() const { return pupils_; }
  const std::vector<AidRow>& aid() const { return aid_; }

 private:
  void FillCounty(const std::string& county, int64_t from, int64_t to);
  void RunCounty(student_aid::v1::RunKind kind, const std::string& shard);

  std::shared_ptr<const RegionTree> regions_;
  std::unique_ptr<student_aid::PolicyBook> book_;
  std::unique_ptr<student_aid::ComplianceBook> compliance_;
  std::unique_ptr<student_aid::PaymentBook> payments_;
  std::unique_ptr<student_aid::IdentificationBook> tables_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<rpc::Host> host_;
  std::vector<std::string> shards_;
  std::vector<PupilRow> pupils_;
  std::vector<AidRow> aid_;
};

// SQLite as a peer: the pragmas of the product.
class PlainSqlite {
 public:
  explicit PlainSqlite(const std::string& path);
  ~PlainSqlite();
  void Execute(const std::string& sql);
  // Runs `sql` once per row of values in transactions of `per_transaction`.
  void Insert(const std::string& sql, const std::vector<std::vector<db::Value>>& rows, size_t per_transaction);
  int64_t Count(const std::string& sql);  // steps all rows, returns how many

 private:
  void* handle_ = nullptr;
};

}  // namespace ruraledu::bench
