// The jobs of an import: check (stage, validate, compare), apply (claim, rows, links, close), withdraw. Each goes on at
// its cursor after a crash.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "absl/types/span.h"
#include "common/db/claims.h"
#include "common/db/jobs.h"
#include "services/registry/import_run.h"

namespace ruraledu::registry {

inline constexpr std::string_view kImportCheckJob = "import_check";
inline constexpr std::string_view kImportApplyJob = "import_apply";
inline constexpr std::string_view kImportWithdrawJob = "import_withdraw";

// `host` and `book` must outlive the engine.
void RegisterImportJobs(db::JobEngine& engine, const rpc::Host& host, ReferenceBook& book);

// Within a write of the county: the job that works on an import from now on.
absl::StatusOr<std::string> InsertImportJob(db::Transaction& tx, std::string_view kind, std::string_view subject,
                                            std::string_view county, std::string_view import_id);

// Where a job stands: phase, last line done, attempt of the claims.
struct ImportCursor {
  std::string phase;
  int64_t line = 0;
  int64_t attempt = 0;

  std::string Text() const;
  static ImportCursor Parse(std::string_view text, std::string_view first_phase);
};

// A blind index, 32 hexadecimal digits, as a number: there may be very many in memory.
absl::uint128 BinaryIndex(std::string_view index);

// Every staged line in order, without what is sealed of it.
absl::Status EachLine(db::Database& database, std::string_view shard, std::string_view import_id,
                      absl::FunctionRef<void(const StagedLine&)> visit);

// Rows by root, in the order of their first line. Rows without a key (their errors say why) are in no unit.
class UnitIndex {
 public:
  static absl::StatusOr<UnitIndex> Load(db::Database& database, std::string_view shard, std::string_view import_id);
  // Lines of the units whose first line is after `after`, as many whole units as make about `rows` rows.
  std::vector<std::vector<int64_t>> Next(int64_t after, size_t rows) const;
  int64_t rows() const { return static_cast<int64_t>(lines_.size()); }

 private:
  std::vector<int64_t> lines_;  // unit by unit
  std::vector<size_t> starts_;  // where each unit of lines_ begins
};

// The identity numbers that rows need in one claim shard, packed: there may be very many.
class ClaimShardWants {
 public:
  void Add(std::string_view key, std::string_view holder, int64_t line);
  size_t size() const { return lines_.size(); }
  std::string key(size_t i) const;
  std::string holder(size_t i) const;
  int64_t line(size_t i) const { return lines_[i]; }

 private:
  std::vector<absl::uint128> keys_;
  std::string holders_;
  std::vector<uint32_t> ends_;  // of each holder
  std::vector<int64_t> lines_;
};
using ClaimWants = std::map<std::string, ClaimShardWants>;  // by claim shard: one sorted pass over each

// What the rows have come to.
struct Tally {
  std::map<std::pair<std::string, std::string>, int64_t> counts;  // by outcome and code
  std::set<std::string> claim_shards;                             // of a roster's identity numbers
  std::map<std::string, std::string> persons;                     // ids that a roster made, by hash shard, packed
  std::vector<int64_t> errors;                                    // lines with a number that may have been claimed
};

// One turn of a job on one import.
class ImportJob {
 public:
  static absl::StatusOr<std::unique_ptr<ImportJob>> Open(const rpc::Host& host, ReferenceBook& book,
                                                         db::JobContext& context);

  absl::StatusOr<std::string> Check();
  absl::StatusOr<std::string> Apply();
  absl::StatusOr<std::string> Withdraw();

 private:
  ImportJob(const rpc::Host& host, ReferenceBook& book, db::JobContext& context)
      : host_(host), book_(book), context_(context) {}

