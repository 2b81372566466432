// How scores of early warning, disabled children, lessons at home, dossiers and notes rest (common/feed/root.h).
//
// The id of a score, of a dossier and of a disabled child that a register knows is the person; lessons and notes name
// it in `child` and `dossier`.
#pragma once

#include "common/feed/root.h"

namespace ruraledu::dropout_monitoring {

extern const feed::RootTable kRisks;
extern const feed::RootTable kDisabledChildren;
extern const feed::RootTable kHomeLessons;
extern const feed::RootTable kDossiers;
extern const feed::RootTable kPsychologicalNotes;

}  // namespace ruraledu::dropout_monitoring
