// Attachments of a pupil that consents and answers of families name. For *_handlers.cc only.
#pragma once

#include <string>
#include <string_view>

#include "common/crypto/field_cipher.h"
#include "common/db/db.h"

namespace ruraledu::student_aid {

// A file of the transaction's shard that belongs to the person, or to somebody who was merged into it: FILE_UNKNOWN,
// FILE_NOT_CLEAN.
absl::Status CheckPupilFile(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& file,
                            std::string_view person);

}  // namespace ruraledu::student_aid
