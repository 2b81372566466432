#include "services/dropout_monitoring/follower.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/rpc/person_erasure.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kIdLength = 18;  // digest 7.1

}  // namespace

std::string NameDigest(const crypto::KeyRing& keys, std::string_view name, std::string_view birth_date) {
  return absl::BytesToHexString(keys.Fingerprint({"name_and_birth", name, birth_date}));
}

std::string ChildKey(const crypto::KeyRing& keys, std::string_view id_number, std::string_view name,
                     std::string_view birth_date, std::string_view village) {
  const bool by_number = !id_number.empty();
  return "child-" + absl::BytesToHexString(keys.Fingerprint({"dropout_child", id_number, by_number ? "" : name,
                                                             by_number ? "" : birth_date, by_number ? "" : village}));
}

namespace {

// Who may be a child in no register: present members with an identity number who are no student and nobody's parent.
std::vector<HouseholdChild> ChildrenOf(const crypto::KeyRing& keys, const registry_v1::Household& household) {
  std::vector<HouseholdChild> children;
  for (const registry_v1::HouseholdMember& member : household.members()) {
    const std::string& number = member.id_number();
    absl::CivilDay born;
    const bool may = !member.has_valid_to() && member.student().empty() && member.relation() != "SPOUSE" &&
                     member.relation() != "PARENT" && number.size() == kIdLength;
    if (may &&
        ParseDay(absl::StrCat(number.substr(6, 4), "-", number.substr(10, 2), "-", number.substr(12, 2)), &born)) {
      children.push_back({ChildKey(keys, number, "", "", ""), IdDigest(keys, number), DayText(born)});
    }
  }
  return children;
}

}  // namespace

RegistryCopy::RegistryCopy(crypto::KeyRing& keys)
    : rpc::RegistryCopy({"pupil", "enrolment", "pupil_number", "school", "class", "household", "household_child",
                         "work_calendar", "open_batch"}),
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
    if (!student.id_number().empty()) {
      digests.push_back(student.id_number());
    }
    const auto born = DayOf(student.birth_date());
    if (!student.display_name().empty() && born.has_value()) {
      digests.push_back(NameDigest(keys_, student.display_name(), DayText(*born)));
    }
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    RETURN_IF_ERROR(rpc::FollowErasure(tx, "dropout_monitoring", student));
    return PutPupil(tx, *sealer, student, digests, seen);
  }
  if (root.Is<registry_v1::Household>()) {
    ASSIGN_OR_RETURN(auto household, Join<registry_v1::Household>(root, personal));
    const std::vector<HouseholdChild> children = ChildrenOf(keys_, household);
    for (auto& member : *household.mutable_members()) {
      Digest(member.mutable_id_number());
    }
    ASSIGN_OR_RETURN(const auto sealer, keys_.SealerOf(tx.shard()));
    return PutHousehold(tx, *sealer, household, children, seen);
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
