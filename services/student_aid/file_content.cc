#include "services/student_aid/file_content.h"

#include <algorithm>

#include "common/base/error.h"

namespace ruraledu::student_aid {

absl::StatusOr<size_t> FileContent::ReadAt(int64_t offset, char* out, size_t n) {
  size_t done = 0;
  while (done < n && offset < size_) {
    if (offset < start_ || offset >= start_ + static_cast<int64_t>(piece_.size())) {
      start_ = offset / files::kPieceBytes * files::kPieceBytes;
      ASSIGN_OR_RETURN(piece_, files::Read(shelf_, shard_, file_, start_, files::kPieceBytes));
      if (offset >= start_ + static_cast<int64_t>(piece_.size())) {
        break;
      }
    }
    const auto at = static_cast<size_t>(offset - start_);
    const size_t count = std::min(n - done, piece_.size() - at);
    std::copy_n(piece_.data() + at, count, out + done);
    done += count;
    offset += static_cast<int64_t>(count);
  }
  return done;
}

}  // namespace ruraledu::student_aid
