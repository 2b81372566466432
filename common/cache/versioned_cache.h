// Versioned values in Redis, shared by the replicas of a service.
//
//   key    ruraledu:{instance}:dash:<service>:<schema>:<view>:<area>:<period>
//   value  header (magic, schema, instance, version, time, length, CRC-32) and the bytes
//
// A value that was cut off, damaged, written for another instance or schema, or that has another Redis type is as good
// as none, and goes away with the next write. A write takes effect only over a smaller version or over such a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/cache/lru.h"
#include "common/cache/redis.h"

namespace ruraledu::cache {

// What a reader of a value must agree with.
struct FrameTag {
  std::string schema;    // of the bytes' meaning: changes when a release computes other answers
  std::string instance;  // incarnation of the database
};

std::string Frame(const FrameTag& tag, const Versioned& value);
// nullopt for anything that Frame(tag, ...) does not write.
std::optional<Versioned> Unframe(const FrameTag& tag, std::string_view frame);

// CRC-32 (ISO-HDLC, as of zip).
uint32_t Crc32(std::string_view bytes);

class VersionedCache {
 public:
  enum class Found { kHit, kMiss, kGone };
  struct Answer {
    Found found = Found::kGone;
    Versioned value;  // when kHit
  };

  // `redis` may be null: every Get answers kGone. `space` is the part of the key between instance and `key`:
  // "dash:<service>:<schema>".
  VersionedCache(RedisClient* redis, FrameTag tag, std::string_view space, absl::Duration ttl = absl::Seconds(60));

  Answer Get(std::string_view key, absl::Time deadline);
  // Does not wait. False when Redis is gone.
  bool Put(std::string_view key, const Versioned& value);
  // The full key in Redis.
  std::string KeyOf(std::string_view key) const;

 private:
  RedisClient* const redis_;
  const FrameTag tag_;
  const std::string prefix_;
  const absl::Duration ttl_;
};

}  // namespace ruraledu::cache