  // A write in the county that moves the cursor. The body may run more than once.
  absl::Status Chunk(const ImportCursor& next, const std::function<absl::Status(db::Transaction&)>& body);
  // Changes the import itself.
  absl::Status Save(db::Transaction& tx, const std::function<void(ruraledu::registry::v1::Import&)>& change,
                    std::string_view cause);
  absl::StatusOr<std::vector<StagedLine>> LoadLines(const std::vector<std::vector<int64_t>>& units) const;
  absl::StatusOr<const UnitIndex*> Units();  // once all rows are staged they stay what they are
  absl::Status LoadHeaders();
  absl::Status FindParents();
  absl::Status ReloadReference();  // after villages or calendars changed

  // check
  absl::Status Stage();
  absl::Status Compare();
  absl::Status NoteHead();
  absl::Status FindMissing();
  absl::Status FinishCheck();
  absl::Status RefuseFile(const absl::Status& status);
  absl::StatusOr<std::vector<std::string>> Groups() const;

  // apply
  absl::StatusOr<bool> Recheck();          // false: refused, nothing is applied
  absl::StatusOr<bool> ClaimIdentities();  // the same
  absl::StatusOr<bool> Unmoved() const;    // nobody has written in the county since the comparison began
  absl::StatusOr<ClaimWants> WantedClaims();
  absl::Status AddWants(const std::vector<std::vector<int64_t>>& lines, ClaimWants* wants);
  absl::StatusOr<std::map<int64_t, RowIssue>> TakeClaims(const ClaimWants& wants);  // rows whose number is another's
  // Lists the rows and ends the import as REFUSED, in the transaction.
  absl::Status RefuseRows(db::Transaction& tx, const std::map<int64_t, RowIssue>& rows, std::string_view refusal);
  absl::Status ApplyRows();
  struct PreparedRows;
  struct RowsOfChunk;
  absl::StatusOr<std::shared_ptr<const PreparedRows>> WriteRows(const PreparedRows& now,
                                                                const std::vector<std::vector<int64_t>>& behind,
                                                                RowsOfChunk* rows);
  absl::StatusOr<std::shared_ptr<const PreparedRows>> PrepareRows(const std::vector<std::vector<int64_t>>& numbers,
                                                                  const ImportRun::Ready* before);
  absl::Status ApplyLocked(const std::vector<std::vector<int64_t>>& numbers);
  absl::Status CheckClaimed(db::Transaction& tx) const;
  absl::Status ApplyCalendars(const std::vector<std::vector<int64_t>>& units, std::vector<StagedLine>* lines);
  absl::Status Match();
  absl::Status Rematch();
  // The identity numbers of students that this roster made or changed, and of their parents.
  struct Fresh {
    absl::flat_hash_set<std::string> students;
    std::map<std::string, std::vector<std::string>> parents;  // -> ids of students
  };
  absl::StatusOr<Fresh> FreshStudents();
  absl::Status RematchWith(const ruraledu::registry::v1::Import& other, const Fresh& fresh);
  absl::Status End();
  absl::Status EachRosterLine(absl::FunctionRef<void(const StagedLine&)> visit);  // none of other sources
  absl::StatusOr<Tally> Count() const;
  absl::Status Confirm(const Tally& tally);
  absl::Status GiveBackUnused(const std::vector<int64_t>& errors);
  absl::Status AddToDirectory(const Tally& tally);
  absl::Status Close(const Tally& tally);
  std::string Operation() const;
  absl::Status ReleaseClaims(const std::vector<std::string>& shards);

  // withdraw: what the import did to one root, the image before its first row and the version after its last one.
  struct Touched {
    int64_t line = 0;
    size_t image = 0;  // position among the line's images
    int64_t version = 0;
  };
  absl::StatusOr<std::vector<Touched>> TouchedRoots() const;
  absl::StatusOr<std::vector<int64_t>> RestoreRoots(db::Transaction& tx, const ImportParts& parts,
                                                    absl::Span<const Touched> roots) const;

  const rpc::Host& host_;
  ReferenceBook& book_;
  db::JobContext& context_;
  ImportCursor cursor_;
  std::string id_;
  std::string policy_folder_;
  ruraledu::registry::v1::Import import_;
  std::unique_ptr<ImportParts> parts_;
  std::optional<UnitIndex> units_;
};

}  // namespace ruraledu::registry
