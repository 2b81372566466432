#include "services/dropout_monitoring/committee_store.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/dropout_monitoring/care_store.h"

namespace ruraledu::dropout_monitoring {

const feed::RootTable kCommitteeReviews{
    "committee_review",
    "committeeReviews",
    {"area", "school_year", "child", "person", "state"},
    feed::ColumnsOf<v1::CommitteeReview>(+[](const v1::CommitteeReview& review) {
      return std::vector<db::Value>{review.area(), review.school_year(), std::string(feed::IdOfName(review.child())),
                                    review.person(), v1::CommitteeReviewState_Name(review.state())};
    })};

absl::StatusOr<std::map<std::string, v1::CommitteeReview>> ReviewsOfYear(db::Transaction& tx,
                                                                         const crypto::Sealer* sealer,
                                                                         std::string_view shard,
                                                                         std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM committee_review WHERE shard = $1 "
                                             "AND school_year = $2 ORDER BY id",
                                             shard, school_year));
  ASSIGN_OR_RETURN(auto reviews, feed::ReadRoots<v1::CommitteeReview>(rows, kCommitteeReviews, sealer));
  std::map<std::string, v1::CommitteeReview> by_child;
  for (v1::CommitteeReview& review : reviews) {
    const std::string child(feed::IdOfName(review.child()));
    // Its own one goes before one that it had when no register knew it.
    if (feed::IdOfName(review.name()).ends_with(absl::StrCat(".", child))) {
      by_child.insert_or_assign(child, std::move(review));
    } else {
      by_child.emplace(child, std::move(review));
    }
  }
  return by_child;
}

absl::StatusOr<std::vector<v1::CommitteeReview>> ReviewsOfChild(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                std::string_view shard, std::string_view child) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM committee_review WHERE shard = $1 "
                                             "AND child = $2 ORDER BY id",
                                             shard, child));
  return feed::ReadRoots<v1::CommitteeReview>(rows, kCommitteeReviews, &sealer);
}

absl::StatusOr<std::vector<CommitteeRow>> CommitteeList(db::Transaction& tx, const crypto::Sealer& sealer,
                                                        std::string_view shard, absl::Span<const AreaRange> ranges,
                                                        const CommitteeDay& day) {
  ASSIGN_OR_RETURN(auto reviews, ReviewsOfYear(tx, &sealer, shard, day.year().text()));
  ASSIGN_OR_RETURN(auto children, DisabledChildrenIn(tx, sealer, shard, ranges));
  std::vector<CommitteeRow> rows;
  std::set<std::string> seen;  // ranges may overlap
  for (v1::DisabledChild& child : children) {
    const auto review = reviews.find(std::string(feed::IdOfName(child.name())));
    auto due = DueOf(day, child, review == reviews.end() ? nullptr : &review->second);
    if (!due.has_value() || !seen.insert(child.name()).second) {
      continue;
    }
    CommitteeRow& row = rows.emplace_back(CommitteeRow{*std::move(due), std::move(child), std::nullopt});
    if (review != reviews.end()) {
      row.review = std::move(review->second);
    }
  }
  std::sort(rows.begin(), rows.end(), [](const CommitteeRow& a, const CommitteeRow& b) {
    return std::tuple(a.due.area(), a.due.child()) < std::tuple(b.due.area(), b.due.child());
  });
  return rows;
}

}  // namespace ruraledu::dropout_monitoring
