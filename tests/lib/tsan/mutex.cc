// The packaged absl::Mutex, CondVar and Notification are not built with the thread sanitizer, which therefore does not
// see that they order anything, and reports every guarded variable. The tests' calls of them come here (linker option
// --wrap, see tests/CMakeLists.txt) and say so: what was done before an unlock is seen after the next lock.
#include "absl/synchronization/mutex.h"

#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/notification.h"

using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

// A call that takes the mutex, one that gives it back, and one that gives it back while it waits.
#define RURALEDU_TAKES(symbol, Result, Parameters, Arguments) \
  Result __real_##symbol Parameters;                          \
  Result __wrap_##symbol Parameters {                         \
    const Result result = __real_##symbol Arguments;          \
    __tsan_acquire(mutex);                                    \
    return result;                                            \
  }
#define RURALEDU_TAKES_ALWAYS(symbol, Parameters, Arguments) \
  void __real_##symbol Parameters;                           \
  void __wrap_##symbol Parameters {                          \
    __real_##symbol Arguments;                               \
    __tsan_acquire(mutex);                                   \
  }
#define RURALEDU_GIVES(symbol)         \
  void __real_##symbol(Mutex* mutex);  \
  void __wrap_##symbol(Mutex* mutex) { \
    __tsan_release(mutex);             \
    __real_##symbol(mutex);            \
  }
#define RURALEDU_WAITS(symbol, Result, Parameters, Arguments) \
  Result __real_##symbol Parameters;                          \
  Result __wrap_##symbol Parameters {                         \
    __tsan_release(mutex);                                    \
    const Result result = __real_##symbol Arguments;          \
    __tsan_acquire(mutex);                                    \
    return result;                                            \
  }
#define RURALEDU_WAITS_ALWAYS(symbol, Parameters, Arguments) \
  void __real_##symbol Parameters;                           \
  void __wrap_##symbol Parameters {                          \
    __tsan_release(mutex);                                   \
    __real_##symbol Arguments;                               \
    __tsan_acquire(mutex);                                   \
  }

extern "C" {

RURALEDU_TAKES_ALWAYS(_ZN4absl7debian35Mutex4LockEv, (Mutex * mutex), (mutex))
RURALEDU_TAKES_ALWAYS(_ZN4absl7debian35Mutex10ReaderLockEv, (Mutex * mutex), (mutex))
RURALEDU_TAKES(_ZN4absl7debian35Mutex7TryLockEv, bool, (Mutex * mutex), (mutex))
RURALEDU_TAKES(_ZN4absl7debian35Mutex13ReaderTryLockEv, bool, (Mutex * mutex), (mutex))
RURALEDU_TAKES_ALWAYS(_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE, (Mutex * mutex, const Condition& condition),
                      (mutex, condition))
RURALEDU_GIVES(_ZN4absl7debian35Mutex6UnlockEv)
RURALEDU_GIVES(_ZN4absl7debian35Mutex12ReaderUnlockEv)
RURALEDU_WAITS_ALWAYS(_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, (Mutex * mutex, const Condition& condition),
                      (mutex, condition))
RURALEDU_WAITS(_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, bool,
               (Mutex * mutex, const Condition& condition, Duration timeout), (mutex, condition, timeout))
RURALEDU_WAITS(_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, bool,
               (Mutex * mutex, const Condition& condition, Time deadline), (mutex, condition, deadline))
RURALEDU_WAITS_ALWAYS(_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, (CondVar * variable, Mutex* mutex), (variable, mutex))
RURALEDU_WAITS(_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE, bool,
               (CondVar * variable, Mutex* mutex, Duration timeout), (variable, mutex, timeout))
RURALEDU_WAITS(_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE, bool,
               (CondVar * variable, Mutex* mutex, Time deadline), (variable, mutex, deadline))
RURALEDU_TAKES_ALWAYS(_ZNK4absl7debian312Notification19WaitForNotificationEv, (const Notification* notification),
                      (notification);
                      void* const mutex = const_cast<Notification*>(notification))
RURALEDU_TAKES(_ZNK4absl7debian312Notification31WaitForNotificationWithDeadlineENS0_4TimeE, bool,
               (const Notification* notification, Time deadline), (notification, deadline);
               void* const mutex = const_cast<Notification*>(notification))
RURALEDU_TAKES(_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE, bool,
               (const Notification* notification, Duration timeout), (notification, timeout);
               void* const mutex = const_cast<Notification*>(notification))
void __real__ZN4absl7debian312Notification6NotifyEv(Notification* notification);
void __wrap__ZN4absl7debian312Notification6NotifyEv(Notification* notification) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

}  // extern "C"
