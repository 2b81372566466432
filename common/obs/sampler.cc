#include "common/obs/sampler.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/obs/log.h"

namespace ruraledu::obs {

void Sampler::Add(std::string name, Probe probe) {
  Counter failures = metrics_->CounterOf("ruraledu_probe_failures_total", {name});
  probes_.push_back({std::move(name), std::move(probe), failures});
}

void Sampler::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Sampler::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool Sampler::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

void Sampler::Loop() {
  while (true) {
    RunOnce();
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), every_)) {
      return;
    }
  }
}

void Sampler::RunOnce() {
  for (Named& named : probes_) {
    if (stopping()) {
      return;
    }
    const absl::Status status = named.probe();
    if (!status.ok()) {
      named.failures.Inc();
    }
    if (named.failed == status.ok()) {
      named.failed = !status.ok();
      LogStatus(status.ok() ? Level::kInfo : Level::kWarning, "probe", status, {{"probe", named.name}});
    }
  }
}

namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Entries of /proc/self/fd without ".", ".." and the one that is open for reading them.
absl::StatusOr<int64_t> OpenFiles() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) {
    return Fail("FILE_UNREADABLE");
  }
  int64_t count = -3;
  while (readdir(folder.get()) != nullptr) {
    ++count;
  }
  return count;
}

}  // namespace

Sampler::Probe ProcessProbe(Metrics& metrics) {
  metrics.GaugeOf("process_start_time_seconds").Set(absl::ToDoubleSeconds(Clock::System().Now() - absl::UnixEpoch()));
  return [memory = metrics.GaugeOf("process_resident_memory_bytes"), files = metrics.GaugeOf("process_open_fds"),
          cpu = metrics.CounterOf("process_cpu_seconds_total"), counted = 0.0]() mutable -> absl::Status {
    int64_t pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    memory.Set(static_cast<double>(resident * sysconf(_SC_PAGESIZE)));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double used = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
    cpu.Inc(used - counted);
    counted = used;
    ASSIGN_OR_RETURN(const int64_t open, OpenFiles());
    files.Set(static_cast<double>(open));
    return absl::OkStatus();
  };
}

}  // namespace ruraledu::obs
