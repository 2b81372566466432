#include "services/registry/import_facts_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

// Values of one IN list. The last page is filled up by its last value, so that one text is prepared.
constexpr size_t kInPage = 100;

std::string InList(size_t first) {
  std::string list;
  for (size_t i = 0; i < kInPage; ++i) {
    absl::StrAppend(&list, i == 0 ? "(" : ", ", "$", first + i);
  }
  return list + ")";
}

// Runs `sql`, whose $1 is the shard and whose list begins at $2, over all values.
absl::Status EachIn(db::Transaction& tx, const std::string& sql, std::string_view shard,
                    absl::Span<const std::string> values, const std::function<absl::Status(db::Row)>& each) {
  for (size_t from = 0; from < values.size(); from += kInPage) {
    std::vector<db::Value> args = {std::string(shard)};
    args.reserve(kInPage + 1);
    for (size_t i = 0; i < kInPage; ++i) {
      args.emplace_back(values[std::min(from + i, values.size() - 1)]);
    }
    RETURN_IF_ERROR(tx.ForEach(sql, std::move(args), each));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FirstId(absl::StatusOr<std::vector<db::Row>> rows) {
  RETURN_IF_ERROR(rows.status());
  return rows->empty() ? std::string() : rows->front().Text(0);
}

MatchRow ReadMatchRow(const db::Row& row) {
  return {row.Text(0), row.Text(1), row.Text(2), row.Day(3)};
}

absl::StatusOr<std::vector<MatchRow>> ReadMatchRows(absl::StatusOr<std::vector<db::Row>> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<MatchRow> found;
  found.reserve(rows->size());
  for (const db::Row& row : *rows) {
    found.push_back(ReadMatchRow(row));
  }
  return found;
}

}  // namespace

absl::Status FindStudents(db::Transaction& tx, std::string_view shard, StudentIndex index,
                          absl::Span<const std::string> values, StudentsByIndex* found) {
  static const std::string kById =
      absl::StrCat("SELECT id_index, id, gone FROM student WHERE shard = $1 AND id_index IN ", InList(2));
  static const std::string kByNumber =
      absl::StrCat("SELECT number_index, id, gone FROM student WHERE shard = $1 AND number_index IN ", InList(2));
  std::vector<std::string> fresh;
  for (const std::string& value : values) {
    if (found->try_emplace(value).second) {
      fresh.push_back(value);
    }
  }
  return EachIn(tx, index == StudentIndex::kIdNumber ? kById : kByNumber, shard, fresh, [&](const db::Row& row) {
    std::vector<IndexedStudent>& of_index = (*found)[row.Text(0)];
    of_index.push_back({row.Text(1), !row.Text(2).empty()});
    std::sort(of_index.begin(), of_index.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return absl::OkStatus();
  });
}

absl::Status FindRoots(db::Transaction& tx, const feed::RootTable& table, std::string_view shard,
                       absl::Span<const std::string> ids, RootRows* found) {
  return EachIn(
      tx,
      absl::StrCat("SELECT id, body, sealed, version FROM ", table.table, " WHERE shard = $1 AND id IN ", InList(2)),
      shard, ids, [&](db::Row row) {
        std::string id = row.Text(0);
        found->insert_or_assign(std::move(id), std::move(row));
        return absl::OkStatus();
      });
}

absl::StatusOr<std::string> HouseholdByNumber(db::Transaction& tx, std::string_view shard, std::string_view number) {
  return FirstId(
      tx.Query("SELECT id FROM household WHERE shard = $1 AND source_number = $2 ORDER BY id LIMIT 1", shard, number));
}

absl::StatusOr<std::string> TeacherByIndex(db::Transaction& tx, std::string_view shard, std::string_view index) {
  return FirstId(
      tx.Query("SELECT id FROM teacher WHERE shard = $1 AND id_index = $2 ORDER BY id LIMIT 1", shard, index));
}

absl::StatusOr<std::string> TeacherByStaffNumber(db::Transaction& tx, std::string_view shard, std::string_view number) {
  return FirstId(
      tx.Query("SELECT id FROM teacher WHERE shard = $1 AND staff_number = $2 ORDER BY id LIMIT 1", shard, number));
}

absl::StatusOr<bool> IsPresent(db::Transaction& tx, std::string_view shard, std::string_view student) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM student WHERE shard = $1 AND id = $2 AND gone = ''", shard, student));
  return row.has_value();
}

absl::StatusOr<std::optional<db::Row>> SchoolRowByCode(db::Transaction& tx, std::string_view shard,
                                                       std::string_view code) {
  return tx.QueryOne("SELECT id, body, sealed, version FROM school WHERE shard = $1 AND code = $2", shard, code);
}

absl::StatusOr<std::vector<db::Row>> ClassRows(db::Transaction& tx, std::string_view shard, std::string_view school,
                                               std::string_view year, std::string_view name) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM school_class WHERE shard = $1 AND school = $2 AND school_year = $3 AND "
      "display_name = $4 ORDER BY id",
      shard, school, year, name);
}

