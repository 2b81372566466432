#include "services/student_aid/benefit_claims.h"

#include <map>

#include "common/base/error.h"
#include "common/domain/shard.h"

namespace ruraledu::student_aid {
namespace {

// Claim shard of a key -> positions in `keys`.
std::map<std::string, std::vector<size_t>> ByShard(const std::vector<std::string>& keys) {
  std::map<std::string, std::vector<size_t>> by_shard;
  for (size_t i = 0; i < keys.size(); ++i) {
    by_shard[PersonShard(std::string_view(keys[i]).substr(0, keys[i].find('/')))].push_back(i);
  }
  return by_shard;
}

}  // namespace

absl::StatusOr<Taken> TakeBenefits(db::Database& database, const std::vector<std::string>& keys,
                                   std::string_view county, std::string_view operation) {
  Taken taken;
  taken.had.resize(keys.size());
  const auto by_shard = ByShard(keys);
  const std::vector<std::string> shards = db::ShardsOf(by_shard);
  std::vector<std::vector<db::ClaimRow>> wanted;
  for (const auto& [shard, positions] : by_shard) {
    wanted.emplace_back();
    for (const size_t i : positions) {
      wanted.back().push_back({.space = std::string(kBenefitSpace),
                               .key = keys[i],
                               .holder = std::string(county),
                               .owner_shard = std::string(county),
                               .operation = std::string(operation)});
    }
  }
  std::vector<std::vector<db::ClaimRow>> had(shards.size());
  RETURN_IF_ERROR(db::WriteEach(database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(had[i], db::ClaimMany(tx, wanted[i]));
    return absl::OkStatus();
  }));
  for (size_t at = 0; at < shards.size(); ++at) {
    const std::vector<size_t>& positions = by_shard.at(shards[at]);
    for (size_t i = 0; i < positions.size(); ++i) {
      const db::ClaimRow& row = had[at][i];
      taken.had[positions[i]] = row.holder == county;
      // A claim that came with a merge (merge_claims.h) is the person's own once the county relies on it.
      const bool open = row.state == db::ClaimState::kTentative || row.operation.starts_with(db::kLasting);
      if (row.holder == county && open) {
        taken.operations.insert(row.operation);
        taken.shards.insert(shards[at]);
      }
    }
  }
  return taken;
}

absl::Status SettleBenefits(db::Transaction& tx, const std::set<std::string>& operations) {
  for (const std::string& operation : operations) {
    RETURN_IF_ERROR(db::CheckNotBarred(tx, operation));
    RETURN_IF_ERROR(db::MarkDone(tx, operation));
  }
  return absl::OkStatus();
}

absl::Status ConfirmBenefits(db::Database& database, const std::set<std::string>& shards,
                             const std::set<std::string>& operations) {
  return db::WriteEach(database, std::vector<std::string>(shards.begin(), shards.end()),
                       [&](size_t, db::Transaction& tx) -> absl::Status {
                         for (const std::string& operation : operations) {
                           RETURN_IF_ERROR(db::ConfirmClaims(tx, kBenefitSpace, operation));
                         }
                         return absl::OkStatus();
                       });
}

absl::Status ReleaseBenefits(db::Database& database, const std::vector<std::string>& keys, std::string_view county) {
  const auto by_shard = ByShard(keys);
  const std::vector<std::string> shards = db::ShardsOf(by_shard);
  return db::WriteEach(database, shards, [&](size_t at, db::Transaction& tx) -> absl::Status {
    for (const size_t i : by_shard.at(shards[at])) {
      RETURN_IF_ERROR(db::ReleaseClaim(tx, kBenefitSpace, keys[i], county));
    }
    return absl::OkStatus();
  });
}

}  // namespace ruraledu::student_aid
