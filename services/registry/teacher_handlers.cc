#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/store.h"
#include "services/registry/teacher_rules.h"

namespace ruraledu::registry {
namespace {

std::string AreaOf(const v1::Teacher& teacher) {
  return teacher.area();
}

rpc::RootKind<v1::Teacher> TeacherKind(const rpc::Host& host, const Reference& reference) {
  return {kTeachers, AreaOf, [&host, &reference](const v1::Teacher& teacher) {
            return std::vector<db::Value>{reference.names.SortKey(reference.names.Prepare(teacher.display_name())),
                                          TeacherIndexes(host.keys, teacher)[0].second};
          }};
}

// The area is that of the school of the newest span.
absl::Status Place(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, v1::Teacher* teacher) {
  ASSIGN_OR_RETURN(const v1::School school,
                   InReach(call, tx.shard(), LoadSchool(tx, sealer, teacher->services(0).school())));
  teacher->set_area(school.area());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Teacher> Handlers::GetTeacher(rpc::Call& call, const v1::GetTeacherRequest& request) {
  ASSIGN_OR_RETURN(v1::Teacher teacher, rpc::GetRoot<v1::Teacher>(call, host_, kTeachers, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(teacher);
    return teacher;
  }
  RETURN_IF_ERROR(AllowUnmask(call, "registry.teachers.unmask", teacher.area(), teacher.name()));
  return teacher;
}

absl::StatusOr<v1::ListTeachersResponse> Handlers::ListTeachers(rpc::Call& call,
                                                                const v1::ListTeachersRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area", "sort_key"}};
  if (!request.school().empty()) {
    ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.school(), "schools"));
    ASSIGN_OR_RETURN(const std::string area, host_.database.Read([&](db::Transaction& tx) {
      return AreaOfSchool(tx, shard, feed::IdOfName(request.school()));
    }));
    spec.within.push_back(area.empty() ? AreaRange{"", ""} : RangeOf(area));  // a withdrawn one has no teachers
  }
  return rpc::ListRoots<v1::Teacher, v1::ListTeachersRequest, v1::ListTeachersResponse>(
      call, host_, kTeachers, spec, request, &v1::ListTeachersResponse::mutable_teachers);
}

absl::StatusOr<v1::Teacher> Handlers::CreateTeacher(rpc::Call& call, const v1::CreateTeacherRequest& request) {
  const auto reference = reference_.Get();
  const std::string name = absl::StrCat(request.parent(), "/teachers/", rpc::StableId(call));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::WriteRoot(call, host_, TeacherKind(host_, *reference), name, true, "CREATE",
                        [&](db::Transaction& tx, const v1::Teacher*, v1::Teacher& after) -> absl::Status {
                          RETURN_IF_ERROR(rpc::ApplyMask(request.teacher(), {}, &after));
                          Violations violations;
                          CheckTeacher(reference->ChecksOn(call.clock().Today()), "teacher", &after, &violations);
                          RETURN_IF_ERROR(violations.status());
                          return Place(call, tx, *sealer, &after);
                        });
}

absl::StatusOr<v1::Teacher> Handlers::UpdateTeacher(rpc::Call& call, const v1::UpdateTeacherRequest& request) {
  const auto reference = reference_.Get();
  const std::string& name = request.teacher().name();
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, "teachers"));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::WriteRoot(call, host_, TeacherKind(host_, *reference), name, false, "UPDATE",
                        [&](db::Transaction& tx, const v1::Teacher* before, v1::Teacher& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.teacher().etag(), before->etag()));
                          RETURN_IF_ERROR(rpc::ApplyMask(request.teacher(), request.update_mask(), &after));
                          Violations violations;
                          CheckTeacher(reference->ChecksOn(call.clock().Today()), "teacher", &after, &violations);
                          RETURN_IF_ERROR(violations.status());
                          return Place(call, tx, *sealer, &after);
                        });
}

}  // namespace ruraledu::registry
