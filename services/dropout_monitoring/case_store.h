// The SQL of cases, responsibilities, reports and reviews, beside what common/feed/root.h does for every root.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/responsibility_rules.h"

namespace ruraledu::dropout_monitoring {

// --- Cases ----------------------------------------------------------------------------------------------------------
// Which case of a child is open, without its content; nullopt: none.
struct OpenCaseRow {
  std::string id, state;
};
absl::StatusOr<std::optional<OpenCaseRow>> OpenCaseOf(db::Transaction& tx, std::string_view shard,
                                                      std::string_view child_key);
// The open case of a child; nullopt: none.
absl::StatusOr<std::optional<v1::Case>> FindOpenCase(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view child_key);
// The case of a child that was opened last; nullopt: there was none.
absl::StatusOr<std::optional<v1::Case>> FindLastCase(db::Transaction& tx, const crypto::Sealer& sealer,
                                                     std::string_view child_key);
// The same of a shard, outside of a write.
absl::StatusOr<std::optional<v1::Case>> FindLastCaseIn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                       std::string_view shard, std::string_view child_key);
// "411728-2026-000012": the next number of a county and year, within a write of the county.
absl::StatusOr<std::string> NextCaseNumber(db::Transaction& tx, int year);
// Ids behind `after` of the open cases whose clock is due up to a day, or whose pupil died or left the county; at most
// `limit`, in order.
absl::StatusOr<std::vector<std::string>> CasesToLookAt(db::Transaction& tx, std::string_view shard, absl::CivilDay on,
                                                       std::string_view after, int64_t limit);
// Cases that were open on a day: all that are open, and those that were closed after it.
absl::StatusOr<std::vector<v1::Case>> CasesOpenOn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  std::string_view shard, absl::CivilDay on);
// Pupils of a household in the shard but one, with the open case of each ("" none).
struct Sibling {
  std::string person, area, open_case, birth_date;  // "2014-03-15", "" not known
};
absl::StatusOr<std::vector<Sibling>> SiblingsIn(db::Transaction& tx, std::string_view shard, std::string_view household,
                                                std::string_view except);
// Open cases by state, and how many are late on a day.
struct CaseCounts {
  std::map<std::string, int64_t> by_state;  // "CASE_STATE_SUSPECTED"
  int64_t late = 0;
};
absl::StatusOr<CaseCounts> CountCases(db::Transaction& tx, std::string_view shard, absl::CivilDay on);

// Open cases whose present action is late and was told of, by the highest level.
absl::StatusOr<std::map<v1::AuthorityLevel, int64_t>> CountEscalated(db::Transaction& tx, std::string_view shard);
// The condition of rpc::ListSpec for cases of which a level, or a higher one, was told on a day or later.
std::string EscalatedSince(std::string_view from, v1::AuthorityLevel level, std::vector<db::Value>* args);

// --- Responsibilities -----------------------------------------------------------------------------------------------
// The one in force of a slot and subject; nullopt: none.
absl::StatusOr<std::optional<v1::Responsibility>> FindResponsibility(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                     std::string_view mechanism, std::string_view slot,
                                                                     std::string_view subject);
// Villages, classes and persons that have a name in a slot which names children, on a day.
absl::StatusOr<NamedOf> SubjectsNamed(db::Transaction& tx, std::string_view shard,
                                      absl::Span<const v1::ResponsibilitySlot> slots, absl::CivilDay on);
struct PupilRow {
  std::string person, area, village;
};
// Pupils on a roll behind (area, person), within ranges of areas.
absl::StatusOr<std::vector<PupilRow>> PupilsBehind(db::Transaction& tx, std::string_view shard, std::string_view lo,
                                                   std::string_view hi, std::string_view area, std::string_view person,
                                                   int64_t limit);
absl::Status SaveGap(db::Transaction& tx, v1::ControlLine line, absl::CivilDay on, int64_t children);
// Line -> children, as counted last.
absl::StatusOr<std::map<std::string, int64_t>> ReadGaps(db::Transaction& tx, std::string_view shard);
// The day on which gaps were counted last, "" never.
absl::StatusOr<std::string> GapsCountedOn(db::Transaction& tx, std::string_view shard);

// --- Reports and reviews --------------------------------------------------------------------------------------------
// Rows of a table of monthly reports: the versions of a school and month, those in force of a month in order of area.
absl::StatusOr<std::vector<db::Row>> VersionRows(db::Transaction& tx, const feed::RootTable& table,
                                                 std::string_view shard, std::string_view school,
                                                 std::string_view month);
absl::StatusOr<std::vector<db::Row>> RowsInForce(db::Transaction& tx, const feed::RootTable& table,
                                                 std::string_view shard, std::string_view month);
// Versions of the report of a school and month, in order; without sealed fields where no sealer is given.
template <typename M>
absl::StatusOr<std::vector<M>> VersionsOf(db::Transaction& tx, const feed::RootTable& table,
                                          const crypto::Sealer* sealer, std::string_view shard, std::string_view school,
                                          std::string_view month) {
  ASSIGN_OR_RETURN(const auto rows, VersionRows(tx, table, shard, school, month));
  ASSIGN_OR_RETURN(auto versions, feed::ReadRoots<M>(rows, table, sealer));
  std::sort(versions.begin(), versions.end(),
            [](const M& a, const M& b) { return a.version_number() < b.version_number(); });
  return versions;
}
// Signed reports in force of a month, in order of area, without sealed fields.
template <typename M>
absl::StatusOr<std::vector<M>> InForceOf(db::Transaction& tx, const feed::RootTable& table, std::string_view shard,
                                         std::string_view month) {
  ASSIGN_OR_RETURN(const auto rows, RowsInForce(tx, table, shard, month));
  return feed::ReadRoots<M>(rows, table, nullptr);
}
// Open cases of an area by state.
absl::StatusOr<std::map<std::string, int64_t>> CountCasesIn(db::Transaction& tx, std::string_view shard,
                                                            std::string_view lo, std::string_view hi);
// What decides which reviews are missing.
absl::StatusOr<ReviewsOfCounty> ReviewsHeld(db::Transaction& tx, std::string_view shard);
// Approved reviews that cover a month, by resource name in order.
absl::StatusOr<std::vector<std::string>> ReviewsThatLock(db::Transaction& tx, std::string_view shard,
                                                         std::string_view month);

}  // namespace ruraledu::dropout_monitoring
