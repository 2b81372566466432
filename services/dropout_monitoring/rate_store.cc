#include "services/dropout_monitoring/rate_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "services/dropout_monitoring/case_tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kFirstMonth = 8;  // a teaching year begins in August

absl::StatusOr<std::vector<v1::RateFigures>> ReadFigures(const std::vector<db::Row>& rows) {
  ASSIGN_OR_RETURN(auto figures, feed::ReadRoots<v1::RateFigures>(rows, kRateFigures, nullptr));
  std::sort(figures.begin(), figures.end(),
            [](const auto& a, const auto& b) { return a.version_number() < b.version_number(); });
  return figures;
}

// A status that began after the day says nothing of it.
constexpr std::string_view kStatusOnDay = "CASE WHEN pupil.status_from > $2 THEN 'ENROLLED' ELSE pupil.status END";

std::vector<PupilGroup> ReadGroups(const std::vector<db::Row>& rows, bool on_roll) {
  std::vector<PupilGroup> groups;
  for (const db::Row& row : rows) {
    groups.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4), on_roll});
  }
  return groups;
}

// Rows: person, status, school, stage, grade, valid_from, valid_to, the oldest span first.
absl::StatusOr<std::map<std::string, CohortPupil>> ReadPupils(const std::vector<db::Row>& rows, absl::CivilDay today) {
  std::map<std::string, CohortPupil> pupils;
  for (const db::Row& row : rows) {
    CohortPupil& pupil = pupils[row.Text(0)];
    pupil.status = row.Text(1);
    GradeSpan span{row.Text(2), row.Text(3), row.Text(4), {}, std::nullopt};
    absl::CivilDay to;
    if (!ParseDay(row.Text(5), &span.from)) {
      return absl::DataLossError("a span of enrolment has no first day");
    }
    if (ParseDay(row.Text(6), &to) && to <= today) {
      span.to = to;
    }
    if (span.from <= today) {
      pupil.spans.push_back(std::move(span));
    }
  }
  return pupils;
}

constexpr std::string_view kSpans =
    "SELECT enrolment.person, pupil.status, enrolment.school, enrolment.stage, enrolment.grade, enrolment.valid_from, "
    "enrolment.valid_to FROM enrolment JOIN pupil ON pupil.shard = enrolment.shard AND pupil.id = enrolment.person "
    "WHERE enrolment.shard = $1 AND pupil.merged_into = '' AND enrolment.person IN (";
constexpr std::string_view kInOrder = ") ORDER BY enrolment.person, enrolment.number DESC";

}  // namespace

absl::StatusOr<std::vector<v1::RateFigures>> FiguresOf(db::Transaction& tx, std::string_view shard,
                                                       std::string_view area, std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM rate_figures WHERE shard = $1 AND "
                                             "area = $2 AND school_year = $3 ORDER BY id",
                                             shard, area, school_year));
  return ReadFigures(rows);
}

absl::StatusOr<std::optional<v1::RateFigures>> FiguresInForce(db::Transaction& tx, std::string_view shard,
                                                              std::string_view area, std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM rate_figures WHERE shard = $1 AND "
                            "area = $2 AND school_year = $3 AND state = $4 ORDER BY id",
                            shard, area, school_year, v1::RateFiguresState_Name(v1::RATE_FIGURES_STATE_SIGNED)));
  ASSIGN_OR_RETURN(auto figures, ReadFigures(rows));
  return figures.empty() ? std::nullopt : std::optional(std::move(figures.back()));
}

