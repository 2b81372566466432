#include "common/dashboard/county_sums.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::dashboard {

absl::StatusOr<std::vector<CountySum>> CountySums(db::Transaction& tx, std::string_view shard,
                                                  absl::Span<const std::string_view> measures) {
  std::vector<db::Value> args = {db::ToValue(shard)};
  std::string marks;
  for (const std::string_view measure : measures) {
    args.push_back(db::ToValue(measure));
    absl::StrAppend(&marks, marks.empty() ? "$" : ", $", args.size());
  }
  ASSIGN_OR_RETURN(const auto rows,
                   tx.QueryValues(absl::StrCat("SELECT period, measure, CAST(sum(value) AS BIGINT) FROM counter "
                                               "WHERE shard = $1 AND level = 'COUNTY' AND measure IN (",
                                               marks, ") GROUP BY period, measure ORDER BY period, measure"),
                                  std::move(args)));
  std::vector<CountySum> sums;
  for (const db::Row& row : rows) {
    sums.push_back({row.Text(0), row.Text(1), row.Int(2)});
  }
  return sums;
}

}  // namespace ruraledu::dashboard
