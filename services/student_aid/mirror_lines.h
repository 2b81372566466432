// Lines of a feedback of the national system as they stand in its file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/ingest/byte_source.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/mirror_store.h"

namespace ruraledu::student_aid {

struct MirrorLine {
  int64_t number = 0;
  std::string project, school_code;
  PaperDigests digests;
  int64_t fen = 0;
  int32_t level = 0;  // 0: none
  // Whom it is about: a person, or a digest of what it says of nobody. Not read from the file.
  std::string who;
  bool known = false;
};

struct MirrorLines {
  std::vector<MirrorLine> lines;
  std::vector<v1::MirrorLineError> errors;  // in order of line; with one of them the file is refused
  int64_t count = 0;                        // of lines with data
};

// Reads the file whole. Errors: those of ingest::OpenTable and MappedTable, MIRROR_FEEDBACK_EXPORT when a line tells
// another term or export.
absl::StatusOr<MirrorLines> ReadMirrorLines(const MirrorParts& parts, std::unique_ptr<ingest::ByteSource> content,
                                            const v1::MirrorExport& exported, const v1::MirrorLayout& layout);

}  // namespace ruraledu::student_aid
