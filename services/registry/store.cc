#include "services/registry/store.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/domain/shard.h"

namespace ruraledu::registry {
namespace {

// A root of the transaction's shard by its full name.
template <typename M>
absl::StatusOr<std::optional<M>> LoadHere(db::Transaction& tx, const crypto::Sealer& sealer,
                                          const feed::RootTable& table, std::string_view name) {
  const auto shard = ShardOfName(name);
  if (!shard.ok() || *shard != tx.shard()) {
    return std::optional<M>();
  }
  return feed::Load<M>(tx, sealer, table, *shard, feed::IdOfName(name));
}

// Rows of (shard, id, body, sealed, version).
absl::StatusOr<std::vector<PlacedRoot>> PlacedRoots(const feed::RootTable& table, const std::vector<db::Row>& rows) {
  std::vector<PlacedRoot> roots;
  for (const db::Row& row : rows) {
    PlacedRoot& placed = roots.emplace_back(
        PlacedRoot{row.Text(0), row.Text(1), std::unique_ptr<google::protobuf::Message>(NewRoot(table)), row.Int(4)});
    RETURN_IF_ERROR(feed::ReadRoot(row, 2, table, placed.id, nullptr, placed.root.get()));
  }
  return roots;
}

}  // namespace

absl::StatusOr<v1::School> LoadSchool(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view name) {
  ASSIGN_OR_RETURN(auto school, LoadHere<v1::School>(tx, sealer, kSchools, name));
  return school.has_value() ? absl::StatusOr<v1::School>(*std::move(school)) : Fail("SCHOOL_UNKNOWN");
}

absl::StatusOr<v1::SchoolClass> LoadClass(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view name) {
  ASSIGN_OR_RETURN(auto found, LoadHere<v1::SchoolClass>(tx, sealer, kClasses, name));
  return found.has_value() ? absl::StatusOr<v1::SchoolClass>(*std::move(found)) : Fail("CLASS_UNKNOWN");
}

absl::StatusOr<std::optional<v1::School>> FindSchoolByCode(db::Transaction& tx, const crypto::Sealer& sealer,
                                                           std::string_view code) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT id, body, sealed, version FROM school WHERE shard = $1 AND code = $2", tx.shard(), code));
  if (!row.has_value()) {
    return std::optional<v1::School>();
  }
  v1::School school;
  RETURN_IF_ERROR(feed::ReadRoot(*row, 1, kSchools, row->Text(0), &sealer, &school));
  return std::optional(std::move(school));
}

absl::Status CheckSchoolCodeFree(db::Transaction& tx, std::string_view code) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM school WHERE shard = $1 AND code = $2", tx.shard(), code));
  return row.has_value() ? Fail("SCHOOL_CODE_TAKEN", {{"code", code}}) : absl::OkStatus();
}

absl::Status CheckSubjectFree(db::Transaction& tx, std::string_view issuer, std::string_view subject) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM account WHERE issuer = $1 AND subject = $2", issuer, subject));
  return row.has_value() ? Fail("SUBJECT_TAKEN") : absl::OkStatus();
}

absl::Status CheckCertificateFree(db::Transaction& tx, std::string_view fingerprint) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT name FROM access_account WHERE issuer = 'certificate' AND subject = $1", fingerprint));
  return row.has_value() ? Fail("SUBJECT_TAKEN") : absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Account>> AccountsAfter(db::Transaction& tx, std::string_view shard,
                                                       std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM account WHERE shard = $1 AND "
                                             "id > $2 ORDER BY id LIMIT $3",
                                             shard, after, limit));
  return feed::ReadRoots<v1::Account>(rows, kAccounts, nullptr);
}

