// The table of the families that every process has, and their handles (design section 9).
#include "common/obs/metrics.h"

namespace ruraledu::obs {
namespace {

using enum MetricType;

// Canonical names of gRPC status codes, by number.
constexpr std::string_view kCodeNames[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr int kUnknownCode = 2;

constexpr std::string_view kShedNames[] = {"queue_full", "expired", "cancelled", "draining"};

}  // namespace

absl::Span<const MetricSpec> RuntimeSpecs() {
  static const auto* const specs = new std::vector<MetricSpec>{
      {kCounter, "ruraledu_rpc_handled_total", "Calls answered, by gRPC code", {"service", "method", "code"}},
      {kHistogram, "ruraledu_rpc_duration_seconds", "Arrival to answer of a call", {"service", "method"}},
      {kHistogram, "ruraledu_rpc_queue_wait_seconds", "Wait of a call for a worker", {"service", "method"}},
      {kCounter, "ruraledu_rpc_shed_total", "Calls answered without work", {"service", "method", "reason"}},
      {kGauge, "ruraledu_rpc_in_flight", "Calls in the hands of workers", {"service"}},
      {kGauge, "ruraledu_rpc_queue_length", "Calls waiting for a worker", {"service"}},
      {kCounter, "ruraledu_token_checks_total", "Tokens seen: cached, verified or refused", {"service", "result"}},
      {kHistogram, "ruraledu_db_transaction_seconds", "Database transactions, by kind", {"service", "kind"}},
      {kHistogram, "ruraledu_db_wait_seconds", "Wait for a connection and the shard head", {"service"}},
      {kHistogram,
       "ruraledu_db_group_size",
       "Writes put into one commit",
       {"service"},
       {1, 2, 4, 8, 16, 32, 64, 128, 256}},
      {kCounter, "ruraledu_db_writes_total", "Writes: committed, rolled_back or retried", {"service", "result"}},
      {kGauge, "ruraledu_feed_lag_entries", "Journal entries not applied yet, worst shard", {"service", "source"}},
      {kGauge, "ruraledu_feed_lag_seconds", "Age of the oldest entry not applied yet", {"service", "source"}},
      {kGauge, "ruraledu_feed_stopped_shards", "Shards stopped until a resync", {"service", "source"}},
      {kCounter, "ruraledu_feed_applied_total", "Journal entries applied", {"service", "source"}},
      {kCounter, "ruraledu_cache_requests_total", "Dashboard reads: lru, hit, miss or error", {"service", "result"}},
      {kCounter, "ruraledu_cache_refreshes_total", "Dashboards rewritten: ok or error", {"service", "result"}},
      {kGauge, "ruraledu_jobs_running", "Jobs held by this process", {"service", "kind"}},
      {kCounter,
       "ruraledu_jobs_finished_total",
       "Jobs ended: succeeded, failed, cancelled or lease_lost",
       {"service", "kind", "result"}},
      {kCounter, "ruraledu_job_items_total", "Rows, pupils or entries worked by jobs", {"service", "kind"}},
      {kHistogram,
       "ruraledu_job_seconds",
       "Duration of a job",
       {"service", "kind"},
       {1, 5, 15, 60, 300, 900, 3600, 14400, 43200}},
      {kGauge, "ruraledu_ready", "1 while the readiness probe answers 200", {"service"}},
  };
  return *specs;
}

MethodMetrics::MethodMetrics(Metrics* metrics, std::string_view service, std::string_view method)
    : metrics_(metrics), service_(service), method_(method) {
  if (metrics == nullptr) {
    return;
  }
  handled_[0] = metrics->CounterOf("ruraledu_rpc_handled_total", {service, method, kCodeNames[0]});
  made_[0] = true;
  duration_ = metrics->HistogramOf("ruraledu_rpc_duration_seconds", {service, method});
  queue_wait_ = metrics->HistogramOf("ruraledu_rpc_queue_wait_seconds", {service, method});
  for (size_t i = 0; i < shed_.size(); ++i) {
    shed_[i] = metrics->CounterOf("ruraledu_rpc_shed_total", {service, method, kShedNames[i]});
  }
}

Counter MethodMetrics::HandledCounter(int grpc_code) {
  const int code = grpc_code >= 0 && grpc_code < kCodes ? grpc_code : kUnknownCode;
  if (!made_[code].load(std::memory_order_acquire)) {
    absl::MutexLock lock(&mu_);
    if (!made_[code].load(std::memory_order_relaxed)) {
      handled_[code] = metrics_->CounterOf("ruraledu_rpc_handled_total", {service_, method_, kCodeNames[code]});
      made_[code].store(true, std::memory_order_release);
    }
  }
  return handled_[code];
}

void MethodMetrics::Handled(int grpc_code, double seconds) {
  if (metrics_ != nullptr) {
    HandledCounter(grpc_code).Inc();
    duration_.Observe(seconds);
  }
}

RuntimeMetrics::RuntimeMetrics(Metrics* metrics, std::string_view service) : metrics_(metrics), service_(service) {
  rpc_in_flight = metrics->GaugeOf("ruraledu_rpc_in_flight", {service});
  rpc_queue_length = metrics->GaugeOf("ruraledu_rpc_queue_length", {service});
  const auto counter = [metrics, service](std::string_view name, std::string_view result) {
    return metrics->CounterOf(name, {service, result});
  };
  token_cached = counter("ruraledu_token_checks_total", "cached");
  token_verified = counter("ruraledu_token_checks_total", "verified");
  token_refused = counter("ruraledu_token_checks_total", "refused");
  db_read_seconds = metrics->HistogramOf("ruraledu_db_transaction_seconds", {service, "read"});
  db_write_seconds = metrics->HistogramOf("ruraledu_db_transaction_seconds", {service, "write"});
  db_wait_seconds = metrics->HistogramOf("ruraledu_db_wait_seconds", {service});
  db_group_size = metrics->HistogramOf("ruraledu_db_group_size", {service});
  db_committed = counter("ruraledu_db_writes_total", "committed");
  db_rolled_back = counter("ruraledu_db_writes_total", "rolled_back");
  db_retried = counter("ruraledu_db_writes_total", "retried");
  cache_lru = counter("ruraledu_cache_requests_total", "lru");
  cache_hit = counter("ruraledu_cache_requests_total", "hit");
  cache_miss = counter("ruraledu_cache_requests_total", "miss");
  cache_error = counter("ruraledu_cache_requests_total", "error");
  cache_refreshed = counter("ruraledu_cache_refreshes_total", "ok");
  cache_refresh_failed = counter("ruraledu_cache_refreshes_total", "error");
  ready = metrics->GaugeOf("ruraledu_ready", {service});
}

std::unique_ptr<MethodMetrics> RuntimeMetrics::ForMethod(std::string_view method) const {
  return std::make_unique<MethodMetrics>(metrics_, service_, method);
}

JobMetrics RuntimeMetrics::ForJob(std::string_view kind) const {
  if (metrics_ == nullptr) {
    return {};
  }
  const auto finished = [this, kind](std::string_view result) {
    return metrics_->CounterOf("ruraledu_jobs_finished_total", {service_, kind, result});
  };
  return {.running = metrics_->GaugeOf("ruraledu_jobs_running", {service_, kind}),
          .succeeded = finished("succeeded"),
          .failed = finished("failed"),
          .cancelled = finished("cancelled"),
          .lease_lost = finished("lease_lost"),
          .items = metrics_->CounterOf("ruraledu_job_items_total", {service_, kind}),
          .seconds = metrics_->HistogramOf("ruraledu_job_seconds", {service_, kind})};
}

FeedMetrics RuntimeMetrics::ForFeed(std::string_view source) const {
  if (metrics_ == nullptr) {
    return {};
  }
  return {.lag_entries = metrics_->GaugeOf("ruraledu_feed_lag_entries", {service_, source}),
          .lag_seconds = metrics_->GaugeOf("ruraledu_feed_lag_seconds", {service_, source}),
          .stopped_shards = metrics_->GaugeOf("ruraledu_feed_stopped_shards", {service_, source}),
          .applied = metrics_->CounterOf("ruraledu_feed_applied_total", {service_, source})};
}

}  // namespace ruraledu::obs
