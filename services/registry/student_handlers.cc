#include "common/crypto/blind_index.h"
#include "common/db/claims.h"
#include "common/domain/shard.h"
#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/store.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {
namespace {

// A student who left answers with the new name, a merged one with the record that stays.
absl::Status CheckHere(const v1::Student& student) {
  if (!student.moved_to().empty()) {
    return Fail("MOVED", {{"name", student.moved_to()}});
  }
  if (!student.merged_into().empty()) {
    return Fail("MERGED", {{"name", student.merged_into()}});
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::CivilDay> Required(const google::type::Date& date, std::string_view field) {
  const auto day = DayOf(date);
  if (day.has_value()) {
    return *day;
  }
  Violations violations;
  violations.Add(field, "DATE_INVALID");
  return violations.status();
}

// The present enrolment of a new student: school, class, stage and grade are those of the first span of the request.
absl::Status PlaceNew(rpc::Call& call, const CodeLists& codes, db::Transaction& tx, const crypto::Sealer& sealer,
                      absl::CivilDay today, v1::Student* student) {
  if (student->enrolments().empty()) {
    Violations violations;
    violations.Require(false, "student.enrolments");
    return violations.status();
  }
  const v1::Enrolment wanted = student->enrolments(0);
  student->clear_enrolments();
  ASSIGN_OR_RETURN(const v1::School school, InReach(call, tx.shard(), LoadSchool(tx, sealer, wanted.school())));
  std::optional<v1::SchoolClass> school_class;
  if (!wanted.class_name().empty()) {
    ASSIGN_OR_RETURN(school_class, InReach(call, tx.shard(), LoadClass(tx, sealer, wanted.class_name())));
  }
  const absl::CivilDay from = DayOf(wanted.valid_from()).value_or(today);
  return Enrol(codes, school, school_class.has_value() ? &*school_class : nullptr, wanted.stage(), wanted.grade(), from,
               "", student);
}

// A number that was corrected goes back to whoever it belongs to. On the way to another county it goes along as it is.
absl::Status GiveBackNumber(db::Transaction& tx, const rpc::Host& host, const v1::Student& before,
                            const v1::Student& after, const std::string& subject) {
  if (before.id_number().empty() || before.id_number() == after.id_number()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool open, HasOpenTransfer(tx, tx.shard(), feed::IdOfName(before.name())));
  return open ? Fail("TRANSFER_OPEN")
              : InsertSettleIdentity(tx, subject, before.name(), "", IdIndexes(host.keys, before.id_number()));
}

}  // namespace

absl::StatusOr<v1::Student> Handlers::GetStudent(rpc::Call& call, const v1::GetStudentRequest& request) {
  ASSIGN_OR_RETURN(v1::Student student, rpc::GetRoot<v1::Student>(call, host_, kStudents, request.name(), StudentArea));
  RETURN_IF_ERROR(CheckHere(student));
  if (!request.unmask()) {
    rpc::MaskRoot(student);
    return student;
  }
  RETURN_IF_ERROR(AllowUnmask(call, "registry.students.unmask", student.area(), student.name()));
  return student;
}

absl::StatusOr<v1::ListStudentsResponse> Handlers::ListStudents(rpc::Call& call,
                                                                const v1::ListStudentsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area", "sort_key"}, .equal = {{"gone", std::string()}}};
  if (!request.area().empty()) {
    const std::string prefix = request.area().substr(request.area().find('/') + 1);
    if (!request.area().starts_with("areas/") || !IsAreaPrefix(prefix)) {
      return Fail("NAME_INVALID", {{"pattern", "areas/{area}"}});
    }
    spec.within.push_back(RangeOf(prefix));
  }
  if (!request.status().empty()) {
    spec.equal.emplace_back("status", request.status());
  }
  if (!request.stage().empty()) {
    spec.equal.emplace_back("stage", request.stage());
  }
  return rpc::ListRoots<v1::Student, v1::ListStudentsRequest, v1::ListStudentsResponse>(
      call, host_, kStudents, spec, request, &v1::ListStudentsResponse::mutable_students);
}

absl::StatusOr<v1::Student> Handlers::FindStudent(rpc::Call& call, const v1::FindStudentRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::vector<std::string> indexes = IdIndexes(host_.keys, request.id_number());
  Violations violations;
  const auto birth = DayOf(request.birth_date(), "birth_date", &violations);
  RETURN_IF_ERROR(violations.status());
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::Student> {
        ASSIGN_OR_RETURN(auto ids, StudentsByIdIndex(tx, shard, indexes));
        if (ids.empty() && birth.has_value() && !request.display_name().empty()) {
          ASSIGN_OR_RETURN(ids.emplace_back(), StudentByName(tx, shard, request.display_name(), *birth));
        }
        if (ids.empty() || ids.front().empty()) {
          return call.CheckMissing("");
        }
        ASSIGN_OR_RETURN(auto student, feed::Load<v1::Student>(tx, *sealer, kStudents, shard, ids.front()));
        RETURN_IF_ERROR(call.CheckArea(student->area()));
        rpc::MaskRoot(*student);
        return *std::move(student);
      },
      {.deadline = call.deadline()});
}

absl::StatusOr<v1::Student> Handlers::CreateStudent(rpc::Call& call, const v1::CreateStudentRequest& request) {
  const auto reference = reference_.Get();
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  if (!request.student().enrolments().empty()) {  // before anything is claimed
    RETURN_IF_ERROR(CheckSchoolInReach(call, host_, shard, request.student().enrolments(0).school()));
  }
  v1::Student wanted = request.student();
  Violations violations;
  std::vector<std::string> warnings;
  CheckStudent(reference->ChecksOn(today), "student", &wanted, &violations, &warnings);
  RETURN_IF_ERROR(violations.status());
  // A repeated request claims for the same person again, so that its own first try does not stand in its way.
  const std::string person = rpc::StableId(call);
  const std::string operation = NewId(call.clock());
  const std::string name = absl::StrCat(request.parent(), "/students/", person);
  IdentityClaim claim(host_, wanted, person, shard, operation);
  RETURN_IF_ERROR(call.validate_only() ? claim.CheckFree() : claim.Take());
  if (!call.validate_only()) {  // before the write: who is there can be found; who is not is found nowhere
    const absl::CivilDay since =
        wanted.enrolments().empty() ? today : DayOf(wanted.enrolments(0).valid_from()).value_or(today);
    RETURN_IF_ERROR(host_.database.Write(PersonShard(person),
                                         [&](db::Transaction& tx) { return AddPersons(tx, {person}, shard, since); }));
  }
  auto created = rpc::WriteRoot(call, host_, StudentKind(host_, *reference), name, true, "CREATE",
                                [&](db::Transaction& tx, const v1::Student*, v1::Student& after) -> absl::Status {
                                  RETURN_IF_ERROR(claim.Settle(tx));
                                  RETURN_IF_ERROR(rpc::ApplyMask(wanted, {}, &after));
                                  after.clear_merged_into();
                                  after.clear_moved_to();
                                  after.set_status("ENROLLED");
                                  RETURN_IF_ERROR(PlaceNew(call, reference->codes, tx, *sealer, today, &after));
                                  *after.mutable_status_from() = after.enrolments(0).valid_from();
                                  return absl::OkStatus();
                                });
  if (!call.validate_only()) {
    RETURN_IF_ERROR(claim.Conclude(created.status()));
  }
  return created;
}

absl::StatusOr<v1::Student> Handlers::UpdateStudent(rpc::Call& call, const v1::UpdateStudentRequest& request) {
  const auto reference = reference_.Get();
  const std::string& name = request.student().name();
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, "students"));
  const StudentChecks checks = reference->ChecksOn(call.clock().Today());
  const std::string operation = NewId(call.clock());
  // A new identity number is claimed before the write; the old one is given back after it.
  v1::Student identity = request.student();
  std::optional<IdentityClaim> claim;
  const auto& paths = request.update_mask().paths();
  const bool named = paths.empty() || std::find(paths.begin(), paths.end(), "id_number") != paths.end();
  if (named && !identity.id_number().empty()) {
    Violations violations;
    std::vector<std::string> warnings;
    CheckIdentityOnly(checks, "student", &identity, &violations);
    RETURN_IF_ERROR(violations.status());
    // Nothing is claimed for somebody who may not change this student.
    RETURN_IF_ERROR(rpc::GetRoot<v1::Student>(call, host_, kStudents, name, StudentArea).status());
    claim.emplace(host_, identity, std::string(feed::IdOfName(name)), shard, operation);
    RETURN_IF_ERROR(call.validate_only() ? claim->CheckFree() : claim->Take());
  }
  auto updated = rpc::WriteRoot(
      call, host_, StudentKind(host_, *reference), name, false, "UPDATE",
      [&](db::Transaction& tx, const v1::Student* before, v1::Student& after) -> absl::Status {
        RETURN_IF_ERROR(CheckHere(*before));
        RETURN_IF_ERROR(feed::CheckEtag(request.student().etag(), before->etag()));
        if (claim.has_value()) {
          RETURN_IF_ERROR(claim->Settle(tx));
        }
        RETURN_IF_ERROR(rpc::ApplyMask(request.student(), request.update_mask(), &after));
        KeepServerFields(*before, &after);
        Violations violations;
        std::vector<std::string> warnings;
        CheckStudent(reference->ChecksOn(checks.today, before->village()), "student", &after, &violations, &warnings);
        RETURN_IF_ERROR(violations.status());
        return GiveBackNumber(tx, host_, *before, after, call.caller().subject);
      });
  if (claim.has_value() && !call.validate_only()) {
    RETURN_IF_ERROR(claim->Conclude(updated.status()));
  }
  return updated;
}

absl::StatusOr<v1::Student> Handlers::ChangeStudentStatus(rpc::Call& call,
                                                          const v1::ChangeStudentStatusRequest& request) {
  const auto reference = reference_.Get();
  ASSIGN_OR_RETURN(const absl::CivilDay from, Required(request.status_from(), "status_from"));
  return rpc::WriteRoot(call, host_, StudentKind(host_, *reference), request.name(), false, "STATUS",
                        [&](db::Transaction& tx, const v1::Student* before, v1::Student& after) -> absl::Status {
                          RETURN_IF_ERROR(CheckHere(*before));
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          RETURN_IF_ERROR(kStudentStatus.Next(before->status(), request.status()).status());
                          if (const auto since = DayOf(before->status_from()); since.has_value() && from < *since) {
                            return Fail("SPAN_ORDER");
                          }
                          after.set_status(request.status());
                          *after.mutable_status_from() = request.status_from();
                          return absl::OkStatus();
                        });
}

}  // namespace ruraledu::registry
