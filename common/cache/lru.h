// The answers of the last moment, in process. Thread safe; an operation is a hash look-up under a short lock.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace ruraledu::cache {

// A serialized answer that caches and calls share.
using Bytes = std::shared_ptr<const std::string>;

// An answer, the version of the data it was computed from, and when.
struct Versioned {
  int64_t version = 0;
  int64_t as_of_us = 0;  // microseconds UTC
  Bytes bytes;
};

struct LruOptions {
  absl::Duration max_age = absl::Seconds(1);
  size_t max_entries = 4096;
  size_t max_bytes = 64 << 20;  // of the answers
};

class Lru {
 public:
  explicit Lru(const Clock& clock, LruOptions options = {}) : clock_(clock), options_(options) {}

  // nullopt when there is none, or none as young as `max_age`.
  std::optional<Versioned> Get(std::string_view key);
  // `known_at`: when the value was known to be current, its age counts from there. A value of a greater version stays.
  void Put(std::string_view key, Versioned value, absl::Time known_at);
  size_t size() const;
  size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    Versioned value;
    absl::Time known_at;
  };
  using Order = std::list<Entry>;  // newest use first
  void Drop(Order::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock& clock_;
  const LruOptions options_;
  mutable absl::Mutex mu_;
  Order order_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string_view, Order::iterator> index_ ABSL_GUARDED_BY(mu_);  // keys live in order_
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace ruraledu::cache
