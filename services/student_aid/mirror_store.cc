#include "services/student_aid/mirror_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/feed/copy.h"

namespace ruraledu::student_aid {
namespace {

// Exports that no later one replaced, as part of a query about mirror_entry e.
constexpr std::string_view kStanding =
    "EXISTS (SELECT x.id FROM mirror_export x WHERE x.shard = e.shard AND x.id = e.export_id AND x.term = $2 AND "
    "x.state <> 'MIRROR_EXPORT_STATE_REPLACED')";

}  // namespace

PaperDigests DigestsOfPaper(const crypto::KeyRing& keys, const std::string& id_number,
                            const std::string& student_number) {
  return {id_number.empty() ? "" : feed::IdDigest(keys, id_number),
          student_number.empty() ? "" : feed::NumberDigest(keys, student_number)};
}

std::string StudentNumberOf(const registry_v1::Student& student) {
  const registry_v1::StudentNumber* newest = nullptr;
  for (const registry_v1::StudentNumber& number : student.student_numbers()) {
    const bool newer = newest == nullptr || !newest->has_valid_from() ||
                       DayOf(number.valid_from()).value_or(absl::CivilDay(1, 1, 1)) >=
                           DayOf(newest->valid_from()).value_or(absl::CivilDay(1, 1, 1));
    newest = newer ? &number : newest;
  }
  return newest == nullptr ? "" : newest->number();
}

absl::Status PutPaper(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      const PaperDigests& digests, const Seen& seen) {
  registry_v1::Student paper;
  paper.set_name(student.name());
  paper.set_id_type(student.id_type());
  paper.set_id_number(student.id_number());
  *paper.mutable_student_numbers() = student.student_numbers();
  paper.set_sex(student.sex());
  paper.set_ethnic_group(student.ethnic_group());
  const feed::Rested rested = feed::Rest(sealer, kPapers, paper.name(), paper);
  return feed::PutCopy(tx, "pupil_paper", feed::IdOfName(student.name()),
                       {{"id_digest", digests.id_number}, {"number_digest", digests.student_number}}, &rested, seen);
}

absl::StatusOr<std::optional<db::Row>> PaperOf(db::Transaction& tx, std::string_view shard, std::string_view person) {
  return tx.QueryOne("SELECT body, sealed, version FROM pupil_paper WHERE shard = $1 AND id = $2", shard, person);
}

absl::StatusOr<std::string> PersonOfPaper(db::Transaction& tx, std::string_view shard, const PaperDigests& digests) {
  std::vector<db::Row> rows;
  if (!digests.id_number.empty()) {
    ASSIGN_OR_RETURN(rows, tx.Query("SELECT id FROM pupil_paper WHERE shard = $1 AND id_digest = $2 AND id_digest <> "
                                    "'' ORDER BY id LIMIT 1",
                                    shard, digests.id_number));
  }
  if (rows.empty() && !digests.student_number.empty()) {
    ASSIGN_OR_RETURN(rows, tx.Query("SELECT id FROM pupil_paper WHERE shard = $1 AND number_digest = $2 AND "
                                    "number_digest <> '' ORDER BY id LIMIT 1",
                                    shard, digests.student_number));
  }
  return rows.empty() ? absl::StatusOr<std::string>("") : WhoStays(tx, shard, rows[0].Text(0));
}

absl::StatusOr<StandingExport> FindStandingExport(db::Transaction& tx, std::string_view shard, std::string_view term,
                                                  std::string_view layout) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          "SELECT id, CAST(CASE WHEN state <> $4 THEN 1 ELSE 0 END AS BIGINT) FROM mirror_export WHERE shard = $1 AND "
          "term = $2 AND layout = $3 ORDER BY id",
          shard, term, layout, v1::MirrorExportState_Name(v1::MIRROR_EXPORT_STATE_REPLACED)));
  StandingExport standing;
  for (const db::Row& row : rows) {
    ++standing.before;
    if (row.Int(1) == 1) {
      standing.id = row.Text(0);
    }
  }
  return standing;
}

absl::StatusOr<int64_t> OpenDifferencesOf(db::Transaction& tx, std::string_view shard, std::string_view exported) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT count(*) FROM mirror_entry WHERE shard = $1 AND export_id = $2 AND state = $3",
                            shard, exported, v1::MirrorEntryState_Name(v1::MIRROR_ENTRY_STATE_OPEN)));
  return rows[0].Int(0);
}

