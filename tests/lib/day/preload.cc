// Loaded before all others (LD_PRELOAD) into the processes of a test: their days begin and end when the test says so.
// No program of the product knows of it, so none has a switch for it.
//
// The file of RURALEDU_TEST_DAY holds the seconds (int64) by which the clock of the world is ahead of the machine's.
// Answers that tell the time are moved by them; absolute times that wait in the kernel are moved back. Clocks that only
// measure (CLOCK_MONOTONIC) run on.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "absl/time/clock.h"

namespace {

using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);

constexpr time_t kOfTheDay = 1'000'000'000;  // seconds since 1970; less than that are counted from the machine's start

const int64_t none = 0;
const volatile int64_t* ahead = &none;
int (*real_clock)(clockid_t, timespec*) = nullptr;
Wait real_wait = nullptr;

// Before anything asks: a sanitizer asks for the time while it holds its locks, so nothing may be looked up then.
[[gnu::constructor]] void Prepare() {
  real_wait = reinterpret_cast<Wait>(dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"));
  if (real_wait == nullptr) {
    real_wait = reinterpret_cast<Wait>(dlsym(RTLD_NEXT, "pthread_cond_timedwait"));
  }
  real_clock = reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
  const char* name = getenv("RURALEDU_TEST_DAY");
  const int file = name == nullptr ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    void* mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    ahead = mapped == MAP_FAILED ? &none : static_cast<const volatile int64_t*>(mapped);
    close(file);
  }
}

timespec Back(const timespec& at) {
  return {at.tv_sec > kOfTheDay ? at.tv_sec - *ahead : at.tv_sec, at.tv_nsec};
}

// The kernel itself: allocators ask it before all is prepared. Below zero: an error.
long Kernel(long number, const long* arguments) {
#if defined(__x86_64__)
  long result;
  register long fourth asm("r10") = arguments[3];
  register long fifth asm("r8") = arguments[4];
  register long sixth asm("r9") = arguments[5];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(fourth), "r"(fifth),
                 "r"(sixth)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long what asm("x8") = number;
  register long first asm("x0") = arguments[0];
  register long second asm("x1") = arguments[1];
  register long third asm("x2") = arguments[2];
  register long fourth asm("x3") = arguments[3];
  register long fifth asm("x4") = arguments[4];
  register long sixth asm("x5") = arguments[5];
  asm volatile("svc 0"
               : "+r"(first)
               : "r"(what), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
               : "memory");
  return first;
#endif
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long arguments[6] = {clock, reinterpret_cast<long>(now)};
  const int result =
      real_clock == nullptr ? static_cast<int>(Kernel(SYS_clock_gettime, arguments)) : real_clock(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += *ahead;
  }
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int gettimeofday(timeval* __restrict out, void* __restrict) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  const timespec back = Back(*until);
  return real_wait(condition, mutex, &back);
}

// Abseil waits by it.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) {
    argument = va_arg(list, long);
  }
  va_end(list);
  timespec back;
  if (number == SYS_futex && (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 && arguments[3] != 0) {
    back = Back(*reinterpret_cast<const timespec*>(arguments[3]));
    arguments[3] = reinterpret_cast<long>(&back);
  }
  const long result = Kernel(number, arguments);
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

}  // extern "C"

// Abseil's own counts the processor's cycles and looks at the clock every two seconds only.
int64_t absl::GetCurrentTimeNanos() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
