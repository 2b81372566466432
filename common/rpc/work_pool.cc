#include "common/rpc/work_pool.h"

namespace ruraledu::rpc {

WorkPool::WorkPool(int threads, int queue_limit) : limit_(queue_limit) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

bool WorkPool::Submit(Task* task, bool always) {
  absl::MutexLock lock(&mu_);
  if (!always && static_cast<int>(queue_.size()) >= limit_) {
    return false;
  }
  queue_.push_back(task);
  work_.Signal();
  return true;
}

int WorkPool::queued() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(queue_.size());
}

void WorkPool::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    work_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void WorkPool::Loop() {
  while (true) {
    Task* task;
    {
      absl::MutexLock lock(&mu_);
      while (queue_.empty() && !stopping_) {
        work_.Wait(&mu_);
      }
      if (queue_.empty()) {
        return;
      }
      task = queue_.front();
      queue_.pop_front();
    }
    task->Run();
  }
}

}  // namespace ruraledu::rpc
