#include "services/student_aid/file_content.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/feed/journal.h"
#include "common/rpc/file_methods.h"

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

absl::StatusOr<std::string> DigestOf(FileContent& content) {
  crypto::Sha256Stream digest;
  std::string buffer(files::kPieceBytes, '\0');
  for (int64_t offset = 0; offset < content.size();) {
    ASSIGN_OR_RETURN(const size_t got, content.ReadAt(offset, buffer.data(), buffer.size()));
    if (got == 0) {
      return Fail("FILE_TRUNCATED");
    }
    digest.Update(std::string_view(buffer).substr(0, got));
    offset += static_cast<int64_t>(got);
  }
  return digest.Finish();
}

absl::Status EraseContent(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& file,
                          feed::RootWriter* writer) {
  ASSIGN_OR_RETURN(const auto found,
                   feed::Load<ruraledu::files::v1::File>(tx, sealer, rpc::kFiles, tx.shard(), feed::IdOfName(file)));
  const auto erased = files::Erase(tx, *found);
  if (ReasonOf(erased.status()) == "FILE_REFERENCED" || ReasonOf(erased.status()) == "STATE_TRANSITION") {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(erased.status());
  RETURN_IF_ERROR(feed::ErasePersonal(tx, found->name()).status());
  return writer->Put(rpc::kFiles, &*found, *erased, "ERASE").status();
}

}  // namespace ruraledu::student_aid
