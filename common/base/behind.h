// One step behind: a loop writes its last page while it makes the next one ready.
#pragma once

#include <functional>
#include <future>
#include <utility>

#include "absl/status/status.h"

namespace ruraledu {

class Behind {
 public:
  Behind() = default;
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;
  ~Behind() { (void)Wait(); }

  // Waits for the step before; after its error nothing is started. The step runs on a thread of its own.
  absl::Status Start(std::function<absl::Status()> step) {
    if (absl::Status before = Wait(); !before.ok()) {
      return before;
    }
    running_ = std::async(std::launch::async, std::move(step));
    return absl::OkStatus();
  }
  // What the step came to; OK when there is none.
  absl::Status Wait() { return running_.valid() ? running_.get() : absl::OkStatus(); }

 private:
  std::future<absl::Status> running_;
};

}  // namespace ruraledu
