#include "services/registry/erasure.h"

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "ruraledu/common/v1/options.pb.h"
#include "services/registry/handlers.h"
#include "services/registry/identity.h"

namespace ruraledu::registry {
namespace {

using google::protobuf::FieldDescriptor;
using ruraledu::common::v1::DataClass;

// The student is on a roll, or about to be: what is known of the student is needed.
constexpr std::string_view kOnRoll[] = {"ENROLLED",  "SUSPENDED", "TRANSFER_OUT_PENDING",
                                        "SUSPECTED", "RETURNED",  "HOME_TAUGHT"};

absl::Status CheckErasable(const v1::Student& student) {
  const bool elsewhere = !student.moved_to().empty() || !student.merged_into().empty();
  return !elsewhere && absl::c_linear_search(kOnRoll, student.status())
             ? Fail("ERASURE_ENROLLED", {{"status", student.status()}})
             : absl::OkStatus();
}

void ClearClassified(google::protobuf::Message& root) {
  std::vector<const FieldDescriptor*> set;
  root.GetReflection()->ListFields(root, &set);
  for (const FieldDescriptor* field : set) {
    if (field->options().GetExtension(ruraledu::common::v1::data_class) >= DataClass::DATA_CLASS_PERSONAL) {
      root.GetReflection()->ClearField(&root, field);
    }
  }
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
  ClearClassified(after);
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

// Within the write that replaces them, so that two erasures in one entry do not undo each other.
absl::Status ForgetEntries(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& name, int64_t after,
                           int64_t until) {
  ASSIGN_OR_RETURN(auto entries, feed::ReadSealedEntries(tx, tx.shard(), after, until - after));
  RETURN_IF_ERROR(feed::OpenPersonal(sealer, entries));
  for (const auto& entry : entries) {
    ruraledu::feed::v1::RootEvent event;
    ruraledu::feed::v1::RootPersonal personal;
    const bool parsed = event.ParseFromString(entry.body()) && personal.ParseFromString(entry.personal());
    if (entry.seq() > until || !parsed || !Forget(name, event, &personal)) {
      continue;
    }
    // The last one takes the salt along: nobody can find out by trying any more.
    const bool all = absl::c_all_of(personal.changes(), [](const std::string& one) { return one.empty(); });
    RETURN_IF_ERROR(
        feed::ReplacePersonal(tx, sealer, entry.seq(), all ? std::string() : personal.SerializeAsString()).status());
  }
  return absl::OkStatus();
}

}  // namespace

bool Forget(std::string_view name, const ruraledu::feed::v1::RootEvent& event,
            ruraledu::feed::v1::RootPersonal* personal) {
  bool found = false;
  for (int i = 0; i < event.changes_size() && i < personal->changes_size(); ++i) {
    const auto& change = event.changes(i);
    bool tells = change.name() == name;
    if (!tells && change.after().Is<v1::Household>()) {
      v1::Household household;
      tells = household.ParseFromString(personal->changes(i)) && Shows(household, name);
    }
    if (tells && !personal->changes(i).empty()) {
      personal->mutable_changes(i)->clear();
      found = true;
    }
  }
  return found;
}

absl::StatusOr<std::string> RunErasure(const rpc::Host& host, db::JobContext& context) {
  v1::EraseStudentRequest request;
  if (!request.ParseFromString(context.job().input)) {
    return absl::InternalError("student_erase: input does not parse");
  }
  const std::string shard = context.job().shard;
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  int64_t at = 0;
  if (context.job().cursor.empty()) {
    RETURN_IF_ERROR(context.Chunk(
        [&](db::Transaction& tx) { return EraseRows(host, tx, *sealer, request.name(), context.job()); }, "0", 0, 0));
  } else if (!absl::SimpleAtoi(context.job().cursor, &at)) {
    return absl::InternalError("student_erase: cursor does not parse");
  }
  while (true) {
    RETURN_IF_ERROR(context.CheckGoOn());
    ASSIGN_OR_RETURN(const auto page, host.database.Read([&](db::Transaction& tx) {
      return feed::ReadSealedEntries(tx, shard, at, feed::kPageEntries);
    }));
    if (page.empty()) {
      return std::string();
    }
    const int64_t until = page.back().seq();
    RETURN_IF_ERROR(
        context.Chunk([&](db::Transaction& tx) { return ForgetEntries(tx, *sealer, request.name(), at, until); },
                      absl::StrCat(until), until, 0));
    at = until;
  }
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
