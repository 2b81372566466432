#include "common/cache/lru.h"

namespace ruraledu::cache {

std::optional<Versioned> Lru::Get(std::string_view key) {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mu_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    return std::nullopt;
  }
  const Order::iterator entry = found->second;
  if (now - entry->known_at > options_.max_age) {
    Drop(entry);
    return std::nullopt;
  }
  order_.splice(order_.begin(), order_, entry);
  return entry->value;
}

void Lru::Put(std::string_view key, Versioned value, absl::Time known_at) {
  absl::MutexLock lock(&mu_);
  if (const auto found = index_.find(key); found != index_.end()) {
    if (found->second->value.version > value.version) {
      return;
    }
    Drop(found->second);
  }
  if (value.bytes->size() > options_.max_bytes) {
    return;
  }
  bytes_ += value.bytes->size();
  order_.push_front({std::string(key), std::move(value), known_at});
  index_.emplace(order_.front().key, order_.begin());
  while (order_.size() > options_.max_entries || bytes_ > options_.max_bytes) {
    Drop(std::prev(order_.end()));
  }
}

void Lru::Drop(Order::iterator entry) {
  bytes_ -= entry->value.bytes->size();
  index_.erase(entry->key);
  order_.erase(entry);
}

size_t Lru::size() const {
  absl::MutexLock lock(&mu_);
  return order_.size();
}

size_t Lru::bytes() const {
  absl::MutexLock lock(&mu_);
  return bytes_;
}

}  // namespace ruraledu::cache
