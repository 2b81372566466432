#include "services/dropout_monitoring/case_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/shard.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kClosed = "CASE_STATE_CLOSED";

absl::StatusOr<std::map<std::string, int64_t>> ByState(const std::vector<db::Row>& rows) {
  std::map<std::string, int64_t> counts;
  for (const db::Row& row : rows) {
    counts[row.Text(0)] = row.Int(1);
  }
  return counts;
}

}  // namespace

namespace {

// The first case of a child by `filter`, which names its order.
absl::StatusOr<std::optional<v1::Case>> FirstOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                std::string_view shard, std::string_view child_key,
                                                std::string_view filter) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM dropout_case WHERE "
                                                          "shard = $1 AND child_key = $2 ",
                                                          filter, " LIMIT 1"),
                                             shard, child_key));
  ASSIGN_OR_RETURN(auto cases, feed::ReadRoots<v1::Case>(rows, kCases, &sealer));
  return cases.empty() ? std::nullopt : std::optional<v1::Case>(std::move(cases[0]));
}

}  // namespace

absl::StatusOr<std::optional<OpenCaseRow>> OpenCaseOf(db::Transaction& tx, std::string_view shard,
                                                      std::string_view child_key) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id, state FROM dropout_case WHERE shard = $1 AND child_key = $2 "
                                               "AND is_open = 1",
                                               shard, child_key));
  return row.has_value() ? std::optional(OpenCaseRow{row->Text(0), row->Text(1)}) : std::nullopt;
}

absl::StatusOr<std::optional<v1::Case>> FindOpenCase(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view child_key) {
  return FirstOf(tx, sealer, tx.shard(), child_key, "AND is_open = 1 ORDER BY id");
}

absl::StatusOr<std::optional<v1::Case>> FindLastCase(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view child_key) {
  return FindLastCaseIn(tx, sealer, tx.shard(), child_key);
}

absl::StatusOr<std::optional<v1::Case>> FindLastCaseIn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                       std::string_view shard, std::string_view child_key) {
  return FirstOf(tx, sealer, shard, child_key, "ORDER BY id DESC");
}

absl::StatusOr<std::string> NextCaseNumber(db::Transaction& tx, int year) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("INSERT INTO case_number (shard, year, last_number) VALUES ($1, $2, 1) ON CONFLICT "
                               "(shard, year) DO UPDATE SET last_number = case_number.last_number + 1 RETURNING "
                               "last_number",
                               tx.shard(), year));
  return absl::StrFormat("%s-%d-%06d", tx.shard().substr(1), year, row->Int(0));
}

absl::StatusOr<std::vector<std::string>> CasesToLookAt(db::Transaction& tx, std::string_view shard, absl::CivilDay on,
                                                       std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT c.id FROM dropout_case c WHERE c.shard = $1 AND c.id > $2 AND c.is_open = 1 AND "
                            "((c.clock_on <> '' AND c.clock_on <= $3) OR EXISTS (SELECT 1 FROM pupil p WHERE p.shard = "
                            "c.shard AND p.id = c.child_key AND p.status IN ('DECEASED', 'TRANSFERRED'))) ORDER BY "
                            "c.id LIMIT $4",
                            shard, after, DayText(on), limit));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

absl::StatusOr<std::vector<v1::Case>> CasesOpenOn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  std::string_view shard, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM dropout_case WHERE shard = $1 AND "
                                             "(is_open = 1 OR closed_on > $2) ORDER BY id",
                                             shard, DayText(on)));
  return feed::ReadRoots<v1::Case>(rows, kCases, &sealer);
}

