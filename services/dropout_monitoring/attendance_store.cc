#include "common/base/day.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

// $1 shard, $2 school, $3 day.
constexpr std::string_view kPersonsOfSchool =
    "SELECT there.person FROM enrolment there WHERE there.shard = $1 AND there.school = $2 AND there.valid_from <= $3 "
    "AND (there.valid_to = '' OR there.valid_to > $3)";

}  // namespace

absl::StatusOr<std::optional<v1::SchoolCalendar>> CalendarOf(db::Transaction& tx, std::string_view shard,
                                                             std::string_view school, std::string_view school_year) {
  for (const std::string_view owner : {school, std::string_view("county")}) {
    ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT body FROM school_calendar WHERE shard = $1 AND id = $2", shard,
                                                 absl::StrCat(owner, ".", school_year)));
    if (row.has_value()) {
      v1::SchoolCalendar calendar;
      return calendar.ParseFromString(row->Bytes(0))
                 ? absl::StatusOr<std::optional<v1::SchoolCalendar>>(std::move(calendar))
                 : absl::DataLossError("a stored school calendar does not parse");
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<Member>> MembersOf(db::Transaction& tx, std::string_view shard, std::string_view in_class,
                                              absl::CivilDay day) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT DISTINCT enrolment.person, pupil.status, pupil.status_from FROM enrolment JOIN pupil ON "
               "pupil.shard = enrolment.shard AND pupil.id = enrolment.person WHERE enrolment.shard = $1 AND "
               "enrolment.class = $2 AND enrolment.valid_from <= $3 AND (enrolment.valid_to = '' OR enrolment.valid_to "
               "> $3) AND pupil.merged_into = '' AND pupil.display_name <> '' ORDER BY enrolment.person",
               shard, in_class, DayText(day)));
  std::vector<Member> members;
  members.reserve(rows.size());
  for (const db::Row& row : rows) {
    members.push_back({row.Text(0), row.Text(1), row.Text(2)});
  }
  return members;
}

absl::StatusOr<std::vector<std::string>> PersonsOf(db::Transaction& tx, std::string_view shard,
                                                   std::string_view roster) {
  if (roster.empty()) {
    return std::vector<std::string>();
  }
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT body FROM roster WHERE shard = $1 AND id = $2", shard, roster));
  v1::Roster body;
  if (!row.has_value() || !body.ParseFromString(row->Bytes(0))) {
    return absl::DataLossError("the roster of a sheet is not there");
  }
  return std::vector<std::string>(body.persons().begin(), body.persons().end());
}

absl::StatusOr<std::vector<ClassRow>> PageOfClasses(db::Transaction& tx, std::string_view shard,
                                                    std::string_view school_year, std::string_view after_area,
                                                    std::string_view after_id, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, area, school, body FROM class WHERE shard = $1 AND school_year = $2 AND "
                            "(area, id) > ($3, $4) ORDER BY area, id LIMIT $5",
                            shard, school_year, after_area, after_id, limit));
  std::vector<ClassRow> classes;
  for (const db::Row& row : rows) {
    registry_v1::SchoolClass body;
    if (!body.ParseFromString(row.Bytes(3))) {
      return absl::DataLossError("a stored class does not parse");
    }
    classes.push_back({row.Text(0), row.Text(1), row.Text(2), body.display_name()});
  }
  return classes;
}

absl::StatusOr<std::vector<SpanRow>> SpansOfSchool(db::Transaction& tx, std::string_view shard, std::string_view school,
                                                   absl::CivilDay day) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(absl::StrCat(
                   "SELECT enrolment.person, pupil.area, pupil.status, pupil.status_from, enrolment.school, "
                   "enrolment.class, enrolment.stage, enrolment.grade, enrolment.valid_from, enrolment.valid_to FROM "
                   "enrolment JOIN pupil ON "
                   "pupil.shard = enrolment.shard AND pupil.id = enrolment.person WHERE enrolment.shard = $1 "
                   "AND pupil.merged_into = '' AND pupil.display_name <> '' AND enrolment.person IN (",
                   kPersonsOfSchool, ") ORDER BY enrolment.person, enrolment.number"),
               shard, school, DayText(day)));
  std::vector<SpanRow> spans;
  spans.reserve(rows.size());
  for (const db::Row& row : rows) {
    spans.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6),
                     row.Text(7), row.Text(8), row.Text(9)});
  }
  return spans;
}

