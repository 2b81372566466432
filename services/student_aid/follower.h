// Keeps the copies of the registry's roots: pupils, schools, households, calendars, open imports, and in the access
// shards the accounts and grants. The engine is in common/feed/follower.h.
#pragma once

#include "common/crypto/keys.h"
#include "common/feed/follower.h"
#include "google/protobuf/any.pb.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

class RegistryCopy final : public feed::Applier {
 public:
  // Outlived by the keys.
  explicit RegistryCopy(crypto::KeyRing& keys) : keys_(keys) {}

  absl::Status Prepare(std::string_view shard) override { return keys_.SealerOf(shard).status(); }
  absl::Status Apply(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry) override;
  absl::Status ApplyState(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, int64_t resync) override;
  absl::Status FinishResync(db::Transaction& tx, std::string_view shard, int64_t resync) override;

 private:
  absl::Status ApplyAll(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, const Seen& seen);
  absl::Status ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root, const std::string& personal,
                         const Seen& seen);
  // Replaces an ID number by its keyed digest.
  void Digest(std::string* id_number) const;

  crypto::KeyRing& keys_;
};

}  // namespace ruraledu::student_aid
