// Work on files that nobody waits for: the scanner's verdict, uploads that nobody ended, bytes that no file holds. Each
// is a job of the shard that finds by itself what there is to do, inserted by the write that made it needed
// (content.h).
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "common/db/jobs.h"
#include "common/files/content.h"
#include "common/files/scanner.h"
#include "common/obs/metrics.h"

namespace ruraledu::files {

inline constexpr std::string_view kScanJob = "scan_files";
inline constexpr std::string_view kExpireJob = "expire_uploads";
inline constexpr std::string_view kCollectJob = "collect_files";

// How the service keeps the roots of its files (table `file`), since this module lies below the journal.
struct Roots {
  std::function<absl::StatusOr<std::optional<v1::File>>(db::Transaction& tx, std::string_view file_id)> load;
  // Writes the root and its journal entry.
  std::function<absl::Status(db::Transaction& tx, const v1::File& before, const v1::File& after,
                             std::string_view cause)>
      save;
};
// For the shard of a job and in its name. Outside of transactions.
using RootsOf = std::function<absl::StatusOr<Roots>(const db::JobRow& job)>;

// Shows every QUARANTINED file of the shard to the scanner. A file that could not be scanned - the scanner hangs,
// crashes, cannot be started - stays QUARANTINED and is tried again after `retry`. Registered only by a process that
// has a scanner or a setting that says that there is none: otherwise the job waits for one that has.
db::JobFunction ScanJob(const Shelf& shelf, const Scanner& scanner, RootsOf roots, const obs::RuntimeMetrics& metrics,
                        absl::Duration retry = absl::Minutes(1));
// Gives up uploads older than Settings::upload_age, waits for the younger ones, and has what is left over collected.
db::JobFunction ExpireJob(const Shelf& shelf, RootsOf roots);
// Removes the bytes of dropped objects, then every object of the store that no row knows: the store is listed first and
// the rows are asked afterwards, and a row is there before the first byte of its object.
db::JobFunction CollectJob(const Shelf& shelf);

}  // namespace ruraledu::files
