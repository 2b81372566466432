// Keeps the copies of the registry's roots: pupils with their spans of enrolment, classes, schools, households,
// calendars; accounts, grants and open imports are kept by common/rpc/registry_copy.h. The engine is in
// common/feed/follower.h.
#pragma once

#include "common/crypto/keys.h"
#include "common/rpc/registry_copy.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// A name with a birth date ("2014-03-15") as a keyed digest; by it and the digest of its identity number a child of a
// list is looked for.
std::string NameDigest(const crypto::KeyRing& keys, std::string_view name, std::string_view birth_date);
// What makes a child one that no student register knows: its identity number, else name, birth date and village.
std::string ChildKey(const crypto::KeyRing& keys, std::string_view id_number, std::string_view name,
                     std::string_view birth_date, std::string_view village);

class RegistryCopy final : public rpc::RegistryCopy {
 public:
  // Outlived by the keys.
  explicit RegistryCopy(crypto::KeyRing& keys);

  absl::Status Prepare(std::string_view shard) override { return keys_.SealerOf(shard).status(); }

 private:
  absl::Status ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root, const std::string& personal,
                         const feed::Seen& seen) override;
  // Replaces an ID number by its keyed digest.
  void Digest(std::string* id_number) const;

  crypto::KeyRing& keys_;
};

}  // namespace ruraledu::dropout_monitoring
