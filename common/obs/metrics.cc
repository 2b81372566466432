#include "common/obs/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"

namespace ruraledu::obs {
namespace {

[[noreturn]] void Misuse(std::string_view name, std::string_view what) {
  std::cerr << "metric " << name << ": " << what << "\n";
  std::abort();
}

bool IsName(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos &&
         name[0] >= 'a';
}

// A declared family: exactly one of the pointers is set.
struct Declared {
  MetricSpec spec;
  prometheus::Family<prometheus::Counter>* counters = nullptr;
  prometheus::Family<prometheus::Gauge>* gauges = nullptr;
  prometheus::Family<prometheus::Histogram>* histograms = nullptr;
};

constexpr std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

bool SameShape(const MetricSpec& a, const MetricSpec& b) {
  return a.type == b.type && a.labels == b.labels && a.buckets == b.buckets;
}

void CheckSpec(const MetricSpec& spec) {
  if (!IsName(spec.name) || (spec.type == MetricType::kCounter) != spec.name.ends_with("_total")) {
    Misuse(spec.name, "malformed name; counters and only counters end in _total");
  }
  for (const std::string_view label : spec.labels) {
    if (!IsName(label)) {
      Misuse(spec.name, "malformed label name");
    }
  }
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  mutable absl::Mutex mu;
  std::map<std::string, obs::Declared, std::less<>> families ABSL_GUARDED_BY(mu);

  const obs::Declared& Find(std::string_view name, MetricType type, size_t labels) {
    absl::MutexLock lock(&mu);
    const auto found = families.find(name);
    if (found == families.end() || found->second.spec.type != type || found->second.spec.labels.size() != labels) {
      Misuse(name, "not declared with this type and number of labels");
    }
    return found->second;  // families are never removed
  }
};

namespace {

prometheus::Labels LabelsOf(const MetricSpec& spec, absl::Span<const std::string_view> values) {
  prometheus::Labels labels;
  size_t i = 0;
  for (const std::string_view value : values) {
    labels.emplace(spec.labels[i++], value);
  }
  return labels;
}

}  // namespace

void Counter::Inc(double by) {
  if (counter_ != nullptr) {
    counter_->Increment(by);
  }
}
void Gauge::Set(double value) {
  if (gauge_ != nullptr) {
    gauge_->Set(value);
  }
}
void Gauge::Add(double by) {
  if (gauge_ != nullptr) {
    gauge_->Increment(by);
  }
}
void Histogram::Observe(double value) {
  if (histogram_ != nullptr) {
    histogram_->Observe(value);
  }
}

const std::vector<double>& DefaultSecondsBuckets() {
  static const std::vector<double>* const buckets = new std::vector<double>{
      0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return *buckets;
}

Metrics::Metrics() : state_(std::make_unique<State>()) {
  Declare(RuntimeSpecs());
}
Metrics::~Metrics() = default;

void Metrics::Declare(absl::Span<const MetricSpec> specs) {
  absl::MutexLock lock(&state_->mu);
  for (const MetricSpec& spec : specs) {
    CheckSpec(spec);
    obs::Declared family{spec};
    const auto [at, added] = state_->families.try_emplace(std::string(spec.name), family);
    if (!added) {
      if (!SameShape(at->second.spec, spec)) {
        Misuse(spec.name, "declared twice, differently");
      }
      continue;
    }
    const std::string name(spec.name), help(spec.help);
    switch (spec.type) {
      case MetricType::kCounter:
        at->second.counters = &prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
        break;
      case MetricType::kGauge:
        at->second.gauges = &prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
        break;
      case MetricType::kHistogram:
        at->second.histograms = &prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
        break;
    }
  }
}

Counter Metrics::CounterOf(std::string_view name, absl::Span<const std::string_view> label_values) {
  const obs::Declared& family = state_->Find(name, MetricType::kCounter, label_values.size());
  return Counter(&family.counters->Add(LabelsOf(family.spec, label_values)));
}

Gauge Metrics::GaugeOf(std::string_view name, absl::Span<const std::string_view> label_values) {
  const obs::Declared& family = state_->Find(name, MetricType::kGauge, label_values.size());
  return Gauge(&family.gauges->Add(LabelsOf(family.spec, label_values)));
}

Histogram Metrics::HistogramOf(std::string_view name, absl::Span<const std::string_view> label_values) {
  const obs::Declared& family = state_->Find(name, MetricType::kHistogram, label_values.size());
  const std::vector<double>& buckets = family.spec.buckets.empty() ? DefaultSecondsBuckets() : family.spec.buckets;
  return Histogram(&family.histograms->Add(LabelsOf(family.spec, label_values), buckets));
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

std::vector<std::string> Metrics::Declared() const {
  absl::MutexLock lock(&state_->mu);
  std::vector<std::string> lines;
  for (const auto& [name, family] : state_->families) {
    lines.push_back(absl::StrCat(name, "\t", TypeName(family.spec.type), "\t", absl::StrJoin(family.spec.labels, ","),
                                 "\t", family.spec.help));
  }
  return lines;
}

}  // namespace ruraledu::obs