absl::StatusOr<std::vector<Sibling>> SiblingsIn(db::Transaction& tx, std::string_view shard, std::string_view household,
                                                std::string_view except) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT p.id, p.area, COALESCE(c.id, ''), p.birth_date FROM pupil p LEFT JOIN dropout_case c ON c.shard "
               "= p.shard AND "
               "c.child_key = p.id AND c.is_open = 1 WHERE p.shard = $1 AND p.household_id = $2 AND p.household_id <> "
               "'' AND p.id <> $3 AND p.merged_into = '' AND p.status NOT IN ('DECEASED', 'TRANSFERRED', 'GRADUATED', "
               "'COMPLETED', 'EMIGRATED') ORDER BY p.id",
               shard, household, except));
  std::vector<Sibling> siblings;
  for (const db::Row& row : rows) {
    siblings.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3)});
  }
  return siblings;
}

absl::StatusOr<CaseCounts> CountCases(db::Transaction& tx, std::string_view shard, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT state, COUNT(*) FROM dropout_case WHERE shard = $1 AND is_open = "
                                             "1 GROUP BY state ORDER BY state",
                                             shard));
  ASSIGN_OR_RETURN(const auto late, tx.QueryOne("SELECT COUNT(*) FROM dropout_case WHERE shard = $1 AND is_open = 1 "
                                                "AND due_on <> '' AND due_on < $2",
                                                shard, DayText(on)));
  CaseCounts counts;
  ASSIGN_OR_RETURN(counts.by_state, ByState(rows));
  counts.late = late->Int(0);
  return counts;
}

absl::StatusOr<std::map<v1::AuthorityLevel, int64_t>> CountEscalated(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT waiting_level, COUNT(*) FROM dropout_case WHERE shard = $1 AND "
                                             "waiting_level > 0 AND is_open = 1 GROUP BY waiting_level ORDER BY "
                                             "waiting_level",
                                             shard));
  std::map<v1::AuthorityLevel, int64_t> counts;
  for (const db::Row& row : rows) {
    counts[static_cast<v1::AuthorityLevel>(row.Int(0))] = row.Int(1);
  }
  return counts;
}

std::string EscalatedSince(std::string_view from, v1::AuthorityLevel level, std::vector<db::Value>* args) {
  args->emplace_back(std::string(from));
  args->emplace_back(int64_t{level});
  return absl::StrCat("escalated_on <> '' AND escalated_on >= $", args->size() - 1, " AND escalated_level >= $",
                      args->size());
}

absl::StatusOr<std::optional<v1::Responsibility>> FindResponsibility(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                     std::string_view mechanism, std::string_view slot,
                                                                     std::string_view subject) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM responsibility WHERE shard = $1 AND mechanism = $2 "
                            "AND slot = $3 AND subject = $4 AND until_on = '' ORDER BY id",
                            tx.shard(), mechanism, slot, subject));
  ASSIGN_OR_RETURN(auto found, feed::ReadRoots<v1::Responsibility>(rows, kResponsibilities, &sealer));
  return found.empty() ? std::nullopt : std::optional<v1::Responsibility>(std::move(found[0]));
}

absl::StatusOr<NamedOf> SubjectsNamed(db::Transaction& tx, std::string_view shard,
                                      absl::Span<const v1::ResponsibilitySlot> slots, absl::CivilDay on) {
  NamedOf named;
  for (const v1::ResponsibilitySlot& slot : slots) {
    if (!slot.names_child()) {
      continue;
    }
    ASSIGN_OR_RETURN(
        const auto rows,
        tx.Query("SELECT subject FROM responsibility WHERE shard = $1 AND mechanism = $2 AND slot = $3 AND "
                 "(until_on = '' OR until_on > $4) ORDER BY subject",
                 shard, slot.mechanism(), slot.slot(), DayText(on)));
    for (const db::Row& row : rows) {
      (slot.line() == v1::CONTROL_LINE_ADMINISTRATION ? named.administration : named.education).insert(row.Text(0));
    }
  }
  return named;
}

