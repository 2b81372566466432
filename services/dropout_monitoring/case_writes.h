// How the daily evaluation opens cases.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/db/db.h"
#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

// What the evaluation knows of a child whose absence reached SUSPECTED (3.1, 3.2).
struct SuspectedFacts {
  std::string parent;            // "counties/411728"
  std::string person;            // registry person id
  std::string area;              // class of the child
  std::string absence;           // "counties/411728/absences/<person>": run, step and reasons are there
  std::string profile;           // code of the absence profile
  absl::CivilDay suspected_on;   // the school day that reached the step
  absl::CivilDay last_attended;  // last day of presence that is known; civil epoch: none
  int run_days = 0;              // school days of the run
};

// Opens the case of a child that has no open one, with the discovery channel ABSENCE; a child that has one keeps it.
// Puts what changes with `writer`, in its transaction. Idempotent.
absl::Status OpenSuspected(db::Transaction& tx, feed::RootWriter& writer, const SuspectedFacts& facts);

}  // namespace ruraledu::dropout_monitoring
