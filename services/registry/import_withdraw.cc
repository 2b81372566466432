// Withdrawal: roots not changed since get back the image from before the import; the others are listed for a decision.
// The last line first, so that what refers to a root is gone before the root.
#include <algorithm>
#include <map>

#include "common/domain/shard.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kPage = 2'000;
constexpr size_t kRoots = 500;

}  // namespace

// The last line and the last image first.
absl::StatusOr<std::vector<ImportJob::Touched>> ImportJob::TouchedRoots() const {
  std::map<std::string, Touched> roots;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "*", after, kPage);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      const auto images = ImagesOf(import_.source(), line);
      for (size_t i = 0; i < images.size(); ++i) {
        Touched& touched = roots.try_emplace(images[i].name(), Touched{line.line, i, 0}).first->second;
        touched.version = std::max(touched.version, images[i].version());
      }
    }
    if (page.empty()) {
      break;
    }
  }
  std::vector<Touched> order;
  for (const auto& [name, touched] : roots) {
    order.push_back(touched);
  }
  std::sort(order.begin(), order.end(),
            [](const Touched& a, const Touched& b) { return std::tie(a.line, a.image) > std::tie(b.line, b.image); });
  return order;
}

// Restores roots in the transaction's shard; gives the lines of those that stay as they are.
absl::StatusOr<std::vector<int64_t>> ImportJob::RestoreRoots(db::Transaction& tx, const ImportParts& parts,
                                                             absl::Span<const Touched> roots) const {
  std::vector<int64_t> conflicts;
  ImportRun run(tx, parts, false);
  for (const Touched& touched : roots) {
    ASSIGN_OR_RETURN(const auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, touched.line));
    const auto images = ImagesOf(import_.source(), *line);
    ASSIGN_OR_RETURN(const bool restored, run.Restore(images[touched.image], touched.version));
    if (!restored) {
      conflicts.push_back(touched.line);
    }
  }
  RETURN_IF_ERROR(run.Flush());
  return conflicts;
}

absl::StatusOr<std::string> ImportJob::Withdraw() {
  cursor_ = ImportCursor::Parse(context_.job().cursor, "RESTORE");
  if (import_.state() != v1::IMPORT_STATE_PARTLY_APPLIED) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const std::vector<Touched> order, TouchedRoots());
  const bool national = import_.source() == v1::IMPORT_SOURCE_CALENDARS;
  // The cursor counts roots: the images never change, so the order is the same after a crash.
  for (auto from = static_cast<size_t>(cursor_.line); from < order.size(); from += kRoots) {
    const auto part = absl::MakeConstSpan(order).subspan(from, kRoots);
    std::vector<int64_t> conflicts;
    if (national) {
      ImportParts parts = *parts_;
      parts.shard = std::string(kNationShard);
      ASSIGN_OR_RETURN(parts.sealer, host_.keys.SealerOf(kNationShard));
      ASSIGN_OR_RETURN(conflicts, host_.database.Write(kNationShard, [&](db::Transaction& tx) {
        return RestoreRoots(tx, parts, part);
      }));
    }
    RETURN_IF_ERROR(
        Chunk({"RESTORE", static_cast<int64_t>(from + part.size())}, [&](db::Transaction& tx) -> absl::Status {
          if (!national) {
            ASSIGN_OR_RETURN(conflicts, RestoreRoots(tx, *parts_, part));
          }
          for (const int64_t number : conflicts) {
            ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, number));
            line->outcome = "CONFLICT";
            line->code = "ROOT_CHANGED";
            RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, *line));
          }
          return absl::OkStatus();
        }));
  }
  ASSIGN_OR_RETURN(const Tally tally, Count());
  int64_t conflicts = 0;
  for (const auto& [what, count] : tally.counts) {
    conflicts += what.first == "CONFLICT" ? count : 0;
  }
  RETURN_IF_ERROR(Chunk({"DONE"}, [&](db::Transaction& tx) {
    return Save(
        tx,
        [&](v1::Import& import) {
          import.set_state(v1::IMPORT_STATE_WITHDRAWN);
          import.set_withdrawal_conflicts(conflicts);
        },
        "WITHDRAW");
  }));
  RETURN_IF_ERROR(ReloadReference());
  return std::string();
}

}  // namespace ruraledu::registry
