#include "services/student_aid/store.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

// The persons of a page: behind `after`, up to `last`.
constexpr std::string_view kWithin = "(p.claim_shard, p.id) > ($2, $3) AND (p.claim_shard, p.id) <= ($4, $5)";

template <typename M>
absl::StatusOr<M> Open(const db::Row& row, size_t column, const feed::RootTable& table, const crypto::Sealer& sealer) {
  M root;
  RETURN_IF_ERROR(feed::ReadRoot(row, column + 1, table, row.Text(column), &sealer, &root));
  return root;
}

template <typename M>
absl::Status OpenInto(const std::vector<db::Row>& rows, const feed::RootTable& table, const crypto::Sealer& sealer,
                      absl::flat_hash_map<std::string, M>* by_person) {
  by_person->reserve(rows.size());
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(M root, Open<M>(row, 0, table, sealer));
    std::string person = root.person();
    by_person->emplace(std::move(person), std::move(root));
  }
  return absl::OkStatus();
}

// Aid of the persons of a page, and of those that were merged into them. CROSS JOIN: SQLite joins in the order of the
// text; left to itself it walked the aid of the whole county for every page.
absl::StatusOr<std::vector<db::Row>> AidOfPage(db::Transaction& tx, const std::vector<db::Value>& within,
                                               std::string_view term) {
  std::vector<db::Value> args = within;
  args.push_back(std::string(term));
  const auto select = [&](std::string_view from) {
    return tx.QueryValues(absl::StrCat("SELECT p.id, a.id, a.body, a.sealed, a.version FROM ", from, " AND ", kWithin,
                                       " AND a.term = $6 AND a.refused <> 'SUPERSEDED' ORDER BY p.id, a.id"),
                          args);
  };
  ASSIGN_OR_RETURN(auto rows, select("pupil p CROSS JOIN aid_record a WHERE p.shard = $1 AND a.shard = p.shard AND "
                                     "a.person = p.id"));
  ASSIGN_OR_RETURN(auto merged, select("pupil q CROSS JOIN pupil p CROSS JOIN aid_record a WHERE q.shard = $1 AND "
                                       "q.merged_into <> '' AND p.shard = q.shard AND p.id = q.merged_into AND "
                                       "a.shard = q.shard AND a.person = q.id"));
  rows.insert(rows.end(), std::make_move_iterator(merged.begin()), std::make_move_iterator(merged.end()));
  return rows;
}

}  // namespace

absl::StatusOr<SealedPage> ReadPage(db::Transaction& tx, std::string_view shard, std::string_view term,
                                    const PersonKey& after, int64_t limit, bool with_comparisons) {
  SealedPage page;
  ASSIGN_OR_RETURN(page.positions, CopyPositions(tx, shard));
  ASSIGN_OR_RETURN(page.batch_open, BatchOpen(tx, shard));
  ASSIGN_OR_RETURN(
      page.pupils,
      tx.Query("SELECT p.claim_shard, p.id, p.body, p.sealed, p.version, h.id, h.body, h.sealed, h.version, h.shard "
               "FROM pupil p LEFT JOIN household h ON h.shard = p.household_shard AND h.id = p.household_id "
               "WHERE p.shard = $1 AND (p.claim_shard, p.id) > ($2, $3) ORDER BY p.claim_shard, p.id LIMIT $4",
               shard, after.claim_shard, after.person, limit));
  if (page.pupils.empty()) {
    return page;
  }
  ASSIGN_OR_RETURN(page.schools, AllSchools(tx, shard));
  const db::Row& last = page.pupils.back();
  const std::vector<db::Value> within = {std::string(shard), after.claim_shard, after.person, last.Text(0),
                                         last.Text(1)};
  std::vector<db::Value> args = within;
  args.push_back(std::string(term));
  // Looked up by person: in no order.
  const auto join = [&](std::string_view table, std::string_view on) {
    return tx.QueryValues(absl::StrCat("SELECT d.id, d.body, d.sealed, d.version FROM pupil p CROSS JOIN ", table,
                                       " d WHERE d.shard = p.shard AND ", on, " AND p.shard = $1 AND ", kWithin),
                          args);
  };
  ASSIGN_OR_RETURN(page.decisions, join("decision", "d.person = p.id AND d.term = $6 AND d.in_force = 1"));
  if (with_comparisons) {
    ASSIGN_OR_RETURN(page.comparisons, join("comparison", "d.id = p.id || '.' || $6"));
  }
  ASSIGN_OR_RETURN(page.aid, AidOfPage(tx, within, term));
  return page;
}

