// Logs: one line of JSON per call or event.
//
//   {"time":"2026-09-01T00:00:00.123456Z","level":"info","event":"rpc","method":"GetStudent","code":0,"seconds":0.0012}
//
// `event` is a fixed snake_case word, fields are facts. Never personal data: a value can be a number, a boolean, an id
// or a fixed text; types that hold personal values (Secret, protobuf messages, …) do not convert. As a second wall,
// runs of digits in texts that look like an ID number, a bank card or a mobile phone are replaced by "[redacted]".
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace ruraledu::obs {

enum class Level { kDebug, kInfo, kWarning, kError };

class LogValue {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) LogValue(T value)
      : value_(static_cast<int64_t>(value)) {}                           // NOLINT(google-explicit-constructor)
  LogValue(std::same_as<bool> auto value) : value_(value) {}             // NOLINT(google-explicit-constructor)
  LogValue(double value) : value_(value) {}                              // NOLINT(google-explicit-constructor)
  LogValue(std::string_view text) : value_(text) {}                      // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : value_(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)
  // Only what is explicitly listed converts: a message, a person, a Secret do not.
  template <typename T>
  requires(!std::is_arithmetic_v<T> && !std::convertible_to<const T&, std::string_view>) LogValue(const T&)
  = delete;

  const std::variant<int64_t, bool, double, std::string_view>& value() const { return value_; }

 private:
  std::variant<int64_t, bool, double, std::string_view> value_;  // texts live as long as the call to Log
};

struct LogField {
  std::string_view name;
  LogValue value;
};

// Thread safe; one line is never torn. Fields keep their order; `time`, `level`, `event` come first.
void Log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

// The same with the code and reason of a status, but not its message: it may quote a request.
void LogStatus(Level level, std::string_view event, const absl::Status& status,
               std::initializer_list<LogField> fields = {});

// Lines below `level` are dropped; default kInfo.
void SetLogLevel(Level level);

// Appends to a file from now on (created with mode 0640); "" = standard error, the default. FILE_UNWRITABLE when it
// cannot be opened, the sink is unchanged then.
absl::Status LogToFile(const std::string& path);

// For tests: takes all lines of all threads while it lives, instead of the sink.
class CapturedLog {
 public:
  CapturedLog();
  ~CapturedLog();
  std::vector<std::string> lines() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The line without its newline, as Log writes it: for the unit test and for tools.
std::string LogLine(std::string_view time, Level level, std::string_view event, absl::Span<const LogField> fields);

}  // namespace ruraledu::obs
