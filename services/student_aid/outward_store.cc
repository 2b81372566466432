#include "services/student_aid/outward_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

std::string Name(v1::OutwardState state) {
  return v1::OutwardState_Name(state);
}

std::vector<PupilKey> KeysOf(const std::vector<db::Row>& rows) {
  std::vector<PupilKey> keys;
  for (const db::Row& row : rows) {
    keys.push_back({row.Text(0), row.Text(1)});
  }
  return keys;
}

}  // namespace

absl::StatusOr<std::vector<PupilKey>> PupilsElsewhere(db::Transaction& tx, std::string_view shard,
                                                      const PupilKey& after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT shard, id FROM pupil WHERE household_shard = $1 AND household_shard <> shard AND "
                            "(shard, id) > ($2, $3) ORDER BY shard, id LIMIT $4",
                            shard, after.shard, after.person, limit));
  return KeysOf(rows);
}

absl::StatusOr<std::vector<PupilKey>> PupilsFromElsewhere(db::Transaction& tx, std::string_view shard,
                                                          std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT shard, id FROM pupil WHERE shard = $1 AND household_shard <> shard AND "
                            "household_shard <> '' AND id > $2 ORDER BY id LIMIT $3",
                            shard, after, limit));
  return KeysOf(rows);
}

absl::StatusOr<std::vector<std::string>> CasesToSettle(db::Transaction& tx, std::string_view shard,
                                                       std::string_view term, std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM outward_case WHERE shard = $1 AND term = $2 AND state IN ($3, $4) AND id "
                            "> $5 ORDER BY id LIMIT $6",
                            shard, term, Name(v1::OUTWARD_STATE_BACKFILL_APPROVED), Name(v1::OUTWARD_STATE_BACKFILLED),
                            after, limit));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

absl::StatusOr<std::vector<v1::OutwardCase>> CasesOfTerm(db::Transaction& tx, std::string_view shard,
                                                         std::string_view term) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM outward_case WHERE shard = $1 AND "
                                             "term = $2 ORDER BY area, id",
                                             shard, term));
  return feed::ReadRoots<v1::OutwardCase>(rows, kOutwardCases, nullptr);
}

absl::StatusOr<std::vector<v1::OutwardCase>> CasesOfLetter(db::Transaction& tx, std::string_view shard,
                                                           std::string_view term, std::string_view letter) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM outward_case WHERE shard = $1 AND term = $2 AND "
                            "letter = $3 AND direction = $4 ORDER BY area, id",
                            shard, term, letter, v1::OutwardDirection_Name(v1::OUTWARD_DIRECTION_OUT)));
  return feed::ReadRoots<v1::OutwardCase>(rows, kOutwardCases, nullptr);
}

absl::StatusOr<std::vector<v1::Application>> ApplicationsOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view person,
                                                            std::string_view term) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM application WHERE shard = $1 AND "
                                             "term = $2 AND person = $3 ORDER BY id",
                                             shard, term, person));
  return feed::ReadRoots<v1::Application>(rows, kApplications, &sealer);
}

std::string LateText(absl::CivilDay on, std::vector<db::Value>* args) {
  args->emplace_back(DayText(on));
  return absl::StrCat("answer_due <> '' AND answer_due < $", args->size());
}

std::string LackingText(absl::CivilDay since, std::vector<db::Value>* args) {
  args->emplace_back(v1::GraduateState_Name(v1::GRADUATE_STATE_WITHDRAWN));
  args->emplace_back(DayText(since));
  return absl::StrCat("state <> $", args->size() - 1, " AND (measure_count = 0 OR last_contact < $", args->size(), ")");
}

absl::StatusOr<std::vector<TermCount>> LateCases(db::Transaction& tx, std::string_view shard, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT term, count(*) FROM outward_case WHERE shard = $1 AND answer_due <> '' AND "
                            "answer_due < $2 GROUP BY term ORDER BY term DESC",
                            shard, DayText(on)));
  std::vector<TermCount> counts;
  for (const db::Row& row : rows) {
    counts.push_back({row.Text(0), row.Int(1)});
  }
  return counts;
}

absl::StatusOr<Rate> PlacedOf(db::Transaction& tx, std::string_view shard, int32_t graduating_year,
                              absl::Span<const AreaRange> within) {
  Rate rate;
  for (const AreaRange& range : within) {
    ASSIGN_OR_RETURN(const auto rows,
                     tx.Query("SELECT state, count(*) FROM graduate WHERE shard = $1 AND graduating_year = $2 AND area "
                              ">= $3 AND area < $4 AND state <> $5 GROUP BY state ORDER BY state",
                              shard, int64_t{graduating_year}, range.lo, range.hi,
                              v1::GraduateState_Name(v1::GRADUATE_STATE_WITHDRAWN)));
    for (const db::Row& row : rows) {
      rate.denominator += row.Int(1);
      rate.numerator += row.Text(0) == v1::GraduateState_Name(v1::GRADUATE_STATE_PLACED) ? row.Int(1) : 0;
    }
  }
  return rate;
}

absl::StatusOr<bool> WasIdentified(db::Transaction& tx, std::string_view shard, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM identification WHERE shard = $1 AND person = $2 AND state IN ($3, $4) "
                               "ORDER BY id LIMIT 1",
                               shard, person, v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_CONFIRMED),
                               v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_ARCHIVED)));
  return row.has_value();
}

absl::StatusOr<std::vector<v1::PublicityActivity>> ActivitiesOf(db::Transaction& tx, std::string_view shard,
                                                                std::string_view term) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM publicity_activity WHERE shard = "
                                             "$1 AND term = $2 AND withdrawn = 0 ORDER BY area, id",
                                             shard, term));
  return feed::ReadRoots<v1::PublicityActivity>(rows, kPublicityActivities, nullptr);
}

}  // namespace ruraledu::student_aid