absl::StatusOr<std::vector<PupilGroup>> GroupsOn(db::Transaction& tx, std::string_view shard, absl::CivilDay day,
                                                 const PupilFilter& filter) {
  // $3 a school or '', $4 and $5 villages of a township or ''.
  constexpr std::string_view kOf =
      " pupil.merged_into = '' AND ($3 = '' OR enrolment.school = $3) AND ($4 = '' OR (pupil.village >= $4 AND "
      "pupil.village < $5)) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
  const std::string end = filter.township.empty() ? "" : absl::StrCat(filter.township, ":");  // ':' follows '9'
  const std::string columns =
      absl::StrCat("SELECT enrolment.stage, enrolment.grade, ", kStatusOnDay,
                   ", pupil.birth_date, COUNT(*) FROM enrolment JOIN pupil ON pupil.shard = enrolment.shard AND "
                   "pupil.id = enrolment.person WHERE enrolment.shard = $1 AND ");
  ASSIGN_OR_RETURN(const auto present,
                   tx.Query(absl::StrCat(columns,
                                         "enrolment.valid_from <= $2 AND (enrolment.valid_to = '' OR "
                                         "enrolment.valid_to > $2) AND NOT EXISTS (SELECT 1 FROM enrolment newer WHERE "
                                         "newer.shard = enrolment.shard AND newer.person = enrolment.person AND "
                                         "newer.number < enrolment.number AND newer.valid_from <= $2 AND "
                                         "(newer.valid_to = '' OR newer.valid_to > $2)) AND",
                                         kOf),
                            shard, DayText(day), filter.school, filter.township, end));
  ASSIGN_OR_RETURN(const auto gone,
                   tx.Query(absl::StrCat(columns,
                                         "enrolment.number = 0 AND enrolment.valid_to <> '' AND enrolment.valid_to <= "
                                         "$2 AND pupil.status_from <= $2 AND",
                                         kOf),
                            shard, DayText(day), filter.school, filter.township, end));
  std::vector<PupilGroup> groups = ReadGroups(present, true);
  for (PupilGroup& group : ReadGroups(gone, false)) {
    groups.push_back(std::move(group));
  }
  return groups;
}

absl::StatusOr<std::map<std::string, OutOfSchool>> DropoutsByCases(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM dropout_case WHERE shard = $1 ORDER BY id", shard));
  std::map<std::string, OutOfSchool> children;
  for (const db::Row& row : rows) {
    v1::Case file;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kCases, row.Text(0), nullptr, &file));
    if (file.school().empty() || file.spans().empty()) {
      continue;  // never enrolled, or never confirmed: no dropout (3.1)
    }
    OutOfSchool& child = children[file.child_key()];
    child.now |= file.unresolved();
    child.area = file.area();
    for (const v1::DropoutSpan& span : file.spans()) {
      const auto from = DayOf(span.from());
      if (from.has_value()) {
        child.from.push_back(*from);
      }
    }
  }
  return children;
}

absl::StatusOr<std::vector<std::string>> DropoutsByRegister(db::Transaction& tx, std::string_view shard,
                                                            const AreaRange& area, absl::CivilDay from,
                                                            absl::CivilDay until) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id FROM pupil WHERE shard = $1 AND area >= $2 AND area < $3 AND status = 'DROPPED' AND "
               "status_from >= $4 AND status_from <= $5 AND merged_into = '' ORDER BY id",
               shard, area.lo, area.hi, DayText(from), DayText(until)));
  std::vector<std::string> persons;
  for (const db::Row& row : rows) {
    persons.push_back(row.Text(0));
  }
  return persons;
}

absl::StatusOr<std::map<std::string, CohortPupil>> PupilsOfCohort(db::Transaction& tx, std::string_view shard,
                                                                  absl::Span<const GradeYear> grades,
                                                                  absl::CivilDay today) {
  if (grades.empty()) {
    return std::map<std::string, CohortPupil>();
  }
  std::vector<db::Value> args = {std::string(shard)};
  std::vector<std::string> conditions;
  for (const GradeYear& one : grades) {
    const size_t at = args.size();
    args.insert(args.end(), {db::Value(one.grade), db::Value(DayText(absl::CivilDay(one.year.start, kFirstMonth, 1))),
                             db::Value(DayText(absl::CivilDay(one.year.start + 1, kFirstMonth, 1)))});
    conditions.push_back(absl::StrCat("(member.grade = $", at + 1, " AND member.valid_from >= $", at + 2,
                                      " AND member.valid_from < $", at + 3, ")"));
  }
  ASSIGN_OR_RETURN(const auto rows, tx.QueryValues(absl::StrCat(kSpans,
                                                                "SELECT member.person FROM enrolment member WHERE "
                                                                "member.shard = $1 AND (",
                                                                absl::StrJoin(conditions, " OR "), ")", kInOrder),
                                                   args));
  return ReadPupils(rows, today);
}

absl::StatusOr<std::map<std::string, CohortPupil>> PupilsOfSchool(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view school, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSpans,
                                                          "SELECT member.person FROM enrolment member WHERE "
                                                          "member.shard = $1 AND member.school = $2",
                                                          kInOrder),
                                             shard, school));
  return ReadPupils(rows, today);
}

}  // namespace ruraledu::dropout_monitoring
