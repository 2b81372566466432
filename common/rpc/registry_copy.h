// What the copies of the registry in all other services have in common: entries and pages of state are taken apart,
// accounts, grants and revocations kept (access_table.h), partly applied imports remembered. A service says what it
// keeps of the other roots.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/feed/copy.h"
#include "common/feed/follower.h"
#include "common/rpc/shared_methods.h"
#include "google/protobuf/any.pb.h"

namespace ruraledu::rpc {

class RegistryCopy : public feed::Applier {
 public:
  // `tables`: those of the copies (common/feed/copy.h), without accounts. The service has tables `open_batch` and
  // `access_resync`.
  explicit RegistryCopy(std::vector<std::string_view> tables) : tables_(std::move(tables)) {}

  absl::Status Apply(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry) final;
  absl::Status ApplyState(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, int64_t resync) final;
  absl::Status FinishResync(db::Transaction& tx, std::string_view shard, int64_t resync) final;

 protected:
  // One root of the registry that is neither account nor import; what the service does not keep it passes over.
  virtual absl::Status ApplyRoot(db::Transaction& tx, const google::protobuf::Any& root, const std::string& personal,
                                 const feed::Seen& seen) = 0;

  // The published part and the personal part of a root put together.
  template <typename M>
  static absl::StatusOr<M> Join(const google::protobuf::Any& published, const std::string& personal) {
    M root;
    if (!root.ParseFromString(published.value()) || !root.MergeFromString(personal)) {
      return absl::DataLossError("a root of the registry's journal does not parse");
    }
    return root;
  }

 private:
  absl::Status ApplyAll(db::Transaction& tx, const ruraledu::feed::v1::JournalEntry& entry, const feed::Seen& seen);
  absl::Status ApplyShared(db::Transaction& tx, const google::protobuf::Any& root, const std::string& personal,
                           const feed::Seen& seen);

  const std::vector<std::string_view> tables_;
};

// What a job waits for: the positions of the registry among those that its request names.
ruraledu::common::v1::Positions OfRegistry(const ruraledu::common::v1::Positions& after);

// What is checked when a job of a county, or of a province for all of its counties, starts: BATCH_OPEN while an import
// is partly applied. A copy that is behind the named positions does not know whether one is still open; the job waits
// for it.
std::function<absl::Status(db::Transaction&)> NoOpenBatch(const SharedMethods& shared, const std::string& parent,
                                                          const ruraledu::common::v1::Positions& after);

}  // namespace ruraledu::rpc
