// Look-ups of applications and restrictions beside what common/feed/root.h does.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kRoot = "a.id, a.body, a.sealed, a.version";

// Rows of a table that belong to persons behind `after` up to `last`, those of persons that were merged into them last.
// `condition` is about a, $4 of the query.
absl::StatusOr<std::vector<db::Row>> OfPersons(db::Transaction& tx, std::string_view table, std::string_view condition,
                                               std::string_view shard, std::string_view after, std::string_view last,
                                               std::string_view value) {
  ASSIGN_OR_RETURN(auto rows, tx.Query(absl::StrCat("SELECT a.person, ", kRoot, " FROM ", table,
                                                    " a WHERE a.shard = $1 AND a.person > $2 AND a.person <= $3 AND ",
                                                    condition, " ORDER BY a.person, a.id"),
                                       shard, after, last, value));
  ASSIGN_OR_RETURN(auto merged,
                   tx.Query(absl::StrCat("SELECT p.merged_into, ", kRoot, " FROM pupil p CROSS JOIN ", table,
                                         " a WHERE p.shard = $1 AND p.merged_into <> '' AND "
                                         "p.merged_into > $2 AND p.merged_into <= $3 AND "
                                         "a.shard = p.shard AND a.person = p.id AND ",
                                         condition, " ORDER BY p.merged_into, a.id"),
                            shard, after, last, value));
  rows.insert(rows.end(), std::make_move_iterator(merged.begin()), std::make_move_iterator(merged.end()));
  return rows;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ApplicationsIn(db::Transaction& tx, std::string_view shard,
                                                        std::string_view term, const AreaRange& within,
                                                        v1::ApplicationState state, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM application WHERE shard = $1 AND term = $2 AND area >= $3 AND area < $4 "
                            "AND state = $5 ORDER BY area, id LIMIT $6",
                            shard, term, within.lo, within.hi, v1::ApplicationState_Name(state), limit));
  return FirstColumn(rows);
}

absl::StatusOr<std::vector<std::string>> ApplicationsOnNotice(db::Transaction& tx, std::string_view shard,
                                                              std::string_view notice) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM application WHERE shard = $1 AND notice = $2 AND notice <> '' AND state IN "
                            "($3, $4, $5) ORDER BY id",
                            shard, notice, v1::ApplicationState_Name(v1::APPLICATION_STATE_ON_SCHOOL_NOTICE),
                            v1::ApplicationState_Name(v1::APPLICATION_STATE_ON_COUNTY_NOTICE),
                            v1::ApplicationState_Name(v1::APPLICATION_STATE_SUSPENDED)));
  return FirstColumn(rows);
}

absl::StatusOr<std::optional<std::map<std::string, v1::GapReason>>> ShouldNotList(db::Transaction& tx,
                                                                                  const crypto::Sealer& sealer,
                                                                                  std::string_view shard,
                                                                                  std::string_view term) {
  ASSIGN_OR_RETURN(const auto runs, FindRuns(tx, sealer, shard, v1::RUN_KIND_COMPARISON, term, v1::RUN_STATE_CLOSED));
  if (runs.empty()) {
    return std::optional<std::map<std::string, v1::GapReason>>();
  }
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM comparison WHERE shard = $1 AND term = $2 AND "
                            "should_not = 1 ORDER BY area, id",
                            shard, term));
  std::map<std::string, v1::GapReason> reasons;
  for (const db::Row& row : rows) {
    v1::Comparison comparison;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kComparisons, row.Text(0), &sealer, &comparison));
    for (const v1::ComparisonRow& compared : comparison.result().rows()) {
      if (compared.list() == v1::COMPARISON_LIST_SHOULD_NOT) {
        reasons.emplace(comparison.person(), compared.reason());
      }
    }
  }
  return std::optional(std::move(reasons));
}

absl::StatusOr<DecisionPage> ReadDecisions(db::Transaction& tx, std::string_view shard, std::string_view term,
                                           std::string_view after, int64_t limit) {
  DecisionPage page;
  ASSIGN_OR_RETURN(page.decisions,
                   tx.Query("SELECT person, id, body, sealed, version FROM decision WHERE shard = $1 AND person > $2 "
                            "AND term = $3 AND in_force = 1 ORDER BY person LIMIT $4",
                            shard, after, term, limit));
  if (page.decisions.empty()) {
    return page;
  }
  const std::string& last = page.decisions.back().Text(0);
  ASSIGN_OR_RETURN(page.applications, OfPersons(tx, "application", "a.term = $4", shard, after, last, term));
  ASSIGN_OR_RETURN(page.aid, OfPersons(tx, "aid_record", "a.term = $4 AND a.refused = ''", shard, after, last, term));
  ASSIGN_OR_RETURN(page.identifications, OfPersons(tx, "identification", "a.school_year = $4", shard, after, last,
                                                   term.substr(0, term.rfind('-'))));
  return page;
}

absl::StatusOr<RestrictionMap> OpenRestrictions(db::Transaction& tx, const crypto::Sealer& sealer,
                                                std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM restriction WHERE shard = $1 AND lifted = 0 "
                            "ORDER BY id",
                            shard));
  RestrictionMap restrictions;
  for (const db::Row& row : rows) {
    v1::Restriction restriction;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kRestrictions, row.Text(0), &sealer, &restriction));
    ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, shard, restriction.person()));
    restrictions[person].push_back(std::move(restriction));
  }
  return restrictions;
}

}  // namespace ruraledu::student_aid
