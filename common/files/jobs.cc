#include "common/files/jobs.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/files/object.h"
#include "common/obs/log.h"

namespace ruraledu::files {
namespace {

constexpr int64_t kPage = 200;

// Ids of the shard's files in a state, those that are longest in it first, and since when.
struct Waiting {
  std::string id;
  absl::Time since;
};
absl::StatusOr<std::vector<Waiting>> FilesIn(db::Database& database, const std::string& shard, std::string_view state) {
  return database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<Waiting>> {
    ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, since FROM file WHERE shard = $1 AND state = $2 "
                                               "ORDER BY since, id LIMIT $3",
                                               shard, state, kPage));
    std::vector<Waiting> waiting;
    for (const db::Row& row : rows) {
      waiting.push_back({row.Text(0), row.Time(1)});
    }
    return waiting;
  });
}

// Changes one file, if it still is in `state`.
absl::Status Change(db::JobContext& context, const Roots& roots, const std::string& id, v1::FileState state,
                    std::string_view cause,
                    const std::function<absl::StatusOr<v1::File>(db::Transaction&, v1::File)>& change) {
  return context.Chunk(
      [&](db::Transaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(const auto before, roots.load(tx, id));
        if (!before.has_value() || before->state() != state) {
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(const v1::File after, change(tx, *before));
        return roots.save(tx, *before, after, cause);
      },
      context.job().cursor, context.job().done_units + 1, 0);
}

// Removes the bytes of dropped objects from the store, and then their rows.
absl::Status RemoveDropped(const Shelf& shelf, db::JobContext& context) {
  const std::string shard = context.job().shard;
  while (true) {
    RETURN_IF_ERROR(context.CheckGoOn());
    ASSIGN_OR_RETURN(const auto rows, shelf.database.Read([&](db::Transaction& tx) {
      return tx.Query("SELECT object FROM file_object WHERE shard = $1 AND dropped = 1 ORDER BY object LIMIT $2", shard,
                      kPage);
    }));
    if (rows.empty()) {
      return absl::OkStatus();
    }
    for (const db::Row& row : rows) {
      RETURN_IF_ERROR(shelf.store.Remove(shard, row.Text(0)));
    }
    RETURN_IF_ERROR(context.Chunk(
        [&](db::Transaction& tx) {
          return tx
              .Execute("DELETE FROM file_object WHERE shard = $1 AND dropped = 1 AND object <= $2", shard,
                       rows.back().Text(0))
              .status();
        },
        context.job().cursor, context.job().done_units + static_cast<int64_t>(rows.size()), 0));
  }
}

absl::StatusOr<std::set<std::string>> KnownBetween(db::Database& database, const std::string& shard,
                                                   const std::string& first, const std::string& last) {
  return database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::set<std::string>> {
    ASSIGN_OR_RETURN(const auto rows,
                     tx.Query("SELECT object FROM file_object WHERE shard = $1 AND object >= $2 AND object <= $3",
                              shard, first, last));
    std::set<std::string> known;
    for (const db::Row& row : rows) {
      known.insert(row.Text(0));
    }
    return known;
  });
}

absl::Status RemoveUnknown(const Shelf& shelf, db::JobContext& context) {
  const std::string shard = context.job().shard;
  while (true) {
    RETURN_IF_ERROR(context.CheckGoOn());
    ASSIGN_OR_RETURN(const auto objects, shelf.store.List(shard, context.job().cursor, kPage));
    if (objects.empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto known, KnownBetween(shelf.database, shard, objects.front(), objects.back()));
    int64_t removed = 0;
    for (const std::string& object : objects) {
      if (!known.contains(object)) {
        RETURN_IF_ERROR(shelf.store.Remove(shard, object));
        ++removed;
      }
    }
    RETURN_IF_ERROR(context.Chunk([](db::Transaction&) { return absl::OkStatus(); }, objects.back(),
                                  context.job().done_units + removed, 0));
  }
}

class Scanning {
 public:
  Scanning(const Shelf& shelf, const Scanner& scanner, RootsOf roots, const obs::RuntimeMetrics& metrics,
           absl::Duration retry)
      : shelf_(shelf),
        scanner_(scanner),
        roots_of_(std::move(roots)),
        retry_(retry),
        clean_(metrics.CounterOf("ruraledu_file_scans_total", {"clean"})),
        rejected_(metrics.CounterOf("ruraledu_file_scans_total", {"rejected"})),
        failed_(metrics.CounterOf("ruraledu_file_scans_total", {"failed"})) {}

