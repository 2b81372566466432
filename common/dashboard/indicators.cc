#include "common/dashboard/indicators.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/cache/versioned_cache.h"

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::Indicator;
using ruraledu::dashboard::v1::IndicatorState;

bool Counts(const Term& term, std::string_view code) {
  return term.codes.empty() || std::find(term.codes.begin(), term.codes.end(), code) != term.codes.end();
}

using Visit = std::function<void(const std::string& code, int64_t value)>;
void ForEachValue(const std::vector<Term>& terms, const Totals& totals, const Visit& visit) {
  for (const Term& term : terms) {
    const auto found = totals.find(term.measure);
    if (found == totals.end()) {
      continue;
    }
    for (const auto& [code, value] : found->second) {
      if (Counts(term, code)) {
        visit(code, value);
      }
    }
  }
}

int64_t Sum(const std::vector<Term>& terms, const Totals& totals) {
  int64_t sum = 0;
  ForEachValue(terms, totals, [&](const std::string&, int64_t value) { sum += value; });
  return sum;
}

void AddParts(const IndicatorSpec& spec, const Totals& totals, Indicator& indicator) {
  std::map<std::string, Rate> parts;
  ForEachValue(spec.numerator, totals, [&](const std::string& code, int64_t value) { parts[code].numerator += value; });
  ForEachValue(spec.denominator, totals,
               [&](const std::string& code, int64_t value) { parts[code].denominator += value; });
  for (const auto& [code, rate] : parts) {
    if (rate.numerator == 0 && rate.denominator == 0) {
      continue;
    }
    auto* part = indicator.add_parts();
    part->set_code(code);
    part->set_label_zh(spec.part_label ? spec.part_label(code) : "");
    part->mutable_numerator()->set_value(rate.numerator);
    if (!spec.denominator.empty()) {
      part->mutable_denominator()->set_value(rate.denominator);
    }
  }
}

}  // namespace

Target Always(Rate target) {
  return [target](std::string_view, std::string_view) { return target; };
}

IndicatorState StateOf(const Rate& value, bool is_rate, const std::optional<Rate>& target, TargetDirection direction,
                       RateKind kind) {
  const Rate rate = is_rate ? value : Rate{value.numerator, 1};
  if (!rate.applicable()) {
    return IndicatorState::INDICATOR_STATE_NOT_APPLICABLE;
  }
  if (is_rate && RateFlag(rate, kind) == "RATE_OVER_100") {
    return IndicatorState::INDICATOR_STATE_DATA_ERROR;
  }
  if (!target.has_value()) {
    return IndicatorState::INDICATOR_STATE_UNSPECIFIED;
  }
  switch (CompareToTarget(rate, *target, direction)) {
    case TargetState::kMet:
      return IndicatorState::INDICATOR_STATE_MET;
    case TargetState::kMissed:
      return IndicatorState::INDICATOR_STATE_MISSED;
    case TargetState::kNotApplicable:
      break;
  }
  return IndicatorState::INDICATOR_STATE_NOT_APPLICABLE;
}

Indicator Compute(const MeasureBook& book, const IndicatorSpec& spec, const Totals& totals, std::string_view area,
                  std::string_view period, bool with_parts) {
  Indicator indicator;
  indicator.set_id(std::string(spec.id));
  indicator.set_label(std::string(spec.label));
  indicator.set_label_zh(std::string(spec.label_zh));
  indicator.set_unit(std::string(book.Find(spec.numerator.front().measure)->unit));
  indicator.set_source(std::string(spec.source));
  const bool is_rate = !spec.denominator.empty();
  const Rate rate{Sum(spec.numerator, totals), Sum(spec.denominator, totals)};
  indicator.mutable_numerator()->set_value(rate.numerator);
  if (is_rate) {
    indicator.mutable_denominator()->set_value(rate.denominator);
  }
  const auto target = spec.target ? spec.target(area, period) : std::nullopt;
  if (target.has_value()) {
    indicator.mutable_target()->set_numerator(target->numerator);
    indicator.mutable_target()->set_denominator(target->denominator);
  }
  indicator.set_state(StateOf(rate, is_rate, target, spec.direction, spec.kind));
  if (spec.parts && with_parts) {
    AddParts(spec, totals, indicator);
  }
  return indicator;
}

std::string Fingerprint(const MeasureBook& book, absl::Span<const IndicatorSpec> indicators) {
  std::string text;
  for (const Measure& measure : book.measures()) {
    absl::StrAppend(&text, measure.id, "|", static_cast<int>(measure.kind), "|", measure.unit, "\n");
  }
  for (const IndicatorSpec& spec : indicators) {
    absl::StrAppend(&text, spec.id, "|", spec.label, "|", spec.label_zh, "|", spec.source, "|", spec.parts, "|",
                    spec.sensitive, "|", static_cast<int>(spec.direction), "|", static_cast<int>(spec.kind));
    for (const auto* terms : {&spec.numerator, &spec.denominator}) {
      absl::StrAppend(&text, "|:");
      for (const Term& term : *terms) {
        absl::StrAppend(&text, "|", term.measure);
        for (const std::string_view code : term.codes) {
          absl::StrAppend(&text, ",", code);
        }
      }
    }
    absl::StrAppend(&text, "\n");
  }
  return absl::StrFormat("2-%08x", cache::Crc32(text));
}

}  // namespace ruraledu::dashboard
