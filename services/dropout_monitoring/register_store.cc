#include "services/dropout_monitoring/register_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<RegisterChild> ReadChild(const db::Row& row, crypto::KeyRing& keys, const crypto::Sealer& sealer,
                                        absl::CivilDay on) {
  RegisterChild child;
  RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, row.Text(0), &sealer, &child.student));
  AddKindsOn(child.student.hardships(), on, &child.kinds);
  if (const std::string household = row.Text(5); !household.empty()) {
    ASSIGN_OR_RETURN(const auto theirs, keys.SealerOf(row.Text(4)));
    registry_v1::Household read;
    RETURN_IF_ERROR(feed::ReadRoot(row, 6, kHouseholds, household, theirs.get(), &read));
    AddKindsOn(read.hardships(), on, &child.kinds);
  }
  return child;
}

}  // namespace

absl::StatusOr<std::vector<RegisterChild>> ReadRegister(db::Transaction& tx, crypto::KeyRing& keys,
                                                        const std::string& shard, const std::string& condition,
                                                        std::vector<db::Value> args, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  args.insert(args.begin(), db::Value(shard));
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.QueryValues(
          absl::StrCat("SELECT p.id, p.body, p.sealed, p.version, p.household_shard, COALESCE(h.id, ''), "
                       "COALESCE(h.body, p.body), COALESCE(h.sealed, p.sealed), COALESCE(h.version, 0) FROM pupil p "
                       "LEFT JOIN household h ON h.shard = p.household_shard AND h.id = p.household_id WHERE p.shard = "
                       "$1 AND ",
                       condition),
          args));
  std::vector<RegisterChild> children;
  children.reserve(rows.size());
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(children.emplace_back(), ReadChild(row, keys, *sealer, on));
  }
  return children;
}

absl::StatusOr<RegisterChild> OneOfRegister(db::Transaction& tx, crypto::KeyRing& keys, const std::string& shard,
                                            const std::string& person, absl::CivilDay on) {
  ASSIGN_OR_RETURN(auto found, ReadRegister(tx, keys, shard, "p.id = $2 ORDER BY p.id", {person}, on));
  if (found.empty()) {
    ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
    return Fail("PERSON_UNKNOWN", {{"parent", parent}});
  }
  if (!found[0].student.moved_to().empty()) {
    return Fail("MOVED", {{"name", found[0].student.moved_to()}});
  }
  return std::move(found[0]);
}

}  // namespace ruraledu::dropout_monitoring