absl::StatusOr<std::string> AreaOfSchool(db::Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT area FROM school WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::vector<v1::School>> SchoolsWithin(db::Transaction& tx, std::string_view shard,
                                                      const AreaRange& range) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM school WHERE shard = $1 AND "
                                             "area >= $2 AND area < $3 ORDER BY code, id",
                                             shard, range.lo, range.hi));
  return feed::ReadRoots<v1::School>(rows, kSchools, nullptr);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> PupilsOfSchool(db::Transaction& tx,
                                                                                std::string_view area) {
  const AreaRange range = RangeOf(area);
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT DISTINCT stage, status FROM student WHERE shard = $1 AND "
                                             "area >= $2 AND area < $3 AND gone = '' ORDER BY stage, status",
                                             tx.shard(), range.lo, range.hi));
  std::vector<std::pair<std::string, std::string>> pupils;
  for (const db::Row& row : rows) {
    pupils.emplace_back(row.Text(0), row.Text(1));
  }
  return pupils;
}

absl::StatusOr<bool> AnyRoot(db::Transaction& tx, const feed::RootTable& table) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne(absl::StrCat("SELECT id FROM ", table.table, " LIMIT 1")));
  return row.has_value();
}

absl::StatusOr<std::map<std::string, int64_t>> RootVersions(db::Transaction& tx, const feed::RootTable& table) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT id, version FROM ", table.table, " WHERE shard = $1"), tx.shard()));
  std::map<std::string, int64_t> versions;
  for (const db::Row& row : rows) {
    versions[row.Text(0)] = row.Int(1);
  }
  return versions;
}

absl::StatusOr<std::vector<PlacedRoot>> RootsOf(db::Transaction& tx, const feed::RootTable& table,
                                                std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT shard, id, body, sealed, version FROM ", table.table,
                                                          " WHERE shard = $1 ORDER BY id"),
                                             shard));
  return PlacedRoots(table, rows);
}

absl::StatusOr<std::vector<PlacedRoot>> RootsAfter(db::Transaction& tx, const feed::RootTable& table,
                                                   std::string_view shard, std::string_view id, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT shard, id, body, sealed, version FROM ", table.table,
                                                          " WHERE (shard, id) > ($1, $2) ORDER BY shard, id LIMIT $3"),
                                             shard, id, limit));
  return PlacedRoots(table, rows);
}

absl::StatusOr<std::vector<WholeRoot>> RootsWithin(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   const feed::RootTable& table, const AreaRange& range,
                                                   int64_t limit) {
  // The extra columns follow the ones that `values` gives.
  const std::unique_ptr<google::protobuf::Message> sample(NewRoot(table));
  const std::vector<std::string_view> extras(
      table.columns.begin() + static_cast<ptrdiff_t>(table.values(*sample).size()), table.columns.end());
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT id, body, sealed, version", extras.empty() ? "" : ", ",
                                         absl::StrJoin(extras, ", "), " FROM ", table.table,
                                         " WHERE shard = $1 AND area >= $2 AND area < $3 "
                                         "ORDER BY id LIMIT $4"),
                            tx.shard(), range.lo, range.hi, limit));
  std::vector<WholeRoot> roots;
  for (const db::Row& row : rows) {
    WholeRoot& whole = roots.emplace_back();
    whole.root.reset(NewRoot(table));
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, table, row.Text(0), &sealer, whole.root.get()));
    for (size_t i = 4; i < row.size(); ++i) {
      whole.extra.push_back(row.Text(i));
    }
  }
  return roots;
}

absl::StatusOr<std::vector<std::string>> StudentsByIdIndex(db::Transaction& tx, std::string_view shard,
                                                           const std::vector<std::string>& indexes) {
  std::vector<std::string> ids;
  for (const std::string& index : indexes) {
    ASSIGN_OR_RETURN(
        const auto rows,
        tx.Query("SELECT id FROM student WHERE shard = $1 AND id_index = $2 AND gone = '' ORDER BY id", shard, index));
    for (const db::Row& row : rows) {
      ids.push_back(row.Text(0));
    }
  }
  return ids;
}

absl::StatusOr<std::string> StudentByName(db::Transaction& tx, std::string_view shard, std::string_view display_name,
                                          absl::CivilDay birth) {
  ASSIGN_OR_RETURN(const auto found,
                   tx.Query("SELECT id FROM student WHERE shard = $1 AND birth_date = $2 AND display_name = $3 AND "
                            "gone = '' ORDER BY id LIMIT 2",
                            shard, birth, display_name));
  return found.size() == 1 ? found[0].Text(0) : std::string();
}