absl::StatusOr<std::vector<db::Row>> PupilRows(db::Transaction& tx, std::string_view shard, std::string_view after,
                                               int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM student WHERE shard = $1 AND id > $2 AND gone = '' AND area <> '' "
      "ORDER BY id LIMIT $3",
      shard, after, limit);
}

absl::StatusOr<std::vector<MatchRow>> MatchRows(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                int64_t limit) {
  return ReadMatchRows(tx.Query(
      "SELECT id, display_name, sort_key, birth_date FROM student WHERE shard = $1 AND id > $2 AND gone = '' AND "
      "birth_date <> '' ORDER BY id LIMIT $3",
      shard, after, limit));
}

absl::StatusOr<std::set<absl::CivilDay>> BirthsOf(db::Transaction& tx, std::string_view shard,
                                                  absl::Span<const std::string> students) {
  static const std::string kSql =
      absl::StrCat("SELECT birth_date FROM student WHERE shard = $1 AND birth_date <> '' AND id IN ", InList(2));
  std::set<absl::CivilDay> births;
  RETURN_IF_ERROR(EachIn(tx, kSql, shard, students, [&](const db::Row& row) {
    births.insert(row.Day(0));
    return absl::OkStatus();
  }));
  return births;
}

absl::StatusOr<std::vector<MatchRow>> MatchRowsOfBirths(db::Transaction& tx, std::string_view shard,
                                                        const std::set<absl::CivilDay>& births) {
  static const std::string kSql = absl::StrCat(
      "SELECT id, display_name, sort_key, birth_date FROM student WHERE shard = $1 AND gone = '' AND birth_date IN ",
      InList(2));
  std::vector<std::string> days;
  for (const absl::CivilDay day : births) {
    days.push_back(DayText(day));
  }
  std::vector<MatchRow> found;
  RETURN_IF_ERROR(EachIn(tx, kSql, shard, days, [&](const db::Row& row) {
    found.push_back(ReadMatchRow(row));
    return absl::OkStatus();
  }));
  std::sort(found.begin(), found.end(), [](const MatchRow& a, const MatchRow& b) { return a.id < b.id; });
  return found;
}

absl::StatusOr<std::vector<MatchRow>> MatchRowsOfBirth(db::Transaction& tx, std::string_view shard,
                                                       absl::CivilDay birth, std::string_view from,
                                                       std::string_view before) {
  return ReadMatchRows(
      tx.Query("SELECT id, display_name, sort_key, birth_date FROM student WHERE shard = $1 AND birth_date = $2 AND "
               "sort_key >= $3 "
               "AND sort_key < $4 AND gone = '' ORDER BY sort_key, id LIMIT 1000",
               shard, birth, from, before));
}

absl::StatusOr<std::vector<db::Row>> SchoolRows(db::Transaction& tx, std::string_view shard) {
  return tx.Query("SELECT id, body, sealed, version FROM school WHERE shard = $1 AND area <> '' ORDER BY id", shard);
}

absl::StatusOr<bool> AnyInArea(db::Transaction& tx, const feed::RootTable& table, std::string_view shard,
                               std::string_view area) {
  const AreaRange range = RangeOf(area);
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne(absl::StrCat("SELECT id FROM ", table.table,
                                                            " WHERE shard = $1 AND area >= $2 AND area < $3 LIMIT 1"),
                                               shard, range.lo, range.hi));
  return row.has_value();
}

