// AES-256-GCM with 12-byte IVs and 16-byte tags under one key. Used by the field cipher and the key ring.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/crypto/context_pool.h"
#include "common/crypto/hash.h"
#include "common/crypto/openssl.h"

namespace ruraledu::crypto {

inline constexpr size_t kIvBytes = 12;
inline constexpr size_t kTagBytes = 16;
inline constexpr size_t kKeyBytes = 32;

class AesGcm {
 public:
  explicit AesGcm(std::string_view key);  // kKeyBytes

  // `text` has room for plain.size() bytes, `tag` for kTagBytes. Texts up to 1 GiB.
  void Seal(const unsigned char* iv, Parts additional, std::string_view plain, unsigned char* text,
            unsigned char* tag) const;
  // False when key, iv, additional data, tag or text do not belong together; `plain` holds garbage then.
  bool Open(const unsigned char* iv, Parts additional, std::string_view text, const unsigned char* tag,
            unsigned char* plain) const;

 private:
  ContextPool<CipherCtx> contexts_;
};

// Writes an IV that nobody else in this process gets: random, drawn in blocks per thread, anew after a fork.
void NextIv(unsigned char* iv);

}  // namespace ruraledu::crypto
