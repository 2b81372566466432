#include "services/dropout_monitoring/follower.h"

#include "absl/strings/escaping.h"

namespace ruraledu::dropout_monitoring {

std::string NumberDigest(const crypto::KeyRing& keys, std::string_view number) {
  return absl::BytesToHexString(keys.Fingerprint({"student_number", number}));
}

std::string IdDigest(const crypto::KeyRing& keys, std::string_view id_number) {
  return absl::BytesToHexString(keys.Fingerprint({"id_number", id_number}));
}

RegistryCopy::RegistryCopy(crypto::KeyRing& keys)
    : rpc::RegistryCopy(
          {"pupil", "enrolment", "pupil_number", "school", "class", "household", "work_calendar", "open_batch"}),
      keys_(keys) {}

void RegistryCopy::Digest(std::string* id_number) const {
  if (!id_number->empty()) {
    *id_number = IdDigest(keys_, *id_number);
  }
}

absl::Status RegistryCopy::ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root,
                                     const std::string& personal, const feed::Seen& seen) {
  if (root.Is<registry_v1::Student>()) {
    ASSIGN_OR_RETURN(auto student, Join<registry_v1::Student>(root, personal));
    Digest(student.mutable_id_number());
    std::vector<std::string> digests;
    for (const registry_v1::StudentNumber& number : student.student_numbers()) {
      digests.push_back(NumberDigest(keys_, number.number()));
    }
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    return PutPupil(tx, *sealer, student, digests, seen);
  }
  if (root.Is<registry_v1::Household>()) {
    ASSIGN_OR_RETURN(auto household, Join<registry_v1::Household>(root, personal));
    for (auto& member : *household.mutable_members()) {
      Digest(member.mutable_id_number());
    }
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    return PutHousehold(tx, *sealer, household, seen);
  }
  if (root.Is<registry_v1::School>()) {
    ASSIGN_OR_RETURN(const auto school, Join<registry_v1::School>(root, personal));
    return PutSchool(tx, school, seen);
  }
  if (root.Is<registry_v1::SchoolClass>()) {
    ASSIGN_OR_RETURN(const auto school_class, Join<registry_v1::SchoolClass>(root, personal));
    return PutClass(tx, school_class, seen);
  }
  if (root.Is<registry_v1::Calendar>()) {
    ASSIGN_OR_RETURN(const auto calendar, Join<registry_v1::Calendar>(root, personal));
    return PutCalendar(tx, calendar, seen);
  }
  return absl::OkStatus();  // teachers, regions ...: not ours
}

}  // namespace ruraledu::dropout_monitoring
