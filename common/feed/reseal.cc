#include "common/feed/reseal.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/feed/journal.h"

namespace ruraledu::feed {
namespace {

namespace jobs_v1 = ruraledu::jobs::v1;

constexpr int64_t kRows = 500;

struct Rows {
  const RootTable& table;
  std::function<google::protobuf::Message*()> make;
  std::function<IndexColumns(const google::protobuf::Message&)> indexes;
};

// "" when there is no row behind `after`.
absl::StatusOr<std::string> LastOfPage(db::Database& database, const RootTable& table, const std::string& shard,
                                       const std::string& after) {
  ASSIGN_OR_RETURN(const auto rows, database.Read([&](db::Transaction& tx) {
    return tx.Query(absl::StrCat("SELECT id FROM ", table.table, " WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3"),
                    shard, after, kRows);
  }));
  return rows.empty() ? std::string() : rows.back().Text(0);
}

// Names of the index columns, known by an empty root.
IndexColumns ColumnsOf(const Rows& rows) {
  if (rows.indexes == nullptr) {
    return {};
  }
  const std::unique_ptr<google::protobuf::Message> sample(rows.make());
  return rows.indexes(*sample);
}

// Brings one row (id, body, sealed, version, index columns) up to date; whether it had to be.
absl::StatusOr<bool> ResealRow(db::Transaction& tx, const crypto::Sealer& sealer, const Rows& rows,
                               const db::Row& row) {
  const std::string context = crypto::FieldContext(rows.table.collection, row.Text(0));
  const std::string& sealed = row.Bytes(2);
  const bool old = !sealed.empty() && sealer.NeedsReseal(sealed);
  IndexColumns indexes;
  if (rows.indexes != nullptr) {
    const std::unique_ptr<google::protobuf::Message> root(rows.make());
    RETURN_IF_ERROR(ReadRoot(row, 1, rows.table, row.Text(0), &sealer, root.get()));
    indexes = rows.indexes(*root);
  }
  bool stale = false;
  for (size_t i = 0; i < indexes.size(); ++i) {
    stale |= row.Text(4 + i) != indexes[i].second;
  }
  if (!old && !stale) {
    return false;
  }
  std::vector<db::Value> args = {tx.shard(), row.Text(0)};
  std::string sets;
  const auto set = [&](std::string_view column, db::Value value) {
    args.push_back(std::move(value));
    absl::StrAppend(&sets, sets.empty() ? "" : ", ", column, " = $", args.size());
  };
  if (old) {
    ASSIGN_OR_RETURN(const std::string text, sealer.Open(sealed, context));
    set("sealed", db::Blob{sealer.Seal(text, context)});
  }
  for (auto& [column, value] : indexes) {
    set(column, std::move(value));
  }
  RETURN_IF_ERROR(
      tx.ExecuteValues(absl::StrCat("UPDATE ", rows.table.table, " SET ", sets, " WHERE shard = $1 AND id = $2"),
                       std::move(args))
          .status());
  return true;
}

// Rows behind `after` up to `until`; how many were brought up to date.
absl::StatusOr<int64_t> ResealPage(db::Transaction& tx, const crypto::Sealer& sealer, const Rows& rows,
                                   const std::string& after, const std::string& until) {
  std::string columns = "id, body, sealed, version";
  for (const auto& [column, value] : ColumnsOf(rows)) {
    absl::StrAppend(&columns, ", ", column);
  }
  ASSIGN_OR_RETURN(const auto page, tx.Query(absl::StrCat("SELECT ", columns, " FROM ", rows.table.table,
                                                          " WHERE shard = $1 AND id > $2 AND id <= $3 ORDER BY id"),
                                             tx.shard(), after, until));
  int64_t changed = 0;
  for (const db::Row& row : page) {
    ASSIGN_OR_RETURN(const bool one, ResealRow(tx, sealer, rows, row));
    changed += one ? 1 : 0;
  }
  return changed;
}

absl::StatusOr<int64_t> ResealEntries(db::Transaction& tx, const crypto::Sealer& sealer, int64_t after, int64_t until) {
  ASSIGN_OR_RETURN(const auto entries, ReadSealedEntries(tx, tx.shard(), after, until - after));
  int64_t changed = 0;
  for (const auto& entry : entries) {
    if (entry.seq() > until || entry.personal().empty() || !sealer.NeedsReseal(entry.personal())) {
      continue;
    }
    std::vector<ruraledu::feed::v1::JournalEntry> one = {entry};
    RETURN_IF_ERROR(OpenPersonal(sealer, one));
    RETURN_IF_ERROR(ReplacePersonal(tx, sealer, entry.seq(), one[0].personal()).status());
    ++changed;
  }
  return changed;
}

absl::Status Begin(crypto::KeyRing& keys, ResealTurn& turn) {
  jobs_v1::ResealRequest request;
  if (!request.ParseFromString(turn.context.job().input)) {
    return absl::InternalError("reseal: input does not parse");
  }
  ASSIGN_OR_RETURN(const int wrapped, keys.Rewrap(turn.shard));
  turn.result().set_data_keys(wrapped);
  if (request.new_data_key()) {  // a turn that is cut off here makes another one: none is the worse for it
    RETURN_IF_ERROR(keys.RotateDataKey(turn.shard).status());
  }
  turn.NextStep();
  return turn.Chunk("", [](db::Transaction&) { return absl::OkStatus(); });
}

}  // namespace

absl::Status ResealTurn::Chunk(const std::string& after, const std::function<absl::Status(db::Transaction&)>& body) {
  jobs_v1::ResealCursor next = cursor_;
  next.set_after(after);
  const int64_t done = cursor_.result().rows() + cursor_.result().entries() + cursor_.result().claims();
  RETURN_IF_ERROR(context.Chunk(body, next.SerializeAsString(), done, 0));
  cursor_.set_after(after);
  return absl::OkStatus();
}

void ResealTurn::NextStep() {
  cursor_.set_step(cursor_.step() + 1);
  cursor_.clear_after();
}

ResealStep ResealRoots(const RootTable& table, std::function<google::protobuf::Message*()> make,
                       std::function<IndexColumns(const google::protobuf::Message&)> indexes) {
  return [rows = Rows{table, std::move(make), std::move(indexes)}](
             ResealTurn& turn, const std::string& after) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(std::string until, LastOfPage(turn.context.database(), rows.table, turn.shard, after));
    if (until.empty()) {
      return until;
    }
    int64_t changed = 0;
    RETURN_IF_ERROR(turn.Chunk(until, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(changed, ResealPage(tx, *turn.sealer, rows, after, until));
      return absl::OkStatus();
    }));
    turn.result().set_rows(turn.result().rows() + changed);
    return until;
  };
}

