#include "services/registry/identity_rules.h"

namespace ruraledu::registry {
namespace {

constexpr Transition kRows[] = {
    {"REQUESTED", "accept", "ACCEPTED"},
    {"REQUESTED", "refuse", "REFUSED"},
    {"REQUESTED", "withdraw", "WITHDRAWN"},
    {"ACCEPTED", "close", "CLOSED"},
};
constexpr StateMachine kMachine("transfer", "REQUESTED", kRows);
static_assert(kMachine.AllReachable() && kMachine.Unambiguous());

absl::Status CheckHere(const v1::Student& student) {
  if (!student.moved_to().empty()) {
    return Fail("MOVED", {{"name", student.moved_to()}});
  }
  return student.merged_into().empty() ? absl::OkStatus() : Fail("MERGED", {{"name", student.merged_into()}});
}

}  // namespace

const StateMachine kTransferStates = kMachine;

absl::Status CheckMerge(const v1::Student& keep, const v1::Student& duplicate) {
  if (keep.name() == duplicate.name()) {
    return Fail("MERGE_SELF");
  }
  RETURN_IF_ERROR(CheckHere(keep));
  return CheckHere(duplicate);
}

absl::Status CheckTransfer(const v1::Student& student, bool another_open, absl::CivilDay effective_on) {
  RETURN_IF_ERROR(CheckHere(student));
  if (another_open) {
    return Fail("TRANSFER_OPEN");
  }
  if (student.status() != "ENROLLED" && student.status() != "TRANSFER_OUT_PENDING") {
    return Fail("STATE_TRANSITION",
                {{"machine", "student_status"}, {"from", student.status()}, {"event", "TRANSFER_OUT_PENDING"}});
  }
  if (!student.enrolments().empty()) {
    const auto& began = student.enrolments(0).valid_from();
    if (effective_on <= absl::CivilDay(began.year(), began.month(), began.day())) {
      return Fail("SPAN_ORDER");
    }
  }
  return absl::OkStatus();
}

v1::Student ArrivalOf(const v1::Student& leaving, std::string_view new_name) {
  v1::Student arrival = leaving;
  arrival.set_name(std::string(new_name));
  arrival.clear_etag();
  arrival.clear_moved_to();
  arrival.clear_merged_into();
  arrival.set_status("ENROLLED");
  arrival.clear_area();
  return arrival;
}

}  // namespace ruraledu::registry
