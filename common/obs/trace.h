// W3C Trace Context, level 1: `traceparent` is read from the caller, a child goes to the next service and into log
// lines. The suite records no spans; it keeps the trace of those who do unbroken.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ruraledu::obs {

struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal characters, not all zero
  std::string span_id;   // 16 of them, not all zero
  bool sampled = false;
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// "00-<trace id>-<span id>-<flags>". Nothing when malformed (the caller starts a new trace, as the standard says); a
// version above 00 is read as far as version 00 goes; version ff is malformed.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

std::string FormatTraceparent(const TraceContext& context);

TraceContext NewTrace();

// Same trace, new span.
TraceContext ChildOf(const TraceContext& parent);

}  // namespace ruraledu::obs