  absl::StatusOr<std::string> Run(db::JobContext& context) {
    ASSIGN_OR_RETURN(const Roots roots, roots_of_(context.job()));
    std::set<std::string> unscanned;
    for (bool found = true; found;) {
      ASSIGN_OR_RETURN(const auto waiting, FilesIn(shelf_.database, context.job().shard, "QUARANTINED"));
      found = false;
      for (const Waiting& file : waiting) {
        if (unscanned.contains(file.id)) {
          continue;
        }
        found = true;
        RETURN_IF_ERROR(context.CheckGoOn());
        ASSIGN_OR_RETURN(const bool judged, Scan(context, roots, file.id));
        if (!judged) {
          unscanned.insert(file.id);
        }
      }
      found = found && static_cast<int64_t>(unscanned.size()) < kPage;
    }
    RETURN_IF_ERROR(RemoveDropped(shelf_, context));
    return unscanned.empty() ? absl::StatusOr<std::string>("")
                             : absl::StatusOr<std::string>(context.Postpone(db::JobState::kQueued, retry_));
  }

 private:
  // False when the scanner did not get through.
  absl::StatusOr<bool> Scan(db::JobContext& context, const Roots& roots, const std::string& id) {
    const absl::StatusOr<Pieces> content = ReadQuarantined(shelf_, context.job().shard, id);
    if (ReasonOf(content.status()) == "FILE_NOT_CLEAN") {
      return true;  // erased meanwhile
    }
    const absl::StatusOr<bool> clean = content.ok() ? scanner_.IsClean(*content) : content.status();
    if (!clean.ok()) {
      failed_.Inc();
      const bool scanner = ReasonOf(clean.status()) == "SCAN_FAILED";  // its text quotes nobody
      obs::LogStatus(obs::Level::kWarning, "file_scan_failed", clean.status(),
                     {{"file", id}, {"problem", scanner ? std::string(clean.status().message()) : ""}});
      return false;
    }
    if (!*clean) {
      obs::Log(obs::Level::kWarning, "file_rejected", {{"shard", context.job().shard}, {"file", id}});
    }
    (*clean ? clean_ : rejected_).Inc();
    RETURN_IF_ERROR(Change(context, roots, id, v1::FILE_STATE_QUARANTINED, *clean ? "SCAN_CLEAN" : "SCAN_REJECTED",
                           [&](db::Transaction& tx, v1::File file) { return Judge(tx, std::move(file), *clean); }));
    return true;
  }

  const Shelf& shelf_;
  const Scanner& scanner_;
  const RootsOf roots_of_;
  const absl::Duration retry_;
  obs::Counter clean_, rejected_, failed_;
};

}  // namespace

db::JobFunction ScanJob(const Shelf& shelf, const Scanner& scanner, RootsOf roots, const obs::RuntimeMetrics& metrics,
                        absl::Duration retry) {
  const auto scanning = std::make_shared<Scanning>(shelf, scanner, std::move(roots), metrics, retry);
  return [scanning](db::JobContext& context) { return scanning->Run(context); };
}

db::JobFunction ExpireJob(const Shelf& shelf, RootsOf roots_of) {
  return [&shelf, roots_of = std::move(roots_of)](db::JobContext& context) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const Roots roots, roots_of(context.job()));
    while (true) {
      RETURN_IF_ERROR(context.CheckGoOn());
      ASSIGN_OR_RETURN(const auto waiting, FilesIn(shelf.database, context.job().shard, "UPLOADING"));
      if (waiting.empty()) {
        break;
      }
      ASSIGN_OR_RETURN(const absl::Time now, shelf.database.Read([](db::Transaction& tx) {
        return absl::StatusOr<absl::Time>(tx.clock().Now());
      }));
      const absl::Duration left = waiting.front().since + shelf.settings.upload_age - now;
      if (left > absl::ZeroDuration()) {
        return context.Postpone(db::JobState::kQueued, left);
      }
      RETURN_IF_ERROR(Change(context, roots, waiting.front().id, v1::FILE_STATE_UPLOADING, "ABANDON",
                             [](db::Transaction& tx, v1::File file) { return Abandon(tx, std::move(file)); }));
    }
    const db::JobRow& job = context.job();
    RETURN_IF_ERROR(context.Chunk(
        [&](db::Transaction& tx) {
          return db::EnsureJob(tx, {.shard = job.shard,
                                    .id = NewId(tx.clock()),
                                    .kind = std::string(kCollectJob),
                                    .subject = job.subject,
                                    .area = job.area});
        },
        job.cursor, job.done_units, 0));
    return std::string();
  };
}

db::JobFunction CollectJob(const Shelf& shelf) {
  return [&shelf](db::JobContext& context) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(RemoveDropped(shelf, context));
    RETURN_IF_ERROR(RemoveUnknown(shelf, context));
    return std::string();
  };
}

}  // namespace ruraledu::files
