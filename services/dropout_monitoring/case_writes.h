// How jobs open cases and tell them what the attendance shows. Everything is put with the job's writer, in its
// transaction; nothing here is done twice when it is said twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// What the functions below stand on; outlives the call.
struct CaseTools {
  const CaseBook& book;
  crypto::KeyRing& keys;
};

// What the evaluation knows of a child whose absence is SUSPECTED (3.1, 3.2), on each day that makes the run longer.
struct SuspectedFacts {
  std::string person;                           // registry person id
  std::string absence;                          // "counties/411728/absences/<person>": run, step and reasons are there
  absl::CivilDay suspected_on;                  // the school day that reached the step
  std::optional<absl::CivilDay> last_attended;  // last day of presence that is known
  int run_days = 0;                             // school days of the run
  bool another_run = true;                      // than the evaluation before told of
  int suspected_run = 0;                        // school days after which the profile says SUSPECTED
  std::string actor;                            // "job:<id>"
  absl::CivilDay today;                         // on which the job runs; not before suspected_on
  const CaseTools* tools = nullptr;
};

// Opens the case of a child that has no open one, with the discovery channel ABSENCE. The open case of a child takes
// the length of the run; a child on trial return that was absent again relapses. A child whose case was closed while
// the run went on gets another one when it stayed away for as many days again as made it suspected.
absl::Status OpenSuspected(db::Transaction& tx, feed::RootWriter& writer, const SuspectedFacts& facts);

// What a job found of a child: a pupil of the registry, or one that no student register knows.
struct FoundFacts {
  std::string person;               // registry person id, or ""
  std::string child_key, township;  // of a child without a person, or from before it had one
  v1::ChildFile child;              // likewise
  std::vector<v1::Finding> findings;
  std::string actor;
  absl::CivilDay today;
  const CaseTools* tools = nullptr;
};

// Opens the case of a child that has no open one, and adds the findings to it. A person with a key, too, takes over the
// open case of the key. The name of the case.
absl::StatusOr<std::string> OpenFound(db::Transaction& tx, feed::RootWriter& writer, const FoundFacts& facts);

// What the evaluation knows of the attendance of a child with an open case, whoever found the child.
struct PresentFacts {
  std::string person;
  std::string etag;  // of the case by which it was counted; "": any
  // First day of the present stretch without an absence that is not excused; nullopt: absent on the last day.
  std::optional<absl::CivilDay> first_present;
  int attended_days = 0;  // school days attended in it (DR-29)
  std::string actor;
  absl::CivilDay today;
  const CaseTools* tools = nullptr;
};

// The day from which attendance says something about an open case: of one on trial return the day of the return; else
// the first day of its round, or the one after it where the child was found absent on it.
absl::CivilDay CountedFrom(const v1::Case& file);
// Puts the case on trial return, or counts the days of one. Nothing when the child has no open case that it concerns.
// HEAD_MOVED when it is not the version that was counted by.
absl::Status ReportPresent(db::Transaction& tx, feed::RootWriter& writer, const PresentFacts& facts);

// For handlers: what the copies of the registry know of a pupil, into a fresh case. PERSON_UNKNOWN, MOVED.
absl::Status FillFromRegistry(db::Transaction& tx, crypto::KeyRing& keys, const std::string& person, absl::CivilDay on,
                              v1::Case* file);
// A register knows the child of an open case now: the case is the person's, with area, school and file of the student.
// Who leads it, what was found and what was done stay. `act.reason` says by what. Fails as FillFromRegistry,
// CASE_CLOSED.
absl::Status TakePerson(db::Transaction& tx, const CaseTools& tools, const CaseAct& act, const std::string& person,
                        v1::Case* file);
// A child that no student register knows, into a fresh case: its township leads.
void FillUnknown(const std::string& child_key, const std::string& township, const v1::ChildFile& child, v1::Case* file);
// Hardship kinds of a household that are open on a day, by resource name; of "": none.
absl::StatusOr<std::vector<std::string>> HouseholdKindsOn(db::Transaction& tx, crypto::KeyRing& keys,
                                                          const std::string& household, absl::CivilDay on);
// Adds the kinds of records that are open on a day, each once.
void AddKindsOn(const google::protobuf::RepeatedPtrField<ruraledu::registry::v1::HardshipRecord>& records,
                absl::CivilDay on, std::vector<std::string>* kinds);
// Hardship kinds of a pupil and its household that are open on a day; of nobody: none.
absl::StatusOr<std::vector<std::string>> KindsOn(db::Transaction& tx, crypto::KeyRing& keys, std::string_view shard,
                                                 const std::string& person, absl::CivilDay on);
// The policy by which a case goes.
absl::StatusOr<const v1::CasePolicy*> PolicyOf(const CaseBook& book, const v1::Case& file);
// Whether the registry has the child of a case at another school than before, or in another county.
absl::StatusOr<bool> DestinationConfirmed(db::Transaction& tx, crypto::KeyRing& keys, const v1::Case& file,
                                          const std::string& destination);

}  // namespace ruraledu::dropout_monitoring
