// Withdrawal: roots not changed since get back the image from before the import; the others are listed for a decision.
#include <map>

#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

namespace v1 = ruraledu::registry::v1;

constexpr int64_t kPage = 2'000;
constexpr size_t kRoots = 500;

// What the import did to one root: the image before its first row, the version after its last one.
struct Touched {
  int64_t line = 0;
  int image = 0;  // position in the line's before-images
  int64_t version = 0;
};

}  // namespace

absl::StatusOr<std::string> ImportJob::Withdraw() {
  cursor_ = ImportCursor::Parse(context_.job().cursor, "RESTORE");
  if (import_.state() != v1::IMPORT_STATE_PARTLY_APPLIED) {
    return std::string();
  }
  std::map<std::string, Touched> roots;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "*", after, kPage);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      for (int i = 0; i < line.staged.befores_size(); ++i) {
        Touched& touched = roots.try_emplace(line.staged.befores(i).name(), Touched{line.line, i, 0}).first->second;
        touched.version = std::max(touched.version, line.staged.befores(i).version());
      }
    }
    if (page.empty()) {
      break;
    }
  }
  std::vector<std::pair<int64_t, const std::pair<const std::string, Touched>*>> order;
  for (const auto& root : roots) {
    order.emplace_back(root.second.line, &root);
  }
  std::sort(order.begin(), order.end());
  for (size_t from = 0; from < order.size();) {
    // All roots of one line go into one chunk: the cursor is a line.
    size_t to = std::min(from + kRoots, order.size());
    while (to < order.size() && order[to].first == order[to - 1].first) {
      ++to;
    }
    if (order[to - 1].first > cursor_.line) {
      RETURN_IF_ERROR(Chunk({"RESTORE", order[to - 1].first}, [&](db::Transaction& tx) -> absl::Status {
        ImportRun run(tx, *parts_, false);
        for (size_t i = from; i < to; ++i) {
          const auto& [name, touched] = *order[i].second;
          if (touched.line <= cursor_.line) {
            continue;
          }
          ASSIGN_OR_RETURN(auto line, LoadLine(tx, *parts_->sealer, parts_->shard, id_, touched.line));
          ASSIGN_OR_RETURN(const bool restored, run.Restore(line->staged.befores(touched.image), touched.version));
          if (!restored) {
            line->outcome = "CONFLICT";
            line->code = "ROOT_CHANGED";
            RETURN_IF_ERROR(UpdateLine(tx, *parts_->sealer, id_, *line));
          }
        }
        return run.Flush();
      }));
    }
    from = to;
  }
  ASSIGN_OR_RETURN(const auto counts,
                   host_.database.Read([&](db::Transaction& tx) { return CountLines(tx, parts_->shard, id_); }));
  int64_t conflicts = 0;
  for (const OutcomeCount& count : counts) {
    conflicts += count.outcome == "CONFLICT" ? count.count : 0;
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
  return std::string();
}

}  // namespace ruraledu::registry