absl::StatusOr<bool> AnyInHousehold(db::Transaction& tx, std::string_view shard, std::string_view household) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM student WHERE shard = $1 AND household = $2 AND "
                                               "gone = '' AND area <> '' LIMIT 1",
                                               shard, household));
  return row.has_value();
}

absl::StatusOr<std::set<std::string>> VillagesLivedIn(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT village FROM student WHERE shard = $1 AND gone = '' AND area <> '' "
                            "UNION SELECT village FROM household WHERE shard = $1",
                            shard));
  std::set<std::string> villages;
  for (const db::Row& row : rows) {
    villages.insert(row.Text(0));
  }
  return villages;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> AreasOfSchools(db::Transaction& tx,
                                                                                std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT code, area FROM school WHERE shard = $1", shard));
  std::vector<std::pair<std::string, std::string>> areas;
  for (const db::Row& row : rows) {
    areas.emplace_back(row.Text(0), row.Text(1));
  }
  return areas;
}

NamedRoots::NamedRoots(v1::ImportSource source) {
  switch (source) {
    case v1::IMPORT_SOURCE_SCHOOLS:
      table_ = &kSchools;
      sql_ =
          "SELECT id, area, code, code, state FROM school WHERE shard = $1 AND id > $2 AND state = 'SCHOOL_STATE_OPEN' "
          "ORDER BY id LIMIT $3";
      break;
    case v1::IMPORT_SOURCE_CLASSES:
      table_ = &kClasses;
      sql_ =
          "SELECT id, area, display_name, display_name, school_year FROM school_class WHERE shard = $1 AND id > $2 AND "
          "area <> '' ORDER BY id LIMIT $3";
      break;
    case v1::IMPORT_SOURCE_TEACHERS:
      table_ = &kTeachers;
      sql_ =
          "SELECT id, area, display_name, id_index, staff_number FROM teacher WHERE shard = $1 AND id > $2 AND "
          "area <> '' ORDER BY id LIMIT $3";
      break;
    case v1::IMPORT_SOURCE_VILLAGES:
      table_ = &kRegions;
      sql_ = "SELECT id, code, code, code, parent FROM region WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3";
      break;
    case v1::IMPORT_SOURCE_RURAL_REVITALISATION:
      table_ = &kHouseholds;
      sql_ =
          "SELECT id, village, source_number, source_number, village FROM household WHERE shard = $1 AND id > $2 "
          "ORDER BY id LIMIT $3";
      break;
    case v1::IMPORT_SOURCE_STUDENT_ROSTER:
    case v1::IMPORT_SOURCE_CIVIL_AFFAIRS:
    case v1::IMPORT_SOURCE_DISABLED_FEDERATION:
    case v1::IMPORT_SOURCE_VETERANS:
      table_ = &kStudents;
      sql_ =
          "SELECT id, area, display_name, id_index, status FROM student WHERE shard = $1 AND id > $2 AND gone = '' "
          "ORDER BY id LIMIT $3";
      break;
    default:
      break;
  }
}

absl::StatusOr<std::vector<NamedRoot>> NamedRoots::Page(db::Transaction& tx, std::string_view shard,
                                                        std::string_view after, int64_t limit) const {
  ASSIGN_OR_RETURN(const auto rows, tx.Query(sql_, shard, after, limit));
  std::vector<NamedRoot> roots;
  for (const db::Row& row : rows) {
    roots.push_back({row.Text(0), row.Text(1), {row.Text(2), row.Text(3)}, row.Text(4)});
  }
  return roots;
}

absl::StatusOr<std::optional<std::string>> ReviewState(db::Transaction& tx, std::string_view shard, std::string_view id,
                                                       std::string_view pair) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT state FROM review WHERE shard = $1 AND (id = $2 OR pair = $3) ORDER BY id LIMIT 1", shard, id,
                  pair));
  return row.has_value() ? std::optional(row->Text(0)) : std::nullopt;
}

}  // namespace ruraledu::registry
