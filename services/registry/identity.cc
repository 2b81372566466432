#include "services/registry/identity.h"

#include "absl/strings/numbers.h"

namespace ruraledu::registry {
namespace {

absl::Status Taken() {
  return Fail("IDENTITY_TAKEN");
}

std::string CurrentIndex(const crypto::KeyRing& keys, std::string_view kind, const std::string& value) {
  return value.empty() ? "" : crypto::BlindIndex(keys, kind, value).value;
}

}  // namespace

std::vector<std::string> IdIndexes(const crypto::KeyRing& keys, std::string_view id_number) {
  bool changed = false;
  std::vector<std::string> indexes;
  for (const crypto::IndexRow& row : crypto::BlindIndexes(keys, "id_number", NormalizeNumber(id_number, &changed))) {
    indexes.push_back(row.value);
  }
  return indexes;
}

std::string ClaimShardOf(std::string_view index) {
  int number = 0;
  (void)absl::SimpleHexAtoi(index.substr(0, 2), &number);
  return HashShard(number);
}

std::string StudentArea(const v1::Student& student) {
  return student.area();
}

feed::IndexColumns StudentIndexes(const crypto::KeyRing& keys, const v1::Student& student) {
  const std::string number = student.student_numbers().empty() ? "" : student.student_numbers(0).number();
  return {{"id_index", CurrentIndex(keys, "id_number", student.id_number())},
          {"number_index", CurrentIndex(keys, "student_number", number)}};
}

feed::IndexColumns TeacherIndexes(const crypto::KeyRing& keys, const v1::Teacher& teacher) {
  return {{"id_index", CurrentIndex(keys, "id_number", teacher.id_number())}};
}

std::vector<db::Value> StudentExtra(const crypto::KeyRing& keys, const NameRules& names, const v1::Student& student) {
  const feed::IndexColumns indexes = StudentIndexes(keys, student);
  return {names.SortKey(names.Prepare(student.display_name())), indexes[0].second, indexes[1].second};
}

rpc::RootKind<v1::Student> StudentKind(const rpc::Host& host, const Reference& reference) {
  return {kStudents, StudentArea, [&host, &reference](const v1::Student& student) {
            return StudentExtra(host.keys, reference.names, student);
          }};
}

void KeepServerFields(const v1::Student& before, v1::Student* after) {
  after->set_status(before.status());
  *after->mutable_status_from() = before.status_from();
  *after->mutable_enrolments() = before.enrolments();
  after->set_household(before.household());
  after->set_area(before.area());
  after->set_merged_into(before.merged_into());
  after->set_moved_to(before.moved_to());
}

void CheckIdentityOnly(const StudentChecks& checks, std::string_view field, v1::Student* student,
                       Violations* violations) {
  if (!student->id_type().empty() && student->id_type() != "1") {
    return;
  }
  CitizenIdCheck check = CheckCitizenId(student->id_number(), {}, checks.provinces, checks.today);
  if (!check.ok()) {
    violations->Add(absl::StrCat(field, ".id_number"), check.error);
    return;
  }
  student->set_id_number(check.number);
}

IdentityClaim::IdentityClaim(const rpc::Host& host, const v1::Student& student, std::string_view person,
                             std::string_view owner_shard, std::string_view operation)
    : host_(host), operation_(operation) {
  if (student.id_number().empty()) {
    return;
  }
  for (const std::string& index : IdIndexes(host.keys, student.id_number())) {
    rows_.push_back({.space = std::string(kIdentitySpace),
                     .key = index,
                     .holder = std::string(person),
                     .owner_shard = std::string(owner_shard),
                     .operation = std::string(operation)});
  }
}

absl::Status IdentityClaim::CheckFree() const {
  for (const db::ClaimRow& row : rows_) {
    ASSIGN_OR_RETURN(
        const bool free, host_.database.Write(ClaimShardOf(row.key), [&](db::Transaction& tx) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const auto found, db::FindClaim(tx, row.space, row.key));
          return !found.has_value() || found->holder == row.holder || found->state == db::ClaimState::kReleased;
        }));
    if (!free) {
      return Taken();
    }
  }
  return absl::OkStatus();
}

absl::Status IdentityClaim::Take() {
  for (db::ClaimRow& row : rows_) {
    ASSIGN_OR_RETURN(auto holds, host_.database.Write(ClaimShardOf(row.key),
                                                      [&](db::Transaction& tx) { return db::RenewMany(tx, {row}); }));
    if (holds.front().holder != row.holder) {
      return Taken();
    }
    // A first try of the same request may hold it under its own operation: that one is settled.
    row = std::move(holds.front());
  }
  return absl::OkStatus();
}

absl::Status IdentityClaim::Settle(db::Transaction& tx) const {
  for (const db::ClaimRow& row : rows_) {
    RETURN_IF_ERROR(db::CheckNotBarred(tx, row.operation));
    RETURN_IF_ERROR(db::MarkDone(tx, row.operation));
  }
  return absl::OkStatus();
}

absl::Status IdentityClaim::GiveBack(const db::ClaimRow& row) const {
  ASSIGN_OR_RETURN(const bool barred, host_.database.Write(row.owner_shard, [&](db::Transaction& tx) {
    return db::Bar(tx, row.operation);
  }));
  return !barred ? absl::OkStatus()
                 : host_.database
                       .Write(ClaimShardOf(row.key), [&](db::Transaction& tx) { return db::ReleaseSeen(tx, row); })
                       .status();
}

absl::Status IdentityClaim::Conclude(const absl::Status& written) const {
  if (!written.ok()) {
    for (const db::ClaimRow& row : rows_) {
      // What another try of the same request holds is that one's business.
      if (row.state == db::ClaimState::kTentative && row.operation == operation_) {
        (void)GiveBack(row);
      }
    }
    return written;
  }
  for (const db::ClaimRow& row : rows_) {
    RETURN_IF_ERROR(host_.database.Write(
        ClaimShardOf(row.key), [&](db::Transaction& tx) { return db::ConfirmClaims(tx, row.space, row.operation); }));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::registry
