// Identity of persons: blind indexes, and the claim that makes an identity number belong to one person across all
// counties.
#pragma once

#include <string>
#include <vector>

#include "common/crypto/blind_index.h"
#include "common/db/claims.h"
#include "common/db/jobs.h"
#include "common/feed/reseal.h"
#include "common/rpc/resources.h"
#include "services/registry/reference.h"
#include "services/registry/student_rules.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {

inline constexpr std::string_view kIdentitySpace = "identity";

// Blind indexes of an identity number under every key version; a number that is no number gives indexes that match
// nobody.
std::vector<std::string> IdIndexes(const crypto::KeyRing& keys, std::string_view id_number);
// The claim shard of a blind index: its first two hexadecimal digits.
std::string ClaimShardOf(std::string_view index);

std::string StudentArea(const ruraledu::registry::v1::Student& student);
// Blind-index columns under the newest key.
feed::IndexColumns StudentIndexes(const crypto::KeyRing& keys, const ruraledu::registry::v1::Student& student);
feed::IndexColumns TeacherIndexes(const crypto::KeyRing& keys, const ruraledu::registry::v1::Teacher& teacher);
// Sort key, identity index and number index: the extra columns of the student table.
std::vector<db::Value> StudentExtra(const crypto::KeyRing& keys, const NameRules& names,
                                    const ruraledu::registry::v1::Student& student);
// `reference` must outlive the kind.
rpc::RootKind<ruraledu::registry::v1::Student> StudentKind(const rpc::Host& host, const Reference& reference);

// Restores what only the server sets (status, spans, area, household link, alias) after a request was merged in.
void KeepServerFields(const ruraledu::registry::v1::Student& before, ruraledu::registry::v1::Student* after);
// Checks and normalises the identity number alone.
void CheckIdentityOnly(const StudentChecks& checks, std::string_view field, ruraledu::registry::v1::Student* student,
                       Violations* violations);

// The claim of one person's identity number, in the three steps of common/db/claims.h. Does nothing for a student
// without a number.
class IdentityClaim {
 public:
  IdentityClaim(const rpc::Host& host, const ruraledu::registry::v1::Student& student, std::string_view person,
                std::string_view owner_shard, std::string_view operation);
  absl::Status CheckFree() const;                  // validate_only: IDENTITY_TAKEN
  absl::Status Take();                             // TENTATIVE in the claim shards: IDENTITY_TAKEN names nobody
  absl::Status Settle(db::Transaction& tx) const;  // in the county's write: CLAIM_BARRED; marks the operation done
  // After the county's write: HELD, or free again when the write was refused. The sweeper does the same when the
  // process dies before. Returns the error of the write, if any.
  absl::Status Conclude(const absl::Status& written) const;

 private:
  absl::Status GiveBack(const db::ClaimRow& row) const;

  const rpc::Host& host_;
  const std::string operation_;
  std::vector<db::ClaimRow> rows_;  // one per key version
};

// Claims follow what the county says of its students. A corrected number, a merge and an un-merge change who should
// hold the claim on a number, and no transaction spans the county and the claim shard: the county's write inserts this
// job, which makes the claim so, however often it runs and whatever happened since.
inline constexpr std::string_view kSettleIdentityJob = "identity_settle";
// `student` is the record whose number it is, `other` the second one of a merge ("" otherwise), both resource names.
absl::Status InsertSettleIdentity(db::Transaction& tx, std::string_view subject, std::string_view student,
                                  std::string_view other, const std::vector<std::string>& keys);
absl::StatusOr<std::string> RunSettleIdentity(const rpc::Host& host, db::JobContext& context);

}  // namespace ruraledu::registry
