// The only source of "now". Rules never see it; stores and handlers take it as a parameter, so tests move time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/day.h"

namespace ruraledu {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  int64_t NowMicros() const { return absl::ToUnixMicros(Now()); }  // database time: microseconds UTC
  absl::CivilDay Today() const;                                    // civil day in Asia/Shanghai (DR-07)

  static const Clock& System();
};

// A clock that stands still until a test moves it.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : micros_(absl::ToUnixMicros(now)) {}
  absl::Time Now() const override { return absl::FromUnixMicros(micros_.load()); }
  void Set(absl::Time now) { micros_ = absl::ToUnixMicros(now); }
  void Advance(absl::Duration by) { micros_ += absl::ToInt64Microseconds(by); }

 private:
  std::atomic<int64_t> micros_;
};

// The civil day of a moment in Asia/Shanghai (UTC+8, no daylight saving time since 1991).
absl::CivilDay ShanghaiDay(absl::Time time);

// A new UUIDv7 in text form: sorts by time of creation, unique across processes.
std::string NewId(const Clock& clock = Clock::System());

}  // namespace ruraledu
