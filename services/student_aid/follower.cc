#include "services/student_aid/follower.h"

#include "absl/strings/escaping.h"
#include "common/rpc/person_erasure.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/merge_claims.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/payment_writes.h"

namespace ruraledu::student_aid {
namespace {

// A merge, and the end of one, concerns the claims of both persons (merge_claims.h) and their records of
// identification.
absl::Status FollowMerge(db::Transaction& tx, const registry_v1::Student& student) {
  const std::string_view alias = feed::IdOfName(student.name());
  const std::string_view now = feed::IdOfName(student.merged_into());
  ASSIGN_OR_RETURN(const std::string known, MergedInto(tx, alias));
  for (const std::string_view person : {std::string_view(known), now}) {
    if (known != now && !person.empty()) {
      RETURN_IF_ERROR(InsertMergeClaims(tx, alias, person));
      RETURN_IF_ERROR(InsertMergeRecords(tx, person));
    }
  }
  return known != now && now.empty() ? InsertMergeRecords(tx, alias) : absl::OkStatus();
}

}  // namespace

RegistryCopy::RegistryCopy(crypto::KeyRing& keys)
    : rpc::RegistryCopy({"pupil", "pupil_paper", "school", "household", "work_calendar", "open_batch"}), keys_(keys) {}

void RegistryCopy::Digest(std::string* id_number) const {
  if (!id_number->empty()) {
    *id_number = feed::IdDigest(keys_, *id_number);
  }
}

absl::Status RegistryCopy::ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root,
                                     const std::string& personal, const feed::Seen& seen) {
  if (root.Is<registry_v1::Student>()) {
    ASSIGN_OR_RETURN(auto student, Join<registry_v1::Student>(root, personal));
    const registry_v1::Student papers = student;
    Digest(student.mutable_id_number());
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    RETURN_IF_ERROR(FollowMerge(tx, student));
    RETURN_IF_ERROR(rpc::FollowErasure(tx, "student_aid", student));
    RETURN_IF_ERROR(PutPupil(tx, *sealer, student, CardDigest(keys_, student.contact().card_number()), seen));
    return PutPaper(tx, *sealer, papers, DigestsOfPaper(keys_, papers.id_number(), StudentNumberOf(papers)), seen);
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
  if (root.Is<registry_v1::Calendar>()) {
    ASSIGN_OR_RETURN(const auto calendar, Join<registry_v1::Calendar>(root, personal));
    return PutCalendar(tx, calendar, seen);
  }
  return absl::OkStatus();  // teachers, classes, regions ...: not ours
}

}  // namespace ruraledu::student_aid
