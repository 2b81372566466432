// How looks of the expert committee rest (common/feed/root.h), and their SQL.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "services/dropout_monitoring/committee_rules.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kCommitteeReviews;

// Looks of a school year by the id of the child, classified fields opened when a sealer is given.
absl::StatusOr<std::map<std::string, v1::CommitteeReview>> ReviewsOfYear(db::Transaction& tx,
                                                                         const crypto::Sealer* sealer,
                                                                         std::string_view shard,
                                                                         std::string_view school_year);

// All looks at a child, by its id.
absl::StatusOr<std::vector<v1::CommitteeReview>> ReviewsOfChild(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                std::string_view shard, std::string_view child);

// A child on the list of the year, with all that is known of it.
struct CommitteeRow {
  v1::CommitteeDue due;
  v1::DisabledChild child;
  std::optional<v1::CommitteeReview> review;
};
// The list of the school year of the day within ranges of areas, in order of area and child.
absl::StatusOr<std::vector<CommitteeRow>> CommitteeList(db::Transaction& tx, const crypto::Sealer& sealer,
                                                        std::string_view shard, absl::Span<const AreaRange> ranges,
                                                        const CommitteeDay& day);

}  // namespace ruraledu::dropout_monitoring
