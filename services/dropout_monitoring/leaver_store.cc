#include "services/dropout_monitoring/leaver_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::vector<db::Value> LeaverColumns(const google::protobuf::Message& root) {
  const auto& leaver = static_cast<const v1::Leaver&>(root);
  return {leaver.area(),
          leaver.school_year(),
          leaver.grade(),
          leaver.person(),
          std::string(feed::IdOfName(leaver.school())),
          v1::LeaverState_Name(leaver.state()),
          leaver.destination(),
          int64_t{leaver.promoted()},
          int64_t{leaver.has_call_due_on()},
          DayTextOf(leaver.call_due_on()),
          DayTextOf(leaver.due_on())};
}

}  // namespace

const feed::RootTable kLeavers{"leaver",
                               "leavers",
                               {"area", "school_year", "grade", "person", "school", "state", "destination", "promoted",
                                "to_call", "call_due_on", "due_on"},
                               LeaverColumns};
const feed::RootTable kLeaverLedgers{"leaver_ledger",
                                     "leaverLedgers",
                                     {"area", "school_year", "school", "number", "state"},
                                     feed::ColumnsOf<v1::LeaverLedger>(+[](const v1::LeaverLedger& l) {
                                       return std::vector<db::Value>{
                                           l.area(), l.school_year(), std::string(feed::IdOfName(l.school())),
                                           int64_t{l.version_number()}, v1::LeaverLedgerState_Name(l.state())};
                                     })};

absl::StatusOr<std::vector<std::string>> LeaversToList(db::Transaction& tx, std::string_view shard,
                                                       const LeaverYear& year, std::string_view grade,
                                                       std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT DISTINCT s.person FROM enrolment s JOIN pupil p ON p.shard = s.shard AND p.id = s.person WHERE "
          "s.shard = $1 AND s.grade = $2 AND s.valid_from < $3 AND (s.valid_to = '' OR s.valid_to > $4) AND "
          "s.person > $5 AND p.merged_into = '' AND NOT EXISTS (SELECT 1 FROM leaver l WHERE l.shard = s.shard AND "
          "l.person = s.person AND l.school_year = $6 AND l.grade = $2) ORDER BY s.person LIMIT $7",
          shard, grade, DayText(year.begins), DayText(year.census), after, year.year.text(), limit));
  std::vector<std::string> persons;
  for (const db::Row& row : rows) {
    persons.push_back(row.Text(0));
  }
  return persons;
}

absl::StatusOr<std::vector<v1::Leaver>> LeaversBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                      std::string_view shard, std::string_view school_year,
                                                      std::string_view school, std::string_view after, int64_t limit) {
  // Ids begin with the school year.
  const std::string from = after.empty() ? absl::StrCat(school_year, ".") : std::string(after);
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id, body, sealed, version FROM leaver WHERE shard = $1 AND school_year = $2 AND id > "
               "$3 AND ($4 = '' OR school = $4) ORDER BY id LIMIT $5",
               shard, school_year, from, school, limit));
  return feed::ReadRoots<v1::Leaver>(rows, kLeavers, &sealer);
}

absl::StatusOr<std::vector<std::string>> LeaversOfPerson(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view person) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id FROM leaver WHERE shard = $1 AND school_year = $2 AND person = $3 AND person <> ''", shard,
               school_year, person));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  std::sort(ids.begin(), ids.end());  // here: an order in SQL leads SQLite to the primary key
  return ids;
}

absl::StatusOr<std::vector<LeaverGroup>> GroupsOfLeavers(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view school) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT grade, school, area, state, destination, promoted, COUNT(*) FROM leaver WHERE shard "
               "= $1 AND school_year = $2 AND ($3 = '' OR school = $3) GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY "
               "3, 1, 2, 4, 5, 6",
               shard, school_year, school));
  std::vector<LeaverGroup> groups;
  for (const db::Row& row : rows) {
    groups.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Int(5) != 0, row.Int(6)});
  }
  return groups;
}

absl::StatusOr<std::vector<v1::LeaverLedger>> LedgersOfSchool(db::Transaction& tx, std::string_view shard,
                                                              std::string_view school_year, std::string_view school) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM leaver_ledger WHERE shard = $1 AND school_year = $2 "
                            "AND school = $3 ORDER BY number DESC",
                            shard, school_year, school));
  return feed::ReadRoots<v1::LeaverLedger>(rows, kLeaverLedgers, nullptr);
}

absl::StatusOr<int64_t> CountUnknownLeavers(db::Transaction& tx, std::string_view shard, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT COUNT(*) FROM leaver WHERE shard = $1 AND due_on < $2 AND state IN "
                               "('LEAVER_STATE_UNKNOWN', 'LEAVER_STATE_CLAIMED')",
                               shard, DayText(today)));
  return row->Int(0);
}

absl::StatusOr<int64_t> CountOpenLeavers(db::Transaction& tx, std::string_view shard, std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT COUNT(*) FROM leaver WHERE shard = $1 AND school_year = $2 AND state IN "
                               "('LEAVER_STATE_UNKNOWN', 'LEAVER_STATE_CLAIMED')",
                               shard, school_year));
  return row->Int(0);
}

}  // namespace ruraledu::dropout_monitoring
