// Reports over roots of one kind in the order of their areas, which is by township and school, a page at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/domain/code_list.h"
#include "common/feed/root.h"
#include "services/dropout_monitoring/area_store.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// Names that a row of a report needs.
class PlaceNames {
 public:
  static absl::StatusOr<PlaceNames> Read(db::Transaction& tx, const std::string& shard);

  // Township, code and name of the school of an area; no school where the area has none.
  std::vector<ReportCell> CellsOf(std::string_view area) const;
  // By resource name; "" when there is none.
  std::string SchoolNamed(std::string_view name) const;

 private:
  std::map<std::string, registry_v1::School, std::less<>> by_area_;
};
// The three columns of CellsOf, and those behind them.
std::vector<rpc::ReportColumnSpec> BehindPlace(std::vector<rpc::ReportColumnSpec> more);

// The name of a child by what makes it one, a person of the register or the key of a case; "" not known any more.
absl::StatusOr<std::string> NameOfChild(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                        std::string_view child_key);
// A name as the report shows it.
ReportCell NameCell(const ReportQuery& query, const std::string& name);
ReportCell YesNoCell(bool yes);
// In clear only.
ReportCell HiddenCell(const ReportQuery& query, const std::string& text);
std::string LabelIn(const CodeList& list, const std::string& code);

// What a row is made with.
struct AreaPage {
  db::Transaction& tx;
  const crypto::Sealer& sealer;
  const std::string& shard;
  const PlaceNames& places;
};
// Key parts of a report by area: area and id that were done last; sums: the rows.
inline constexpr size_t kAreaKeyParts = 2;
inline constexpr size_t kAreaSums = 1;

// The rows of a report: `row_of` answers nothing for a root that is not in it. `columns` counts its columns.
template <typename M>
absl::Status ByArea(const ReportParts& parts, const ReportQuery& query, const feed::RootTable& table,
                    std::string_view condition, size_t columns, int64_t limit, ReportCursor* cursor,
                    std::vector<ReportRow>* rows, ReportRow* total,
                    const std::function<absl::StatusOr<std::optional<ReportRow>>(const AreaPage&, const M&)>& row_of) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  struct Page {
    ReportCursor cursor;
    std::vector<ReportRow> rows;
  };
  ASSIGN_OR_RETURN(Page page, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
    Page read{*cursor, {}};
    ASSIGN_OR_RETURN(const PlaceNames places, PlaceNames::Read(tx, shard));
    ASSIGN_OR_RETURN(const auto found, RowsBehind(tx, table, shard, RangeOf(query.area), cursor->key[0], cursor->key[1],
                                                  condition, limit));
    ASSIGN_OR_RETURN(const auto roots, feed::ReadRoots<M>(found, table, sealer.get()));
    for (const M& root : roots) {
      ASSIGN_OR_RETURN(auto row, row_of(AreaPage{tx, *sealer, shard, places}, root));
      if (row.has_value()) {
        read.rows.push_back(*std::move(row));
        read.cursor.sums[0] += 1;
      }
    }
    read.cursor.done = static_cast<int64_t>(found.size()) < limit;
    if (!found.empty()) {
      read.cursor.key = {found.back().Text(4), found.back().Text(0)};
    }
    return read;
  }));
  *cursor = std::move(page.cursor);
  std::move(page.rows.begin(), page.rows.end(), std::back_inserter(*rows));
  if (cursor->done) {
    std::vector<ReportCell> cells(columns);
    cells[0] = TextCell(absl::StrCat("合计 ", cursor->sums[0]));
    *total = RowOf(cells);
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
