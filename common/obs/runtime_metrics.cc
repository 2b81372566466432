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

// Calls, transactions, feeds, caches, jobs.
std::vector<MetricSpec> CallSpecs() {
  return {
      {kCounter, "ruraledu_rpc_handled_total", "Calls answered, by gRPC code", {"service", "method", "code"}},
      {kHistogram, "ruraledu_rpc_duration_seconds", "Arrival to answer of a call", {"service", "method"}},
      {kHistogram, "ruraledu_rpc_queue_wait_seconds", "Wait of a call for a worker", {"service"}},
      {kCounter, "ruraledu_rpc_shed_total", "Calls answered without work", {"service", "reason"}},
      {kGauge, "ruraledu_rpc_in_flight", "Calls in the hands of workers", {"service"}},
      {kGauge, "ruraledu_rpc_queue_length", "Calls waiting for a worker", {"service"}},
      {kCounter, "ruraledu_token_checks_total", "Tokens seen: accepted or refused", {"service", "result"}},
      {kHistogram, "ruraledu_db_transaction_seconds", "Database transactions, by kind", {"service", "kind"}},
      {kHistogram, "ruraledu_db_wait_seconds", "Wait for a connection and the shard head", {"service"}},
      {kCounter, "ruraledu_db_writes_total", "Writes: committed, rolled_back or retried", {"service", "result"}},
      {kCounter, "ruraledu_db_failures_total", "Transactions that the database refused", {"service", "reason"}},
      {kGauge, "ruraledu_database_bytes", "Size of the SQLite files: main and wal", {"service", "file"}},
      {kGauge, "ruraledu_disk_free_bytes", "Free space where the SQLite file lies", {"service"}},
      {kGauge, "ruraledu_disk_free_ratio", "The same as a share of the file system", {"service"}},
      {kGauge, "ruraledu_feed_lag_entries", "Journal entries not applied yet, worst shard", {"service", "source"}},
      {kGauge, "ruraledu_feed_lag_seconds", "Age of the oldest entry not applied yet", {"service", "source"}},
      {kGauge, "ruraledu_feed_stopped_shards", "Shards stopped until a resync", {"service", "source"}},
      {kCounter, "ruraledu_feed_applied_total", "Journal entries applied", {"service", "source"}},
      {kCounter,
       "ruraledu_feed_alarms_total",
       "Journals found replaced or broken, entries refused",
       {"service", "source", "reason"}},
      {kCounter, "ruraledu_cache_requests_total", "Dashboard reads: lru, hit, miss or error", {"service", "result"}},
      {kCounter, "ruraledu_cache_refreshes_total", "Dashboards rewritten: ok or error", {"service", "result"}},
      {kGauge, "ruraledu_cache_up", "1 while the connection to Redis stands", {"service"}},
      {kGauge, "ruraledu_cache_refresh_lag_seconds", "Age of the oldest change not in the cache yet", {"service"}},
      {kGauge, "ruraledu_jobs_running", "Jobs held by this process", {"service", "kind"}},
      {kGauge, "ruraledu_jobs_open", "Jobs not ended, in the database", {"service", "state"}},
      {kGauge, "ruraledu_jobs_overdue_seconds", "How long the longest due job waits for a worker", {"service"}},
      {kCounter,
       "ruraledu_jobs_finished_total",
       "Jobs ended: succeeded, failed, cancelled or lease_lost",
       {"service", "kind", "result"}},
      {kCounter, "ruraledu_job_items_total", "Rows, pupils or entries worked by jobs", {"service", "kind"}},
      {kHistogram,
       "ruraledu_job_seconds",
       "Duration of a turn of a job",
       {"service", "kind"},
       {1, 5, 15, 60, 300, 900, 3600, 14400, 43200}},
      {kGauge, "ruraledu_claims_tentative", "Claims neither held nor released yet", {"service"}},
      {kGauge, "ruraledu_claims_oldest_seconds", "Age of the oldest of them", {"service"}},
      {kCounter,
       "ruraledu_claims_swept_total",
       "Claims settled by the sweeper: held or released",
       {"service", "result"}},
      {kCounter, "ruraledu_claims_sweeps_total", "Sweeps: ok or error", {"service", "result"}},
  };
}

