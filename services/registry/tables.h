// How the roots of the registry rest (common/feed/root.h).
#pragma once

#include <vector>

#include "common/feed/root.h"

namespace ruraledu::registry {

extern const feed::RootTable kRegions;
extern const feed::RootTable kCalendars;
extern const feed::RootTable kSchools;
extern const feed::RootTable kClasses;
extern const feed::RootTable kStudents;  // extra: sort_key, id_index, number_index
extern const feed::RootTable kHouseholds;
extern const feed::RootTable kTeachers;  // extra: sort_key, id_index
extern const feed::RootTable kReviews;   // extra: pair
extern const feed::RootTable kTransfers;
extern const feed::RootTable kImports;
extern const feed::RootTable kAccounts;

// All of them, in the order in which state is listed.
extern const std::vector<const feed::RootTable*> kAllTables;
// A new message of the table's type.
google::protobuf::Message* NewRoot(const feed::RootTable& table);

}  // namespace ruraledu::registry
