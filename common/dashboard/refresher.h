// Rewrites dashboards that were asked for lately when their data moved, so that the next reader finds them.
#pragma once

#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/dashboard/board.h"
#include "common/feed/heads.h"

namespace ruraledu::dashboard {

struct RefresherOptions {
  absl::Duration gather = absl::Milliseconds(250);  // moves within it are one refresh
  size_t max_boards = 256;                          // rewritten per round; the others wait for their readers
};

class Refresher {
 public:
  // All outlive it.
  Refresher(Board& board, feed::HeadPoller& heads, RefresherOptions options = {});
  ~Refresher();
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;

  // Rewrites the recent dashboards above the given shards, now. Returns how many.
  size_t Refresh(const absl::flat_hash_set<std::string>& moved);
  // How old the oldest change is that the recent dashboards do not show yet; zero when there is none.
  absl::Duration Behind() const;

 private:
  void Run();

  Board& board_;
  feed::HeadPoller& heads_;
  const RefresherOptions options_;
  mutable absl::Mutex mu_;
  absl::flat_hash_set<std::string> moved_ ABSL_GUARDED_BY(mu_);
  absl::Time moved_since_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();    // first of moved_
  absl::Time working_since_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();  // first of what is being rewritten
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
  int64_t subscription_ = 0;
};

}  // namespace ruraledu::dashboard
