// What a service shows of its measures: a table of indicators.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dashboard/measures.h"
#include "common/domain/rate.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"

namespace ruraledu::dashboard {

// A measure, or some codes of it.
struct Term {
  std::string_view measure;
  std::vector<std::string_view> codes = {};  // empty: all
};

// Target of an area (prefix) and period; nullopt when there is none. Read from the policy data of the process.
using Target = std::function<std::optional<Rate>(std::string_view area, std::string_view period)>;
Target Always(Rate target);

struct IndicatorSpec {
  std::string_view id;  // "student_aid.coverage"
  std::string_view label, label_zh;
  std::vector<Term> numerator;         // summed; the first one's unit is the indicator's
  std::vector<Term> denominator = {};  // summed; empty: a plain count
  bool parts = false;                  // shown by the codes of the measures' dimension
  Target target = nullptr;
  TargetDirection direction = TargetDirection::kAtLeast;
  RateKind kind = RateKind::kShare;  // a share above 100 % is a data error
  bool sensitive = false;            // below township level 1-4 is hidden in the public view (suppression.h)
  std::string_view source;           // digest ids: "2.9, DR-03"
  // Chinese label of a code; unset: empty.
  std::function<std::string(std::string_view code)> part_label = nullptr;
};

// State by DR-03: NOT_APPLICABLE at a zero denominator, DATA_ERROR for a share above 100 %, else the target compared
// with the exact value; UNSPECIFIED without a target. A plain count compares as count/1.
ruraledu::dashboard::v1::IndicatorState StateOf(const Rate& value, bool is_rate, const std::optional<Rate>& target,
                                                TargetDirection direction, RateKind kind);

// Values by measure and code.
using Totals = std::map<std::string, std::map<std::string, int64_t>, std::less<>>;

// One indicator out of the totals of an area and period, nothing hidden; without its parts when nobody wants them.
// Codes whose values are all 0 are no parts.
ruraledu::dashboard::v1::Indicator Compute(const MeasureBook& book, const IndicatorSpec& spec, const Totals& totals,
                                           std::string_view area, std::string_view period, bool with_parts = true);

// Changes whenever the definitions do: part of the cache key, so that two releases never read each other's answers.
std::string Fingerprint(const MeasureBook& book, absl::Span<const IndicatorSpec> indicators);

}  // namespace ruraledu::dashboard
