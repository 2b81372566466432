// Counters of the measures: rows (shard, level, area, period, measure, dimension) -> value at school, township and
// county level, changed in the transaction that changes the facts. Whoever changes counters also journals in that
// transaction: the head of the shard is the version of its counters.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/crypto/field_cipher.h"
#include "common/dashboard/measures.h"
#include "common/db/db.h"
#include "common/feed/root.h"

namespace ruraledu::dashboard {

inline constexpr std::string_view kCountyLevel = "COUNTY";
inline constexpr std::string_view kTownshipLevel = "TOWNSHIP";
inline constexpr std::string_view kSchoolLevel = "SCHOOL";

struct CounterKey {
  std::string level, area, period, measure, dimension;
  friend auto operator<=>(const CounterKey&, const CounterKey&) = default;
};
using CounterRows = std::map<CounterKey, int64_t>;

// The rows that a set of sums stands for: each one at county, township and school level, as far as its area has them.
CounterRows Expand(const Contributions& sums);
// Adds to / sets the rows of tx.shard().
absl::Status AddCounters(db::Transaction& tx, const CounterRows& rows);
absl::Status SetCounters(db::Transaction& tx, const CounterRows& rows);

// Folds the changes of one transaction and writes each changed counter once.
class CounterFold final : public feed::RootObserver {
 public:
  explicit CounterFold(const MeasureBook& book) : book_(book), sums_(book) {}
  void Changed(const feed::RootTable& table, const google::protobuf::Message* before,
               const google::protobuf::Message& after) override;
  // INTERNAL when a root contributed to an area that has no county.
  absl::Status Flush(db::Transaction& tx) override;

 private:
  const MeasureBook& book_;
  Contributions sums_;
};

// Changes counters of measures that no root carries (`from_roots` false), e.g. new minus old result of a run. The
// caller journals in the same transaction.
absl::Status AddDeltas(db::Transaction& tx, const Contributions& deltas);

// Keeps the present level of every STOCK under `period`, once per shard and period (later calls change nothing), and
// journals it as `actor`. False when it had been kept before.
absl::StatusOr<bool> KeepStocks(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view period,
                                std::string_view actor);

}  // namespace ruraledu::dashboard
