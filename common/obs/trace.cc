#include "common/obs/trace.h"

#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace ruraledu::obs {
namespace {

constexpr size_t kTraceIdSize = 32;  // both of whole 64-bit numbers
constexpr size_t kSpanIdSize = 16;
constexpr size_t kHeaderSize = 2 + 1 + kTraceIdSize + 1 + kSpanIdSize + 1 + 2;
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of(kHexDigits) == std::string_view::npos;
}
bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

std::string RandomHex(size_t size) {
  thread_local absl::BitGen random;
  std::string text;
  do {
    text.clear();
    while (text.size() < size) {
      absl::StrAppend(&text, absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
    }
  } while (IsZero(text));
  return text;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  if (header.size() < kHeaderSize || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = header.substr(0, 2), flags = header.substr(53, 2);
  const std::string_view trace_id = header.substr(3, kTraceIdSize), span_id = header.substr(36, kSpanIdSize);
  for (const std::string_view part : {version, trace_id, span_id, flags}) {
    if (!IsLowerHex(part)) {
      return std::nullopt;
    }
  }
  const bool longer = header.size() > kHeaderSize;
  const bool may_be_longer = version != "00" && header.substr(kHeaderSize, 1) == "-";
  if (version == "ff" || IsZero(trace_id) || IsZero(span_id) || (longer && !may_be_longer)) {
    return std::nullopt;
  }
  const bool sampled = (kHexDigits.find(flags[1]) & 1) != 0;
  return TraceContext{std::string(trace_id), std::string(span_id), sampled};
}

std::string FormatTraceparent(const TraceContext& context) {
  return "00-" + context.trace_id + "-" + context.span_id + (context.sampled ? "-01" : "-00");
}

TraceContext NewTrace() {
  return {RandomHex(kTraceIdSize), RandomHex(kSpanIdSize), false};
}

TraceContext ChildOf(const TraceContext& parent) {
  return {parent.trace_id, RandomHex(kSpanIdSize), parent.sampled};
}

}  // namespace ruraledu::obs
