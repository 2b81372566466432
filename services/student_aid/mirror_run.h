// Work on the mirror of the national system as jobs.
//
// Exports: puts the rows of a term and layout together, school by school (DR-11), of each school applications first,
// then waivers of decisions in force. A page is one snapshot and one write of its rows with the cursor and the digest
// so far; the last write freezes the export.
//
// Feedbacks: reads a file whole. One with damaged lines is refused whole, line by line. Else every row of the export is
// held against it, page by page, then what was not reported; the last write closes the feedback and erases the content
// of its file, since nobody needs it any more. The same content books nothing a second time: a feedback is named by a
// keyed digest of it.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/files/content.h"
#include "common/ingest/header_map.h"
#include "common/rpc/resources.h"
#include "services/student_aid/mirror_policy_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kMirrorExportJob = "mirror_export";
inline constexpr std::string_view kMirrorAnswerJob = "mirror_feedback";

struct MirrorParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const MirrorBook& mirror;
  const ingest::HeaderSpec& feedback;  // headers/mirror_feedback.csv
  const files::Shelf& shelf;
  int64_t page = 300;  // rows per write
};

// The digest of an export so far, and with a further row.
std::string MirrorDigest(const crypto::KeyRing& keys, std::string_view before, const v1::MirrorEntry& entry);

// Result: MirrorExport. Errors: POLICY_SET_UNKNOWN.
absl::StatusOr<std::string> RunMirrorExport(const MirrorParts& parts, db::JobContext& context);
// Result: MirrorFeedback. Errors: those of ingest::OpenTable and MappedTable, MIRROR_FEEDBACK_EXPORT, STATE_TRANSITION.
absl::StatusOr<std::string> RunMirrorFeedback(const MirrorParts& parts, db::JobContext& context);

}  // namespace ruraledu::student_aid
