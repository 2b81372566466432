// Keyed OpenSSL contexts that are kept, because setting a key costs more than sealing a short value.
//
// One slot per thread (numbers wrap at kSlots), taken and put back by one atomic exchange; when two threads meet in a
// slot, one makes a context for itself and the spare one is freed. Contexts belong to the pool, not to the thread, so
// they are wiped with the key they hold.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace ruraledu::crypto {

inline size_t ThreadNumber() {
  static std::atomic<size_t> next{0};
  thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

template <typename Context>  // a unique_ptr type
class ContextPool {
  using Slot = std::atomic<typename Context::pointer>;

 public:
  explicit ContextPool(std::function<Context()> make) : make_(std::move(make)) {}
  ~ContextPool() {
    for (auto& [slot] : slots_) {
      Context(slot.load());
    }
  }
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;

  class Lease {
   public:
    Lease(Slot& slot, Context context) : slot_(slot), context_(std::move(context)) {}
    ~Lease() { Context(slot_.exchange(context_.release(), std::memory_order_acq_rel)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    typename Context::pointer get() const { return context_.get(); }

   private:
    Slot& slot_;
    Context context_;
  };

  Lease Take() const {
    Slot& slot = slots_[ThreadNumber() % kSlots].slot;
    Context kept(slot.exchange(nullptr, std::memory_order_acq_rel));
    return Lease(slot, kept ? std::move(kept) : make_());
  }

 private:
  static constexpr size_t kSlots = 16;
  struct alignas(64) Line {
    Slot slot{nullptr};
  };
  const std::function<Context()> make_;
  mutable std::array<Line, kSlots> slots_;
};

}  // namespace ruraledu::crypto
