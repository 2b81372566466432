// Cases of children whom no register knew when they were found, and whom one knows now: one child, one open case (3.2).
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/case_writes.h"

namespace ruraledu::dropout_monitoring {

// The student of the county of the shard that a resident is, by its number or by a decision; "": nobody, or not here.
std::string StudentOf(const v1::Resident& resident, std::string_view shard);

struct AdoptFacts {
  std::string child_key, person;  // who it was, and who it turned out to be
  std::string actor;              // who says so: "job:<id>" or a person
  absl::CivilDay today;
  const CaseTools* tools = nullptr;
};

// Within the write that stores who the child is: its open case becomes the person's. Where the person has an open case,
// too, one of them stays and takes the findings of both; the other is closed as a duplicate. The one that was opened
// first stays, but a confirmed dropout before one that is not. Nothing where there is no open case of the key, or where
// the student has left the county or was erased. At most once for a person within a write.
absl::Status AdoptCase(db::Transaction& tx, feed::RootWriter& writer, const AdoptFacts& facts);

}  // namespace ruraledu::dropout_monitoring
