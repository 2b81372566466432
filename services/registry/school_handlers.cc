#include "absl/algorithm/container.h"
#include "common/domain/shard.h"
#include "services/registry/handlers.h"
#include "services/registry/rekey.h"
#include "services/registry/school_rules.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

const rpc::RootKind<v1::School> kSchool{kSchools, [](const v1::School& s) { return s.area(); }, nullptr};
const rpc::RootKind<v1::SchoolClass> kClass{kClasses, [](const v1::SchoolClass& c) { return c.area(); }, nullptr};

// Ranges of schools and everything in them.
rpc::ListSpec ByArea() {
  return {.area_column = "area", .order = {"area"}};
}

// What only CloseSchool, or a register of schools, says.
void SetClosing(const v1::School& from, v1::School* to) {
  to->set_state(from.state());
  *to->mutable_replacements() = from.replacements();
  to->clear_closed_on();
  if (from.has_closed_on()) {
    *to->mutable_closed_on() = from.closed_on();
  }
}

}  // namespace

absl::Status CheckSchoolInReach(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                const std::string& name) {
  if (call.Settled().ok()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const bool here = ShardOfName(name).value_or("") == shard;
  ASSIGN_OR_RETURN(const auto school, host.database.Read(
                                          [&](db::Transaction& tx) {
                                            return feed::Load<v1::School>(tx, *sealer, kSchools, shard,
                                                                          feed::IdOfName(name));
                                          },
                                          {.deadline = call.deadline()}));
  const bool found = here && school.has_value();
  return InReach(call, shard, found ? absl::StatusOr<v1::School>(*school) : Fail("SCHOOL_UNKNOWN")).status();
}

absl::StatusOr<v1::School> Handlers::GetSchool(rpc::Call& call, const v1::GetSchoolRequest& request) {
  return rpc::GetRoot<v1::School>(call, host_, kSchools, request.name(), kSchool.area_of);
}

absl::StatusOr<v1::ListSchoolsResponse> Handlers::ListSchools(rpc::Call& call, const v1::ListSchoolsRequest& request) {
  rpc::ListSpec spec = ByArea();
  if (!request.with_closed()) {
    spec.equal.emplace_back("state", v1::SchoolState_Name(v1::SCHOOL_STATE_OPEN));
  }
  auto page = rpc::ListRoots<v1::School, v1::ListSchoolsRequest, v1::ListSchoolsResponse>(
      call, host_, kSchools, spec, request, &v1::ListSchoolsResponse::mutable_schools);
  if (page.ok() && !request.stage().empty()) {  // a page may come out shorter than page_size (AIP-158)
    auto* schools = page->mutable_schools();
    schools->erase(std::remove_if(schools->begin(), schools->end(),
                                  [&](const v1::School& s) { return absl::c_count(s.stages(), request.stage()) == 0; }),
                   schools->end());
  }
  return page;
}

absl::StatusOr<v1::School> Handlers::CreateSchool(rpc::Call& call, const v1::CreateSchoolRequest& request) {
  const auto reference = reference_.Get();
  const std::string name = absl::StrCat(request.parent(), "/schools/", NewId(call.clock()));
  return rpc::WriteRoot(call, host_, kSchool, name, true, "CREATE",
                        [&](db::Transaction& tx, const v1::School*, v1::School& after) {
                          RETURN_IF_ERROR(rpc::ApplyMask(request.school(), {}, &after));
                          SetClosing(v1::School(), &after);
                          after.set_state(v1::SCHOOL_STATE_OPEN);
                          Violations violations;
                          CheckSchool(reference->regions, reference->codes, call.clock().Today(),
                                      rpc::CountyOfParent(request.parent()), "school", &after, &violations);
                          RETURN_IF_ERROR(violations.status());
                          RETURN_IF_ERROR(call.CheckArea(after.area()));
                          return CheckSchoolCodeFree(tx, after.code());
                        });
}

absl::StatusOr<v1::School> Handlers::UpdateSchool(rpc::Call& call, const v1::UpdateSchoolRequest& request) {
  const auto reference = reference_.Get();
  const std::string& name = request.school().name();
  return rpc::WriteRoot(call, host_, kSchool, name, false, "UPDATE",
                        [&](db::Transaction& tx, const v1::School* before, v1::School& after) {
                          RETURN_IF_ERROR(feed::CheckEtag(request.school().etag(), before->etag()));
                          RETURN_IF_ERROR(rpc::ApplyMask(request.school(), request.update_mask(), &after));
                          SetClosing(*before, &after);
                          Violations violations;
                          CheckSchool(reference->regions, reference->codes, call.clock().Today(),
                                      rpc::CountyOfParent(name), "school", &after, &violations);
                          RETURN_IF_ERROR(violations.status());
                          RETURN_IF_ERROR(call.CheckArea(after.area(), name));
                          if (GivesUpStage(*before, after)) {
                            ASSIGN_OR_RETURN(const auto pupils, PupilsOfSchool(tx, before->area()));
                            RETURN_IF_ERROR(CheckStagesKept(reference->codes, after, pupils));
                          }
                          if (after.code() != before->code()) {
                            RETURN_IF_ERROR(CheckSchoolCodeFree(tx, after.code()));
                          }
                          if (after.area() == before->area()) {
                            return absl::OkStatus();
                          }
                          // The pupils, classes and teachers of a school that moved to another township follow it as a
                          // job in the same shard.
                          return InsertRekeyJob(tx, call.caller().subject, before->area(), after.area());
                        });
}

absl::StatusOr<v1::School> Handlers::CloseSchool(rpc::Call& call, const v1::CloseSchoolRequest& request) {
  const auto closed_on = DayOf(request.closed_on());
  if (!closed_on.has_value()) {
    Violations violations;
    violations.Add("closed_on", "DATE_INVALID");
    return violations.status();
  }
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "schools"));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::WriteRoot(
      call, host_, kSchool, request.name(), false, "CLOSE",
      [&](db::Transaction& tx, const v1::School* before, v1::School& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        std::vector<v1::School> replacements;
        for (const std::string& name : request.replacements()) {
          ASSIGN_OR_RETURN(auto school, feed::Load<v1::School>(tx, *sealer, kSchools, shard, feed::IdOfName(name)));
          if (school.has_value()) {
            replacements.push_back(*std::move(school));
          }
        }
        RETURN_IF_ERROR(CheckClosing(*before, *closed_on, call.clock().Today(), replacements));
        after.set_state(v1::SCHOOL_STATE_CLOSED);
        *after.mutable_closed_on() = request.closed_on();
        *after.mutable_replacements() = request.replacements();
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::SchoolClass> Handlers::GetClass(rpc::Call& call, const v1::GetClassRequest& request) {
  return rpc::GetRoot<v1::SchoolClass>(call, host_, kClasses, request.name(), kClass.area_of);
}

absl::StatusOr<v1::ListClassesResponse> Handlers::ListClasses(rpc::Call& call, const v1::ListClassesRequest& request) {
  rpc::ListSpec spec = ByArea();
  if (!request.school().empty()) {
    spec.equal.emplace_back("school", request.school());
  }
  if (!request.school_year().empty()) {
    spec.equal.emplace_back("school_year", request.school_year());
  }
  return rpc::ListRoots<v1::SchoolClass, v1::ListClassesRequest, v1::ListClassesResponse>(
      call, host_, kClasses, spec, request, &v1::ListClassesResponse::mutable_classes);
}

absl::StatusOr<v1::SchoolClass> Handlers::CreateClass(rpc::Call& call, const v1::CreateClassRequest& request) {
  const auto reference = reference_.Get();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string name = absl::StrCat(request.parent(), "/classes/", NewId(call.clock()));
  return rpc::WriteRoot(
      call, host_, kClass, name, true, "CREATE",
      [&](db::Transaction& tx, const v1::SchoolClass*, v1::SchoolClass& after) -> absl::Status {
        RETURN_IF_ERROR(rpc::ApplyMask(request.school_class(), {}, &after));
        ASSIGN_OR_RETURN(const v1::School school, InReach(call, shard, LoadSchool(tx, *sealer, after.school())));
        Violations violations;
        CheckClass(reference->codes, call.clock().Today(), school, "school_class", &after, &violations);
        return violations.status();
      });
}

}  // namespace ruraledu::registry
