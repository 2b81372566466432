// The shared strings of an XLSX: appended once, then read in any order. Up to a budget they live in memory; beyond it
// in an unlinked scratch file, encrypted, with as much of it cached as the budget allows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

class StringStore {
 public:
  StringStore(const TableLimits& limits, Scratch scratch) : limits_(limits), scratch_(std::move(scratch)) {}
  ~StringStore();
  StringStore(const StringStore&) = delete;
  StringStore& operator=(const StringStore&) = delete;

  // SHARED_STRINGS_TOO_LARGE beyond the limits, or beyond the memory budget without a scratch directory.
  absl::Status Add(std::string_view text);
  // FILE_DAMAGED when there is no such string.
  absl::Status Get(int64_t index, std::string* out);
  int64_t size() const { return count_; }

 private:
  struct Slot {
    int64_t block = -1;
    std::unique_ptr<char[]> data;
  };
  absl::Status Append(const char* data, size_t n);
  absl::Status Seal();
  absl::Status Spill();
  absl::Status Write(int64_t block, const char* data);
  absl::StatusOr<const char*> Load(int64_t block);
  absl::Status Read(int64_t offset, char* out, size_t n);

  TableLimits limits_;
  Scratch scratch_;
  int fd_ = -1;
  int64_t count_ = 0, bytes_ = 0, sealed_ = 0;
  std::vector<int64_t> starts_;  // of every kStride-th string
  std::vector<Slot> slots_;
  std::unique_ptr<char[]> tail_;
};

}  // namespace ruraledu::ingest
