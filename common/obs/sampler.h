// What no event reports - ages, sizes, counts in the database - is looked at from time to time: one thread, a list of
// probes, each sets its gauges. A probe that fails leaves its gauges as they were and is counted.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/obs/metrics.h"

namespace ruraledu::obs {

class Sampler {
 public:
  using Probe = std::function<absl::Status()>;
  // `metrics` outlives it.
  Sampler(Metrics* metrics, absl::Duration every) : metrics_(metrics), every_(every) {}
  ~Sampler() { Stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // Before Start. `name` is a label value: a fixed word. What the probe looks at lives until Stop.
  void Add(std::string name, Probe probe);
  // Runs all probes at once and then every `every`; Stop waits for a running probe.
  void Start();
  void Stop();
  // All probes on the calling thread.
  void RunOnce();

 private:
  struct Named {
    std::string name;
    Probe probe;
    Counter failures;
    bool failed = false;  // logged when it changes, not every time
  };
  void Loop();
  bool stopping() const;

  Metrics* const metrics_;
  const absl::Duration every_;
  std::vector<Named> probes_;
  mutable absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

// process_*: start, CPU time, memory, descriptors, from /proc/self.
Sampler::Probe ProcessProbe(Metrics& metrics);

}  // namespace ruraledu::obs
