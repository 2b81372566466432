#include "common/dashboard/rebuild.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/journal.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::RebuildDashboardResult;

constexpr int64_t kCounterPage = 20'000;  // rows per snapshot

// One attempt at one shard, from several snapshots that must all have the same head.
class Rebuild {
 public:
  Rebuild(const MeasureBook& book, const crypto::Sealer& sealer, const RebuildOptions& options, db::JobContext& context)
      : book_(book), sealer_(sealer), options_(options), context_(context), shard_(context.job().shard), sums_(book) {}

  // HEAD_MOVED when somebody wrote meanwhile.
  absl::StatusOr<RebuildDashboardResult> Run() {
    ASSIGN_OR_RETURN(seq_, context_.database().Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, shard_));
      return head.seq;
    }));
    for (const Contributor& contributor : book_.contributors()) {
      RETURN_IF_ERROR(AddRoots(contributor));
    }
    if (!sums_.bad_area().empty()) {
      return absl::InternalError(absl::StrCat("a counter of ", shard_, " has no county: ", sums_.bad_area()));
    }
    ASSIGN_OR_RETURN(const CounterRows stored, ReadStored());
    CounterRows right = Expand(sums_);
    RebuildDashboardResult result;
    CounterRows wrong;
    for (const auto& [key, value] : stored) {
      const auto [row, missing] = right.emplace(key, 0);
      if (row->second != value) {
        wrong.emplace(key, row->second);
      }
    }
    for (const auto& [key, value] : right) {
      if (!stored.contains(key)) {
        wrong.emplace(key, value);
      }
    }
    result.set_counters(static_cast<int64_t>(right.size()));
    result.set_differences(static_cast<int64_t>(wrong.size()));
    RETURN_IF_ERROR(Apply(wrong, result.counters()));
    return result;
  }

 private:
  absl::Status CheckHead(db::Transaction& tx) const {
    ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, shard_));
    return head.seq == seq_ ? absl::OkStatus() : Fail("HEAD_MOVED", {{"shard", shard_}});
  }

  absl::Status AddRoots(const Contributor& contributor) {
    const std::string sql = absl::StrCat("SELECT id, body, sealed, version FROM ", contributor.table->table,
                                         " WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3");
    std::string after;
    for (;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto rows,
                       context_.database().Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<db::Row>> {
                         RETURN_IF_ERROR(CheckHead(tx));
                         return tx.Query(sql, shard_, after, options_.page);
                       }));
      for (const db::Row& row : rows) {
        const std::unique_ptr<google::protobuf::Message> root(contributor.prototype->New());
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, *contributor.table, row.Text(0), &sealer_, root.get()));
        contributor.contribute(*root, sums_);
      }
      if (static_cast<int64_t>(rows.size()) < options_.page) {
        return absl::OkStatus();
      }
      after = rows.back().Text(0);
    }
  }

  // The stored rows that roots make: of measures from roots, STOCK only as it is now.
  absl::StatusOr<CounterRows> ReadStored() {
    CounterRows stored;
    CounterKey after;
    for (;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(
          const auto rows, context_.database().Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<db::Row>> {
            RETURN_IF_ERROR(CheckHead(tx));
            return tx.Query(
                "SELECT level, area, period, measure, dimension, value FROM counter WHERE shard = $1 "
                "AND (level, area, period, measure, dimension) > ($2, $3, $4, $5, $6) "
                "ORDER BY level, area, period, measure, dimension LIMIT $7",
                shard_, after.level, after.area, after.period, after.measure, after.dimension, kCounterPage);
          }));
      for (const db::Row& row : rows) {
        after = {row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4)};
        const Measure* measure = book_.Find(after.measure);
        if (measure != nullptr && measure->from_roots &&
            (measure->kind == MeasureKind::kFlow || after.period.empty())) {
          stored.emplace(after, row.Int(5));
        }
      }
      if (static_cast<int64_t>(rows.size()) < kCounterPage) {
        return stored;
      }
    }
  }

  absl::Status Apply(const CounterRows& wrong, int64_t counters) {
    return context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          if (tx.head().seq != seq_) {
            return Fail("HEAD_MOVED", {{"shard", shard_}});
          }
          if (wrong.empty()) {
            return absl::OkStatus();
          }
          RETURN_IF_ERROR(SetCounters(tx, wrong));
          const std::string actor = absl::StrCat("job:", context_.job().id);
          return feed::Append(tx, sealer_,
                              {.entity = "dashboard/" + shard_,
                               .actor = actor,
                               .call_id = actor,
                               .body = ruraledu::feed::v1::RootEvent().SerializeAsString(),
                               .personal = ""})
              .status();
        },
        "", counters, counters);
  }

  const MeasureBook& book_;
  const crypto::Sealer& sealer_;
  const RebuildOptions& options_;
  db::JobContext& context_;
  const std::string shard_;
  Contributions sums_;
  int64_t seq_ = 0;
};

}  // namespace

db::JobFunction RebuildJob(const MeasureBook& book, crypto::KeyRing& keys, RebuildOptions options) {
  return [&book, &keys, options](db::JobContext& context) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(context.job().shard));
    for (int attempt = 0; attempt < options.attempts; ++attempt) {
      const auto result = Rebuild(book, *sealer, options, context).Run();
      if (result.ok()) {
        return result->SerializeAsString();
      }
      if (ReasonOf(result.status()) != "HEAD_MOVED") {
        return result.status();
      }
    }
    return context.Postpone(db::JobState::kQueued, options.pause);
  };
}

db::JobFunction OpenPeriodJob(crypto::KeyRing& keys) {
  return [&keys](db::JobContext& context) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(context.job().shard));
    const std::string period = context.job().input;
    RETURN_IF_ERROR(context.Chunk(
        [&](db::Transaction& tx) {
          return KeepStocks(tx, *sealer, period, absl::StrCat("job:", context.job().id)).status();
        },
        "", 1, 1));
    return "";
  };
}

}  // namespace ruraledu::dashboard
