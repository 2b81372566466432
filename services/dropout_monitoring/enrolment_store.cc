#include "services/dropout_monitoring/enrolment_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/enrolment_rules.h"
#include "services/dropout_monitoring/population_tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kGone = "EXPECTED_STATE_GONE";

std::vector<db::Value> ChildColumns(const google::protobuf::Message& root) {
  const auto& child = static_cast<const v1::ExpectedChild&>(root);
  const std::string& at = child.reported_school().empty() ? child.registered_school() : child.reported_school();
  return {child.area(),
          child.school_year(),
          EnumText(child.level()),
          child.child_key(),
          child.person(),
          child.id_digest(),
          child.name_digest(),
          child.village(),
          std::string(feed::IdOfName(child.former_school())),
          std::string(feed::IdOfName(child.school())),
          std::string(feed::IdOfName(at)),
          v1::ExpectedState_Name(child.state()),
          int64_t{child.claim_open()},
          child.notice().number(),
          DayTextOf(child.settled_on()),
          child.person().empty() && !child.display_name().empty() ? DayTextOf(child.keep_until()) : std::string()};
}

std::vector<std::string> IdsOf(const std::vector<db::Row>& rows) {
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

}  // namespace

const feed::RootTable kEnrolmentDrives{"enrolment_drive",
                                       "enrolmentDrives",
                                       {"area", "school_year"},
                                       feed::ColumnsOf<v1::EnrolmentDrive>(+[](const v1::EnrolmentDrive& d) {
                                         return std::vector<db::Value>{d.area(), d.school_year()};
                                       })};
const feed::RootTable kEnrolmentRuns{"enrolment_run",
                                     "enrolmentRuns",
                                     {"area", "on_day"},
                                     feed::ColumnsOf<v1::EnrolmentRun>(+[](const v1::EnrolmentRun& r) {
                                       return std::vector<db::Value>{r.area(), DayTextOf(r.on())};
                                     })};
const feed::RootTable kExpectedChildren{
    "expected_child",
    "expectedChildren",
    {"area", "school_year", "level", "child_key", "person", "digest", "name_digest", "village", "former_school",
     "school", "at_school", "state", "claim_open", "notice_number", "settled_on", "keep_until"},
    ChildColumns};

absl::StatusOr<std::vector<std::string>> PupilsToExpect(db::Transaction& tx, std::string_view shard,
                                                        std::string_view school_year, std::string_view born_from,
                                                        std::string_view born_until, std::string_view after,
                                                        int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT p.id FROM pupil p WHERE p.shard = $1 AND p.birth_date >= $2 AND p.birth_date <= $3 AND p.id > "
          "$4 AND p.merged_into = '' AND NOT EXISTS (SELECT 1 FROM expected_child e WHERE e.shard = p.shard AND "
          "e.person = p.id AND e.person <> '' AND e.school_year = $5 AND e.level = 'PRIMARY') AND NOT EXISTS "
          "(SELECT 1 FROM resident r WHERE r.shard = p.shard AND r.student = p.id AND r.student <> '' AND EXISTS "
          "(SELECT 1 FROM expected_child e WHERE e.shard = r.shard AND e.child_key = r.id AND e.school_year = $5)) "
          "ORDER BY p.id LIMIT $6",
          shard, born_from, born_until, after, school_year, limit));
  return IdsOf(rows);
}

absl::StatusOr<std::vector<v1::Resident>> ResidentsToExpect(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view school_year,
                                                            std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT r.id, r.body, r.sealed, r.version FROM resident r WHERE r.shard = $1 AND r.id > $2 AND r.matched "
          "NOT IN ('RESIDENT_MATCH_EXACT', 'RESIDENT_MATCH_DECIDED') AND NOT EXISTS (SELECT 1 FROM expected_child "
          "e WHERE e.shard = r.shard AND e.child_key = r.id AND e.school_year = $3) ORDER BY r.id LIMIT $4",
          shard, after, school_year, limit));
  return feed::ReadRoots<v1::Resident>(rows, kResidents, &sealer);
}

