#include "common/cache/versioned_cache.h"

#include <zlib.h>

#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ruraledu::cache {
namespace {

constexpr std::string_view kMagic = "ruraledu-board-1\n";
constexpr size_t kVersionDigits = 20, kTimeDigits = 20, kSizeDigits = 10, kCrcDigits = 8;
constexpr size_t kNumbers = kVersionDigits + kTimeDigits + kSizeDigits + kCrcDigits;

// KEYS[1]; ARGV: value, common head of values, milliseconds to live. Versions are decimal text of one length, compared
// as text: a Lua number would lose digits. A value that is not ours, cut off or of another type is replaced.
constexpr std::string_view kPutScript = R"lua(
local old = redis.pcall('GET', KEYS[1])
local new, head = ARGV[1], ARGV[2]
if type(old) == 'string' and #old >= #head + 58 and string.sub(old, 1, #head) == head then
  local size = tonumber(string.sub(old, #head + 41, #head + 50))
  if size == #old - #head - 58 and string.sub(old, #head + 1, #head + 20) >= string.sub(new, #head + 1, #head + 20) then
    return 0
  end
end
redis.call('SET', KEYS[1], new, 'PX', ARGV[3])
return 1
)lua";
static_assert(kNumbers == 58 && kVersionDigits + kTimeDigits == 40, "as written in kPutScript");

std::string HeadOf(const FrameTag& tag) {
  return absl::StrCat(kMagic, tag.schema, "\n", tag.instance, "\n");
}

// The checksum of texts one after the other.
uint32_t Crc32Of(std::initializer_list<std::string_view> parts) {
  uLong crc = 0;
  for (const std::string_view part : parts) {
    if (!part.empty()) {  // zlib takes a null pointer for a new beginning
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
    }
  }
  return static_cast<uint32_t>(crc);
}

std::optional<int64_t> Digits(std::string_view text) {
  int64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
  }
  return absl::SimpleAtoi(text, &number) ? std::optional(number) : std::nullopt;
}

}  // namespace

uint32_t Crc32(std::string_view bytes) {
  return Crc32Of({bytes});
}

std::string Frame(const FrameTag& tag, const Versioned& value) {
  const std::string numbers = absl::StrFormat("%020d%020d%010d", value.version, value.as_of_us, value.bytes->size());
  const std::string head = HeadOf(tag);
  return absl::StrCat(head, numbers, absl::StrFormat("%08x", Crc32Of({head, numbers, *value.bytes})), *value.bytes);
}

std::optional<Versioned> Unframe(const FrameTag& tag, std::string_view frame) {
  const std::string head = HeadOf(tag);
  if (!absl::StartsWith(frame, head) || frame.size() < head.size() + kNumbers) {
    return std::nullopt;
  }
  frame.remove_prefix(head.size());
  const auto version = Digits(frame.substr(0, kVersionDigits));
  const auto as_of_us = Digits(frame.substr(kVersionDigits, kTimeDigits));
  const auto size = Digits(frame.substr(kVersionDigits + kTimeDigits, kSizeDigits));
  const std::string_view numbers = frame.substr(0, kNumbers - kCrcDigits);
  const std::string_view crc = frame.substr(kNumbers - kCrcDigits, kCrcDigits);
  const std::string_view bytes = frame.substr(kNumbers);
  if (!version || !as_of_us || !size || static_cast<size_t>(*size) != bytes.size() ||
      absl::StrFormat("%08x", Crc32Of({head, numbers, bytes})) != crc) {
    return std::nullopt;
  }
  return Versioned{*version, *as_of_us, std::make_shared<const std::string>(bytes)};
}

VersionedCache::VersionedCache(RedisClient* redis, FrameTag tag, std::string_view space, absl::Duration ttl)
    : redis_(redis),
      tag_(std::move(tag)),
      prefix_(absl::StrCat("ruraledu:{", tag_.instance, "}:", space, ":")),
      ttl_(ttl) {}

std::string VersionedCache::KeyOf(std::string_view key) const {
  return absl::StrCat(prefix_, key);
}

VersionedCache::Answer VersionedCache::Get(std::string_view key, absl::Time deadline) {
  if (redis_ == nullptr) {
    return {};
  }
  RedisReply reply = redis_->Call({"GET", KeyOf(key)}, deadline);
  if (reply.result == RedisResult::kGone) {
    return {};
  }
  if (reply.result == RedisResult::kNil) {
    return {Found::kMiss};
  }
  if (reply.result == RedisResult::kValue) {
    if (auto value = Unframe(tag_, reply.text)) {
      return {Found::kHit, *std::move(value)};
    }
  }
  redis_->Post({"DEL", KeyOf(key)});  // the script cannot tell a damaged value
  return {Found::kMiss};
}

bool VersionedCache::Put(std::string_view key, const Versioned& value) {
  return redis_ != nullptr &&
         redis_->PostScript(kPutScript, KeyOf(key),
                            {Frame(tag_, value), HeadOf(tag_), absl::StrCat(absl::ToInt64Milliseconds(ttl_))});
}

}  // namespace ruraledu::cache
