#include "services/student_aid/study_store.h"

#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

absl::StatusOr<std::vector<v1::Study>> PageOfStudies(db::Transaction& tx, std::string_view shard,
                                                     const AreaRange& within, std::string_view after_area,
                                                     std::string_view after_id, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM study WHERE shard = $1 AND area >= $2 AND area < $3 "
                            "AND (area, id) > ($4, $5) ORDER BY area, id LIMIT $6",
                            shard, within.lo, within.hi, after_area, after_id, limit));
  return feed::ReadRoots<v1::Study>(rows, kStudies, nullptr);
}

absl::StatusOr<std::optional<v1::Decision>> DecisionInForce(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view person,
                                                            std::string_view term) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id, body, sealed, version FROM decision WHERE shard = $1 AND "
                                               "person = $2 AND term = $3 AND in_force = 1",
                                               shard, person, term));
  std::optional<v1::Decision> decision;
  if (row.has_value()) {
    RETURN_IF_ERROR(feed::ReadRoot(*row, 1, kDecisions, row->Text(0), &sealer, &decision.emplace()));
  }
  return decision;
}

absl::StatusOr<std::vector<LoanSum>> LoanSums(db::Transaction& tx, std::string_view shard, std::string_view term) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT kind, state, count(*), CAST(sum(agreed_fen) AS BIGINT) FROM tracked_aid WHERE "
                            "shard = $1 AND term = $2 AND kind IN ($3, $4) GROUP BY kind, state ORDER BY kind, state",
                            shard, term, v1::TrackedAidKind_Name(v1::TRACKED_AID_KIND_LOAN_ORIGIN),
                            v1::TrackedAidKind_Name(v1::TRACKED_AID_KIND_LOAN_CAMPUS)));
  std::vector<LoanSum> sums;
  for (const db::Row& row : rows) {
    sums.push_back({row.Text(0), row.Text(1), row.Int(2), row.Int(3)});
  }
  return sums;
}

absl::StatusOr<SchoolFunds> SchoolFundsOf(db::Transaction& tx, std::string_view shard, std::string_view term,
                                          const AreaRange& within) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT area, dimension, measure, value FROM counter WHERE shard = $1 AND level = 'SCHOOL' "
                            "AND area >= $2 AND area < $3 AND period = $4 AND measure IN ('school_funds', "
                            "'school_funds_fen')",
                            shard, within.lo, within.hi, term));
  SchoolFunds funds;
  for (const db::Row& row : rows) {
    auto& [heads, fen] = funds[{row.Text(0), row.Text(1)}];
    (row.Text(2) == "school_funds" ? heads : fen) = row.Int(3);
  }
  std::erase_if(funds, [](const auto& one) { return one.second.first == 0; });
  return funds;
}

}  // namespace ruraledu::student_aid