absl::StatusOr<std::vector<std::string>> LeaversToExpect(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view grade,
                                                         std::string_view after_census, std::string_view before_term,
                                                         std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT DISTINCT s.person FROM enrolment s JOIN pupil p ON p.shard = s.shard AND p.id = s.person WHERE "
               "s.shard = $1 AND s.grade = $2 AND s.valid_from < $7 AND (s.valid_to = '' OR s.valid_to > $3) AND "
               "s.person > $4 AND p.merged_into = '' AND NOT EXISTS (SELECT 1 FROM expected_child e WHERE e.shard = "
               "s.shard AND e.person = s.person AND e.person <> '' AND e.school_year = $5 AND e.level = 'JUNIOR') "
               "ORDER BY s.person LIMIT $6",
               shard, grade, after_census, after, school_year, limit, before_term));
  return IdsOf(rows);
}

absl::StatusOr<std::vector<v1::ExpectedChild>> ExpectedBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                              std::string_view shard, std::string_view school_year,
                                                              std::string_view after, int64_t limit) {
  // Ids begin with the school year.
  const std::string from = after.empty() ? absl::StrCat(school_year, ".") : std::string(after);
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM expected_child WHERE shard = $1 AND "
                            "id > $2 AND school_year = $3 ORDER BY id LIMIT $4",
                            shard, from, school_year, limit));
  return feed::ReadRoots<v1::ExpectedChild>(rows, kExpectedChildren, &sealer);
}

absl::StatusOr<std::vector<std::string>> FindExpected(db::Transaction& tx, std::string_view shard,
                                                      std::string_view school_year, const ChildSought& sought) {
  const std::pair<std::string_view, const std::string*> ways[] = {
      {"e.notice_number = $3 AND e.notice_number <> ''", &sought.notice_number},
      {"e.child_key = $3", &sought.key},
      {"e.person = $3 AND e.person <> ''", &sought.key},
      {"e.digest = $3 AND e.digest <> ''", &sought.digest},
      {"e.name_digest = $3 AND e.name_digest <> ''", &sought.name_digest}};
  for (const auto& [condition, value] : ways) {
    if (value->empty()) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto rows,
                     tx.Query(absl::StrCat("SELECT e.id FROM expected_child e WHERE e.shard = $1 AND e.school_year = "
                                           "$2 AND ",
                                           condition, " AND e.state <> $4"),
                              shard, school_year, *value, kGone));
    if (!rows.empty()) {
      std::vector<std::string> ids = IdsOf(rows);
      std::sort(ids.begin(), ids.end());  // here: an order in SQL leads SQLite to the primary key
      return ids;
    }
  }
  return std::vector<std::string>();
}

absl::StatusOr<bool> ListedByNumber(db::Transaction& tx, std::string_view shard, std::string_view school_year,
                                    const std::string& digest) {
  if (digest.empty()) {
    return false;
  }
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT e.id FROM expected_child e WHERE e.shard = $1 AND e.digest = $2 "
                                             "AND e.digest <> '' AND e.school_year = $3 AND e.person = ''",
                                             shard, digest, school_year));
  return !rows.empty();
}

absl::StatusOr<int64_t> NextNoticeNumber(db::Transaction& tx, int year, std::string_view level) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("INSERT INTO enrolment_notice_number (shard, year, level, last_number) VALUES ($1, $2, "
                               "$3, 1) ON CONFLICT (shard, year, level) DO UPDATE SET last_number = "
                               "enrolment_notice_number.last_number + 1 RETURNING last_number",
                               tx.shard(), year, level));
  return row->Int(0);
}

absl::StatusOr<std::vector<ExpectedGroup>> GroupsExpected(db::Transaction& tx, std::string_view shard,
                                                          std::string_view school_year) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT level, school, at_school, settled_on, COUNT(*) FROM expected_child WHERE shard = $1 "
               "AND school_year = $2 AND state <> $3 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
               shard, school_year, kGone));
  std::vector<ExpectedGroup> groups;
  for (const db::Row& row : rows) {
    groups.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4)});
  }
  return groups;
}

absl::StatusOr<int64_t> CountUnsettled(db::Transaction& tx, std::string_view shard, std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT COUNT(*) FROM expected_child WHERE shard = $1 AND school_year = $2 AND state IN "
                               "('EXPECTED_STATE_EXPECTED', 'EXPECTED_STATE_NOT_REPORTED', 'EXPECTED_STATE_EXCUSED')",
                               shard, school_year));
  return row->Int(0);
}

absl::StatusOr<int64_t> CountNotReported(db::Transaction& tx, std::string_view shard, std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT COUNT(*) FROM expected_child WHERE shard = $1 AND school_year = $2 AND state = "
                               "'EXPECTED_STATE_NOT_REPORTED'",
                               shard, school_year));
  return row->Int(0);
}

}  // namespace ruraledu::dropout_monitoring
