// SQL of the imports: what of the county many rows need, read with few statements.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/registry/v1/import.pb.h"

namespace ruraledu::registry {

// A student with a blind index, present or not: one that left or was merged names its successor in `gone`.
struct IndexedStudent {
  std::string id;
  bool gone = false;
};
enum class StudentIndex { kIdNumber, kStudentNumber };

// Students by blind index, those of one index by id; an index that nobody has is in the result, with none.
using StudentsByIndex = absl::flat_hash_map<std::string, std::vector<IndexedStudent>>;
absl::Status FindStudents(db::Transaction& tx, std::string_view shard, StudentIndex index,
                          absl::Span<const std::string> values, StudentsByIndex* found);

// Rows (id, body, sealed, version) of roots, by id.
using RootRows = absl::flat_hash_map<std::string, db::Row>;
absl::Status FindRoots(db::Transaction& tx, const feed::RootTable& table, std::string_view shard,
                       absl::Span<const std::string> ids, RootRows* found);

// First id of those that a text of one column has, "" for none.
absl::StatusOr<std::string> HouseholdByNumber(db::Transaction& tx, std::string_view shard, std::string_view number);
absl::StatusOr<std::string> TeacherByIndex(db::Transaction& tx, std::string_view shard, std::string_view index);
absl::StatusOr<std::string> TeacherByStaffNumber(db::Transaction& tx, std::string_view shard, std::string_view number);
absl::StatusOr<bool> IsPresent(db::Transaction& tx, std::string_view shard, std::string_view student);

// (id, body, sealed, version) of a school, and of the classes with a name in a school and year.
absl::StatusOr<std::optional<db::Row>> SchoolRowByCode(db::Transaction& tx, std::string_view shard,
                                                       std::string_view code);
absl::StatusOr<std::vector<db::Row>> ClassRows(db::Transaction& tx, std::string_view shard, std::string_view school,
                                               std::string_view year, std::string_view name);
// (id, body, sealed, version) of a page of students who are at school here.
absl::StatusOr<std::vector<db::Row>> PupilRows(db::Transaction& tx, std::string_view shard, std::string_view after,
                                               int64_t limit);

// What a possible duplicate is found by.
struct MatchRow {
  std::string id, display_name, sort_key;
  absl::CivilDay birth;
};
// A page of the present students with a birth date, by id.
absl::StatusOr<std::vector<MatchRow>> MatchRows(db::Transaction& tx, std::string_view shard, std::string_view after,
                                                int64_t limit);
// The birth dates of students, and the present students who were born on one of the days, by id.
absl::StatusOr<std::set<absl::CivilDay>> BirthsOf(db::Transaction& tx, std::string_view shard,
                                                  absl::Span<const std::string> students);
absl::StatusOr<std::vector<MatchRow>> MatchRowsOfBirths(db::Transaction& tx, std::string_view shard,
                                                        const std::set<absl::CivilDay>& births);
// Those born on one day whose sort key lies in a range.
absl::StatusOr<std::vector<MatchRow>> MatchRowsOfBirth(db::Transaction& tx, std::string_view shard,
                                                       absl::CivilDay birth, std::string_view from,
                                                       std::string_view before);
// (id, body, sealed, version) of every school in use.
absl::StatusOr<std::vector<db::Row>> SchoolRows(db::Transaction& tx, std::string_view shard);
// Whether a root of the table in use lies in the area, a present student in the household.
absl::StatusOr<bool> AnyInArea(db::Transaction& tx, const feed::RootTable& table, std::string_view shard,
                               std::string_view area);
absl::StatusOr<bool> AnyInHousehold(db::Transaction& tx, std::string_view shard, std::string_view household);
// Villages of present students and of households.
absl::StatusOr<std::set<std::string>> VillagesLivedIn(db::Transaction& tx, std::string_view shard);

// Code and area of every school.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> AreasOfSchools(db::Transaction& tx,
                                                                                std::string_view shard);

// A root that a complete file of a source could name.
struct NamedRoot {
  std::string id, area;
  std::array<std::string, 2> names;  // by which a wrong row may mean it
  std::string state;                 // status of a student, school year of a class
};
class NamedRoots {
 public:
  explicit NamedRoots(ruraledu::registry::v1::ImportSource source);
  const feed::RootTable* table() const { return table_; }  // null: no file of the source is complete
  absl::StatusOr<std::vector<NamedRoot>> Page(db::Transaction& tx, std::string_view shard, std::string_view after,
                                              int64_t limit) const;

 private:
  const feed::RootTable* table_ = nullptr;
  std::string_view sql_;
};

// State of the review with this id or this pair.
absl::StatusOr<std::optional<std::string>> ReviewState(db::Transaction& tx, std::string_view shard, std::string_view id,
                                                       std::string_view pair);

}  // namespace ruraledu::registry