absl::StatusOr<RunPage> OpenPage(const SealedPage& page, crypto::KeyRing& keys, std::string_view shard) {
  RunPage open;
  ASSIGN_OR_RETURN(const auto own, keys.SealerOf(shard));
  const crypto::Sealer& sealer = *own;
  open.positions = page.positions;
  for (const registry_v1::School& school : page.schools) {
    open.schools.emplace(school.name(), school);
  }
  for (const db::Row& row : page.pupils) {
    PupilCopy& pupil = open.pupils.emplace_back();
    pupil.key = {row.Text(0), row.Text(1)};
    ASSIGN_OR_RETURN(pupil.student, Open<registry_v1::Student>(row, 1, kPupils, sealer));
    if (!row.IsNull(5)) {
      ASSIGN_OR_RETURN(const auto theirs, keys.SealerOf(row.Text(9)));
      ASSIGN_OR_RETURN(pupil.household, Open<registry_v1::Household>(row, 5, kHouseholds, *theirs));
    }
  }
  RETURN_IF_ERROR(OpenInto(page.decisions, kDecisions, sealer, &open.decisions));
  RETURN_IF_ERROR(OpenInto(page.comparisons, kComparisons, sealer, &open.comparisons));
  for (const db::Row& row : page.aid) {
    ASSIGN_OR_RETURN(v1::AidRecord record, Open<v1::AidRecord>(row, 1, kAidRecords, sealer));
    open.aid[row.Text(0)].push_back(std::move(record));
  }
  return open;
}

absl::StatusOr<std::vector<v1::Run>> FindRuns(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                              v1::RunKind kind, std::string_view term, v1::RunState state) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM run WHERE shard = $1 AND kind = $2 AND term = $3 "
                            "AND ($4 = '' OR state = $4) ORDER BY number DESC",
                            shard, v1::RunKind_Name(kind), term,
                            state == v1::RUN_STATE_UNSPECIFIED ? std::string() : v1::RunState_Name(state)));
  std::vector<v1::Run> runs;
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(runs.emplace_back(), Open<v1::Run>(row, 0, kRuns, sealer));
  }
  return runs;
}

absl::StatusOr<std::vector<v1::Run>> PageOfRuns(db::Transaction& tx, std::string_view shard, std::string_view kind,
                                                std::string_view term, std::string_view before, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM run WHERE shard = $1 AND ($2 = '' OR kind = $2) AND "
                            "($3 = '' OR term = $3) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5",
                            shard, kind, term, before, limit));
  std::vector<v1::Run> runs;
  for (const db::Row& row : rows) {
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kRuns, row.Text(0), nullptr, &runs.emplace_back()));
  }
  return runs;
}

absl::Status InsertDifferences(db::Transaction& tx, std::string_view run,
                               const std::vector<std::pair<std::string, v1::PersonDifference>>& by_area) {
  std::vector<std::vector<db::Value>> rows;
  for (const auto& [area, difference] : by_area) {
    rows.push_back({tx.shard(), std::string(run), std::string(feed::IdOfName(difference.student())), area,
                    db::Blob{difference.SerializeAsString()}});
  }
  static constexpr std::string_view kColumns[] = {"shard", "run", "person", "area", "body"};
  return rows.empty() ? absl::OkStatus() : tx.Bulk("run_difference", kColumns, rows);
}

absl::StatusOr<std::vector<DifferenceRow>> ListDifferences(db::Transaction& tx, std::string_view shard,
                                                           std::string_view run, std::string_view after_person,
                                                           int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT person, area, body FROM run_difference WHERE shard = $1 AND run = $2 "
                            "AND person > $3 ORDER BY person LIMIT $4",
                            shard, run, after_person, limit));
  std::vector<DifferenceRow> found;
  for (const db::Row& row : rows) {
    DifferenceRow& next = found.emplace_back(DifferenceRow{row.Text(0), row.Text(1), {}});
    if (!next.difference.ParseFromString(row.Bytes(2))) {
      return absl::DataLossError("a stored difference does not parse");
    }
  }
  return found;
}

absl::StatusOr<std::vector<v1::AidRecord>> AidOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                 std::string_view person, std::string_view term,
                                                 v1::BenefitFamily family) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM aid_record WHERE shard = $1 AND person = $2 "
                            "AND term = $3 AND family = $4 AND refused = '' ORDER BY id",
                            tx.shard(), person, term, static_cast<int64_t>(family)));
  std::vector<v1::AidRecord> records;
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(records.emplace_back(), Open<v1::AidRecord>(row, 0, kAidRecords, sealer));
  }
  return records;
}

}  // namespace ruraledu::student_aid
