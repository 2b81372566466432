// What a jurisdiction says about comparisons: the tables.
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "services/dropout_monitoring/population_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr char kPolicyFile[] = "comparison_policies.csv";
constexpr char kKindFile[] = "comparison_kinds.csv";
constexpr int kLastRunDay = 28;
constexpr std::string_view kSupportedBy = "rural_revitalisation";

absl::StatusOr<int> Number(const DataTable& table, size_t row, std::string_view column) {
  int number = 0;
  return absl::SimpleAtoi(table.Get(row, column), &number) && number > 0
             ? absl::StatusOr<int>(number)
             : table.Error(row, absl::StrCat(column, " is a whole number above 0"));
}

absl::StatusOr<bool> Mark(const DataTable& table, size_t row, std::string_view column) {
  const std::string_view mark = table.Get(row, column);
  return mark == "0" || mark == "1" ? absl::StatusOr<bool>(mark == "1")
                                    : table.Error(row, absl::StrCat(column, " is 0 or 1"));
}

absl::StatusOr<ComparisonPolicy> ReadPolicy(const DataTable& table, size_t row) {
  ComparisonPolicy policy;
  policy.region = std::string(table.Get(row, "region"));
  policy.last_grade = std::string(table.Get(row, "last_grade"));
  ASSIGN_OR_RETURN(policy.valid_from, table.Day(row, "valid_from", kFirstDay));
  ASSIGN_OR_RETURN(policy.entry_age, Number(table, row, "entry_age"));
  ASSIGN_OR_RETURN(policy.last_age, Number(table, row, "last_age"));
  ASSIGN_OR_RETURN(policy.transfer_days, Number(table, row, "transfer_days"));
  ASSIGN_OR_RETURN(policy.run_day, Number(table, row, "run_day"));
  if (policy.entry_age > policy.last_age) {
    return table.Error(row, "school age ends before it begins");
  }
  if (policy.run_day > kLastRunDay) {
    return table.Error(row, "run_day is a day that every month has");
  }
  if (policy.last_grade.empty() || table.Get(row, "source").empty()) {
    return table.Error(row, "a row needs its last grade and its source");
  }
  return policy;
}

absl::StatusOr<std::vector<ComparisonPolicy>> ReadPolicies(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kPolicyFile, text,
                                                           {"region", "valid_from", "entry_age", "last_age",
                                                            "last_grade", "transfer_days", "run_day", "source"}));
  std::vector<ComparisonPolicy> policies;
  bool nation = false;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(ComparisonPolicy policy, ReadPolicy(table, row));
    nation |= policy.region.empty();
    for (const ComparisonPolicy& other : policies) {
      if (other.region == policy.region && other.valid_from == policy.valid_from) {
        return table.Error(row, "a region stands twice on one day");
      }
    }
    policies.push_back(std::move(policy));
  }
  return nation ? absl::StatusOr<std::vector<ComparisonPolicy>>(std::move(policies))
                : Fail("DATA_FILE", {{"file", kPolicyFile}, {"line", "0"}, {"problem", "no row of the nation"}});
}

absl::Status CheckRetention(const CodeList& sources) {
  for (const CodeEntry& source : sources.entries()) {
    int days = 0;
    if (!absl::SimpleAtoi(source.Attribute("retention_days"), &days) || days < 0) {
      return Fail("DATA_FILE", {{"file", absl::StrCat(sources.name(), ".csv")},
                                {"line", "0"},
                                {"problem", absl::StrCat(source.code, " states no retention_days")}});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ComparisonKindRow> ReadKind(const DataTable& table, size_t row) {
  ComparisonKindRow read;
  read.kind = EnumOf<v1::ComparisonKind>(table.Get(row, "kind")).value_or(v1::COMPARISON_KIND_UNSPECIFIED);
  if (read.kind == v1::COMPARISON_KIND_UNSPECIFIED) {
    return table.Error(row, "there is no such kind");
  }
  read.channel = EnumOf<v1::DiscoveryChannel>(table.Get(row, "channel")).value_or(v1::DISCOVERY_CHANNEL_UNSPECIFIED);
  if (read.channel == v1::DISCOVERY_CHANNEL_UNSPECIFIED || read.channel == v1::DISCOVERY_CHANNEL_ABSENCE) {
    return table.Error(row, "a comparison has no such channel");
  }
  ASSIGN_OR_RETURN(read.is_out, Mark(table, row, "is_out"));
  ASSIGN_OR_RETURN(read.opens_case, Mark(table, row, "opens_case"));
  read.label_zh = std::string(table.Get(row, "label_zh"));
  return read.label_zh.empty() || table.Get(row, "source").empty()
             ? table.Error(row, "a kind needs its label and its source")
             : absl::StatusOr<ComparisonKindRow>(std::move(read));
}

absl::StatusOr<std::vector<ComparisonKindRow>> ReadKinds(std::string_view text) {
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse(kKindFile, text, {"kind", "is_out", "opens_case", "channel", "label_zh", "label_en", "source"}));
  std::vector<ComparisonKindRow> kinds;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(kinds.emplace_back(), ReadKind(table, row));
  }
  std::sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
  for (int kind = v1::ComparisonKind_MIN + 1; kind <= v1::ComparisonKind_MAX; ++kind) {
    if (std::count_if(kinds.begin(), kinds.end(), [&](const auto& row) { return row.kind == kind; }) != 1) {
      return Fail("DATA_FILE", {{"file", kKindFile}, {"line", "0"}, {"problem", "each kind stands once"}});
    }
  }
  return kinds;
}

}  // namespace

absl::StatusOr<ComparisonBook> ComparisonBook::Parse(std::string_view policies, std::string_view kinds,
                                                     ComparisonCodes codes, RegionPath path) {
  ComparisonBook book;
  ASSIGN_OR_RETURN(book.policies_, ReadPolicies(policies));
  ASSIGN_OR_RETURN(book.kinds_, ReadKinds(kinds));
  RETURN_IF_ERROR(CheckRetention(codes.sources));
  book.provinces_ = ProvincePrefixesOf(codes.provinces);
  book.codes_ = std::move(codes);
  book.path_ = std::move(path);
  return book;
}

absl::StatusOr<const ComparisonPolicy*> ComparisonBook::InForce(std::string_view region, absl::CivilDay on) const {
  const auto* found = NewestInForce<ComparisonPolicy>(
      policies_, path_, region, on, [](const auto& policy) { return std::string_view(policy.region); },
      [](const auto& policy) { return std::optional(policy.valid_from); });
  return found == nullptr ? Fail("CASE_POLICY_MISSING", {{"region", region}})
                          : absl::StatusOr<const ComparisonPolicy*>(found);
}

bool ComparisonDue(const ComparisonPolicy& policy, absl::CivilDay today, std::optional<absl::CivilDay> compared_on) {
  const absl::CivilDay due(today.year(), today.month(), policy.run_day);
  return today >= due && (!compared_on.has_value() || *compared_on < due);
}

const ComparisonKindRow& ComparisonBook::Row(v1::ComparisonKind kind) const {
  return kinds_[static_cast<size_t>(kind - v1::ComparisonKind_MIN - 1)];
}

std::vector<std::string> ComparisonBook::Supported(absl::Span<const std::string> kinds) const {
  std::vector<std::string> supported;
  for (const std::string& kind : kinds) {
    const CodeEntry* entry = codes_.hardships.Find(kind);
    if (entry != nullptr && entry->Attribute("source_department") == kSupportedBy) {
      supported.push_back(kind);
    }
  }
  std::sort(supported.begin(), supported.end());
  return supported;
}

}  // namespace ruraledu::dropout_monitoring