absl::StatusOr<std::map<std::string, v1::Absence>> AbsencesOfSchool(db::Transaction& tx, std::string_view shard,
                                                                    std::string_view school, absl::CivilDay day) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM absence WHERE shard = $1 AND id IN (",
                                         kPersonsOfSchool, ") ORDER BY id"),
                            shard, school, DayText(day)));
  std::map<std::string, v1::Absence> absences;
  for (const db::Row& row : rows) {
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kAbsences, row.Text(0), nullptr, &absences[row.Text(0)]));
  }
  return absences;
}

absl::StatusOr<std::map<std::string, v1::Case>> OpenCasesOfSchool(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view school, absl::CivilDay day) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT child_key, id, body, sealed, version FROM dropout_case WHERE shard = "
                                         "$1 AND is_open = 1 AND child_key IN (",
                                         kPersonsOfSchool, ") ORDER BY id"),
                            shard, school, DayText(day)));
  std::map<std::string, v1::Case> cases;
  for (const db::Row& row : rows) {
    RETURN_IF_ERROR(feed::ReadRoot(row, 2, kCases, row.Text(1), nullptr, &cases[row.Text(0)]));
  }
  return cases;
}

absl::StatusOr<int> ContradictedDays(db::Transaction& tx, std::string_view shard, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT body FROM absence WHERE shard = $1 AND id = $2", shard, person));
  v1::Absence absence;
  if (row.has_value() && !absence.ParseFromString(row->Bytes(0))) {
    return absl::DataLossError("a stored state of absence does not parse");
  }
  return absence.evaluation().contradicted_days();
}

absl::StatusOr<std::vector<v1::Sheet>> SheetsOf(db::Transaction& tx, std::string_view shard, std::string_view in_class,
                                                absl::CivilDay from, absl::CivilDay until) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT body FROM sheet WHERE shard = $1 AND class = $2 AND day >= $3 AND day <= $4 ORDER "
                            "BY day, session",
                            shard, in_class, DayText(from), DayText(until)));
  std::vector<v1::Sheet> sheets(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!sheets[i].ParseFromString(rows[i].Bytes(0))) {
      return absl::DataLossError("a stored sheet does not parse");
    }
  }
  return sheets;
}

absl::StatusOr<std::optional<std::string>> NextSchool(db::Transaction& tx, std::string_view shard,
                                                      std::string_view after) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM school WHERE shard = $1 AND id > $2 ORDER BY id LIMIT 1", shard, after));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

absl::StatusOr<std::vector<std::string>> ShardsWithCalendar(db::Transaction& tx) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT DISTINCT shard FROM school_calendar ORDER BY shard"));
  std::vector<std::string> shards;
  for (const db::Row& row : rows) {
    shards.push_back(row.Text(0));
  }
  return shards;
}

absl::StatusOr<std::vector<std::string>> WholeSessions(db::Transaction& tx, std::string_view shard,
                                                       std::string_view in_class, absl::CivilDay day) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT session FROM sheet WHERE shard = $1 AND class = $2 AND day = $3 "
                                             "AND whole = 1 ORDER BY session",
                                             shard, in_class, DayText(day)));
  std::vector<std::string> sessions;
  for (const db::Row& row : rows) {
    sessions.push_back(row.Text(0));
  }
  return sessions;
}

}  // namespace ruraledu::dropout_monitoring
