// The jobs of an import: check (stage, validate, compare), apply (claim, rows, links, close), withdraw. Each goes on at
// its cursor after a crash.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
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
  std::vector<size_t> starts_;  // where each unit begins in lines_
};

// One identity number that a row needs.
struct ClaimWant {
  std::string key, holder;
  int64_t line;
};
// What became of them.
struct Claimed {
  std::map<int64_t, RowIssue> taken;  // rows whose number another person holds
  std::vector<db::ClaimRow> mine;     // TENTATIVE under this attempt
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
  absl::StatusOr<std::map<std::string, std::vector<ClaimWant>>> WantedClaims();
  absl::StatusOr<Claimed> TakeClaims(const std::map<std::string, std::vector<ClaimWant>>& by_shard);
  // Lists the rows and ends the import as REFUSED, in the transaction.
  absl::Status RefuseRows(db::Transaction& tx, const std::map<int64_t, RowIssue>& rows, std::string_view refusal);
  absl::Status ApplyRows();
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
  absl::Status Confirm();
  absl::Status GiveBackUnused();
  absl::Status AddToDirectory();
  absl::Status Close();
  std::string Operation() const;
  absl::Status ReleaseClaims(const std::vector<db::ClaimRow>& mine);

  // withdraw: what the import did to one root, the image before its first row and the version after its last one.
  struct Touched {
    int64_t line = 0;
    int image = 0;  // position in the line's before-images
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
};

}  // namespace ruraledu::registry
