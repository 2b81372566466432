// A line of 1 GB, streamed: refused after a row's limit, without being held.
#include <sys/resource.h>

#include <cstring>

#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

constexpr int64_t kGigabyte = int64_t{1} << 30;

// A header and a line of 1 GB that nobody ever holds: cells of `cell` letters.
class LongLine final : public ByteSource {
 public:
  explicit LongLine(int64_t cell) : cell_(cell) {}
  int64_t size() const override { return kGigabyte; }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    static const std::string kHeader = "name,id\n";
    const int64_t count = std::min<int64_t>(static_cast<int64_t>(n), kGigabyte - offset);
    std::memset(out, 'a', static_cast<size_t>(count));
    for (int64_t at = offset; at < std::min<int64_t>(offset + count, static_cast<int64_t>(kHeader.size())); ++at) {
      out[at - offset] = kHeader[static_cast<size_t>(at)];
    }
    for (int64_t at = (offset / cell_ + 1) * cell_; at < offset + count; at += cell_) {
      out[at - offset] = ',';
    }
    return static_cast<size_t>(count);
  }

 private:
  const int64_t cell_;
};

int64_t PeakKilobytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(LongLineTest, ALineOfAGigabyte) {
  for (const auto& [cell, reason] : {std::pair(int64_t{10'000}, "ROW_TOO_LONG"), {kGigabyte, "CELL_TOO_LONG"}}) {
    const int64_t before = PeakKilobytes();
    const Table table = ReadAll(OpenTable(std::make_unique<LongLine>(cell)));
    EXPECT_EQ(table.reason, reason);
    EXPECT_EQ(table.rows.size(), 1u) << "the header";
    EXPECT_LT(PeakKilobytes() - before, 64 << 10);
  }
}

}  // namespace
}  // namespace ruraledu::ingest