// What is there: attachments, keys, the process.
std::vector<MetricSpec> StateSpecs() {
  return {
      {kGauge, "ruraledu_files", "Attachments by state", {"service", "county", "state"}},
      {kGauge, "ruraledu_files_bytes", "Announced bytes of attachments by state", {"service", "county", "state"}},
      {kGauge,
       "ruraledu_files_quarantine_oldest_seconds",
       "Wait of the oldest attachment for the scanner",
       {"service"}},
      {kCounter, "ruraledu_file_scans_total", "Scans ended: clean, rejected or failed", {"service", "result"}},
      {kGauge,
       "ruraledu_integrity_findings",
       "What the latest check found wrong: journal_chain, counters, ledger",
       {"service", "check", "shard"}},
      {kGauge,
       "ruraledu_integrity_checked_timestamp_seconds",
       "End of the latest complete check",
       {"service", "check"}},
      {kGauge, "ruraledu_certificate_expiry_timestamp_seconds", "End of a certificate's validity", {"file"}},
      {kGauge, "ruraledu_key_modified_timestamp_seconds", "Last change of a key file", {"file"}},
      {kCounter, "ruraledu_probe_failures_total", "Gauges that could not be read", {"probe"}},
      {kGauge, "ruraledu_ready", "1 while the readiness probe answers 200", {"service"}},
      {kGauge, "process_start_time_seconds", "Start of the process since 1970"},
      {kCounter, "process_cpu_seconds_total", "User and system time of the process"},
      {kGauge, "process_resident_memory_bytes", "Resident memory"},
      {kGauge, "process_open_fds", "Open file descriptors"},
  };
}

}  // namespace

absl::Span<const MetricSpec> RuntimeSpecs() {
  static const auto* const specs = [] {
    auto* all = new std::vector<MetricSpec>(CallSpecs());
    const std::vector<MetricSpec> more = StateSpecs();
    all->insert(all->end(), more.begin(), more.end());
    return all;
  }();
  return *specs;
}

MethodMetrics::MethodMetrics(Metrics* metrics, std::string_view service, std::string_view method)
    : metrics_(metrics), service_(service), method_(method) {
  if (metrics == nullptr) {
    return;
  }
  HandledCounter(0);
  queue_wait_ = metrics->HistogramOf("ruraledu_rpc_queue_wait_seconds", {service});
  for (size_t i = 0; i < shed_.size(); ++i) {
    shed_[i] = metrics->CounterOf("ruraledu_rpc_shed_total", {service, kShedNames[i]});
  }
}

Counter MethodMetrics::HandledCounter(int grpc_code) {
  const int code = grpc_code >= 0 && grpc_code < kCodes ? grpc_code : kUnknownCode;
  return handled_[code].Get(mu_, [&] {
    return metrics_->CounterOf("ruraledu_rpc_handled_total", {service_, method_, kCodeNames[code]});
  });
}

Histogram MethodMetrics::Duration() {
  return duration_.Get(mu_, [&] {
    return metrics_->HistogramOf("ruraledu_rpc_duration_seconds", {service_, method_});
  });
}

void MethodMetrics::Handled(int grpc_code, double seconds) {
  if (metrics_ != nullptr) {
    HandledCounter(grpc_code).Inc();
    Duration().Observe(seconds);
  }
}

RuntimeMetrics::RuntimeMetrics(Metrics* metrics, std::string_view service) : metrics_(metrics), service_(service) {
  rpc_in_flight = metrics->GaugeOf("ruraledu_rpc_in_flight", {service});
  rpc_queue_length = metrics->GaugeOf("ruraledu_rpc_queue_length", {service});
  const auto counter = [this](std::string_view name, std::string_view result) { return CounterOf(name, {result}); };
  token_accepted = counter("ruraledu_token_checks_total", "accepted");
  token_refused = counter("ruraledu_token_checks_total", "refused");
  db_read_seconds = metrics->HistogramOf("ruraledu_db_transaction_seconds", {service, "read"});
  db_write_seconds = metrics->HistogramOf("ruraledu_db_transaction_seconds", {service, "write"});
  db_wait_seconds = metrics->HistogramOf("ruraledu_db_wait_seconds", {service});
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
  const auto alarms = [this, source](std::string_view reason) {
    return metrics_->CounterOf("ruraledu_feed_alarms_total", {service_, source, reason});
  };
  return {.lag_entries = metrics_->GaugeOf("ruraledu_feed_lag_entries", {service_, source}),
          .lag_seconds = metrics_->GaugeOf("ruraledu_feed_lag_seconds", {service_, source}),
          .stopped_shards = metrics_->GaugeOf("ruraledu_feed_stopped_shards", {service_, source}),
          .applied = metrics_->CounterOf("ruraledu_feed_applied_total", {service_, source}),
          .replaced = alarms("replaced"),
          .broken = alarms("broken"),
          .refused = alarms("refused")};
}

namespace {

std::vector<std::string_view> With(std::string_view service, std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> values = {service};
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

}  // namespace

Counter RuntimeMetrics::CounterOf(std::string_view name, std::initializer_list<std::string_view> more) const {
  return metrics_ == nullptr ? Counter() : metrics_->CounterOf(name, With(service_, more));
}

Gauge RuntimeMetrics::GaugeOf(std::string_view name, std::initializer_list<std::string_view> more) const {
  return metrics_ == nullptr ? Gauge() : metrics_->GaugeOf(name, With(service_, more));
}

}  // namespace ruraledu::obs
