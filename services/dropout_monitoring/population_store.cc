#include "services/dropout_monitoring/population_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/root.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kWeak = "RESIDENT_MATCH_WEAK";

}  // namespace

absl::StatusOr<std::vector<ComparedPupil>> PupilsToCompare(db::Transaction& tx, std::string_view shard,
                                                           std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT p.id, p.body, p.sealed, p.version, p.birth_date, COALESCE(a.step, ''), "
          "COALESCE(a.no_record, 0), COALESCE(c.id, ''), COALESCE(c.state, '') FROM pupil p LEFT JOIN absence a ON "
          "a.shard = p.shard AND a.id = p.id LEFT JOIN dropout_case c ON c.shard = p.shard AND c.child_key = p.id "
          "AND c.is_open = 1 WHERE p.shard = $1 AND p.id > $2 ORDER BY p.id LIMIT $3",
          shard, after, limit));
  std::vector<ComparedPupil> pupils;
  for (const db::Row& row : rows) {
    ComparedPupil& pupil = pupils.emplace_back();
    pupil.person = row.Text(0);
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, pupil.person, nullptr, &pupil.student));
    pupil.birth_date = row.Text(4);
    pupil.step = row.Text(5);
    pupil.unmarked = row.Int(6) != 0;
    pupil.case_id = row.Text(7);
    pupil.case_state = row.Text(8);
  }
  return pupils;
}

absl::StatusOr<std::vector<v1::Resident>> ResidentsBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                          std::string_view shard, std::string_view after,
                                                          int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM resident WHERE shard = $1 AND id > "
                                             "$2 ORDER BY id LIMIT $3",
                                             shard, after, limit));
  return feed::ReadRoots<v1::Resident>(rows, kResidents, &sealer);
}

absl::StatusOr<std::vector<ComparedMember>> MembersToCompare(db::Transaction& tx, std::string_view shard,
                                                             std::string_view born_from, std::string_view born_until,
                                                             std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT child_key, MIN(digest), MIN(birth_date), MIN(household) FROM household_child WHERE shard = $1 "
               "AND child_key > $2 "
               "AND birth_date >= $3 AND birth_date <= $4 AND NOT EXISTS (SELECT 1 FROM resident WHERE resident.shard "
               "= household_child.shard AND resident.id = household_child.child_key) GROUP BY child_key ORDER BY "
               "child_key LIMIT $5",
               shard, after, born_from, born_until, limit));
  std::vector<ComparedMember> members;
  for (const db::Row& row : rows) {
    members.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3)});
  }
  return members;
}

absl::StatusOr<std::string> HouseholdOfChild(db::Transaction& tx, std::string_view shard, std::string_view child_key) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT household FROM household_child WHERE shard = $1 AND child_key = "
                                               "$2 ORDER BY household LIMIT 1",
                                               shard, child_key));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::map<std::string, std::vector<v1::ComparisonFinding>>> FindingsBetween(db::Transaction& tx,
                                                                                          const crypto::Sealer& sealer,
                                                                                          std::string_view shard,
                                                                                          std::string_view first,
                                                                                          std::string_view last) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM comparison_finding WHERE shard = $1 AND child_key "
                            ">= $2 AND child_key <= $3 AND is_open = 1 ORDER BY child_key, id",
                            shard, first, last));
  ASSIGN_OR_RETURN(auto findings, feed::ReadRoots<v1::ComparisonFinding>(rows, kComparisonFindings, &sealer));
  std::map<std::string, std::vector<v1::ComparisonFinding>> by_child;
  for (v1::ComparisonFinding& finding : findings) {
    by_child[finding.child_key()].push_back(std::move(finding));
  }
  return by_child;
}

absl::StatusOr<std::vector<v1::ComparisonFinding>> FindingsAboutNobody(db::Transaction& tx,
                                                                       const crypto::Sealer& sealer,
                                                                       std::string_view shard, std::string_view after,
                                                                       int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT f.id, f.body, f.sealed, f.version FROM comparison_finding f WHERE f.shard = $1 AND f.id > $2 "
          "AND f.is_open = 1 AND NOT EXISTS (SELECT 1 FROM pupil p WHERE p.shard = f.shard AND p.id = f.child_key) "
          "AND NOT EXISTS (SELECT 1 FROM resident r WHERE r.shard = f.shard AND r.id = f.child_key) AND NOT "
          "EXISTS (SELECT 1 FROM household_child h WHERE h.shard = f.shard AND h.child_key = f.child_key) ORDER "
          "BY f.id LIMIT $3",
          shard, after, limit));
  return feed::ReadRoots<v1::ComparisonFinding>(rows, kComparisonFindings, &sealer);
}

