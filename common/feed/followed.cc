#include "common/feed/followed.h"

#include "common/base/error.h"

namespace ruraledu::feed {
namespace {

FollowedRow RowOf(const db::Row& row) {
  FollowedRow result;
  FollowedShard& followed = result.followed;
  followed.position.set_shard(row.Text(0));
  followed.position.set_service(row.Text(1));
  followed.position.set_instance(row.Text(2));
  followed.position.set_seq(row.Int(3));
  followed.position.set_hash(row.Bytes(4));
  followed.state = row.Text(5);
  followed.heard_at_us = row.Int(6);
  followed.source_head = row.Int(7);
  result.resync = row.Int(8);
  result.resync_token = row.Text(9);
  return result;
}

}  // namespace

absl::StatusOr<std::optional<FollowedRow>> FindFollowedRow(db::Transaction& tx, std::string_view service,
                                                           std::string_view shard) {
  ASSIGN_OR_RETURN(auto row, tx.QueryOne("SELECT shard, service, instance, seq, hash, state, heard_at, source_head, "
                                         "resync_since, resync_token FROM followed WHERE shard = $1 AND service = $2",
                                         shard, service));
  return row.has_value() ? std::optional(RowOf(*row)) : std::nullopt;
}

absl::StatusOr<std::vector<FollowedRow>> ListFollowedRows(db::Transaction& tx, std::string_view service) {
  ASSIGN_OR_RETURN(auto rows, tx.Query("SELECT shard, service, instance, seq, hash, state, heard_at, source_head, "
                                       "resync_since, resync_token FROM followed WHERE service = $1 ORDER BY shard",
                                       service));
  std::vector<FollowedRow> result;
  result.reserve(rows.size());
  for (const db::Row& row : rows) {
    result.push_back(RowOf(row));
  }
  return result;
}

absl::Status SaveFollowedRow(db::Transaction& tx, const FollowedRow& row) {
  const auto& position = row.followed.position;
  tx.WakeOnCommit();
  return tx
      .Execute(
          "INSERT INTO followed (shard, service, instance, seq, hash, state, heard_at, source_head, resync_since, "
          "resync_token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (shard, service) DO UPDATE SET "
          "instance = excluded.instance, seq = excluded.seq, hash = excluded.hash, state = excluded.state, "
          "heard_at = excluded.heard_at, source_head = excluded.source_head, resync_since = excluded.resync_since, "
          "resync_token = excluded.resync_token",
          tx.shard(), position.service(), position.instance(), position.seq(), db::Blob{position.hash()},
          row.followed.state, row.followed.heard_at_us, row.followed.source_head, row.resync, row.resync_token)
      .status();
}

absl::StatusOr<std::optional<FollowedShard>> FindFollowed(db::Transaction& tx, std::string_view service,
                                                          std::string_view shard) {
  ASSIGN_OR_RETURN(auto row, FindFollowedRow(tx, service, shard));
  return row.has_value() ? std::optional(std::move(row->followed)) : std::nullopt;
}

bool IsComplete(std::string_view state) {
  return state == kFollowing || state == kFailed;
}

}  // namespace ruraledu::feed