absl::StatusOr<std::string> LastStudent(db::Transaction& tx, std::string_view shard, std::string_view after,
                                        int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id FROM student WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3",
                                             shard, after, limit));
  return rows.empty() ? std::string() : rows.back().Text(0);
}

absl::StatusOr<std::vector<v1::Student>> StudentsUntil(db::Transaction& tx, const crypto::Sealer& sealer,
                                                       std::string_view shard, std::string_view after,
                                                       std::string_view until) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM student WHERE shard = $1 AND "
                                             "id > $2 AND id <= $3 ORDER BY id",
                                             shard, after, until));
  return feed::ReadRoots<v1::Student>(rows, kStudents, &sealer);
}

absl::StatusOr<std::vector<db::Value>> KeepStudentExtra(db::Transaction& tx, std::string_view shard,
                                                        std::string_view id) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT sort_key, id_index, number_index FROM student WHERE shard = $1 AND id = $2", shard, id));
  if (!row.has_value()) {
    return absl::InternalError("student row is gone");
  }
  return std::vector<db::Value>{row->Text(0), row->Text(1), row->Text(2)};
}

absl::StatusOr<bool> HasStudent(db::Transaction& tx, std::string_view shard, std::string_view id) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT id FROM student WHERE shard = $1 AND id = $2", shard, id));
  return row.has_value();
}

absl::StatusOr<bool> HasOpenTransfer(db::Transaction& tx, std::string_view shard, std::string_view student) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM transfer WHERE shard = $1 AND student = $2 AND state IN ($3, $4)", shard,
                            student, v1::TransferState_Name(v1::TRANSFER_STATE_REQUESTED),
                            v1::TransferState_Name(v1::TRANSFER_STATE_ACCEPTED)));
  return !rows.empty();
}

absl::StatusOr<std::vector<v1::Transfer>> TransfersInto(db::Transaction& tx, std::string_view county,
                                                        v1::TransferState state, std::string_view after_shard,
                                                        std::string_view after_id, int64_t limit) {
  const std::string wanted = state == v1::TRANSFER_STATE_UNSPECIFIED ? "" : v1::TransferState_Name(state);
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM transfer WHERE to_shard = $1 AND "
                            "(shard, id) > ($2, $3) AND ($4 = '' OR state = $4) ORDER BY shard, id LIMIT $5",
                            county, after_shard, after_id, wanted, limit));
  return feed::ReadRoots<v1::Transfer>(rows, kTransfers, nullptr);
}

std::string ReviewPair(const v1::IdentityReview& review) {
  const std::string& other = review.other_student().empty() ? review.household_member() : review.other_student();
  return review.student() < other ? absl::StrCat(review.student(), "|", other)
                                  : absl::StrCat(other, "|", review.student());
}

absl::Status LinkMember(db::Transaction& tx, const crypto::Sealer& sealer, const v1::IdentityReview& review,
                        feed::RootWriter& writer) {
  const std::string_view member_name = review.household_member();
  const std::string_view household_name = member_name.substr(0, member_name.find('#'));
  int index = 0;
  (void)absl::SimpleAtoi(member_name.substr(member_name.find('#') + 1), &index);
  ASSIGN_OR_RETURN(auto household, LoadHere<v1::Household>(tx, sealer, kHouseholds, household_name));
  ASSIGN_OR_RETURN(auto student, LoadHere<v1::Student>(tx, sealer, kStudents, review.student()));
  if (!household.has_value() || !student.has_value() || index < 0 || index >= household->members_size()) {
    return Fail("REVIEW_STALE");
  }
  v1::Household linked = *household;
  linked.mutable_members(index)->set_student(review.student());
  linked.mutable_members(index)->set_match("WEAK_MATCH");
  RETURN_IF_ERROR(writer.Put(kHouseholds, &*household, linked, "LINK").status());
  v1::Student member = *student;
  member.set_household(household->name());
  member.set_village(household->village());
  ASSIGN_OR_RETURN(auto extra, KeepStudentExtra(tx, tx.shard(), feed::IdOfName(member.name())));
  return writer.Put(kStudents, &*student, member, "LINK", std::move(extra)).status();
}

