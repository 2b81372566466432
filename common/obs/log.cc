#include "common/obs/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace ruraledu::obs {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};
constexpr spdlog::level::level_enum kSpdLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                    spdlog::level::err};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsWordCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

// ID numbers have 15 or 18 digits (the last may be X), cards 15 to 19, mobile phones are 11 digits from 13 on. Micros
// since 1970 have 16, but travel as numbers. Hexadecimal ids are not hit: their digits touch letters.
bool LooksPersonal(std::string_view word) {
  std::string_view digits = word;
  if (digits.size() == 18 && (digits.back() == 'X' || digits.back() == 'x')) {
    digits.remove_suffix(1);
  }
  if (!std::all_of(digits.begin(), digits.end(), IsDigit)) {
    return false;
  }
  return (digits.size() >= 15 && digits.size() <= 19) || (digits.size() == 11 && digits[0] == '1' && digits[1] >= '3');
}

// Cuts the next word (letters and digits) or a single other character.
std::string_view NextWord(std::string_view& text) {
  size_t size = 0;
  const bool ascii_word = IsWordCharacter(text[0]) && (text[0] & 0x80) == 0;
  while (ascii_word && size < text.size() && IsWordCharacter(text[size]) && (text[size] & 0x80) == 0) {
    ++size;
  }
  const std::string_view word = text.substr(0, std::max<size_t>(size, 1));
  text.remove_prefix(word.size());
  return word;
}

void AppendEscaped(std::string& line, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      line.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
    } else {
      line += c;
    }
  }
}

void AppendText(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const std::string_view word = NextWord(text);
    AppendEscaped(line, LooksPersonal(word) ? "[redacted]" : word);
  }
  line += '"';
}

template <typename Number>
void AppendNumber(std::string& line, Number number) {
  char digits[32];
  line.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void AppendValue(std::string& line, const LogValue& value) {
  struct Appender {
    std::string& line;
    void operator()(int64_t number) const { AppendNumber(line, number); }
    void operator()(bool yes) const { line += yes ? "true" : "false"; }
    void operator()(double number) const {
      if (std::isfinite(number)) {
        AppendNumber(line, number);
      } else {
        line += "null";  // JSON has no infinity
      }
    }
    void operator()(std::string_view text) const { AppendText(line, text); }
  };
  std::visit(Appender{line}, value.value());
}

struct Output {
  absl::Mutex mu;
  std::shared_ptr<spdlog::logger> logger ABSL_GUARDED_BY(mu);
  std::vector<std::string>* captured ABSL_GUARDED_BY(mu) = nullptr;
};

std::shared_ptr<spdlog::logger> LoggerTo(spdlog::sink_ptr sink) {
  sink->set_pattern("%v");
  auto logger = std::make_shared<spdlog::logger>("ruraledu", std::move(sink));
  logger->set_level(spdlog::level::trace);  // Log has dropped what is below the level already
  logger->flush_on(spdlog::level::trace);   // a line that was logged is there after a crash
  return logger;
}

// Never destroyed: threads may log until the very end.
Output& TheOutput() {
  static Output* const output = [] {
    auto* created = new Output;
    absl::MutexLock lock(&created->mu);
    created->logger = LoggerTo(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return created;
  }();
  return *output;
}

std::atomic<Level> least_level{Level::kInfo};

// "2026-11-30T08:00:00.000001Z". The calendar is asked once a second.
std::string TimeText(absl::Time time) {
  thread_local int64_t known = 0;
  thread_local std::string text;
  const int64_t micros = absl::ToUnixMicros(time), second = micros / 1'000'000;
  if (second != known) {
    known = second;
    text = absl::FormatTime("%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(second), absl::UTCTimeZone());
  }
  return absl::StrCat(text, absl::Dec(micros % 1'000'000, absl::kZeroPad6), "Z");
}

void Write(Level level, std::string_view event, absl::Span<const LogField> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) {
    return;
  }
  std::string line = LogLine(TimeText(Clock::System().Now()), level, event, fields);
  Output& output = TheOutput();
  std::shared_ptr<spdlog::logger> logger;
  {
    absl::MutexLock lock(&output.mu);
    if (output.captured != nullptr) {
      output.captured->push_back(std::move(line));
      return;
    }
    logger = output.logger;
  }
  logger->log(kSpdLevels[static_cast<size_t>(level)], spdlog::string_view_t(line));
}

}  // namespace

std::string LogLine(std::string_view time, Level level, std::string_view event, absl::Span<const LogField> fields) {
  std::string line;
  line.append("{\"time\":\"").append(time).append("\",\"level\":\"");
  line.append(kLevelNames[static_cast<size_t>(level)]).append("\",\"event\":");
  AppendText(line, event);
  for (const auto& [name, value] : fields) {
    line += ",\"";
    AppendEscaped(line, name);
    line += "\":";
    AppendValue(line, value);
  }
  return line += "}";
}

void Log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
  Write(level, event, fields);
}

void LogStatus(Level level, std::string_view event, const absl::Status& status,
               std::initializer_list<LogField> fields) {
  const std::string reason = ReasonOf(status);
  std::vector<LogField> all(fields);
  all.push_back({"code", static_cast<int>(status.code())});
  all.push_back({"reason", reason});
  Write(level, event, all);
}

void SetLogLevel(Level level) {
  least_level = level;
}

absl::Status LogToFile(const std::string& path) {
  std::shared_ptr<spdlog::logger> logger;
  if (path.empty()) {
    logger = LoggerTo(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  } else {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);  // with the mode we want
    if (fd < 0) {
      return Fail("FILE_UNWRITABLE", {{"path", path}});
    }
    close(fd);
    try {
      logger = LoggerTo(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    } catch (const spdlog::spdlog_ex&) {
      return Fail("FILE_UNWRITABLE", {{"path", path}});
    }
  }
  absl::MutexLock lock(&TheOutput().mu);
  TheOutput().logger = std::move(logger);
  return absl::OkStatus();
}

struct CapturedLog::State {
  std::vector<std::string> lines;
  std::vector<std::string>* before = nullptr;
};

CapturedLog::CapturedLog() : state_(std::make_shared<State>()) {
  absl::MutexLock lock(&TheOutput().mu);
  state_->before = TheOutput().captured;
  TheOutput().captured = &state_->lines;
}

CapturedLog::~CapturedLog() {
  absl::MutexLock lock(&TheOutput().mu);
  TheOutput().captured = state_->before;
}

std::vector<std::string> CapturedLog::lines() const {
  absl::MutexLock lock(&TheOutput().mu);
  return state_->lines;
}

}  // namespace ruraledu::obs