absl::StatusOr<std::vector<PupilRow>> PupilsBehind(db::Transaction& tx, std::string_view shard, std::string_view lo,
                                                   std::string_view hi, std::string_view area, std::string_view person,
                                                   int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT id, area, village FROM pupil WHERE shard = $1 AND area >= $2 AND area < $3 AND (area, id) > ($4, "
          "$5) AND merged_into = '' AND status IN ('ENROLLED', 'SUSPECTED', 'DROPPED', 'RETURNED', 'HOME_TAUGHT', "
          "'SUSPENDED') ORDER BY area, id LIMIT $6",
          shard, lo, hi, area, person, limit));
  std::vector<PupilRow> pupils;
  for (const db::Row& row : rows) {
    pupils.push_back({row.Text(0), row.Text(1), row.Text(2)});
  }
  return pupils;
}

absl::Status SaveGap(db::Transaction& tx, v1::ControlLine line, absl::CivilDay on, int64_t children) {
  return tx
      .Execute(
          "INSERT INTO responsibility_gap (shard, line, counted_on, children) VALUES ($1, $2, $3, $4) ON CONFLICT "
          "(shard, line) DO UPDATE SET counted_on = excluded.counted_on, children = excluded.children",
          tx.shard(), v1::ControlLine_Name(line), DayText(on), children)
      .status();
}

absl::StatusOr<std::map<std::string, int64_t>> ReadGaps(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT line, children FROM responsibility_gap WHERE shard = $1 ORDER BY line", shard));
  return ByState(rows);
}

absl::StatusOr<std::string> GapsCountedOn(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT counted_on FROM responsibility_gap WHERE shard = $1 ORDER BY "
                                               "counted_on LIMIT 1",
                                               shard));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::vector<db::Row>> VersionRows(db::Transaction& tx, const feed::RootTable& table,
                                                 std::string_view shard, std::string_view school,
                                                 std::string_view month) {
  return tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table.table,
                               " WHERE shard = $1 AND month = $2 AND school = $3 ORDER BY id"),
                  shard, month, school);
}

absl::StatusOr<std::vector<db::Row>> RowsInForce(db::Transaction& tx, const feed::RootTable& table,
                                                 std::string_view shard, std::string_view month) {
  return tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ", table.table,
                               " WHERE shard = $1 AND month = $2 AND state = 'ZERO_REPORT_STATE_SIGNED' ORDER BY area, "
                               "id"),
                  shard, month);
}

absl::StatusOr<std::map<std::string, int64_t>> CountCasesIn(db::Transaction& tx, std::string_view shard,
                                                            std::string_view lo, std::string_view hi) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT state, COUNT(*) FROM dropout_case WHERE shard = $1 AND area >= $2 "
                                             "AND area < $3 AND state <> $4 GROUP BY state ORDER BY state",
                                             shard, lo, hi, kClosed));
  return ByState(rows);
}

absl::StatusOr<ReviewsOfCounty> ReviewsHeld(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT kind, period FROM review WHERE shard = $1 AND state = $2 ORDER BY "
                                             "id",
                                             shard, v1::ReviewState_Name(v1::REVIEW_STATE_APPROVED)));
  ASSIGN_OR_RETURN(const auto first,
                   tx.QueryOne("SELECT COALESCE(MIN(month), '') FROM zero_report WHERE shard = $1", shard));
  ReviewsOfCounty held;
  for (const db::Row& row : rows) {
    v1::ReviewKind kind = v1::REVIEW_KIND_UNSPECIFIED;
    v1::ReviewKind_Parse(row.Text(0), &kind);
    held.approved.emplace(kind, row.Text(1));
  }
  if (first.has_value() && !first->Text(0).empty()) {
    ASSIGN_OR_RETURN(held.first_month, ParseMonth(first->Text(0)));
  }
  return held;
}

absl::StatusOr<std::vector<std::string>> ReviewsThatLock(db::Transaction& tx, std::string_view shard,
                                                         std::string_view month) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id FROM review WHERE shard = $1 AND first_month <= $2 AND "
                                             "last_month >= $2 AND state = 'REVIEW_STATE_APPROVED' ORDER BY id",
                                             shard, month));
  ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
  std::vector<std::string> names;
  for (const db::Row& row : rows) {
    names.push_back(absl::StrCat(parent, "/reviews/", row.Text(0)));
  }
  return names;
}

}  // namespace ruraledu::dropout_monitoring
