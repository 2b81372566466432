// Metrics. A thin registry over prometheus-cpp, which no other module sees.
//
// Families are declared in tables (name, help, labels, buckets); handles are made once, at start-up or when a county
// appears, and kept: an update is one atomic operation and takes no lock. A default-made handle does nothing, so code
// under test needs no registry. Names have base units and end in _total, _seconds, _bytes, _ratio as the Prometheus
// convention says; tests/golden/metrics.txt pins all of them. Label values come from closed sets (methods, codes,
// counties, terms): never a person, never free text.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace ruraledu::obs {

class Counter {
 public:
  Counter() = default;
  void Inc() { Inc(1); }
  void Inc(double by);  // by ≥ 0

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void Set(double value);
  void Add(double by);

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void Observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  prometheus::Histogram* histogram_ = nullptr;
};

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricSpec {
  MetricType type;
  std::string_view name;  // "ruraledu_rpc_handled_total"; string literals: specs outlive the registry
  std::string_view help;
  std::vector<std::string_view> labels = {};
  std::vector<double> buckets = {};  // histograms only; {} takes DefaultSecondsBuckets
};

// 0.25 ms … 60 s in steps of about two.
const std::vector<double>& DefaultSecondsBuckets();

// The registry of one process. Thread safe. Handles live as long as it does.
class Metrics {
 public:
  // Declares the runtime families; a service declares its own beside them.
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Aborts on a name that is malformed or declared with another shape: a programming error, seen at start-up.
  void Declare(absl::Span<const MetricSpec> specs);

  // `label_values` in the order of the declared labels. Aborts when the family is not declared, has another type, or
  // another number of labels. Asking twice gives the same series.
  Counter CounterOf(std::string_view name, absl::Span<const std::string_view> label_values = {});
  Gauge GaugeOf(std::string_view name, absl::Span<const std::string_view> label_values = {});
  Histogram HistogramOf(std::string_view name, absl::Span<const std::string_view> label_values = {});

  // The text exposition format 0.0.4.
  std::string Text() const;

  // "name<tab>type<tab>label,label<tab>help" per declared family, sorted: what the golden list pins.
  std::vector<std::string> Declared() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The families every process has (design section 9).
absl::Span<const MetricSpec> RuntimeSpecs();

// Why a call was answered without work.
enum class Shed { kQueueFull, kExpired, kCancelled, kDraining };

// A handle that is made when it is first needed; reading it takes no lock.
template <typename Handle>
class Lazy {
 public:
  template <typename Make>
  Handle Get(absl::Mutex& mu, Make make) {
    if (!made_.load(std::memory_order_acquire)) {
      absl::MutexLock lock(&mu);
      if (!made_.load(std::memory_order_relaxed)) {
        handle_ = make();
        made_.store(true, std::memory_order_release);
      }
    }
    return handle_;  // constant once made
  }

 private:
  std::atomic<bool> made_{false};
  Handle handle_;
};

// Handles of one RPC method. The queue is that of the service, and so are its wait and what is shed.
class MethodMetrics {
 public:
  MethodMetrics(Metrics* metrics, std::string_view service, std::string_view method);

  // One finished call; `grpc_code` 0–16. The series of a code is made when the code first occurs (but OK at once), that
  // of the duration with the first call: a method that nobody calls costs one series.
  void Handled(int grpc_code, double seconds);
  void QueueWait(double seconds) { queue_wait_.Observe(seconds); }
  void CountShed(Shed why) { shed_[static_cast<size_t>(why)].Inc(); }

 private:
  static constexpr int kCodes = 17;
  Counter HandledCounter(int grpc_code);
  Histogram Duration();

  Metrics* const metrics_;
  const std::string service_, method_;
  absl::Mutex mu_;                             // making a series; never taken by an update
  std::array<Lazy<Counter>, kCodes> handled_;  // by code
  Lazy<Histogram> duration_;
  Histogram queue_wait_;
  std::array<Counter, 4> shed_;
};

// Handles of one job kind (imports, runs, rebuilds, reseal).
struct JobMetrics {
  Gauge running;
  Counter succeeded, failed, cancelled, lease_lost, items;
  Histogram seconds;
};

// Handles of one followed source service.
struct FeedMetrics {
  Gauge lag_entries;     // entries at the source not applied here, largest of its shards
  Gauge lag_seconds;     // age of the oldest one
  Gauge stopped_shards;  // shards stopped by another instance, a smaller head or another hash
  Counter applied;
  Counter replaced, broken, refused;  // alarms: other history, an entry that does not fit, the applier said no
};

// Handles of one service, made once.
struct RuntimeMetrics {
  RuntimeMetrics() = default;  // all handles do nothing
  RuntimeMetrics(Metrics* metrics, std::string_view service);

  std::unique_ptr<MethodMetrics> ForMethod(std::string_view method) const;
  JobMetrics ForJob(std::string_view kind) const;
  FeedMetrics ForFeed(std::string_view source) const;
  // A series of any declared family whose first label is the service; `more` are its other label values. Does nothing
  // without a registry.
  Counter CounterOf(std::string_view name, std::initializer_list<std::string_view> more = {}) const;
  Gauge GaugeOf(std::string_view name, std::initializer_list<std::string_view> more = {}) const;

  Gauge rpc_in_flight, rpc_queue_length;
  Counter token_accepted, token_refused;
  Histogram db_read_seconds, db_write_seconds, db_wait_seconds;
  Counter db_committed, db_rolled_back, db_retried;
  Counter cache_lru, cache_hit, cache_miss, cache_error;
  Counter cache_refreshed, cache_refresh_failed;
  Gauge ready;  // 1 when the readiness probe answers 200

 private:
  Metrics* metrics_ = nullptr;
  std::string service_;
};

}  // namespace ruraledu::obs
