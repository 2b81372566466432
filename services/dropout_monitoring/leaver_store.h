// How leavers and their ledgers rest (common/feed/root.h), and their SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/leaver.pb.h"
#include "services/dropout_monitoring/leaver_rules.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kLeavers;
extern const feed::RootTable kLeaverLedgers;

// Pupils of a grade of the year who are on no list of it, by person behind `after`.
absl::StatusOr<std::vector<std::string>> LeaversToList(db::Transaction& tx, std::string_view shard,
                                                       const LeaverYear& year, std::string_view grade,
                                                       std::string_view after, int64_t limit);
// Leavers of a year by id behind `after`; of one school (id) when it is named.
absl::StatusOr<std::vector<v1::Leaver>> LeaversBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                      std::string_view shard, std::string_view school_year,
                                                      std::string_view school, std::string_view after, int64_t limit);
// Ids of the leavers of a year who are a person.
absl::StatusOr<std::vector<std::string>> LeaversOfPerson(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view person);
// Leavers of a year, alike ones together, in order of school; of one school (id) when it is named.
absl::StatusOr<std::vector<LeaverGroup>> GroupsOfLeavers(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view school);
// Versions of the ledger of a school, newest first.
absl::StatusOr<std::vector<v1::LeaverLedger>> LedgersOfSchool(db::Transaction& tx, std::string_view shard,
                                                              std::string_view school_year, std::string_view school);
// Leavers whose destination is not known after the last day.
absl::StatusOr<int64_t> CountUnknownLeavers(db::Transaction& tx, std::string_view shard, absl::CivilDay today);
// Leavers of a year whose destination is not known.
absl::StatusOr<int64_t> CountOpenLeavers(db::Transaction& tx, std::string_view shard, std::string_view school_year);

}  // namespace ruraledu::dropout_monitoring
