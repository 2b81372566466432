#include "services/registry/erasure.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/feed/erasure.h"
#include "services/registry/handlers.h"
#include "services/registry/identity.h"

namespace ruraledu::registry {
namespace {

// The student is on a roll, or about to be: what is known of the student is needed.
constexpr std::string_view kOnRoll[] = {"ENROLLED",  "SUSPENDED", "TRANSFER_OUT_PENDING",
                                        "SUSPECTED", "RETURNED",  "HOME_TAUGHT"};

absl::Status CheckErasable(const v1::Student& student) {
  const bool elsewhere = !student.moved_to().empty() || !student.merged_into().empty();
  return !elsewhere && absl::c_linear_search(kOnRoll, student.status())
             ? Fail("ERASURE_ENROLLED", {{"status", student.status()}})
             : absl::OkStatus();
}

bool Shows(const v1::Household& household, std::string_view student) {
  return absl::c_any_of(household.members(), [&](const v1::HouseholdMember& member) {
    return member.student() == student && !(member.display_name().empty() && member.id_number().empty());
  });
}

absl::Status EraseMember(db::Transaction& tx, const crypto::Sealer& sealer, const v1::Student& student,
                         feed::RootWriter& writer) {
  ASSIGN_OR_RETURN(const auto household,
                   feed::Load<v1::Household>(tx, sealer, kHouseholds, tx.shard(), feed::IdOfName(student.household())));
  if (!household.has_value() || !Shows(*household, student.name())) {
    return absl::OkStatus();
  }
  v1::Household after = *household;
  for (v1::HouseholdMember& member : *after.mutable_members()) {
    if (member.student() == student.name()) {
      member.clear_display_name();
      member.clear_id_number();
    }
  }
  return writer.Put(kHouseholds, &*household, after, "ERASE").status();
}

absl::Status EraseRows(const rpc::Host& host, db::Transaction& tx, const crypto::Sealer& sealer,
                       const std::string& name, const db::JobRow& job) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Student>(tx, sealer, kStudents, tx.shard(), feed::IdOfName(name)));
  if (!before.has_value()) {
    return Fail("NOT_FOUND", {{"name", name}});
  }
  RETURN_IF_ERROR(CheckErasable(*before));
  v1::Student after = *before;
  feed::KeepPublished(after);
  after.clear_household();
  *after.mutable_erased_on() = DateOf(tx.clock().Today());
  feed::RootWriter writer(tx, sealer, {absl::StrCat("job:", job.id), job.id}, host.NewCounters());
  RETURN_IF_ERROR(
      writer.Put(kStudents, &*before, after, "ERASE", {std::string(), std::string(), std::string()}).status());
  RETURN_IF_ERROR(EraseMember(tx, sealer, *before, writer));
  RETURN_IF_ERROR(writer.Finish().status());
  const std::vector<std::string> keys =
      before->id_number().empty() ? std::vector<std::string>() : IdIndexes(host.keys, before->id_number());
  return InsertSettleIdentity(tx, job.subject, name, "", keys);
}

// A change of the student, or of a household that still shows the name or number.
bool TellsOf(std::string_view student, const ruraledu::feed::v1::RootChange& change, const std::string& personal) {
  if (change.name() == student || !change.after().Is<v1::Household>()) {
    return change.name() == student;
  }
  v1::Household household;
  return household.ParseFromString(personal) && Shows(household, student);
}

}  // namespace

absl::StatusOr<std::string> RunErasure(const rpc::Host& host, db::JobContext& context) {
  v1::EraseStudentRequest request;
  if (!request.ParseFromString(context.job().input)) {
    return absl::InternalError("student_erase: input does not parse");
  }
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(context.job().shard));
  RETURN_IF_ERROR(feed::RunErasure(
      context, *sealer,
      [&](db::Transaction& tx) { return EraseRows(host, tx, *sealer, request.name(), context.job()); },
      [&](const auto& change, const std::string& personal) { return TellsOf(request.name(), change, personal); }));
  return std::string();
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::EraseStudent(rpc::Call& call,
                                                               const v1::EraseStudentRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "students"));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  v1::EraseStudentRequest input = request;
  input.clear_request_id();
  const std::string parent = absl::StrCat("counties/", rpc::CountyOfParent(request.name()));
  return rpc::StartJob(shared_, call, parent, kEraseJob, input, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto student,
                     feed::Load<v1::Student>(tx, *sealer, kStudents, shard, feed::IdOfName(request.name())));
    return student.has_value() ? CheckErasable(*student) : call.CheckMissing(request.name());
  });
}

}  // namespace ruraledu::registry
