#include "services/registry/transfers.h"

#include "services/registry/identity.h"
#include "services/registry/identity_rules.h"
#include "services/registry/store.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {
namespace {

// Ends what the source knows of the student on the effective day and names the new row.
void Leave(const v1::Transfer& transfer, v1::Student* student) {
  student->set_status("TRANSFERRED");
  *student->mutable_status_from() = transfer.effective_on();
  student->set_moved_to(transfer.new_student());
  if (!student->enrolments().empty() && !student->enrolments(0).has_valid_to()) {
    *student->mutable_enrolments(0)->mutable_valid_to() = transfer.effective_on();
    student->mutable_enrolments(0)->set_exit_type("TRANSFER");
  }
  EndConcurrent(*DayOf(transfer.effective_on()), student);
}

}  // namespace

absl::StatusOr<std::string> RunCloseTransfer(const rpc::Host& host, db::JobContext& context) {
  v1::Transfer transfer;
  if (!transfer.ParseFromString(context.job().input)) {
    return absl::InternalError("transfer_close: input does not parse");
  }
  ASSIGN_OR_RETURN(const std::string source, ShardOfName(transfer.student()));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(source));
  const std::string actor = absl::StrCat("job:", context.job().id);
  RETURN_IF_ERROR(host.database.Write(source, [&](db::Transaction& tx) -> absl::Status {
    feed::RootWriter writer(tx, *sealer, {actor, context.job().id}, host.NewCounters());
    ASSIGN_OR_RETURN(auto student,
                     feed::Load<v1::Student>(tx, *sealer, kStudents, source, feed::IdOfName(transfer.student())));
    // Within one county the row is the arrival itself.
    const bool same = transfer.new_student() == transfer.student();
    if (!same && student.has_value() && student->moved_to().empty()) {
      v1::Student left = *student;
      Leave(transfer, &left);
      ASSIGN_OR_RETURN(auto extra, KeepStudentExtra(tx, source, feed::IdOfName(student->name())));
      RETURN_IF_ERROR(writer.Put(kStudents, &*student, left, "TRANSFER_OUT", std::move(extra)).status());
    }
    ASSIGN_OR_RETURN(auto stored,
                     feed::Load<v1::Transfer>(tx, *sealer, kTransfers, source, feed::IdOfName(transfer.name())));
    if (stored.has_value() && stored->state() != v1::TRANSFER_STATE_CLOSED) {
      v1::Transfer closed = *stored;
      closed.set_state(v1::TRANSFER_STATE_CLOSED);
      closed.set_new_student(transfer.new_student());
      RETURN_IF_ERROR(writer.Put(kTransfers, &*stored, closed, "CLOSE").status());
    }
    return writer.Finish().status();
  }));
  const std::string person(feed::IdOfName(transfer.new_student()));
  ASSIGN_OR_RETURN(const std::string destination, ShardOfName(transfer.new_student()));
  const auto effective = DayOf(transfer.effective_on()).value_or(host.clock.Today());
  RETURN_IF_ERROR(host.database.Write(
      PersonShard(person), [&](db::Transaction& tx) { return PutPerson(tx, person, destination, effective, ""); }));
  return std::string();
}

}  // namespace ruraledu::registry
