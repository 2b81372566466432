#include "common/ingest/string_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/base/error.h"

namespace ruraledu::ingest {
namespace {

constexpr int64_t kBlock = 8 << 10;
constexpr int64_t kStride = 4;  // one offset per so many strings keeps the index small

}  // namespace

StringStore::~StringStore() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

absl::Status StringStore::Add(std::string_view text) {
  auto length = static_cast<uint32_t>(text.size());
  if (count_ >= limits_.shared_strings || bytes_ + static_cast<int64_t>(length) + 4 > limits_.shared_string_bytes) {
    return Fail("SHARED_STRINGS_TOO_LARGE");
  }
  if (count_ % kStride == 0) {
    starts_.push_back(bytes_);
  }
  ++count_;
  RETURN_IF_ERROR(Append(reinterpret_cast<const char*>(&length), sizeof length));
  return Append(text.data(), text.size());
}

absl::Status StringStore::Get(int64_t index, std::string* out) {
  if (index < 0 || index >= count_) {
    return Fail("FILE_DAMAGED");
  }
  int64_t at = starts_[static_cast<size_t>(index / kStride)];
  uint32_t length = 0;
  for (int64_t skip = index % kStride;; --skip) {
    RETURN_IF_ERROR(Read(at, reinterpret_cast<char*>(&length), sizeof length));
    at += 4;
    if (skip == 0) {
      break;
    }
    at += length;
  }
  out->resize(length);
  return Read(at, out->data(), length);
}

absl::Status StringStore::Append(const char* data, size_t n) {
  while (n > 0) {
    if (tail_ == nullptr) {
      tail_ = std::make_unique<char[]>(kBlock);
    }
    int64_t used = bytes_ - sealed_ * kBlock;
    size_t count = std::min(n, static_cast<size_t>(kBlock - used));
    std::memcpy(tail_.get() + used, data, count);
    bytes_ += static_cast<int64_t>(count);
    data += count;
    n -= count;
    if (bytes_ == (sealed_ + 1) * kBlock) {
      RETURN_IF_ERROR(Seal());
    }
  }
  return absl::OkStatus();
}

absl::Status StringStore::Seal() {
  int64_t block = sealed_++;
  if (fd_ < 0 && sealed_ * kBlock > limits_.shared_string_memory) {
    RETURN_IF_ERROR(Spill());
  }
  if (fd_ < 0) {
    slots_.push_back({block, std::move(tail_)});
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Write(block, tail_.get()));
  Slot& slot = slots_[static_cast<size_t>(block) % slots_.size()];
  std::swap(slot.data, tail_);
  slot.block = block;
  return absl::OkStatus();
}

absl::Status StringStore::Spill() {
  if (scratch_.directory.empty() || !scratch_.cipher) {
    return Fail("SHARED_STRINGS_TOO_LARGE");
  }
  std::string path = scratch_.directory + "/ruraledu-XXXXXX";
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) {
    return Fail("FILE_UNREADABLE");
  }
  unlink(path.c_str());
  if (slots_.empty()) {
    slots_.push_back({-1, std::make_unique<char[]>(kBlock)});
  }
  for (const Slot& slot : slots_) {
    if (slot.block >= 0) {
      RETURN_IF_ERROR(Write(slot.block, slot.data.get()));
    }
  }
  return absl::OkStatus();
}

absl::Status StringStore::Write(int64_t block, const char* data) {
  char sealed[kBlock];
  std::memcpy(sealed, data, kBlock);
  scratch_.cipher(block * kBlock, sealed, kBlock);
  return pwrite(fd_, sealed, kBlock, block * kBlock) == kBlock ? absl::OkStatus() : Fail("FILE_UNREADABLE");
}

absl::StatusOr<const char*> StringStore::Load(int64_t block) {
  if (block == sealed_) {
    return tail_.get();
  }
  Slot& slot = slots_[static_cast<size_t>(block) % slots_.size()];
  if (slot.block != block) {
    slot.block = -1;
    if (pread(fd_, slot.data.get(), kBlock, block * kBlock) != kBlock) {
      return Fail("FILE_UNREADABLE");
    }
    scratch_.cipher(block * kBlock, slot.data.get(), kBlock);
    slot.block = block;
  }
  return slot.data.get();
}

absl::Status StringStore::Read(int64_t offset, char* out, size_t n) {
  while (n > 0) {
    ASSIGN_OR_RETURN(const char* data, Load(offset / kBlock));
    int64_t at = offset % kBlock;
    size_t count = std::min(n, static_cast<size_t>(kBlock - at));
    std::memcpy(out, data + at, count);
    out += count;
    offset += static_cast<int64_t>(count);
    n -= count;
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::ingest
