// Withdrawal of one root: back to the image before the import, or out of use when the import made it. Nothing is
// deleted (DR-13).
#include <type_traits>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/registry/identity.h"
#include "services/registry/import_run.h"
#include "services/registry/rekey.h"

namespace ruraledu::registry {
namespace {

using google::protobuf::util::MessageDifferencer;

// "counties/411728/students/1" -> "students"; "regions/village-1" -> "regions".
std::string_view CollectionOf(std::string_view name) {
  const std::string_view rest = name.substr(0, name.rfind('/'));
  return rest.substr(rest.rfind('/') + 1);
}

}  // namespace

std::vector<v1::BeforeImage> ImagesOf(v1::ImportSource source, const StagedLine& line) {
  std::vector<v1::BeforeImage> images(line.staged.befores().begin(), line.staged.befores().end());
  const bool made = MakesOwnRoot(source, kStudents) && line.root_version > 0 &&
                    absl::c_none_of(images, [&](const v1::BeforeImage& image) { return image.name() == line.root; });
  if (made) {
    images.emplace_back();
    images.back().set_name(line.root);
    images.back().set_version(line.root_version);
  }
  return images;
}

int64_t VersionOf(std::string_view etag) {
  int64_t version = 0;
  (void)absl::SimpleAtoi(absl::StripPrefix(absl::StripSuffix(etag, "\""), "\""), &version);
  return version;
}

template <>
absl::StatusOr<bool> ImportRun::Referenced(const v1::School& school) {
  for (const feed::RootTable* table : {&kClasses, &kStudents, &kTeachers}) {
    ASSIGN_OR_RETURN(const bool any, AnyInArea(tx_, *table, parts_.shard, school.area()));
    if (any) {
      return true;
    }
  }
  ASSIGN_OR_RETURN(const auto rows, SchoolRows(tx_, parts_.shard));
  for (const db::Row& row : rows) {
    v1::School other;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kSchools, row.Text(0), nullptr, &other));
    if (other.centre_school() == school.name() || other.supporting_school() == school.name() ||
        absl::c_linear_search(other.replacements(), school.name())) {
      return true;
    }
  }
  return false;
}

template <>
absl::StatusOr<bool> ImportRun::Referenced(const v1::SchoolClass& school_class) {
  return AnyInArea(tx_, kStudents, parts_.shard, school_class.area());
}

template <>
absl::StatusOr<bool> ImportRun::Referenced(const v1::Household& household) {
  return AnyInHousehold(tx_, parts_.shard, feed::IdOfName(household.name()));
}

template <>
absl::StatusOr<bool> ImportRun::Referenced(const v1::Region& village) {
  if (!lived_in_.has_value()) {
    ASSIGN_OR_RETURN(lived_in_, VillagesLivedIn(tx_, parts_.shard));
  }
  return lived_in_->contains(village.code());
}

template <typename M>
absl::StatusOr<bool> ImportRun::Referenced(const M&) {
  return false;  // nothing names it
}

// Whether the root is what the import left: untouched since, or put back to it by the withdrawal of a later one.
template <typename M>
absl::StatusOr<bool> ImportRun::IsAsLeft(const M& present, int64_t applied_version) {
  if (VersionOf(present.etag()) == applied_version) {
    return true;
  }
  M left;
  ASSIGN_OR_RETURN(const bool told, past_.Load(applied_version, present.name(), &left));
  left.set_etag(present.etag());
  return told && MessageDifferencer::Equals(left, present);
}

template <typename M>
absl::StatusOr<bool> ImportRun::RestoreRoot(const feed::RootTable& table, const v1::BeforeImage& image,
                                            int64_t applied_version) {
  ASSIGN_OR_RETURN(const auto present, Load<M>(table, feed::IdOfName(image.name())));
  if (!present.has_value()) {
    return false;
  }
  M after = *present;
  if (image.root().empty()) {
    TakeOutOfUse(parts_.facts.facts_on, &after);
  } else {
    M old;
    if (!old.ParseFromString(image.root())) {
      return absl::DataLossError("a before-image does not parse");
    }
    after = std::move(old);
    after.set_etag(present->etag());
  }
  if (MessageDifferencer::Equals(*present, after)) {
    return true;  // done before a crash
  }
  ASSIGN_OR_RETURN(const bool left, IsAsLeft(*present, applied_version));
  if (!left) {
    return false;
  }
  if constexpr (std::is_same_v<M, v1::Student>) {
    if (present->id_number() != after.id_number()) {
      return false;  // the number before was given back: somebody else may have it by now
    }
  }
  if (image.root().empty()) {
    RETURN_IF_ERROR(Flush());  // what was put back already refers to nothing any more
    ASSIGN_OR_RETURN(const bool referenced, Referenced(*present));
    if (referenced) {
      return false;
    }
  }
  std::vector<db::Value> extra;
  if constexpr (std::is_same_v<M, v1::Student>) {
    extra = StudentExtra(after);
  } else if constexpr (std::is_same_v<M, v1::Teacher>) {
    extra = TeacherExtra(after);
  } else if constexpr (std::is_same_v<M, v1::School>) {
    if (!after.area().empty() && present->area() != after.area()) {
      RETURN_IF_ERROR(InsertRekeyJob(tx_, parts_.actor, present->area(), after.area()));
    }
  }
  RETURN_IF_ERROR(Put<M>(table, present, after, "WITHDRAW", nullptr, std::move(extra)).status());
  return true;
}

absl::StatusOr<bool> ImportRun::Restore(const v1::BeforeImage& image, int64_t applied_version) {
  const std::string_view collection = CollectionOf(image.name());
  const auto restore = [&](auto message, const feed::RootTable& table) {
    return RestoreRoot<decltype(message)>(table, image, applied_version);
  };
  if (collection == "students") {
    return restore(v1::Student(), kStudents);
  }
  if (collection == "households") {
    return restore(v1::Household(), kHouseholds);
  }
  if (collection == "teachers") {
    return restore(v1::Teacher(), kTeachers);
  }
  if (collection == "schools") {
    return restore(v1::School(), kSchools);
  }
  if (collection == "classes") {
    return restore(v1::SchoolClass(), kClasses);
  }
  if (collection == "regions") {
    return restore(v1::Region(), kRegions);
  }
  if (collection == "calendars") {
    return restore(v1::Calendar(), kCalendars);
  }
  return true;  // reviews stay: they only ask
}

}  // namespace ruraledu::registry
