// How the roots of dropout_monitoring and its copies of registry roots rest (common/feed/root.h).
#pragma once

#include "common/feed/own_root.h"
#include "common/feed/reseal.h"

namespace ruraledu::dropout_monitoring {

// Own roots.
extern const feed::RootTable kSheets;
extern const feed::RootTable kRosters;
extern const feed::RootTable kSchoolCalendars;
extern const feed::RootTable kAbsences;

// Copies: for feed::ReadRoot only, the store writes them.
extern const feed::RootTable kPupils;
extern const feed::RootTable kSchools;
extern const feed::RootTable kClasses;
extern const feed::RootTable kHouseholds;

// All own roots in the order of ListState, and an empty message of each.
absl::Span<const feed::RootTable* const> OwnRoots();
google::protobuf::Message* NewRoot(const feed::RootTable& table);  // the caller owns it
// The same with where a person is in each: for an erasure.
absl::Span<const feed::OwnRoot> OwnKinds();

// The steps of the reseal job: own roots, copies, journal.
std::vector<feed::ResealStep> ResealSteps();

}  // namespace ruraledu::dropout_monitoring
