#include "common/dashboard/counters.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/journal.h"
#include "ruraledu/feed/v1/feed.pb.h"

namespace ruraledu::dashboard {
namespace {

constexpr size_t kRowsPerStatement = 32;  // rows of one INSERT; the rest go one by one, so that two texts are prepared

std::string UpsertText(size_t rows, std::string_view value) {
  std::string text = "INSERT INTO counter (shard, level, area, period, measure, dimension, value) VALUES ";
  for (size_t row = 0; row < rows; ++row) {
    const size_t p = row * 6 + 2;
    absl::StrAppend(&text, row == 0 ? "" : ", ", "($1, $", p, ", $", p + 1, ", $", p + 2, ", $", p + 3, ", $", p + 4,
                    ", $", p + 5, ")");
  }
  return absl::StrCat(text,
                      " ON CONFLICT (shard, level, area, period, measure, dimension) DO UPDATE SET value = ", value);
}

absl::Status Upsert(db::Transaction& tx, const CounterRows& rows, std::string_view value) {
  const std::string many = UpsertText(kRowsPerStatement, value), one = UpsertText(1, value);
  size_t left = rows.size();
  std::vector<db::Value> args;
  for (const auto& [key, number] : rows) {
    if (args.empty()) {
      args.push_back(tx.shard());
    }
    args.insert(args.end(), {key.level, key.area, key.period, key.measure, key.dimension, number});
    const size_t wanted = left >= kRowsPerStatement ? kRowsPerStatement : 1;
    if (args.size() == wanted * 6 + 1) {
      RETURN_IF_ERROR(tx.ExecuteValues(wanted == 1 ? one : many, std::move(args)).status());
      args.clear();
      left -= wanted;
    }
  }
  return absl::OkStatus();
}

}  // namespace

CounterRows Expand(const Contributions& sums) {
  CounterRows rows;
  for (const auto& [key, value] : sums.sums()) {
    if (value == 0) {
      continue;
    }
    const auto add = [&, number = value, &key = key](std::string_view level, std::string_view area) {
      if (!area.empty()) {
        rows[{std::string(level), std::string(area), key.period, std::string(key.measure->id), key.code}] += number;
      }
    };
    add(kCountyLevel, CountyOf(key.area));
    add(kTownshipLevel, TownshipOf(key.area));
    add(kSchoolLevel, SchoolOf(key.area));
  }
  std::erase_if(rows, [](const auto& row) { return row.second == 0; });
  return rows;
}

absl::Status AddCounters(db::Transaction& tx, const CounterRows& rows) {
  return Upsert(tx, rows, "counter.value + excluded.value");
}

absl::Status SetCounters(db::Transaction& tx, const CounterRows& rows) {
  return Upsert(tx, rows, "excluded.value");
}

void CounterFold::Changed(const feed::RootTable& table, const google::protobuf::Message* before,
                          const google::protobuf::Message& after) {
  if (before != nullptr) {
    sums_.set_sign(-1);
    book_.Contribute(table, *before, sums_);
  }
  sums_.set_sign(1);
  book_.Contribute(table, after, sums_);
}

absl::Status CounterFold::Flush(db::Transaction& tx) {
  return AddDeltas(tx, sums_);
}

absl::Status AddDeltas(db::Transaction& tx, const Contributions& deltas) {
  if (!deltas.bad_area().empty()) {
    return absl::InternalError(absl::StrCat("a counter of ", tx.shard(), " has no county: ", deltas.bad_area()));
  }
  return AddCounters(tx, Expand(deltas));
}

absl::StatusOr<bool> KeepStocks(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view period,
                                std::string_view actor) {
  ASSIGN_OR_RETURN(
      const int64_t fresh,
      tx.Execute("INSERT INTO counter_period (shard, period) VALUES ($1, $2) ON CONFLICT (shard, period) DO NOTHING",
                 tx.shard(), period));
  if (fresh == 0) {
    return false;
  }
  RETURN_IF_ERROR(tx.Execute("INSERT INTO counter (shard, level, area, period, measure, dimension, value) "
                             "SELECT c.shard, c.level, c.area, $2, c.measure, c.dimension, c.value FROM counter c "
                             "WHERE c.shard = $1 AND c.period = ''",
                             tx.shard(), period)
                      .status());
  const feed::Change change{.entity = "dashboard/" + tx.shard(),
                            .actor = std::string(actor),
                            .call_id = std::string(actor),
                            .body = ruraledu::feed::v1::RootEvent().SerializeAsString(),
                            .personal = ""};
  RETURN_IF_ERROR(feed::Append(tx, sealer, change).status());
  return true;
}

}  // namespace ruraledu::dashboard