absl::StatusOr<std::optional<PersonPlace>> FindPerson(db::Transaction& tx, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT home_shard, merged_into FROM person WHERE shard = $1 AND id = $2",
                               PersonShard(person), person));
  return row.has_value() ? std::optional(PersonPlace{row->Text(0), row->Text(1)}) : std::nullopt;
}

absl::Status AddPersons(db::Transaction& tx, const std::vector<std::string>& persons, std::string_view home_shard,
                        absl::CivilDay effective_on) {
  constexpr size_t kPerStatement = 100;
  for (size_t from = 0; from < persons.size(); from += kPerStatement) {
    std::vector<db::Value> args = {db::ToValue(tx.shard()), db::ToValue(home_shard), db::ToValue(effective_on),
                                   db::ToValue(tx.clock().NowMicros())};
    std::vector<std::string> groups;
    for (size_t i = from; i < std::min(from + kPerStatement, persons.size()); ++i) {
      args.push_back(db::ToValue(persons[i]));
      groups.push_back(absl::StrCat("($1, $", args.size(), ", $2, $3, '', $4)"));
    }
    RETURN_IF_ERROR(tx.ExecuteValues(absl::StrCat("INSERT INTO person (shard, id, home_shard, effective_on, "
                                                  "merged_into, updated_at) VALUES ",
                                                  absl::StrJoin(groups, ", "), " ON CONFLICT (shard, id) DO NOTHING"),
                                     std::move(args))
                        .status());
  }
  return absl::OkStatus();
}

absl::Status PutPerson(db::Transaction& tx, std::string_view person, std::string_view home_shard,
                       absl::CivilDay effective_on, std::string_view merged_into) {
  // A move that happened later in civil time stays, whatever the order in which the moves were recorded.
  return tx
      .Execute(
          "INSERT INTO person (shard, id, home_shard, effective_on, merged_into, updated_at) VALUES ($1, $2, $3, $4, "
          "$5, $6) "
          "ON CONFLICT (shard, id) DO UPDATE SET home_shard = excluded.home_shard, effective_on = "
          "excluded.effective_on, "
          "merged_into = excluded.merged_into, updated_at = excluded.updated_at WHERE person.effective_on <= "
          "excluded.effective_on",
          tx.shard(), person, home_shard, effective_on, merged_into, tx.clock().NowMicros())
      .status();
}

absl::StatusOr<std::vector<OpenWork>> CountOpenWork(db::Transaction& tx) {
  std::vector<OpenWork> work;
  ASSIGN_OR_RETURN(const auto reviews,
                   tx.Query("SELECT shard, count(*) FROM review WHERE state = $1 GROUP BY shard ORDER BY shard",
                            v1::ReviewState_Name(v1::REVIEW_STATE_OPEN)));
  for (const db::Row& row : reviews) {
    work.push_back({"review", row.Text(0), "", row.Int(1)});
  }
  ASSIGN_OR_RETURN(
      const auto transfers,
      tx.Query("SELECT shard, count(*) FROM transfer WHERE state IN ($1, $2) GROUP BY shard ORDER BY shard",
               v1::TransferState_Name(v1::TRANSFER_STATE_REQUESTED),
               v1::TransferState_Name(v1::TRANSFER_STATE_ACCEPTED)));
  for (const db::Row& row : transfers) {
    work.push_back({"transfer", row.Text(0), "", row.Int(1)});
  }
  ASSIGN_OR_RETURN(
      const auto imports,
      tx.Query("SELECT shard, state, count(*) FROM import WHERE state NOT IN ($1, $2, $3) "
               "GROUP BY shard, state ORDER BY shard, state",
               v1::ImportState_Name(v1::IMPORT_STATE_CLOSED), v1::ImportState_Name(v1::IMPORT_STATE_REFUSED),
               v1::ImportState_Name(v1::IMPORT_STATE_WITHDRAWN)));
  for (const db::Row& row : imports) {
    work.push_back({"import", row.Text(0), row.Text(1), row.Int(2)});
  }
  return work;
}

}  // namespace ruraledu::registry
