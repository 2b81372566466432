// The copies of the registry's roots.
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

template <typename M>
absl::Status PutOpen(db::Transaction& tx, std::string_view table, const M& root,
                     const std::vector<std::pair<std::string_view, db::Value>>& columns, const Seen& seen) {
  const feed::Rested rested{root.SerializeAsString(), ""};
  return feed::PutCopy(tx, table, feed::IdOfName(root.name()), columns, &rested, seen);
}

// Spans and numbers go with their pupil: as soon as the row is of this image they are replaced, under its mark.
absl::Status PutParts(db::Transaction& tx, const registry_v1::Student& student,
                      const std::vector<std::string>& number_digests, const Seen& seen) {
  const std::string person(feed::IdOfName(student.name()));
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT version, mark FROM pupil WHERE shard = $1 AND id = $2", tx.shard(), person));
  if (!row.has_value() || row->Int(0) != seen.version) {
    return absl::OkStatus();  // an older image than the one that is there
  }
  for (const char* sql : {"DELETE FROM enrolment WHERE shard = $1 AND person = $2",
                          "DELETE FROM pupil_number WHERE shard = $1 AND person = $2"}) {
    RETURN_IF_ERROR(tx.Execute(sql, tx.shard(), person).status());
  }
  for (int i = 0; i < student.enrolments_size(); ++i) {
    const registry_v1::Enrolment& span = student.enrolments(i);
    RETURN_IF_ERROR(
        tx.Execute("INSERT INTO enrolment (shard, person, number, school, class, stage, grade, valid_from, valid_to, "
                   "mark) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   tx.shard(), person, int64_t{i}, feed::IdOfName(span.school()), feed::IdOfName(span.class_name()),
                   span.stage(), span.grade(), DayTextOf(span.valid_from()), DayTextOf(span.valid_to()), row->Int(1))
            .status());
  }
  for (const std::string& digest : std::set<std::string>(number_digests.begin(), number_digests.end())) {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO pupil_number (shard, digest, person, mark) VALUES ($1, $2, $3, $4)",
                               tx.shard(), digest, person, row->Int(1))
                        .status());
  }
  return absl::OkStatus();
}

template <typename M>
absl::StatusOr<std::optional<M>> FindOpen(db::Transaction& tx, std::string_view table, std::string_view shard,
                                          std::string_view id) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne(absl::StrCat("SELECT body FROM ", table, " WHERE shard = $1 AND id = $2"), shard, id));
  std::optional<M> found;
  if (row.has_value() && !found.emplace().ParseFromString(row->Bytes(0))) {
    return absl::DataLossError(absl::StrCat("a stored ", table, " does not parse"));
  }
  return found;
}

}  // namespace

absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      const std::vector<std::string>& number_digests, const Seen& seen) {
  registry_v1::Student copy = student;
  if (copy.has_contact()) {
    copy.mutable_contact()->clear_card_number();
    copy.mutable_contact()->clear_card_holder();
  }
  for (registry_v1::Guardian& guardian : *copy.mutable_guardians()) {
    guardian.clear_id_number();
  }
  const feed::Rested rested = feed::Rest(sealer, kPupils, copy.name(), copy);
  const std::string household_shard = student.household().empty() ? "" : ShardOfName(student.household()).value_or("");
  RETURN_IF_ERROR(feed::PutCopy(tx, "pupil", feed::IdOfName(student.name()),
                                {{"area", student.area()},
                                 {"village", student.village()},
                                 {"display_name", student.display_name()},
                                 {"birth_date", DayTextOf(student.birth_date())},
                                 {"status", student.status()},
                                 {"status_from", DayTextOf(student.status_from())},
                                 {"merged_into", std::string(feed::IdOfName(student.merged_into()))},
                                 {"household_shard", household_shard},
                                 {"household_id", std::string(feed::IdOfName(student.household()))}},
                                &rested, seen));
  return PutParts(tx, student, number_digests, seen);
}

absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen) {
  return PutOpen(tx, "school", school, {}, seen);
}

absl::Status PutClass(db::Transaction& tx, const registry_v1::SchoolClass& school_class, const Seen& seen) {
  return PutOpen(tx, "class", school_class,
                 {{"school", std::string(feed::IdOfName(school_class.school()))},
                  {"area", school_class.area()},
                  {"school_year", school_class.school_year()}},
                 seen);
}

absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const std::vector<HouseholdChild>& children, const Seen& seen) {
  const feed::Rested rested = feed::Rest(sealer, kHouseholds, household.name(), household);
  const std::string_view id = feed::IdOfName(household.name());
  RETURN_IF_ERROR(feed::PutCopy(tx, "household", id, {{"village", household.village()}}, &rested, seen));
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT version, mark FROM household WHERE shard = $1 AND id = $2", tx.shard(), id));
  if (!row.has_value() || row->Int(0) != seen.version) {
    return absl::OkStatus();  // an older image than the one that is there
  }
  RETURN_IF_ERROR(
      tx.Execute("DELETE FROM household_child WHERE shard = $1 AND household = $2", tx.shard(), id).status());
  for (const HouseholdChild& child : children) {
    RETURN_IF_ERROR(tx.Execute("INSERT INTO household_child (shard, household, child_key, digest, birth_date, mark) "
                               "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (shard, household, child_key) DO NOTHING",
                               tx.shard(), id, child.child_key, child.digest, child.birth_date, row->Int(1))
                        .status());
  }
  return absl::OkStatus();
}

absl::Status PutCalendar(db::Transaction& tx, const registry_v1::Calendar& calendar, const Seen& seen) {
  return PutOpen(tx, "work_calendar", calendar, {}, seen);
}

absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT area, display_name, status, status_from, merged_into, version "
                                               "FROM pupil WHERE shard = $1 AND id = $2",
                                               shard, person));
  return row.has_value() ? std::optional(PupilPlace{row->Text(0), row->Text(1), row->Text(2), row->Text(3),
                                                    row->Text(4), row->Int(5)})
                         : std::nullopt;
}

absl::StatusOr<std::optional<registry_v1::Student>> LoadPupil(db::Transaction& tx, const crypto::Sealer& sealer,
                                                              std::string_view shard, std::string_view person) {
  return feed::Load<registry_v1::Student>(tx, sealer, kPupils, shard, person);
}

absl::StatusOr<std::vector<std::string>> PersonsByNumber(db::Transaction& tx, std::string_view shard,
                                                         std::string_view digest) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT person FROM pupil_number WHERE shard = $1 AND digest = $2 ORDER BY person", shard, digest));
  std::vector<std::string> persons;
  for (const db::Row& row : rows) {
    persons.push_back(row.Text(0));
  }
  return persons;
}

absl::StatusOr<std::optional<registry_v1::SchoolClass>> FindClass(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view id) {
  return FindOpen<registry_v1::SchoolClass>(tx, "class", shard, id);
}

absl::StatusOr<std::optional<std::string>> AreaOfFileOwner(db::Transaction& tx, std::string_view owner) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(owner), '/');
  const auto shard = ShardOfName(owner);
  if (parts.size() != 4 || parts[0] != "counties" || parts[2] != "students" || !shard.ok()) {
    return Fail("FILE_OWNER", {{"allowed", "counties/{county}/students/{student}"}});
  }
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, *shard, parts[3]));
  return pupil.has_value() ? std::optional(pupil->area) : std::nullopt;
}

}  // namespace ruraledu::dropout_monitoring
