// Bounded workers: a fixed number of threads, a bounded queue, no waiting to get in.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ruraledu::rpc {

// One piece of work; owned by whoever made it.
class Task {
 public:
  virtual ~Task() = default;
  virtual void Run() = 0;
};

class WorkPool {
 public:
  WorkPool(int threads, int queue_limit);
  ~WorkPool() { Stop(); }

  // False when the queue is full. Work that was admitted before (a stream's next batch, a call that waited) goes in
  // `always`.
  bool Submit(Task* task, bool always = false);
  int queued() const;
  // Runs what is queued, then ends the threads.
  void Stop();

 private:
  void Loop();

  const int limit_;
  mutable absl::Mutex mu_;
  absl::CondVar work_;
  std::deque<Task*> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace ruraledu::rpc
