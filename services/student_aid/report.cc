#include "services/student_aid/report.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

const ReportSpec* FindReport(v1::ReportKind kind) {
  static const auto* const all = new std::vector<ReportSpec>{
      BudgetNeedReport(), ExecutionReport(), FundArrivalsReport(), OverpaymentsReport(), AidLedgerReport(),
      // Programmes.
      LoansReport(), SchoolFundsReport(),
      // Office.
      IdentificationReport(), CoverageReport(), GapsReport(), LatePaymentsReport(), SupplementsReport(),
      ComplaintsReport(),
      // Studying elsewhere, publicity.
      OutwardReport(), PublicityReport(),
      // Mirror of the national system.
      MirrorReport(), MirrorDifferencesReport(),
      // Problems.
      ProblemsReport()};
  const auto found = std::find_if(all->begin(), all->end(), [&](const ReportSpec& spec) { return spec.kind == kind; });
  return found == all->end() ? nullptr : &*found;
}

absl::StatusOr<std::vector<std::string>> CountyShards(db::Transaction& tx, std::string_view area) {
  if (area.size() >= 6) {
    return std::vector<std::string>{absl::StrCat("c", area.substr(0, 6))};
  }
  ASSIGN_OR_RETURN(auto shards, CountiesWithin(tx, area.substr(0, 2)));
  std::erase_if(shards, [&](const std::string& shard) { return !absl::StartsWith(shard, absl::StrCat("c", area)); });
  return shards;
}

std::string LabelOf(const PolicyBook& book, std::string_view item) {
  const v1::PolicyItem* found = FindItem(book, item);
  return found == nullptr ? std::string(item) : found->label_zh();
}

absl::Status ByCounty(const ReportParts& parts, const ReportQuery& query, ReportCursor* cursor,
                      std::vector<v1::ReportRow>* rows, const AddCounty& add) {
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return CountyShards(tx, query.area); }));
  for (const std::string& shard : shards) {
    RETURN_IF_ERROR(parts.host.database.Read([&](db::Transaction& tx) { return add(tx, shard, rows); }));
  }
  cursor->done = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<registry_v1::School>> SchoolsInOrder(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(auto schools, AllSchools(tx, shard));
  const auto key = [](const registry_v1::School& school) {
    return std::tuple(TownshipOf(school.area()), std::string_view(school.code()), std::string_view(school.area()));
  };
  std::sort(schools.begin(), schools.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return schools;
}

namespace {

absl::Status AddSchools(const ReportQuery& query, int64_t limit, db::Transaction& tx, ReportCursor* cursor,
                        std::vector<v1::ReportRow>* rows, const AddSchool& add) {
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

absl::Status BySchool(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<v1::ReportRow>* rows, const AddSchool& add) {
  struct Page {
    ReportCursor cursor;
    std::vector<v1::ReportRow> rows;
  };
  ASSIGN_OR_RETURN(Page page, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
    Page read{*cursor, {}};
    RETURN_IF_ERROR(AddSchools(query, limit, tx, &read.cursor, &read.rows, add));
    return read;
  }));
  *cursor = std::move(page.cursor);
  std::move(page.rows.begin(), page.rows.end(), std::back_inserter(*rows));
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