absl::StatusOr<int64_t> HeadsOf(db::Transaction& tx, std::string_view shard, std::string_view exported) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT count(DISTINCT person) FROM mirror_entry WHERE shard = $1 AND export_id = $2", shard, exported));
  return rows[0].Int(0);
}

absl::StatusOr<std::vector<db::Row>> EntriesOf(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                               std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM mirror_entry WHERE shard = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT "
      "$4",
      shard, after.empty() ? absl::StrCat(exported, ".") : std::string(after), absl::StrCat(exported, "/"), limit);
}

absl::StatusOr<std::vector<db::Row>> EntryKeysOf(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                                 std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT id, person, project, row_number FROM mirror_entry WHERE shard = $1 AND id > $2 AND id < $3 ORDER BY id "
      "LIMIT $4",
      shard, after.empty() ? absl::StrCat(exported, ".") : std::string(after), absl::StrCat(exported, "/"), limit);
}

absl::StatusOr<std::string> FeedbackUnderWay(db::Transaction& tx, std::string_view shard, std::string_view exported,
                                             std::string_view feedback) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id FROM mirror_feedback WHERE shard = $1 AND export_id = $2 AND id <> $3 AND state "
               "= $4 ORDER BY id LIMIT 1",
               shard, exported, feedback, v1::MirrorFeedbackState_Name(v1::MIRROR_FEEDBACK_STATE_RUNNING)));
  return rows.empty() ? "" : rows[0].Text(0);
}

absl::StatusOr<int64_t> OpenMirrorDifferences(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT count(*) FROM mirror_entry WHERE shard = $1 AND found_on <> '' "
                                             "AND state = $2",
                                             shard, v1::MirrorEntryState_Name(v1::MIRROR_ENTRY_STATE_OPEN)));
  return rows[0].Int(0);
}

absl::StatusOr<std::map<MirrorSumKey, MirrorSums>> MirrorSumsOf(db::Transaction& tx, std::string_view shard,
                                                                std::string_view term) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(
          absl::StrCat("SELECT area, project, state, CAST(sum(CASE WHEN row_number > 0 THEN 1 ELSE 0 END) AS BIGINT), "
                       "CAST(sum(reported_fen) AS BIGINT), CAST(sum(CASE WHEN verified_lines > 0 THEN 1 ELSE 0 END) AS "
                       "BIGINT), CAST(sum(verified_fen) AS BIGINT), count(*) FROM mirror_entry e WHERE e.shard = $1 "
                       "AND ",
                       kStanding, " GROUP BY area, project, state ORDER BY area, project, state"),
          shard, term));
  std::map<MirrorSumKey, MirrorSums> sums;
  for (const db::Row& row : rows) {
    MirrorSums& sum = sums[{row.Text(0), row.Text(1)}];
    sum.our_rows += row.Int(3);
    sum.our_fen += row.Int(4);
    sum.their_rows += row.Int(5);
    sum.their_fen += row.Int(6);
    v1::MirrorEntryState state = v1::MIRROR_ENTRY_STATE_UNSPECIFIED;
    v1::MirrorEntryState_Parse(row.Text(2), &state);
    if (state == v1::MIRROR_ENTRY_STATE_OPEN) {
      sum.open += row.Int(7);
    } else if (state == v1::MIRROR_ENTRY_STATE_AGREED) {
      sum.agreed += row.Int(7);
    } else if (state != v1::MIRROR_ENTRY_STATE_SENT) {
      sum.worked_off += row.Int(7);
    }
  }
  return sums;
}

absl::StatusOr<std::vector<db::Row>> MirrorDifferencesWithin(db::Transaction& tx, std::string_view shard,
                                                             std::string_view term, const AreaRange& within,
                                                             std::string_view after, int64_t limit) {
  return tx.Query(
      absl::StrCat("SELECT id, body, sealed, version FROM mirror_entry e WHERE e.shard = $1 AND ", kStanding,
                   " AND e.found_on <> '' AND e.area >= $3 AND e.area < $4 AND e.id > $5 ORDER "
                   "BY e.id LIMIT $6"),
      shard, term, within.lo, within.hi, after, limit);
}

}  // namespace ruraledu::student_aid
