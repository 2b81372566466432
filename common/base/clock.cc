#include "common/base/clock.h"

#include <cstdio>
#include <mutex>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace ruraledu {
namespace {

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

absl::CivilDay ShanghaiDay(absl::Time time) {
  return absl::ToCivilDay(time, absl::FixedTimeZone(8 * 60 * 60));
}

absl::CivilDay Clock::Today() const {
  return ShanghaiDay(Now());
}

std::string DayText(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

bool ParseDay(std::string_view text, absl::CivilDay* day) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return false;
  }
  const auto number = [&](size_t from, size_t count) {
    int value = 0;
    for (char c : text.substr(from, count)) {
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), date = number(8, 2);
  if (year < 1 || month < 1 || date < 1) {
    return false;
  }
  const absl::CivilDay parsed(year, month, date);
  if (parsed.month() != month || parsed.day() != date) {
    return false;  // 2023-02-30 would otherwise normalise to March
  }
  *day = parsed;
  return true;
}

std::string NewId(const Clock& clock) {
  thread_local absl::BitGen random;
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(clock.Now())) & 0xffffffffffffULL;
  const uint64_t a = absl::Uniform<uint64_t>(random);
  const uint64_t b = absl::Uniform<uint64_t>(random);
  return absl::StrCat(absl::Hex(millis >> 16, absl::kZeroPad8), "-", absl::Hex(millis & 0xffff, absl::kZeroPad4), "-7",
                      absl::Hex(a & 0xfff, absl::kZeroPad3), "-", absl::Hex(0x8000 | ((a >> 12) & 0x3fff)), "-",
                      absl::Hex(b & 0xffffffffffffULL, absl::kZeroPad12));
}

}  // namespace ruraledu
