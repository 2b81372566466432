// Rows of reports, county by county and school by school.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/feed/copy.h"
#include "common/rpc/reports.h"

namespace ruraledu::rpc {

namespace registry_v1 = ruraledu::registry::v1;

absl::StatusOr<std::vector<std::string>> CountiesOfReport(db::Transaction& tx, std::string_view area) {
  if (area.size() >= 6) {
    return std::vector<std::string>{absl::StrCat("c", area.substr(0, 6))};
  }
  ASSIGN_OR_RETURN(auto shards, feed::CountiesWithin(tx, area.substr(0, 2)));
  std::erase_if(shards, [&](const std::string& shard) { return !absl::StartsWith(shard, absl::StrCat("c", area)); });
  return shards;
}

absl::Status ByCounty(const Host& host, const ReportQuery& query, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, const AddCounty& add) {
  ASSIGN_OR_RETURN(const auto shards,
                   host.database.Read([&](db::Transaction& tx) { return CountiesOfReport(tx, query.area); }));
  for (const std::string& shard : shards) {
    ASSIGN_OR_RETURN(auto added,
                     host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<reports_v1::ReportRow>> {
                       std::vector<reports_v1::ReportRow> read;
                       RETURN_IF_ERROR(add(tx, shard, &read));
                       return read;
                     }));
    std::move(added.begin(), added.end(), std::back_inserter(*rows));
  }
  cursor->done = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<registry_v1::School>> SchoolsInOrder(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(auto schools, feed::AllSchools(tx, shard));
  const auto key = [](const registry_v1::School& school) {
    return std::tuple(TownshipOf(school.area()), std::string_view(school.code()), std::string_view(school.area()));
  };
  std::sort(schools.begin(), schools.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return schools;
}

namespace {

absl::Status AddSchools(const ReportQuery& query, int64_t limit, db::Transaction& tx, ReportCursor* cursor,
                        std::vector<reports_v1::ReportRow>* rows, const AddSchool& add) {
  ASSIGN_OR_RETURN(const auto schools, SchoolsInOrder(tx, absl::StrCat("c", CountyOf(query.area))));
  bool reached = cursor->key[0].empty();
  for (const registry_v1::School& school : schools) {
    const bool here = school.area() == cursor->key[0];
    reached |= here;
    if (!reached || !RangeOf(query.area).Contains(school.area())) {
      continue;
    }
    if (!here) {
      cursor->key.assign(cursor->key.size(), "");
      cursor->key[0] = school.area();
    }
    ASSIGN_OR_RETURN(const size_t taken, add(tx, school, limit, cursor, rows));
    limit -= static_cast<int64_t>(taken);
    if (limit <= 0) {
      return absl::OkStatus();
    }
  }
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

absl::Status BySchool(const Host& host, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, const AddSchool& add) {
  struct Page {
    ReportCursor cursor;
    std::vector<reports_v1::ReportRow> rows;
  };
  ASSIGN_OR_RETURN(Page page, host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
    Page read{*cursor, {}};
    RETURN_IF_ERROR(AddSchools(query, limit, tx, &read.cursor, &read.rows, add));
    return read;
  }));
  *cursor = std::move(page.cursor);
  std::move(page.rows.begin(), page.rows.end(), std::back_inserter(*rows));
  return absl::OkStatus();
}

}  // namespace ruraledu::rpc
