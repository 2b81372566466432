#include "common/crypto/aes_gcm.h"

#include <openssl/rand.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstring>

#include "common/crypto/secret.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kMaxText = size_t{1} << 30;

CipherCtx Keyed(std::string_view key) {
  static const EVP_CIPHER* const cipher = Must(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  CipherCtx context(Must(EVP_CIPHER_CTX_new()));
  Must(EVP_CipherInit_ex2(context.get(), cipher, Bytes(key), nullptr, 1, nullptr));
  return context;
}

void Begin(EVP_CIPHER_CTX* context, const unsigned char* iv, Parts additional, int encrypt) {
  Must(EVP_CipherInit_ex2(context, nullptr, nullptr, iv, encrypt, nullptr));
  int ignored = 0;
  for (const std::string_view part : additional) {
    Must(EVP_CipherUpdate(context, nullptr, &ignored, Bytes(part), static_cast<int>(part.size())));
  }
}

void Through(EVP_CIPHER_CTX* context, std::string_view from, unsigned char* to) {
  if (from.size() > kMaxText) {
    Die();
  }
  int size = 0;
  if (!from.empty()) {
    Must(EVP_CipherUpdate(context, to, &size, Bytes(from), static_cast<int>(from.size())));
  }
}

std::atomic<uint64_t> forks{0};

struct IvBlock {
  static constexpr size_t kCount = 64;
  std::array<unsigned char, kCount * kIvBytes> bytes;
  size_t used = kCount;
  uint64_t fork = 0;
};

}  // namespace

AesGcm::AesGcm(std::string_view key)
    : contexts_([secret = std::make_shared<const Secret>(key)] { return Keyed(secret->bytes()); }) {}

void AesGcm::Seal(const unsigned char* iv, Parts additional, std::string_view plain, unsigned char* text,
                  unsigned char* tag) const {
  const auto context = contexts_.Take();
  Begin(context.get(), iv, additional, 1);
  Through(context.get(), plain, text);
  int size = 0;
  Must(EVP_CipherFinal_ex(context.get(), tag, &size));
  Must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag));
}

bool AesGcm::Open(const unsigned char* iv, Parts additional, std::string_view text, const unsigned char* tag,
                  unsigned char* plain) const {
  const auto context = contexts_.Take();
  Begin(context.get(), iv, additional, 0);
  Through(context.get(), text, plain);
  Must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, const_cast<unsigned char*>(tag)));
  unsigned char nothing[kTagBytes];
  int size = 0;
  return EVP_CipherFinal_ex(context.get(), nothing, &size) == 1;
}

void NextIv(unsigned char* iv) {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { ++forks; });
  static_cast<void>(registered);
  thread_local IvBlock block;
  if (const uint64_t fork = forks.load(std::memory_order_relaxed);
      block.used == IvBlock::kCount || block.fork != fork) {
    Must(RAND_bytes(block.bytes.data(), static_cast<int>(block.bytes.size())));
    block.used = 0;
    block.fork = fork;
  }
  std::memcpy(iv, &block.bytes[block.used++ * kIvBytes], kIvBytes);
}

}  // namespace ruraledu::crypto