ResealStep ResealJournal() {
  return [](ResealTurn& turn, const std::string& after) -> absl::StatusOr<std::string> {
    int64_t at = 0;
    if (!after.empty() && !absl::SimpleAtoi(after, &at)) {
      return absl::InternalError("reseal: cursor does not parse");
    }
    ASSIGN_OR_RETURN(const auto page, turn.context.database().Read([&](db::Transaction& tx) {
      return ReadSealedEntries(tx, turn.shard, at, kPageEntries);
    }));
    if (page.empty()) {
      return std::string();
    }
    const int64_t until = page.back().seq();
    int64_t changed = 0;
    RETURN_IF_ERROR(turn.Chunk(absl::StrCat(until), [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(changed, ResealEntries(tx, *turn.sealer, at, until));
      return absl::OkStatus();
    }));
    turn.result().set_entries(turn.result().entries() + changed);
    return absl::StrCat(until);
  };
}

db::JobFunction ResealJob(crypto::KeyRing& keys, std::vector<ResealStep> steps) {
  return [&keys, steps = std::move(steps)](db::JobContext& context) -> absl::StatusOr<std::string> {
    jobs_v1::ResealCursor cursor;
    if (!cursor.ParseFromString(context.job().cursor)) {
      return absl::InternalError("reseal: cursor does not parse");
    }
    ASSIGN_OR_RETURN(auto sealer, keys.SealerOf(context.job().shard));
    ResealTurn turn(context, std::move(sealer), std::move(cursor));
    if (turn.cursor().step() == 0) {
      RETURN_IF_ERROR(Begin(keys, turn));
    }
    while (turn.cursor().step() <= static_cast<int>(steps.size())) {
      const ResealStep& step = steps[turn.cursor().step() - 1];
      for (std::string after = turn.cursor().after();;) {
        RETURN_IF_ERROR(context.CheckGoOn());
        ASSIGN_OR_RETURN(after, step(turn, after));
        if (after.empty()) {
          break;
        }
      }
      turn.NextStep();
    }
    return turn.result().SerializeAsString();
  };
}

}  // namespace ruraledu::feed
