// Policies that hold in a region from a day on, out of a file with the columns region and valid_from: the newest one of
// the lowest region that has one counts.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "common/domain/region_path.h"

namespace ruraledu::dropout_monitoring {

inline constexpr size_t kRegionDigits = 12;  // of a code of the tree (7.4)

// A column with a whole number from `least` to `most`; false when it has none.
bool ReadNumber(const DataTable& table, size_t row, std::string_view column, int32_t least, int32_t most, int32_t* to);

// `region_code` and `on` of a request that states its facts: FIELD_REQUIRED, REGION_CODE, DATE_INVALID. The day.
template <typename Request>
std::optional<absl::CivilDay> CheckRegionAndDay(const Request& request, Violations* violations) {
  violations->Require(!request.region_code().empty(), "region_code");
  if (!request.region_code().empty() && request.region_code().size() != kRegionDigits) {
    violations->Add("region_code", "REGION_CODE", {{"code", request.region_code()}});
  }
  violations->Require(request.has_on(), "on");
  return DayOf(request.on(), "on", violations);
}

// The day so many months later; 31 January plus one month is 3 March or 2 March.
absl::CivilDay PlusMonths(absl::CivilDay day, int months);

// `P` has name, region_code, valid_from and source.
template <typename P>
class RegionalBook {
 public:
  // `collection`: "riskPolicies". `read` fills in what is of the kind. DATA_FILE: a region that is none, a row without
  // a source, one region and day twice, no row for the nation.
  template <typename Read>
  static absl::StatusOr<RegionalBook> Parse(std::string_view file, std::string_view text, std::string_view collection,
                                            std::vector<std::string_view> columns, RegionPath path, Read read) {
    RegionalBook book;
    book.collection_ = std::string(collection);
    book.path_ = std::move(path);
    columns.insert(columns.end(), {"region", "valid_from", "source"});
    ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(file, text, columns));
    for (size_t row = 0; row < table.size(); ++row) {
      ASSIGN_OR_RETURN(P policy, book.Head(table, row));
      RETURN_IF_ERROR(read(table, row, &policy));
      book.policies_.push_back(std::move(policy));
    }
    std::sort(book.policies_.begin(), book.policies_.end(), [](const P& a, const P& b) { return a.name() < b.name(); });
    const bool nation = std::any_of(book.policies_.begin(), book.policies_.end(),
                                    [](const P& policy) { return policy.region_code().empty(); });
    return nation ? absl::StatusOr<RegionalBook>(std::move(book))
                  : Fail("DATA_FILE", {{"file", file}, {"line", "0"}, {"problem", "a row for the nation is missing"}});
  }

  absl::Span<const P> policies() const { return policies_; }
  P* Named(std::string_view name) {
    const auto found =
        std::find_if(policies_.begin(), policies_.end(), [&](const P& policy) { return policy.name() == name; });
    return found == policies_.end() ? nullptr : &*found;
  }
  // REGION_POLICY_MISSING.
  absl::StatusOr<const P*> InForce(std::string_view region, absl::CivilDay day) const {
    const auto* found = NewestInForce<P>(
        policies_, path_, region, day, [](const P& policy) { return std::string_view(policy.region_code()); },
        [](const P& policy) { return std::optional(DayOf(policy.valid_from()).value_or(kFirstDay)); });
    return found == nullptr ? Fail("REGION_POLICY_MISSING", {{"kind", collection_}, {"region", region}})
                            : absl::StatusOr<const P*>(found);
  }

 private:
  absl::StatusOr<P> Head(const DataTable& table, size_t row) {
    P policy;
    policy.set_region_code(std::string(table.Get(row, "region")));
    policy.set_source(std::string(table.Get(row, "source")));
    ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "valid_from", kFirstDay));
    *policy.mutable_valid_from() = DateOf(from);
    policy.set_name(
        absl::StrCat(collection_, "/", policy.region_code().empty() ? "CN" : policy.region_code(), ".", DayText(from)));
    const bool region = policy.region_code().empty() || policy.region_code().size() == kRegionDigits;
    if (!region || policy.source().empty() || Named(policy.name()) != nullptr) {
      return table.Error(row, "a policy has a region of 12 digits or none, a day of its own and a source");
    }
    return policy;
  }

  std::string collection_;
  std::vector<P> policies_;
  RegionPath path_;
};

}  // namespace ruraledu::dropout_monitoring
