// Re-encryption of one shard under the newest keys (common/crypto/keys.h, "Rotation"), as a job that every service
// runs: data keys wrapped by the newest master key, then the sealed part and the blind indexes of every row, then the
// personal parts of the journal, then what the service adds. Nothing that anybody reads changes: no version, no journal
// entry, no counter. Both versions are read meanwhile, and while the job waits.
//
// Chunk by chunk with the cursor in the job's row; what is under the newest keys is left alone, so that a chunk that
// runs twice does nothing the second time. Old data keys stay: the digests in the bodies of the journal were made with
// them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/jobs.h"
#include "common/feed/root.h"
#include "ruraledu/jobs/v1/reseal.pb.h"

namespace ruraledu::feed {

inline constexpr std::string_view kResealJob = "reseal";  // input: ResealRequest, result: ResealResult

// What a step of the job works with.
class ResealTurn {
 public:
  ResealTurn(db::JobContext& context, std::shared_ptr<const crypto::Sealer> sealer,
             ruraledu::jobs::v1::ResealCursor cursor)
      : context(context), sealer(std::move(sealer)), shard(context.job().shard), cursor_(std::move(cursor)) {}

  db::JobContext& context;
  const std::shared_ptr<const crypto::Sealer> sealer;
  const std::string shard;

  // A write of the shard after which the step stands at `after`.
  absl::Status Chunk(const std::string& after, const std::function<absl::Status(db::Transaction&)>& body);
  ruraledu::jobs::v1::ResealResult& result() { return *cursor_.mutable_result(); }
  const ruraledu::jobs::v1::ResealCursor& cursor() const { return cursor_; }
  void NextStep();

 private:
  ruraledu::jobs::v1::ResealCursor cursor_;
};

// Does the rows behind the key `after`, in chunks or only one chunk, and returns the key of the last one; "" when there
// was none. Called again with what it returned.
using ResealStep = std::function<absl::StatusOr<std::string>(ResealTurn& turn, const std::string& after)>;

// Blind-index columns of a root with their values under the newest key.
using IndexColumns = std::vector<std::pair<std::string_view, std::string>>;

// The rows of a table of roots, or of copies of roots. `make` and `indexes` where the table has blind indexes; the
// table outlives the step.
ResealStep ResealRoots(const RootTable& table, std::function<google::protobuf::Message*()> make = nullptr,
                       std::function<IndexColumns(const google::protobuf::Message& root)> indexes = nullptr);
// The personal parts of the journal.
ResealStep ResealJournal();

// The job over `steps`, in their order. `keys` outlives the engine.
db::JobFunction ResealJob(crypto::KeyRing& keys, std::vector<ResealStep> steps);

}  // namespace ruraledu::feed
