// How checks of the register rest (common/feed/root.h), and the SQL of what they are drawn up from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/register_check.pb.h"
#include "services/dropout_monitoring/population_store.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kRegisterChecks;

// Who belongs to a school on a day, or to a class of it, in order of person, once each; merged and erased records are
// left out. Sealed fields are opened.
struct RegisterRow {
  ComparedPupil pupil;                         // without its case
  std::string school, in_class, class_school;  // of the span; ids, "" none
};
absl::StatusOr<std::vector<RegisterRow>> RegisterOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                    std::string_view shard, std::string_view school,
                                                    absl::CivilDay day);
// Who has the digests, in whatever county, by digest; each query takes a few of them.
absl::StatusOr<std::multimap<std::string, DigestOwner>> OwnersOfDigests(db::Transaction& tx,
                                                                        absl::Span<const std::string> digests);
// Where a record is registered on a day: its status, and the school of its span; nullopt: merged, erased or nowhere.
struct RollRow {
  std::string status, school;
};
absl::StatusOr<std::optional<RollRow>> RollOf(db::Transaction& tx, std::string_view shard, std::string_view person,
                                              absl::CivilDay day);
// Classes of a school that were marked from a day on, ids in order.
absl::StatusOr<std::vector<std::string>> ClassesMarked(db::Transaction& tx, std::string_view shard,
                                                       std::string_view school, absl::CivilDay from);
// Checks of two months that are not replaced, opened, in order.
absl::StatusOr<std::vector<v1::RegisterCheck>> ChecksBetween(db::Transaction& tx, const crypto::Sealer& sealer,
                                                             std::string_view shard, std::string_view first_month,
                                                             std::string_view last_month);

}  // namespace ruraledu::dropout_monitoring
