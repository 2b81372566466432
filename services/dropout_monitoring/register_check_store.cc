#include "services/dropout_monitoring/register_check_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kDigestsAtOnce = 100;

}  // namespace

const feed::RootTable kRegisterChecks{"register_check",
                                      "registerChecks",
                                      {"area", "school", "month", "state", "is_replaced"},
                                      feed::ColumnsOf<v1::RegisterCheck>(+[](const v1::RegisterCheck& c) {
                                        return std::vector<db::Value>{
                                            c.area(), std::string(feed::IdOfName(c.school())), c.month(),
                                            v1::ZeroReportState_Name(c.state()),
                                            int64_t{c.state() == v1::ZERO_REPORT_STATE_REPLACED}};
                                      })};

absl::StatusOr<std::vector<RegisterRow>> RegisterOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                    std::string_view shard, std::string_view school,
                                                    absl::CivilDay day) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT p.id, p.body, p.sealed, p.version, p.birth_date, COALESCE(a.step, ''), COALESCE(a.no_record, 0), "
          "e.school, e.class, COALESCE(c.school, '') FROM enrolment e JOIN pupil p ON p.shard = e.shard AND p.id "
          "= e.person LEFT JOIN class c ON c.shard = e.shard AND c.id = e.class LEFT JOIN absence a ON a.shard = "
          "p.shard AND a.id = p.id WHERE e.shard = $1 AND (e.school = $2 OR c.school = $2) AND e.valid_from <= $3 "
          "AND (e.valid_to = '' OR e.valid_to > $3) AND p.merged_into = '' AND p.display_name <> '' ORDER BY "
          "p.id, e.number",
          shard, school, DayText(day)));
  std::vector<RegisterRow> found;
  for (const db::Row& row : rows) {
    if (!found.empty() && found.back().pupil.person == row.Text(0)) {
      continue;
    }
    RegisterRow& added = found.emplace_back();
    added.pupil.person = row.Text(0);
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, added.pupil.person, &sealer, &added.pupil.student));
    added.pupil.birth_date = row.Text(4);
    added.pupil.step = row.Text(5);
    added.pupil.unmarked = row.Int(6) != 0;
    added.school = row.Text(7);
    added.in_class = row.Text(8);
    added.class_school = row.Text(9);
  }
  return found;
}

absl::StatusOr<std::multimap<std::string, DigestOwner>> OwnersOfDigests(db::Transaction& tx,
                                                                        absl::Span<const std::string> digests) {
  std::multimap<std::string, DigestOwner> owners;
  for (size_t first = 0; first < digests.size(); first += kDigestsAtOnce) {
    const auto part = digests.subspan(first, kDigestsAtOnce);
    std::vector<db::Value> args(part.begin(), part.end());
    std::vector<std::string> marks;
    for (size_t i = 1; i <= part.size(); ++i) {
      marks.push_back(absl::StrCat("$", i));
    }
    ASSIGN_OR_RETURN(const auto rows,
                     tx.QueryValues(absl::StrCat("SELECT n.digest, n.shard, n.person FROM pupil_number n "
                                                 "WHERE n.digest IN (",
                                                 absl::StrJoin(marks, ", "), ") ORDER BY n.digest, n.shard, n.person"),
                                    args));
    for (const db::Row& row : rows) {
      owners.emplace(row.Text(0), DigestOwner{row.Text(1), row.Text(2)});
    }
  }
  return owners;
}

absl::StatusOr<std::optional<RollRow>> RollOf(db::Transaction& tx, std::string_view shard, std::string_view person,
                                              absl::CivilDay day) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT p.status, e.school FROM pupil p JOIN enrolment e ON e.shard = p.shard AND "
                               "e.person = p.id WHERE p.shard = $1 AND p.id = $2 AND p.merged_into = '' AND "
                               "p.display_name <> '' AND e.valid_from <= $3 AND (e.valid_to = '' OR e.valid_to > $3) "
                               "ORDER BY e.number LIMIT 1",
                               shard, person, DayText(day)));
  return row.has_value() ? std::optional(RollRow{row->Text(0), row->Text(1)}) : std::nullopt;
}

absl::StatusOr<std::vector<std::string>> ClassesMarked(db::Transaction& tx, std::string_view shard,
                                                       std::string_view school, absl::CivilDay from) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT c.id FROM class c WHERE c.shard = $1 AND c.school = $2 AND EXISTS (SELECT 1 FROM "
                            "sheet s WHERE s.shard = c.shard AND s.class = c.id AND s.day >= $3) ORDER BY c.id",
                            shard, school, DayText(from)));
  std::vector<std::string> classes;
  for (const db::Row& row : rows) {
    classes.push_back(row.Text(0));
  }
  return classes;
}

absl::StatusOr<std::vector<v1::RegisterCheck>> ChecksBetween(db::Transaction& tx, const crypto::Sealer& sealer,
                                                             std::string_view shard, std::string_view first_month,
                                                             std::string_view last_month) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM register_check WHERE shard = $1 AND month >= $2 AND "
                            "month <= $3 AND is_replaced = 0 ORDER BY month, area, id",
                            shard, first_month, last_month));
  return feed::ReadRoots<v1::RegisterCheck>(rows, kRegisterChecks, &sealer);
}

}  // namespace ruraledu::dropout_monitoring
