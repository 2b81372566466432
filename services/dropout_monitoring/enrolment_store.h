// How the enrolment drive rests (common/feed/root.h), and its SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/school_year.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/enrolment.pb.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kEnrolmentDrives;
extern const feed::RootTable kEnrolmentRuns;
extern const feed::RootTable kExpectedChildren;

// --- Who is on no list of the year yet, by key behind `after`; erased and gone ones are the caller's to leave out ----
// Pupils born in a span, days as text; not who is a child of a list by a decision.
absl::StatusOr<std::vector<std::string>> PupilsToExpect(db::Transaction& tx, std::string_view shard,
                                                        std::string_view school_year, std::string_view born_from,
                                                        std::string_view born_until, std::string_view after,
                                                        int64_t limit);
// Residents whom no student of the county is.
absl::StatusOr<std::vector<v1::Resident>> ResidentsToExpect(db::Transaction& tx, const crypto::Sealer& sealer,
                                                            std::string_view shard, std::string_view school_year,
                                                            std::string_view after, int64_t limit);
// Pupils who were in a grade after a census and before a term, days as text.
absl::StatusOr<std::vector<std::string>> LeaversToExpect(db::Transaction& tx, std::string_view shard,
                                                         std::string_view school_year, std::string_view grade,
                                                         std::string_view after_census, std::string_view before_term,
                                                         std::string_view after, int64_t limit);

// --- Children of the lists ------------------------------------------------------------------------------------------
absl::StatusOr<std::vector<v1::ExpectedChild>> ExpectedBehind(db::Transaction& tx, const crypto::Sealer& sealer,
                                                              std::string_view shard, std::string_view school_year,
                                                              std::string_view after, int64_t limit);
// Ids of the children of a year that a row may mean: by the number of the notice, by key or person, by digest of the
// identity number, by digest of name and birth date; by the first of these that finds one.
struct ChildSought {
  std::string notice_number, key, digest, name_digest;
};
absl::StatusOr<std::vector<std::string>> FindExpected(db::Transaction& tx, std::string_view shard,
                                                      std::string_view school_year, const ChildSought& sought);
// Whether a child of a list whom no register had has the identity number: the pupil who has it is that child.
absl::StatusOr<bool> ListedByNumber(db::Transaction& tx, std::string_view shard, std::string_view school_year,
                                    const std::string& digest);
absl::StatusOr<int64_t> NextNoticeNumber(db::Transaction& tx, int year, std::string_view level);

// Children alike, without those who are gone; in order.
struct ExpectedGroup {
  std::string level, school, at_school, settled_on;  // ids of schools
  int64_t children = 0;
};
absl::StatusOr<std::vector<ExpectedGroup>> GroupsExpected(db::Transaction& tx, std::string_view shard,
                                                          std::string_view school_year);
// Children of a year who are not settled, or were excused.
absl::StatusOr<int64_t> CountUnsettled(db::Transaction& tx, std::string_view shard, std::string_view school_year);
absl::StatusOr<int64_t> CountNotReported(db::Transaction& tx, std::string_view shard, std::string_view school_year);

}  // namespace ruraledu::dropout_monitoring