absl::StatusOr<std::vector<DigestOwner>> OwnersOfDigest(db::Transaction& tx, std::string_view digest) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT n.shard, n.person FROM pupil_number n WHERE n.digest = $1 ORDER "
                                             "BY n.shard, n.person",
                                             digest));
  std::vector<DigestOwner> owners;
  for (const db::Row& row : rows) {
    owners.push_back({row.Text(0), row.Text(1)});
  }
  return owners;
}

absl::StatusOr<bool> UnnamedEnded(db::Transaction& tx, std::string_view shard, absl::CivilDay today) {
  // Erased residents and expected children have no day any more, cases and findings nothing sealed.
  const std::pair<const feed::RootTable*, std::string_view> tables[] = {
      {&kResidents, ""},
      {&kExpectedChildren, ""},
      {&kCases, " AND length(sealed) > 0"},
      {&kComparisonFindings, " AND length(sealed) > 0"}};
  for (const auto& [table, told] : tables) {
    ASSIGN_OR_RETURN(
        const auto row,
        tx.QueryOne(absl::StrCat("SELECT id FROM ", table->table,
                                 " WHERE shard = $1 AND keep_until <> '' AND keep_until < $2", told, " LIMIT 1"),
                    shard, DayText(today)));
    if (row.has_value()) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<std::optional<v1::ComparisonRun>> NewestComparison(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM comparison_run WHERE shard = $1 "
                                             "ORDER BY on_day DESC, version DESC LIMIT 1",
                                             shard));
  ASSIGN_OR_RETURN(auto runs, feed::ReadRoots<v1::ComparisonRun>(rows, kComparisonRuns, nullptr));
  return runs.empty() ? std::nullopt : std::optional<v1::ComparisonRun>(std::move(runs[0]));
}

absl::StatusOr<std::optional<absl::Time>> BeganAt(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT time_us FROM journal WHERE shard = $1 ORDER BY seq LIMIT 1", shard));
  return row.has_value() ? std::optional(absl::FromUnixMicros(row->Int(0))) : std::nullopt;
}

absl::StatusOr<std::vector<v1::ChildLedger>> SignedLedgers(db::Transaction& tx, std::string_view shard,
                                                           v1::LedgerKind kind) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM child_ledger WHERE shard = $1 AND "
                            "kind = $2 AND state IN ($3, $4) ORDER BY number DESC",
                            shard, v1::LedgerKind_Name(kind), v1::LedgerState_Name(v1::LEDGER_STATE_SIGNED),
                            v1::LedgerState_Name(v1::LEDGER_STATE_REPLACED)));
  return feed::ReadRoots<v1::ChildLedger>(rows, kChildLedgers, nullptr);
}

absl::StatusOr<std::vector<v1::ChildLedger>> NewestLedgers(db::Transaction& tx, std::string_view shard,
                                                           v1::LedgerKind kind) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM child_ledger WHERE shard = $1 AND "
                                             "kind = $2 ORDER BY number DESC LIMIT 2",
                                             shard, v1::LedgerKind_Name(kind)));
  return feed::ReadRoots<v1::ChildLedger>(rows, kChildLedgers, nullptr);
}

absl::StatusOr<PopulationCounts> CountPopulation(db::Transaction& tx, std::string_view shard) {
  PopulationCounts counts;
  ASSIGN_OR_RETURN(const auto kinds, tx.Query("SELECT kind, COUNT(*) FROM comparison_finding WHERE shard = $1 AND "
                                              "is_open = 1 GROUP BY kind ORDER BY kind",
                                              shard));
  for (const db::Row& row : kinds) {
    counts.open_findings[row.Text(0)] = row.Int(1);
  }
  ASSIGN_OR_RETURN(const auto reviews,
                   tx.QueryOne("SELECT COUNT(*) FROM resident WHERE shard = $1 AND matched = $2", shard, kWeak));
  counts.reviews = reviews->Int(0);
  return counts;
}

}  // namespace ruraledu::dropout_monitoring
