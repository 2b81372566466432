// Notices as they are posted: what may hang on a wall and nothing else (digest 7.7). For *_handlers.cc only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"

namespace ruraledu::student_aid {

// The line of a record of the transaction's shard.
absl::StatusOr<v1::NoticeEntry> EntryOf(db::Transaction& tx, const v1::Identification& record);
absl::StatusOr<v1::NoticeEntry> EntryOf(db::Transaction& tx, const v1::Application& application);

// Lets a notice, whose name, kind, school, area and term are set, begin: its entries in the order of DR-11.
void FillNotice(absl::CivilDay posted_on, absl::CivilDay ends_on, int32_t working_days,
                std::vector<v1::NoticeEntry> entries, v1::Notice* notice);

}  // namespace ruraledu::student_aid
